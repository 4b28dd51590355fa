use serde::Serialize;

use super::between::Days;
use super::number::Number;
use crate::simulator::{Ending, Outcome};
use crate::stats;

/// A part of some trials: how many, and the share with its intervals (`share.n()` are the trials it is a part of).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Trials.
    pub count: u64,
    /// As a share.
    #[serde(flatten)]
    pub share: Number,
}

impl Part {
    /// Those trials that count, of those that have a value; `None` where there is nothing to be a part of.
    pub(super) fn of(days: Days<'_>, values: impl Iterator<Item = Option<bool>> + Clone) -> Option<Self> {
        let n = values.clone().flatten().count() as u64;
        let count = values.clone().flatten().filter(|&counts| counts).count() as u64;
        let share = days.share(stats::rate(count, n)?, values);
        Some(Self { count, share })
    }
}

/// How the trials of a row ended; the seven counts add up to all trials.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Parts {
    /// A check's failures rolled it back.
    pub rolled_back_by_check: Part,
    /// Errors in a row rolled it back.
    pub rolled_back_by_errors: Part,
    /// A person who found it waiting aborted it.
    pub rolled_back_by_person: Part,
    /// Rolled back in a harmful world before harm could begin.
    pub rolled_back_before_onset: Part,
    /// Promoted.
    pub promoted: Part,
    /// Waiting for a person at the horizon.
    pub waiting: Part,
    /// Still running at the horizon.
    pub running: Part,
}

impl Parts {
    /// Counts the endings of `outcomes`; `None` without any.
    pub(super) fn of(outcomes: &[Outcome], days: Days<'_>) -> Option<Self> {
        let part = |ending| {
            Part::of(
                days,
                outcomes.iter().map(|outcome| Some(outcome.ending == ending)),
            )
        };
        Some(Self {
            rolled_back_by_check: part(Ending::RolledBackByCheck)?,
            rolled_back_by_errors: part(Ending::RolledBackByErrors)?,
            rolled_back_by_person: part(Ending::RolledBackByPerson)?,
            rolled_back_before_onset: part(Ending::RolledBackBeforeOnset)?,
            promoted: part(Ending::Promoted)?,
            waiting: part(Ending::Waiting)?,
            running: part(Ending::Running)?,
        })
    }

    /// The seven parts, in the order of [`Ending`].
    pub fn all(&self) -> [(Ending, Part); 7] {
        [
            (Ending::RolledBackByCheck, self.rolled_back_by_check),
            (Ending::RolledBackByErrors, self.rolled_back_by_errors),
            (Ending::RolledBackByPerson, self.rolled_back_by_person),
            (Ending::RolledBackBeforeOnset, self.rolled_back_before_onset),
            (Ending::Promoted, self.promoted),
            (Ending::Waiting, self.waiting),
            (Ending::Running, self.running),
        ]
    }
}
