use crate::controller::argo::RolloutPhase;
use crate::controller::argo::status::{Conditions, Progressing};
use crate::controller::cluster::Version;
use crate::policy::argo::spec::BlueGreen;
use crate::units::Timestamp;

/// `status` of a blue-green Rollout, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    /// The template's version, and the one that is stable.
    pub current: Version,
    pub stable: Version,
    /// What the two Services select, as of the last pass.
    pub active: Version,
    pub preview: Option<Version>,
    pub abort: bool,
    /// `abortedAt` is set: kept by a retry until the pass after it.
    pub was_aborted: bool,
    pub promote_full: bool,
    /// Since when the pause before the switch holds it (`BlueGreenPause`), and since when an inconclusive analysis does.
    pub pause: Option<Timestamp>,
    pub inconclusive: Option<Timestamp>,
    pub controller_pause: bool,
    /// `scaleUpPreviewCheckPoint`: the preview has done its part, all pods are wanted.
    pub checkpoint: bool,
    pub conditions: Conditions,
    /// Pods of all versions; of the current one; ready and available ones that the active Service selects.
    pub replicas: u32,
    pub updated: u32,
    pub ready: u32,
    pub available: u32,
}

impl Status {
    /// A rollout at rest: its one version is healthy.
    pub(super) fn at_rest(spec: &BlueGreen, now: Timestamp) -> Self {
        let (old, pods) = (Version::OLD, spec.replicas);
        Self {
            current: old,
            stable: old,
            active: old,
            preview: spec.has_preview.then_some(old),
            abort: false,
            was_aborted: false,
            promote_full: false,
            pause: None,
            inconclusive: None,
            controller_pause: false,
            checkpoint: false,
            conditions: Conditions {
                progressing: Progressing::Available,
                updated: now,
                healthy: true,
            },
            replicas: pods,
            updated: pods,
            ready: pods,
            available: pods,
        }
    }

    /// Whether a condition pauses it; `spec.paused` is another matter.
    pub(super) const fn paused(&self) -> bool {
        self.pause.is_some() || self.inconclusive.is_some()
    }

    pub(super) fn is_promoted(&self) -> bool {
        self.stable == self.current
    }

    /// Whether the current version is whole and behind all Services (`RolloutHealthy`).
    pub(super) fn is_healthy(&self, spec: &BlueGreen) -> bool {
        self.updated == spec.replicas
            && self.available == spec.replicas
            && self.active == self.current
            && self.preview.is_none_or(|preview| preview == self.current)
    }

    /// Whether anything has moved since `before` (`RolloutProgressing`).
    pub(super) fn has_progressed(&self, before: &Self) -> bool {
        let old = |status: &Self| status.replicas.saturating_sub(status.updated);
        self.updated != before.updated
            || old(self) < old(before)
            || self.ready > before.ready
            || self.available > before.available
            || self.active != before.active
            || self.preview != before.preview
    }

    /// What the Progressing condition becomes when a pause begins or ends, or an abort was taken back
    /// (`checkPausedConditions`). `halted`: a person paused it.
    pub(super) fn observe_pause(&self, halted: bool, stored: Timestamp) -> Conditions {
        let mut conditions = self.conditions;
        let aborted = conditions.progressing == Progressing::Aborted;
        let (is, shown) = (
            self.paused() || halted,
            conditions.progressing == Progressing::Paused,
        );
        let observed = match (aborted, is) {
            (true, _) if !self.abort => Progressing::Resumed,
            (false, true) if !shown => Progressing::Paused,
            (false, false) if shown => Progressing::Resumed,
            _ => return conditions,
        };
        conditions.progressing = observed;
        conditions.updated = stored;
        conditions
    }

    /// Phase and message but for the reason of an abort (`CalculateRolloutPhase`). `halted`: a person paused it;
    /// `asking`: its analysis after the switch has not completed.
    pub(super) fn phase(&self, spec: &BlueGreen, halted: bool, asking: bool) -> (RolloutPhase, &'static str) {
        use RolloutPhase::{Degraded, Healthy, Paused, Progressing as Going};
        match self.conditions.progressing {
            Progressing::Aborted => (Degraded, "RolloutAborted"),
            Progressing::TimedOut => (Degraded, "ProgressDeadlineExceeded"),
            _ if halted => (Paused, "manually paused"),
            // Conditions stand in the order in which they were added.
            _ if self
                .pause
                .is_some_and(|since| self.inconclusive.is_none_or(|other| since <= other)) =>
            {
                (Paused, "BlueGreenPause")
            }
            _ if self.inconclusive.is_some() => (Paused, "InconclusiveAnalysisRun"),
            _ if self.updated < spec.replicas => (Going, "more replicas need to be updated"),
            _ if self.available < self.updated => (Going, "updated replicas are still becoming available"),
            _ if self.active != self.current => (Going, "active service cutover pending"),
            _ if !self.is_promoted() && asking => (Going, "waiting for analysis to complete"),
            _ if !self.is_promoted() => (Going, "waiting for post-promotion verification to complete"),
            _ => (Healthy, ""),
        }
    }
}
