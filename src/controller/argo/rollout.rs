//! The rollout controller's reconcile loop for a canary (`rollout/canary.go`), pass by pass.

use super::event::{Abort, AbortedBy, Event, What};
use super::runs::{Binding, Runs};
use super::status::{Conditions, Progressing, Status};
use super::weights::Progress;
use super::{before_starting_step, pause_ends, times_out};
use crate::analysis::Phase;
use crate::controller::cluster::{Cluster, Pods};
use crate::policy::argo::spec::{Canary, StepKind};
use crate::scenario::exposition::Arm;
use crate::units::{Duration, Timestamp, Weight};

/// Ask again so long after the progress deadline (`requeueStuckRollout`).
const DEADLINE_SLACK: Duration = Duration::from_secs(1);

/// One Rollout that replaces its stable version by a canary.
#[derive(Clone, Debug)]
pub struct Rollout {
    pub(super) status: Status,
    /// The new template has not been seen yet.
    new_template: bool,
    /// When an aborted canary, and after a promotion the old version, may be scaled down.
    canary_deadline: Option<Timestamp>,
    stable_deadline: Option<Timestamp>,
    background_run: Option<usize>,
    step_run: Option<usize>,
    pub(super) abort: Option<Abort>,
    pub(super) promoted: Option<Timestamp>,
}

/// What one pass works with.
struct Pass<'a, T> {
    spec: &'a Canary,
    now: Timestamp,
    stored: Timestamp,
    runs: &'a mut Runs,
    trace: &'a mut T,
    /// The status as the pass found it.
    old: Status,
    canary: Pods,
    stable: Pods,
    add_pause_step: bool,
    add_inconclusive: bool,
    abort: Option<AbortedBy>,
}

impl<T: FnMut(Event)> Pass<'_, T> {
    fn tell(&mut self, what: What) {
        (self.trace)(Event { at: self.now, what });
    }

    fn aborted(&self) -> bool {
        self.old.abort || self.abort.is_some()
    }

    fn progress(&self) -> Progress {
        let promoted = self.old.promoted;
        Progress {
            step: self.old.step,
            aborted: self.old.abort,
            promoted,
            canary: self.canary,
            stable: if promoted { self.canary } else { self.stable },
            others: if promoted { self.stable } else { Pods::default() },
        }
    }
}

impl Rollout {
    /// A rollout whose stable version is healthy and whose template changes at `now`.
    pub fn new(spec: &Canary, now: Timestamp) -> Self {
        Self {
            status: Status::at_rest(spec, now),
            new_template: true,
            canary_deadline: None,
            stable_deadline: None,
            background_run: None,
            step_run: None,
            abort: None,
            promoted: None,
        }
    }

    /// The step that the next pass starts from; `None` once no analysis is created any more.
    pub(super) const fn step_ahead(&self) -> Option<usize> {
        if self.new_template {
            Some(0)
        } else if self.status.promoted || self.status.abort {
            None
        } else {
            Some(self.status.step)
        }
    }

    /// One pass, and whether it changed anything; then the next pass follows at once.
    pub(super) fn pass(
        &mut self,
        spec: &Canary,
        now: Timestamp,
        stored: Timestamp,
        cluster: &mut Cluster,
        runs: &mut Runs,
        trace: &mut impl FnMut(Event),
    ) -> bool {
        let old = self.status;
        let patched = observe_pause(old, stored);
        let mut pass = Pass {
            spec,
            now,
            stored,
            runs,
            trace,
            old,
            canary: cluster.pods(Arm::Canary, now),
            stable: cluster.pods(Arm::Stable, now),
            add_pause_step: false,
            add_inconclusive: false,
            abort: None,
        };
        if self.new_template {
            self.new_template = false;
            self.status = Status {
                step: 0,
                promoted: false,
                updated: 0,
                names_old: true,
                ..old
            };
            self.status.conditions.healthy = false;
            self.status.conditions.progressing = Progressing::Updated;
            self.status.conditions.updated = stored;
            pass.tell(What::StepReached(0));
            return true;
        }
        let mut new = old;
        self.send_weight(&mut pass, &mut new);
        self.reconcile_runs(&mut pass);
        let mut moved = false;
        if !pass.add_inconclusive {
            if old.inconclusive.is_none() {
                moved = self.scale(&mut pass, cluster);
            }
            if !moved {
                pause(&mut pass);
            }
        }
        self.conclude(&mut pass, &mut new);
        // Conditions that this pass did not touch stay as the pause has patched them.
        if new.conditions == old.conditions {
            new.conditions = patched;
        }
        let changed = moved || new != old;
        self.status = new;
        changed
    }

