use super::status::Status;
use crate::controller::argo::event::{AbortedBy, Event, What};
use crate::controller::argo::runs::Runs;
use crate::controller::cluster::{Cluster, Pods, Version};
use crate::policy::argo::spec::BlueGreen;
use crate::units::Timestamp;

/// What one pass works with.
pub(super) struct Pass<'a, T> {
    pub spec: &'a BlueGreen,
    pub now: Timestamp,
    pub stored: Timestamp,
    pub cluster: &'a mut Cluster,
    pub runs: &'a mut Runs,
    pub trace: &'a mut T,
    /// The status as the pass found it.
    pub old: Status,
    /// The version of the template.
    pub new: Version,
    /// A person paused it, or an inconclusive analysis did (`haltProgress`).
    pub halted: bool,
    /// Pause and analyses are skipped: all is to be promoted, or there is nothing to promote (`isBlueGreenFastTracked`).
    /// A version that comes back within its scale-down delay should be too, but every pass takes the deadline off first.
    pub fast: bool,
    /// It goes back by few revisions (`isRollbackWithinWindow`): no analysis begins, and every pass drops the pause that it
    /// adds. Yet `isBlueGreenFastTracked` does not know of it: a switch that waits for either waits for ever.
    pub back: bool,
    pub add_pause: bool,
    pub remove_pause: bool,
    pub add_inconclusive: bool,
    pub abort: Option<AbortedBy>,
}

impl<T: FnMut(Event)> Pass<'_, T> {
    pub(super) fn tell(&mut self, what: What) {
        (self.trace)(Event { at: self.now, what });
    }

    pub(super) fn pods(&self, version: Version) -> Pods {
        self.cluster.pods(version, self.now)
    }

    pub(super) fn aborted(&self) -> bool {
        self.old.abort || self.abort.is_some()
    }
}
