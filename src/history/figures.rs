use serde::Serialize;

use super::Case;
use crate::simulator::Hindsight;
use crate::stats::{self, Estimate};

/// What a policy would have done at the releases of a recording, counted. Shares have Wilson's interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Releases.
    pub releases: u64,
    /// Releases that would have been rolled back.
    pub rolled_back: u64,
    /// Of these, those that people rolled back.
    pub rolled_back_by_people_too: u64,
    /// Releases that people rolled back.
    pub by_people: u64,
    /// Whether it is known of any release whether people rolled it back.
    pub people_known: bool,
    /// Releases known to be harmful.
    pub harmful: u64,
    /// Of these, those that would have been rolled back.
    pub harmful_rolled_back: u64,
    /// Of these, those that would have been promoted.
    pub harmful_promoted: u64,
    /// Releases known to be harmless.
    pub harmless: u64,
    /// Of these, those that would have been rolled back.
    pub harmless_rolled_back: u64,
    /// Releases that would have been promoted.
    pub promoted: u64,
    /// Releases that would have waited for a person.
    pub waiting: u64,
    /// Releases that were over before the policy had decided.
    pub unfinished: u64,
    /// Share of the releases that would have been rolled back.
    pub share: Option<Estimate>,
    /// Of the releases that would have been rolled back and are known, the share that is harmful.
    pub precision: Option<Estimate>,
    /// Of the harmful releases, the share that would have been rolled back.
    pub recall: Option<Estimate>,
    /// Of the harmless releases, the share that would have been rolled back.
    pub false_rollbacks: Option<Estimate>,
}

impl Figures {
    /// Counts `hindsight`, one for each of `cases`.
    pub fn of(cases: &[Case], hindsight: &[Hindsight]) -> Self {
        let mut counts = Self::default();
        let add = |counter: &mut u64, is: bool| *counter += u64::from(is);
        for (case, seen) in cases.iter().zip(hindsight) {
            let rolled_back = seen.rolled_back_after.is_some();
            let promoted = !rolled_back && seen.promoted_after.is_some();
            let (harmful, harmless) = (case.harmful() == Some(true), case.harmful() == Some(false));
            let people = case.rolled_back_by_people();
            counts.releases += 1;
            counts.people_known |= people.is_some();
            add(&mut counts.rolled_back, rolled_back);
            add(&mut counts.by_people, people == Some(true));
            add(
                &mut counts.rolled_back_by_people_too,
                rolled_back && people == Some(true),
            );
            add(&mut counts.harmful, harmful);
            add(&mut counts.harmful_rolled_back, harmful && rolled_back);
            add(&mut counts.harmful_promoted, harmful && promoted);
            add(&mut counts.harmless, harmless);
            add(&mut counts.harmless_rolled_back, harmless && rolled_back);
            add(&mut counts.promoted, promoted);
            add(&mut counts.unfinished, seen.is_unfinished());
            add(&mut counts.waiting, !rolled_back && !promoted && seen.waiting);
        }
        let known = counts.harmful_rolled_back + counts.harmless_rolled_back;
        counts.share = stats::rate(counts.rolled_back, counts.releases);
        counts.precision = stats::rate(counts.harmful_rolled_back, known);
        counts.recall = stats::rate(counts.harmful_rolled_back, counts.harmful);
        counts.false_rollbacks = stats::rate(counts.harmless_rolled_back, counts.harmless);
        counts
    }
}
