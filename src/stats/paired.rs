use super::proportion::{upper_bound, wilson};
use super::special::{binomial_cdf, fair_pmf, student_two_sided};
use super::{Estimate, LEVEL, bootstrap};

/// Pairs of yes and no: two policies that met the same luck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// Both yes.
    pub both: u64,
    /// Only the first.
    pub first: u64,
    /// Only the second.
    pub second: u64,
    /// Neither.
    pub neither: u64,
}

impl Pairs {
    /// Counts pairs.
    pub fn count(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut counted = Self::default();
        for pair in pairs {
            match pair {
                (true, true) => counted.both += 1,
                (true, false) => counted.first += 1,
                (false, true) => counted.second += 1,
                (false, false) => counted.neither += 1,
            }
        }
        counted
    }

    /// All pairs.
    pub fn n(&self) -> u64 {
        self.both + self.first + self.second + self.neither
    }

    /// Share of yes of the first minus that of the second, with Newcombe's interval for pairs (Newcombe 1998,
    /// "Improved confidence intervals for the difference between binomial proportions based on paired data",
    /// method 10). `None` without pairs.
    pub fn difference(&self) -> Option<Estimate> {
        let n = self.n();
        if n == 0 {
            return None;
        }
        let share = |count: u64| count as f64 / n as f64;
        let (yes_first, yes_second) = (self.both + self.first, self.both + self.second);
        let ((low_1, high_1), (low_2, high_2)) = (wilson(yes_first, n, LEVEL), wilson(yes_second, n, LEVEL));
        let (p_1, p_2) = (share(yes_first), share(yes_second));
        let correlation = self.correlation();
        let reach = |a: f64, b: f64| (a * a - 2.0 * correlation * a * b + b * b).max(0.0).sqrt();
        let point = p_1 - p_2;
        Some(Estimate {
            point,
            low: (point - reach(p_1 - low_1, high_2 - p_2)).max(-1.0),
            high: (point + reach(high_1 - p_1, p_2 - low_2)).min(1.0),
            level: LEVEL,
            n,
        })
    }

    /// Phi of the table of pairs, drawn towards zero by half a pair where it is positive; 0 where a margin is empty.
    fn correlation(&self) -> f64 {
        let [both, first, second, neither] =
            [self.both, self.first, self.second, self.neither].map(|count| count as f64);
        let margins = (both + first) * (second + neither) * (both + second) * (first + neither);
        if margins <= 0.0 {
            return 0.0;
        }
        let cross = both * neither - first * second;
        let corrected = if cross > 0.0 {
            (cross - self.n() as f64 / 2.0).max(0.0)
        } else {
            cross
        };
        corrected / margins.sqrt()
    }

    /// McNemar's exact test: chance of pairs that differ this unevenly if neither policy were better.
    pub fn mcnemar(&self) -> f64 {
        self.doubled_tail().min(1.0)
    }

    /// McNemar's test with the chance of the observed count halved: less strict than the exact one, and closer to
    /// what it says.
    pub fn mcnemar_mid(&self) -> f64 {
        let (fewer, differing) = self.differing();
        (self.doubled_tail() - fair_pmf(fewer, differing)).clamp(0.0, 1.0)
    }

    fn doubled_tail(&self) -> f64 {
        let (fewer, differing) = self.differing();
        2.0 * binomial_cdf(fewer, differing, 0.5)
    }

    fn differing(&self) -> (u64, u64) {
        (self.first.min(self.second), self.first + self.second)
    }
}

/// A difference of means, and how likely it is by chance alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanDifference {
    /// First minus second.
    pub estimate: Estimate,
    /// Chance of a difference this large if there were none, two-sided.
    pub p: f64,
}

/// Mean of `first[i] - second[i]` with a bootstrap interval over the pairs. `None` without pairs; what is longer is
/// cut to the shorter.
///
/// `p` is that of Student's paired t test, but never less than the least that any test of signs could give for the
/// number of pairs that differ: two pairs in a thousand prove nothing, however far apart they are. When no pair
/// differs, pairs not played may: not more often than the one-sided bound of zero, and not further than the values
/// of the two lie apart.
pub fn mean_difference(first: &[f64], second: &[f64], seed: u64) -> Option<MeanDifference> {
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    let estimate = bootstrap::mean(&differences, seed)?;
    let n = differences.len() as f64;
    let differing = differences
        .iter()
        .filter(|&&difference| difference != 0.0)
        .count() as f64;
    if differing == 0.0 {
        let reach = spread(first.iter().chain(second)) * upper_bound(0, estimate.n, estimate.level);
        return Some(MeanDifference {
            estimate: Estimate {
                low: -reach,
                high: reach,
                ..estimate
            },
            p: 1.0,
        });
    }
    let squares: f64 = differences
        .iter()
        .map(|d| (d - estimate.point) * (d - estimate.point))
        .sum();
    let error = (squares / (n - 1.0).max(1.0) / n).sqrt();
    let by_size = if error > 0.0 {
        student_two_sided(estimate.point / error, n - 1.0)
    } else {
        0.0
    };
    let by_signs = libm::exp2(1.0 - differing).min(1.0);
    Some(MeanDifference {
        estimate,
        p: by_size.max(by_signs),
    })
}

