//! `dynamicStableScale`: pods of the stable version follow its weight, and on the way back the weight follows its pods.

use super::replicas::{Counts, at_least, weight_to_replicas};
use crate::controller::cluster::Pods;
use crate::policy::argo::spec::{Canary, StepKind};

/// The weight that an abort, or a return to the stable version, makes for next: the last `setWeight` that needs fewer
/// pods than the stable version lacks, or than the canary has; 0 if none does (`GetDesiredCanaryWeightOnAbort`).
///
/// With `minPodsPerReplicaSet` above the pods of some `setWeight` and without a delay this is never 0: such an abort
/// does not end.
pub fn weight_on_abort(spec: &Canary, canary: Pods, stable: Pods) -> u32 {
    let lacking = spec.replicas.saturating_sub(stable.available);
    let has_delay = spec.abort_delay_stated && !spec.abort_scale_down_delay.is_zero();
    let pods = if has_delay {
        lacking
    } else {
        lacking.max(canary.available)
    };
    let weights = spec.steps.iter().rev().filter_map(|step| match step.kind {
        StepKind::SetWeight(weight) => Some(weight),
        _ => None,
    });
    let mut fitting =
        weights.filter(|weight| weight_to_replicas(spec.replicas, *weight, spec.max_weight) < pods);
    fitting.next().unwrap_or(0)
}

/// The weight to tell the router on the way back: `target` as soon as the stable version's pods carry the rest, never
/// above `told`, what it was told last (`calculateDesiredWeightOnAbortOrStableRollback`).
pub(super) fn weight_on_return(spec: &Canary, target: u32, stable: Pods, told: Option<u32>) -> u32 {
    let most = spec.max_weight;
    let carried = u64::from(most) * u64::from(stable.available) / u64::from(spec.replicas.max(1));
    let carried = u32::try_from(carried).unwrap_or(u32::MAX);
    let rest = most.saturating_sub(carried);
    match told {
        Some(told) if target == 0 => rest.min(told),
        Some(told) if carried < most.saturating_sub(target) => told,
        Some(told) => target.min(told),
        None => rest.max(target),
    }
}

/// The counts (`CalculateReplicaCountsForTrafficRoutedCanary`): no version has fewer pods than the weight needs that
/// the router was `told` last.
pub(super) fn counts(spec: &Canary, canary: u32, weight: u32, told: Option<u32>, aborted: bool) -> Counts {
    let most = spec.max_weight;
    let pods = |weight: u32| weight_to_replicas(spec.replicas, weight, most);
    let stable = pods(most.saturating_sub(weight));
    let (canary, stable) = match told {
        Some(told) => (
            if aborted { canary.max(pods(told)) } else { canary },
            stable.max(pods(most.saturating_sub(told))),
        ),
        None => (canary, stable),
    };
    Counts {
        canary: at_least(spec, canary),
        stable: at_least(spec, stable),
    }
}
