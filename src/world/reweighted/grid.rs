//! When a recording was scraped: its time cut into slots of one scrape interval, gaps left out.

use crate::recording::Recording;
use crate::series::{SeriesId, is_stale};

/// Prometheus looks back no further: after a longer gap nothing is known of what came before, and the recording goes
/// on elsewhere.
const LONGEST_GAP: i64 = 5 * 60 * 1000;

/// Samples of other times than these are no recording [ms]: 30,000 years from 1970.
const LATEST: i64 = 1_000_000_000_000_000;

/// Slots of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Grid {
    /// Length of a slot [ms].
    pub interval: i64,
    /// Start of the first cell, milliseconds since 1970.
    origin: i64,
    /// Numbers of the cells that are slots, ascending.
    cells: Vec<i64>,
}

/// When one target was scraped.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scrapes {
    times: Vec<i64>,
    cells: Vec<i64>,
}

impl Grid {
    /// The slots of the targets whose series these are, and the scrapes of each.
    pub fn new(recording: &Recording, targets: &[Vec<SeriesId>]) -> (Self, Vec<Scrapes>) {
        let mut scrapes: Vec<Scrapes> = targets
            .iter()
            .map(|series| Scrapes::of(recording, series))
            .collect();
        let typical =
            |scrapes: &Scrapes| median(scrapes.times.windows(2).map(|pair| pair[1] - pair[0]).collect());
        let interval = scrapes
            .iter()
            .filter_map(typical)
            .min()
            .unwrap_or(15_000)
            .max(1000);
        let origin = scrapes
            .iter()
            .filter_map(|scrapes| scrapes.times.first().copied())
            .min()
            .unwrap_or(0);
        for scrapes in &mut scrapes {
            scrapes.place(origin, interval);
        }
        let mut seen: Vec<i64> = scrapes
            .iter()
            .flat_map(|scrapes| scrapes.cells.iter().copied())
            .collect();
        seen.sort_unstable();
        seen.dedup();
        let longest = (LONGEST_GAP / interval).max(1);
        let mut cells = Vec::new();
        for pair in seen.windows(2) {
            // What was counted before the first scrape of a stretch is not known: it is no slot.
            if pair[1] - pair[0] <= longest {
                cells.extend(pair[0] + 1..=pair[1]);
            }
        }
        let grid = Self {
            interval,
            origin,
            cells,
        };
        (grid, scrapes)
    }

    /// Number of slots.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// End of a slot, milliseconds since 1970.
    pub fn time(&self, slot: usize) -> i64 {
        self.origin + self.cells[slot] * self.interval
    }

    /// The slot of a cell, if it is one.
    pub fn slot(&self, cell: i64) -> Option<usize> {
        self.cells.binary_search(&cell).ok()
    }

    /// The longest gap that is bridged, in cells.
    pub fn longest_gap(&self) -> i64 {
        (LONGEST_GAP / self.interval).max(1)
    }
}

impl Scrapes {
    fn of(recording: &Recording, series: &[SeriesId]) -> Self {
        let mut times: Vec<i64> = series
            .iter()
            .flat_map(|&id| recording.series(id))
            .filter(|(time, value)| !is_stale(*value) && (-LATEST..LATEST).contains(time))
            .map(|(time, _)| time)
            .collect();
        times.sort_unstable();
        times.dedup();
        Self {
            times,
            cells: Vec::new(),
        }
    }

    /// Numbers the scrapes: neighbours that are one interval apart get neighbouring cells, however time drifts; after
    /// a gap the clock counts again.
    fn place(&mut self, origin: i64, interval: i64) {
        let nearest = |length: i64| (length + interval / 2).div_euclid(interval);
        let own = median(self.times.windows(2).map(|pair| pair[1] - pair[0]).collect());
        let own = own.unwrap_or(interval).max(1);
        let mut last: Option<(i64, i64)> = None;
        for &time in &self.times {
            let by_clock = nearest(time - origin);
            let cell = match last {
                None => by_clock,
                // Two samples of one scrape.
                Some((before, cell)) if time - before < interval / 2 => cell,
                Some((before, cell)) if time - before <= own + own / 2 => cell + nearest(own).max(1),
                Some((_, cell)) => by_clock.max(cell + 1),
            };
            self.cells.push(cell);
            last = Some((time, cell));
        }
    }

    /// The cell of the scrape at `time`.
    pub fn cell(&self, time: i64) -> Option<i64> {
        self.times.binary_search(&time).ok().map(|at| self.cells[at])
    }

    /// Times between neighbouring scrapes [ms].
    pub fn apart(&self) -> impl Iterator<Item = i64> {
        self.times.windows(2).map(|pair| pair[1] - pair[0])
    }

    /// Whether a scrape came in a cell of `from..to`.
    pub fn any(&self, from: i64, to: i64) -> bool {
        let at = self.cells.partition_point(|&cell| cell < from);
        self.cells.get(at).is_some_and(|&cell| cell < to)
    }

    /// All cells, ascending; some of them twice.
    pub fn cells(&self) -> &[i64] {
        &self.cells
    }
}

fn median(mut values: Vec<i64>) -> Option<i64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    Some(*values.select_nth_unstable(middle).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Builder;
    use crate::series::Labels;

    fn grid(times: &[i64]) -> (Grid, Vec<Scrapes>) {
        let mut builder = Builder::default();
        let series = builder.series(Labels::new([("__name__", "a")]));
        times.iter().for_each(|&time| builder.push(series, time, 0.0));
        Grid::new(&builder.build().expect("there are samples"), &[vec![SeriesId(0)]])
    }

    #[test]
    fn a_scrape_loop_that_drifts_has_no_gaps() {
        // 5.1 s apart, with one pause of 10.6 s: one slot is empty.
        let mut times: Vec<i64> = (0..400).map(|n| 1_000_000 + n * 5_100 + n % 3).collect();
        times.iter_mut().skip(200).for_each(|time| *time += 5_500);
        let (grid, scrapes) = grid(&times);
        assert_eq!(grid.interval, 5_101);
        assert_eq!((grid.len(), scrapes[0].cells().len()), (400, 400));
        let missing = (0..grid.len()).filter(|&slot| {
            let cell = grid.cells[slot];
            !scrapes[0].any(cell, cell + 1)
        });
        assert_eq!(missing.count(), 1);
    }

    #[test]
    fn long_gaps_are_left_out_and_short_ones_stay() {
        let minutes = |from: i64, count: i64| (0..count).map(move |n| from + n * 15_000);
        let times: Vec<i64> = minutes(0, 10)
            .chain(minutes(300_000, 10))
            .chain(minutes(9_000_000, 5))
            .collect();
        let (grid, _) = grid(&times);
        // 9 increments, a gap of 11 slots, 9 increments; then 4 elsewhere.
        assert_eq!(grid.len(), 9 + 11 + 9 + 4);
        assert_eq!(grid.time(0), 15_000);
        assert_eq!(grid.time(grid.len() - 1), 9_060_000);
        assert_eq!(grid.slot(0), None);
    }
}
