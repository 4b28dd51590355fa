//! What no trial can hold: looks without number, and a past that nobody made up.

use super::answerer::{Answerer, StageError};
use crate::policy::argo::spec::{CheckId, Experiment, Policy};
use crate::promql::{Anchor, PlanError, Read, Trail};
use crate::units::Duration;
use crate::world::World;

/// More looks of one metric in one trial are refused, and more moments that its range queries ask for.
const LOOKS: i64 = 100_000;

/// The checks of `policy` that no trial up to `horizon` can hold.
pub(super) fn beyond(policy: &Policy, answerers: &[Answerer], horizon: Duration) -> Vec<StageError> {
    let mut refused = Vec::new();
    for (number, answerer) in answerers.iter().enumerate() {
        let reads = answerer.plan().map_or(&[][..], |plan| plan.reads());
        if let Some(reach) = reads.iter().map(reach).max().filter(|reach| *reach > World::PAST) {
            let told = if reach == Duration::MAX {
                "to a fixed moment".to_owned()
            } else {
                reach.to_string()
            };
            let message = format!(
                "its query reaches back {told}; a simulated service has a past of {}",
                World::PAST
            );
            refused.push(error(
                CheckId(number),
                message,
                "replay it over a recording: coalmine replay RECORDING --policy …",
            ));
        }
    }
    for metric in policy.strategy.metrics() {
        let Some(interval) = metric.interval else { continue };
        let looks = horizon.as_millis() / interval.as_millis().max(1);
        if looks > LOOKS {
            let message = format!("it looks every {interval}: more than {LOOKS} times in {horizon}");
            refused.push(error(metric.check, message, "set an interval of 1s or more"));
            continue;
        }
        let question = &policy.checks[metric.check.0].question;
        let points = question.range().map_or(1, Trail::points);
        let counted = if metric.count > 0 {
            looks.min(metric.count)
        } else {
            looks
        };
        if counted.saturating_mul(points) > LOOKS {
            let message = format!(
                "its range query asks at {points} moments every {interval}: more than {LOOKS} answers in {horizon}"
            );
            let help = "set a longer step of the range, or a longer interval";
            refused.push(error(metric.check, message, help));
        }
    }
    refused
}

/// The checks of `policy` that ask for pods of experiments, which no recording knows by their made-up hashes.
pub(super) fn beside(policy: &Policy) -> Vec<StageError> {
    let hashes = [Experiment::CANARY_HASH, Experiment::STABLE_HASH];
    let canary = policy.strategy.canary();
    let sets: Vec<String> = canary.map_or_else(Vec::new, |canary| {
        let sets = canary.replica_sets(&policy.identity.rollout);
        sets.map(|(_, set)| set).collect()
    });
    let names = || hashes.into_iter().chain(sets.iter().map(String::as_str));
    let checks = policy.checks.iter().enumerate();
    let asks = checks.filter(|(_, check)| {
        let query = check.question.query();
        query.is_some_and(|query| names().any(|name| query.contains(name)))
    });
    let refused = asks.map(|(number, _)| {
        let message = "a recording does not know the pods of an experiment".to_owned();
        error(CheckId(number), message, "play it in simulated worlds")
    });
    refused.collect()
}

fn error(check: CheckId, message: String, help: &str) -> StageError {
    let error = PlanError {
        at: 0..0,
        message,
        help: Some(help.to_owned()),
        unsupported: true,
    };
    StageError {
        check,
        errors: vec![error],
    }
}

/// How far back a stretch can reach from the moment of a look. A fixed moment (`@ 0`) reaches to the beginning.
pub(super) fn reach(read: &Read) -> Duration {
    match read.anchor {
        Anchor::Evaluation | Anchor::Start | Anchor::End => read.from,
        Anchor::At(_) => Duration::MAX,
    }
}
