//! Correlated noise: Ornstein-Uhlenbeck paths in the logarithm, drawn cell by cell away from the rollout's start, in
//! both directions (the process looks the same backwards), so that it does not matter how far back anybody looks.

use crate::scenario::Scenario;
use crate::seed::{Seed, Stream};

const DAY: f64 = 86_400.0;

/// Parameters shared by all trials.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    /// Slots in a cell: a tenth of the correlation time, at least one.
    pub cell: i64,
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
    /// Factors of the error ratio.
    pub canary: f64,
    pub stable: f64,
}

/// One trial's paths, as far as they are drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths {
    streams: [Stream; PATHS],
    time_of_day: f64,
    /// Cells 0, 1, 2, …
    later: Vec<Cell>,
    /// Cells -1, -2, …
    earlier: Vec<Cell>,
    ends: [[f64; PATHS]; 2],
}

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
            cell,
            keep,
            new: libm::sqrt(1.0 - keep * keep),
            sds: [scenario.traffic.noise, noise.shared, noise.private, noise.private],
            daily: scenario.traffic.daily,
            rate: scenario.traffic.rate * slot_seconds,
            slot_seconds,
        }
    }

    pub fn begin(&self, paths: &mut Paths, seed: Seed) {
        paths.streams = NAMES.map(|name| seed.stream(name));
        paths.time_of_day = seed.stream("time of day").at(0).uniform();
        paths.later.clear();
        paths.earlier.clear();
    }

    /// The cell that holds `slot`.
    pub fn at(&self, paths: &mut Paths, slot: i64) -> Cell {
        let cell = slot.div_euclid(self.cell);
        if paths.later.is_empty() {
            let start = self.step(paths, 0, None);
            paths.ends = [start, start];
            paths.later.push(self.cell(0, paths.time_of_day, &start));
        }
        while paths.later.len() as i64 <= cell {
            let next = paths.later.len() as i64;
            paths.ends[0] = self.step(paths, next, Some(paths.ends[0]));
            paths
                .later
                .push(self.cell(next, paths.time_of_day, &paths.ends[0]));
        }
        while (paths.earlier.len() as i64) < -cell {
            let next = -(paths.earlier.len() as i64) - 1;
            paths.ends[1] = self.step(paths, next, Some(paths.ends[1]));
            paths
                .earlier
                .push(self.cell(next, paths.time_of_day, &paths.ends[1]));
        }
        if cell < 0 {
            paths.earlier[(-cell - 1) as usize]
        } else {
            paths.later[cell as usize]
        }
    }

    /// All paths in `cell`, coming from those in the cell beside it.
    fn step(&self, paths: &Paths, cell: i64, beside: Option<[f64; PATHS]>) -> [f64; PATHS] {
        let mut z = [0.0; PATHS];
        for path in 0..PATHS {
            if self.sds[path] > 0.0 {
                let normal = paths.streams[path].at(cell).normal();
                z[path] = beside.map_or(normal, |beside| self.keep * beside[path] + self.new * normal);
            }
        }
        z
    }

    fn cell(&self, cell: i64, time_of_day: f64, z: &[f64; PATHS]) -> Cell {
        let log = |path: usize| self.sds[path] * z[path] - self.sds[path] * self.sds[path] / 2.0;
        let exp = |x: f64| if x == 0.0 { 1.0 } else { libm::exp(x) };
        let mut rate = self.rate * exp(log(0));
        if self.daily != 0.0 {
            let seconds = (cell as f64 + 0.5) * self.cell as f64 * self.slot_seconds;
            let turn = time_of_day + seconds / DAY;
            rate *= 1.0 + self.daily * libm::cos(2.0 * core::f64::consts::PI * turn);
        }
        Cell {
            rate,
            canary: exp(log(1) + log(2)),
            stable: exp(log(1) + log(3)),
        }
    }
}
