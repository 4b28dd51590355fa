//! What the router is told (`rollout/trafficrouting.go`), and which weight a step asks for.

use super::dynamic;
use super::replicas::{Counts, at_least, basic, threshold_met, weight_to_replicas};
use crate::controller::cluster::Pods;
use crate::policy::argo::spec::{Canary, CanaryScale, StepKind};

/// A rollout between two passes, as far as weights depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Index of the current step; as many as there are steps: all are complete.
    pub step: usize,
    /// Whether it has given up.
    pub aborted: bool,
    /// Whether the canary has become the stable version.
    pub promoted: bool,
    /// Whether a person has promoted it past all steps.
    pub promote_full: bool,
    /// Whether it goes back to the stable version, which has too few pods for all traffic.
    pub returning: bool,
    /// The canary's weight that the router was told last, if it was.
    pub told: Option<u32>,
    /// Pods of the new version.
    pub canary: Pods,
    /// Pods of the stable version; those of the new one once it is promoted.
    pub stable: Pods,
    /// Pods of still older versions.
    pub others: Pods,
}

/// The weight that the steps ask for now (`GetCurrentSetWeight`): the closest `setWeight` at or before the current
/// step, 0 if there is none, everything when no step is left.
pub fn current_set_weight(spec: &Canary, step: usize, aborted: bool) -> u32 {
    if aborted {
        0
    } else if step >= spec.steps.len() {
        spec.max_weight
    } else {
        closest_set_weight(spec, step + 1)
    }
}

/// The last `setWeight` among the first `steps` steps, 0 if there is none.
fn closest_set_weight(spec: &Canary, steps: usize) -> u32 {
    let before = spec.steps[..steps.min(spec.steps.len())].iter().rev();
    before
        .filter_map(|step| match step.kind {
            StepKind::SetWeight(weight) => Some(weight),
            _ => None,
        })
        .next()
        .unwrap_or(0)
}

impl Progress {
    /// How many pods each version is to have now.
    pub fn desired(&self, spec: &Canary) -> Counts {
        let weight = if self.promoted || self.promote_full {
            spec.max_weight
        } else if self.aborted && spec.routed && spec.dynamic_stable_scale {
            dynamic::weight_on_abort(spec, self.canary, self.stable)
        } else {
            current_set_weight(spec, self.step, self.aborted)
        };
        if spec.routed {
            self.desired_with_router(spec, weight)
        } else {
            let stable = (!self.promoted).then_some(self.stable);
            basic(spec, weight, self.canary, stable, self.others.spec)
        }
    }

    /// With a router (`CalculateReplicaCountsForTrafficRoutedCanary`): the stable version stays whole, unless its pods
    /// follow its weight.
    fn desired_with_router(&self, spec: &Canary, weight: u32) -> Counts {
        let pods = |weight| at_least(spec, weight_to_replicas(spec.replicas, weight, spec.max_weight));
        let (canary, weight) = match self.scale(spec) {
            Some(CanaryScale::Pods(pods)) => (pods, 0),
            Some(CanaryScale::Weight(weight)) => (pods(weight), weight),
            Some(CanaryScale::MatchTraffic) | None => (pods(weight), weight),
        };
        if spec.dynamic_stable_scale {
            dynamic::counts(spec, canary, weight, self.told, self.aborted)
        } else {
            Counts {
                canary,
                stable: spec.replicas,
            }
        }
    }

    /// The closest `setCanaryScale` at or before the current step, if it counts (`UseSetCanaryScale`).
    fn scale(&self, spec: &Canary) -> Option<CanaryScale> {
        let forgotten = self.aborted && !spec.abort_scale_down_delay.is_zero();
        if self.promoted || self.promote_full || forgotten || self.step >= spec.steps.len() {
            return None;
        }
        let before = spec.steps[..=self.step].iter().rev();
        before.filter_map(|step| step.scale).next()
    }

    /// Whether the pods are as the current step wants them (`AtDesiredReplicaCountsForCanary`): the new version's
    /// available, the stable version's created, and without a router none of an older one available.
    pub fn settled(&self, spec: &Canary) -> bool {
        let desired = self.desired(spec);
        let Pods {
            spec: ordered,
            available,
            ..
        } = self.canary;
        // A threshold stands in place of the pods that are wanted: one above them is never met.
        let enough = match spec.progress_threshold {
            None => ordered == desired.canary && available == desired.canary,
            threshold => threshold_met(threshold, available, desired.canary),
        };
        let whole = self.stable.spec == desired.stable && self.stable.created == desired.stable;
        enough
            && (whole || (spec.routed && spec.dynamic_stable_scale))
            && (spec.routed || self.others.available == 0)
    }

    /// The weight to tell the router in this pass; `None`: what it has stays, because the stable version has too few
    /// pods to carry the rest.
    pub fn weight_to_send(&self, spec: &Canary) -> Option<u32> {
        let weight = self.desired_weight(spec);
        let rest = u64::from(spec.max_weight.saturating_sub(weight)) * u64::from(spec.replicas);
        let needed = (rest / u64::from(spec.max_weight.max(1))) as u32;
        let available = self.stable.available;
        let enough = available >= needed || threshold_met(spec.progress_threshold, available, needed);
        enough.then_some(weight)
    }

    fn desired_weight(&self, spec: &Canary) -> u32 {
        if self.returning || (self.aborted && !self.promoted) {
            if !spec.dynamic_stable_scale {
                return 0;
            }
            let target = dynamic::weight_on_abort(spec, self.canary, self.stable);
            dynamic::weight_on_return(spec, target, self.stable, self.told)
        } else if self.promoted || self.canary.available == 0 {
            0
        } else if self.promote_full {
            self.weight_of_full_promotion(spec)
        } else if spec.steps.is_empty() {
            0
        } else if self.settled(spec) {
            current_set_weight(spec, self.step, false)
        } else {
            closest_set_weight(spec, self.step)
        }
    }

    /// A full promotion leaves the weight as it is; where the stable version gives pods away, it follows the canary's.
    fn weight_of_full_promotion(&self, spec: &Canary) -> u32 {
        if spec.dynamic_stable_scale {
            let carried = u64::from(spec.max_weight) * u64::from(self.canary.available);
            // More pods than all, by `setCanaryScale`, carry everything and no more.
            let carried = carried / u64::from(spec.replicas.max(1));
            u32::try_from(carried).map_or(spec.max_weight, |carried| carried.min(spec.max_weight))
        } else {
            self.told.unwrap_or(0)
        }
    }
}
