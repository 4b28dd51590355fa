//! The way of a trial through the past: blocks of neighbouring slots, one after the other.
//!
//! A stationary bootstrap (Politis and Romano 1994) on all series together. A trial begins at a random slot and goes on
//! with its neighbours; before every slot it may jump, so that blocks have a mean length. It jumps to the same time of
//! day of any recorded day where the recording holds days enough, else within the day it began in.

use super::grid::Grid;
use super::past::Past;
use crate::seed::{Place, Seed, Stream};

/// Length of a day [ms].
const DAY: i64 = 86_400_000;

/// One trial's way, as far as anybody asked for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    cut: Stream,
    goal: Stream,
    /// Day the trial began in: first slot, and first slot after.
    day: (usize, usize),
    /// Slots 0, 1, 2, … of the trial.
    later: Vec<u32>,
    /// Slots -1, -2, …
    earlier: Vec<u32>,
}

/// Slots of a recording by time of day, where it holds enough of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock(Vec<(i64, u32)>);

impl Clock {
    /// The slots of `grid` by time of day, if most times of day were recorded more than once.
    pub fn of(grid: &Grid) -> Option<Self> {
        let of_day = |slot: usize| grid.time(slot).rem_euclid(DAY) / grid.interval;
        let mut slots: Vec<(i64, u32)> = (0..grid.len()).map(|slot| (of_day(slot), slot as u32)).collect();
        slots.sort_unstable();
        let times = slots.chunk_by(|a, b| a.0 == b.0);
        let often = times.filter(|same| same.len() > 1).count() as i64;
        (2 * often > DAY / grid.interval).then_some(Self(slots))
    }

    /// A slot at the time of day of `slot`.
    fn alike(&self, grid: &Grid, slot: usize, place: Place) -> usize {
        let time = grid.time(slot).rem_euclid(DAY) / grid.interval;
        let from = self.0.partition_point(|&(of_day, _)| of_day < time);
        let count = self.0[from..].partition_point(|&(of_day, _)| of_day <= time);
        self.0[from + pick(place, count)].1 as usize
    }
}

/// One of so many.
fn pick(place: Place, count: usize) -> usize {
    ((place.uniform() * count as f64) as usize).min(count.saturating_sub(1))
}

impl Past {
    /// The slot in which the trial with this seed begins.
    pub(super) fn start(&self, seed: Seed) -> usize {
        pick(seed.stream("block").at(0), self.grid.len())
    }

    /// The day in which the trial with this seed begins.
    pub fn day_of(&self, seed: Seed) -> usize {
        self.days.get(self.start(seed)).map_or(0, |&day| day as usize)
    }

    pub(super) fn begin(&self, path: &mut Path, seed: Seed) {
        path.cut = seed.stream("block ends");
        path.goal = seed.stream("block");
        path.later.clear();
        path.earlier.clear();
        let start = self.start(seed);
        path.later.push(start as u32);
        let day = self.days.get(start).copied().unwrap_or(0);
        path.day = match self.clock {
            Some(_) => (0, self.grid.len()),
            None => (
                self.days.partition_point(|&of| of < day),
                self.days.partition_point(|&of| of <= day),
            ),
        };
    }

    /// The recorded slot that the trial's slot `slot` is.
    pub(super) fn at(&self, path: &mut Path, slot: i64) -> usize {
        let (from, to) = path.day;
        while path.later.len() as i64 <= slot {
            let next = path.later.len() as i64;
            let last = path.later[path.later.len() - 1] as usize;
            let beside = if last + 1 < to { last + 1 } else { from };
            let jumps = self.jumps(path, next) || last + 1 >= to && self.clock.is_some();
            path.later.push(self.step(path, jumps, beside, last, next) as u32);
        }
        while (path.earlier.len() as i64) < -slot {
            let next = -(path.earlier.len() as i64) - 1;
            let last = *path.earlier.last().unwrap_or(&path.later[0]) as usize;
            let beside = if last > from { last - 1 } else { to - 1 };
            let jumps = self.jumps(path, next + 1) || last == from && self.clock.is_some();
            path.earlier
                .push(self.step(path, jumps, beside, last, next) as u32);
        }
        let slots = if slot < 0 { &path.earlier } else { &path.later };
        slots[if slot < 0 { -slot - 1 } else { slot } as usize] as usize
    }

    /// Whether a block ends between slot `edge - 1` and slot `edge`.
    fn jumps(&self, path: &Path, edge: i64) -> bool {
        path.cut.at(edge).happens(1.0 / self.block)
    }

    fn step(&self, path: &Path, jumps: bool, beside: usize, last: usize, slot: i64) -> usize {
        if !jumps {
            return beside;
        }
        let place = path.goal.at(slot);
        match &self.clock {
            Some(clock) => clock.alike(&self.grid, last, place),
            None => path.day.0 + pick(place, path.day.1 - path.day.0),
        }
    }
}
