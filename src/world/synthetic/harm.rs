//! Harm by intensity: expected, given the world's noise, never counted from draws.

use super::groups::Group;
use super::state::{Change, WorldState};
use super::world::World;
use crate::scenario::exposition::Arm;
use crate::scenario::{Fault, Part};
use crate::units::Timestamp;

impl World {
    /// First moment at which a canary request could be harmed by the release, as far as traffic has been told; none in
    /// a world without a fault.
    pub fn onset(&self, state: &WorldState) -> Option<Timestamp> {
        if self.scenario.controller.canary_ready().is_none() {
            // What is wrong there is wrong from the rollout's start on.
            return Some(Timestamp::ZERO);
        }
        let edge = |slot: i64| Timestamp::from_millis(slot.saturating_mul(self.slot));
        let calendar = self.calendar(state);
        let first = state.changes.iter().enumerate().filter_map(|(n, change)| {
            let next = state.changes.get(n + 1);
            // A change that another of the same slot replaced never held.
            if change.share <= 0.0 || next.is_some_and(|next| next.slot <= change.slot) {
                return None;
            }
            let until = next.map_or(Timestamp::MAX, |next| next.at);
            let faults = self.scenario.faults.iter().enumerate();
            let harms = faults.filter(|(_, fault)| change.share > fault.above);
            let moments = harms.filter_map(|(n, _)| {
                let (mut from, to) = calendar.within(n, change.at, until)?;
                if let Some((_, end)) = state.silence.filter(|(silent, _)| edge(*silent) <= from) {
                    from = from.max(edge(end));
                }
                (from < to).then_some(from)
            });
            moments.min()
        });
        first.min()
    }

    /// When the release's harm has ended by itself, as far as is known; none where some of it does not.
    pub fn healed(&self, state: &WorldState) -> Option<Timestamp> {
        self.calendar(state).healed()
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
        let silence = state.silence;
        let comes = |slot: &i64| silence.is_none_or(|(from, to)| !(from..to).contains(slot));
        (from.max(0)..to)
            .filter(comes)
            .map(|slot| self.noise.at(&mut state.paths, slot).rate)
            .sum()
    }

    /// Rate × excess over the slots from `slot` to `to`, whose circumstances are alike. Each cell of noise takes a
    /// multiplication: an error ratio is a straight line in the noise's factor, and so is the harm, until it is certain.
    fn excess_between(&self, state: &mut WorldState, change: &Change, slot: i64, to: i64) -> f64 {
        if Self::is_silent(state, slot) {
            return 0.0;
        }
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
        let mut begun = i64::MAX;
        let mut faults = self.scenario.faults.iter().enumerate();
        let length = |fault: &Fault| fault.gauges.as_ref().and_then(|met| met.course.length());
        let grown = faults.all(|(n, fault)| {
            let (from, to) = self.calendar(state).window(n).unwrap_or((i64::MAX, i64::MAX));
            for edge in [from, to].into_iter().filter(|&edge| edge > slot) {
                begun = begun.min(edge);
            }
            let rises = (from..to).contains(&slot) && (slot - from) * self.slot < fault.ramp.as_millis();
            !rises && length(fault).is_none()
        });
        if !grown || !self.has_faded(change, slot) {
            return slot + 1;
        }
        let disturbances = self.scenario.disturbances.iter().zip(&state.disturbed);
        let edges = disturbances
            .flat_map(|(disturbance, &start)| [start, start + disturbance.length.as_millis() / self.slot]);
        let silence = state.silence.into_iter().flat_map(|(from, to)| [from, to]);
        let edges = edges.chain(silence).chain([begun]);
        edges.filter(|&edge| edge > slot).min().unwrap_or(i64::MAX)
    }

    /// Harm on the canary and on the stable version in its place, `noise` being the factor of its error ratio.
    fn excess(&self, state: &WorldState, change: &Change, slot: i64, noise: f64) -> Excess {
        let mut errors = 0.0_f64;
        let mut harm = |index: u32, faulty: bool| -> f64 {
            let of_group = |(group, of): (usize, &Group)| {
                let met = self.on_canary(state, change, slot, noise, (index, group), faulty);
                errors = errors.max(met.errors);
                let part = of.parts[Arm::Canary as usize];
                part * (1.0 - (1.0 - met.errors) * (1.0 - self.shape(group, met.slowed).slow))
            };
            self.groups.iter().enumerate().map(of_group).sum()
        };
        let pods = change.pods[0];
        let by_pod = self
            .scenario
            .faults
            .iter()
            .any(|fault| matches!(fault.part, Part::Pods(_)) || fault.gauges.is_some());
        let on_canary: f64 = if change.crews.pods[0] > 0 && by_pod {
            let pods = change.on_canary();
            pods.map(|number| change.part_of(Arm::Canary, number) * harm(number, true))
                .sum()
        } else {
            let alike = if by_pod { pods } else { 1 };
            let all: f64 = (0..alike).map(|index| harm(index, true)).sum();
            all / f64::from(alike.max(1))
        };
        let more = on_canary - harm(0, false);
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
