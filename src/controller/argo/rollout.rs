//! The rollout controller's reconcile loop for a canary (`rollout/canary.go`), pass by pass.

use super::event::{Abort, AbortedBy, Event, What};
use super::experiment::Experiments;
use super::pass::Pass;
use super::router::Router;
use super::runs::{Binding, Runs};
use super::sets::Sets;
use super::status::{Status, Weights};
use super::weights::Progress;
use super::{before_starting_step, pause_ends};
use crate::analysis::Phase;
use crate::controller::cluster::{Cluster, Version};
use crate::policy::argo::spec::{Canary, StepKind};
use crate::units::{Duration, Timestamp};

/// One Rollout that replaces its stable version by a canary.
#[derive(Clone, Debug)]
pub struct Rollout {
    pub(super) status: Status,
    /// The version of the template in the spec.
    pub(super) template: Version,
    pub(super) sets: Sets,
    pub(super) router: Router,
    /// How long a router takes to have what it was told; `None`: it cannot be asked.
    pub(super) verify_after: Option<Duration>,
    pub(super) experiments: Experiments,
    background_run: Option<usize>,
    pub(super) step_run: Option<usize>,
    pub(super) abort: Option<Abort>,
    pub(super) promoted: Option<Timestamp>,
}

/// What a pass came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Nothing changed.
    Resting,
    /// Something changed; the next pass follows at once.
    Moving,
    /// It ended in an error and is tried again after a while.
    Failed,
}

/// The router has not verified the weight with which the canary would be promoted.
struct Unverified;

impl Rollout {
    /// A rollout whose stable version is healthy and whose template changes at `now`.
    pub fn new(spec: &Canary, now: Timestamp) -> Self {
        let mut rollout = Self {
            status: Status::at_rest(spec, now),
            template: Version::NEW,
            sets: Sets::default(),
            router: Router::at_rest(),
            verify_after: None,
            experiments: Experiments::default(),
            background_run: None,
            step_run: None,
            abort: None,
            promoted: None,
        };
        rollout.sets.begin(spec.replicas, 0);
        rollout
    }

    /// The same again, in the same memory; or a return to the version so many revisions `back`.
    pub(super) fn begin(&mut self, spec: &Canary, back: u32, now: Timestamp) {
        let mut sets = std::mem::take(&mut self.sets);
        sets.begin(spec.replicas, back);
        let mut experiments = std::mem::take(&mut self.experiments);
        experiments.clear();
        *self = Self {
            status: Status::at_rest(spec, now),
            template: Version::NEW,
            sets,
            router: Router::at_rest(),
            verify_after: self.verify_after,
            experiments,
            background_run: None,
            step_run: None,
            abort: None,
            promoted: None,
        };
    }

    /// The revision of the version in the spec.
    pub(super) fn revision(&self) -> u32 {
        self.sets.get(self.status.current).map_or(0, |set| set.revision)
    }

    /// The step that the next pass starts from; `None` once no analysis is created any more.
    pub(super) fn step_ahead(&self) -> Option<usize> {
        if self.template != self.status.current {
            Some(0)
        } else if self.status.promoted() || self.status.abort {
            None
        } else {
            Some(self.status.step)
        }
    }

    /// One pass.
    pub(super) fn pass(
        &mut self,
        spec: &Canary,
        now: Timestamp,
        stored: Timestamp,
        cluster: &mut Cluster,
        runs: &mut Runs,
        trace: &mut impl FnMut(Event),
    ) -> Came {
        let old = self.status;
        self.sets.see(cluster, now);
        let mut pass = Pass {
            spec,
            now,
            stored,
            cluster,
            runs,
            trace,
            old,
            add_pause_step: false,
            add_inconclusive: false,
            add_inconclusive_experiment: false,
            experiment_passed: false,
            clear_pauses: false,
            abort: None,
            // An abort of a promoted rollout is taken back at once.
            remove_abort: old.promoted(),
            verified: None,
            touched: false,
        };
        let mut new = old;
        let came = if self.sets.are_stale(spec.replicas) {
            self.rescale(&mut pass, &mut new);
            Ok(())
        } else if self.template != old.current {
            self.reset(&mut pass, &mut new);
            Ok(())
        } else {
            self.go_on(&mut pass, &mut new)
        };
        if came.is_err() {
            self.status.conditions = old.patched(stored);
            return Came::Failed;
        }
        // Conditions that this pass did not touch stay as the pause has patched them.
        if new.conditions == old.conditions {
            new.conditions = old.patched(stored);
        }
        self.status = new;
        let touched = pass.touched | self.experiments.pass(spec, [now, stored], cluster, runs, trace);
        if touched || new != old {
            Came::Moving
        } else {
            Came::Resting
        }
    }

