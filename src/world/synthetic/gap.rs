//! What nobody reads is not drawn, and drawn later if it turns out to matter.
//!
//! A rate reads differences of a counter, so increments before a window do not matter, but for two things: whether the
//! series exists yet, and whether its first value in the window is so small that the rate is cut at the counter's
//! zero. So requests and failures are drawn until every series is born; and where, after a gap, a counter's first value
//! in the window might let that cut bind, the gap is filled and the rows since then are raised.

use std::ops::Range;

use super::draw::Extent;
use super::state::{Gap, Life, Pod, WorldState};
use super::target::{Target, What};
use super::world::World;
use crate::series::{Samples, is_stale};
use crate::units::{Duration, Timestamp};

/// Prometheus cuts a rate at the counter's zero only where that lies nearer to the window's first value than 1.1 times
/// the mean distance of its values in time: only if the first value is less than 1.1 times the mean rise from one value
/// to the next.
const CUT: f64 = 1.2;

/// Slots of a gap that are filled at first; then twice as many, and so on.
const AT_FIRST: i64 = 5;

impl World {
    /// Goes from slot `next` to the first one that a window beginning after `since` reads (`last` at most) and returns it.
    pub(super) fn leap(
        &self,
        state: &mut WorldState,
        next: i64,
        last: i64,
        since: Timestamp,
        samples: &mut Samples,
    ) -> i64 {
        let after = since + Duration::from_millis(1);
        let resume = after.as_millis().div_euclid(self.slot).min(last);
        let mut slot = next;
        while slot < resume {
            self.apply(state, slot, samples);
            let is_unborn = |(target, pod): (&Target, &Pod)| {
                target.read && pod.life == Life::Serving && self.is_unborn(target, pod)
            };
            let births = self.targets.iter().zip(&state.pods).any(is_unborn);
            // Without births nothing is drawn, so nothing changes before traffic does.
            let change = state
                .changes
                .get(state.applied)
                .map_or(resume, |change| change.slot);
            let to = if births {
                slot + 1
            } else {
                change.clamp(slot + 1, resume)
            };
            for (target, pod) in self.targets.iter().zip(&mut state.pods) {
                if target.read && pod.life == Life::Serving {
                    let unborn = self.is_unborn(target, pod);
                    if !unborn || self.reads_more() {
                        widen(&mut pod.gaps, slot..to, samples.rows(target.axis), !unborn);
                    }
                }
            }
            if births {
                let change = state.changes[state.applied - 1];
                self.draw(state, &change, slot, Extent::Births);
            }
            slot = to;
        }
        for pod in &mut state.pods {
            if resume > next && pod.life != Life::Absent && pod.time < after.as_millis() {
                if pod.life == Life::Gone {
                    pod.life = Life::Absent;
                } else {
                    self.schedule(pod, after);
                }
            }
        }
        next.max(resume)
    }

    /// Whether some series of the pod may not exist yet.
    pub(super) fn is_unborn(&self, target: &Target, pod: &Pod) -> bool {
        if !target.born_by_use || self.scenario.observation.counters_start_at.is_some() {
            return false;
        }
        let none_in = |half: usize| pod.tally[half * self.half() + What::Requests.place()] == 0;
        if self.groups.len() == 1 {
            return none_in(0) || none_in(1);
        }
        let mut halves = 0..2 * self.groups.len();
        if self.shows_routes {
            return halves.any(none_in);
        }
        let none_of = |outcome| halves.clone().skip(outcome).step_by(2).all(none_in);
        none_of(0) || none_of(1)
    }

    /// Fills the gaps of pods whose rates in a window beginning after `since` might be cut at zero, as far back as that
    /// takes.
    pub(super) fn mend(&self, state: &mut WorldState, since: Timestamp, samples: &mut Samples) {
        for (n, target) in self.targets.iter().enumerate() {
            if state.pods[n].gaps.is_empty() {
                continue;
            }
            let from = samples.rows_until(target.axis, since.as_millis());
            let small = |samples: &Samples, column| {
                is_small(&samples.values(target.axis, column)[from..], self.whole_windows)
            };
            let mut slots = AT_FIRST;
            for column in 0..target.counts {
                while !state.pods[n].gaps.is_empty() && small(samples, column) {
                    self.fill_last(state, n, slots, samples);
                    slots *= 2;
                }
            }
        }
    }

    /// Draws what the gaps of a pod left out.
    pub(super) fn fill(&self, state: &mut WorldState, pod: usize, samples: &mut Samples) {
        while !state.pods[pod].gaps.is_empty() {
            self.fill_last(state, pod, i64::MAX, samples);
        }
    }

    /// Draws what the last `slots` of a pod's last gap left out, and raises the rows that came after.
    fn fill_last(&self, state: &mut WorldState, pod: usize, slots: i64, samples: &mut Samples) {
        let Some(gap) = state.pods[pod].gaps.pop() else {
            return;
        };
        let from = gap.from.max(gap.to.saturating_sub(slots));
        if gap.from < from {
            state.pods[pod].gaps.push(Gap { to: from, ..gap });
        }
        let mut before = core::mem::take(&mut state.before);
        before.clear();
        before.extend_from_slice(&state.pods[pod].tally);
        for slot in from..gap.to {
            let applied = state.changes.partition_point(|change| change.slot <= slot);
            let change = state.changes[applied.max(1) - 1];
            self.draw(state, &change, slot, Extent::Gap(pod, gap.counts));
        }
        let target = &self.targets[pod];
        for (column, how) in target.columns[..target.counts].iter().enumerate() {
            let rise = how.rise(&before, &state.pods[pod].tally);
            if rise != 0.0 {
                samples.raise(target.axis, column, gap.row, rise);
            }
        }
        state.before = before;
    }
}

/// Whether a rate of a counter with these values might be cut at zero: of all of them together (`whole`), or of some
/// in a row; of those the mean rise is at most the steepest.
fn is_small(values: &[f64], whole: bool) -> bool {
    let mut present = values.iter().copied().filter(|&value| !is_stale(value));
    let Some(first) = present.next() else { return false };
    let mut last = first;
    if whole {
        let mut rises = 0.0;
        for value in present {
            rises += 1.0;
            last = value;
        }
        return first * rises < CUT * (last - first);
    }
    let mut steepest = 0.0_f64;
    for value in present {
        steepest = steepest.max(value - last);
        last = value;
    }
    first < CUT * steepest
}

/// Adds slots to the last gap, or begins a new one.
fn widen(gaps: &mut Vec<Gap>, slots: Range<i64>, row: usize, counts: bool) {
    match gaps.last_mut() {
        Some(gap) if gap.to == slots.start && gap.row == row && gap.counts == counts => gap.to = slots.end,
        _ => gaps.push(Gap {
            from: slots.start,
            to: slots.end,
            row,
            counts,
        }),
    }
}
