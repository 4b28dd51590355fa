use crate::promql::Compat;

/// One cumulative bucket of a classic histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// `le`.
    pub bound: f64,
    /// Observations up to the bound (or their rate).
    pub count: f64,
}

/// Relative differences up to this are rounding, not a falling bucket (2.49 and later).
const TOLERANCE: f64 = 1e-12;

/// The quantile `q` of a classic histogram (Prometheus' `BucketQuantile`).
///
/// `buckets` ascend by bound, each bound once; their counts are repaired in place where they fall.
pub fn bucket_quantile(q: f64, buckets: &mut [Bucket], compat: Compat) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    if buckets.last().is_none_or(|last| last.bound != f64::INFINITY) || buckets.len() < 2 {
        return f64::NAN;
    }
    repair(buckets, compat);
    let highest = buckets.len() - 1;
    let total = buckets[highest].count;
    if total == 0.0 {
        return f64::NAN;
    }
    let rank = q * total;
    let found = search(highest, |n| buckets[n].count >= rank);
    if found == highest {
        return buckets[highest - 1].bound;
    }
    let bucket = buckets[found];
    if found == 0 {
        if bucket.bound <= 0.0 {
            return bucket.bound;
        }
        return bucket.bound * (rank / bucket.count);
    }
    let below = buckets[found - 1];
    let (count, rank) = (bucket.count - below.count, rank - below.count);
    below.bound + (bucket.bound - below.bound) * (rank / count)
}

/// Lets counts never fall.
fn repair(buckets: &mut [Bucket], compat: Compat) {
    let mut before = buckets[0].count;
    for bucket in &mut buckets[1..] {
        let count = bucket.count;
        if count == before {
            continue;
        }
        if (compat == Compat::V3 && almost_equal(before, count)) || count < before {
            bucket.count = before;
        } else {
            before = count;
        }
    }
}

fn almost_equal(a: f64, b: f64) -> bool {
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < TOLERANCE * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < TOLERANCE
}

/// The first of `0..len` for which `holds`, else `len`, probing as Go's `sort.Search` does: with NaN counts `holds`
/// is not monotone and the probes decide.
fn search(len: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The fraction of observations between two values (Prometheus' `BucketFraction`); counts are taken as they are.
///
/// `buckets` ascend by bound, each bound once.
pub fn bucket_fraction(lower: f64, upper: f64, buckets: &[Bucket]) -> f64 {
    let Some(last) = buckets.last().filter(|last| last.bound == f64::INFINITY) else {
        return f64::NAN;
    };
    if last.count == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    (rank_of(upper, buckets, last.count) - rank_of(lower, buckets, last.count)) / last.count
}

/// How many observations lie below `value`, at most `total`.
fn rank_of(value: f64, buckets: &[Bucket], total: f64) -> f64 {
    let mut rank = 0.0;
    for (n, bucket) in buckets.iter().enumerate() {
        let from = match n {
            0 if bucket.bound > 0.0 => 0.0,
            0 => f64::NEG_INFINITY,
            _ => buckets[n - 1].bound,
        };
        let found = if from >= value {
            rank
        } else if bucket.bound <= value {
            rank = bucket.count;
            continue;
        } else if from == f64::NEG_INFINITY {
            bucket.count
        } else {
            rank + (bucket.count - rank) * (value - from) / (bucket.bound - from)
        };
        return if found > total { total } else { found };
    }
    total
}

#[cfg(test)]
mod tests {
    use super::{Bucket, bucket_fraction, bucket_quantile};
    use crate::promql::Compat::{V2, V3};

    fn buckets(pairs: &[(f64, f64)]) -> Vec<Bucket> {
        pairs
            .iter()
            .map(|&(bound, count)| Bucket { bound, count })
            .collect()
    }

    const INF: f64 = f64::INFINITY;

    #[test]
    fn interpolates_inside_the_bucket_that_holds_the_rank() {
        let mut three = buckets(&[(0.1, 10.0), (0.2, 20.0), (INF, 20.0)]);
        assert_eq!(bucket_quantile(0.25, &mut three, V3), 0.05);
        assert!((bucket_quantile(0.75, &mut three, V3) - 0.15).abs() < 1e-15);
    }

    #[test]
    fn ends_at_the_highest_finite_bound() {
        let mut three = buckets(&[(0.1, 10.0), (0.2, 20.0), (INF, 40.0)]);
        assert_eq!(bucket_quantile(0.9, &mut three, V3), 0.2);
        let mut negative = buckets(&[(-1.0, 10.0), (INF, 10.0)]);
        assert_eq!(bucket_quantile(0.5, &mut negative, V3), -1.0);
    }

    #[test]
    fn has_no_answer_without_observations_or_without_the_last_bucket() {
        assert!(bucket_quantile(0.5, &mut buckets(&[(1.0, 0.0), (INF, 0.0)]), V3).is_nan());
        assert!(bucket_quantile(0.5, &mut buckets(&[(1.0, 3.0), (2.0, 3.0)]), V3).is_nan());
        assert!(bucket_quantile(0.5, &mut buckets(&[(INF, 3.0)]), V3).is_nan());
        assert!(bucket_quantile(0.5, &mut [], V3).is_nan());
    }

    #[test]
    fn repairs_falling_counts() {
        let mut falling = buckets(&[(1.0, 10.0), (2.0, 8.0), (INF, 12.0)]);
        assert_eq!(bucket_quantile(0.5, &mut falling, V3), 0.6);
        assert_eq!(falling[1].count, 10.0);
        let mut noise = buckets(&[(1.0, 10.0), (2.0, 10.000_000_000_000_002), (INF, 12.0)]);
        bucket_quantile(0.5, &mut noise, V2);
        assert_eq!(noise[1].count, 10.000_000_000_000_002);
        bucket_quantile(0.5, &mut noise, V3);
        assert_eq!(noise[1].count, 10.0);
    }

    #[test]
    fn fractions_interpolate_and_stop_at_infinity() {
        let three = buckets(&[(1.0, 10.0), (2.0, 20.0), (INF, 40.0)]);
        assert_eq!(bucket_fraction(0.0, 1.5, &three), 15.0 / 40.0);
        assert_eq!(bucket_fraction(0.5, 100.0, &three), 15.0 / 40.0);
        assert_eq!(bucket_fraction(f64::NEG_INFINITY, INF, &three), 1.0);
        assert_eq!(bucket_fraction(2.0, 1.0, &three), 0.0);
    }
}