    /// The ordinary pass (`rolloutCanary`).
    fn go_on(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, new: &mut Status) -> Result<(), Unverified> {
        self.sets.renew(pass.old.current, pass.spec.replicas, pass.now);
        self.route(pass, new);
        self.reconcile_experiments(pass);
        self.reconcile_runs(pass);
        let unsure = pass.add_inconclusive || pass.add_inconclusive_experiment;
        if !unsure && !self.scale(pass, new.weights) {
            pause(pass);
        }
        self.conclude(pass, new)
    }

    /// A pass that follows a change of `spec.replicas`: it scales and does nothing else (`syncReplicasOnly`).
    fn rescale(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, new: &mut Status) {
        self.scale(pass, pass.old.weights);
        new.available = self.sets.sum(|_| false).available;
        keep_pauses(pass, new, false);
        new.controller_pause = pass.old.controller_pause;
        new.aborted_at = pass.old.abort;
    }

    /// The pass that finds a new template (`resetRolloutStatus`): everything begins again, and what goes back to the
    /// stable version, or by few revisions, skips all steps.
    fn reset(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, new: &mut Status) {
        let (spec, template) = (pass.spec, self.template);
        new.current = template;
        new.forget_pauses();
        (new.abort, new.aborted_at, new.promote_full) = (false, false, false);
        let pods = self.sets.pods(template);
        let back = template == new.stable || (pods.spec > 0 && self.is_rollback(spec, new));
        new.step = if back { spec.steps.len() } else { 0 };
        pass.remove_abort = true;
        self.count_pods(new);
        self.conditions(pass, new);
        (self.background_run, self.step_run) = (None, None);
        self.experiments.forget();
        self.abort = None;
        pass.tell(What::StepReached(new.step));
        if let Some(by) = pass.abort {
            (new.abort, new.aborted_at) = (true, true);
            self.give_up(pass, by);
        }
    }

    fn is_rollback(&self, spec: &Canary, status: &Status) -> bool {
        spec.rollback_window > 0
            && self
                .sets
                .is_rollback(status.current, status.stable, spec.rollback_window)
    }

    /// How far it is, to the arithmetic of pods and weights.
    pub(super) fn progress(&self, spec: &Canary, status: &Status, weights: Option<Weights>) -> Progress {
        let (current, stable) = (status.current, status.stable);
        let promoted = status.promoted();
        let canary = self.sets.pods(current);
        // Back at the stable version while the record still names another, and too few pods for all traffic.
        let returning = promoted
            && spec.dynamic_stable_scale
            && canary.available < spec.replicas
            && weights.is_some_and(|weights| weights.canary_is != current);
        Progress {
            step: status.step,
            aborted: status.abort && !promoted,
            promoted,
            promote_full: status.promote_full,
            returning,
            told: weights.map(|weights| weights.canary),
            canary,
            stable: self.sets.pods(stable),
            others: self.sets.sum(|version| version == current || version == stable),
        }
    }

    /// Creates, reads and stops analyses (`reconcileAnalysisRuns`).
    fn reconcile_runs(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        let old = pass.old;
        let fast = old.promote_full || self.is_rollback(pass.spec, &old);
        if pass.aborted() || old.promoted() || fast {
            pass.runs.stop_own(pass.now, |_| true);
            return;
        }
        let before = [self.step_run, self.background_run];
        self.step_run = self.reconcile_step_run(pass);
        self.background_run = self.reconcile_background_run(pass);
        let current = [self.step_run, self.background_run];
        pass.runs.stop_own(pass.now, |number| {
            !before.contains(&Some(number)) && !current.contains(&Some(number))
        });
    }

