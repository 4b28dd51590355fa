//! The recording that ships, three policies over it, and how long after the tenth failed client request each rolls back.
//!
//! The table stands in the recording's README; `COALMINE_BLESS=1 cargo test --test three_policies` writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use coalmine::diagnostic::Documents;
use coalmine::policy;
use coalmine::promql;
use coalmine::recording::{self, Deployment, GroundTruth};
use coalmine::report::incident::{Answer, Laid, markdown};
use coalmine::simulator::Incident;
use coalmine::units::Duration;

const START: &str = "<!-- three policies: written by tests/three_policies.rs -->\n";
const END: &str = "<!-- end of three policies -->";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/highload-deploys")
}

fn answer() -> Answer {
    let (recording, _) = recording::open(&folder(), &recording::Keep::default()).unwrap();
    let truth = GroundTruth::beside(&folder(), &recording).unwrap();
    let settings = promql::Settings::default();
    let laid = ["policy.yaml", "strict.yaml", "typical.yaml"].map(|file| {
        let mut documents = Documents::default();
        documents.add(file, fs::read_to_string(folder().join(file)).unwrap());
        let policy = policy::load(&documents, &Documents::default()).policies.remove(0);
        let mut incident = Incident::new(&policy, &recording.layout, &recording.samples, &settings).unwrap();
        let deployments = truth.deployments.iter();
        Laid {
            policy: file.to_owned(),
            checks: policy.checks.iter().map(|check| check.name.clone()).collect(),
            hindsight: deployments
                .map(|deployment| incident.play(deployment.at, deployment.until, &mut ()))
                .collect(),
        }
    });
    Answer {
        recording: "highload-deploys".to_owned(),
        command: String::new(),
        truth,
        laid: laid.into(),
        detail: None,
    }
}

/// From the tenth client failure to the rollback of number `index`; `None` where one of them never was.
fn delay(laid: &Laid, deployment: &Deployment, index: usize) -> Option<Duration> {
    let rolled_back = deployment.at + laid.hindsight[index].rolled_back_after?;
    Some(rolled_back - deployment.harm_seen?)
}

/// To the second, with its sign.
fn signed(length: Duration) -> String {
    let whole = Duration::from_secs(length.as_millis() / 1000);
    if whole < Duration::ZERO {
        whole.to_string()
    } else {
        format!("+{whole}")
    }
}

/// The deployments that any of the policies rolls back.
fn rows(answer: &Answer) -> String {
    let names: Vec<&str> = answer.laid.iter().map(|laid| laid.policy.as_str()).collect();
    let mut text = format!(
        "| deployment | clients failed | tenth failure after | {} |\n|:--|--:|--:|{}\n",
        names.join(" | "),
        "--:|".repeat(names.len())
    );
    for (index, deployment) in answer.truth.deployments.iter().enumerate() {
        let after = |laid: &Laid| laid.hindsight[index].rolled_back_after;
        if answer.laid.iter().all(|laid| after(laid).is_none()) {
            continue;
        }
        let cells: Vec<String> = answer
            .laid
            .iter()
            .map(|laid| match (delay(laid, deployment, index), after(laid)) {
                (Some(delay), _) => signed(delay),
                (None, Some(_)) => "for nothing".to_owned(),
                (None, None) => String::new(),
            })
            .collect();
        let seen = deployment.harm_seen.map(|seen| signed(seen - deployment.at));
        writeln!(
            text,
            "| {} | {:.1} %, {} | {} | {} |",
            deployment.id,
            100.0 * deployment.failures.unwrap(),
            format!("{:?}", deployment.verdict.unwrap()).to_lowercase(),
            seen.unwrap_or_default().trim_start_matches('+'),
            cells.join(" | ")
        )
        .unwrap();
    }
    text
}

#[test]
fn rollbacks_beside_the_tenth_client_failure() {
    let answer = answer();
    // By hand, d003: the third look of policy.yaml is at 2m, the tenth failure at 32.462 s.
    let d003 = answer
        .truth
        .deployments
        .iter()
        .position(|deployment| deployment.id == "d003")
        .unwrap();
    let deployment = &answer.truth.deployments[d003];
    assert_eq!(
        delay(&answer.laid[0], deployment, d003).map(signed).as_deref(),
        Some("+1m27s")
    );
    // What a report says of all, up to its list of all deployments, without its heading.
    let report = markdown(&answer);
    let (said, _) = report.split_once("<details>").unwrap();
    let (_, said) = said.split_once('\n').unwrap();
    let written = format!("\n{}\n\n{}\n", said.trim(), rows(&answer));
    compare(&written);
}

fn compare(written: &str) {
    let path = folder().join("README.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page
        .split_once(START)
        .expect("the page has a place for the table");
    let (_, after) = rest.split_once(END).expect("the table has an end");
    let anew = format!("{before}{START}{written}{END}{after}");
    if std::env::var_os("COALMINE_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, anew).unwrap();
    } else {
        assert!(
            page == anew,
            "the README of data/highload-deploys is not what the replay says; COALMINE_BLESS=1 cargo test --test \
             three_policies writes it anew:\n{anew}"
        );
    }
}
