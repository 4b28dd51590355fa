//! The few special functions that intervals need, over `libm` alone, so that every digit is the same everywhere.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2};

/// Chance that a standard normal variable is below `z`.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// The value that a standard normal variable stays below with chance `p`; infinite at 0 and 1.
///
/// Bisection between -39 and 39 (beyond, the chance is not representable), then nothing to tune.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    crossing(-39.0, 39.0, |z| normal_cdf(z) - p)
}

/// Where the rising function `f` becomes positive, between `low` and `high`, to the last digit.
pub(crate) fn crossing(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if f(middle) > 0.0 {
            high = middle;
        } else {
            low = middle;
        }
    }
}

/// Chance of at most `k` successes among `n` with chance `p` each.
pub(crate) fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    beta_cdf((n - k) as f64, k as f64 + 1.0, 1.0 - p)
}

/// Chance of exactly `k` heads among `n` tosses of a fair coin.
pub(crate) fn fair_pmf(k: u64, n: u64) -> f64 {
    let (k, n) = (k as f64, n as f64);
    let choose = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    libm::exp(choose - n * LN_2)
}

/// Chance that the absolute value of Student's t with `freedom` degrees exceeds `t`.
pub(crate) fn student_two_sided(t: f64, freedom: f64) -> f64 {
    beta_cdf(freedom / 2.0, 0.5, freedom / (freedom + t * t))
}

/// Regularised incomplete beta function I_x(a, b), for positive `a`, `b`: about 1e-13 relative for small shapes,
/// 1e-9 for shapes near a million (cancellation in the log gammas).
///
/// Continued fraction in Lentz's form, DLMF 8.17.22, on the side of the mean where it converges in O(sqrt(a + b)).
pub(crate) fn beta_cdf(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let ln_front =
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x);
    let front = libm::exp(ln_front);
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    /// Far above what shapes of 10^8 need; the loop ends by precision.
    const TERMS: u32 = 100_000;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for term in 1..TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published tables of the normal and of Student's t distribution.
    #[test]
    fn agrees_with_tables() {
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
        assert!((normal_quantile(0.001) + 3.090_232_306_167_813_5).abs() < 1e-13);
        assert!((normal_cdf(1.0) - 0.841_344_746_068_542_9).abs() < 1e-15);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert!((student_two_sided(12.706_204_736_174_7, 1.0) - 0.05).abs() < 1e-12);
        assert!((student_two_sided(2.228_138_851_986_27, 10.0) - 0.05).abs() < 1e-12);
        assert!((student_two_sided(0.0, 10.0) - 1.0).abs() < 1e-15);
    }

    /// Sums of binomial chances, term by term, with the ratio of neighbours instead of gamma functions.
    #[test]
    fn binomial_tail_is_the_sum_of_its_terms() {
        for (n, p) in [(10_u64, 0.3_f64), (100, 0.5), (100, 0.02), (700, 0.4)] {
            let (mut term, mut sum) = (libm::pow(1.0 - p, n as f64), 0.0);
            for k in 0..n {
                sum += term;
                let found = binomial_cdf(k, n, p);
                assert!(
                    (found - sum).abs() <= 1e-12 * sum.max(1e-3),
                    "{k} of {n}: {found} and {sum}"
                );
                term *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
            }
            assert_eq!(binomial_cdf(n, n, p), 1.0);
        }
    }

    #[test]
    fn large_shapes_converge() {
        assert!((binomial_cdf(49_999, 99_999, 0.5) - 0.5).abs() < 1e-9);
        assert!((binomial_cdf(499_999, 999_999, 0.5) - 0.5).abs() < 1e-9);
    }
}
