use super::special::{beta_cdf, crossing, normal_quantile};
use super::{Estimate, LEVEL};

/// The share `count` of `n`, with Wilson's interval; where it is zero (or all), the one-sided Clopper-Pearson bound
/// in its place. `None` without trials.
pub fn rate(count: u64, n: u64) -> Option<Estimate> {
    if n == 0 {
        return None;
    }
    let (low, high) = match count {
        0 => (0.0, upper_bound(0, n, LEVEL)),
        all if all == n => (1.0 - upper_bound(0, n, LEVEL), 1.0),
        some => wilson(some, n, LEVEL),
    };
    let point = count as f64 / n as f64;
    Some(Estimate {
        point,
        low,
        high,
        level: LEVEL,
        n,
    })
}

/// Wilson's score interval for `count` of `n > 0` (Wilson 1927).
pub fn wilson(count: u64, n: u64, level: f64) -> (f64, f64) {
    let z = normal_quantile(0.5 + level / 2.0);
    let (x, n) = (count as f64, n as f64);
    let share = x / n;
    let centre = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    // At the ends the formula gives exactly 0 and 1; rounding must not.
    let low = if count == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if x == n { 1.0 } else { (centre + half).min(1.0) };
    (low, high)
}

/// The exact interval for `count` of `n > 0` (Clopper and Pearson 1934): covers at least as often as it says.
pub fn clopper_pearson(count: u64, n: u64, level: f64) -> (f64, f64) {
    let one_sided = 0.5 + level / 2.0;
    (
        1.0 - upper_bound(n - count, n, one_sided),
        upper_bound(count, n, one_sided),
    )
}

/// The largest share that `count` of `n > 0` does not contradict at `level`, one-sided and exact.
///
/// For a count of zero this is `1 - (1 - level)^(1/n)`, about `3/n` at 95 %.
pub fn upper_bound(count: u64, n: u64, level: f64) -> f64 {
    if count >= n {
        return 1.0;
    }
    if count == 0 {
        return -libm::expm1(libm::log1p(-level) / n as f64);
    }
    crossing(0.0, 1.0, |p| {
        beta_cdf(count as f64 + 1.0, (n - count) as f64, p) - level
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: (f64, f64), expected: (f64, f64)) {
        assert!((found.0 - expected.0).abs() < 6e-9, "{found:?}, not {expected:?}");
        assert!((found.1 - expected.1).abs() < 6e-9, "{found:?}, not {expected:?}");
    }

    /// Computed with SciPy's distributions.
    #[test]
    fn agrees_with_an_independent_table() {
        near(wilson(0, 1000, 0.95), (0.0, 0.003_826_76));
        near(wilson(3, 1000, 0.95), (0.001_020_78, 0.008_783_01));
        near(wilson(10, 1000, 0.95), (0.005_440_75, 0.018_309_47));
        near(wilson(950, 1000, 0.95), (0.934_686_18, 0.961_869_74));
        near(clopper_pearson(0, 1000, 0.95), (0.0, 0.003_682_08));
        near(clopper_pearson(3, 1000, 0.95), (0.000_619_10, 0.008_742_02));
        near(clopper_pearson(10, 1000, 0.95), (0.004_805_51, 0.018_313_24));
        near(clopper_pearson(950, 1000, 0.95), (0.934_609_51, 0.962_664_60));
        for (count, bound) in [
            (0, 0.002_991_25),
            (3, 0.007_735_24),
            (10, 0.016_903_18),
            (950, 0.960_836_46),
        ] {
            near((upper_bound(count, 1000, 0.95), 0.0), (bound, 0.0));
        }
    }

    /// Chance that the interval of a binomial count holds the true share, summed over all counts.
    fn coverage(n: u64, p: f64) -> f64 {
        let ln_choose =
            |k: f64, n: f64| libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
        (0..=n)
            .filter(|&count| {
                let (low, high) = wilson(count, n, 0.95);
                low <= p && p <= high
            })
            .map(|count| {
                let k = count as f64;
                let ln_tosses = k * libm::log(p) + (n as f64 - k) * libm::log1p(-p);
                libm::exp(ln_choose(k, n as f64) + ln_tosses)
            })
            .sum()
    }

    #[test]
    fn mean_coverage_is_what_the_level_says() {
        for n in [100, 1000] {
            let grid: Vec<f64> = (1..500).map(|step| f64::from(step) / 500.0).collect();
            let mean = grid.iter().map(|&p| coverage(n, p)).sum::<f64>() / grid.len() as f64;
            assert!((0.945..=0.96).contains(&mean), "{mean} at {n} trials");
        }
    }

    #[test]
    fn nothing_and_everything_are_bounds() {
        let none = rate(0, 1000).unwrap();
        assert!(none.is_bound());
        assert!((none.high - 0.002_991_25).abs() < 6e-9);
        let all = rate(1000, 1000).unwrap();
        assert!((all.low - (1.0 - none.high)).abs() < 1e-15);
        assert_eq!((all.point, all.high), (1.0, 1.0));
        assert_eq!(rate(0, 0), None);
    }
}
