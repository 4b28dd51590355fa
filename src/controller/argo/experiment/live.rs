use super::analyses::Run;
use super::templates::{State, Template};
use crate::analysis::Phase;
use crate::controller::argo::event::Event;
use crate::controller::argo::runs::Runs;
use crate::controller::cluster::{Cluster, Version};
use crate::policy::argo::spec::{Experiment, SpecRef};
use crate::units::{Duration, Timestamp};

/// One experiment of a rollout.
#[derive(Clone, Debug, Default)]
pub(in crate::controller::argo) struct Live {
    /// Index of its step.
    pub(super) step: usize,
    /// `None` before its first pass.
    pub(super) phase: Option<Phase>,
    /// When the pods of all its templates were available.
    pub(super) available_at: Option<Timestamp>,
    /// Its rollout has told it to stop.
    pub(super) told_to_stop: bool,
    pub(super) templates: Vec<Template>,
    pub(super) runs: Vec<Run>,
}

/// What one pass over an experiment works with.
pub(super) struct Pass<'a, T> {
    pub(super) spec: &'a Experiment,
    pub(super) now: Timestamp,
    pub(super) stored: Timestamp,
    /// `progressDeadlineSeconds`, the rollout's.
    pub(super) deadline: Duration,
    pub(super) cluster: &'a mut Cluster,
    pub(super) runs: &'a mut Runs,
    pub(super) trace: &'a mut T,
    /// Whether it stops: pods go, and no run begins (`IsTerminating`).
    pub(super) stopping: bool,
    pub(super) changed: bool,
}

impl Live {
    /// Begins, with pods made of the canary and of the stable version that count as those of these.
    pub(super) fn begin(
        &mut self,
        spec: &Experiment,
        step: usize,
        [canary, stable]: [Version; 2],
        versions: impl Iterator<Item = Version>,
    ) {
        (self.step, self.phase, self.available_at, self.told_to_stop) = (step, None, None, false);
        self.templates.clear();
        self.templates.extend(
            spec.templates.iter().zip(versions).map(|(of, pods)| {
                Template::new(pods, if of.of == SpecRef::Canary { canary } else { stable })
            }),
        );
        self.runs.clear();
        self.runs.resize(spec.analyses.len(), Run::default());
    }

    pub(super) fn has_finished(&self) -> bool {
        self.phase.is_some_and(Phase::completed)
    }

    /// Whether it has finished and its pods have gone: the numbers of its versions may be taken by another.
    pub(super) fn is_over(&self) -> bool {
        self.has_finished() && self.templates.iter().all(Template::has_gone)
    }

    /// Whether it is in force: its templates take their weights.
    pub(super) fn is_running(&self) -> bool {
        self.phase == Some(Phase::Running)
    }

    /// Whether every run that the experiment has to wait for is Successful, and there is one
    /// (`RequiredAnalysisRunsSuccessful`).
    fn required_have_passed(&self, spec: &Experiment) -> bool {
        let mut required = spec
            .analyses
            .iter()
            .zip(&self.runs)
            .filter(|(of, _)| of.required)
            .peekable();
        required.peek().is_some() && required.all(|(_, run)| run.phase == Some(Phase::Successful))
    }

    fn is_stopping(&self, spec: &Experiment) -> bool {
        self.told_to_stop
            || self.has_finished()
            || self
                .templates
                .iter()
                .any(|template| template.state == Some(State::Failed))
            || self
                .runs
                .iter()
                .any(|run| run.phase.is_some_and(Phase::is_unsuccessful))
            || self.required_have_passed(spec)
    }

    /// One pass; whether it changed anything.
    pub(super) fn pass(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) -> bool {
        pass.stopping = self.is_stopping(pass.spec);
        self.reconcile_templates(pass);
        self.reconcile_runs(pass);
        self.conclude(pass);
        pass.changed
    }

    /// Where it stands now (`calculateStatus`).
    fn conclude(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        let before = (self.phase, self.available_at);
        match self.phase {
            None => self.phase = Some(Phase::Pending),
            Some(phase) if phase.completed() => {}
            Some(_) => {
                let templates = self.assess_templates();
                let analyses = self.assess_runs(pass.spec);
                if templates == Phase::Running && self.available_at.is_none() {
                    self.available_at = Some(pass.stored);
                }
                let required = pass.spec.analyses.iter().any(|of| of.required);
                let by_analyses = if templates.completed() {
                    templates == Phase::Successful && (analyses.completed() || required)
                } else {
                    analyses.is_unsuccessful() || self.required_have_passed(pass.spec)
                };
                self.phase = Some(if by_analyses { analyses } else { templates });
            }
        }
        pass.changed |= before != (self.phase, self.available_at);
    }

    /// The worst of its templates (`assessTemplates`).
    fn assess_templates(&self) -> Phase {
        let states = self.templates.iter().filter_map(|template| template.state);
        match states.max().unwrap_or(State::Successful) {
            State::Successful => Phase::Successful,
            State::Running => Phase::Running,
            State::Progressing => Phase::Pending,
            State::Failed => Phase::Failed,
        }
    }

    /// The worst of its runs (`assessAnalysisRuns`): one that has not begun counts for nothing.
    fn assess_runs(&self, spec: &Experiment) -> Phase {
        let phases = self.runs.iter().filter_map(|run| run.phase);
        let worst = phases.fold(Phase::Successful, |worst, phase| {
            if phase.is_worse_than(worst) { phase } else { worst }
        });
        if self.required_have_passed(spec) && worst.is_worse_than(Phase::Running) {
            Phase::Successful
        } else if worst == Phase::Pending {
            Phase::Running
        } else {
            worst
        }
    }

    /// When it looks again, pods and runs apart (`calculateEnqueueDuration`).
    pub(super) fn timers(&self, spec: &Experiment, deadline: Duration) -> impl Iterator<Item = Timestamp> {
        let over = self.available_at.zip(spec.duration);
        let over = over.map(|(at, length)| at + length);
        let stopping = self.is_stopping(spec);
        let templates = self.templates.iter();
        let moments = templates.flat_map(move |template| template.timers(deadline));
        over.filter(move |_| !stopping).into_iter().chain(moments)
    }
}
