//! Binomials that move together.
//!
//! A place holds a sequence of points, uniform in [0, 1); a draw of n trials with probability p is the number of the
//! first n points that lie below p. So it never falls when n or p rises, and grows by at most one when n does. The
//! points themselves are never made: n of them are halved down the binary digits of p, and how many of m points fall
//! in the left half of a cell is the number of ones among the first m bits that belong to the cell. Each cell's
//! bits are fair and independent of all others, so the law is exactly binomial (p in multiples of 2^-64).

use super::Place;

/// How many of the first `m` (at least one) points of a cell lie in its left half.
#[inline]
pub(super) fn left_half(place: Place, node: u64, m: u32) -> u32 {
    if m <= 64 {
        return (place.bits(node, 0) & (u64::MAX >> ((64 - m) & 63))).count_ones();
    }
    let (words, rest) = (m / 64, m % 64);
    let mut left = 0;
    for word in 0..words {
        left += place.bits(node, u64::from(word)).count_ones();
    }
    if rest > 0 {
        left += (place.bits(node, u64::from(words)) & ((1 << rest) - 1)).count_ones();
    }
    left
}

/// `p` in multiples of 2^-64; `None` stands for 1.
#[inline]
pub(super) fn fixed(p: f64) -> Option<u64> {
    (p < 1.0).then_some((p.max(0.0) * 18_446_744_073_709_551_616.0) as u64)
}

/// How many of the `m` points in the cell `node` (a leading 1, then the digits that lead to it) lie below the rest
/// of `digits`.
fn below(place: Place, mut node: u64, mut digits: u64, mut m: u32) -> u32 {
    let mut count = 0;
    while digits != 0 && m != 0 {
        let left = left_half(place, node, m);
        let digit = digits >> 63;
        if digit == 1 {
            count += left;
            m -= left;
        } else {
            m = left;
        }
        // At depth 64 the leading 1 falls off; no digit is left then.
        node = (node << 1) | digit;
        digits <<= 1;
    }
    count
}

impl Place {
    /// The number of successes in `n` trials of probability `p` (held between 0 and 1; not a number: 0).
    ///
    /// Of one place it never falls when `n` or `p` rises, nor does `n` minus it fall when `n` rises.
    #[inline]
    pub fn binomial(self, n: u32, p: f64) -> u32 {
        match fixed(p) {
            _ if p.is_nan() => 0,
            None => n,
            Some(digits) => below(self, 1, digits, n),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::{Seed, normal_cdf};

    /// P-value of Pearson's chi-square of `draws` draws against exact masses, cells pooled to at least 20 expected;
    /// tail by Wilson and Hilferty's cube root.
    pub fn chi_square(draws: i64, draw: impl Fn(i64) -> u32, mass: impl Fn(u32) -> f64) -> f64 {
        let mut seen = Vec::new();
        for slot in 0..draws {
            let k = draw(slot) as usize;
            if seen.len() <= k {
                seen.resize(k + 1, 0.0);
            }
            seen[k] += 1.0;
        }
        let (mut statistic, mut cells) = (0.0, 0.0);
        let (mut observed, mut expected, mut spent) = (0.0, 0.0, 0.0);
        for (k, count) in seen.iter().enumerate() {
            observed += count;
            expected += draws as f64 * mass(k as u32);
            if expected >= 20.0 && draws as f64 - spent - expected >= 20.0 {
                statistic += (observed - expected) * (observed - expected) / expected;
                spent += expected;
                cells += 1.0;
                (observed, expected) = (0.0, 0.0);
            }
        }
        let rest = draws as f64 - spent;
        statistic += (observed - rest) * (observed - rest) / rest;
        let freedom: f64 = cells;
        let spread = 2.0 / (9.0 * freedom);
        1.0 - normal_cdf((libm::cbrt(statistic / freedom) - (1.0 - spread)) / libm::sqrt(spread))
    }

    pub fn mass(k: u32, n: u32, p: f64) -> f64 {
        let (k, n) = (f64::from(k), f64::from(n));
        let choose = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
        libm::exp(choose + k * libm::log(p) + (n - k) * libm::log1p(-p))
    }

    #[test]
    fn a_million_draws_follow_the_exact_masses() {
        for (n, p, name) in [
            (3, 0.3, "3"),
            (30, 0.01, "30"),
            (300, 0.1, "300"),
            (30_000, 0.002, "30000"),
        ] {
            let stream = Seed(5).stream("binomial").named(name);
            let value = chi_square(
                1_000_000,
                |slot| stream.at(slot).binomial(n, p),
                |k| mass(k, n, p),
            );
            assert!(value > 0.001, "n {n}, p {p}: p-value {value}");
        }
    }

    #[test]
    fn the_edges_are_certain() {
        let place = Seed(1).stream("edges").at(0);
        assert_eq!(place.binomial(1000, 0.0), 0);
        assert_eq!(place.binomial(1000, -1.0), 0);
        assert_eq!(place.binomial(1000, 1.0), 1000);
        assert_eq!(place.binomial(1000, 2.0), 1000);
        assert_eq!(place.binomial(1000, f64::NAN), 0);
        assert_eq!(place.binomial(0, 0.5), 0);
    }

    proptest! {
        #[test]
        fn more_trials_never_mean_fewer_successes_nor_failures(
            seed: u64, slot: i64, n in 0_u32..2000, more in 0_u32..200, p in 0.0..1.0_f64,
        ) {
            let place = Seed(seed).stream("coupled").at(slot);
            let (few, many) = (place.binomial(n, p), place.binomial(n + more, p));
            prop_assert!(few <= many && many <= few + more);
        }

        #[test]
        fn a_greater_probability_never_means_fewer_successes(
            seed: u64, slot: i64, n in 0_u32..2000, p in 0.0..1.0_f64, q in 0.0..1.0_f64,
        ) {
            let place = Seed(seed).stream("coupled").at(slot);
            prop_assert!(place.binomial(n, p.min(q)) <= place.binomial(n, p.max(q)));
            let near = place.binomial(n, p + 1e-12);
            prop_assert!(place.binomial(n, p) <= near);
        }
    }
}
