use super::special::crossing;
use super::{Estimate, LEVEL};

/// How often per unit of `exposure` (above zero) something happens that was counted `count` times, with Garwood's exact
/// interval (1936); where nothing was counted, the one-sided bound in its place. `None` without exposure.
///
/// `n` is what stands behind it: how many stretches of time were looked at.
pub fn per(count: u64, exposure: f64, n: u64) -> Option<Estimate> {
    if !exposure.is_finite() || exposure <= 0.0 {
        return None;
    }
    let tail = (1.0 - LEVEL) / 2.0;
    let (low, high) = match count {
        0 => (0.0, -libm::log(1.0 - LEVEL)),
        some => (
            // The mean at which `some` or more are as rare as the tail, and that at which `some` or fewer are.
            mean(some, |at_most| (1.0 - at_most) - tail, true),
            mean(some, |at_most| tail - at_most, false),
        ),
    };
    Some(Estimate {
        point: count as f64 / exposure,
        low: low / exposure,
        high: high / exposure,
        level: LEVEL,
        n,
    })
}

/// Where `rising` of the chance of at most `count` (below `count` if `below`) becomes positive.
fn mean(count: u64, rising: impl Fn(f64) -> f64, below: bool) -> f64 {
    let most = count as f64 + 20.0 + 10.0 * (count as f64).sqrt();
    let counted = if below { count - 1 } else { count };
    crossing(0.0, most, |mean| rising(poisson_cdf(counted, mean)))
}

/// Chance of at most `count` where `mean` are expected: the sum of its terms.
fn poisson_cdf(count: u64, mean: f64) -> f64 {
    if mean <= 0.0 {
        return 1.0;
    }
    let ln = libm::log(mean);
    let term = |k: u64| libm::exp(k as f64 * ln - mean - libm::lgamma(k as f64 + 1.0));
    (0..=count).map(term).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Garwood's intervals (95 %), from a summation of the terms by another program; the small ones stand in his table.
    #[test]
    fn agrees_with_garwoods_table() {
        for (count, low, high) in [
            (1, 0.0253, 5.5716),
            (2, 0.2422, 7.2247),
            (5, 1.6235, 11.6683),
            (10, 4.7954, 18.3904),
            (100, 81.3640, 121.6268),
        ] {
            let found = per(count, 1.0, 1).unwrap();
            assert!((found.low - low).abs() < 1e-3, "{count}: {}", found.low);
            assert!((found.high - high).abs() < 1e-3, "{count}: {}", found.high);
        }
    }

    #[test]
    fn nothing_counted_is_a_bound_and_no_exposure_is_no_answer() {
        let none = per(0, 2.0, 7).unwrap();
        assert!(none.is_bound() && none.n == 7);
        // 3 / 2, nearly: the rule of three.
        assert!((none.high - 2.995_732 / 2.0).abs() < 1e-5);
        assert_eq!(per(3, 0.0, 1), None);
        assert_eq!(per(3, f64::NAN, 1), None);
    }
}
