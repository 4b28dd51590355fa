//! One path of correlated noise: an Ornstein-Uhlenbeck process of mean 0 and sd 1, drawn cell by cell away from the
//! rollout's start, in both directions, so that it does not matter how far anybody looks.

use crate::seed::Stream;
use crate::units::Duration;

/// The law of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Walk {
    /// Slots in a cell, over which it is constant: a tenth of the correlation time, at least one.
    cell: i64,
    /// Correlation of neighbouring cells, and sd of what is new in the next.
    keep: f64,
    new: f64,
}

impl Walk {
    /// Slots are `slot` ms long.
    pub fn new(correlation: Duration, slot: i64) -> Self {
        let correlation = correlation.as_millis();
        let cell = (correlation / 10 / slot).max(1);
        let keep = if correlation > 0 {
            libm::exp(-((cell * slot) as f64) / correlation as f64)
        } else {
            0.0
        };
        Self {
            cell,
            keep,
            new: libm::sqrt(1.0 - keep * keep),
        }
    }
}

impl Default for Walk {
    /// Every slot for itself.
    fn default() -> Self {
        Self {
            cell: 1,
            keep: 0.0,
            new: 1.0,
        }
    }
}

/// The path of one stream under one law, as far as it is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    stream: Stream,
    walk: Walk,
    /// Cells 0, 1, 2, …
    later: Vec<f64>,
    /// Cells -1, -2, …
    earlier: Vec<f64>,
}

impl Path {
    /// Begins a trial; what is drawn already of its stream's path is kept.
    pub fn begin(&mut self, stream: Stream, walk: Walk) {
        if self.stream == stream && self.walk == walk {
            return;
        }
        self.stream = stream;
        self.walk = walk;
        self.later.clear();
        self.earlier.clear();
    }

    /// Its value in `slot`.
    pub fn at(&mut self, slot: i64) -> f64 {
        let walk = self.walk;
        let cell = slot.div_euclid(walk.cell);
        if self.later.is_empty() {
            self.later.push(self.stream.at(0).normal());
        }
        let step = |beside: f64, cell: i64| walk.keep * beside + walk.new * self.stream.at(cell).normal();
        if cell >= 0 {
            while self.later.len() as i64 <= cell {
                let next = self.later.len() as i64;
                self.later.push(step(self.later[self.later.len() - 1], next));
            }
            return self.later[cell as usize];
        }
        while (self.earlier.len() as i64) < -cell {
            let beside = self.earlier.last().unwrap_or(&self.later[0]);
            let next = -(self.earlier.len() as i64) - 1;
            self.earlier.push(step(*beside, next));
        }
        self.earlier[(-cell - 1) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn moments_and_correlation_are_those_of_the_law() {
        // 10 slots of 30 s in the correlation time: one slot, one cell.
        let walk = Walk::new(Duration::from_mins(5), 30_000);
        let mut path = Path::default();
        let (mut sums, n) = ([0.0; 5], 60_000);
        for seed in 0..n {
            path.begin(Seed(seed).stream("path"), walk);
            let (now, later, before) = (path.at(0), path.at(10), path.at(-5));
            for (sum, x) in
                sums.iter_mut()
                    .zip([later, later * later, now * later, now * before, later * before])
            {
                *sum += x / n as f64;
            }
        }
        // Products of standard normals have an sd of at most sqrt(2): 5 standard errors.
        let expected = [0.0, 1.0, libm::exp(-1.0), libm::exp(-0.5), libm::exp(-1.5)];
        for (sum, expected) in sums.iter().zip(expected) {
            assert!(
                (sum - expected).abs() < 5.0 * 1.42 / 245.0,
                "{sum} is not near {expected}"
            );
        }
    }

    #[test]
    fn it_does_not_matter_in_which_order_it_is_asked() {
        let walk = Walk::new(Duration::from_mins(1), 5_000);
        let (mut one, mut other) = (Path::default(), Path::default());
        one.begin(Seed(3).stream("path"), walk);
        other.begin(Seed(3).stream("path"), walk);
        let up: Vec<u64> = (-50..50).map(|slot| one.at(slot).to_bits()).collect();
        let mut down: Vec<u64> = (-50..50).rev().map(|slot| other.at(slot).to_bits()).collect();
        down.reverse();
        assert_eq!(up, down);
        let white = Walk::new(Duration::ZERO, 5_000);
        assert_eq!((white.cell, white.keep, white.new), (1, 0.0, 1.0));
    }
}
