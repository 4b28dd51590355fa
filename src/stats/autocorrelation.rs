//! How long a series remembers, and how long the blocks must be that stand for it in a bootstrap.

/// Lag at which the autocorrelation of `values` has fallen to 1/e, in steps, between two lags by interpolation; at
/// least 1, at most a quarter of their number. A series without spread remembers nothing.
///
/// `noise` is the part of their variance that has no memory (of counts: their mean): it would hide what the rest
/// remembers, so it is taken off. What is left is nothing while it is within two standard errors of nothing.
pub fn correlation_time(values: &[f64], noise: f64) -> f64 {
    let Some(covariance) = Covariance::of(values) else {
        return 1.0;
    };
    let limit = libm::exp(-1.0);
    let most = (values.len() / 4).max(1);
    let signal = covariance.zero - noise;
    if signal <= 2.0 * covariance.zero / libm::sqrt(values.len() as f64) {
        return 1.0;
    }
    let mut before = 1.0;
    for lag in 1..=most {
        let now = covariance.at(lag) / signal;
        if now <= limit {
            let part = if before > now {
                (before - limit) / (before - now)
            } else {
                1.0
            };
            return ((lag - 1) as f64 + part).max(1.0);
        }
        before = now;
    }
    most as f64
}

/// The mean block length of a stationary bootstrap that estimates the variance of a mean best (Politis and White 2004,
/// with the correction of Patton, Politis and White 2009), but at least ten correlation times and at most half of the
/// values: shorter blocks understate how much averages vary. `noise`: as in [`correlation_time`].
pub fn block_length(values: &[f64], noise: f64) -> f64 {
    let n = values.len() as f64;
    let floor = 10.0 * correlation_time(values, noise);
    automatic(values).max(floor).min(n / 2.0).max(1.0)
}

fn automatic(values: &[f64]) -> f64 {
    let Some(covariance) = Covariance::of(values) else {
        return 1.0;
    };
    let n = values.len() as f64;
    // The first lag after which `run` autocorrelations in a row are within noise.
    let run = libm::fmax(5.0, libm::ceil(libm::sqrt(libm::log10(n)))) as usize;
    let most = libm::ceil(libm::sqrt(n)) as usize + run;
    let noise = 2.0 * libm::sqrt(libm::log10(n) / n);
    let quiet = |lag: usize| libm::fabs(covariance.at(lag) / covariance.zero) < noise;
    let first = (0..most)
        .find(|&lag| (lag + 1..=lag + run).all(quiet))
        .unwrap_or(most);
    let width = (2 * first.max(1)).min(values.len() - 1);
    // The flat-top window.
    let weight = |lag: usize| libm::fmin(1.0, 2.0 * (1.0 - lag as f64 / width as f64));
    let (mut spectrum, mut slope) = (covariance.zero, 0.0);
    for lag in 1..=width {
        let part = 2.0 * weight(lag) * covariance.at(lag);
        spectrum += part;
        slope += part * lag as f64;
    }
    let constant = 2.0 * spectrum * spectrum;
    if constant <= 0.0 {
        return 1.0;
    }
    libm::cbrt(2.0 * slope * slope / constant) * libm::cbrt(n)
}

struct Covariance<'a> {
    values: &'a [f64],
    mean: f64,
    zero: f64,
}

impl<'a> Covariance<'a> {
    fn of(values: &'a [f64]) -> Option<Self> {
        if values.len() < 4 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let mut covariance = Self {
            values,
            mean,
            zero: 0.0,
        };
        covariance.zero = covariance.at(0);
        (covariance.zero > 0.0).then_some(covariance)
    }

    fn at(&self, lag: usize) -> f64 {
        if lag >= self.values.len() {
            return 0.0;
        }
        let later = &self.values[lag..];
        let products = self
            .values
            .iter()
            .zip(later)
            .map(|(a, b)| (a - self.mean) * (b - self.mean));
        products.sum::<f64>() / self.values.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    /// Autoregression of first order with correlation `rho`.
    fn series(rho: f64, n: i64, seed: u64) -> Vec<f64> {
        let stream = Seed(seed).stream("noise");
        let mut last = stream.at(-1).normal();
        let new = libm::sqrt(1.0 - rho * rho);
        (0..n)
            .map(|at| {
                last = rho * last + new * stream.at(at).normal();
                last
            })
            .collect()
    }

    #[test]
    fn correlation_times_are_those_of_the_process() {
        for rho in [0.5_f64, 0.8, 0.95] {
            let found = correlation_time(&series(rho, 20_000, 1), 0.0);
            let theory = -1.0 / libm::log(rho);
            assert!((found / theory - 1.0).abs() < 0.2, "{rho}: {found}, {theory}");
        }
        // The same, hidden below as much noise again.
        let noise = Seed(8).stream("white");
        let hidden: Vec<f64> = (0..)
            .zip(series(0.9, 20_000, 4))
            .map(|(at, value)| value + noise.at(at).normal())
            .collect();
        let found = correlation_time(&hidden, 1.0);
        assert!(
            (found / 9.49 - 1.0).abs() < 0.2 && correlation_time(&hidden, 0.0) < 4.0,
            "{found}"
        );
        assert_eq!(correlation_time(&series(0.0, 5000, 2), 1.0), 1.0);
        assert_eq!(
            (correlation_time(&[3.0; 50], 0.0), correlation_time(&[], 0.0)),
            (1.0, 1.0)
        );
    }

    /// For this process the best length has a closed form: with g = (1+ρ)/(1-ρ) and G = 2ρ/(1-ρ)² (both in units of the
    /// variance), it is (2 G² / 2 g²)^(1/3) n^(1/3) = (2ρ/(1-ρ²))^(2/3) n^(1/3).
    #[test]
    fn automatic_lengths_are_near_the_best_ones() {
        for rho in [0.3, 0.5, 0.8] {
            let n = 4000.0;
            let best = libm::pow(2.0 * rho / (1.0 - rho * rho), 2.0 / 3.0) * libm::cbrt(n);
            let mean = (0..20)
                .map(|seed| automatic(&series(rho, n as i64, seed)))
                .sum::<f64>()
                / 20.0;
            assert!((mean / best - 1.0).abs() < 0.25, "{rho}: {mean}, {best}");
        }
    }

    #[test]
    fn blocks_are_long_enough_and_fit() {
        let values = series(0.8, 960, 3);
        let length = block_length(&values, 0.0);
        assert!(
            length >= 10.0 * correlation_time(&values, 0.0) && length <= 480.0,
            "{length}"
        );
        assert_eq!(block_length(&[1.0; 10], 0.0), 5.0_f64.min(10.0));
        assert_eq!(block_length(&[], 0.0), 1.0);
    }
}
