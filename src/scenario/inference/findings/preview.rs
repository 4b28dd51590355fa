//! Checks before the switch of a blue-green update: no user has reached the new version yet.

use super::subject::{Subject, warn};
use crate::diagnostic::Finding;

pub(super) fn of(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(spec) = subject.policy.strategy.blue_green() else {
        return;
    };
    let before = spec.pre_promotion.iter().flat_map(|analysis| &analysis.metrics);
    if before.into_iter().all(|metric| metric.check != subject.query.id) {
        return;
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
    if canary {
        let message =
            "before the switch only probes reach the canary: without them there is nothing to count, or 0/0";
        found.push(warn(subject, message, "asked before the switch").help(
            "let a job send requests to the preview Service first (a Scenario states them as traffic.probes), or ask \
             after the switch",
        ));
    } else if both {
        let message = "before the switch every user is on the stable version: this judges what runs already";
        found.push(
            warn(subject, message, "asked before the switch").help(
                "ask for the canary's own pods (podTemplateHashValue: Latest), or ask after the switch",
            ),
        );
    }
}
