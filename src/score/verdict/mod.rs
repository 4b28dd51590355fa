//! The verdict sentence: what to say of a policy first.

mod blame;
mod judge;
mod said;
#[cfg(test)]
mod tests;

pub use blame::{first_false_rollbacks, is_blamed, most_harm};

use serde::Serialize;

use super::input::{OwnPause, Policy, World};
use super::table::Row;

/// What to say of a policy first: the first [`Rule`] that applies, as a sentence with figures and intervals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The rule that applied.
    pub rule: Rule,
    /// The sentence, with its full stop.
    pub sentence: String,
    /// Index of the world it speaks of, if it speaks of one.
    pub world: Option<usize>,
    /// A fact that is no verdict and stands before it: where the policy itself waits for a person.
    pub note: Option<String>,
    /// The pauses that the note speaks of.
    pub own_pauses: Vec<OwnPause>,
}

/// The rules of the verdict, in their order; the first that applies speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Nothing reads the canary, or only mixed with the stable version.
    BlindToCanary,
    /// No release can pass a check, or a check cannot fail.
    FixedAnswer,
    /// More than 1 % of the trials of a harmless world end by errors, or waiting because of an inconclusive look, and
    /// checks roll back no larger share of any.
    Undecided,
    /// More than 5 % of the trials of a harmless world are rolled back.
    FalseRollbacks,
    /// More than 5 % of the trials of a world with harm beyond the stated limits are not rolled back.
    MissedHarm,
    /// Harm is caught, but half the time later than half the horizon.
    LateDetection,
    /// More than half of the trials of a harmless world have not ended by the horizon.
    Unfinished,
    /// None of these.
    NothingFound,
}

impl Verdict {
    /// Judges `policy` by its own `rows`.
    pub(super) fn of(policy: &Policy, worlds: &[World], rows: &[&Row]) -> Self {
        let (rule, world, sentence) = judge::judge(policy, worlds, rows);
        let own_pauses = policy.facts.own_pauses.clone();
        Self {
            rule,
            sentence,
            world,
            note: said::note(&own_pauses, policy.facts.person.as_deref()),
            own_pauses,
        }
    }
}
