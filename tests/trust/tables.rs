//! The tables of `docs/trust.md`.

use std::fs;
use std::sync::Mutex;

use coalmine::diagnostic::Documents;
use coalmine::experiment::{Request, Seeds, prepare_over};
use coalmine::report::{self, fit::Part};
use coalmine::score::{self, FigureName, Unit, words};
use coalmine::trust::{Check, CheckedPolicy, check};

use crate::source::{At, FITS, Fit, Opened, open, policy, root};

/// Trials behind every figure of a check, and recordings that a fitted service makes: as few as a rank of one in twenty needs.
const TRIALS: u64 = 100;
const RECORDINGS: u64 = 19;
/// Trials behind every figure of the table of false rollbacks.
const ROLLBACKS: u64 = 1000;

/// One table is written at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// Compares what stands between the marks of a table with `written`, or writes it.
pub fn put(name: &str, written: &str) {
    let _one = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = root().join("docs/trust.md");
    let text = fs::read_to_string(&path).expect("it is there");
    let start = format!("<!-- {name}: written by tests/trust -->");
    let (before, rest) = text.split_once(&start).expect("it has a place for the table");
    let (_, after) = rest.split_once("<!-- end -->").expect("the table has an end");
    let held = format!("{before}{start}\n\n{}\n\n<!-- end -->{after}", written.trim());
    crate::source::compare(&path, &held);
}

/// Checks the fit of `fit` with the policies in `files`.
fn checked(fit: &Fit, opened: &Opened, file: &str) -> Vec<CheckedPolicy> {
    // All that the recording tells, whatever of it is shipped.
    let (fitted, text) = fit.document(opened, &Part::ALL);
    let documents = policy(file);
    check(&Check {
        documents: &documents,
        beside: &Documents::default(),
        request: &opened.request(),
        recording: &opened.recording,
        fitted: &text,
        daily: fitted.fit.is_some_and(|(fit, _)| fit.daily.is_some()),
        recordings: RECORDINGS,
        seeds: Seeds::first(TRIALS),
    })
    .expect("it can be played")
    .expect("nobody stops it")
}

fn table(name: &str, file: &str) {
    let fit = FITS
        .iter()
        .find(|fit| fit.name == name)
        .expect("it is one of them");
    if let Some(opened) = open(&fit.at) {
        put(name, &report::trust::markdown(&checked(fit, &opened, file)));
    }
}

#[test]
fn a_front_end_beside_its_fit() {
    table("nginx-plus-status", "data/nginx-plus-status/canary.yaml");
}

#[test]
fn a_service_under_load_tests_beside_its_fit() {
    table("highload-deploys", "data/highload-deploys/canary.yaml");
}

#[test]
fn arrivals_in_bursts_beside_their_fit() {
    table("llm-code", "scenarios/fitted/policies/llm-code.yaml");
}

#[test]
fn arrivals_of_conversations_beside_their_fit() {
    table("llm-conversation", "scenarios/fitted/policies/llm-conv.yaml");
}

#[test]
fn a_prometheus_beside_its_fit() {
    table("prometheus-api", "scenarios/fitted/policies/prometheus-api.yaml");
}

/// Both versions are one: every rollback is false.
#[test]
fn false_rollbacks_of_recordings_split_anew() {
    let mut text = String::from(
        "| recording | policy | false rollbacks | by a check | by errors |\n|---|---|---:|---:|---:|\n",
    );
    for (recording, files) in [
        (
            "data/nginx-plus-status",
            ["canary.yaml", "typical.yaml", "strict.yaml"],
        ),
        (
            "data/highload-deploys",
            ["canary.yaml", "canary-typical.yaml", "canary-strict.yaml"],
        ),
    ] {
        let opened = open(&At::Here(recording)).expect("it is shipped");
        for file in files {
            let documents = policy(&format!("{recording}/{file}"));
            let request = Request {
                worlds: vec!["recorded".into()],
                ..opened.request()
            };
            let prepared = prepare_over(
                &documents,
                &Documents::default(),
                &request,
                Some(&opened.recording),
            );
            let seeds = Seeds::first(ROLLBACKS);
            let results = prepared.plan.play(&seeds).expect("it can be played");
            let scores = score::played(&documents, &prepared, &results);
            let row = scores.row(0, 0).expect("one policy in one world");
            let share = |name: FigureName| {
                let number = &row.figure(name).expect("a harmless world has it").number;
                words::number(Unit::Share, number).together()
            };
            text += &format!(
                "| {recording} | `{file}` | {} | {} | {} |\n",
                share(FigureName::FalseRollbacks),
                share(FigureName::FalseRollbacksByCheck),
                share(FigureName::FalseRollbacksByErrors),
            );
        }
    }
    put("false-rollbacks", &text);
}
