//! From a counter's samples to what it counted in each slot.

use super::grid::{Grid, Scrapes};
use crate::recording::Recording;
use crate::series::{SeriesId, is_stale};

/// What one series counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counted {
    /// Increments by slot.
    pub by_slot: Vec<f64>,
    /// Whether it came into being while its target was watched, with something counted already.
    pub born_by_use: bool,
    /// Whether it was seen at zero: it is there before it counts anything.
    pub seen_at_zero: bool,
}

/// Increments of a counter as Prometheus would see them: a value below the one before is a restart and counts whole;
/// across a gap the increment falls to the first scrape after it. One thing is better known here than `increase` knows
/// it: a series that appears while its target is being watched began at zero.
pub(super) fn increments(recording: &Recording, series: SeriesId, grid: &Grid, scrapes: &Scrapes) -> Counted {
    let mut counted = Counted {
        by_slot: vec![0.0; grid.len()],
        born_by_use: false,
        seen_at_zero: false,
    };
    let mut last: Option<(i64, f64)> = None;
    for (time, value) in recording.series(series) {
        if is_stale(value) {
            last = None;
            continue;
        }
        let Some(cell) = scrapes.cell(time).filter(|_| value.is_finite() && value >= 0.0) else {
            continue;
        };
        counted.seen_at_zero |= value == 0.0;
        let increment = match last {
            Some((before, from)) if cell - before <= grid.longest_gap() => {
                if value >= from {
                    value - from
                } else {
                    value
                }
            }
            Some(_) => 0.0,
            None if scrapes.any(cell - grid.longest_gap(), cell) => {
                counted.born_by_use |= value > 0.0;
                value
            }
            None => 0.0,
        };
        if let Some(slot) = grid.slot(cell) {
            counted.by_slot[slot] += increment;
        }
        last = Some((cell, value));
    }
    counted
}

/// Values of a gauge by slot; where there is none, the stale marker.
pub(super) fn values(recording: &Recording, series: SeriesId, grid: &Grid, scrapes: &Scrapes) -> Vec<f64> {
    let mut values = vec![crate::series::STALE; grid.len()];
    for (time, value) in recording.series(series) {
        if let Some(slot) = scrapes.cell(time).and_then(|cell| grid.slot(cell)) {
            values[slot] = value;
        }
    }
    values
}

/// Whether all increments are whole numbers that a request can be counted by.
pub(super) fn are_whole(increments: &[f64]) -> bool {
    increments
        .iter()
        .all(|value| (value - libm::round(*value)).abs() < 1e-6 && *value < super::family::MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Builder;
    use crate::series::Labels;

    #[test]
    fn restarts_births_and_gaps_are_what_increase_makes_of_them() {
        let mut builder = Builder::default();
        let up = builder.series(Labels::new([("__name__", "up")]));
        let a = builder.series(Labels::new([("__name__", "a")]));
        let b = builder.series(Labels::new([("__name__", "b")]));
        for n in 0..10 {
            builder.push(up, n * 15_000, 1.0);
        }
        // A restart at 60 s; missing at 90 s.
        for (n, value) in [
            (0, 7.0),
            (1, 9.0),
            (2, 9.0),
            (3, 12.0),
            (4, 2.0),
            (5, 3.0),
            (7, 8.0),
        ] {
            builder.push(a, n * 15_000, value);
        }
        builder.push(b, 45_000, 4.0);
        builder.push(b, 60_000, 5.0);
        let recording = builder.build().expect("there are samples");
        let ids: Vec<SeriesId> = recording.layout.series().map(|(id, _)| id).collect();
        let (grid, scrapes) = Grid::new(&recording, &[ids]);
        let of = |name: &str| {
            let mut series = recording.layout.series();
            let (id, _) = series
                .find(|(_, labels)| labels.name() == Some(name))
                .expect("it is there");
            increments(&recording, id, &grid, &scrapes[0])
        };
        let a = of("a");
        assert_eq!(a.by_slot, [2.0, 0.0, 3.0, 2.0, 1.0, 0.0, 5.0, 0.0, 0.0]);
        assert!(!a.born_by_use);
        let b = of("b");
        assert_eq!(b.by_slot[..4], [0.0, 0.0, 4.0, 1.0]);
        assert!(b.born_by_use);
        assert!(are_whole(&a.by_slot) && !are_whole(&[0.5]));
    }
}
