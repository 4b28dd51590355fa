//! What the router is told (`rollout/trafficrouting.go`), and which weight a step asks for.

use super::replicas::{Counts, basic, routed, threshold_met};
use crate::controller::cluster::Pods;
use crate::policy::argo::spec::{Canary, StepKind};

/// A rollout between two passes, as far as weights depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Index of the current step; as many as there are steps: all are complete.
    pub step: usize,
    /// Whether it has given up.
    pub aborted: bool,
    /// Whether the canary has become the stable version.
    pub promoted: bool,
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
        let weight = if self.promoted {
            spec.max_weight
        } else {
            current_set_weight(spec, self.step, self.aborted)
        };
        if spec.routed {
            routed(spec, weight)
        } else {
            let stable = (!self.promoted).then_some(self.stable);
            basic(spec, weight, self.canary, stable, self.others.spec)
        }
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
        let enough =
            available == desired.canary || threshold_met(spec.progress_threshold, available, desired.canary);
        ordered == desired.canary
            && enough
            && self.stable.spec == desired.stable
            && self.stable.created == desired.stable
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
        if self.promoted || self.aborted || self.canary.available == 0 || spec.steps.is_empty() {
            0
        } else if self.settled(spec) {
            current_set_weight(spec, self.step, false)
        } else {
            closest_set_weight(spec, self.step)
        }
    }
}
