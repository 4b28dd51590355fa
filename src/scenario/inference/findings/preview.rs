//! Checks before the switch of a blue-green update: no user has reached the new version yet.

use super::subject::{Subject, warn};
use crate::diagnostic::Finding;

/// A check that looks at what runs already.
pub(super) fn of(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    if counts_before_switch(subject) == (false, true) {
        let message = "before the switch every user is on the stable version: this judges what runs already";
        found.push(
            warn(subject, message, "asked before the switch").help(
                "ask for the canary's own pods (podTemplateHashValue: Latest), or ask after the switch",
            ),
        );
    }
}

/// A check that counts what comes to the canary, of whom there is none in a world where nobody sends probes.
pub(in crate::scenario::inference) fn unprobed(subject: &Subject<'_>) -> Option<Finding> {
    let (true, _) = counts_before_switch(subject) else {
        return None;
    };
    let message =
        "before the switch only probes reach the canary: without them there is nothing to count, or 0/0";
    Some(warn(subject, message, "asked before the switch").help(
        "let a job send requests to the preview Service first (a Scenario states them as traffic.probes), or ask \
         after the switch",
    ))
}

/// Whether the check counts, before the switch, requests of the canary alone, and those of both versions in one.
fn counts_before_switch(subject: &Subject<'_>) -> (bool, bool) {
    let Some(spec) = subject.policy.strategy.blue_green() else {
        return (false, false);
    };
    let before = spec.pre_promotion.iter().flat_map(|analysis| &analysis.metrics);
    if before.into_iter().all(|metric| metric.check != subject.query.id) {
        return (false, false);
    }
    // Gauges are there whether requests come or not.
    let counted = subject
        .matches
        .iter()
        .filter(|(_, found, matched)| matched.any() && found.family.gauge.is_none());
    let (mut canary, mut both) = (false, false);
    for (_, _, matched) in counted {
        canary |= matched.canary && !matched.stable;
        both |= matched.canary && matched.stable;
    }
    (canary, both)
}
