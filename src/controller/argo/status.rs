use std::fmt;

use crate::controller::cluster::Version;
use crate::policy::argo::spec::{Canary, StepKind};
use crate::units::{Duration, Timestamp};

/// Phase of a rollout, as `kubectl argo rollouts` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the controller's")]
pub enum RolloutPhase {
    Healthy,
    Progressing,
    Paused,
    Degraded,
}

impl fmt::Display for RolloutPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What a rollout waits for a person for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// A pause step without a duration.
    Pause,
    /// An inconclusive analysis or experiment.
    Inconclusive,
}

/// Why the Progressing condition is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progressing {
    /// `NewReplicaSetAvailable`
    Available,
    /// `ReplicaSetUpdated`
    Updated,
    /// `RolloutPaused`
    Paused,
    /// `RolloutResumed`
    Resumed,
    /// `ProgressDeadlineExceeded`
    TimedOut,
    /// `RolloutAborted`
    Aborted,
    /// `RolloutRetry`
    Retried,
}

/// The conditions that matter to a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conditions {
    pub(super) progressing: Progressing,
    /// When the Progressing condition was last updated.
    pub(super) updated: Timestamp,
    pub(super) healthy: bool,
}

/// The weights last told to the router (`status.canary.weights`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weights {
    /// The canary's; the stable version has the rest.
    pub(super) canary: u32,
    /// Which version is meant by each.
    pub(super) canary_is: Version,
    pub(super) stable_is: Version,
}

/// `status` of a Rollout, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    /// The version of the template that was seen last, and the stable one.
    pub(super) current: Version,
    pub(super) stable: Version,
    /// Index of the current step.
    pub(super) step: usize,
    pub(super) abort: bool,
    /// Whether the moment of an abort is still recorded: until the pass after a retry.
    pub(super) aborted_at: bool,
    pub(super) promote_full: bool,
    /// `spec.paused`
    pub(super) held: bool,
    /// Since when a pause step has paused it.
    pub(super) pause_step: Option<Timestamp>,
    /// Since when an inconclusive analysis has.
    pub(super) inconclusive: Option<Timestamp>,
    /// Since when an inconclusive experiment has.
    pub(super) inconclusive_experiment: Option<Timestamp>,
    pub(super) controller_pause: bool,
    pub(super) weights: Option<Weights>,
    pub(super) conditions: Conditions,
    /// Pods of all versions; of the new one.
    pub(super) replicas: u32,
    pub(super) updated: u32,
    pub(super) ready: u32,
    pub(super) available: u32,
}

impl Status {
    /// A rollout at rest: its one version is healthy.
    pub(super) fn at_rest(spec: &Canary, now: Timestamp) -> Self {
        Self {
            current: Version::OLD,
            stable: Version::OLD,
            step: spec.steps.len(),
            abort: false,
            aborted_at: false,
            promote_full: false,
            held: false,
            pause_step: None,
            inconclusive: None,
            inconclusive_experiment: None,
            controller_pause: false,
            weights: spec.routed.then_some(Weights {
                canary: 0,
                canary_is: Version::OLD,
                stable_is: Version::OLD,
            }),
            conditions: Conditions {
                progressing: Progressing::Available,
                updated: now,
                healthy: true,
            },
            replicas: spec.replicas,
            updated: spec.replicas,
            ready: spec.replicas,
            available: spec.replicas,
        }
    }

    /// Whether the new version is the stable one (`IsFullyPromoted`).
    pub(super) fn promoted(&self) -> bool {
        self.current == self.stable
    }

    /// Whether the controller has paused it.
    pub(super) const fn has_pause(&self) -> bool {
        self.pause_step.is_some() || self.inconclusive.is_some() || self.inconclusive_experiment.is_some()
    }

    /// Whether anybody has.
    pub(super) const fn paused(&self) -> bool {
        self.held || self.has_pause()
    }

    pub(super) const fn forget_pauses(&mut self) {
        (self.pause_step, self.inconclusive, self.controller_pause) = (None, None, false);
        self.inconclusive_experiment = None;
    }

    /// Whether all its pods are new and available and nothing else is left (`RolloutHealthy`).
    pub(super) fn is_healthy(&self, spec: &Canary) -> bool {
        self.promoted()
            && self.step == spec.steps.len()
            && self.replicas == spec.replicas
            && self.updated == spec.replicas
            && self.available == spec.replicas
    }

    /// Whether anything has moved since `before` (`RolloutProgressing`).
    pub(super) fn has_progressed(&self, before: &Self) -> bool {
        let old = |status: &Self| status.replicas.saturating_sub(status.updated);
        self.updated != before.updated
            || old(self) < old(before)
            || self.ready > before.ready
            || self.available > before.available
            || self.stable != before.stable
            || self.step != before.step
    }

    /// Phase and message but for the reason of an abort (`CalculateRolloutPhase`).
    pub(super) fn phase(&self, spec: &Canary) -> (RolloutPhase, &'static str) {
        use RolloutPhase::{Degraded, Healthy, Paused, Progressing as Going};
        match self.conditions.progressing {
            Progressing::Aborted => (Degraded, "RolloutAborted"),
            Progressing::TimedOut => (Degraded, "ProgressDeadlineExceeded"),
            _ if self.held => (Paused, "manually paused"),
            _ if self.pause_step.is_some() => (Paused, "CanaryPauseStep"),
            _ if self.inconclusive.is_some() => (Paused, "InconclusiveAnalysisRun"),
            _ if self.inconclusive_experiment.is_some() => (Paused, "InconclusiveExperiment"),
            _ if self.updated < spec.replicas => (Going, "more replicas need to be updated"),
            _ if self.available < self.updated => (Going, "updated replicas are still becoming available"),
            _ if !spec.routed && self.replicas > self.updated => {
                (Going, "old replicas are pending termination")
            }
            _ if !self.promoted() => (Going, "waiting for all steps to complete"),
            _ => (Healthy, ""),
        }
    }

    pub(super) fn is_indefinite_step(&self, spec: &Canary) -> bool {
        let step = spec.steps.get(self.step).map(|step| &step.kind);
        matches!(
            step,
            Some(StepKind::Pause(_) | StepKind::Analysis(_) | StepKind::Experiment(_))
        )
    }
}

/// When a pause that began at `since` ends by itself: strictly after this moment (`CompletedCanaryPauseStep`).
pub fn pause_ends(since: Timestamp, duration: Option<Duration>) -> Option<Timestamp> {
    duration.map(|duration| since + duration)
}

/// When a rollout that last progressed at `updated` times out: strictly after this moment (`RolloutTimedOut`).
pub fn times_out(updated: Timestamp, progress_deadline: Duration) -> Timestamp {
    updated + progress_deadline
}

/// Whether the background analysis has to wait for its `startingStep` (`BeforeStartingStep`).
pub const fn before_starting_step(starting_step: usize, step: usize, steps: usize) -> bool {
    steps > 0 && step < starting_step
}
