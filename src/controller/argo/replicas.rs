//! How many pods each version gets (`utils/replicaset/canary.go`).

use crate::controller::cluster::Pods;
use crate::policy::argo::spec::{Canary, ProgressThreshold};

/// Pods of the canary and of the stable version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// The new version.
    pub canary: u32,
    /// The old one.
    pub stable: u32,
}

/// Pods that carry `weight` of `max_weight`, rounded up (`trafficWeightToReplicas`).
pub fn weight_to_replicas(replicas: u32, weight: u32, max_weight: u32) -> u32 {
    (u64::from(replicas) * u64::from(weight)).div_ceil(u64::from(max_weight.max(1))) as u32
}

/// The counts whose ratio comes nearest to `weight` of `max_weight` where no router splits the traffic
/// (`approximateWeightedCanaryStableReplicaCounts`). Never a canary without pods for a weight between, nor a stable
/// version, except for one replica without surge, and where half a pod is missing to all of them and no surge gives
/// room to round (99 % of 50): no canary then. One pod above `replicas` where surge allows it and it is nearer.
pub fn nearest(replicas: u32, weight: u32, max_weight: u32, max_surge: u32) -> Counts {
    if replicas == 0 {
        return Counts { canary: 0, stable: 0 };
    }
    if weight == 0 || weight == max_weight {
        let canary = if weight == 0 { 0 } else { replicas };
        return Counts {
            canary,
            stable: replicas - canary,
        };
    }
    let ceil = weight_to_replicas(replicas, weight, max_weight);
    let floor = (u64::from(replicas) * u64::from(weight) / u64::from(max_weight.max(1))) as u32;
    let zero_allowed = replicas == 1 && max_surge == 0;
    // The controller's own arithmetic: 0.5 is rarely met exactly in floating point.
    let tied = |total: u32| {
        let exact = f64::from(total) * (f64::from(weight) / f64::from(max_weight));
        exact - libm::trunc(exact) == 0.5
    };
    let floor_allowed = floor != 0 || zero_allowed;
    let candidates = [
        (ceil, replicas, ceil < replicas || zero_allowed),
        (floor, replicas, !tied(replicas) && floor_allowed),
        (ceil, replicas + 1, max_surge > 0),
        (
            floor,
            replicas + 1,
            max_surge > 0 && !tied(replicas + 1) && floor_allowed,
        ),
    ];
    let distance = |canary: u32, total: u32| {
        let share = (f64::from(canary) * f64::from(max_weight)) / f64::from(total);
        (share - f64::from(weight)).abs()
    };
    let mut best: Option<(f64, u32, u32)> = None;
    for (canary, total, allowed) in candidates {
        let far = distance(canary, total);
        if allowed && best.is_none_or(|(nearest, ..)| far < nearest) {
            best = Some((far, canary, total));
        }
    }
    let (_, canary, total) = best.unwrap_or((0.0, 0, replicas));
    Counts {
        canary,
        stable: total.saturating_sub(canary),
    }
}

/// The next counts on the way to `weight` without a router (`CalculateReplicaCountsForBasicCanary`): never more than
/// `replicas` + surge pods, never fewer available than `replicas` − unavailable. `stable` is `None` once the canary
/// is the stable version; `others` are the pods ordered of still older versions, which go first.
pub fn basic(spec: &Canary, weight: u32, canary: Pods, stable: Option<Pods>, others: u32) -> Counts {
    let replicas = i64::from(spec.replicas);
    let target = match stable {
        Some(_) => nearest(spec.replicas, weight, spec.max_weight, spec.max_surge),
        None => Counts {
            canary: spec.replicas,
            stable: 0,
        },
    };
    let (to_canary, to_stable) = (i64::from(target.canary), i64::from(target.stable));
    let canary_spec = i64::from(canary.spec);
    let stable_spec = stable.map_or(0, |pods| i64::from(pods.spec));
    let most = replicas + i64::from(spec.max_surge);
    let least = replicas - i64::from(spec.max_unavailable);
    let mut up = most - (canary_spec + stable_spec + i64::from(others));
    let (mut new_canary, mut new_stable) = (canary_spec, stable_spec);
    if stable.is_some() && stable_spec < to_stable && up > 0 {
        new_stable = to_stable.min(stable_spec + up);
        up -= new_stable - stable_spec;
    }
    if canary_spec < to_canary && up > 0 {
        new_canary = to_canary.min(canary_spec + up);
    }
    if others == 0 {
        let increasing = to_canary >= canary_spec;
        let pool = drainable(canary, !increasing) + stable.map_or(0, |pods| drainable(pods, increasing));
        let down = pool - least;
        if down > 0 {
            if !increasing {
                new_canary = to_canary.max(canary_spec - down);
                let drained = (i64::from(canary.available), new_canary);
                let kept = stable.map(|pods| (i64::from(pods.available), new_stable));
                (new_canary, new_stable) = within_limits(drained, kept, most, least);
            } else if let Some(pods) = stable {
                if stable_spec > to_stable {
                    new_stable = to_stable.max(stable_spec - down);
                }
                let drained = (i64::from(pods.available), new_stable);
                let kept = Some((i64::from(canary.available), new_canary));
                (new_stable, new_canary) = within_limits(drained, kept, most, least);
            }
        }
    }
    Counts {
        canary: new_canary.max(0) as u32,
        stable: new_stable.max(0) as u32,
    }
}

/// Pods that may be counted on while others are drained (`GetReplicasForScaleDown`).
fn drainable(pods: Pods, all: bool) -> i64 {
    i64::from(if all {
        pods.spec
    } else {
        pods.spec.min(pods.available)
    })
}

/// `adjustReplicaWithinLimits`: of the drained and the kept version (available pods, new count), the new counts.
fn within_limits(drained: (i64, i64), kept: Option<(i64, i64)>, most: i64, least: i64) -> (i64, i64) {
    let (drained_available, drained) = drained;
    let Some((kept_available, kept)) = kept else {
        return (drained, 0);
    };
    let kept_less = kept - (kept + drained - most).max(0);
    let available = drained_available.min(drained) + kept_available.min(kept_less);
    let lost = (kept_available - kept_less).max(0);
    let kept = kept_less + lost.min((least - available).max(0));
    (drained - (kept + drained - most).max(0), kept)
}

/// `pods`, or what `minPodsPerReplicaSet` asks for if that is more and there are any (`CheckMinPodsPerReplicaSet`).
pub(super) fn at_least(spec: &Canary, pods: u32) -> u32 {
    if pods == 0 {
        0
    } else {
        pods.max(spec.min_pods.min(spec.replicas))
    }
}

/// Whether `available` of `desired` pods are enough by `replicaProgressThreshold`.
pub fn threshold_met(threshold: Option<ProgressThreshold>, available: u32, desired: u32) -> bool {
    match threshold {
        None => false,
        Some(ProgressThreshold::Percent(percent)) => {
            desired == 0 || u64::from(available) * 100 >= u64::from(percent) * u64::from(desired)
        }
        Some(ProgressThreshold::Pods(pods)) => available >= pods,
    }
}
