use comfy_table::{ContentArrangement, Table, presets};

use super::Laid;
use crate::recording::{Deployment, Known};
use crate::report::moment::utc_minute;
use crate::simulator::Hindsight;
use crate::units::{Duration, Timestamp};

/// An empty table as wide as a terminal.
pub(super) fn table(width: usize) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table
}

/// A moment as a person reads it.
pub(in crate::report) fn utc(at: Timestamp) -> String {
    utc_minute(at.as_millis())
}

pub(in crate::report) fn clients(deployment: &Deployment) -> String {
    let known = deployment.verdict.map_or("unknown", known);
    match deployment.failures {
        Some(failures) => format!("{:.1} %, {known}", failures * 100.0),
        None => known.to_owned(),
    }
}

pub(in crate::report) const fn known(known: Known) -> &'static str {
    match known {
        Known::Healthy => "healthy",
        Known::Unhealthy => "unhealthy",
        Known::Grey => "grey",
        Known::Idle => "idle",
    }
}

/// What the policy would have done, and why.
pub(in crate::report) fn would(laid: &Laid, deployment: &Deployment, seen: &Hindsight) -> String {
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
pub(super) fn whole(length: Duration) -> Duration {
    Duration::from_secs(length.as_millis() / 1000)
}

/// What the policy would have done, short enough for a cell: `rolled back 2m`.
pub(super) fn did(deployment: &Deployment, seen: &Hindsight) -> String {
    if let Some(after) = seen.rolled_back_after {
        format!("rolled back {}", whole(after))
    } else if let Some(after) = seen.promoted_after {
        format!("promoted {}", whole(after))
    } else if seen.waiting {
        "waits".to_owned()
    } else {
        format!("over {}", whole(deployment.until - deployment.at))
    }
}

/// When its harm was plain to see, counted from the deployment.
pub(super) fn harm_seen(deployment: &Deployment) -> Option<Duration> {
    deployment.harm_seen.map(|at| at - deployment.at)
}
