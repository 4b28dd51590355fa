//! Policies of other controllers: named for what they are.

use crate::diagnostic::Finding;
use crate::policy::object::Object;

/// What to say of an object that another controller would play; nothing of any other.
pub(super) fn finding(object: &Object) -> Option<Finding> {
    let (what, how) = match (object.group.as_str(), object.kind.as_str()) {
        ("flagger.app", "Canary") => (
            "a Flagger Canary",
            "setWeight by stepWeight up to maxWeight with a pause of `interval` after each, and beside them an \
             analysis with each metric's query, thresholdRange as successCondition, `threshold` as failureLimit",
        ),
        ("rollouts.kruise.io", "Rollout") => (
            "a Rollout of OpenKruise",
            "setWeight by each step's `traffic` or `replicas`, its pause, and an analysis with the queries that \
             decide for you; a step without a pause duration waits for a person",
        ),
        ("rollouts.kruise.io", "BatchRelease") => (
            "a BatchRelease of OpenKruise",
            "setWeight and pauses by its batches",
        ),
        _ => return None,
    };
    let finding = Finding::warning(format!(
        "{what} is not played: only Rollouts of Argo Rollouts are"
    ));
    Some(finding.at(object.title(), "passed over").help(format!(
        "to try its thresholds, write them as a Rollout with a canary strategy: {how}"
    )))
}
