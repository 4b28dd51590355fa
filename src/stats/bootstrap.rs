use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use super::special::{normal_cdf, normal_quantile};
use super::{Estimate, LEVEL};

/// Resamples drawn for one interval.
const RESAMPLES: usize = 2000;
/// Units that are drawn; more values than this are summed in so many runs of neighbours first.
const UNITS: usize = 1000;

/// The mean of `values` (one a seed, in the order of the seeds), with a bootstrap interval. `None` without values.
///
/// The interval is the bias-corrected and accelerated one (BCa, Efron 1987). Both corrections have a closed form for
/// a mean, one sixth of the skewness over the root of n, so nothing of them is left to the luck of the resamples.
/// Resamples come from a generator of their own with `seed`: the same values and seed give the same digits. A
/// restricted mean is the mean of values that count "never" as the horizon.
///
/// Without any spread the interval has no width: see [`mean_within`].
pub fn mean(values: &[f64], seed: u64) -> Option<Estimate> {
    let n = values.len();
    let point = stable_mean(values)?;
    let level = LEVEL;
    if values.iter().all(|&value| value == point) {
        return Some(Estimate {
            point,
            low: point,
            high: point,
            level,
            n: n as u64,
        });
    }
    let correction = acceleration(values, point);
    let mut sums = resampled_sums(&units(values, point), seed);
    let mut end = |chance: f64| {
        let z = correction + normal_quantile(chance);
        let corrected = normal_cdf(correction + z / (1.0 - correction * z));
        point + percentile(&mut sums, corrected) / n as f64
    };
    // Rounding must not carry an end past the values themselves.
    let least = values.iter().copied().fold(point, f64::min);
    let most = values.iter().copied().fold(point, f64::max);
    let low = end(0.5 - level / 2.0).min(point).max(least);
    let high = end(0.5 + level / 2.0).max(point).min(most);
    Some(Estimate {
        point,
        low,
        high,
        level,
        n: n as u64,
    })
}

/// As [`mean`], for values that cannot leave `least..=most`. When all are equal, the trials not played may still
/// differ: not more often than the one-sided bound of zero differing trials, and not further than the ends.
pub fn mean_within(values: &[f64], least: f64, most: f64, seed: u64) -> Option<Estimate> {
    let estimate = mean(values, seed)?;
    if estimate.low < estimate.high {
        return Some(estimate);
    }
    let differing = super::proportion::upper_bound(0, estimate.n, estimate.level);
    let point = estimate.point;
    let (down, up) = ((point - least).max(0.0), (most - point).max(0.0));
    Some(Estimate {
        low: point - down * differing,
        high: point + up * differing,
        ..estimate
    })
}

/// Whether so few values are so skewed that the interval of their mean covers less than 93 times in a hundred: when
/// the skewness exceeds a fifth of the root of their number (measured on lognormal values, see the tests).
pub fn is_skewed(values: &[f64]) -> bool {
    stable_mean(values).is_some_and(|mean| acceleration(values, mean).abs() > 0.2 / 6.0)
}

/// One sixth of the skewness over the root of n: the acceleration of a mean and its bias correction in one. 0 where
/// nothing differs.
fn acceleration(values: &[f64], mean: f64) -> f64 {
    let (mut squares, mut cubes) = (0.0, 0.0);
    for deviation in values.iter().map(|value| value - mean) {
        squares += deviation * deviation;
        cubes += deviation * deviation * deviation;
    }
    if squares > 0.0 {
        cubes / (6.0 * squares * squares.sqrt())
    } else {
        0.0
    }
}

/// The mean, exactly the common value when all are equal.
fn stable_mean(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    Some(first + values.iter().map(|value| value - first).sum::<f64>() / values.len() as f64)
}

/// Sums of deviations from `mean` over at most [`UNITS`] runs of neighbours, as equal in length as can be.
///
/// Seeds are independent, so sums of runs are too, and the variance of their total is the same; it is only estimated
/// with fewer degrees of freedom, of which a thousand are left.
fn units(values: &[f64], mean: f64) -> Vec<f64> {
    let (n, units) = (values.len(), values.len().min(UNITS));
    let edge = |unit: usize| unit * n / units;
    (0..units)
        .map(|unit| {
            values[edge(unit)..edge(unit + 1)]
                .iter()
                .map(|value| value - mean)
                .sum()
        })
        .collect()
}

/// Totals of as many draws, with replacement, as there are units.
fn resampled_sums(units: &[f64], seed: u64) -> Vec<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let count = units.len() as u64;
    // A power of two holds them: every pick is inside without asking.
    let mut held = [0.0; UNITS.next_power_of_two()];
    held[..units.len()].copy_from_slice(units);
    // The high half of a product of 32 bits: uneven by at most one part in four million for a thousand units.
    let pick = |bits: u32| held[((u64::from(bits) * count) >> 32) as usize & (held.len() - 1)];
    let mut resample = || {
        let (mut even, mut odd) = (0.0, 0.0);
        for _ in 0..units.len() / 2 {
            let bits = random.next_u64();
            even += pick(bits as u32);
            odd += pick((bits >> 32) as u32);
        }
        if units.len() % 2 == 1 {
            even += pick(random.next_u64() as u32);
        }
        even + odd
    };
    (0..RESAMPLES).map(|_| resample()).collect()
}

