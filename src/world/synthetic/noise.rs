//! Correlated noise: Ornstein-Uhlenbeck paths in the logarithm, drawn cell by cell away from the rollout's start, in
//! both directions (the process looks the same backwards), so that it does not matter how far back anybody looks.

use crate::scenario::Scenario;
use crate::seed::{Place, Seed, Stream};

const DAY: f64 = 86_400.0;
const TURN: f64 = 2.0 * core::f64::consts::PI;

/// Parameters shared by all trials.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    law: Law,
    /// Cosine and sine of the angle by which the day turns from a block's first cell to each of its cells.
    turns: [[f64; 2]; BLOCK],
}

/// What a path follows from, but for its luck.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Law {
    /// Slots in a cell: a tenth of the correlation time, at least one.
    cell: i64,
    /// Correlation of neighbouring cells, and sd of what is new in the next.
    keep: f64,
    new: f64,
    /// Log-sd of traffic, shared errors, the canary's own, the stable version's own.
    sds: [f64; PATHS],
    daily: f64,
    /// Mean requests in a slot.
    rate: f64,
    slot_seconds: f64,
}

const PATHS: usize = 4;
const TRAFFIC: usize = 0;
const SHARED: usize = 1;
const CANARY: usize = 2;
const STABLE: usize = 3;
const NAMES: [&str; PATHS] = [
    "noise of traffic",
    "noise of errors",
    "noise of errors of the canary",
    "noise of errors of the stable",
];

/// What the noise makes of one cell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    /// Mean requests in a slot.
    pub rate: f64,
    /// Factor of the canary's error ratio.
    pub canary: f64,
    /// The part of the error noise that both versions share, in the logarithm.
    shared: f64,
}

/// One seed's paths, as far as they are drawn. Trials of one seed whose worlds have one law may hand them on.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths {
    /// Whose they are; nobody's at first.
    of: Option<(Seed, Law)>,
    streams: [Stream; PATHS],
    time_of_day: f64,
    /// Cells 0, 1, 2, …
    later: Side,
    /// Cells -1, -2, …
    earlier: Side,
}

/// The paths on one side of the start.
#[derive(Clone, Debug, Default)]
struct Side {
    cells: Vec<Cell>,
    /// Factors of the stable version's error ratio: they end with the last look, the cells with the horizon.
    stable: Vec<f64>,
    /// Where each path is in the last cell drawn.
    ends: [f64; PATHS],
}

/// Cells that are drawn together: their arithmetic goes on side by side.
const BLOCK: usize = 8;

impl Noise {
    pub fn new(scenario: &Scenario) -> Self {
        let slot = scenario.observation.slot().as_millis();
        let noise = scenario.service.noise;
        let cell = (noise.correlation.as_millis() / 10 / slot).max(1);
        let keep = if noise.correlation.as_millis() > 0 {
            libm::exp(-(cell as f64 * slot as f64) / noise.correlation.as_millis() as f64)
        } else {
            0.0
        };
        let slot_seconds = slot as f64 / 1000.0;
        Self {
            law: Law {
                cell,
                keep,
                new: libm::sqrt(1.0 - keep * keep),
                sds: [scenario.traffic.noise, noise.shared, noise.private, noise.private],
                daily: scenario.traffic.daily,
                rate: scenario.traffic.rate * slot_seconds,
                slot_seconds,
            },
            turns: core::array::from_fn(|n| {
                let angle = TURN * n as f64 * cell as f64 * slot_seconds / DAY;
                [libm::cos(angle), libm::sin(angle)]
            }),
        }
    }

    /// Mean requests in a slot.
    pub fn mean_rate(&self) -> f64 {
        self.law.rate
    }

    /// Whether a seed's paths are the same under another law.
    pub fn is_like(&self, other: &Self) -> bool {
        self.law == other.law
    }

    /// Slots in a cell.
    pub const fn cell_slots(&self) -> i64 {
        self.law.cell
    }

    /// Begins a trial; what is drawn already of its seed's paths is kept.
    pub fn begin(&self, paths: &mut Paths, seed: Seed) {
        let of = Some((seed, self.law));
        if paths.of == of {
            return;
        }
        paths.of = of;
        paths.streams = NAMES.map(|name| seed.stream(name));
        paths.time_of_day = seed.stream("time of day").at(0).uniform();
        for side in [&mut paths.later, &mut paths.earlier] {
            side.cells.clear();
            side.stable.clear();
        }
    }

    /// The cell that holds `slot`.
    #[inline]
    pub fn at(&self, paths: &mut Paths, slot: i64) -> Cell {
        let (later, n) = side(slot.div_euclid(self.law.cell));
        match paths.side(later).cells.get(n) {
            Some(cell) => *cell,
            None => {
                self.reach(paths, later, n);
                paths.side(later).cells[n]
            }
        }
    }

    /// Factor of the stable version's error ratio in `slot`.
    #[inline]
    pub fn stable(&self, paths: &mut Paths, slot: i64) -> f64 {
        let (later, n) = side(slot.div_euclid(self.law.cell));
        match paths.side(later).stable.get(n) {
            Some(stable) => *stable,
            None => {
                self.reach(paths, later, n);
                self.reach_stable(paths, later, n);
                paths.side(later).stable[n]
            }
        }
    }

