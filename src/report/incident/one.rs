use std::fmt::Write as _;

use super::Laid;
use super::cells::{clients, known, table, utc, would};
use super::laid::PAST;
use super::sums::{sums, unknown};
use crate::recording::GroundTruth;
use crate::score::Unit;
use crate::score::words;

/// The table of one policy and what it adds up to, with intervals that admit how few deployments there are.
pub(super) fn draw(truth: &GroundTruth, laid: &Laid, width: usize) -> String {
    let mut deployments = table(width);
    deployments.set_header([
        "deployment",
        "at (UTC)",
        "clients",
        "seen by clients",
        &laid.policy,
    ]);
    for (deployment, seen) in truth.deployments.iter().zip(&laid.hindsight) {
        deployments.add_row([
            deployment.id.clone(),
            utc(deployment.at),
            clients(deployment),
            deployment
                .harm_seen
                .map_or(String::new(), |at| format!("after {}", at - deployment.at)),
            would(laid, deployment, seen),
        ]);
    }
    let mut text = deployments.trim_fmt();
    text.push_str("\n\n");
    text.push_str(&summary(truth, laid));
    text
}

fn summary(truth: &GroundTruth, laid: &Laid) -> String {
    let mut text = String::new();
    for sum in sums(truth, laid) {
        let said = words::estimate(Unit::Share, &sum.share).together();
        let also = match sum.unfinished {
            0 => String::new(),
            over => format!("; {over} were over before the policy was done"),
        };
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{}: would have rolled back {} of {}: {said}{also}",
            known(sum.class),
            sum.rolled_back,
            sum.of
        );
    }
    if let Some((rolled_back, of)) = unknown(truth, laid) {
        let _ = writeln!(
            text,
            "would have rolled back {rolled_back} of {of}; what they did to clients is not known"
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
    text.push_str(PAST);
    text.push('\n');
    text
}
