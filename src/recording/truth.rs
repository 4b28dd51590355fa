//! What is known of a recording: its deployments, and what they did to clients.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::Recording;
use crate::diagnostic::Finding;
use crate::units::{Duration, Timestamp};

/// Name of the file beside a recording.
const FILE: &str = "ground_truth.json";

/// What is known of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroundTruth {
    /// How the verdicts were reached, in words.
    pub rule: String,
    /// Selectors of series that hold the truth itself: a policy must not read them.
    pub truth_series: Vec<String>,
    /// The deployments, by time.
    pub deployments: Vec<Deployment>,
}

/// One deployment in a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Its name.
    pub id: String,
    /// When it came.
    pub at: Timestamp,
    /// When the next one came, or the recording paused.
    pub until: Timestamp,
    /// What it did; absent: unknown.
    pub verdict: Option<Known>,
    /// Part of what clients asked for that failed.
    pub failures: Option<f64>,
    /// When harm was plain to see from outside.
    pub harm_seen: Option<Timestamp>,
}

/// What is known of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// Clients were well.
    Healthy,
    /// Clients were hurt.
    Unhealthy,
    /// Between the two.
    Grey,
    /// Too few requests to say.
    Idle,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    rule: String,
    #[serde(default)]
    truth_series: Vec<String>,
    deployments: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    deployed_at: f64,
    window_end: f64,
    #[serde(default)]
    verdict: Option<Known>,
    #[serde(default)]
    client_failure_ratio: Option<f64>,
    #[serde(default)]
    tenth_client_failure_at: Option<f64>,
}

impl GroundTruth {
    /// Reads a ground-truth file: JSON with `deployments`, each with `id`, `deployedAt`, `windowEnd` (seconds since
    /// 1970) and, where known, `verdict`, `clientFailureRatio`, `tenthClientFailureAt`.
    ///
    /// # Errors
    ///
    /// A finding with the line.
    pub fn parse(name: &str, text: &str) -> Result<Self, Finding> {
        let file: File = serde_json::from_str(text).map_err(|error| {
            Finding::error(format!("is not a ground truth: {error}"))
                .about(format!("{name}:{}", error.line()))
                .help("expected {\"deployments\": [{\"id\", \"deployedAt\", \"windowEnd\", \"verdict\"}, …]}, times in seconds since 1970")
        })?;
        let mut deployments = Vec::with_capacity(file.deployments.len());
        for row in file.deployments {
            let (at, until) = (moment(row.deployed_at), moment(row.window_end));
            if until <= at {
                return Err(
                    Finding::error(format!("the window of {} ends before it begins", row.id)).about(name),
                );
            }
            deployments.push(Deployment {
                id: row.id,
                at,
                until,
                verdict: row.verdict,
                failures: row.client_failure_ratio,
                harm_seen: row.tenth_client_failure_at.map(moment),
            });
        }
        deployments.sort_by_key(|deployment| deployment.at);
        Ok(Self {
            rule: file.rule,
            truth_series: file.truth_series,
            deployments,
        })
    }

    /// The ground truth beside a recording, or, where there is none, its deployments as far as the recording tells:
    /// every new value of `process_start_time_seconds`. A recording without that series is one deployment.
    ///
    /// # Errors
    ///
    /// A finding: there is a file and it cannot be read.
    pub fn beside(path: &Path, recording: &Recording) -> Result<Self, Finding> {
        let folder = if path.is_dir() {
            path
        } else {
            path.parent().unwrap_or(Path::new("."))
        };
        let file = folder.join(FILE);
        if !file.is_file() {
            return Ok(Self {
                deployments: starts(recording),
                ..Self::default()
            });
        }
        let name = file.display().to_string();
        let text = fs::read_to_string(&file)
            .map_err(|error| Finding::error(format!("cannot be read: {error}")).about(&name))?;
        Self::parse(&name, &text)
    }
}

fn moment(seconds: f64) -> Timestamp {
    // Out of range saturates; such a window then lies outside every recording.
    Timestamp::from_millis((seconds * 1000.0).round() as i64)
}

/// Deployments by the processes' own start times.
fn starts(recording: &Recording) -> Vec<Deployment> {
    let mut moments: Vec<Timestamp> = Vec::new();
    let named = recording
        .layout
        .series()
        .filter(|(_, labels)| labels.name() == Some("process_start_time_seconds"));
    for (series, _) in named {
        let values = recording
            .series(series)
            .map(|(_, value)| value)
            .filter(|value| value.is_finite());
        let mut before = None;
        for value in values {
            if before != Some(value) {
                moments.push(moment(value));
            }
            before = Some(value);
        }
    }
    let mut moments: Vec<_> = moments.into_iter().map(|at| at.max(recording.first)).collect();
    if moments.is_empty() {
        moments.push(recording.first);
    }
    moments.sort();
    moments.dedup();
    let ends = moments
        .iter()
        .skip(1)
        .copied()
        .chain([recording.last + Duration::from_millis(1)]);
    let windows = moments.iter().zip(ends).filter(|(at, until)| *at < until);
    windows
        .enumerate()
        .map(|(number, (&at, until))| Deployment {
            id: format!("d{:03}", number + 1),
            at,
            until,
            verdict: None,
            failures: None,
            harm_seen: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::read;

    #[test]
    fn a_new_start_time_is_a_deployment() {
        let text = b"process_start_time_seconds 100 101\nprocess_start_time_seconds 100 111\n\
                     process_start_time_seconds 150 151\n# EOF";
        let (recording, _) = read("file", text, None).unwrap();
        let found = starts(&recording);
        let moments: Vec<_> = found.iter().map(|deployment| deployment.at.as_millis()).collect();
        assert_eq!(moments, [101_000, 150_000]);
        assert_eq!(found[0].until, Timestamp::from_secs(150));
    }

    #[test]
    fn what_is_no_ground_truth_is_a_finding_with_its_line() {
        let finding = GroundTruth::parse("truth.json", "{\n\"deployments\": 3}").unwrap_err();
        assert_eq!(finding.about.as_deref(), Some("truth.json:2"));
        let backwards = r#"{"deployments": [{"id": "a", "deployedAt": 2, "windowEnd": 1}]}"#;
        assert!(GroundTruth::parse("truth.json", backwards).is_err());
    }
}