    /// Tells the router its weight (`reconcileTrafficRouting`), from what the last pass left.
    fn send_weight(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, new: &mut Status) {
        if !pass.spec.routed {
            return;
        }
        if let Some(weight) = pass.progress().weight_to_send(pass.spec) {
            if weight != pass.old.weight {
                pass.tell(What::WeightSet(Weight {
                    parts: weight,
                    of: pass.spec.max_weight,
                }));
            }
            new.weight = weight;
            new.names_old = !pass.old.promoted;
        }
    }

    /// Creates, reads and stops analyses (`reconcileAnalysisRuns`).
    fn reconcile_runs(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        if pass.aborted() || pass.old.promoted || self.canary_deadline.is_some() {
            pass.runs.stop(pass.now, |_| true);
            return;
        }
        let before = [self.step_run, self.background_run];
        self.step_run = self.reconcile_step_run(pass);
        self.background_run = self.reconcile_background_run(pass);
        let current = [self.step_run, self.background_run];
        pass.runs.stop(pass.now, |number| {
            !before.contains(&Some(number)) && !current.contains(&Some(number))
        });
    }

    fn reconcile_step_run(&self, pass: &mut Pass<'_, impl FnMut(Event)>) -> Option<usize> {
        if pass.old.paused() || pass.old.abort {
            return self.step_run;
        }
        let index = pass.old.step;
        let step = pass.spec.steps.get(index).map(|step| &step.kind);
        let binding = Binding::Step(index);
        let stale = |number: usize| pass.runs.list()[number].binding != binding;
        if !matches!(step, Some(StepKind::Analysis(_))) || self.step_run.is_some_and(stale) {
            pass.runs.stop(pass.now, |number| Some(number) == self.step_run);
            return None;
        }
        Some(reconcile_run(pass, self.step_run, binding))
    }

    fn reconcile_background_run(&self, pass: &mut Pass<'_, impl FnMut(Event)>) -> Option<usize> {
        let background = pass.spec.background.as_ref()?;
        let (step, steps) = (pass.old.step, pass.spec.steps.len());
        if before_starting_step(background.starting_step, step, steps) {
            return None;
        }
        if pass.old.inconclusive.is_some() {
            return self.background_run;
        }
        Some(reconcile_run(pass, self.background_run, Binding::Background))
    }

    /// Scales at most one version (`reconcileCanaryReplicaSets`): the stable one first, then the new one, then what is
    /// left of older ones. Whether it moved anything.
    fn scale(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, cluster: &mut Cluster) -> bool {
        let spec = pass.spec;
        let delay = spec.abort_scale_down_delay;
        let delayed = pass.aborted() && !pass.old.promoted && spec.routed && !delay.is_zero();
        if !delayed {
            self.canary_deadline = None;
        }
        if !pass.old.promoted {
            self.stable_deadline = None;
            let desired = pass.progress().desired(spec).stable;
            if desired != pass.stable.spec {
                return order(pass, cluster, Arm::Stable, desired);
            }
        }
        if delayed {
            match self.canary_deadline {
                Some(deadline) if deadline > pass.now => return false,
                Some(_) => {}
                None => {
                    let whole = pass.stable.available >= spec.replicas;
                    self.canary_deadline = whole.then_some(pass.stored + delay);
                    return whole;
                }
            }
        }
        let desired = match delayed {
            true => 0,
            false => pass.progress().desired(spec).canary,
        };
        if desired != pass.canary.spec {
            return order(pass, cluster, Arm::Canary, desired);
        }
        pass.old.promoted && self.scale_down_old(pass, cluster)
    }

