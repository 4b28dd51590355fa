use super::special::binomial_cdf;
use super::{Estimate, LEVEL};

/// The value that `percent` of the values do not exceed, with an interval by order statistics.
///
/// `sorted` are times: not negative, in rising order, infinity for "never". The interval needs no assumption about
/// their distribution and may itself end at infinity (or begin at 0) where too few values are there to say more.
/// `None` without values.
pub fn quantile(sorted: &[f64], percent: u32) -> Option<Estimate> {
    let n = sorted.len();
    let rank = (n * percent as usize).div_ceil(100).clamp(1, n.max(1));
    let point = *sorted.get(rank - 1)?;
    let (low, high) = ranks(n as u64, f64::from(percent) / 100.0, LEVEL);
    let at = |rank: u64, outside: f64| {
        rank.checked_sub(1)
            .and_then(|index| sorted.get(index as usize))
            .copied()
            .unwrap_or(outside)
    };
    Some(Estimate {
        point,
        low: at(low, 0.0),
        high: at(high, f64::INFINITY),
        level: LEVEL,
        n: n as u64,
    })
}

/// Ranks, from 1, of the two order statistics of `n` values that hold the `q`-quantile: the largest `l` with
/// `P(Bin(n, q) <= l - 1) <= a/2` (0: none) and the smallest `u` with `P(Bin(n, q) >= u) <= a/2` (`n + 1`: none).
fn ranks(n: u64, q: f64, level: f64) -> (u64, u64) {
    let tail = 0.5 - level / 2.0;
    let low = first(n, |rank| binomial_cdf(rank, n, q) > tail);
    let high = first(n, |rank| 1.0 - binomial_cdf(rank, n, q) <= tail) + 1;
    (low, high)
}

/// The smallest number from 0 to `n` for which `holds`, which stays true once it is; `n` if none before.
fn first(n: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut from, mut to) = (0, n);
    while from < to {
        let middle = from + (to - from) / 2;
        if holds(middle) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with SciPy's distributions; 201 of 200 is "unbounded".
    #[test]
    fn ranks_agree_with_an_independent_table() {
        assert_eq!(ranks(100, 0.5, 0.95), (40, 61));
        assert_eq!(ranks(1000, 0.95, 0.95), (936, 964));
        assert_eq!(ranks(200, 0.99, 0.95), (195, 201));
    }

    #[test]
    fn never_is_a_value_like_others() {
        let mut times: Vec<f64> = (1..=60).map(f64::from).collect();
        times.resize(100, f64::INFINITY);
        let median = quantile(&times, 50).unwrap();
        assert_eq!(
            (median.point, median.low, median.high),
            (50.0, 40.0, f64::INFINITY)
        );
        assert_eq!(quantile(&times, 90).unwrap().point, f64::INFINITY);
        assert_eq!(quantile(&times[..5], 50).unwrap().point, 3.0);
        assert_eq!(quantile(&[], 50), None);
    }

    #[test]
    fn one_value_says_almost_nothing() {
        let one = quantile(&[7.0], 50).unwrap();
        assert_eq!((one.low, one.point, one.high), (0.0, 7.0, f64::INFINITY));
    }
}
