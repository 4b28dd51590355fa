//! What slow-downs do to histograms and sums, worked out before the first trial.
//!
//! Inside a bucket the logarithm of latency is taken to be uniform; the first bucket is taken to begin at half its
//! bound, and what was beyond the last bound stays there. Both overstate the tail.

use super::family::Family;
use crate::scenario::{Latency, Part, Scenario, slowed};
use crate::seed::Cuts;

/// More slow-downs at once than this are refused by the reader of scenarios.
const MOST: usize = 6;
/// Log-sd of latency where a recording holds no buckets.
pub(super) const SIGMA: f64 = 0.8;

/// Latency while certain slow-downs are in force.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// So many times as long as recorded, in the mean.
    pub mean: f64,
    /// Part of requests that takes longer than the limit of harm.
    pub slow: f64,
    /// For each set of bounds, for each bucket, where its requests go.
    pub moves: Vec<Vec<Cuts>>,
}

/// All shapes; the number of one is the sum of the bits of the slow-downs in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Shapes {
    pub all: Vec<Shape>,
    pub faults: Vec<usize>,
    pub disturbances: Vec<usize>,
    /// The sets of bounds.
    pub bounds: Vec<Vec<f64>>,
}

impl Shapes {
    /// Of the slow-downs of `scenario`; `limit` is the latency [s] beyond which a request is harmed.
    pub fn new(scenario: &Scenario, families: &[Family], limit: f64) -> Self {
        let mut slow_downs: Vec<(f64, f64)> = Vec::new();
        let mut bit = |part: f64, factor: f64| {
            if factor == 1.0 {
                return 0;
            }
            slow_downs.push((part, factor));
            1 << (slow_downs.len() - 1)
        };
        let part = |part: Part| match part {
            Part::Requests(part) => part,
            Part::Pods(_) => 1.0,
        };
        let faults = scenario
            .faults
            .iter()
            .map(|fault| bit(part(fault.part), fault.latency))
            .collect();
        let disturbances = scenario
            .disturbances
            .iter()
            .map(|one| bit(1.0, one.latency))
            .collect();
        assert!(slow_downs.len() <= MOST, "at most {MOST} slow-downs");
        let mut bounds: Vec<Vec<f64>> = families
            .iter()
            .flat_map(|family| &family.classes)
            .map(bounds_of)
            .collect();
        bounds.sort_by(|a, b| a.partial_cmp(b).unwrap_or(core::cmp::Ordering::Equal));
        bounds.dedup();
        let law = Law::of(families, scenario.service.latency);
        let shape = |mask: usize| {
            let mut parts = vec![(1.0, 1.0)];
            for (n, &(part, factor)) in slow_downs.iter().enumerate() {
                if mask >> n & 1 == 1 {
                    parts = slowed(&parts, part, factor);
                }
            }
            Shape {
                mean: parts.iter().map(|(part, factor)| part * factor).sum(),
                slow: 1.0 - law.within(limit, &parts),
                moves: bounds.iter().map(|bounds| moves(bounds, &parts)).collect(),
            }
        };
        Self {
            all: (0..1 << slow_downs.len()).map(shape).collect(),
            faults,
            disturbances,
            bounds,
        }
    }

    /// Number of a class's set of bounds.
    pub fn set(&self, class: &super::family::Class) -> usize {
        let own = bounds_of(class);
        self.bounds.iter().position(|bounds| *bounds == own).unwrap_or(0)
    }
}

fn bounds_of(class: &super::family::Class) -> Vec<f64> {
    class.bounds.iter().map(|(bound, _)| *bound).collect()
}

/// Lower and upper end of a bucket; the last one has no upper end.
pub(super) fn ends(bounds: &[f64], bucket: usize) -> (f64, f64) {
    let upper = bounds.get(bucket).copied().unwrap_or(f64::INFINITY);
    let lower = match bucket {
        0 => upper / 2.0,
        more => bounds[more - 1],
    };
    (lower, upper)
}

/// Part of a bucket that is within `bound` when all takes `factor` times as long.
pub(super) fn part_within((lower, upper): (f64, f64), bound: f64, factor: f64) -> f64 {
    if upper.is_infinite() || lower <= 0.0 {
        return if upper * factor <= bound { 1.0 } else { 0.0 };
    }
    (libm::log(bound / (factor * lower)) / libm::log(upper / lower)).clamp(0.0, 1.0)
}

fn moves(bounds: &[f64], parts: &[(f64, f64)]) -> Vec<Cuts> {
    let of_bucket = |bucket: usize| {
        let mut most = 0.0_f64;
        let within = |bound: &f64| {
            let of_part =
                |&(part, factor): &(f64, f64)| part * part_within(ends(bounds, bucket), *bound, factor);
            most = most.max(parts.iter().map(of_part).sum::<f64>().min(1.0));
            most
        };
        Cuts::new(&bounds.iter().map(within).collect::<Vec<f64>>())
    };
    (0..=bounds.len()).map(of_bucket).collect()
}

