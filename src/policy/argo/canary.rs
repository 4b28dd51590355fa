//! `strategy.canary` of a Rollout as the controller plays it.

use super::experiment::{Experiment, SpecRef};
use super::route::{Leads, Managed, Route};
use super::spec::Analysis;
use crate::diagnostic::Span;
use crate::units::Duration;

/// `spec` of a Rollout with strategy `canary`, defaults filled in (argo-rollouts `utils/defaults`).
#[derive(Clone, Debug)]
pub struct Canary {
    /// Pods wanted.
    pub replicas: u32,
    /// Pods allowed above `replicas`, resolved to a number.
    pub max_surge: u32,
    /// Pods that may be missing, resolved to a number.
    pub max_unavailable: u32,
    /// `maxTrafficWeight`, 100 unless set.
    pub max_weight: u32,
    /// Whether a traffic router sets exact weights; without one, weights are rounded to pods.
    pub routed: bool,
    /// Whether the controller asks the router if it has its weights (`VerifyWeight`): ALB and plugins.
    pub verifies: bool,
    /// Routes that it may set beside its weight.
    pub managed: Managed,
    /// `dynamicStableScale`: the stable version keeps no more pods than its weight needs.
    pub dynamic_stable_scale: bool,
    /// `minPodsPerReplicaSet`: no version with a router has fewer pods, unless it has none; 0 unless set.
    pub min_pods: u32,
    /// The steps.
    pub steps: Vec<Step>,
    /// Analysis that runs beside the steps.
    pub background: Option<Background>,
    /// Wait before an aborted canary with a router is scaled down, 30 s unless set (`abortScaleDownDelaySeconds`).
    /// With zero it is scaled down as soon as the router has been told.
    pub abort_scale_down_delay: Duration,
    /// Whether that wait is stated, which matters with `dynamicStableScale` alone.
    pub abort_delay_stated: bool,
    /// Wait before the old version is scaled down after a promotion (`scaleDownDelaySeconds`): 30 s with a router unless
    /// set, zero without. Zero with a router: it never is, as the controller has it.
    pub scale_down_delay: Duration,
    /// `replicaProgressThreshold`; `None` unless set, and where its value is negative.
    pub progress_threshold: Option<ProgressThreshold>,
    /// Time a ready pod must stay ready to count as available.
    pub min_ready: Duration,
    /// `progressDeadlineSeconds`.
    pub progress_deadline: Duration,
    /// `progressDeadlineAbort`.
    pub progress_deadline_abort: bool,
    /// `rollbackWindow.revisions`, 0 unless set.
    pub rollback_window: u32,
    /// How many experiments that have ended are kept, with what is left of their pods.
    pub kept: Kept,
}

/// Old experiments that the controller keeps: the youngest of each kind. It deletes the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// `analysis.successfulRunHistoryLimit`, 5 unless set.
    pub successful: u32,
    /// `analysis.unsuccessfulRunHistoryLimit`, 5 unless set.
    pub unsuccessful: u32,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            successful: 5,
            unsuccessful: 5,
        }
    }
}

impl Canary {
    /// Whether some step sets a route.
    pub fn sets_routes(&self) -> bool {
        self.steps.iter().any(|step| !step.routes.is_empty())
    }

