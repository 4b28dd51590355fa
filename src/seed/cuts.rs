//! Many probabilities asked of one place at once.

use super::Place;
use super::coupled::{fixed, left_half};

/// So many points of a cell, or fewer, are drawn one by one instead of halving the cell.
const FEW: u32 = 16;

/// How many of n points, uniform in [0, 1), lie below each of several cuts: the differences of neighbours are
/// multinomial.
///
/// A place holds one set of points for every n; an answer does not depend on which other cuts are asked for, and never
/// falls when a cut rises. (For another n it is another set: what has to move with n is for [`Place::binomial`].)
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cuts {
    /// The cuts in multiples of 2^-64, ascending; those that are 1 stand apart at the end.
    digits: Vec<u64>,
    whole: usize,
    /// The cells in which two or more different cuts lie, the root first.
    cells: Vec<Cell>,
}

/// A cell of a binary tree over [0, 1), and its cuts `from..middle` (left half) and `middle..to` (right half).
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cell {
    /// A leading 1, then the digits that lead to it.
    node: u64,
    depth: u32,
    from: u32,
    middle: u32,
    to: u32,
    /// Cells of the halves, where different cuts lie in them; else 0.
    left: u32,
    right: u32,
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

    fn add(&mut self, node: u64, depth: u32, from: usize, to: usize) -> u32 {
        let middle = from + self.digits[from..to].partition_point(|&digits| digits << depth >> 63 == 0);
        let cell = self.cells.len();
        let [first, half, last] = [from, middle, to].map(|cut| cut as u32);
        self.cells.push(Cell {
            node,
            depth,
            from: first,
            middle: half,
            to: last,
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
        cell as u32
    }

    /// Calls `hit(cut, points)` so that the points of each cut add up to those of the `n` that lie below it.
    #[inline]
    pub fn count(&self, place: Place, n: u32, mut hit: impl FnMut(usize, u32)) {
        if n == 0 {
            return;
        }
        if let Some(root) = self.cells.first() {
            self.descend(place, root, n, &mut hit);
        }
        for cut in self.digits.len()..self.len() {
            hit(cut, n);
        }
    }

    /// The `m` points of a cell against its cuts.
    fn descend(&self, place: Place, cell: &Cell, m: u32, hit: &mut impl FnMut(usize, u32)) {
        let (from, middle, to) = (cell.from as usize, cell.middle as usize, cell.to as usize);
        if m <= FEW {
            return self.one_by_one(place, cell.node, cell.depth, from..to, m, hit);
        }
        let left = left_half(place, cell.node, m);
        let right = m - left;
        if left > 0 {
            if cell.left != 0 {
                self.descend(place, &self.cells[cell.left as usize], left, hit);
            } else if from < middle {
                self.follow(place, cell.node << 1, cell.depth + 1, from..middle, left, hit);
            }
            (middle..to).for_each(|cut| hit(cut, left));
        }
        if right > 0 {
            if cell.right != 0 {
                self.descend(place, &self.cells[cell.right as usize], right, hit);
            } else if middle < to {
                self.follow(
                    place,
                    (cell.node << 1) | 1,
                    cell.depth + 1,
                    middle..to,
                    right,
                    hit,
                );
            }
        }
    }

    /// The `m` points of a cell against its cuts, which are all equal.
    fn follow(
        &self,
        place: Place,
        mut node: u64,
        mut depth: u32,
        cuts: core::ops::Range<usize>,
        mut m: u32,
        hit: &mut impl FnMut(usize, u32),
    ) {
        let digits = self.digits[cuts.start];
        let mut below = 0;
        while m > FEW && depth < 64 && digits << depth != 0 {
            let left = left_half(place, node, m);
            let digit = digits << depth >> 63;
            if digit == 1 {
                below += left;
                m -= left;
            } else {
                m = left;
            }
            node = (node << 1) | digit;
            depth += 1;
        }
        if below > 0 {
            cuts.clone().for_each(|cut| hit(cut, below));
        }
        // More than a few are left only where no digit is: none of them lies below.
        if m <= FEW {
            self.one_by_one(place, node, depth, cuts, m, hit);
        }
    }

    fn one_by_one(
        &self,
        place: Place,
        node: u64,
        depth: u32,
        cuts: core::ops::Range<usize>,
        m: u32,
        hit: &mut impl FnMut(usize, u32),
    ) {
        if depth >= 64 || m == 0 {
            return;
        }
        let mut points = [0; FEW as usize];
        for (n, point) in points[..m as usize].iter_mut().enumerate() {
            *point = place.bits(node, n as u64);
        }
        for cut in cuts {
            // Without branches: which points lie below cannot be foreseen.
            let end = self.digits[cut] << depth;
            let below = points[..m as usize]
                .iter()
                .map(|&point| u32::from(point < end))
                .sum();
            hit(cut, below);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{
        Seed,
        coupled::tests::{chi_square, mass},
    };
    use super::*;

    fn counts(cuts: &[f64], place: Place, n: u32) -> Vec<u32> {
        let mut counts = vec![0; cuts.len()];
        Cuts::new(cuts).count(place, n, |cut, count| counts[cut] += count);
        counts
    }

    #[test]
    fn each_cut_and_each_difference_is_binomial() {
        let cuts = Cuts::new(&[0.001, 0.01, 0.17, 0.2, 0.46, 0.78, 0.97, 0.999_5, 1.0]);
        for (n, name) in [(3, "3"), (16, "16"), (17, "17"), (80, "80"), (300, "300")] {
            let stream = Seed(3).stream("cuts").named(name);
            let of = |slot: i64| {
                let mut counts = [0; 9];
                cuts.count(stream.at(slot), n, |cut, count| counts[cut] += count);
                counts
            };
            for (what, p, value) in [
                ("below 0.46", 0.46, &(|slot| of(slot)[4]) as &dyn Fn(i64) -> u32),
                ("below 0.01", 0.01, &|slot| of(slot)[1]),
                ("from 0.17 to 0.2", 0.03, &|slot| of(slot)[3] - of(slot)[2]),
                ("from 0.2 to 0.97", 0.77, &|slot| of(slot)[6] - of(slot)[3]),
            ] {
                let value = chi_square(60_000, value, |k| mass(k, n, p));
                assert!(value > 0.001, "{n} points {what}: p-value {value}");
            }
            assert_eq!(of(0)[8], n);
        }
    }

    proptest! {
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
            let together = counts(&cuts, place, n);
            let alone: Vec<u32> = cuts.iter().map(|&p| counts(&[p], place, n)[0]).collect();
            prop_assert!(together.is_sorted());
            prop_assert_eq!(together, alone);
        }
    }
}
