//! What people do to a running rollout, as the kubectl plugin does it (`pkg/kubectl-argo-rollouts/cmd`): a plain change
//! of status or spec, which the controller's next pass finds.

use std::fmt;

use super::event::{Abort, AbortedBy, Event, What};
use super::rollout::Rollout;
use super::runs::Runs;
use crate::analysis::Phase;
use crate::controller::cluster::Version;
use crate::policy::argo::spec::Canary;
use crate::units::Timestamp;

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `promote`: ends a pause, whatever its reason; where there is none, skips the current step.
    Promote,
    /// `promote --full`: skips steps, pauses and analyses, but not the wait for pods.
    PromoteFull,
    /// `promote --skip-current-step`
    SkipStep,
    /// `promote --skip-all-steps`
    SkipAllSteps,
    /// `abort`
    Abort,
    /// `retry`: takes an abort back and begins again.
    Retry,
    /// `pause`: sets `spec.paused`.
    Pause,
    /// `resume` of `spec.paused`.
    Unpause,
    /// `set image` or `undo`: the template becomes that of a version, known or new.
    Image(Version),
    /// `kubectl scale`: so many pods are wanted. The caller passes a spec that says so from then on.
    Replicas(u32),
}

impl fmt::Display for Action {
    /// What a person does, in the third person: `promotes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Promote => f.write_str("promotes"),
            Self::PromoteFull => f.write_str("promotes fully, past all steps and analyses"),
            Self::SkipStep => f.write_str("skips the step"),
            Self::SkipAllSteps => f.write_str("skips all steps"),
            Self::Abort => f.write_str("aborts"),
            Self::Retry => f.write_str("retries"),
            Self::Pause => f.write_str("pauses the Rollout"),
            Self::Unpause => f.write_str("resumes the Rollout"),
            Self::Image(Version::OLD) => f.write_str("goes back to the stable version"),
            Self::Image(Version(number)) => write!(f, "sets the image of version {}", number + 1),
            Self::Replicas(pods) => write!(f, "asks for {pods} pods"),
        }
    }
}

impl Rollout {
    /// Does what a person does at `now`; the next pass finds it.
    pub(super) fn act(
        &mut self,
        spec: &Canary,
        now: Timestamp,
        action: Action,
        runs: &Runs,
        trace: &mut impl FnMut(Event),
    ) {
        let steps = spec.steps.len();
        let status = &mut self.status;
        let step = status.step;
        // A retry goes through all steps again.
        let again = action == Action::Retry && status.abort && status.aborted_at;
        let mut what = What::Did(action);
        match action {
            Action::Promote => {
                self.promote(spec, runs);
                what = What::Resumed;
            }
            Action::PromoteFull => {
                status.promote_full |= !status.promoted();
                status.held = false;
            }
            Action::SkipStep => status.step = (status.step + 1).min(steps),
            Action::SkipAllSteps => status.step = steps,
            Action::Abort => return self.abort(now, trace),
            Action::Retry => {
                status.abort = false;
                self.abort = None;
            }
            Action::Pause => status.held = true,
            Action::Unpause => status.held = false,
            Action::Image(version) => self.template = version,
            // The spec says it.
            Action::Replicas(_) => {}
        }
        trace(Event { at: now, what });
        // While it is given up the next pass sets the step back.
        if again || (self.status.step != step && !self.status.abort) {
            let what = What::StepReached(self.status.step);
            trace(Event { at: now, what });
        }
    }

    /// A pause ends, whatever its reason; where there is none, the current step is skipped. An inconclusive step ends
    /// both ways. After an abort it has no lasting effect.
    fn promote(&mut self, spec: &Canary, runs: &Runs) {
        let status = &mut self.status;
        let inconclusive_step = self
            .step_run
            .is_some_and(|number| runs.phase(number) == Phase::Inconclusive);
        let skips = if status.has_pause() {
            status.controller_pause &= !inconclusive_step;
            inconclusive_step
        } else {
            true
        };
        (status.pause_step, status.inconclusive, status.held) = (None, None, false);
        status.inconclusive_experiment = None;
        if skips {
            status.step = (status.step + 1).min(spec.steps.len());
        }
    }

    /// Of a promoted rollout it is taken back at once, so that nothing happens.
    fn abort(&mut self, now: Timestamp, trace: &mut impl FnMut(Event)) {
        if self.status.promoted() || self.status.abort {
            return;
        }
        self.status.abort = true;
        let by = AbortedBy::Person;
        self.abort = Some(Abort { at: now, by });
        trace(Event {
            at: now,
            what: What::Aborted(by),
        });
    }
}