    /// What becomes of the routes of the step with this index, in few words; none where it has none.
    pub fn routes_of(&self, index: usize) -> Option<String> {
        let routes = self.steps.get(index)?.routes.iter();
        let words = routes.map(|route| {
            let name = self.managed.names.get(route.place).map_or("", String::as_str);
            let what = if route.leads == Leads::Removed {
                "dropped"
            } else {
                "set"
            };
            format!("route {name} {what}")
        });
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// Pods that `setCanaryScale` asks for, if it does.
    pub fn scaled_pods(&self, scale: CanaryScale) -> u32 {
        match scale {
            CanaryScale::Pods(pods) => pods,
            CanaryScale::Weight(weight) => {
                let pods = u64::from(self.replicas) * u64::from(weight);
                u32::try_from(pods.div_ceil(u64::from(self.max_weight.max(1)))).unwrap_or(u32::MAX)
            }
            CanaryScale::MatchTraffic => 0,
        }
    }

    /// Pods of one version that there can be at most.
    pub fn most_pods(&self) -> u32 {
        let scales = self.steps.iter().filter_map(|step| step.scale);
        let most = scales.map(|scale| self.scaled_pods(scale)).max();
        most.unwrap_or(0).max(self.replicas + self.max_surge)
    }

    /// The ReplicaSets of the experiments of a Rollout of this name, and which version each is made of.
    pub fn replica_sets(&self, rollout: &str) -> impl Iterator<Item = (SpecRef, String)> {
        let steps = self.steps.iter().enumerate();
        let templates = steps.flat_map(|(number, step)| {
            let templates = match &step.kind {
                StepKind::Experiment(experiment) => &experiment.templates[..],
                _ => &[],
            };
            templates.iter().map(move |template| (number, template))
        });
        templates.map(move |(number, template)| {
            let name = Experiment::replica_set(rollout, number, &template.name);
            (template.of, name)
        })
    }

    /// The experiments among its steps.
    pub fn experiments(&self) -> impl Iterator<Item = &Experiment> {
        self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Experiment(experiment) => Some(experiment),
            _ => None,
        })
    }
}

/// How many available pods are enough for a step to go on (`replicaProgressThreshold`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressThreshold {
    /// At least this percentage of the pods wanted.
    Percent(u32),
    /// At least this many.
    Pods(u32),
}

/// One step and where it stands.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: StepKind,
    /// `setCanaryScale`, which may stand beside another kind.
    pub scale: Option<CanaryScale>,
    /// `setHeaderRoute` and `setMirrorRoute`, which may stand beside another kind.
    pub routes: Vec<Route>,
}

impl Step {
    /// A step that does nothing beside.
    pub const fn new(span: Span, kind: StepKind) -> Self {
        Self {
            span,
            kind,
            scale: None,
            routes: Vec::new(),
        }
    }
}

/// How many pods a canary with a router has, whatever its weight (`setCanaryScale`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryScale {
    /// So many.
    Pods(u32),
    /// As many as this weight needs, which may be more than all.
    Weight(u32),
    /// As many as its weight needs, again.
    MatchTraffic,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// `setWeight`
    SetWeight(u32),
    /// `pause`; without a duration until somebody promotes.
    Pause(Option<Duration>),
    /// `analysis`; the step ends when its run is Successful.
    Analysis(Analysis),
    /// `experiment`; the step ends when it has passed.
    Experiment(Experiment),
    /// None of these, but `setCanaryScale` or a route.
    Other,
}

impl StepKind {
    /// Its analyses.
    pub fn analyses(&self) -> impl Iterator<Item = &Analysis> {
        let (one, several) = match self {
            Self::Analysis(analysis) => (Some(analysis), &[][..]),
            Self::Experiment(experiment) => (None, experiment.analyses.as_slice()),
            _ => (None, &[][..]),
        };
        one.into_iter().chain(several.iter().map(|of| &of.analysis))
    }

    /// The same, to be changed.
    pub fn analyses_mut(&mut self) -> impl Iterator<Item = &mut Analysis> {
        let (one, several) = match self {
            Self::Analysis(analysis) => (Some(analysis), &mut [][..]),
            Self::Experiment(experiment) => (None, experiment.analyses.as_mut_slice()),
            _ => (None, &mut [][..]),
        };
        one.into_iter()
            .chain(several.iter_mut().map(|of| &mut of.analysis))
    }
}

/// `strategy.canary.analysis`.
#[derive(Clone, Debug)]
pub struct Background {
    /// The run is created once the step index has reached this; 0 at once.
    pub starting_step: usize,
    /// What runs.
    pub analysis: Analysis,
}
