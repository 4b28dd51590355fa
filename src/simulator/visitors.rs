use crate::controller::argo::{Action, Decision};
use crate::controller::cluster::Version;
use crate::scenario::{Deed, Since, Visit};
use crate::seed::Seed;
use crate::units::Timestamp;

/// Hour of the day that is the busiest.
const BUSIEST: f64 = 14.0 / 24.0;

/// The people of a scenario in one trial: who is on the way, and when they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Visitors {
    /// For each visit when it is due, and how often its person was called.
    due: Vec<(Option<Timestamp>, u32)>,
    seed: Seed,
    /// The time of day at moment zero, as a part of a day.
    begins: f64,
    waits: bool,
    rolled_back: bool,
}

impl Visitors {
    /// Begins a trial of `seed`. The world's busiest hour is 14:00, wherever its time of day is drawn.
    pub(super) fn begin(&mut self, visits: &[Visit], seed: Seed) {
        let begins = seed.stream("time of day").at(0).uniform() + BUSIEST;
        (self.seed, self.begins) = (seed, begins - libm::floor(begins));
        (self.waits, self.rolled_back) = (false, false);
        self.due.clear();
        self.due.resize(visits.len(), (None, 0));
        self.call(visits, Since::Start, Timestamp::ZERO);
    }

    /// The next moment at which somebody comes.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.due.iter().filter_map(|(at, _)| *at).min()
    }

    /// What somebody does who comes at `now`, one person after the other.
    pub(super) fn take(&mut self, visits: &[Visit], now: Timestamp) -> Option<Action> {
        let due = self
            .due
            .iter()
            .position(|(at, _)| at.is_some_and(|at| at <= now))?;
        self.due[due].0 = None;
        Some(action(visits[due].does))
    }

    /// Looks at how the rollout stands at `now`: those who wait for nothing any more stay at home, others are called.
    pub(super) fn see(&mut self, visits: &[Visit], decision: &Decision, now: Timestamp) {
        let waits = decision.waiting.is_some();
        if waits != self.waits {
            self.waits = waits;
            if waits {
                self.call(visits, Since::Waiting, now);
            } else {
                self.dismiss(visits, Since::Waiting);
            }
        }
        if decision.aborted.is_some() != self.rolled_back {
            self.rolled_back = decision.aborted.is_some();
            if self.rolled_back {
                self.call(visits, Since::Rollback, now);
            }
        }
    }

    /// Somebody acted while the rollout waited: if it still waits then, it is for somebody else.
    pub(super) fn waits_anew(&mut self, visits: &[Visit]) {
        self.waits = false;
        self.dismiss(visits, Since::Waiting);
    }

    fn call(&mut self, visits: &[Visit], since: Since, now: Timestamp) {
        for (visit, (at, called)) in visits.iter().zip(&mut self.due) {
            let again = since == Since::Waiting || *called == 0;
            if visit.since == since && again {
                *at = Some(visit.comes(self.seed, now, *called, self.begins));
                *called += 1;
            }
        }
    }

    fn dismiss(&mut self, visits: &[Visit], since: Since) {
        let called = visits.iter().zip(&mut self.due);
        for (_, (at, _)) in called.filter(|(visit, _)| visit.since == since) {
            *at = None;
        }
    }
}

const fn action(deed: Deed) -> Action {
    match deed {
        Deed::Promotes => Action::Promote,
        Deed::PromotesFully => Action::PromoteFull,
        Deed::SkipsTheStep => Action::SkipStep,
        Deed::Aborts => Action::Abort,
        Deed::Retries => Action::Retry,
        Deed::Pauses => Action::Pause,
        Deed::Resumes => Action::Unpause,
        Deed::Undoes => Action::Image(Version::OLD),
    }
}