    /// Scales down what was the stable version until the promotion (`scaleDownOldReplicaSetsForCanary`).
    fn scale_down_old(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, cluster: &mut Cluster) -> bool {
        let spec = pass.spec;
        if pass.stable.spec == 0 {
            return false;
        }
        let mut moved = false;
        if pass.stable.spec > pass.stable.available {
            let healthy = pass.stable.available;
            moved = order(pass, cluster, Arm::Stable, healthy);
        }
        let available = pass.canary.available + pass.stable.available;
        let spare = available.saturating_sub(spec.replicas.saturating_sub(spec.max_unavailable));
        if spare == 0 {
            return moved;
        }
        let desired = if !spec.routed {
            pass.stable.spec.saturating_sub(spare)
        } else if pass.old.names_old {
            return moved;
        } else {
            match self.stable_deadline {
                // As the controller has it: with a router and no delay the old version is never scaled down.
                None if spec.scale_down_delay.is_zero() => return moved,
                None => {
                    self.stable_deadline = Some(pass.stored + spec.scale_down_delay);
                    return true;
                }
                Some(deadline) if deadline > pass.now => pass.stable.spec,
                Some(_) => 0,
            }
        };
        if desired != pass.stable.spec {
            moved |= order(pass, cluster, Arm::Stable, desired);
        }
        moved
    }

    /// Decides where the rollout stands now (`syncRolloutStatusCanary`).
    fn conclude(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, new: &mut Status) {
        let (spec, old) = (pass.spec, pass.old);
        new.replicas = pass.canary.created + pass.stable.created;
        new.ready = pass.canary.ready + pass.stable.ready;
        new.available = pass.canary.available + pass.stable.available;
        new.updated = pass.canary.created;
        let mut pause_over = false;
        if should_promote(pass) {
            if !old.promoted {
                pass.tell(What::Promoted);
                self.promoted = Some(pass.now);
            }
            (new.promoted, new.step) = (true, spec.steps.len());
            (new.pause_step, new.inconclusive, new.controller_pause) = (None, None, false);
        } else if pass.aborted() {
            new.step = 0;
        } else {
            if self.step_is_complete(pass) {
                new.step += 1;
                self.step_run = None;
                pause_over = true;
                pass.tell(What::StepReached(new.step));
            }
            keep_pauses(pass, new, pause_over);
        }
        self.conditions(pass, new);
        if let Some(by) = pass.abort.filter(|_| !old.abort) {
            self.give_up(pass, by);
        }
        if pass.aborted() {
            new.abort = true;
            (new.pause_step, new.inconclusive, new.controller_pause) = (None, None, false);
        }
    }

    fn give_up(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, by: AbortedBy) {
        self.abort = Some(Abort { at: pass.now, by });
        pass.tell(What::Aborted(by));
    }

    fn step_is_complete(&self, pass: &Pass<'_, impl FnMut(Event)>) -> bool {
        let Some(step) = pass.spec.steps.get(pass.old.step) else {
            return false;
        };
        match &step.kind {
            StepKind::SetWeight(_) => pass.progress().settled(pass.spec),
            StepKind::Pause(duration) => match pass.old.pause_step {
                None => pass.old.controller_pause,
                Some(since) => pause_ends(since, *duration).is_some_and(|end| end <= pass.now),
            },
            StepKind::Analysis(_) => self
                .step_run
                .is_some_and(|number| pass.runs.phase(number) == Phase::Successful),
        }
    }

