//! Fields of a canary that do together what nobody wants, decidable from the manifest alone.

use super::reader::Reader;
use super::route_traps;
use super::spec::{Canary, CanaryScale, StepKind};
use crate::diagnostic::Finding;

/// Everything there is to say about how pods and weights go together.
pub(super) fn canary(reader: &mut Reader<'_>, canary: &Canary) {
    let found = [
        abort_without_end(reader, canary),
        pods_without_router(reader, canary),
        old_version_for_ever(reader, canary),
    ];
    reader.findings.extend(found.into_iter().flatten());
    reader.findings.extend(route_traps::of(canary));
    for step in &canary.steps {
        if step.scale.is_some() && matches!(step.kind, StepKind::Analysis(_)) {
            let finding = Finding::warning("this step does not wait for its analysis").at(
                step.span,
                "complete as soon as the pods of `setCanaryScale` are there",
            );
            reader.findings.push(finding.help("make two steps of it"));
        }
        if canary.dynamic_stable_scale
            && matches!(step.kind, StepKind::SetWeight(weight) if weight >= canary.max_weight)
        {
            let finding = Finding::note("from here on the stable version has no pods").at(step.span, "");
            reader.findings.push(finding.help(
                "an abort has to start it from nothing: keep this weight short, or leave dynamicStableScale out",
            ));
        }
    }
}

/// The canary keeps `minPodsPerReplicaSet` pods, and with them a weight that fewer could carry
/// (`GetDesiredCanaryWeightOnAbort`).
fn abort_without_end(reader: &Reader<'_>, canary: &Canary) -> Option<Finding> {
    let has_delay = canary.abort_delay_stated && !canary.abort_scale_down_delay.is_zero();
    if !canary.routed || !canary.dynamic_stable_scale || has_delay {
        return None;
    }
    let kept = canary.min_pods.min(canary.replicas);
    let weights = canary.steps.iter().rev().filter_map(|step| match step.kind {
        StepKind::SetWeight(weight) => Some(weight),
        _ => None,
    });
    let mut carried = weights.filter(|weight| canary.scaled_pods(CanaryScale::Weight(*weight)) < kept);
    let stays = carried.next().filter(|weight| *weight > 0)?;
    let node = reader.strategy(&["minPodsPerReplicaSet"])?;
    let message = format!("an abort does not end: the canary keeps {kept} pods and weight {stays} for ever");
    let finding = Finding::warning(message).at(node.span, "with dynamicStableScale");
    Some(finding.help("state `abortScaleDownDelaySeconds: 30`"))
}

fn pods_without_router(reader: &Reader<'_>, canary: &Canary) -> Option<Finding> {
    let node = reader
        .strategy(&["minPodsPerReplicaSet"])
        .filter(|_| !canary.routed)?;
    Some(Finding::warning("this does nothing without traffic routing").at(node.span, ""))
}

fn old_version_for_ever(reader: &Reader<'_>, canary: &Canary) -> Option<Finding> {
    let node = reader.strategy(&["scaleDownDelaySeconds"])?;
    if !canary.routed || !canary.scale_down_delay.is_zero() {
        return None;
    }
    let message =
        "after a promotion the old version keeps its pods for ever, and the Rollout is shown as Degraded";
    let finding = Finding::warning(message).at(node.span, "no delay is no end");
    Some(finding.help("leave it out (30 s), or write 1"))
}
