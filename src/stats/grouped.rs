//! A lognormal through the buckets of a histogram.

use crate::seed::normal_cdf;

/// The lognormal under which counts in buckets are likeliest: median and log-sd. Buckets are lower end, upper end (may be
/// infinite) and count; a lower end of 0 is the first bucket's. What lies inside a bucket plays no part.
///
/// `sigma` given: only the median is sought. It has to be given where fewer than three buckets hold anything: two counts
/// cannot tell both. `None` where all lies in one bucket, which says nothing.
pub fn lognormal(buckets: &[(f64, f64, f64)], sigma: Option<f64>) -> Option<(f64, f64)> {
    let held: Vec<&(f64, f64, f64)> = buckets.iter().filter(|(.., count)| *count > 0.0).collect();
    if held.len() < 2 || held.len() < 3 && sigma.is_none() {
        return None;
    }
    let all: f64 = held.iter().map(|(.., count)| count).sum();
    let logs: Vec<(f64, f64, f64)> = held
        .iter()
        .map(|&&(low, high, count)| (libm::log(low.max(0.0)), libm::log(high.max(0.0)), count / all))
        .collect();
    let ends = || logs.iter().flat_map(|&(low, high, _)| [low, high]);
    let finite = || ends().filter(|end| end.is_finite());
    let (low, high) = (
        finite().fold(f64::INFINITY, f64::min),
        finite().fold(f64::NEG_INFINITY, f64::max),
    );
    let of = |mean: f64, sigma: f64| -> f64 {
        let log = |&(low, high, part): &(f64, f64, f64)| {
            part * libm::log(between((low - mean) / sigma, (high - mean) / sigma).max(1e-300))
        };
        logs.iter().map(log).sum()
    };
    // For each spread the likelihood has one peak in the mean; over spreads as well, in practice.
    let best_mean = |sigma: f64| peak(low - 8.0 * sigma, high + 8.0 * sigma, |mean| of(mean, sigma));
    let sigma = sigma.unwrap_or_else(|| {
        let log = peak(libm::log(0.02), libm::log(4.0), |log| {
            let sigma = libm::exp(log);
            of(best_mean(sigma), sigma)
        });
        libm::exp(log)
    });
    Some((libm::exp(best_mean(sigma)), sigma))
}

/// The chance of a normal between two numbers, exact in either tail.
fn between(low: f64, high: f64) -> f64 {
    if low > 0.0 {
        normal_cdf(-low) - normal_cdf(-high)
    } else {
        normal_cdf(high) - normal_cdf(low)
    }
}

/// Where a function with one peak has it: golden section.
fn peak(mut low: f64, mut high: f64, of: impl Fn(f64) -> f64) -> f64 {
    let part = 0.618_033_988_749_895;
    let (mut left, mut right) = (high - part * (high - low), low + part * (high - low));
    let (mut at_left, mut at_right) = (of(left), of(right));
    for _ in 0..32 {
        if at_left > at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - part * (high - low);
            at_left = of(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + part * (high - low);
            at_right = of(right);
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(bounds: &[f64], median: f64, sigma: f64) -> Vec<(f64, f64, f64)> {
        let at = |bound: f64| normal_cdf(libm::log(bound / median) / sigma);
        let mut ends = vec![0.0];
        ends.extend(bounds);
        ends.push(f64::INFINITY);
        ends.windows(2)
            .map(|pair| (pair[0], pair[1], 1e6 * (at(pair[1]) - at(pair[0]))))
            .collect()
    }

    #[test]
    fn what_filled_buckets_is_found_again() {
        // In the middle of the buckets, and with nine of ten in the first one.
        for (median, sigma) in [(0.08, 0.8), (0.02, 1.2), (0.3, 0.3)] {
            let held = buckets(&[0.1, 0.2, 0.4, 1.0, 3.0], median, sigma);
            let (found, spread) = lognormal(&held, None).expect("there are buckets");
            assert!((found / median - 1.0).abs() < 1e-3, "{median}: {found}");
            assert!((spread / sigma - 1.0).abs() < 1e-3, "{sigma}: {spread}");
        }
    }

    #[test]
    fn few_buckets_tell_little() {
        let two = buckets(&[0.1], 0.05, 0.8);
        assert_eq!(lognormal(&two, None), None);
        let (median, sigma) = lognormal(&two, Some(0.8)).expect("the spread is given");
        assert!((median / 0.05 - 1.0).abs() < 1e-4 && sigma == 0.8, "{median}");
        assert_eq!(lognormal(&[(0.0, 0.1, 7.0)], Some(0.8)), None);
        assert_eq!(lognormal(&[], Some(0.8)), None);
    }
}
