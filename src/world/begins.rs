//! When the faults of a trial hold, in cells of the time grid.

use crate::scenario::{Cause, Fault};
use crate::seed::Seed;
use crate::units::{Duration, Timestamp};

/// What a rollout comes to besides what its traffic does. Harm may wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milestone {
    /// A step became the current one.
    Step {
        /// Which, counted from 1.
        number: u32,
        /// Which of the pauses it is, counted from 1; absent: none.
        pause: Option<u32>,
        /// Its planned length.
        length: Duration,
    },
    /// The canary became the stable version.
    Promotion,
    /// The rollout was rolled back: the step that it was at is over.
    Rollback,
}

impl Milestone {
    /// The planned length of the step waited for, if this is what `since` waits for or comes in its place.
    pub(super) fn is(self, since: Cause) -> Option<Duration> {
        match (self, since) {
            (Self::Step { number, length, .. }, Cause::Step(wanted)) if number == wanted => Some(length),
            (Self::Step { pause, length, .. }, Cause::Pause(wanted)) if pause == Some(wanted) => Some(length),
            (Self::Promotion, Cause::Promotion | Cause::Step(_) | Cause::Pause(_)) => Some(Duration::ZERO),
            _ => None,
        }
    }
}

/// Of each fault of a trial when it begins, as far as that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Begins(Vec<Begin>);

#[derive(Clone, Copy, Debug)]
struct Begin {
    luck: f64,
    /// First cell, of what waits for something else than requests.
    cell: Option<i64>,
}

impl Begins {
    /// Begins a trial; cells are `cell` ms long.
    pub fn begin(&mut self, faults: &[Fault], seed: Seed, cell: i64) {
        self.0.clear();
        self.0.extend(faults.iter().map(|fault| {
            let Some(onset) = fault.onset else {
                return Begin {
                    luck: 0.0,
                    cell: None,
                };
            };
            let luck = luck(seed, onset.from, 0);
            let start = onset.from == Cause::Start;
            let at = Timestamp::ZERO + onset.delay(luck, Duration::ZERO);
            Begin {
                luck,
                cell: start.then(|| edge_after(at, cell)),
            }
        }));
    }

    /// The rollout came to `milestone` at `at`; the first time counts.
    pub fn reach(&mut self, faults: &[Fault], at: Timestamp, milestone: Milestone, cell: i64) {
        for (fault, begin) in faults
            .iter()
            .zip(&mut self.0)
            .filter(|(_, begin)| begin.cell.is_none())
        {
            if let Some(onset) = fault.onset
                && let Some(length) = milestone.is(onset.from)
            {
                begin.cell = Some(edge_after(at + onset.delay(begin.luck, length), cell));
            }
        }
    }
}

/// The faults of one trial in time, as far as it is known: when they hold, and how far they have grown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar<'a> {
    pub faults: &'a [Fault],
    pub begins: &'a Begins,
    /// First cell in which the canary has traffic.
    pub started: Option<i64>,
    /// Length of a cell [ms].
    pub cell: i64,
}

impl Calendar<'_> {
    /// First cell of fault number `n`, and first cell after; none: it has not begun.
    pub fn window(&self, n: usize) -> Option<(i64, i64)> {
        let (fault, begin) = (&self.faults[n], &self.begins.0[n]);
        let from = match fault.onset {
            None => self.started?,
            Some(onset) if onset.from == Cause::Request => {
                let delay = onset.delay(begin.luck, Duration::ZERO);
                edge_after(self.edge(self.started?) + delay, self.cell)
            }
            Some(_) => begin.cell?,
        };
        let cells = |length: Duration| (length.as_millis() / self.cell).max(1);
        let end = fault
            .length
            .map_or(i64::MAX, |length| from.saturating_add(cells(length)));
        Some((from, end))
    }

    /// Whether fault number `n` has begun in `cell` and not healed.
    pub fn holds(&self, n: usize, cell: i64) -> bool {
        let within = |(from, to): (i64, i64)| (from..to).contains(&cell);
        self.is_always(n) || self.window(n).is_some_and(within)
    }

    /// How far fault number `n` has grown in the middle of `cell`, 0 to 1.
    pub fn height(&self, n: usize, cell: i64) -> f64 {
        let ramp = self.faults[n].ramp.as_millis();
        if ramp <= 0 {
            return 1.0;
        }
        let since = self
            .window(n)
            .map_or(0.0, |(began, _)| (cell - began) as f64 + 0.5);
        (since * self.cell as f64 / ramp as f64).clamp(0.0, 1.0)
    }

    /// The part of a time in which fault number `n` holds; it may be empty.
    pub fn within(&self, n: usize, from: Timestamp, until: Timestamp) -> Option<(Timestamp, Timestamp)> {
        if self.is_always(n) {
            return Some((from, until));
        }
        let (first, end) = self.window(n)?;
        // A fault that begins with the first request does so within its cell.
        let waits = self.faults[n].onset.is_some();
        let from = if waits { from.max(self.edge(first)) } else { from };
        Some((from, until.min(self.edge(end))))
    }

    /// When all of the faults have ended by themselves; none where some do not, or where there are none.
    pub fn healed(&self) -> Option<Timestamp> {
        let end = |n| self.window(n).map(|(_, end)| end).filter(|&end| end < i64::MAX);
        let mut faults = 0..self.faults.len();
        let last = faults.try_fold(None, |last, n| Some(last.max(Some(end(n)?))))??;
        Some(self.edge(last))
    }

    fn is_always(&self, n: usize) -> bool {
        self.faults[n].onset.is_none() && self.faults[n].length.is_none()
    }

    fn edge(&self, cell: i64) -> Timestamp {
        Timestamp::from_millis(cell.saturating_mul(self.cell))
    }
}

/// The first edge at or after `at`: what was drawn up to then stays as it was.
pub(super) fn edge_after(at: Timestamp, cell: i64) -> i64 {
    let millis = at.as_millis();
    millis.div_euclid(cell) + i64::from(millis.rem_euclid(cell) > 0)
}

/// The luck of an onset that waits for something which has come so often before.
pub(super) fn luck(seed: Seed, since: Cause, before: usize) -> f64 {
    let (kind, number) = match since {
        Cause::Request => ("request", 0),
        Cause::Start => ("start", 0),
        Cause::Step(number) => ("step", number),
        Cause::Pause(number) => ("pause", number),
        Cause::Promotion => ("promotion", 0),
    };
    let place = i64::from(number) | (before as i64) << 32;
    seed.stream("onset").named(kind).at(place).uniform()
}
