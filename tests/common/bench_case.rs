//! Cases whose speed and memory are measured, as plans.
#![allow(dead_code, reason = "shared by tests and benches that play some of them each")]

use std::path::Path;

use coalmine::diagnostic::Documents;
use coalmine::experiment::{Plan, Request, Source, prepare, prepare_over};
use coalmine::recording;
use coalmine::units::Duration;

/// The plan of `scenarios/param-kernel-bench` in some of its worlds (none named: all), up to a horizon of its own if
/// one is given.
///
/// # Panics
///
/// If the case is not there or cannot be played.
pub fn plan(worlds: &[&str], horizon: Option<Duration>) -> Plan {
    let documents = documents("scenarios/param-kernel-bench");
    let request = Request {
        worlds: worlds.iter().map(|&name| name.to_owned()).collect(),
        horizon,
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    assert_eq!(prepared.refused, 0);
    prepared.plan
}

/// The plan of a case whose policy reads gauges or many families, in all of its worlds.
///
/// # Panics
///
/// If the case is not there or cannot be played.
pub fn case(folder: &str) -> Plan {
    let prepared = prepare(&documents(folder), &Documents::default(), &Request::default());
    assert_eq!(prepared.refused, 0, "{folder}");
    prepared.plan
}

/// The plan of `data/nginx-plus-status`: worlds over a recording.
///
/// # Panics
///
/// If it is not there or cannot be played.
pub fn recorded() -> Plan {
    let folder = "data/nginx-plus-status";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let (recording, _) = recording::open(&path, &recording::Keep::default()).unwrap();
    let request = Request {
        recording: Some(Source {
            name: "nginx-plus-status".to_owned(),
            digest: recording::digest(&recording),
        }),
        ..Request::default()
    };
    let prepared = prepare_over(
        &documents(folder),
        &Documents::default(),
        &request,
        Some(&recording),
    );
    assert_eq!(prepared.refused, 0);
    prepared.plan
}

/// Every document in a folder of the project.
fn documents(folder: &str) -> Documents {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    let mut documents = Documents::default();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        documents.add(name, std::fs::read_to_string(&file).unwrap());
    }
    documents
}