    fn reconcile_step_run(&self, pass: &mut Pass<'_, impl FnMut(Event)>) -> Option<usize> {
        if pass.old.has_pause() || pass.old.abort {
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

    /// Pods of all versions, into the status.
    fn count_pods(&self, new: &mut Status) {
        let all = self.sets.sum(|_| false);
        new.replicas = all.created;
        new.ready = all.ready;
        new.available = all.available;
        new.updated = self.sets.pods(new.current).created;
    }

    /// Decides where the rollout stands now (`syncRolloutStatusCanary`).
    fn conclude(
        &mut self,
        pass: &mut Pass<'_, impl FnMut(Event)>,
        new: &mut Status,
    ) -> Result<(), Unverified> {
        let (spec, old) = (pass.spec, pass.old);
        let steps = spec.steps.len();
        self.count_pods(new);
        let fast = old.promote_full || self.is_rollback(spec, &old);
        if fast {
            (pass.clear_pauses, pass.remove_abort) = (true, true);
            new.step = steps;
        }
        let mut pause_over = false;
        if self.should_promote(pass, fast) {
            if !old.promoted() {
                if pass.verified == Some(false) {
                    return Err(Unverified);
                }
                if old.current == Version::NEW {
                    self.promoted = Some(pass.now);
                    pass.tell(What::Promoted);
                }
            }
            (new.stable, new.step, new.promote_full) = (old.current, steps, false);
            (pass.clear_pauses, pass.remove_abort) = (true, true);
        } else if pass.aborted() {
            new.step = 0;
        } else if self.step_is_complete(pass) {
            new.step = (new.step + 1).min(steps);
            self.step_run = None;
            pause_over = true;
            pass.tell(What::StepReached(new.step));
        }
        self.conditions(pass, new);
        if let Some(by) = pass.abort.filter(|_| !old.abort) {
            self.give_up(pass, by);
        }
        if pass.abort.is_some() || pass.aborted() {
            (new.abort, new.aborted_at) = (true, true);
            new.forget_pauses();
        } else {
            (new.abort, new.aborted_at) = (false, false);
            self.abort = None;
            keep_pauses(pass, new, pause_over);
        }
        Ok(())
    }

    fn give_up(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, by: AbortedBy) {
        self.abort = Some(Abort { at: pass.now, by });
        pass.tell(What::Aborted(by));
    }

    /// Whether the canary becomes the stable version (`shouldFullPromote`). Pauses are not looked at.
    fn should_promote(&self, pass: &Pass<'_, impl FnMut(Event)>, fast: bool) -> bool {
        let Canary {
            replicas,
            progress_threshold,
            ..
        } = *pass.spec;
        let available = self.sets.pods(pass.old.current).available;
        let enough =
            available >= replicas || super::replicas::threshold_met(progress_threshold, available, replicas);
        !pass.aborted() && enough && (fast || pass.old.step >= pass.spec.steps.len())
    }

    fn step_is_complete(&self, pass: &Pass<'_, impl FnMut(Event)>) -> bool {
        let Some(step) = pass.spec.steps.get(pass.old.step).filter(|_| !pass.old.held) else {
            return false;
        };
        let settled = || {
            self.progress(pass.spec, &pass.old, pass.old.weights)
                .settled(pass.spec)
        };
        match &step.kind {
            StepKind::Pause(duration) => match pass.old.pause_step {
                None => pass.old.controller_pause,
                Some(since) => pause_ends(since, *duration).is_some_and(|end| end <= pass.now),
            },
            _ if step.scale.is_some() => settled(),
            StepKind::Experiment(_) => pass.experiment_passed,
            StepKind::SetWeight(_) => settled() && pass.verified != Some(false),
            StepKind::Analysis(_) => self
                .step_run
                .is_some_and(|number| pass.runs.phase(number) == Phase::Successful),
            StepKind::Other => true,
        }
    }
}

/// The run of a binding: created if there is none, or a person went on after an inconclusive one or retries after an
/// abort (`needsNewAnalysisRun`), otherwise read.
fn reconcile_run(pass: &mut Pass<'_, impl FnMut(Event)>, current: Option<usize>, binding: Binding) -> usize {
    let resumed = pass.old.controller_pause && pass.old.pause_step.is_none();
    let needed = |number: usize| match resumed {
        true => pass.runs.phase(number) == Phase::Inconclusive,
        false => pass.old.aborted_at,
    };
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

/// Begins a pause step (`reconcileCanaryPause`).
fn pause(pass: &mut Pass<'_, impl FnMut(Event)>) {
    if pass.old.held || pass.old.promote_full {
        return;
    }
    let step = pass.spec.steps.get(pass.old.step).map(|step| &step.kind);
    if let Some(StepKind::Pause(duration)) = step {
        let begins = pass.old.pause_step.is_none() && !pass.old.controller_pause;
        if begins && !pass.aborted() {
            pass.add_pause_step = true;
            pass.tell(What::Paused(*duration));
        }
    }
}

/// Which pauses stay (`CalculatePauseStatus`).
fn keep_pauses(pass: &Pass<'_, impl FnMut(Event)>, new: &mut Status, pause_over: bool) {
    if pass.clear_pauses {
        new.forget_pauses();
        return;
    }
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
    if pass.add_inconclusive_experiment && pass.old.inconclusive_experiment.is_none() {
        new.inconclusive_experiment = Some(pass.stored);
        added = true;
    }
    new.controller_pause = new.has_pause() && (pass.old.controller_pause || added);
}
