//! What takes its course in a trial: when faults hold and how far they have grown, and when nobody comes.

use super::super::begins::{Calendar, Milestone, edge_after};
use super::state::{Change, WorldState};
use super::world::World;
use crate::scenario::Course;
use crate::scenario::exposition::Arm;
use crate::seed::Seed;
use crate::units::{Duration, Timestamp};

impl World {
    /// At `now` the rollout comes to `milestone`: told before anything later is drawn.
    pub fn reach(&self, state: &mut WorldState, now: Timestamp, milestone: Milestone) {
        state
            .begins
            .reach(&self.scenario.faults, now, milestone, self.slot);
        self.reach_probes(state, now, milestone);
    }

    /// First slot in which nobody comes, and first slot after.
    pub(super) fn silence(&self, seed: Seed) -> Option<(i64, i64)> {
        let stops = self.scenario.traffic.stops?;
        let luck = seed.stream("silence").at(0).uniform();
        let later = libm::round(luck * stops.within.as_millis() as f64) as i64;
        let from = edge_after(
            Timestamp::ZERO + stops.after + Duration::from_millis(later),
            self.slot,
        );
        let slots = |length: Duration| (length.as_millis() / self.slot).max(1);
        let to = stops
            .length
            .map_or(i64::MAX, |length| from.saturating_add(slots(length)));
        Some((from, to))
    }

    /// The faults of a trial in time; its cells are slots.
    pub(super) fn calendar<'a>(&'a self, state: &'a WorldState) -> Calendar<'a> {
        Calendar {
            faults: &self.scenario.faults,
            begins: &state.begins,
            started: state.started,
            cell: self.slot,
        }
    }

    /// Whether nobody comes in `slot`.
    pub(super) fn is_silent(state: &WorldState, slot: i64) -> bool {
        state.silence.is_some_and(|(from, to)| (from..to).contains(&slot))
    }

    /// How far a leak or a saturation of gauges has gone by the end of `slot` on pod `index` of the canary, from 0 to 1;
    /// all the way for a fault that is neither. `change` says whose requests tell it.
    pub(super) fn progress(
        &self,
        n: usize,
        state: &WorldState,
        change: &Change,
        slot: i64,
        index: u32,
    ) -> f64 {
        let fault = &self.scenario.faults[n];
        let Some((course, length)) = fault
            .gauges
            .as_ref()
            .and_then(|met| Some((met.course, met.course.length()?)))
        else {
            return 1.0;
        };
        let began = match course {
            Course::Saturates(_) if change.beside && fault.above <= 0.0 => self.come_since(state, slot),
            Course::Saturates(_) => since(&state.changes, slot, |change| change.share > fault.above),
            _ => since(&state.changes, slot, |change| change.serves(Arm::Canary, index)),
        };
        match (began, length.as_millis()) {
            (None, _) => 0.0,
            (Some(_), 0) => 1.0,
            (Some(began), length) => {
                let slots = slot + 1 - self.not_before(n, self.calendar_for(state, change), began);
                ((slots * self.slot) as f64 / length as f64).clamp(0.0, 1.0)
            }
        }
    }

    /// The later of a slot and the first of fault number `n`, where that waits for something.
    pub(super) fn not_before(&self, n: usize, calendar: Calendar<'_>, slot: i64) -> i64 {
        let waits = self.scenario.faults[n].onset.is_some();
        let from = calendar.window(n).filter(|_| waits).map(|(from, _)| from);
        from.map_or(slot, |from| from.max(slot))
    }
}

/// First slot of the stretch up to `slot` over which something holds.
pub(super) fn since(changes: &[Change], slot: i64, holds: impl Fn(&Change) -> bool) -> Option<i64> {
    let applied = changes.partition_point(|change| change.slot <= slot);
    let mut began = None;
    let mut next = None;
    for change in changes[..applied].iter().rev() {
        // A change that another of the same edge replaced never held.
        if next == Some(change.slot) {
            continue;
        }
        if !holds(change) {
            break;
        }
        (began, next) = (Some(change.slot), Some(change.slot));
    }
    began
}
