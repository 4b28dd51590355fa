//! Harm by intensity: expected, given the world's noise, never counted from draws.

use super::state::{Change, WorldState};
use super::world::World;
use crate::scenario::{Fault, Part};
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
                let steady = self.steady_until(state, &change, slot).min(to);
                harmed += change.share * self.excess_between(state, &change, slot, steady);
                slot = steady;
            }
        }
        harmed
    }

    /// Requests expected from `from` to `to`, to both versions together; begun slots count whole.
    pub fn requests_between(&self, state: &mut WorldState, from: Timestamp, to: Timestamp) -> f64 {
        let [from, to] = [from, to].map(|at| at.as_millis().div_euclid(self.slot));
        (from.max(0)..to)
            .map(|slot| self.noise.at(&mut state.paths, slot).rate)
            .sum()
    }

    /// Rate × excess over the slots from `slot` to `to`, whose circumstances are alike. Each cell of noise takes a
    /// multiplication: an error ratio is a straight line in the noise's factor, and so is the harm, until it is certain.
    fn excess_between(&self, state: &mut WorldState, change: &Change, slot: i64, to: i64) -> f64 {
        if to - slot == 1 {
            let cell = self.noise.at(&mut state.paths, slot);
            return cell.rate * self.excess(state, change, slot, cell.canary).more;
        }
        let line = Line::through(|noise| self.excess(state, change, slot, noise));
        let mut sum = 0.0;
        let mut at = slot;
        while at < to {
            let next = ((at.div_euclid(self.noise.cell_slots()) + 1) * self.noise.cell_slots()).min(to);
            let cell = self.noise.at(&mut state.paths, at);
            let excess = match line.at(cell.canary) {
                Some(excess) => excess,
                None => self.excess(state, change, at, cell.canary).more,
            };
            sum += (next - at) as f64 * cell.rate * excess;
            at = next;
        }
        sum
    }

    /// Up to where the circumstances of `slot` hold, but for the noise: at least to the next slot.
    fn steady_until(&self, state: &WorldState, change: &Change, slot: i64) -> i64 {
        let started = state.started.unwrap_or(slot);
        let mut faults = self.scenario.faults.iter();
        let length = |fault: &Fault| fault.gauges.as_ref().and_then(|met| met.course.length());
        let grown = faults
            .all(|fault| (slot - started) * self.slot >= fault.ramp.as_millis() && length(fault).is_none());
        if !grown || !self.has_faded(change, slot) {
            return slot + 1;
        }
        let disturbances = self.scenario.disturbances.iter().zip(&state.disturbed);
        let edges = disturbances
            .flat_map(|(disturbance, &start)| [start, start + disturbance.length.as_millis() / self.slot]);
        edges.filter(|&edge| edge > slot).min().unwrap_or(i64::MAX)
    }

    /// Harm on the canary and on the stable version in its place, `noise` being the factor of its error ratio.
    fn excess(&self, state: &WorldState, change: &Change, slot: i64, noise: f64) -> Excess {
        let mut errors = 0.0_f64;
        let mut harm = |index: u32, faulty: bool| {
            let met = self.on_canary(state, change, slot, noise, index, faulty);
            errors = errors.max(met.errors);
            1.0 - (1.0 - met.errors) * (1.0 - self.shapes[met.shape].slow)
        };
        let pods = change.pods[0];
        let by_pod = self
            .scenario
            .faults
            .iter()
            .any(|fault| matches!(fault.part, Part::Pods(_)) || fault.gauges.is_some());
        let alike = if by_pod { pods } else { 1 };
        let on_canary: f64 = (0..alike).map(|index| harm(index, true)).sum();
        let more = on_canary / f64::from(alike.max(1)) - harm(0, false);
        Excess { more, errors }
    }
}

/// How much likelier harm is on the canary than on the stable version in its place.
struct Excess {
    more: f64,
    /// The greatest error ratio behind it.
    errors: f64,
}

/// The excess as a straight line in the factor of the error ratio.
struct Line {
    fixed: f64,
    slope: f64,
    /// The greatest error ratio at a factor of 1.
    errors: f64,
}

impl Line {
    fn through(excess: impl Fn(f64) -> Excess) -> Self {
        let (none, one) = (excess(0.0), excess(1.0));
        Self {
            fixed: none.more,
            slope: one.more - none.more,
            errors: one.errors,
        }
    }

    /// The excess at a factor; none where some error may be certain, which bends the line.
    #[inline]
    fn at(&self, noise: f64) -> Option<f64> {
        (self.errors * noise.max(1.0) < 1.0).then_some(self.fixed + self.slope * noise)
    }
}
