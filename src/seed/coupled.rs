//! Binomials that move together.
//!
//! A place holds a sequence of points, uniform in [0, 1); a draw of n trials with probability p is the number of the
//! first n points that lie below p. So it never falls when n or p rises, and grows by at most one when n does. The
//! points themselves are never made: n of them are halved down the binary digits of p, and how many of m points fall
//! in the left half of a cell is the number of ones among the first m bits that belong to the cell. Each cell's
//! bits are fair and independent of all others, so the law is exactly binomial (p in multiples of 2^-64).

use super::Place;

/// How many of the first `m` points of a cell lie in its left half.
fn left_half(place: Place, node: u64, m: u32) -> u32 {
    let mut left = 0;
    let (words, rest) = (m / 64, m % 64);
    for word in 0..words {
        left += place.bits(node, u64::from(word)).count_ones();
    }
    if rest > 0 {
        left += (place.bits(node, u64::from(words)) & ((1 << rest) - 1)).count_ones();
    }
    left
}

/// `p` in multiples of 2^-64; `None` stands for 1.
fn fixed(p: f64) -> Option<u64> {
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
    pub fn binomial(self, n: u32, p: f64) -> u32 {
        match fixed(p) {
            _ if p.is_nan() => 0,
            None => n,
            Some(digits) => below(self, 1, digits, n),
        }
    }
}

/// Many probabilities asked of one place at once: the points below each of them.
///
/// The answers are those of [`Place::binomial`], whichever other cuts are asked for: differences of neighbours are
/// multinomial.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cuts {
    /// Digits ascending; those that are 1 stand apart at the end.
    digits: Vec<u64>,
    whole: usize,
    /// The cells in which two or more cuts lie, the root first.
    cells: Vec<Cell>,
}

#[derive(Clone, Debug, PartialEq)]
struct Cell {
    node: u64,
    depth: u32,
    /// Cuts `from..middle` lie in the left half, `middle..to` in the right one.
    from: usize,
    middle: usize,
    to: usize,
    /// Cells of the halves, where they hold two cuts or more.
    left: usize,
    right: usize,
}

impl Cuts {
    /// Cuts at ascending probabilities.
    ///
    /// # Panics
    ///
    /// If they do not ascend.
    pub fn new(probabilities: &[f64]) -> Self {
        assert!(probabilities.is_sorted(), "cuts ascend");
        let digits: Vec<u64> = probabilities.iter().map_while(|&p| fixed(p)).collect();
        let mut cuts = Self {
            whole: probabilities.len() - digits.len(),
            digits,
            cells: Vec::new(),
        };
        if !cuts.digits.is_empty() {
            cuts.add(1, 0, 0, cuts.digits.len());
        }
        cuts
    }

    /// Number of cuts.
    pub fn len(&self) -> usize {
        self.digits.len() + self.whole
    }

    /// Whether there is no cut.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn add(&mut self, node: u64, depth: u32, from: usize, to: usize) -> usize {
        let digit = |digits: u64| digits << depth >> 63;
        let middle = from + self.digits[from..to].partition_point(|&digits| digit(digits) == 0);
        let cell = self.cells.len();
        self.cells.push(Cell {
            node,
            depth,
            from,
            middle,
            to,
            left: 0,
            right: 0,
        });
        // Equal cuts are never told apart: they stay together to the last digit, as one path.
        let apart = |half: &[u64]| half.len() > 1 && half[0] != half[half.len() - 1];
        if apart(&self.digits[from..middle]) {
            self.cells[cell].left = self.add(node << 1, depth + 1, from, middle);
        }
        if apart(&self.digits[middle..to]) {
            self.cells[cell].right = self.add((node << 1) | 1, depth + 1, middle, to);
        }
        cell
    }

    /// Calls `hit(cut, points below it)` for every cut, in no fixed order, for the first `n` points of `place`;
    /// cuts with no points below may be left out.
    pub fn count(&self, place: Place, n: u32, mut hit: impl FnMut(usize, u32)) {
        if n == 0 {
            return;
        }
        if !self.cells.is_empty() {
            self.descend(place, 0, 0, n, &mut hit);
        }
        for cut in self.digits.len()..self.len() {
            hit(cut, n);
        }
    }

    fn descend(&self, place: Place, cell: usize, base: u32, m: u32, hit: &mut impl FnMut(usize, u32)) {
        let cell = &self.cells[cell];
        let left = if m == 0 { 0 } else { left_half(place, cell.node, m) };
        let halves = [
            (cell.from, cell.middle, cell.left, cell.node << 1, base, left),
            (
                cell.middle,
                cell.to,
                cell.right,
                (cell.node << 1) | 1,
                base + left,
                m - left,
            ),
        ];
        for (from, to, inner, node, base, m) in halves {
            if from == to {
                continue;
            }
            if m == 0 {
                if base > 0 {
                    (from..to).for_each(|cut| hit(cut, base));
                }
            } else if inner != 0 {
                self.descend(place, inner, base, m, hit);
            } else {
                let rest = self.digits[from] << cell.depth << 1;
                let count = base + below(place, node, rest, m);
                (from..to).for_each(|cut| hit(cut, count));
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::{Seed, normal_cdf};
    use super::*;

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

    fn mass(k: u32, n: u32, p: f64) -> f64 {
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

        #[test]
        fn cuts_answer_as_if_asked_alone(
            seed: u64, n in 0_u32..500, mut cuts in prop::collection::vec(0.0..1.05_f64, 0..15), twice: bool,
        ) {
            if twice {
                cuts.extend(cuts.clone());
                cuts.push(0.0);
                cuts.push(0.25);
            }
            cuts.sort_by(f64::total_cmp);
            let place = Seed(seed).stream("cuts").at(0);
            let mut counts = vec![0; cuts.len()];
            Cuts::new(&cuts).count(place, n, |cut, count| counts[cut] = count);
            let alone: Vec<u32> = cuts.iter().map(|&p| place.binomial(n, p)).collect();
            prop_assert_eq!(counts, alone);
        }
    }
}