/// How far the largest of `values` lies from the smallest; minus infinity without any.
pub fn spread<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    let ends = |(least, most): (f64, f64), &value: &f64| (least.min(value), most.max(value));
    let (least, most) = values.fold((f64::INFINITY, f64::NEG_INFINITY), ends);
    most - least
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(both: u64, first: u64, second: u64, neither: u64) -> Pairs {
        Pairs {
            both,
            first,
            second,
            neither,
        }
    }

    /// Computed with SciPy's distributions.
    #[test]
    fn mcnemar_agrees_with_an_independent_table() {
        for (first, second, exact, mid) in [
            (10, 2, 0.038_574_218_75, 0.022_460_937_50),
            (25, 9, 0.009_041_185_491, 0.005_988_120_568),
            (120, 80, 0.005_685_155_997, 0.004_660_051_975),
        ] {
            for table in [pairs(50, first, second, 50), pairs(0, second, first, 7)] {
                assert!((table.mcnemar() - exact).abs() < 1e-12, "{}", table.mcnemar());
                assert!(
                    (table.mcnemar_mid() - mid).abs() < 1e-12,
                    "{}",
                    table.mcnemar_mid()
                );
            }
        }
        for even in [pairs(3, 0, 0, 4), pairs(3, 8, 8, 4)] {
            assert_eq!(even.mcnemar(), 1.0);
            assert!((even.mcnemar_mid() - 1.0).abs() < 1e-12);
        }
    }

    /// The first two are printed in Newcombe's paper under method 10; the third is a table of Altman and others,
    /// "Statistics with confidence" (2000), computed apart from this code in Python.
    #[test]
    fn newcombe_agrees_with_printed_examples() {
        for (table, low, high) in [
            (pairs(36, 12, 2, 0), 0.0569, 0.3404),
            (pairs(54, 0, 0, 0), -0.0664, 0.0664),
            (pairs(14, 5, 0, 22), 0.011_48, 0.226_49),
        ] {
            let found = table.difference().unwrap();
            assert!(
                (found.low - low).abs() < 1e-4 && (found.high - high).abs() < 1e-4,
                "{found:?}"
            );
        }
        assert_eq!(pairs(0, 0, 0, 0).difference(), None);
    }

    #[test]
    fn the_shared_luck_narrows_the_interval() {
        let alike = pairs(300, 20, 10, 670).difference().unwrap();
        let unlike = pairs(105, 215, 205, 475).difference().unwrap();
        assert!((alike.point - unlike.point).abs() < 1e-12);
        assert!(alike.half_width() < 0.5 * unlike.half_width());
    }

    #[test]
    fn a_steady_difference_is_seen_and_a_rare_one_is_not() {
        let slow: Vec<f64> = (0..1000).map(|k| f64::from(300 + k * 37 % 120)).collect();
        let fast: Vec<f64> = slow
            .iter()
            .enumerate()
            .map(|(k, t)| t - if k % 3 == 0 { 60.0 } else { 0.0 })
            .collect();
        let found = mean_difference(&fast, &slow, 1).unwrap();
        assert!(found.estimate.high < 0.0 && found.p < 1e-12, "{found:?}");
        let mut once = slow.clone();
        once[17] += 4000.0;
        assert!(mean_difference(&once, &slow, 1).unwrap().p > 0.3);
    }

    #[test]
    fn equal_pairs_are_bounded_by_how_far_values_lie_apart() {
        let times: Vec<f64> = (0..1000).map(|k| f64::from(60 + k % 240)).collect();
        let found = mean_difference(&times, &times, 1).unwrap();
        assert_eq!((found.p, found.estimate.point), (1.0, 0.0));
        assert!((found.estimate.high - 239.0 * 0.002_991_25).abs() < 1e-4);
    }
}
