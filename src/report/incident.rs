//! Policies laid over the deployments of a recording, beside what is known of them.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::recording::{Deployment, GroundTruth, Known};
use crate::score::Unit;
use crate::score::words;
use crate::simulator::Hindsight;
use crate::stats;
use crate::units::{Duration, Timestamp};

/// One policy over all deployments of a recording.
#[derive(Clone, Debug)]
pub struct Laid {
    /// The policy's name.
    pub policy: String,
    /// Names of its checks.
    pub checks: Vec<String>,
    /// What it would have done, deployment by deployment.
    pub hindsight: Vec<Hindsight>,
}

#[derive(Serialize)]
struct Line<'a> {
    policy: &'a str,
    deployment: &'a str,
    deployed_at_ms: i64,
    truth: Option<&'static str>,
    client_failures: Option<f64>,
    rolled_back_after_ms: Option<i64>,
    by_errors: bool,
    decided_by: Option<&'a str>,
    promoted_after_ms: Option<i64>,
    waiting: bool,
    harm_seen_after_ms: Option<i64>,
}

/// All of it as JSON, an object a deployment and policy.
///
/// # Errors
///
/// Only a mistake of ours.
pub fn json(truth: &GroundTruth, laid: &[Laid]) -> Result<String, serde_json::Error> {
    let lines: Vec<Line<'_>> = laid
        .iter()
        .flat_map(|one| {
            truth
                .deployments
                .iter()
                .zip(&one.hindsight)
                .map(move |(deployment, seen)| line(one, deployment, seen))
        })
        .collect();
    serde_json::to_string_pretty(&lines).map(|text| text + "\n")
}

fn line<'a>(laid: &'a Laid, deployment: &'a Deployment, seen: &Hindsight) -> Line<'a> {
    Line {
        policy: &laid.policy,
        deployment: &deployment.id,
        deployed_at_ms: deployment.at.as_millis(),
        truth: deployment.verdict.map(known),
        client_failures: deployment.failures,
        rolled_back_after_ms: seen.rolled_back_after.map(|after| after.as_millis()),
        by_errors: seen.by_errors,
        decided_by: seen.decided_by.map(|check| laid.checks[check.0].as_str()),
        promoted_after_ms: seen.promoted_after.map(|after| after.as_millis()),
        waiting: seen.waiting,
        harm_seen_after_ms: deployment.harm_seen.map(|at| (at - deployment.at).as_millis()),
    }
}

/// The table of one policy and what it adds up to, with intervals that admit how few deployments there are.
pub fn draw(truth: &GroundTruth, laid: &Laid, width: usize) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.set_header([
        "deployment",
        "at (UTC)",
        "clients",
        "seen by clients",
        &laid.policy,
    ]);
    for (deployment, seen) in truth.deployments.iter().zip(&laid.hindsight) {
        table.add_row([
            deployment.id.clone(),
            utc(deployment.at),
            clients(deployment),
            deployment
                .harm_seen
                .map_or(String::new(), |at| format!("after {}", at - deployment.at)),
            would(laid, deployment, seen),
        ]);
    }
    let mut text = table.trim_fmt();
    text.push_str("\n\n");
    text.push_str(&summary(truth, laid));
    text
}

fn utc(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.as_millis());
    // A moment beyond jiff's years is shown as the number it is.
    moment.map_or_else(
        |_| at.as_millis().to_string(),
        |moment| {
            moment
                .to_zoned(TimeZone::UTC)
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        },
    )
}

fn clients(deployment: &Deployment) -> String {
    let known = deployment.verdict.map_or("unknown", known);
    match deployment.failures {
        Some(failures) => format!("{:.1} %, {known}", failures * 100.0),
        None => known.to_owned(),
    }
}

const fn known(known: Known) -> &'static str {
    match known {
        Known::Healthy => "healthy",
        Known::Unhealthy => "unhealthy",
        Known::Grey => "grey",
        Known::Idle => "idle",
    }
}

/// What the policy would have done, and why.
fn would(laid: &Laid, deployment: &Deployment, seen: &Hindsight) -> String {
    if let Some(after) = seen.rolled_back_after {
        let why = match seen.decided_by {
            Some(check) => {
                let tally = seen.checks[check.0];
                let (count, what) = if seen.by_errors {
                    (tally.errors, "errors")
                } else {
                    (tally.failed, "failed")
                };
                format!(
                    "{}, {count} of {} looks {what}",
                    laid.checks[check.0], tally.looks
                )
            }
            None => "progressDeadlineSeconds".to_owned(),
        };
        return format!("rolled back after {}: {why}", whole(after));
    }
    if let Some(after) = seen.promoted_after {
        return format!("promoted after {}", whole(after));
    }
    let length = whole(deployment.until - deployment.at);
    if seen.waiting {
        format!("waits for a person, over after {length}")
    } else {
        format!("still running, over after {length}")
    }
}

/// Without its fraction of a second.
fn whole(length: Duration) -> Duration {
    Duration::from_secs(length.as_millis() / 1000)
}

fn summary(truth: &GroundTruth, laid: &Laid) -> String {
    let mut text = String::new();
    for class in [Known::Unhealthy, Known::Healthy, Known::Grey, Known::Idle] {
        let of_class: Vec<&Hindsight> = truth
            .deployments
            .iter()
            .zip(&laid.hindsight)
            .filter(|(deployment, _)| deployment.verdict == Some(class))
            .map(|(_, seen)| seen)
            .collect();
        let rolled_back = of_class
            .iter()
            .filter(|seen| seen.rolled_back_after.is_some())
            .count() as u64;
        if let Some(share) = stats::rate(rolled_back, of_class.len() as u64) {
            let said = words::estimate(Unit::Share, &share).together();
            let unfinished = of_class.iter().filter(|seen| seen.is_unfinished()).count();
            let also = match unfinished {
                0 => String::new(),
                over => format!("; {over} were over before the policy was done"),
            };
            // Writing into a String cannot fail.
            let _ = writeln!(
                text,
                "{}: would have rolled back {rolled_back} of {}: {said}{also}",
                known(class),
                of_class.len()
            );
        }
    }
    let unknown = truth
        .deployments
        .iter()
        .filter(|deployment| deployment.verdict.is_none())
        .count();
    if unknown > 0 {
        let rolled_back = laid
            .hindsight
            .iter()
            .filter(|seen| seen.rolled_back_after.is_some())
            .count();
        let _ = writeln!(
            text,
            "would have rolled back {rolled_back} of {}; what they did to clients is not known",
            laid.hindsight.len()
        );
    }
    for (number, check) in laid.checks.iter().enumerate() {
        let decided = laid
            .hindsight
            .iter()
            .filter(|seen| seen.decided_by.is_some_and(|check| check.0 == number))
            .count();
        let _ = writeln!(
            text,
            "{check} decided {decided} {}",
            if decided == 1 { "rollback" } else { "rollbacks" }
        );
    }
    text.push_str(
        "Weights cannot change the past: requests went where they went, whatever the policy sets.\n",
    );
    text
}