/// The latency that a recording holds, all its requests together.
pub(super) struct Law {
    /// Part and ends [s] of each bucket.
    buckets: Vec<(f64, (f64, f64))>,
    latency: Latency,
}

impl Law {
    /// Of all that was recorded; `latency` where it holds no buckets.
    pub fn of(families: &[Family], latency: Latency) -> Self {
        let slots = families
            .iter()
            .flat_map(|family| &family.classes)
            .map(|class| class.counts.len())
            .max();
        Self::of_slots(
            families,
            latency,
            &(0..slots.unwrap_or(0)).collect::<Vec<usize>>(),
        )
    }

    /// Of these slots alone.
    pub fn of_slots(families: &[Family], latency: Latency, slots: &[usize]) -> Self {
        let timed = families
            .iter()
            .find(|family| family.classes.iter().any(|class| !class.bounds.is_empty()));
        let mut buckets = Vec::new();
        for family in families
            .iter()
            .filter(|family| timed.is_some_and(|timed| timed.name == family.name))
        {
            let unit = per_second(&family.name);
            for class in &family.classes {
                let bounds: Vec<f64> = bounds_of(class).iter().map(|bound| bound / unit).collect();
                let width = bounds.len() + 1;
                for bucket in 0..if bounds.is_empty() { 0 } else { width } {
                    let of_slot = |&slot: &usize| u64::from(class.buckets[slot * width + bucket]);
                    let count: u64 = slots.iter().map(of_slot).sum();
                    buckets.push((count as f64, ends(&bounds, bucket)));
                }
            }
        }
        let all: f64 = buckets.iter().map(|(count, _)| count).sum();
        buckets.retain(|(count, _)| *count > 0.0);
        buckets.iter_mut().for_each(|(count, _)| *count /= all);
        Self { buckets, latency }
    }

    /// Whether buckets say how latency is distributed.
    pub fn is_measured(&self) -> bool {
        !self.buckets.is_empty()
    }

    /// Part of requests done within `seconds` when `parts` of them take so many times as long. What lies beyond the
    /// last bound is never within.
    pub fn within(&self, seconds: f64, parts: &[(f64, f64)]) -> f64 {
        if self.buckets.is_empty() {
            return parts
                .iter()
                .map(|(part, factor)| part * self.latency.within(seconds / factor))
                .sum();
        }
        let of_bucket = |&(mass, ends): &(f64, (f64, f64))| {
            mass * parts
                .iter()
                .map(|&(part, factor)| part * part_within(ends, seconds, factor))
                .sum::<f64>()
        };
        self.buckets.iter().map(of_bucket).sum()
    }

    /// The latency that a part of the requests stays within, by bisection in the logarithm.
    pub fn quantile(&self, quantile: f64) -> f64 {
        let (mut low, mut high) = (-14.0, 10.0);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if self.within(libm::exp(middle), &[(1.0, 1.0)]) < quantile {
                low = middle;
            } else {
                high = middle;
            }
        }
        libm::exp(high)
    }
}

/// Units of a histogram in a second, as its name says.
pub(super) fn per_second(name: &str) -> f64 {
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    if ends(&["_milliseconds", "_ms", "_millis"]) {
        1000.0
    } else if ends(&["_microseconds", "_us"]) {
        1e6
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out by hand from the definition: edges .05 .1 .25 .5, lower edge .025, slowed by 1.2.
    #[test]
    fn mass_moves_as_the_reference_says() {
        let bounds = [0.05, 0.1, 0.25, 0.5];
        let mass = [0.1, 0.2, 0.3, 0.25, 0.15];
        let within = |bound: f64| -> f64 {
            mass.iter()
                .enumerate()
                .map(|(bucket, mass)| mass * part_within(ends(&bounds, bucket), bound, 1.2))
                .sum()
        };
        let expected = [
            0.073_696_559_4,
            0.173_696_559_4,
            0.292_913_527_2,
            0.243_934_752_6,
            0.215_758_601_5,
        ];
        let mut below = 0.0;
        for (bound, expected) in bounds.iter().zip(expected) {
            let now = within(*bound);
            assert!(
                (now - below - expected).abs() < 1e-9,
                "{bound}: {} {expected}",
                now - below
            );
            below = now;
        }
        assert!((1.0 - below - expected[4]).abs() < 1e-9);
    }

    #[test]
    fn nothing_moves_without_a_slow_down() {
        let bounds = [0.1, 1.0];
        for bucket in 0..3 {
            for bound in bounds {
                let within = part_within(ends(&bounds, bucket), bound, 1.0);
                assert_eq!(
                    within,
                    if ends(&bounds, bucket).1 <= bound {
                        1.0
                    } else {
                        0.0
                    }
                );
            }
        }
        assert_eq!(
            (per_second("a_ms"), per_second("a_seconds"), per_second("x_us")),
            (1000.0, 1.0, 1e6)
        );
    }
}
