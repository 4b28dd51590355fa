//! The conditions of a rollout and the progress deadline (`rollout/sync.go`, `utils/conditions`).

use super::event::{AbortedBy, Event};
use super::pass::Pass;
use super::rollout::Rollout;
use super::status::{Conditions, Progressing, Status};
use super::{pause_ends, times_out};
use crate::controller::cluster::{Cluster, Version};
use crate::policy::argo::spec::{Canary, StepKind};
use crate::units::{Duration, Timestamp};

/// Ask again so long after the progress deadline (`requeueStuckRollout`).
const DEADLINE_SLACK: Duration = Duration::from_secs(1);

impl Status {
    /// What the Progressing condition becomes when a pause begins or ends, or an abort is taken back
    /// (`checkPausedConditions`).
    pub(super) fn patched(&self, stored: Timestamp) -> Conditions {
        let mut conditions = self.conditions;
        let becomes = match conditions.progressing {
            Progressing::Aborted if !self.abort => Progressing::Retried,
            Progressing::Aborted => return conditions,
            Progressing::Paused if !self.paused() => Progressing::Resumed,
            Progressing::Paused => return conditions,
            // Of a promoted rollout the same pass writes the old condition over it again.
            _ if self.held && self.promoted() => return conditions,
            _ if self.paused() => Progressing::Paused,
            _ => return conditions,
        };
        conditions.progressing = becomes;
        conditions.updated = stored;
        conditions
    }

    fn shows(&mut self, progressing: Progressing, stored: Timestamp) {
        self.conditions.progressing = progressing;
        self.conditions.updated = stored;
    }
}

impl Rollout {
    /// The abort that a missed progress deadline may be (`evaluateProgressDeadlineAbort`), and the conditions
    /// (`calculateRolloutConditions`). A pass that takes an abort back does not show the new one: the deadline's own
    /// condition stands then.
    pub(super) fn conditions(&self, pass: &mut Pass<'_, impl FnMut(Event)>, new: &mut Status) {
        let (spec, old) = (pass.spec, pass.old);
        let stuck = !new.has_progressed(&old)
            && !old.is_indefinite_step(spec)
            && !self.waits_for_old(&old)
            && timed_out(spec, new, pass.now);
        if stuck && spec.progress_deadline_abort && !pass.aborted() && !new.promoted() {
            pass.abort = Some(AbortedBy::Deadline);
        }
        let healthy = new.is_healthy(spec);
        new.conditions.healthy = healthy && !old.paused();
        let became_unhealthy = old.conditions.healthy && !new.conditions.healthy;
        if pass.aborted() {
            if old.conditions.progressing != Progressing::Aborted {
                new.shows(Progressing::Aborted, pass.stored);
            }
        } else if healthy {
            if old.conditions.progressing != Progressing::Available {
                new.shows(Progressing::Available, pass.stored);
            }
        } else if new.has_progressed(&old) || became_unhealthy {
            new.shows(Progressing::Updated, pass.stored);
        } else if stuck && new.conditions.progressing != Progressing::TimedOut {
            new.shows(Progressing::TimedOut, pass.stored);
        }
    }

    /// Whether nothing but the scale-down delay of the old version is left.
    fn waits_for_old(&self, status: &Status) -> bool {
        let is_other = |version: Version| version != status.current && version != status.stable;
        let mut others = self.sets.others(|version| !is_other(version));
        status.promoted() && others.any(|(_, set)| set.scale_down_at.is_some())
    }

    /// When a timer of the controller fires next, pods apart. To be asked once the rollout stands still at `now`.
    pub(super) fn timer(&self, spec: &Canary, now: Timestamp, cluster: &Cluster) -> Option<Timestamp> {
        let status = &self.status;
        let pause = match spec.steps.get(status.step).map(|step| &step.kind) {
            Some(StepKind::Pause(duration)) if !status.abort => {
                status.pause_step.and_then(|since| pause_ends(since, *duration))
            }
            _ => None,
        };
        let left = self.sets.others(|version| cluster.list(version).is_empty());
        let deadlines = left.filter_map(|(_, set)| set.scale_down_at);
        let at_ease = status.is_healthy(spec)
            || status.paused()
            || status.abort
            || status.is_indefinite_step(spec)
            || status.conditions.progressing == Progressing::TimedOut
            || self.waits_for_old(status);
        let deadline = (!at_ease).then(|| {
            let deadline = times_out(status.conditions.updated, spec.progress_deadline);
            if now > deadline - DEADLINE_SLACK {
                deadline
            } else {
                deadline + DEADLINE_SLACK
            }
        });
        let experiments = self.experiments.timer(spec, now);
        let timers = [pause, deadline, self.router.verify_at, experiments];
        let timers = timers.into_iter().flatten().chain(deadlines);
        timers.filter(|at| *at > now).min()
    }
}

fn timed_out(spec: &Canary, new: &Status, now: Timestamp) -> bool {
    match new.conditions.progressing {
        Progressing::Aborted | Progressing::Paused => false,
        Progressing::TimedOut => true,
        _ => times_out(new.conditions.updated, spec.progress_deadline) <= now,
    }
}
