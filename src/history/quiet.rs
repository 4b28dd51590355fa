use serde::Serialize;

use super::Case;
use crate::policy::argo::spec::Policy;
use crate::stats::{self, Estimate};
use crate::units::{Duration, TimeRange, Timestamp};

/// A window's length where a policy states no time at all.
const HOUR: Duration = Duration::from_mins(60);
const WEEK: Duration = Duration::from_mins(7 * 24 * 60);

/// The time in which no release was under way, cut into windows as long as the policy's planned duration.
///
/// Watched time is quiet from the end of a release's planned duration to the next release, and before the first release;
/// after a release known to be harmful it is not quiet before the next one. Windows stand end to end from the beginning
/// of each quiet stretch; what is left at its end is not looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuietTime {
    /// Length of a window.
    pub length: Duration,
    /// The windows' beginnings, ascending, by the release before them (by index; `None`: there was none).
    pub windows: Vec<(Option<usize>, Vec<Timestamp>)>,
}

impl QuietTime {
    /// The quiet time of `policy` among `cases` (by time) in what was `watched`.
    pub fn of(policy: &Policy, cases: &[Case], watched: &[TimeRange]) -> Self {
        let planned = policy.strategy.planned_length();
        let length = if planned > Duration::ZERO { planned } else { HOUR };
        let mut windows = Vec::new();
        let begins = std::iter::once(None).chain((0..cases.len()).map(Some));
        for (before, number) in begins.zip(0..) {
            let quiet = TimeRange {
                start: before.map_or(Timestamp::MIN, |index: usize| cases[index].release.at + length),
                end: cases
                    .get(number)
                    .map_or(Timestamp::MAX, |case: &Case| case.release.at),
            };
            if before.is_some_and(|index| cases[index].harmful() == Some(true)) {
                continue;
            }
            let within = watched.iter().flat_map(|stretch| cut(*stretch, quiet, length));
            windows.push((before, within.collect()));
        }
        Self { length, windows }
    }

    /// How many windows there are.
    pub fn count(&self) -> u64 {
        self.windows.iter().map(|(_, begins)| begins.len() as u64).sum()
    }
}

/// Beginnings of windows of `length` in the common part of two stretches.
fn cut(one: TimeRange, other: TimeRange, length: Duration) -> Vec<Timestamp> {
    let (mut from, to) = (one.start.max(other.start), one.end.min(other.end));
    let mut begins = Vec::new();
    while to - from >= length {
        begins.push(from);
        from = from + length;
    }
    begins
}

/// What one check alone would have done in quiet time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Quiet {
    /// Hours looked at.
    pub hours: f64,
    /// Windows looked at.
    pub windows: u64,
    /// Windows in which the check alone would have rolled a release back.
    pub rolled_back: u64,
    /// The share of these, with Wilson's interval: the chance that a release at such a moment is rolled back for nothing.
    pub share: Option<Estimate>,
    /// Alarms: windows that follow each other and would all have rolled back are one alarm.
    pub alarms: u64,
    /// Alarms in a week, with Garwood's interval.
    pub per_week: Option<Estimate>,
}

impl Quiet {
    /// Counts: for each window in `quiet`'s order, whether it would have been rolled back.
    pub(super) fn count(quiet: &QuietTime, rolled_back: &[bool]) -> Self {
        let begins = quiet.windows.iter().flat_map(|(_, begins)| begins);
        let mut counted = Self::default();
        let mut alarmed: Option<Timestamp> = None;
        for (&begin, &is) in begins.zip(rolled_back) {
            counted.windows += 1;
            if is {
                counted.rolled_back += 1;
                counted.alarms += u64::from(alarmed != Some(begin));
                alarmed = Some(begin + quiet.length);
            }
        }
        let watched = quiet.length.as_secs_f64() * counted.windows as f64;
        counted.hours = watched / HOUR.as_secs_f64();
        counted.share = stats::rate(counted.rolled_back, counted.windows);
        counted.per_week = stats::per(counted.alarms, watched / WEEK.as_secs_f64(), counted.windows);
        counted
    }
}
