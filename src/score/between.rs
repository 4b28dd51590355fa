//! How far figures differ from one recorded day to another.
//!
//! Any number of trials can be played over one recording, and their interval shrinks with it. What does not shrink is
//! what the recording leaves open: another day might have been another. So a figure of a recorded world has two
//! intervals, and the first is never shown alone.

use serde::Serialize;

use super::figure::{Figure, FigureName, Unit};
use super::input::{Policy, World};
use super::row::{missed, time_to_detect, time_to_promote, undecided};
use crate::simulator::{Ending, Outcome};
use crate::stats;

/// The interval of a figure between recorded days; one day says nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BetweenDays {
    /// Recorded days that trials began on.
    pub days: u64,
    /// Lower end; absent with one day.
    pub low: Option<f64>,
    /// Upper end; absent with one day.
    pub high: Option<f64>,
}

/// What worlds over a recording have that others have not.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The recorded day on which the trial of each seed begins.
    pub days: Vec<u32>,
    /// Time recorded, in seconds.
    pub seconds: f64,
    /// What to keep in mind about each world.
    pub caveats: Vec<Vec<super::Caveat>>,
}

/// Gives every figure its second interval.
pub(super) fn add(
    figures: &mut [Figure],
    policy: &Policy,
    world: &World,
    outcomes: &[Outcome],
    days: &[u32],
) {
    let cell = Days {
        policy,
        world,
        outcomes,
        days,
    };
    for figure in figures {
        figure.between_days = Some(cell.between(figure.name));
    }
}

struct Days<'a> {
    policy: &'a Policy,
    world: &'a World,
    outcomes: &'a [Outcome],
    days: &'a [u32],
}

impl Days<'_> {
    fn between(&self, name: FigureName) -> BetweenDays {
        let count = self.days.iter().max().map_or(0, |&last| last as usize + 1);
        let mut by_day: Vec<Vec<f64>> = vec![Vec::new(); count];
        for (outcome, &day) in self.outcomes.iter().zip(self.days) {
            by_day[day as usize].extend(self.value(name, outcome));
        }
        by_day.retain(|values| !values.is_empty());
        let sums = || {
            by_day
                .iter()
                .map(|values| (values.iter().sum(), values.len() as u64))
                .collect::<Vec<(f64, u64)>>()
        };
        let interval = match (percent(name), name.unit()) {
            (Some(percent), _) => quantiles(&by_day, percent),
            (None, Unit::Share) => stats::clustered_share(&sums()),
            (None, _) => stats::clustered(&sums()).map(|(low, high)| (low.max(0.0), high)),
        };
        BetweenDays {
            days: by_day.len() as u64,
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
        }
    }

    /// What a trial adds to a figure; none where it does not count.
    fn value(&self, name: FigureName, outcome: &Outcome) -> Option<f64> {
        use FigureName as F;
        let ended = |ending| f64::from(u8::from(outcome.ending == ending));
        let horizon = self.world.horizon.as_secs_f64();
        Some(match name {
            F::FalseRollbacks => f64::from(u8::from(outcome.ending.is_rollback())),
            F::FalseRollbacksByCheck => ended(Ending::RolledBackByCheck),
            F::FalseRollbacksByErrors => ended(Ending::RolledBackByErrors),
            F::FalseRollbacksByPerson => ended(Ending::RolledBackByPerson),
            F::Undecided => f64::from(u8::from(undecided(self.policy, outcome))),
            F::MissedHarm => f64::from(u8::from(missed(outcome))),
            F::MissedWaiting | F::WaitingAtHorizon => ended(Ending::Waiting),
            F::RolledBackBeforeOnset => ended(Ending::RolledBackBeforeOnset),
            F::TimeToDetectMedian | F::TimeToDetectQ90 => time_to_detect(outcome),
            F::TimeToDetectMean => time_to_detect(outcome).min(horizon),
            F::TimeToRestoreMedian => {
                outcome.time_to_detect()?;
                outcome
                    .restore
                    .map_or(f64::INFINITY, |restore| restore.as_secs_f64())
            }
            F::BlastRadius => outcome.blast_radius,
            F::TimeToPromoteMedian => time_to_promote(outcome),
            F::TimeToPromoteMean => time_to_promote(outcome).min(horizon),
            F::Waits => f64::from(outcome.waits),
            F::TimeWaiting => outcome.waited.as_secs_f64().min(horizon),
        })
    }
}

/// Which quantile a figure is.
fn percent(name: FigureName) -> Option<u32> {
    match name {
        FigureName::TimeToDetectMedian
        | FigureName::TimeToRestoreMedian
        | FigureName::TimeToPromoteMedian => Some(50),
        FigureName::TimeToDetectQ90 => Some(90),
        _ => None,
    }
}

/// The interval of a typical day's quantile, by the order of the days' own; with few days it is open.
fn quantiles(by_day: &[Vec<f64>], percent: u32) -> Option<(f64, f64)> {
    if by_day.len() < 2 {
        return None;
    }
    let own = by_day.iter().filter_map(|values| {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        Some(stats::quantile(&sorted, percent)?.point)
    });
    let mut own: Vec<f64> = own.collect();
    own.sort_by(f64::total_cmp);
    let estimate = stats::quantile(&own, 50)?;
    Some((estimate.low.max(0.0), estimate.high))
}
