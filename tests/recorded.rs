//! A policy laid over the recording that ships with the project, beside what is known of it.

use std::path::Path;

use coalmine::diagnostic::Documents;
use coalmine::policy;
use coalmine::promql;
use coalmine::recording::{self, GroundTruth, Known};
use coalmine::simulator::Incident;
use coalmine::units::Duration;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/highload-deploys")
}

#[test]
fn the_recording_is_what_its_metadata_says() {
    let metadata = std::fs::read_to_string(folder().join("metadata.json")).unwrap();
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    let bytes = std::fs::read(folder().join("metrics.om.gz")).unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&bytes);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(metadata["sha256"], digest.as_str());
    let (recording, _) = recording::open(&folder(), &recording::Keep::default()).unwrap();
    assert_eq!(metadata["series"], recording.layout.series().len());
    // Its stale marks, 594 of them, are samples too.
    assert_eq!(
        metadata["samples"].as_u64().unwrap() + 594,
        (recording.count + recording.repeated) as u64
    );
}

/// Each new value of `process_start_time_seconds` is a deployment: the ground truth's 70, found without it.
#[test]
fn deployments_are_found_by_the_process_start_as_the_ground_truth_has_them() {
    let (recording, _) = recording::open(&folder(), &recording::Keep::default()).unwrap();
    let known = GroundTruth::beside(&folder(), &recording).unwrap();
    let found = GroundTruth::beside(Path::new("nowhere"), &recording).unwrap();
    assert_eq!(known.deployments.len(), 70);
    for deployment in &known.deployments {
        let near = found.deployments.iter().any(|found| {
            let apart = found.at - deployment.at;
            apart < Duration::from_secs(2) && apart > Duration::from_secs(-2)
        });
        assert!(near, "{} was not found", deployment.id);
    }
}

/// Worked out by hand from the recording, d003: 100 s after the start, `status="429"` grows by hundreds a scrape while
/// `status="200"` stands still, so the share of refusals lies far above a tenth from the first look (1 min) on; three
/// failures in a row at 1m, 1m30s and 2m go beyond failureLimit 2.
#[test]
fn a_deployment_that_refused_everybody_is_rolled_back_at_the_third_look() {
    let (recording, _) = recording::open(&folder(), &recording::Keep::default()).unwrap();
    let known = GroundTruth::beside(&folder(), &recording).unwrap();
    let mut documents = Documents::default();
    documents.add(
        "policy.yaml",
        std::fs::read_to_string(folder().join("policy.yaml")).unwrap(),
    );
    let loaded = policy::load(&documents, &Documents::default());
    let policy = &loaded.policies[0];
    let settings = promql::Settings::default();
    let mut incident = Incident::new(policy, &recording.layout, &recording.samples, &settings).unwrap();
    let d003 = known
        .deployments
        .iter()
        .find(|deployment| deployment.id == "d003")
        .unwrap();
    assert_eq!(d003.verdict, Some(Known::Unhealthy));
    let seen = incident.play(d003.at, d003.until, &mut ());
    assert_eq!(seen.rolled_back_after, Some(Duration::from_mins(2)));
    assert!(!seen.by_errors);
    assert_eq!(policy.checks[seen.decided_by.unwrap().0].name, "error-share");
}
