//! Requests that reach the canary by other ways than its share: copies of those that the router mirrors, and probes.
//! They are counted with all others, and harm nobody.

use super::super::begins::{Begins, Calendar, Milestone, edge_after, luck};
use super::draw::EXACT;
use super::state::{Change, WorldState};
use super::world::World;
use crate::scenario::{Arrivals, Cause, Fault, Scenario, Until};
use crate::seed::Seed;
use crate::units::{Share, Timestamp};

/// The part of all requests that is copied to the canary, from one slot on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mirror {
    /// First slot it holds for.
    pub slot: i64,
    /// Mean over the slot.
    mean: f64,
    /// At its end.
    then: f64,
}

/// When probes come, as far as it is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Probes {
    seed: Seed,
    /// Of those that wait for the rollout's start or its first request.
    begins: Begins,
    /// Of those that wait for a step, or for promotion: each time that it came, the first slot and the first slot after.
    pub spells: Vec<(i64, i64)>,
}

/// Probes as what begins and ends like a fault.
pub(super) fn timed(scenario: &Scenario) -> Vec<Fault> {
    let probing = scenario.traffic.probing.iter();
    let timed = probing.map(|probing| Fault {
        onset: Some(probing.onset),
        length: match probing.until {
            Until::After(length) => Some(length),
            Until::Ever | Until::Over => None,
        },
        ..Fault::default()
    });
    timed.collect()
}

impl World {
    /// Begins a trial without mirrors.
    pub(super) fn begin_beside(&self, state: &mut WorldState, seed: Seed) {
        state.mirrors.clear();
        state.probes.begins.begin(&self.probing, seed, self.slot);
        state.probes.seed = seed;
        state.probes.spells.clear();
        state.first_beside = None;
    }

    /// From `at` on this part of all requests is copied to the canary. Moments ascend. A slot within which it changes is
    /// drawn with its mean.
    pub fn mirror(&self, state: &mut WorldState, at: Timestamp, part: Share) {
        let slot = at.as_millis().div_euclid(self.slot);
        let left = ((slot + 1) * self.slot - at.as_millis()) as f64 / self.slot as f64;
        while state.mirrors.last().is_some_and(|last| last.slot > slot) {
            state.mirrors.pop();
        }
        let part = part.get();
        let (mean, then) = match state.mirrors.last() {
            Some(last) if last.slot == slot => (last.mean, last.then),
            Some(last) => (last.then, last.then),
            None => (0.0, 0.0),
        };
        let mean = (mean + left * (part - then)).clamp(0.0, 1.0);
        state.mirrors.pop_if(|last| last.slot == slot);
        state.mirrors.push(Mirror {
            slot,
            mean,
            then: part,
        });
        state.mirrors.push(Mirror {
            slot: slot + 1,
            mean: part,
            then: part,
        });
        self.note_first_beside(state, at);
    }

    /// The rollout comes to `milestone`: probes may begin or end. Those that wait for a step come each time that it is come
    /// to, as after a retry.
    pub(super) fn reach_probes(&self, state: &mut WorldState, now: Timestamp, milestone: Milestone) {
        let Some(probing) = self.scenario.traffic.probing else {
            return;
        };
        let Probes { seed, spells, .. } = &mut state.probes;
        if probing.until == Until::Over {
            let over = edge_after(now, self.slot);
            spells.iter_mut().for_each(|(_, end)| *end = over.min(*end));
        }
        let cause = probing.onset.from;
        // Nothing takes the place of a step.
        let waited = (milestone == Milestone::Promotion) == (cause == Cause::Promotion);
        if let Some(step) = milestone.is(cause).filter(|_| waited) {
            let delay = probing.onset.delay(luck(*seed, cause, spells.len()), step);
            let from = edge_after(now + delay, self.slot);
            let end = match probing.until {
                Until::After(length) => from.saturating_add((length.as_millis() / self.slot).max(1)),
                Until::Ever | Until::Over => i64::MAX,
            };
            spells.push((from, end));
        }
        self.note_first_beside(state, now);
    }

    /// Whether anything but users may ever reach the canary.
    pub(super) fn has_beside(&self, state: &WorldState) -> bool {
        self.scenario.traffic.probes > 0.0 || !self.probing.is_empty() || !state.mirrors.is_empty()
    }

    /// The part of a slot's requests that is copied to the canary: by its router, or by who sends probes.
    pub(super) fn mirrored(&self, state: &WorldState, slot: i64) -> f64 {
        let place = state.mirrors.partition_point(|mirror| mirror.slot <= slot);
        let by_router = place.checked_sub(1).map_or(0.0, |last| state.mirrors[last].mean);
        let copies = self
            .scenario
            .traffic
            .probing
            .map_or(0.0, |probing| probing.copies);
        if copies > 0.0 && self.is_probed(state, slot) {
            (by_router + copies).min(1.0)
        } else {
            by_router
        }
    }

    /// Probes per second that reach the canary in a slot.
    pub(super) fn probing(&self, state: &WorldState, change: &Change, slot: i64) -> f64 {
        let traffic = &self.scenario.traffic;
        // What only copies and probes meet has a share too, the least there is.
        let users = change.share > f64::MIN_POSITIVE;
        let unseen = if users { 0.0 } else { traffic.probes };
        let rate = traffic.probing.map_or(0.0, |probing| probing.rate);
        if rate > 0.0 && self.is_probed(state, slot) {
            unseen + rate
        } else {
            unseen
        }
    }

    /// Whether it is the time of probes.
    fn is_probed(&self, state: &WorldState, slot: i64) -> bool {
        let mut spells = state.probes.spells.iter();
        spells.any(|&(from, end)| (from..end).contains(&slot)) || self.probes(state).holds(0, slot)
    }

    pub(super) fn probes<'a>(&'a self, state: &'a WorldState) -> Calendar<'a> {
        Calendar {
            faults: &self.probing,
            begins: &state.probes.begins,
            started: state.started,
            cell: self.slot,
        }
    }

    /// Of a slot's requests, `all` in number, how many are copied to the canary; and the probes of that slot.
    /// `rate`: how many are expected.
    pub(super) fn beside(&self, state: &WorldState, change: &Change, slot: i64, all: u32, rate: f64) -> u32 {
        if change.pods[0] == 0 {
            return 0;
        }
        let mirrored = self.mirrored(state, slot);
        let copies = match self.scenario.traffic.arrivals {
            _ if mirrored <= 0.0 || all == 0 => 0,
            Arrivals::Poisson => state.streams.mirrors.at(slot).binomial(all, mirrored),
            Arrivals::Constant => {
                let by = |edge: i64| libm::floor(mirrored * rate * edge as f64 + EXACT);
                (by(slot + 1) - by(slot)) as u32
            }
        };
        let rate = self.probing(state, change, slot);
        let probes = if rate > 0.0 {
            let mean = rate * self.slot as f64 / 1000.0;
            state.streams.probes.at(slot).poisson(mean)
        } else {
            0
        };
        copies + probes
    }

    /// Requests expected in a slot on the canary's pods besides those of its share, where `rate` come in all.
    pub(super) fn load_beside(&self, state: &WorldState, change: &Change, slot: i64, rate: f64) -> f64 {
        if !self.has_beside(state) {
            return 0.0;
        }
        let probes = self.probing(state, change, slot) * self.slot as f64 / 1000.0;
        let silent = Self::is_silent(state, slot);
        let copies = if silent {
            0.0
        } else {
            rate * self.mirrored(state, slot)
        };
        copies + probes
    }
}
