//! What nobody reads is not drawn, and drawn later if it turns out to matter.
//!
//! A rate reads differences of a counter, so increments before a window do not matter, but for two things: whether the
//! series exists yet, and whether its first value in the window is so small that the rate is cut at the counter's
//! zero. So requests and failures are drawn until every series is born; and where, after a gap, a counter's first value
//! in the window might let that cut bind, the gap is filled and the rows since then are raised.

use super::draw::Extent;
use super::state::{Gap, Life, Pod, WorldState};
use super::target::{Target, What};
use super::world::World;
use crate::series::Samples;
use crate::units::{Duration, Timestamp};

/// The cut at zero can bind only if the first value is less than 1.1 times the increase in the window (the gap before
/// the first sample counts only when shorter than 1.1 mean spacings, and there is at least one spacing).
const CUT: f64 = 1.2;

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
        for slot in next..resume {
            self.apply(state, slot, samples);
            let mut births = false;
            for (target, pod) in self.targets.iter().zip(&mut state.pods) {
                if target.read && pod.life == Life::Serving {
                    let unborn = self.is_unborn(target, pod);
                    births |= unborn;
                    if !unborn || self.reads_time || self.reads_bounds {
                        widen(&mut pod.gaps, slot, samples.rows(target.axis), !unborn);
                    }
                }
            }
            if births {
                let change = state.changes[state.applied - 1];
                self.draw(state, &change, slot, Extent::Births);
            }
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
        let requests = |half: usize| pod.tally[half + What::Requests.place()];
        let unborn = requests(0) == 0 || requests(What::half(self.bounds)) == 0;
        target.born_by_use && self.scenario.observation.counters_start_at.is_none() && unborn
    }

    /// Fills the gaps of all pods whose rates in a window beginning after `since` might be cut at zero.
    pub(super) fn mend(&self, state: &mut WorldState, since: Timestamp, samples: &mut Samples) {
        for (n, target) in self.targets.iter().enumerate() {
            if state.pods[n].gaps.is_empty() {
                continue;
            }
            let small = (0..target.columns.len()).any(|column| {
                let ends = samples.ends(target.axis, column, since.as_millis());
                ends.is_some_and(|(first, last)| last > first && first < CUT * (last - first))
            });
            if small {
                self.fill(state, n, samples);
            }
        }
    }

    /// Draws what the gaps of a pod left out, and raises the rows that came after.
    pub(super) fn fill(&self, state: &mut WorldState, pod: usize, samples: &mut Samples) {
        for n in 0..state.pods[pod].gaps.len() {
            let gap = state.pods[pod].gaps[n];
            let mut before = core::mem::take(&mut state.before);
            before.clear();
            before.extend_from_slice(&state.pods[pod].tally);
            for slot in gap.from..gap.to {
                let applied = state.changes.partition_point(|change| change.slot <= slot);
                let change = state.changes[applied.max(1) - 1];
                self.draw(state, &change, slot, Extent::Gap(pod, gap.counts));
            }
            let target = &self.targets[pod];
            for (column, how) in target.columns.iter().enumerate() {
                let rise = how.rise(&before, &state.pods[pod].tally);
                if rise != 0.0 {
                    samples.raise(target.axis, column, gap.row, rise);
                }
            }
            state.before = before;
        }
        state.pods[pod].gaps.clear();
    }
}

/// Adds a slot to the last gap, or begins a new one.
fn widen(gaps: &mut Vec<Gap>, slot: i64, row: usize, counts: bool) {
    match gaps.last_mut() {
        Some(gap) if gap.to == slot && gap.row == row && gap.counts == counts => gap.to += 1,
        _ => gaps.push(Gap {
            from: slot,
            to: slot + 1,
            row,
            counts,
        }),
    }
}
