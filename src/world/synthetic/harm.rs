//! Harm by intensity: expected, given the world's noise, never counted from draws.

use super::noise::Cell;
use super::state::{Change, WorldState};
use super::world::World;
use crate::scenario::Part;
use crate::units::Timestamp;

impl World {
    /// First moment at which a canary request could be harmed by the release, as far as traffic has been told; none in
    /// a world without a fault.
    pub fn onset(&self, state: &WorldState) -> Option<Timestamp> {
        let harms = |change: &&Change| {
            let faults = &mut self.scenario.faults.iter();
            change.share > 0.0 && faults.any(|fault| change.share > fault.above)
        };
        let first = state.changes.iter().enumerate().find(|(n, change)| {
            // A change that another of the same slot replaced never held.
            harms(change)
                && state
                    .changes
                    .get(n + 1)
                    .is_none_or(|next| next.slot > change.slot)
        });
        first.map(|(_, change)| change.at)
    }

    /// Requests harmed up to `until` beyond what the stable version would have done in the canary's place: the sum
    /// over all slots of rate × share × (probability of harm with the release's faults − without), under the same
    /// noise. It is the same whether a slot was drawn or not, and never falls when a share rises.
    pub fn blast_radius(&self, state: &mut WorldState, until: Timestamp) -> f64 {
        if self.scenario.faults.is_empty() {
            return 0.0;
        }
        let end = until.as_millis().div_euclid(self.slot);
        let mut harmed = 0.0;
        for n in 0..state.changes.len() {
            let change = state.changes[n];
            let to = state.changes.get(n + 1).map_or(end, |next| next.slot.min(end));
            if change.share <= 0.0 {
                continue;
            }
            let mut slot = change.slot.max(0);
            while slot < to {
                let cell = self.noise.at(&mut state.paths, slot);
                let same = if self.is_steady(state, &change, slot) {
                    ((slot.div_euclid(self.noise.cell) + 1) * self.noise.cell).min(to) - slot
                } else {
                    1
                };
                harmed += same as f64 * cell.rate * change.share * self.excess(state, &change, slot, &cell);
                slot += same;
            }
        }
        harmed
    }

    /// Whether the circumstances of `slot` are those of all slots after it in its cell of noise.
    fn is_steady(&self, state: &WorldState, change: &Change, slot: i64) -> bool {
        let started = state.started.unwrap_or(slot);
        let grown = self
            .scenario
            .faults
            .iter()
            .all(|fault| (slot - started) * self.slot >= fault.ramp.as_millis());
        let quiet = self.scenario.disturbances.is_empty();
        grown && quiet && (self.scenario.cold_start.is_none() || change.cold == 0.0)
    }

    /// Probability of harm on the canary minus that on the stable version in its place.
    fn excess(&self, state: &WorldState, change: &Change, slot: i64, cell: &Cell) -> f64 {
        let harm = |index: u32, faulty: bool| {
            let met = self.on_canary(state, change, slot, cell, index, faulty);
            1.0 - (1.0 - met.errors) * (1.0 - self.shapes[met.shape].slow)
        };
        let pods = change.pods[0];
        let by_pod = self
            .scenario
            .faults
            .iter()
            .any(|fault| matches!(fault.part, Part::Pods(_)));
        let alike = if by_pod { pods } else { 1 };
        let on_canary: f64 = (0..alike).map(|index| harm(index, true)).sum();
        on_canary / f64::from(alike.max(1)) - harm(0, false)
    }
}
