//! Whether one set of figures is a stranger among sets that were made alike.

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stranger {
    /// How often one made alike would stand out as much: its rank among all, from 1 / (others + 1) to 1.
    pub p: f64,
    /// For each figure whether it stands out by itself, all figures together being asked for.
    pub stands_out: Vec<bool>,
}

/// Whether `own` stands out among `others`, sets of the same figures in the same order; NaN is a figure that is not there.
///
/// Every figure is measured by its distance from the mean of all sets in their standard deviations, and in no less than its
/// entry of `least`, which nobody minds; of each set the greatest distance counts (Westfall and Young 1993, single step). If `own` was made as the others were, every rank of its greatest
/// distance is equally likely, whatever the figures' laws and however they depend on each other: the chance that it is
/// called a stranger at all is at most `level`, however many figures there are. With fewer than 1 / `level` - 1 others
/// nothing can stand out.
///
/// `least` has to be the same whichever of the sets is taken for `own`.
pub fn stranger(own: &[f64], others: &[Vec<f64>], least: &[f64], level: f64) -> Stranger {
    let sets = || std::iter::once(own).chain(others.iter().map(Vec::as_slice));
    let count = others.len() + 1;
    let mut distances = vec![vec![0.0; own.len()]; count];
    for figure in (0..own.len()).filter(|&figure| own[figure].is_finite()) {
        let values = || sets().map(|set| set[figure]).filter(|value| value.is_finite());
        let n = values().count() as f64;
        let mean = values().sum::<f64>() / n;
        let variance = values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n;
        let spread = libm::hypot(libm::sqrt(variance), least[figure]);
        // Less than rounding leaves over is no spread.
        if variance <= 1e-24 * mean * mean || variance == 0.0 {
            continue;
        }
        for (distances, set) in distances.iter_mut().zip(sets()) {
            if set[figure].is_finite() {
                distances[figure] = libm::fabs(set[figure] - mean) / spread;
            }
        }
    }
    let greatest = |distances: &Vec<f64>| distances.iter().copied().fold(0.0, f64::max);
    let mut all: Vec<f64> = distances.iter().map(greatest).collect();
    let as_great = all.iter().filter(|&&distance| distance >= all[0]).count();
    all.sort_by(f64::total_cmp);
    // So many of all sets may stand out.
    let may = libm::floor(level * count as f64 + 1e-9) as usize;
    let limit = all[count - 1 - may.min(count - 1)];
    Stranger {
        p: as_great as f64 / count as f64,
        stands_out: distances[0]
            .iter()
            .map(|&distance| may > 0 && distance > limit)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn sets(count: i64, figures: i64, seed: u64) -> Vec<Vec<f64>> {
        let stream = Seed(seed).stream("figures");
        let one = |set: i64| {
            let shared = stream.named("shared").at(set).normal();
            (0..figures)
                .map(|figure| shared + stream.at(set * figures + figure).normal())
                .collect()
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn what_lies_far_off_is_named_and_nothing_else() {
        let others = sets(39, 12, 1);
        let mut own = sets(1, 12, 2).remove(0);
        own[7] += 60.0;
        let found = stranger(&own, &others, &[0.0; 12], 0.05);
        assert_eq!(found.p, 1.0 / 40.0);
        let named: Vec<usize> = (0..12).filter(|&figure| found.stands_out[figure]).collect();
        assert_eq!(named, [7]);
    }

    /// One of twenty, whatever the number of figures, and never with too few others.
    #[test]
    fn one_of_their_own_is_seldom_called_a_stranger() {
        let repetitions = 1000;
        let mut called = 0;
        for repetition in 0..repetitions {
            let mut all = sets(40, 15, 100 + repetition);
            let own = all.remove(0);
            let found = stranger(&own, &all, &[0.3; 15], 0.05);
            assert_eq!(found.p <= 0.05, found.stands_out.contains(&true));
            called += u32::from(found.p <= 0.05);
        }
        // Three standard errors.
        assert!((29..=71).contains(&called), "{called}");
        let mut all = sets(11, 3, 5);
        all[0][0] = 1e9;
        let own = all.remove(0);
        assert!(!stranger(&own, &all, &[0.0; 3], 0.05).stands_out.contains(&true));
    }

    #[test]
    fn figures_without_spread_or_without_value_are_no_difference() {
        let others = vec![vec![0.0, f64::NAN, 3.0, f64::NAN]; 39];
        let found = stranger(&[0.0, 1.0, f64::NAN, f64::NAN], &others, &[0.0; 4], 0.05);
        assert_eq!((found.p, found.stands_out), (1.0, vec![false; 4]));
        assert!(stranger(&[1.0, 0.0, 3.0, 0.0], &others, &[0.0; 4], 0.05).stands_out[0]);
        assert_eq!(stranger(&[], &[], &[], 0.05).p, 1.0);
    }

    /// One of the others differs in next to nothing, and alone: it hides nobody.
    #[test]
    fn differences_that_nobody_minds_hide_none() {
        let mut others = vec![vec![0.0, 1.0]; 19];
        others[3][0] = 0.001;
        for (at, other) in others.iter_mut().enumerate() {
            other[1] += 0.001 * at as f64;
        }
        let own = [0.0, 1.4];
        assert!(!stranger(&own, &others, &[0.0; 2], 0.05).stands_out[1]);
        assert!(stranger(&own, &others, &[0.01; 2], 0.05).stands_out[1]);
    }
}
