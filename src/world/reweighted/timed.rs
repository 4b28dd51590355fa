//! How long requests took, in numbers that can be taken over any slots.

use super::past::Past;
use super::shape::{SIGMA, per_second};
use crate::stats::{self, Estimate};

/// Requests by slot and bucket, of all classes of the first histogram that have its bounds.
pub(super) struct Timed {
    /// Name of the histogram, and its upper bounds in its own unit, finite ones.
    pub name: String,
    pub own_bounds: Vec<f64>,
    /// The same bounds [s].
    pub bounds: Vec<f64>,
    /// `bounds.len() + 1` to a slot.
    counts: Vec<f64>,
}

impl Timed {
    pub fn of(past: &Past) -> Option<Self> {
        let has =
            |family: &&super::family::Family| family.classes.iter().any(|class| !class.bounds.is_empty());
        let first = past.families.iter().find(has)?;
        let own = || past.families.iter().filter(|family| family.name == first.name);
        let classes = || own().flat_map(|family| &family.classes);
        let known = classes().find(|class| !class.bounds.is_empty())?;
        let width = known.bounds.len() + 1;
        let mut counts = vec![0.0; past.grid.len() * width];
        for class in classes().filter(|class| class.bounds == known.bounds) {
            for (sum, &count) in counts.iter_mut().zip(&class.buckets) {
                *sum += f64::from(count);
            }
        }
        let unit = per_second(&first.name);
        let own_bounds: Vec<f64> = known.bounds.iter().map(|(bound, _)| *bound).collect();
        Some(Self {
            name: first.name.clone(),
            bounds: own_bounds.iter().map(|bound| bound / unit).collect(),
            own_bounds,
            counts,
        })
    }

    /// An estimate of the part within `bound`, no surer than so many requests can be: resamples of none are none.
    pub fn bounded(&self, bound: f64, estimate: Estimate) -> Estimate {
        let width = self.bounds.len() + 1;
        let at = self.bounds.partition_point(|&other| other <= bound);
        let (mut within, mut all) = (0.0, 0.0);
        for slot in self.counts.chunks_exact(width) {
            within += slot[..at].iter().sum::<f64>();
            all += slot.iter().sum::<f64>();
        }
        match stats::rate(within as u64, all as u64) {
            None => estimate,
            Some(rate) => Estimate {
                low: estimate.low.min(rate.low),
                high: estimate.high.max(rate.high),
                ..estimate
            },
        }
    }

    /// Median [s], log-sd, and the part of requests within each bound; NaN for what these slots do not tell.
    pub fn over(&self, slots: &[usize]) -> impl Iterator<Item = f64> {
        let width = self.bounds.len() + 1;
        let mut sums = vec![0.0; width];
        for &slot in slots {
            let of_slot = &self.counts[slot * width..(slot + 1) * width];
            sums.iter_mut()
                .zip(of_slot)
                .for_each(|(sum, count)| *sum += count);
        }
        let end = |bucket: usize| self.bounds.get(bucket).copied().unwrap_or(f64::INFINITY);
        let low = |bucket: usize| if bucket == 0 { 0.0 } else { self.bounds[bucket - 1] };
        let buckets: Vec<(f64, f64, f64)> = sums
            .iter()
            .enumerate()
            .map(|(bucket, &count)| (low(bucket), end(bucket), count))
            .collect();
        let by_both = stats::lognormal(&buckets, None);
        let by_median = || stats::lognormal(&buckets, Some(SIGMA)).map(|(median, _)| (median, f64::NAN));
        let (median, sigma) = by_both.or_else(by_median).unwrap_or((f64::NAN, f64::NAN));
        let all: f64 = sums.iter().sum();
        let mut below = 0.0;
        let within: Vec<f64> = sums[..width - 1]
            .iter()
            .map(|count| {
                below += count;
                below / all
            })
            .collect();
        [median, sigma].into_iter().chain(within)
    }
}

/// Sums and counts of everything timed that has no buckets, by slot.
pub(super) struct Mean {
    seconds: Vec<f64>,
    counts: Vec<f64>,
}

impl Mean {
    pub fn of(past: &Past) -> Option<Self> {
        let mut mean = Self {
            seconds: vec![0.0; past.grid.len()],
            counts: vec![0.0; past.grid.len()],
        };
        let mut any = false;
        for family in past.families.iter().filter(|family| family.timed) {
            let scale = super::family::UNIT * per_second(&family.name);
            for class in family.classes.iter().filter(|class| !class.sums.is_empty()) {
                any = true;
                for (slot, (&sum, &count)) in class.sums.iter().zip(&class.counts).enumerate() {
                    mean.seconds[slot] += sum as f64 / scale;
                    mean.counts[slot] += f64::from(count);
                }
            }
        }
        any.then_some(mean)
    }

    /// The mean [s]; NaN without requests.
    pub fn over(&self, slots: &[usize]) -> f64 {
        let sum = |of: &[f64]| slots.iter().map(|&slot| of[slot]).sum::<f64>();
        sum(&self.seconds) / sum(&self.counts)
    }
}
