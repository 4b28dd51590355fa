//! Harm by intensity: what the recorded requests would have met, never counted from draws.

use super::state::State;
use super::world::World;
use crate::scenario::exposition::Arm;
use crate::units::Timestamp;

impl World {
    /// First moment at which a canary request could be harmed by the release, as far as traffic has been told.
    pub fn onset(&self, state: &State) -> Option<Timestamp> {
        if self.scenario.controller.canary_ready().is_none() {
            return Some(Timestamp::ZERO);
        }
        let calendar = self.calendar(state);
        let first = state.changes.iter().enumerate().filter_map(|(n, change)| {
            let next = state.changes.get(n + 1);
            if change.share <= 0.0 || next.is_some_and(|next| next.third <= change.third) {
                return None;
            }
            let until = next.map_or(Timestamp::MAX, |next| next.at);
            let faults = self.scenario.faults.iter().enumerate();
            let harms = faults.filter(|(_, fault)| change.share > fault.above);
            let moments = harms.filter_map(|(n, _)| {
                let (from, to) = calendar.within(n, change.at, until)?;
                (from < to).then_some(from)
            });
            moments.min()
        });
        first.min()
    }

    /// When the release's harm has ended by itself, as far as is known; none where some of it does not.
    pub fn healed(&self, state: &State) -> Option<Timestamp> {
        self.calendar(state).healed()
    }

    /// Requests harmed up to `until` beyond what the stable version would have done: the sum over all thirds of
    /// recorded requests × share × (probability of harm with the release's faults − without).
    pub fn blast_radius(&self, state: &mut State, until: Timestamp) -> f64 {
        if self.scenario.faults.is_empty() {
            return 0.0;
        }
        let end = until.as_millis().div_euclid(self.third);
        let mut harmed = 0.0;
        for n in 0..state.changes.len() {
            let change = state.changes[n];
            let to = state.changes.get(n + 1).map_or(end, |next| next.third.min(end));
            if change.share <= 0.0 {
                continue;
            }
            for third in change.third.max(0)..to {
                let slot = self.past.at(&mut state.path, third.div_euclid(3));
                let requests = f64::from(self.past.requests[slot]);
                if requests > 0.0 {
                    let failing = f64::from(self.past.failures[slot]) / requests;
                    let harm = |faulty: bool| {
                        let met = self.met(state, &change, third, Arm::Canary, faulty);
                        1.0 - (1.0 - failing) * (1.0 - met.fails) * (1.0 - self.shapes.all[met.shape].slow)
                    };
                    harmed += requests / 3.0 * change.share * (harm(true) - harm(false));
                }
            }
        }
        harmed
    }

    /// Requests recorded from `from` to `to`, of both versions together; begun thirds count whole.
    pub fn requests_between(&self, state: &mut State, from: Timestamp, to: Timestamp) -> f64 {
        let [from, to] = [from, to].map(|at| at.as_millis().div_euclid(self.third));
        let thirds = (from.max(0)..to).map(|third| {
            let slot = self.past.at(&mut state.path, third.div_euclid(3));
            f64::from(self.past.requests[slot]) / 3.0
        });
        thirds.sum()
    }
}
