//! How much more counts vary than requests that come one by one, and the noise that would make them.
//!
//! Requests come as a Poisson process whose rate is lognormal noise about its mean: `exp(g - s²/2)`, g of
//! Ornstein and Uhlenbeck with standard deviation s and correlation time T. Over a window W the variance of a count is
//! `λW + 2λ² ∫₀ᵂ (W - u) expm1(s² exp(-u/T)) du`.

/// The greatest log-sd that is looked for.
const MOST: f64 = 2.0;
/// Correlation times tried, evenly in the logarithm.
const TRIED: usize = 48;

/// Variance over mean of the sums of `window` neighbours, from all such sums, overlapping ones too; 1 where nothing can be
/// said.
pub fn dispersion(counts: &[f64], window: usize) -> f64 {
    let (window, n) = (window.max(1), counts.len());
    if 2 * window > n {
        return 1.0;
    }
    let mut sum: f64 = counts[..window].iter().sum();
    let mean = counts.iter().sum::<f64>() / n as f64 * window as f64;
    let mut squares = (sum - mean) * (sum - mean);
    for at in window..n {
        sum += counts[at] - counts[at - window];
        squares += (sum - mean) * (sum - mean);
    }
    // The mean is that of the same counts: as in n - 1, but for sums that overlap.
    let variance = squares / (n - window + 1) as f64 / (1.0 - window as f64 / n as f64);
    if variance.is_finite() && mean > 0.0 {
        variance / mean
    } else {
        1.0
    }
}

/// The relative variance of a lognormal noise's mean over a window: `2/W² ∫₀ᵂ (W - u) expm1(s² exp(-u/T)) du`; `sd` is s,
/// `correlation` T and `window` W in one unit.
pub fn noise_variance(sd: f64, correlation: f64, window: f64) -> f64 {
    if correlation <= 0.0 || window <= 0.0 {
        return 0.0;
    }
    // Term by term of the exponential's series: ∫ (W - u) exp(-ku/T) du has a closed form.
    let (mut sum, mut term) = (0.0, 1.0);
    for k in 1..60 {
        let k = f64::from(k);
        term *= sd * sd / k;
        let x = k * window / correlation;
        let part = if x < 1e-3 {
            0.5 - x / 6.0
        } else {
            (x + libm::expm1(-x)) / (x * x)
        };
        sum += term * part;
        if term < 1e-12 {
            break;
        }
    }
    2.0 * sum
}

/// The log-sd whose noise has this relative variance over a window; at most 2.
pub fn noise_sd(variance: f64, correlation: f64, window: f64) -> f64 {
    if variance <= 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, MOST);
    for _ in 0..30 {
        let middle = (low + high) / 2.0;
        if noise_variance(middle, correlation, window) < variance {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The noise, as log-sd and correlation time, under which counts disperse most nearly so: `seen` are windows, their
/// dispersions and how many windows there were; `rate` is requests in a unit of the windows' time. The correlation time is
/// sought between `shortest` and `longest`. Least squares of the logarithms, weighed by the roots of the numbers.
pub fn noise(rate: f64, seen: &[(f64, f64, f64)], [shortest, longest]: [f64; 2]) -> (f64, f64) {
    let off = |sd: f64, correlation: f64| -> f64 {
        let of_window = |&(window, dispersion, number): &(f64, f64, f64)| {
            let model = 1.0 + rate * window * noise_variance(sd, correlation, window);
            let off = libm::log(model / dispersion.max(1.0));
            libm::sqrt(number) * off * off
        };
        seen.iter().map(of_window).sum()
    };
    let best_sd = |correlation: f64| {
        // Golden section.
        let part = 0.618_033_988_749_895;
        let (mut low, mut high) = (0.0, MOST);
        for _ in 0..20 {
            let (left, right) = (high - part * (high - low), low + part * (high - low));
            if off(left, correlation) < off(right, correlation) {
                high = right;
            } else {
                low = left;
            }
        }
        (low + high) / 2.0
    };
    if seen.iter().all(|&(_, dispersion, _)| dispersion <= 1.0) {
        return (0.0, shortest);
    }
    let (first, last) = (libm::log(shortest), libm::log(longest.max(shortest)));
    let tried = (0..TRIED).map(|n| libm::exp(first + (last - first) * n as f64 / (TRIED - 1) as f64));
    let found = tried.map(|correlation| {
        let sd = best_sd(correlation);
        (off(sd, correlation), sd, correlation)
    });
    let (_, sd, correlation) = found
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap_or((0.0, 0.0, shortest));
    (sd, correlation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    /// From an independent quadrature: 20 requests a second, s² = 0.09, T = 120 s, W = 300 s.
    #[test]
    fn variance_of_a_window_is_the_integral() {
        let dispersion = 1.0 + 20.0 * 300.0 * noise_variance(0.3, 120.0, 300.0);
        assert!((dispersion / 282.344_877 - 1.0).abs() < 1e-6, "{dispersion}");
        // Noise far shorter than the window, and far longer.
        let short = noise_variance(0.3, 0.001, 300.0) / (2.0 * 0.001 / 300.0);
        assert!((0.09..0.094).contains(&short), "{short}");
        let long = noise_variance(0.3, 1e9, 300.0);
        assert!((long / libm::expm1(0.09) - 1.0).abs() < 1e-6, "{long}");
        assert_eq!(noise_variance(0.3, 0.0, 300.0), 0.0);
    }

    #[test]
    fn what_made_dispersions_is_found_again() {
        for (sd, correlation) in [(0.3, 120.0), (1.2, 20.0), (0.8, 4.0), (0.05, 600.0)] {
            let seen = [10.0, 40.0, 160.0, 640.0].map(|window| {
                let model = 1.0 + 20.0 * window * noise_variance(sd, correlation, window);
                (window, model, 1000.0 / window)
            });
            let (found_sd, found) = noise(20.0, &seen, [1.0, 10_000.0]);
            assert!((found / correlation - 1.0).abs() < 0.15, "{correlation}: {found}");
            assert!((found_sd / sd - 1.0).abs() < 0.1, "{sd}: {found_sd}");
        }
        assert_eq!(noise(20.0, &[(10.0, 0.9, 50.0)], [1.0, 100.0]).0, 0.0);
        assert_eq!(noise(20.0, &[], [1.0, 100.0]), (0.0, 1.0));
        assert!((noise_sd(noise_variance(0.7, 30.0, 10.0), 30.0, 10.0) - 0.7).abs() < 1e-6);
    }

    #[test]
    fn requests_that_come_one_by_one_do_not_disperse() {
        let stream = Seed(3).stream("counts");
        let counts: Vec<f64> = (0..5000)
            .map(|at| f64::from(stream.at(at).poisson(7.0)))
            .collect();
        for window in [1, 4, 16] {
            let found = dispersion(&counts, window);
            assert!((found - 1.0).abs() < 0.15, "{window}: {found}");
        }
        // Threes of them do so threefold.
        let threes: Vec<f64> = counts.iter().map(|count| 3.0 * count).collect();
        assert!((dispersion(&threes, 1) - 3.0).abs() < 0.3);
        assert_eq!((dispersion(&[], 1), dispersion(&[0.0; 9], 2)), (1.0, 1.0));
    }
}