/// The value that a share `chance` of `sums` lies below (reorders them).
fn percentile(sums: &mut [f64], chance: f64) -> f64 {
    let rank = (chance * sums.len() as f64) as usize;
    *sums
        .select_nth_unstable_by(rank.min(sums.len() - 1), f64::total_cmp)
        .1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uniform numbers for tests, from 0 to 1.
    fn uniform(random: &mut Xoshiro256PlusPlus) -> f64 {
        (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Share of 1,000 repetitions whose interval holds `truth`.
    fn coverage(n: usize, truth: f64, mut draw: impl FnMut(&mut Xoshiro256PlusPlus) -> f64) -> f64 {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let holds = |repetition: u64, values: Vec<f64>| mean(&values, repetition).unwrap().holds(truth);
        let mut covered = 0;
        for repetition in 0..1000 {
            let values = (0..n).map(|_| draw(&mut random)).collect();
            covered += u32::from(holds(repetition, values));
        }
        f64::from(covered) / 1000.0
    }

    /// Detection at looks a minute apart, each of which sees the harm with chance one third; a share is never
    /// caught and counts as the horizon of 75 minutes.
    #[test]
    fn restricted_means_are_covered_with_and_without_misses() {
        let horizon = 75;
        let chance = 1.0 / 3.0;
        for missed in [0.0, 0.2, 0.6] {
            let caught: f64 = (0..horizon)
                .map(|look| libm::pow(1.0 - chance, f64::from(look)))
                .sum::<f64>()
                * 60.0;
            let truth = missed * f64::from(horizon) * 60.0 + (1.0 - missed) * caught;
            let found = coverage(100, truth, |random| {
                if uniform(random) < missed {
                    return f64::from(horizon) * 60.0;
                }
                let looks = (1..horizon).take_while(|_| uniform(random) >= chance).count();
                60.0 * (looks as f64 + 1.0)
            });
            assert!((0.93..=0.97).contains(&found), "{found} with {missed} missed");
        }
    }

    /// Requests harmed: lognormal with log-sd 1, skewed as blast radii are.
    #[test]
    fn skewed_means_are_covered() {
        let found = coverage(500, libm::exp(0.5), |random| {
            libm::exp(normal_quantile(uniform(random).max(1e-12)))
        });
        assert!((0.93..=0.97).contains(&found), "{found}");
    }

    /// The same with a fifth of the values covers less, and says so.
    #[test]
    fn too_few_skewed_values_are_told() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(2);
        let mut draws = |n: usize| -> Vec<f64> {
            (0..n)
                .map(|_| libm::exp(normal_quantile(uniform(&mut random).max(1e-12))))
                .collect()
        };
        let few = (0..200).filter(|_| is_skewed(&draws(100))).count();
        assert!(few > 150, "{few} of 200 samples of 100");
        let evenly: Vec<f64> = (0..100).map(|k| f64::from(60 * (k % 7))).collect();
        assert!(!is_skewed(&evenly) && !is_skewed(&[3.0; 20]) && !is_skewed(&[]));
    }

    /// More values than units: runs of neighbours are drawn instead, and the width is what theory says.
    #[test]
    fn runs_of_neighbours_give_the_same_width() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
        for n in [1000, 1500, 100_000] {
            let values: Vec<f64> = (0..n).map(|_| uniform(&mut random)).collect();
            let found = mean(&values, 7).unwrap();
            let theory = 1.96 * (1.0 / 12.0_f64 / n as f64).sqrt();
            assert!(
                (found.half_width() / theory - 1.0).abs() < 0.12,
                "{found:?}, half width {theory}"
            );
            assert!(found.holds(0.5), "{found:?}");
        }
    }

    #[test]
    fn same_seed_same_digits() {
        let values: Vec<f64> = (0..300).map(|k| f64::from(k * k % 97)).collect();
        assert_eq!(mean(&values, 5), mean(&values, 5));
        assert_ne!(mean(&values, 5), mean(&values, 6));
        assert_eq!(mean(&[], 5), None);
    }

    #[test]
    fn equal_values_are_bounded_by_what_was_not_played() {
        let stuck = mean_within(&[4500.0; 1000], 0.0, 4500.0, 1).unwrap();
        assert_eq!((stuck.point, stuck.high), (4500.0, 4500.0));
        assert!((stuck.low - 4500.0 * (1.0 - 0.002_991_25)).abs() < 1e-4);
    }
}
