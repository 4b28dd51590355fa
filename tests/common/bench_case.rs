//! The case whose speed and memory are measured, as a plan.

use std::path::Path;

use coalmine::diagnostic::Documents;
use coalmine::experiment::{Plan, Request, prepare};
use coalmine::units::Duration;

/// The plan of `scenarios/param-kernel-bench` in some of its worlds (none named: all), up to a horizon of its own if
/// one is given.
///
/// # Panics
///
/// If the case is not there or cannot be played.
pub fn plan(worlds: &[&str], horizon: Option<Duration>) -> Plan {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/param-kernel-bench");
    let mut documents = Documents::default();
    for name in [
        "analysis-template.yaml",
        "rollout.yaml",
        "scenario.yaml",
        "services.yaml",
    ] {
        documents.add(name, std::fs::read_to_string(folder.join(name)).unwrap());
    }
    let request = Request {
        worlds: worlds.iter().map(|&name| name.to_owned()).collect(),
        horizon,
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    assert_eq!(prepared.refused, 0);
    prepared.plan
}
