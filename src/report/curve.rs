use serde::Serialize;

use crate::score::{Days, Number};
use crate::simulator::Outcome;
use crate::stats::{self, Estimate};
use crate::units::Duration;

/// Share of trials rolled back after onset, by the time since onset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DetectionCurve {
    /// Index of the policy.
    pub policy: usize,
    /// Index of the world.
    pub world: usize,
    /// Steps by time; flat between them, and from the last one to the horizon.
    pub steps: Vec<CurveStep>,
}

/// The height of a curve from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurveStep {
    /// Time since onset \[milliseconds\].
    #[serde(rename = "after_ms")]
    pub after: Duration,
    /// Share of all trials of the cell rolled back by then, not before onset.
    pub share: Number,
}

impl DetectionCurve {
    /// A curve has at most so many steps.
    pub const STEPS: usize = 200;

    /// The curve of the trials of `policy` in `world`, which begin on `days`. Where their times are many, those that lie close together are
    /// counted at the last of them: a curve may be late by a two-hundredth of its trials, never early.
    pub fn of(policy: usize, world: usize, outcomes: &[Outcome], days: Days<'_>) -> Self {
        let trials = outcomes.len() as u64;
        let detected = outcomes.iter().enumerate();
        let mut times: Vec<(Duration, usize)> = detected
            .filter_map(|(trial, outcome)| Some((outcome.time_to_detect()?, trial)))
            .collect();
        times.sort();
        let stride = times.len().div_ceil(Self::STEPS).max(1);
        let mut shares: Vec<(usize, Estimate)> = Vec::new();
        let last = times.len().saturating_sub(1);
        for (index, &(after, _)) in times.iter().enumerate() {
            let ends_a_step = index == last || times[index + 1].0 > after;
            let due = shares.last().map_or(0, |&(detected, _)| detected) + stride <= index + 1;
            if ends_a_step && (due || index == last) {
                shares.extend(stats::rate(index as u64 + 1, trials).map(|share| (index + 1, share)));
            }
        }
        let order: Vec<usize> = times.iter().map(|&(_, trial)| trial).collect();
        let numbers = days.rising(&order, outcomes.len(), &shares);
        let steps = shares
            .iter()
            .zip(numbers)
            .map(|(&(detected, _), share)| CurveStep {
                after: times[detected - 1].0,
                share,
            });
        Self {
            policy,
            world,
            steps: steps.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{Ending, Few, Truth};
    use crate::units::Timestamp;

    fn outcome(ending: Ending, detected: i64) -> Outcome {
        Outcome {
            ending,
            truth: Truth {
                harmful: true,
                onset: Some(Timestamp::from_secs(100)),
                healed: None,
            },
            rolled_back_at: Some(Timestamp::from_secs(100 + detected)),
            restore: None,
            promoted_at: None,
            blast_radius: 0.0,
            waits: 0,
            waited: Duration::ZERO,
            decided_by: None,
            checks: Few::default(),
            rolled_back_without: Few::default(),
        }
    }

    #[test]
    fn counts_every_trial_and_only_what_was_caught_after_onset() {
        let outcomes = [
            outcome(Ending::RolledBackByCheck, 60),
            outcome(Ending::RolledBackByErrors, 30),
            outcome(Ending::RolledBackByCheck, 60),
            outcome(Ending::RolledBackBeforeOnset, -10),
            outcome(Ending::Promoted, 0),
        ];
        let curve = DetectionCurve::of(0, 1, &outcomes, Days::MADE_UP);
        let steps: Vec<(i64, f64, u64)> = curve
            .steps
            .iter()
            .map(|step| (step.after.as_millis() / 1000, step.share.point(), step.share.n()))
            .collect();
        assert_eq!(steps, [(30, 0.2, 5), (60, 0.6, 5)]);
        assert!(DetectionCurve::of(0, 1, &[], Days::MADE_UP).steps.is_empty());
    }

    #[test]
    fn many_times_become_few_steps_that_are_never_early() {
        let outcomes: Vec<Outcome> = (0..5000).map(|n| outcome(Ending::RolledBackByCheck, n)).collect();
        let curve = DetectionCurve::of(0, 0, &outcomes, Days::MADE_UP);
        assert!(curve.steps.len() <= DetectionCurve::STEPS);
        for step in &curve.steps {
            let true_share = (step.after.as_secs_f64() + 1.0) / 5000.0;
            assert!((step.share.point() - true_share).abs() < 1e-9);
        }
        assert_eq!(curve.steps.last().map(|step| step.share.point()), Some(1.0));
    }
}
