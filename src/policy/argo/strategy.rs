use super::spec::{Analysis, Canary, Metric, StepKind};
use crate::units::Duration;

/// How a Rollout replaces its stable version.
#[derive(Clone, Debug)]
pub enum Strategy {
    /// Step by step.
    Canary(Canary),
}

impl Strategy {
    /// The canary, if it is one.
    pub const fn canary(&self) -> Option<&Canary> {
        match self {
            Self::Canary(canary) => Some(canary),
        }
    }

    /// Pods wanted.
    pub const fn replicas(&self) -> u32 {
        match self {
            Self::Canary(canary) => canary.replicas,
        }
    }

    /// Pods of one version that there can be at most.
    pub const fn most_pods(&self) -> u32 {
        match self {
            Self::Canary(canary) => canary.replicas + canary.max_surge,
        }
    }

    /// Whether what share of the traffic a version gets is set exactly, and not by its pods.
    pub const fn is_routed(&self) -> bool {
        match self {
            Self::Canary(canary) => canary.routed,
        }
    }

    /// Time a ready pod must stay ready to count as available.
    pub const fn min_ready(&self) -> Duration {
        match self {
            Self::Canary(canary) => canary.min_ready,
        }
    }

    /// Time from start to promotion by timed steps and counted looks alone. A pause that waits for a person counts as
    /// nothing, and so does the time that pods take.
    pub fn planned_length(&self) -> Duration {
        match self {
            Self::Canary(canary) => canary.planned_length(),
        }
    }

    /// All analyses: of a canary the background analysis, then those of its steps.
    pub fn analyses(&self) -> impl Iterator<Item = &Analysis> {
        match self {
            Self::Canary(canary) => {
                let background = canary.background.iter().map(|background| &background.analysis);
                let steps = canary.steps.iter().filter_map(|step| match &step.kind {
                    StepKind::Analysis(analysis) => Some(analysis),
                    StepKind::SetWeight(_) | StepKind::Pause(_) => None,
                });
                background.chain(steps)
            }
        }
    }

    /// All metrics of all analyses, in the order of [`Self::analyses`].
    pub fn metrics(&self) -> impl Iterator<Item = &Metric> {
        self.analyses().flat_map(|analysis| &analysis.metrics)
    }

    /// The same, to be changed.
    pub fn metrics_mut(&mut self) -> impl Iterator<Item = &mut Metric> {
        let analyses = match self {
            Self::Canary(canary) => {
                let background = canary.background.iter_mut();
                let background = background.map(|background| &mut background.analysis);
                let steps = canary.steps.iter_mut().filter_map(|step| match &mut step.kind {
                    StepKind::Analysis(analysis) => Some(analysis),
                    StepKind::SetWeight(_) | StepKind::Pause(_) => None,
                });
                background.chain(steps)
            }
        };
        analyses.flat_map(|analysis| &mut analysis.metrics)
    }
}
