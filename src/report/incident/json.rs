use serde::Serialize;

use super::cells::{harm_seen, known};
use super::{Answer, Laid};
use crate::recording::Deployment;
use crate::simulator::Hindsight;

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
pub fn json(answer: &Answer) -> Result<String, serde_json::Error> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for laid in &answer.laid {
        let seen = answer.truth.deployments.iter().zip(&laid.hindsight);
        lines.extend(seen.map(|(deployment, seen)| line(laid, deployment, seen)));
    }
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
        harm_seen_after_ms: harm_seen(deployment).map(|after| after.as_millis()),
    }
}
