use crate::analysis::{Phase, Reason, Run};
use crate::policy::argo::spec::{Analysis, BlueGreen, Canary, CheckId, StepKind, Strategy};
use crate::units::Timestamp;

/// What an AnalysisRun belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Binding {
    /// `strategy.canary.analysis`
    Background,
    /// The analysis step with this index.
    Step(usize),
    /// Of the experiment step with this index, the analysis of this number.
    Experiment(usize, usize),
    /// `strategy.blueGreen.prePromotionAnalysis`
    PrePromotion,
    /// `strategy.blueGreen.postPromotionAnalysis`
    PostPromotion,
}

const NOTHING: &Analysis = &Analysis { metrics: Vec::new() };

impl Binding {
    /// What it is made of. A binding that `strategy` does not have has no metrics.
    pub fn analysis(self, strategy: &Strategy) -> &Analysis {
        match strategy {
            Strategy::Canary(spec) => self.of_canary(spec),
            Strategy::BlueGreen(spec) => self.of_blue_green(spec),
        }
    }

    pub(super) fn of_canary(self, spec: &Canary) -> &Analysis {
        match self {
            Self::Background => spec.background.as_ref().map_or(NOTHING, |found| &found.analysis),
            Self::Step(index) => match spec.steps.get(index).map(|step| &step.kind) {
                Some(StepKind::Analysis(analysis)) => analysis,
                _ => NOTHING,
            },
            Self::Experiment(index, number) => match spec.steps.get(index).map(|step| &step.kind) {
                Some(StepKind::Experiment(experiment)) => {
                    let found = experiment.analyses.get(number);
                    found.map_or(NOTHING, |found| &found.analysis)
                }
                _ => NOTHING,
            },
            Self::PrePromotion | Self::PostPromotion => NOTHING,
        }
    }

    pub(super) fn of_blue_green(self, spec: &BlueGreen) -> &Analysis {
        let found = match self {
            Self::PrePromotion => &spec.pre_promotion,
            Self::PostPromotion => &spec.post_promotion,
            Self::Background | Self::Step(_) | Self::Experiment(..) => &None,
        };
        found.as_ref().unwrap_or(NOTHING)
    }
}

/// An AnalysisRun of a rollout.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What it belongs to.
    pub binding: Binding,
    /// When it was created.
    pub created: Timestamp,
    /// When its rollout told it to stop.
    pub stopped: Option<Timestamp>,
    /// The run.
    pub run: Run,
}

impl Bound {
    /// The check of its `analysis` that decided how it ended, if one limit did.
    pub fn decided(&self, analysis: &Analysis) -> Option<(CheckId, crate::analysis::Limit)> {
        match self.run.reason() {
            Reason::Metric(metric, _, limit) => Some((analysis.metrics.get(metric)?.check, limit)),
            _ => None,
        }
    }
}

/// The AnalysisRuns of one rollout, in the order of their creation. Used again, it keeps its memory.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    list: Vec<Bound>,
    used: usize,
}

impl Runs {
    /// Forgets all runs.
    pub fn clear(&mut self) {
        self.used = 0;
    }

    /// The runs.
    pub fn list(&self) -> &[Bound] {
        &self.list[..self.used]
    }

    pub(super) fn list_mut(&mut self) -> &mut [Bound] {
        &mut self.list[..self.used]
    }

    /// Creates a run of `analysis`; its number.
    pub(super) fn create(&mut self, analysis: &Analysis, binding: Binding, now: Timestamp) -> usize {
        let number = self.used;
        if number == self.list.len() {
            self.list.push(Bound {
                binding,
                created: now,
                stopped: None,
                run: Run::default(),
            });
        }
        self.used += 1;
        let bound = &mut self.list[number];
        (bound.binding, bound.created, bound.stopped) = (binding, now, None);
        bound.run.start(analysis, number as u32, now);
        number
    }

    /// Tells those of the runs to stop that `which` names by number.
    pub(super) fn stop(&mut self, now: Timestamp, which: impl Fn(usize) -> bool) {
        for (number, bound) in self.list_mut().iter_mut().enumerate() {
            if which(number) && !bound.run.told_to_stop() && !bound.run.phase().completed() {
                bound.run.terminate(now);
                bound.stopped = Some(now);
            }
        }
    }

    /// The same among those that are not an experiment's.
    pub(super) fn stop_own(&mut self, now: Timestamp, which: impl Fn(usize) -> bool) {
        let beside = |bound: &Bound| matches!(bound.binding, Binding::Experiment(..));
        for number in 0..self.used {
            if !beside(&self.list[number]) && which(number) {
                self.stop(now, |other| other == number);
            }
        }
    }

    pub(super) fn phase(&self, number: usize) -> Phase {
        self.list[number].run.phase()
    }
}
