//! Pods of all versions (`reconcileCanaryReplicaSets` and what it calls).

use super::event::Event;
use super::pass::Pass;
use super::rollout::Rollout;
use super::status::Weights;
use crate::controller::cluster::Version;

impl Rollout {
    /// Scales at most one version: the stable one first, then the new one, then what is left of older ones. Whether it
    /// moved anything. `weights` are those that this pass has told the router.
    pub(super) fn scale(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, weights: Option<Weights>) -> bool {
        let old = pass.old;
        if old.held || old.inconclusive.is_some() {
            return false;
        }
        if !pass.delays_scale_down() {
            self.forget_deadline(pass, old.current);
        }
        self.forget_deadline(pass, old.stable);
        // The stable version follows the weight that the last pass has told the router.
        let desired = |weights| self.progress(pass.spec, &old, weights).desired(pass.spec);
        let before = desired(old.weights);
        let canary = if weights == old.weights {
            before.canary
        } else {
            desired(weights).canary
        };
        self.scale_stable(pass, before.stable) || self.scale_new(pass, canary) || self.scale_others(pass)
    }

    fn forget_deadline(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, version: Version) {
        if let Some(set) = self.sets.get_mut(version) {
            pass.touched |= set.scale_down_at.take().is_some();
        }
    }

    fn scale_stable(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, desired: u32) -> bool {
        let old = pass.old;
        !old.promoted() && pass.order(&mut self.sets, old.stable, desired)
    }

    fn scale_new(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, mut desired: u32) -> bool {
        let (spec, old) = (pass.spec, pass.old);
        if pass.delays_scale_down() {
            let whole = self.sets.pods(old.stable).available >= spec.replicas;
            let Some(set) = self.sets.get_mut(old.current) else {
                return false;
            };
            match set.scale_down_at {
                Some(deadline) if deadline > pass.now => return false,
                Some(_) => desired = 0,
                None => {
                    set.scale_down_at = whole.then_some(pass.stored + spec.abort_scale_down_delay);
                    pass.touched |= whole;
                    return false;
                }
            }
        }
        pass.order(&mut self.sets, old.current, desired)
    }

    /// Scales down what is neither new nor stable (`scaleDownOldReplicaSetsForCanary`): a version that was stable until
    /// the promotion after its delay, one that was overtaken at once. The newest goes first.
    fn scale_others(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) -> bool {
        let (spec, old) = (pass.spec, pass.old);
        let is_other = |version| version != old.current && version != old.stable;
        let mut moved = self.delete_unavailable(pass, is_other);
        let available = self.sets.sum(|_| false).available;
        let mut spare = available.saturating_sub(spec.replicas.saturating_sub(spec.max_unavailable));
        if spare == 0 {
            return false;
        }
        let mut below = u32::MAX;
        while spare > 0 {
            let others = self.sets.others(|version| !is_other(version));
            let next = others
                .filter(|(_, set)| set.revision < below)
                .max_by_key(|(_, set)| set.revision);
            let Some((version, set)) = next.map(|(version, set)| (version, *set)) else {
                break;
            };
            below = set.revision;
            let ordered = pass.ordered(version);
            if ordered == 0 || (spec.routed && self.is_referenced(&old, version)) {
                continue;
            }
            let desired = if !spec.routed {
                ordered.saturating_sub(spare)
            } else if old.promoted() || set.scale_down_at.is_some() {
                self.after_delay(pass, version)
            } else {
                0
            };
            if desired != ordered {
                moved |= pass.order(&mut self.sets, version, desired);
                spare = spare.saturating_sub(ordered - desired);
            }
        }
        moved
    }

    /// Pods that are not available go first (`cleanupUnhealthyReplicas`).
    fn delete_unavailable(
        &mut self,
        pass: &mut Pass<'_, impl FnMut(Event)>,
        which: impl Fn(Version) -> bool,
    ) -> bool {
        let mut moved = false;
        for version in self.sets.versions().filter(|version| which(*version)) {
            let pods = self.sets.pods(version);
            if pods.spec > pods.available {
                moved |= pass.order(&mut self.sets, version, pods.available);
            }
        }
        moved
    }

    /// Pods that an old version keeps until its delay is over (`scaleDownDelayHelper`). As the controller has it, one
    /// with a router and no delay is never scaled down.
    fn after_delay(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, version: Version) -> u32 {
        let (spec, ordered) = (pass.spec, pass.ordered(version));
        let Some(set) = self.sets.get_mut(version) else {
            return 0;
        };
        match set.scale_down_at {
            _ if spec.dynamic_stable_scale => 0,
            None => {
                if !spec.scale_down_delay.is_zero() {
                    set.scale_down_at = Some(pass.stored + spec.scale_down_delay);
                    pass.touched = true;
                }
                ordered
            }
            Some(deadline) if deadline > pass.now => ordered,
            Some(_) => 0,
        }
    }
}