    /// The conditions (`calculateRolloutConditions`), and the abort that a missed progress deadline may be.
    fn conditions(&self, pass: &mut Pass<'_, impl FnMut(Event)>, new: &mut Status) {
        let (spec, old) = (pass.spec, pass.old);
        let healthy = new.is_healthy(spec);
        new.conditions.healthy = healthy && !old.paused();
        let became_unhealthy = old.conditions.healthy && !new.conditions.healthy;
        if pass.aborted() {
            if old.conditions.progressing != Progressing::Aborted {
                new.conditions.progressing = Progressing::Aborted;
                new.conditions.updated = pass.stored;
            }
        } else if healthy {
            if old.conditions.progressing != Progressing::Available {
                new.conditions.progressing = Progressing::Available;
                new.conditions.updated = pass.stored;
            }
        } else if new.has_progressed(&old) || became_unhealthy {
            new.conditions.progressing = Progressing::Updated;
            new.conditions.updated = pass.stored;
        } else if !old.is_indefinite_step(spec) && !self.waits_for_old(pass) && timed_out(spec, new, pass.now)
        {
            // An abort of a promoted rollout is taken back at once.
            if spec.progress_deadline_abort && !new.promoted {
                pass.abort = Some(AbortedBy::Deadline);
                new.conditions.progressing = Progressing::Aborted;
                new.conditions.updated = pass.stored;
            } else if new.conditions.progressing != Progressing::TimedOut {
                new.conditions.progressing = Progressing::TimedOut;
                new.conditions.updated = pass.stored;
            }
        }
    }

    /// Whether nothing but the scale-down delay of the old version is left.
    fn waits_for_old(&self, pass: &Pass<'_, impl FnMut(Event)>) -> bool {
        pass.old.promoted && self.stable_deadline.is_some()
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
        let left = |arm| !cluster.list(arm).is_empty();
        let canary = self.canary_deadline.filter(|_| left(Arm::Canary));
        let stable = self.stable_deadline.filter(|_| left(Arm::Stable));
        let at_ease = status.is_healthy(spec)
            || status.paused()
            || status.abort
            || status.is_indefinite_step(spec)
            || status.conditions.progressing == Progressing::TimedOut
            || (status.promoted && self.stable_deadline.is_some());
        let deadline = (!at_ease).then(|| {
            let deadline = times_out(status.conditions.updated, spec.progress_deadline);
            if now > deadline - DEADLINE_SLACK {
                deadline
            } else {
                deadline + DEADLINE_SLACK
            }
        });
        let timers = [pause, canary, stable, deadline];
        timers.into_iter().flatten().filter(|at| *at > now).min()
    }

    /// A person promotes, as the kubectl plugin does it: a pause ends, whatever its reason; a running step is skipped.
    /// After an abort it has no lasting effect.
    pub(super) fn promote(&mut self, spec: &Canary, runs: &Runs) {
        let status = &mut self.status;
        let inconclusive_step = self
            .step_run
            .is_some_and(|number| runs.phase(number) == Phase::Inconclusive);
        let skips = if status.paused() {
            status.controller_pause &= !inconclusive_step;
            inconclusive_step
        } else {
            true
        };
        (status.pause_step, status.inconclusive) = (None, None);
        if skips && status.step < spec.steps.len() {
            status.step += 1;
        }
    }

