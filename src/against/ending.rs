//! How a Rollout or a Canary stands, by its status.

use super::read::{moment, name, status, text};
use super::status::{End, EndingStatus};
use crate::diagnostic::Finding;
use crate::units::Timestamp;
use crate::yaml::Node;

/// A Rollout of Argo Rollouts: `abort`, `abortedAt`, `phase`, `conditions`, `pauseConditions`.
pub(super) fn rollout(object: &Node) -> Result<EndingStatus, Box<Finding>> {
    let status = status(object)?;
    let (phase, message) = (text(status, "phase"), text(status, "message"));
    let conditions = status.get("conditions").map_or(&[][..], Node::items);
    let pauses = status.get("pauseConditions").map_or(&[][..], Node::items);
    let of_type = |name: &str| {
        conditions
            .iter()
            .find(|condition| text(condition, "type") == name)
    };
    let updated = |condition: Option<&Node>| match condition {
        Some(condition) => moment(condition, "lastUpdateTime"),
        None => Ok(None),
    };
    let aborted = status.get("abort").and_then(Node::text) == Some("true")
        || moment(status, "abortedAt")?.is_some()
        || message.starts_with("RolloutAborted");
    let (end, at) = if aborted {
        let at = match moment(status, "abortedAt")? {
            Some(at) => Some(at),
            None => updated(of_type("Progressing"))?,
        };
        (End::RolledBack, at)
    } else if phase == "Healthy" {
        (End::Promoted, updated(of_type("Completed"))?)
    } else {
        let mut last = last(conditions, "lastUpdateTime")?;
        last = last.max(self::last(pauses, "startTime")?);
        let inconclusive = pauses
            .iter()
            .any(|pause| text(pause, "reason") == "InconclusiveAnalysisRun");
        let end = if inconclusive || indefinite(object, status) {
            End::Waiting
        } else {
            End::Running
        };
        (end, last)
    };
    Ok(EndingStatus {
        kind: "Rollout",
        name: name(object),
        span: object.span,
        blamed: blamed(&message),
        hash: status
            .get("currentPodHash")
            .and_then(Node::text)
            .map(str::to_owned),
        words: words(&phase, &message),
        end,
        at,
    })
}

/// Whether it is paused where nothing but a person goes on: at a step without a duration, or before a blue-green promotion
/// that does not come by itself.
fn indefinite(object: &Node, status: &Node) -> bool {
    if text(status, "phase") != "Paused" {
        return false;
    }
    if let Some(spec) = object.at(&["spec", "strategy", "blueGreen"]) {
        return text(spec, "autoPromotionEnabled") == "false" && spec.get("autoPromotionSeconds").is_none();
    }
    let step = text(status, "currentStepIndex").parse::<usize>().ok();
    let steps = object.at(&["spec", "strategy", "canary", "steps"]);
    let pause = || Some(steps?.items().get(step?)?.get("pause")?.get("duration").is_none());
    pause().unwrap_or(false)
}

/// A Canary of Flagger: it keeps a phase and when that came, and nothing of its checks.
pub(super) fn canary(object: &Node) -> Result<EndingStatus, Box<Finding>> {
    let status = status(object)?;
    let phase = text(status, "phase");
    let end = match phase.as_str() {
        "Succeeded" => End::Promoted,
        "Failed" => End::RolledBack,
        "Waiting" | "WaitingPromotion" => End::Waiting,
        "Progressing" | "Promoting" | "Finalising" => End::Running,
        _ => {
            let finding = Finding::error(format!(
                "a Canary in phase {phase:?} tells of no release that could be compared"
            ));
            return Err(Box::new(finding.at(status.span, "").help(
                "expected Succeeded, Failed, Waiting, WaitingPromotion, Progressing, Promoting or Finalising",
            )));
        }
    };
    Ok(EndingStatus {
        kind: "Canary",
        name: name(object),
        span: object.span,
        words: words(&phase, ""),
        end,
        at: moment(status, "lastTransitionTime")?,
        blamed: None,
        hash: None,
    })
}

fn words(phase: &str, message: &str) -> String {
    match message {
        "" => phase.to_owned(),
        message => format!("{phase}: {message}"),
    }
}

fn last(conditions: &[Node], key: &str) -> Result<Option<Timestamp>, Box<Finding>> {
    conditions
        .iter()
        .try_fold(None, |last, condition| Ok(last.max(moment(condition, key)?)))
}

/// `error-share` of `… Metric "error-share" assessed Failed due to …`.
fn blamed(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("Metric \"")?;
    let (name, rest) = rest.split_once('"')?;
    rest.starts_with(" assessed ").then(|| name.to_owned())
}
