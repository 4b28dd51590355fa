//! How far figures differ from one recorded day to another.
//!
//! Any number of trials can be played over one recording, and their interval shrinks with it. What does not shrink is
//! what the recording leaves open: another day might have been another. So a number of a recorded world has two
//! intervals, and the first is never shown alone. Every [`Number`] of a table is made here, of the values of its trials
//! in the order of the seeds, so that none can miss its days.

use super::number::{BetweenDays, Number};
use crate::stats::{self, Estimate};

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

/// The recorded day on which the trial of each seed begins; or that nothing was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days<'a>(Option<&'a [u32]>);

impl<'a> Days<'a> {
    /// Worlds that are made up have no days.
    pub const MADE_UP: Self = Self(None);

    /// The day of each trial, in the order of the seeds; none where nothing was recorded.
    pub const fn of(days: Option<&'a [u32]>) -> Self {
        Self(days)
    }

    /// `share` of the trials that have a value, which says whether they count.
    pub(super) fn share(self, share: Estimate, values: impl Iterator<Item = Option<bool>>) -> Number {
        let values = values.map(|value| value.map(|counts| f64::from(u8::from(counts))));
        self.number(share, values, |by_day| stats::clustered_share(&sums(by_day)))
    }

    /// `mean` of values that cannot be negative.
    pub(super) fn mean(self, mean: Estimate, values: impl Iterator<Item = f64>) -> Number {
        self.number(mean, values.map(Some), |by_day| {
            stats::clustered(&sums(by_day)).map(|(low, high)| (low.max(0.0), high))
        })
    }

    /// `mean` of values, or of differences of values, that cannot leave `least..=most`.
    pub(super) fn mean_within(
        self,
        mean: Estimate,
        values: impl Iterator<Item = f64>,
        (least, most): (f64, f64),
    ) -> Number {
        self.number(mean, values.map(Some), |by_day| {
            stats::clustered_within(&sums(by_day), least, most)
        })
    }

    /// `quantile` of the trials that have a value: infinity is never.
    pub(super) fn quantile(
        self,
        quantile: Estimate,
        percent: u32,
        values: impl Iterator<Item = Option<f64>>,
    ) -> Number {
        self.number(quantile, values, |by_day| quantiles(by_day, percent))
    }

    /// Shares of all trials that rise along `steps`: how many trials have counted by each, and the share they are.
    /// `order` are the indices of the trials in the order in which they count.
    pub fn rising(self, order: &[usize], trials: usize, steps: &[(usize, Estimate)]) -> Vec<Number> {
        let mut by_day: Vec<(f64, u64)> = Vec::new();
        if let Some(days) = self.0 {
            let days = &days[..trials.min(days.len())];
            by_day.resize(count(days), (0.0, 0));
            for &day in days {
                by_day[day as usize].1 += 1;
            }
        }
        let mut counted = 0;
        let number = |&(until, share): &(usize, Estimate)| {
            let Some(days) = self.0 else {
                return Number::new(share, None);
            };
            for &trial in &order[counted..until] {
                by_day[days[trial] as usize].0 += 1.0;
            }
            counted = until;
            let filled = by_day.iter().filter(|(_, n)| *n > 0).count();
            Number::new(share, Some(between(filled, stats::clustered_share(&by_day))))
        };
        steps.iter().map(number).collect()
    }

    fn number(
        self,
        of_trials: Estimate,
        values: impl Iterator<Item = Option<f64>>,
        interval: impl Fn(&[Vec<f64>]) -> Option<(f64, f64)>,
    ) -> Number {
        let Some(days) = self.0 else {
            return Number::new(of_trials, None);
        };
        let mut by_day: Vec<Vec<f64>> = vec![Vec::new(); count(days)];
        for (value, &day) in values.zip(days) {
            by_day[day as usize].extend(value);
        }
        by_day.retain(|values| !values.is_empty());
        Number::new(of_trials, Some(between(by_day.len(), interval(&by_day))))
    }
}

fn count(days: &[u32]) -> usize {
    days.iter().max().map_or(0, |&last| last as usize + 1)
}

fn between(days: usize, interval: Option<(f64, f64)>) -> BetweenDays {
    BetweenDays {
        days: days as u64,
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
    }
}

fn sums(by_day: &[Vec<f64>]) -> Vec<(f64, u64)> {
    by_day
        .iter()
        .map(|values| (values.iter().sum(), values.len() as u64))
        .collect()
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