    /// A person aborts. Of a promoted rollout it is taken back at once, so that nothing happens.
    pub(super) fn abort(&mut self, now: Timestamp, trace: &mut impl FnMut(Event)) {
        if self.status.promoted || self.status.abort {
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

/// What the Progressing condition becomes when a pause begins or ends (`checkPausedConditions`).
fn observe_pause(status: Status, stored: Timestamp) -> Conditions {
    let mut conditions = status.conditions;
    let shown = conditions.progressing == Progressing::Paused;
    if status.paused() != shown && conditions.progressing != Progressing::Aborted {
        conditions.progressing = if shown {
            Progressing::Resumed
        } else {
            Progressing::Paused
        };
        conditions.updated = stored;
    }
    conditions
}

/// The run of a binding: created if there is none or a person went on after an inconclusive one
/// (`needsNewAnalysisRun`), otherwise read.
fn reconcile_run(pass: &mut Pass<'_, impl FnMut(Event)>, current: Option<usize>, binding: Binding) -> usize {
    let resumed = pass.old.controller_pause && pass.old.pause_step.is_none();
    let needed = |number: usize| resumed && pass.runs.phase(number) == Phase::Inconclusive;
    let number = match current {
        Some(number) if !needed(number) => number,
        _ => {
            let number = pass.runs.create(binding.of_canary(pass.spec), binding, pass.now);
            pass.tell(What::RunStarted(number as u32, binding));
            return number;
        }
    };
    let phase = pass.runs.phase(number);
    match phase {
        Phase::Inconclusive => {
            pass.add_inconclusive = true;
            if pass.old.inconclusive.is_none() {
                let decided = pass.runs.list()[number].decided(binding.of_canary(pass.spec));
                pass.tell(What::Inconclusive(decided.map(|(check, _)| check)));
            }
        }
        Phase::Failed | Phase::Error => {
            pass.abort = Some(AbortedBy::Analysis {
                run: number as u32,
                binding,
                phase,
                decided: pass.runs.list()[number].decided(binding.of_canary(pass.spec)),
            });
        }
        Phase::Pending | Phase::Running | Phase::Successful => {}
    }
    number
}

/// Orders pods. This pass has counted those that exist before it.
fn order(pass: &mut Pass<'_, impl FnMut(Event)>, cluster: &mut Cluster, arm: Arm, to: u32) -> bool {
    let pods = match arm {
        Arm::Canary => &mut pass.canary,
        Arm::Stable => &mut pass.stable,
    };
    let from = pods.spec;
    if from == to {
        return false;
    }
    pods.spec = to;
    cluster.scale(arm, to, pass.now);
    pass.tell(What::PodsScaled { arm, from, to });
    true
}

/// Begins a pause step (`reconcileCanaryPause`).
fn pause(pass: &mut Pass<'_, impl FnMut(Event)>) {
    let step = pass.spec.steps.get(pass.old.step).map(|step| &step.kind);
    if let Some(StepKind::Pause(duration)) = step {
        let begins = pass.old.pause_step.is_none() && !pass.old.controller_pause;
        if begins && !pass.aborted() {
            pass.add_pause_step = true;
            pass.tell(What::Paused(*duration));
        }
    }
}

/// Whether the canary becomes the stable version (`shouldFullPromote`). Pauses are not looked at.
fn should_promote(pass: &Pass<'_, impl FnMut(Event)>) -> bool {
    let Canary {
        replicas,
        progress_threshold,
        ..
    } = *pass.spec;
    let available = pass.canary.available;
    let enough =
        available >= replicas || super::replicas::threshold_met(progress_threshold, available, replicas);
    !pass.aborted() && enough && pass.old.step >= pass.spec.steps.len()
}

/// Which pauses stay (`CalculatePauseStatus`).
fn keep_pauses(pass: &Pass<'_, impl FnMut(Event)>, new: &mut Status, pause_over: bool) {
    if pause_over {
        new.pause_step = None;
    }
    let mut added = false;
    if pass.add_pause_step && pass.old.pause_step.is_none() {
        new.pause_step = Some(pass.stored);
        added = true;
    }
    if pass.add_inconclusive && pass.old.inconclusive.is_none() {
        new.inconclusive = Some(pass.stored);
        added = true;
    }
    new.controller_pause = new.paused() && (pass.old.controller_pause || added);
}

fn timed_out(spec: &Canary, new: &Status, now: Timestamp) -> bool {
    match new.conditions.progressing {
        Progressing::Aborted | Progressing::Paused => false,
        Progressing::TimedOut => true,
        _ => times_out(new.conditions.updated, spec.progress_deadline) <= now,
    }
}
