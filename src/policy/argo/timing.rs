//! How long a rollout takes when nothing goes wrong.

use super::spec::{Analysis, Canary, Metric, Step, StepKind};
use crate::units::Duration;

impl Canary {
    /// Time from start to promotion by timed steps and counted looks alone. A pause that waits for a person counts as
    /// nothing, and so does the time that pods take.
    pub fn planned_length(&self) -> Duration {
        self.planned_from(0)
    }

    /// The same from the step with this index on.
    pub fn planned_from(&self, step: usize) -> Duration {
        let steps = self.steps.iter().skip(step);
        steps.fold(Duration::ZERO, |sum, step| sum + step.planned_length())
    }
}

impl Step {
    /// Time that it takes when nothing goes wrong; a pause that waits for a person: none.
    pub fn planned_length(&self) -> Duration {
        match &self.kind {
            StepKind::SetWeight(_) | StepKind::Pause(None) | StepKind::Other => Duration::ZERO,
            StepKind::Pause(Some(length)) => *length,
            StepKind::Analysis(analysis) => analysis.planned_length(),
            StepKind::Experiment(experiment) => experiment.planned_length(),
        }
    }
}

impl Analysis {
    /// Time that a run takes when every look passes: that of its slowest metric.
    pub fn planned_length(&self) -> Duration {
        self.metrics
            .iter()
            .map(Metric::planned_length)
            .max()
            .unwrap_or(Duration::ZERO)
    }
}

impl Metric {
    /// Looks until the metric is complete; `None`: it goes on until it is stopped (`Metric.EffectiveCount`).
    pub fn effective_count(&self) -> Option<i64> {
        match (self.count, self.interval) {
            (0, None) => Some(1),
            (0, Some(_)) => None,
            (count, _) => Some(count),
        }
    }

    fn planned_length(&self) -> Duration {
        let looks = match (self.effective_count(), self.consecutive_success_limit) {
            (Some(count), 0) => count,
            (Some(count), limit) => count.min(limit),
            (None, limit) => limit,
        };
        let between = self.interval.unwrap_or(Duration::ZERO) * (looks - 1).max(0);
        self.initial_delay.unwrap_or(Duration::ZERO) + between
    }
}
