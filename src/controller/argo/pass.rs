//! What one pass over a rollout works with.

use super::event::{AbortedBy, Event, What};
use super::runs::Runs;
use super::sets::Sets;
use super::status::Status;
use crate::controller::cluster::{Cluster, Version};
use crate::policy::argo::spec::Canary;
use crate::units::Timestamp;

pub(super) struct Pass<'a, T> {
    pub(super) spec: &'a Canary,
    pub(super) now: Timestamp,
    /// Now, as it is stored.
    pub(super) stored: Timestamp,
    pub(super) cluster: &'a mut Cluster,
    pub(super) runs: &'a mut Runs,
    pub(super) trace: &'a mut T,
    /// The status as the pass found it.
    pub(super) old: Status,
    pub(super) add_pause_step: bool,
    pub(super) add_inconclusive: bool,
    pub(super) add_inconclusive_experiment: bool,
    /// The experiment of the current step has passed.
    pub(super) experiment_passed: bool,
    pub(super) clear_pauses: bool,
    pub(super) abort: Option<AbortedBy>,
    pub(super) remove_abort: bool,
    /// Whether the router has what it was told; `None` where nobody asks.
    pub(super) verified: Option<bool>,
    /// Whether ReplicaSets changed, which brings about another pass.
    pub(super) touched: bool,
}

impl<T: FnMut(Event)> Pass<'_, T> {
    pub(super) fn tell(&mut self, what: What) {
        (self.trace)(Event { at: self.now, what });
    }

    pub(super) const fn aborted(&self) -> bool {
        !self.remove_abort && (self.old.abort || self.abort.is_some())
    }

    /// Whether an abort keeps the canary's pods for a while (`shouldDelayScaleDownOnAbort`).
    pub(super) const fn delays_scale_down(&self) -> bool {
        let spec = self.spec;
        let follows_weight = spec.dynamic_stable_scale && !spec.abort_delay_stated;
        self.aborted() && spec.routed && !spec.abort_scale_down_delay.is_zero() && !follows_weight
    }

    /// Pods ordered, by this pass too.
    pub(super) fn ordered(&self, version: Version) -> u32 {
        self.cluster.list(version).len() as u32
    }

    /// Orders pods (`scaleReplicaSetAndRecordEvent`); whether their number changes. To its end the pass goes on with
    /// the numbers that it has found.
    pub(super) fn order(&mut self, sets: &mut Sets, version: Version, to: u32) -> bool {
        let keeps_deadline = self.delays_scale_down();
        let Some(set) = sets.get_mut(version) else {
            return false;
        };
        self.touched |= set.wanted != self.spec.replicas;
        set.wanted = self.spec.replicas;
        let from = self.ordered(version);
        if from == to {
            return false;
        }
        if to == 0 && !keeps_deadline {
            set.scale_down_at = None;
        }
        self.cluster.scale(version, to, self.now);
        self.touched = true;
        self.tell(What::PodsScaled { version, from, to });
        true
    }
}
