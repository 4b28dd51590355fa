//! When the faults of a trial hold, in cells of the time grid.

use crate::scenario::{Cause, Fault};
use crate::seed::{Place, Seed};
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
}

impl Milestone {
    /// The planned length of the step waited for, if this is what `since` waits for or comes in its place.
    fn is(self, since: Cause) -> Option<Duration> {
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
            let luck = place(seed, onset.from).uniform();
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

    /// First cell of fault number `n`, and first cell after; `started`: the first cell in which the canary has traffic.
    /// None: it has not begun.
    pub fn window(&self, n: usize, fault: &Fault, started: Option<i64>, cell: i64) -> Option<(i64, i64)> {
        let from = match fault.onset {
            None => started?,
            Some(onset) if onset.from == Cause::Request => {
                let delay = onset.delay(self.0[n].luck, Duration::ZERO);
                edge_after(
                    Timestamp::from_millis(started?.saturating_mul(cell)) + delay,
                    cell,
                )
            }
            Some(_) => self.0[n].cell?,
        };
        let cells = |length: Duration| (length.as_millis() / cell).max(1);
        Some((
            from,
            fault
                .length
                .map_or(i64::MAX, |length| from.saturating_add(cells(length))),
        ))
    }
}

/// The first edge at or after `at`: what was drawn up to then stays as it was.
pub(super) fn edge_after(at: Timestamp, cell: i64) -> i64 {
    let millis = at.as_millis();
    millis.div_euclid(cell) + i64::from(millis.rem_euclid(cell) > 0)
}

/// Where the luck of an onset lies.
fn place(seed: Seed, since: Cause) -> Place {
    let (kind, number) = match since {
        Cause::Request => ("request", 0),
        Cause::Start => ("start", 0),
        Cause::Step(number) => ("step", number),
        Cause::Pause(number) => ("pause", number),
        Cause::Promotion => ("promotion", 0),
    };
    seed.stream("onset").named(kind).at(i64::from(number))
}
