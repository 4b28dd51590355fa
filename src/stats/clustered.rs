use super::LEVEL;
use super::proportion::upper_bound;
use super::special::{crossing, student_two_sided};

/// The interval of a mean whose values come in clusters (recorded days) that may differ: `clusters` are sum and number
/// of values of each. Student's t on the clusters' deviations, each weighted by its size; `None` with fewer than two
/// clusters, which say nothing of how far clusters differ.
///
/// The number that counts is that of the clusters, not that of the values: with two or three it is wide, and should be.
pub fn clustered(clusters: &[(f64, u64)]) -> Option<(f64, f64)> {
    let clusters: Vec<(f64, f64)> = clusters
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|&(sum, n)| (sum, n as f64))
        .collect();
    let count = clusters.len() as f64;
    if count < 2.0 {
        return None;
    }
    let (sum, n) = clusters
        .iter()
        .fold((0.0, 0.0), |(sum, n), (s, m)| (sum + s, n + m));
    let mean = sum / n;
    let squares: f64 = clusters
        .iter()
        .map(|(s, m)| (s - mean * m) * (s - mean * m))
        .sum();
    let error = libm::sqrt(count / (count - 1.0) * squares) / n;
    let t = crossing(0.0, 1e6, |t| 1.0 - LEVEL - student_two_sided(t, count - 1.0));
    Some((mean - t * error, mean + t * error))
}

/// As [`clustered`], for values that cannot leave `least..=most`. Where all clusters have one mean, other clusters may
/// still differ: not more often than the one-sided bound of as many trials as there are clusters, and not further than
/// the ends.
pub fn clustered_within(clusters: &[(f64, u64)], least: f64, most: f64) -> Option<(f64, f64)> {
    let (low, high) = clustered(clusters)?;
    let means = || {
        let filled = clusters.iter().filter(|(_, n)| *n > 0);
        filled.map(|&(sum, n)| sum / n as f64)
    };
    let lowest = means().fold(f64::INFINITY, f64::min);
    let highest = means().fold(f64::NEG_INFINITY, f64::max);
    if highest - lowest > 1e-12 * (most - least) {
        return Some((low.max(least), high.min(most)));
    }
    let differing = upper_bound(0, means().count() as u64, LEVEL);
    let (down, up) = ((lowest - least).max(0.0), (most - highest).max(0.0));
    Some((lowest - down * differing, highest + up * differing))
}

/// As [`clustered_within`], for a share.
pub fn clustered_share(clusters: &[(f64, u64)]) -> Option<(f64, f64)> {
    clustered_within(clusters, 0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Means 0.1, 0.2, 0.3 of equal size: the textbook interval of three numbers, 0.2 ± 4.302653 × 0.1 / √3.
    #[test]
    fn equal_clusters_give_students_interval() {
        let (low, high) = clustered(&[(10.0, 100), (20.0, 100), (30.0, 100)]).expect("there are three");
        let half = 4.302_652_73 * 0.1 / 3.0_f64.sqrt();
        assert!(
            (low - (0.2 - half)).abs() < 1e-6 && (high - (0.2 + half)).abs() < 1e-6,
            "{low} {high}"
        );
        assert_eq!(clustered(&[(1.0, 5)]), None);
        assert_eq!(clustered(&[(1.0, 5), (0.0, 0)]), None);
    }

    #[test]
    fn agreement_of_few_is_no_certainty() {
        let (low, high) = clustered_share(&[(0.0, 500), (0.0, 500)]).expect("there are two");
        // 1 - 0.05^(1/2)
        assert!(low == 0.0 && (high - 0.776_393).abs() < 1e-6, "{high}");
        assert_eq!(
            clustered_share(&[(5.0, 5), (7.0, 7)]).map(|(_, high)| high),
            Some(1.0)
        );
        // Pairs that agree on every day may differ on another, either way.
        let even = clustered_within(&[(0.0, 500), (0.0, 500)], -1.0, 1.0).expect("there are two");
        assert!(
            (even.0 + 0.776_393).abs() < 1e-6 && (even.1 - 0.776_393).abs() < 1e-6,
            "{even:?}"
        );
        // Half on either day says as little as none on either.
        let half = clustered_share(&[(5.0, 10), (6.0, 12)]).expect("there are two");
        assert!((half.0 - (0.5 - 0.5 * 0.776_393)).abs() < 1e-6 && (half.1 + half.0 - 1.0).abs() < 1e-9);
    }

    /// By hand: 3 of 10, 4 of 40, 5 of 50. Mean 12/100; deviations 3 - 1.2, 4 - 4.8, 5 - 6 of squares 3.24, 0.64, 1;
    /// error sqrt(3/2 x 4.88) / 100 = 0.0270555; t of two degrees 4.302653.
    #[test]
    fn unequal_clusters_count_by_their_size() {
        let (low, high) = clustered(&[(3.0, 10), (4.0, 40), (5.0, 50)]).expect("there are three");
        let half = 4.302_652_73 * 0.027_055_5;
        assert!(
            (low - (0.12 - half)).abs() < 1e-6 && (high - (0.12 + half)).abs() < 1e-6,
            "{low} {high}"
        );
    }

    /// A share that differs between days by a uniform part: intervals of eight days hold the mean as often as they say.
    #[test]
    fn intervals_hold_the_truth() {
        let stream = crate::seed::Seed(9).stream("days");
        let mut held = 0;
        for repetition in 0..1000_i64 {
            let days: Vec<(f64, u64)> = (0..8)
                .map(|day| {
                    let p = 0.1 + 0.4 * stream.at(repetition * 100 + day).uniform();
                    (
                        f64::from(stream.named("n").at(repetition * 100 + day).binomial(120, p)),
                        120,
                    )
                })
                .collect();
            let (low, high) = clustered(&days).expect("there are eight");
            held += u32::from(low <= 0.3 && 0.3 <= high);
        }
        assert!((930..=970).contains(&held), "{held}");
    }
}