    /// Draws the paths of traffic and of the canary's errors up to cell `n` of a side.
    #[inline(never)]
    fn reach(&self, paths: &mut Paths, later: bool, n: usize) {
        if paths.later.cells.is_empty() {
            let mut start = [0.0; PATHS];
            for (path, start) in start.iter_mut().enumerate() {
                if self.law.sds[path] > 0.0 {
                    *start = paths.streams[path].at(0).normal();
                }
            }
            (paths.later.ends, paths.earlier.ends) = (start, start);
            let [traffic, shared, canary, stable] = start;
            let [rate, ..] = self.rates(paths.time_of_day, 0, true);
            let cell = self.cell(rate, [traffic, shared, canary]);
            paths.later.cells.push(cell);
            let stable = self.factor(self.log(SHARED, shared), STABLE, stable);
            paths.later.stable.push(stable);
        }
        let (streams, time_of_day) = (paths.streams, paths.time_of_day);
        let side = paths.side(later);
        while side.cells.len() <= n {
            let next = number(later, side.cells.len());
            let cells = cells(next, later);
            let normals: [f64; STABLE * BLOCK] =
                Place::normals(core::array::from_fn(|n| streams[n / BLOCK].at(cells[n % BLOCK])));
            let mut z = [[0.0; BLOCK]; STABLE];
            for (path, (z, normals)) in z.iter_mut().zip(normals.chunks_exact(BLOCK)).enumerate() {
                z.copy_from_slice(normals);
                self.walk(path, &mut side.ends[path], z);
            }
            let rates = self.rates(time_of_day, next, later);
            for n in 0..BLOCK {
                side.cells.push(self.cell(rates[n], z.map(|path| path[n])));
            }
        }
    }

    /// Draws the path of the stable version's errors up to cell `n` of a side, whose cells are drawn.
    #[inline(never)]
    fn reach_stable(&self, paths: &mut Paths, later: bool, n: usize) {
        let stream = paths.streams[STABLE];
        let side = paths.side(later);
        while side.stable.len() <= n {
            let from = side.stable.len();
            let cells = cells(number(later, from), later);
            let mut z = Place::normals(cells.map(|cell| stream.at(cell)));
            self.walk(STABLE, &mut side.ends[STABLE], &mut z);
            // Blocks of both kinds begin at the same cells.
            for (z, cell) in z.into_iter().zip(&side.cells[from..]) {
                side.stable.push(self.factor(cell.shared, STABLE, z));
            }
        }
    }

    /// Makes normals the next steps of a path, away from the start.
    #[inline]
    fn walk(&self, path: usize, end: &mut f64, normals: &mut [f64; BLOCK]) {
        if self.law.sds[path] <= 0.0 {
            return normals.fill(0.0);
        }
        for z in normals {
            *end = self.law.keep * *end + self.law.new * *z;
            *z = *end;
        }
    }

    /// Mean requests in a slot of a block's cells, by the time of day alone.
    #[inline]
    fn rates(&self, time_of_day: f64, next: i64, later: bool) -> [f64; BLOCK] {
        if self.law.daily == 0.0 {
            return [self.law.rate; BLOCK];
        }
        let seconds = (next as f64 + 0.5) * self.law.cell as f64 * self.law.slot_seconds;
        let turn = TURN * (time_of_day + seconds / DAY);
        let (sin, cos) = (libm::sin(turn), libm::cos(turn));
        let sin = if later { sin } else { -sin };
        // The cosine of a sum of angles.
        self.turns
            .map(|[by_cos, by_sin]| self.law.rate * (1.0 + self.law.daily * (cos * by_cos - sin * by_sin)))
    }

    /// The logarithm of a path's factor, whose mean is 1.
    #[inline]
    fn log(&self, path: usize, z: f64) -> f64 {
        self.law.sds[path] * z - self.law.sds[path] * self.law.sds[path] / 2.0
    }

    #[inline]
    fn factor(&self, shared: f64, path: usize, z: f64) -> f64 {
        libm::exp(shared + self.log(path, z))
    }

    #[inline]
    fn cell(&self, rate: f64, [traffic, shared, canary]: [f64; STABLE]) -> Cell {
        let shared = self.log(SHARED, shared);
        Cell {
            rate: rate * libm::exp(self.log(TRAFFIC, traffic)),
            canary: self.factor(shared, CANARY, canary),
            shared,
        }
    }
}

impl Paths {
    #[inline]
    fn side(&mut self, later: bool) -> &mut Side {
        if later { &mut self.later } else { &mut self.earlier }
    }
}

/// On which side of the start a cell lies (the start itself: later), and which it is there.
#[inline]
fn side(cell: i64) -> (bool, usize) {
    if cell < 0 {
        (false, (-cell - 1) as usize)
    } else {
        (true, cell as usize)
    }
}

/// The cells of a block, away from the start, from cell `next` on.
#[inline]
fn cells(next: i64, later: bool) -> [i64; BLOCK] {
    let away = if later { 1 } else { -1 };
    core::array::from_fn(|n| next + away * n as i64)
}

/// The cell that is the `n`th of a side.
#[inline]
fn number(later: bool, n: usize) -> i64 {
    if later { n as i64 } else { -(n as i64) - 1 }
}
