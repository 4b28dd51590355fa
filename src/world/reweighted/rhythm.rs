//! What time has to do with a recording: the wave of the day, and when scrapes come.

use super::past::Past;
use crate::stats::{self, Estimate};

/// The middle deviation of the distance of two scrapes that are each up to J off, as part of J: a triangle's, 2 - √2.
const MIDDLE: f64 = 0.585_786_437_626_905;

impl Past {
    /// The daily wave of requests, as how much busier than the mean its top is, and requests without it. Nothing is taken
    /// off where most times of day were not recorded twice: it could not be told from noise.
    pub(super) fn take_day_off(&self, slots: &[usize], requests: &mut [f64]) -> f64 {
        const HOURS: usize = 24;
        if self.clock.is_none() {
            return 0.0;
        }
        let hour = |slot: usize| self.grid.time(slot).rem_euclid(86_400_000) as f64 / 3_600_000.0;
        let mut of_hour = [(0.0, 0.0); HOURS];
        for (&slot, count) in slots.iter().zip(requests.iter()) {
            let (sum, n) = &mut of_hour[(hour(slot) as usize).min(HOURS - 1)];
            *sum += count;
            *n += 1.0;
        }
        let turn = |hours: f64| 2.0 * core::f64::consts::PI * hours / HOURS as f64;
        let (mut mean, mut cos, mut sin, mut seen) = (0.0, 0.0, 0.0, 0.0);
        for (number, (sum, n)) in of_hour.into_iter().enumerate().filter(|(_, (_, n))| *n > 0.0) {
            let angle = turn(number as f64 + 0.5);
            (mean, seen) = (mean + sum / n, seen + 1.0);
            cos += sum / n * libm::cos(angle);
            sin += sum / n * libm::sin(angle);
        }
        if mean <= 0.0 {
            return 0.0;
        }
        mean /= seen;
        let (cos, sin) = (2.0 * cos / seen / mean, 2.0 * sin / seen / mean);
        let daily = libm::hypot(cos, sin).min(0.95);
        let scale = if daily > 0.0 {
            daily / libm::hypot(cos, sin)
        } else {
            0.0
        };
        for (&slot, count) in slots.iter().zip(requests.iter_mut()) {
            let angle = turn(hour(slot));
            *count /= 1.0 + scale * (cos * libm::cos(angle) + sin * libm::sin(angle));
        }
        daily
    }

    /// Time between two scrapes, and how far they come off [s].
    pub(super) fn rhythm(&self) -> (Option<Estimate>, Option<Estimate>) {
        let all = || self.targets.iter().flat_map(|target| &target.apart);
        let mut apart: Vec<f64> = all().map(|&apart| apart as f64 / 1000.0).collect();
        apart.sort_by(f64::total_cmp);
        let interval = stats::quantile(&apart, 50);
        let Some(usual) = interval.map(|interval| interval.point) else {
            return (None, None);
        };
        let mut off: Vec<f64> = apart.iter().map(|apart| libm::fabs(apart - usual)).collect();
        off.sort_by(f64::total_cmp);
        let jitter = stats::quantile(&off, 50).map(|off| off.scaled(1.0 / MIDDLE));
        (interval, jitter)
    }
}
