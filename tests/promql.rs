//! The engine against scripts in the language of Prometheus' own tests.
//!
//! Every eval is also asked with `@` on everything at other moments, and as the middle of a range query, as Prometheus'
//! runner does. What the engine refuses by name is counted as outside, with its reason.
#![allow(clippy::print_stdout, reason = "one line about each script is the point")]

mod common;
#[path = "promql/compare.rs"]
mod compare;
#[path = "promql/run.rs"]
#[allow(dead_code, reason = "each test file uses a part")]
mod run;
#[path = "promql/script.rs"]
mod script;
#[path = "promql/store.rs"]
mod store;

use std::path::{Path, PathBuf};

use coalmine::promql::{Compat, Settings};

/// Answers of these scripts depend on a flag that a default server does not have.
const OTHER_FLAGS: &str = "names_delayed";

/// Answers of these scripts are those of the second generation.
const GENERATION_2: &str = "compat2";

/// These must pass as a whole: nothing failed, nothing outside.
const WHOLE: [&str; 3] = ["canary.test", "operators.test", "selectors.test"];

fn scripts(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "test"))
        .collect();
    found.sort();
    found
}

/// Runs the scripts of a folder, says one line about each and returns what failed.
fn play(folder: &Path, whole: &[&str]) -> Vec<String> {
    let mut failed = Vec::new();
    for path in scripts(folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(OTHER_FLAGS) {
            println!("{name}: not run (delayed name removal)");
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let settings = Settings {
            compat: if name.starts_with(GENERATION_2) {
                Compat::V2
            } else {
                Compat::V3
            },
            ..Settings::default()
        };
        let tally = run::run(&text, &settings).unwrap_or_else(|why| panic!("{name}: {why}"));
        println!("{}", tally.line(&name));
        failed.extend(tally.failed.iter().map(|why| format!("{name}: {why}")));
        if whole.contains(&name.as_str()) {
            failed.extend(tally.outside.keys().map(|why| format!("{name}: outside: {why}")));
        }
    }
    failed
}

#[test]
fn answers_are_those_of_prometheus() {
    let Some(folder) = folder("fidelity/promql") else {
        return;
    };
    let failed = play(&folder, &WHOLE);
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn scripts_of_the_prometheus_project_pass() {
    let Some(folder) = common::shared("reference/promqltest") else {
        return;
    };
    let failed = play(&folder, &[]);
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn own_scripts_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promql");
    let failed = play(&folder, &[]);
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

/// `COALMINE_SCRIPTS`, or a folder beside the checkout.
fn folder(path: &str) -> Option<PathBuf> {
    match std::env::var_os("COALMINE_SCRIPTS") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => common::shared(path),
    }
}
