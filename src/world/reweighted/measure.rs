//! What a recording says of the service, in numbers that a scenario holds.

use super::past::Past;
use super::shape::{Law, SIGMA, per_second};
use crate::scenario::Latency;
use crate::scenario::recorded::{Ending, Measured};
use crate::seed::normal_quantile;
use crate::units::Duration;

impl Past {
    /// Interval, rate, error ratio and latency as recorded.
    pub fn measured(&self) -> Measured {
        let sum = |counts: &[u32]| counts.iter().map(|&count| f64::from(count)).sum::<f64>();
        let (requests, failures) = (sum(&self.requests), sum(&self.failures));
        let seconds = self.length().as_secs_f64();
        let by_itself = self.families.iter().flat_map(|family| &family.classes);
        let partners = by_itself.clone().any(|class| class.partner.is_some());
        let apart = self.targets.iter().any(|target| target.failures.is_some());
        let successes_alone = self.families.iter().any(|family| {
            family.classes.iter().all(|class| class.ending == Ending::Success) && !family.classes.is_empty()
        });
        Measured {
            interval: Duration::from_millis(self.third() * 3),
            rate: if seconds > 0.0 { requests / seconds } else { 0.0 },
            errors: if requests > 0.0 { failures / requests } else { 0.0 },
            latency: self.latency(),
            endings: partners || apart || successes_alone,
        }
    }

    /// Cell of the trial's time grid [ms]: a third of a slot.
    pub(super) fn third(&self) -> i64 {
        (self.grid.interval / 3).max(1)
    }

    /// A lognormal with the recorded median and 95th percentile; from a mean alone, with an assumed spread.
    fn latency(&self) -> Option<Latency> {
        let law = Law::of(
            &self.families,
            Latency {
                median: 1.0,
                sigma: SIGMA,
            },
        );
        if law.is_measured() {
            let (median, high) = (law.quantile(0.5), law.quantile(0.95));
            let sigma = libm::log(high / median) / normal_quantile(0.95);
            return Some(Latency {
                median,
                sigma: sigma.clamp(0.05, 3.0),
            });
        }
        let (mut time, mut count) = (0.0, 0.0);
        for family in self.families.iter().filter(|family| family.timed) {
            for class in family.classes.iter().filter(|class| !class.sums.is_empty()) {
                let sum: f64 = class.sums.iter().map(|&sum| sum as f64).sum();
                time += sum / super::family::UNIT / per_second(&family.name);
                count += class.counts.iter().map(|&count| f64::from(count)).sum::<f64>();
            }
        }
        let mean = time / count;
        (mean > 0.0 && mean.is_finite()).then(|| Latency {
            median: mean / libm::exp(SIGMA * SIGMA / 2.0),
            sigma: SIGMA,
        })
    }

    /// Whether how long requests took was recorded by buckets, not by sums alone.
    pub fn has_buckets(&self) -> bool {
        self.families
            .iter()
            .flat_map(|family| &family.classes)
            .any(|class| !class.bounds.is_empty())
    }
}
