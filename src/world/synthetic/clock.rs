//! Two clocks of one release. What users meet is counted from their first request on the canary; what copies and probes
//! meet from the first of anybody. So those see faults grow, heal and saturate though no user is there, and move no
//! user's harm.

use super::super::begins::Calendar;
use super::draw::Extent;
use super::state::{Change, WorldState};
use super::world::World;
use crate::scenario::exposition::Arm;
use crate::scenario::{Cause, Course, Scenario};
use crate::seed::Key;
use crate::units::{Duration, Timestamp};

/// Luck of copies and probes where they are drawn apart from users.
pub(super) const BESIDE: Key = Key::new("beside");

/// Whether the release's faults depend on how long requests have come, so that the two clocks may tell different things.
pub(super) fn has_two(scenario: &Scenario) -> bool {
    scenario.faults.iter().any(|fault| {
        let course = fault.gauges.as_ref().map(|met| met.course);
        let onset = fault.onset.filter(|onset| onset.from == Cause::Request);
        let waits = onset.is_some_and(|onset| onset.delay(0.5, Duration::ZERO) > Duration::ZERO);
        let by_request = fault.onset.is_none() || onset.is_some();
        matches!(course, Some(Course::Saturates(_)))
            || matches!(course, Some(Course::Leaks(_))) && onset.is_some()
            || by_request && (waits || fault.ramp > Duration::ZERO || fault.length.is_some())
    })
}

impl World {
    /// The faults in time for who meets such a change.
    pub(super) fn calendar_for<'a>(&'a self, state: &'a WorldState, change: &Change) -> Calendar<'a> {
        let mut calendar = self.calendar(state);
        if change.beside {
            let first = [state.started, state.first_beside];
            calendar.started = first.into_iter().flatten().min();
        }
        calendar
    }

    /// The change as copies and probes meet it in a slot, where some come: whatever is wrong with the release from its
    /// first request on is wrong for them too.
    pub(super) fn met(&self, state: &WorldState, change: &Change, slot: i64) -> Change {
        let beside = self.come_beside(state, change, slot);
        // They have a share too, the least there is.
        let unseen = beside && change.share <= 0.0;
        let share = if unseen { f64::MIN_POSITIVE } else { change.share };
        Change {
            share,
            beside,
            ..*change
        }
    }

    /// Whether copies or probes come in a slot.
    fn come_beside(&self, state: &WorldState, change: &Change, slot: i64) -> bool {
        change.pods[0] > 0
            && self.has_beside(state)
            && (self.mirrored(state, slot) > 0.0 || self.probing(state, change, slot) > 0.0)
    }

    /// Something was told at `now`: copies or probes may begin to come earlier or later than was known.
    pub(super) fn note_first_beside(&self, state: &mut WorldState, now: Timestamp) {
        let slot = now.as_millis().div_euclid(self.slot);
        if !self.has_beside(state) || state.first_beside.is_some_and(|first| first < slot) {
            return;
        }
        let come = |&edge: &i64| self.come_beside(state, &state.change_in(edge), edge);
        state.first_beside = self.edges_beside(state).filter(come).min();
    }

    /// Every slot in which requests beside the users' may begin to come or cease.
    fn edges_beside<'a>(&'a self, state: &'a WorldState) -> impl Iterator<Item = i64> + 'a {
        let probes = (0..self.probing.len()).filter_map(|n| self.probes(state).window(n));
        let spells = state.probes.spells.iter().copied();
        let probes = probes.chain(spells).flat_map(|(from, to)| [from, to]);
        let changes = state.changes.iter().map(|change| change.slot);
        let mirrors = state.mirrors.iter().map(|mirror| mirror.slot);
        changes.chain(mirrors).chain(probes)
    }

    /// First slot of the stretch up to `slot` over which requests of any kind come to the canary.
    pub(super) fn come_since(&self, state: &WorldState, slot: i64) -> Option<i64> {
        let come = |slot: i64| {
            let change = state.change_in(slot);
            change.share > 0.0 || self.come_beside(state, &change, slot)
        };
        let (mut began, mut at) = (None, slot);
        while come(at) {
            let edge = self.edges_beside(state).filter(|&edge| edge <= at).max()?;
            (began, at) = (Some(edge), edge - 1);
        }
        began
    }

    /// Draws a slot's copies and probes apart from its users' requests, with luck of their own.
    pub(super) fn draw_beside(
        &self,
        state: &mut WorldState,
        met: &Change,
        slot: i64,
        requests: u32,
        extent: Extent,
    ) {
        if requests == 0 || !self.reads[0] {
            return;
        }
        let noise = self.noise.at(&mut state.paths, slot).canary;
        let (load, _) = self.loads(state, met, Arm::Canary, slot, [0, requests, 0]);
        Self::swap_luck(state);
        self.share_out(state, load, extent, |state, pod, group| {
            self.on_canary(state, met, slot, noise, (pod, group), true)
        });
        Self::swap_luck(state);
    }

    fn swap_luck(state: &mut WorldState) {
        for pod in &mut state.pods {
            core::mem::swap(&mut pod.streams, &mut pod.streams_beside);
        }
        let gauges = &mut state.gauges;
        core::mem::swap(&mut gauges.parts, &mut gauges.parts_beside);
    }

    /// First moment before `until` at which a request that harms nobody can show what is wrong with the release.
    pub fn shows(&self, state: &WorldState, until: Timestamp) -> Option<Timestamp> {
        if !self.has_beside(state) {
            return None;
        }
        let shows = |&slot: &i64| {
            let change = self.met(state, &state.change_in(slot), slot);
            let comes = || !Self::is_silent(state, slot) || self.probing(state, &change, slot) > 0.0;
            change.beside && comes() && self.is_wrong(state, &change, slot)
        };
        let slot = (0..until.as_millis().div_euclid(self.slot)).find(shows)?;
        Some(Timestamp::from_millis(slot * self.slot))
    }

    /// Whether something is wrong with the release in a slot that a request or a gauge can show.
    fn is_wrong(&self, state: &WorldState, change: &Change, slot: i64) -> bool {
        let calendar = self.calendar_for(state, change);
        let mut faults = self.scenario.faults.iter().enumerate();
        faults.any(|(n, fault)| {
            // What grows with its gauge is shown by that from the start, by requests only at its end.
            let grown = || match self.progress(n, state, change, slot, 0) {
                part if self.is_gauged(n) => part > 0.0,
                part => part >= 1.0,
            };
            change.share > fault.above && calendar.holds(n, slot) && calendar.height(n, slot) > 0.0 && grown()
        })
    }
}
