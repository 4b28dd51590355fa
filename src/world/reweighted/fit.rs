//! A synthetic world's numbers, estimated from a recording, each with an interval.

use super::past::Past;
use super::shape::{Law, SIGMA};
use crate::scenario::Latency;
use crate::seed::{Seed, normal_quantile};
use crate::stats::{Estimate, LEVEL, correlation_time, rate};
use crate::units::Duration;

/// Resamples behind every interval.
const RESAMPLES: u64 = 200;
/// Windows over which dispersion is told, in slots.
const WINDOWS: [usize; 4] = [1, 4, 16, 64];

/// What a recording says of the service, in a scenario's numbers. Intervals are of a stationary bootstrap over blocks; they
/// say nothing of days that were not recorded. `n` counts slots.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Requests per second.
    pub rate: Estimate,
    /// Log-sd of the rate's noise, beyond what single requests would vary.
    pub noise: Estimate,
    /// Time after which the correlation of the rate has fallen to 1/e [s].
    pub correlation: Estimate,
    /// Failed requests per request.
    pub errors: Estimate,
    /// Log-sd of the error ratio's noise.
    pub error_noise: Estimate,
    /// Median [s] and log-sd of latency; absent where there are no buckets.
    pub latency: Option<(Estimate, Estimate)>,
    /// Variance over mean of requests in windows of these lengths.
    pub dispersion: Vec<(Duration, Estimate)>,
    /// Part of scrapes that are missing.
    pub missed: Option<Estimate>,
}

impl Past {
    /// Fits a scenario. `seed` is that of the bootstrap: the same recording and seed give the same digits.
    pub fn fit(&self, seed: Seed) -> Fit {
        let slots: Vec<usize> = (0..self.grid.len()).collect();
        let found = self.numbers(&slots);
        let mut resampled: Vec<Vec<f64>> = vec![Vec::new(); found.len()];
        for resample in 0..RESAMPLES {
            let numbers = self.numbers(&self.resample(seed, resample));
            resampled
                .iter_mut()
                .zip(numbers)
                .for_each(|(all, number)| all.push(number));
        }
        let mut estimates = found.iter().zip(&mut resampled).map(|(&point, all)| {
            all.sort_by(f64::total_cmp);
            let at = |chance: f64| all[((chance * all.len() as f64) as usize).min(all.len() - 1)];
            Estimate {
                point,
                low: at(0.5 - LEVEL / 2.0).min(point),
                high: at(0.5 + LEVEL / 2.0).max(point),
                level: LEVEL,
                n: slots.len() as u64,
            }
        });
        let mut next = || estimates.next().expect("as many as there are numbers");
        let [rate_of, noise, correlation, errors, error_noise, median, sigma] =
            std::array::from_fn(|_| next());
        let length = |window: usize| Duration::from_millis(window as i64 * self.grid.interval);
        let dispersion = WINDOWS.iter().map(|&window| (length(window), next())).collect();
        let scrapes = (self.targets.len() * self.grid.len()) as u64;
        let seen = self
            .targets
            .iter()
            .flat_map(|target| &target.scraped)
            .filter(|&&seen| seen)
            .count() as u64;
        Fit {
            rate: rate_of,
            noise,
            correlation,
            errors,
            error_noise,
            latency: self.has_buckets().then_some((median, sigma)),
            dispersion,
            missed: rate(scrapes - seen, scrapes),
        }
    }

    /// As many slots as there are, in blocks.
    fn resample(&self, seed: Seed, number: u64) -> Vec<usize> {
        let n = self.grid.len();
        let (cut, goal) = (seed.stream("fit, block ends"), seed.stream("fit, block"));
        let mut at = 0;
        (0..n)
            .map(|slot| {
                let place = (number * n as u64) as i64 + slot as i64;
                let jumps = slot == 0 || cut.at(place).happens(1.0 / self.block);
                at = match jumps {
                    true => ((goal.at(place).uniform() * n as f64) as usize).min(n - 1),
                    false => (at + 1) % n,
                };
                at
            })
            .collect()
    }

    /// All numbers, over these slots.
    fn numbers(&self, slots: &[usize]) -> Vec<f64> {
        let of = |counts: &[u32]| -> Vec<f64> { slots.iter().map(|&slot| f64::from(counts[slot])).collect() };
        let (requests, failures) = (of(&self.requests), of(&self.failures));
        let n = slots.len() as f64;
        let seconds = self.grid.interval as f64 / 1000.0;
        let (mean, failed) = (requests.iter().sum::<f64>() / n, failures.iter().sum::<f64>() / n);
        let errors = if mean > 0.0 { failed / mean } else { 0.0 };
        // Of counts given their rates, what single requests vary is taken off; what is left is the noise's.
        let variance = requests
            .iter()
            .map(|count| (count - mean) * (count - mean))
            .sum::<f64>()
            / n;
        let (mut beyond, mut scale) = (0.0, 0.0);
        for (requests, failures) in requests.iter().zip(&failures) {
            let off = failures - requests * errors;
            beyond += off * off - requests * errors * (1.0 - errors);
            scale += requests * requests * errors * errors;
        }
        let log_sd = |part: f64| libm::sqrt(libm::log1p(part.max(0.0)));
        let part = |above: f64, below: f64| if below > 0.0 { above / below } else { 0.0 };
        let law = Law::of_slots(
            &self.families,
            Latency {
                median: 1.0,
                sigma: SIGMA,
            },
            slots,
        );
        let (median, high) = (law.quantile(0.5), law.quantile(0.95));
        let mut numbers = vec![
            mean / seconds,
            log_sd(part(variance - mean, mean * mean)),
            correlation_time(&requests, mean) * seconds,
            errors,
            log_sd(part(beyond, scale)),
            median,
            libm::log(high / median) / normal_quantile(0.95),
        ];
        numbers.extend(WINDOWS.iter().map(|&window| dispersion(&requests, window)));
        numbers
    }
}

/// Variance over mean of the sums of `window` neighbours.
fn dispersion(counts: &[f64], window: usize) -> f64 {
    let sums: Vec<f64> = counts
        .chunks_exact(window.max(1))
        .map(|chunk| chunk.iter().sum())
        .collect();
    let n = sums.len() as f64;
    let mean = sums.iter().sum::<f64>() / n;
    let variance = sums.iter().map(|sum| (sum - mean) * (sum - mean)).sum::<f64>() / (n - 1.0);
    if variance.is_finite() && mean > 0.0 {
        variance / mean
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use crate::recording::Builder;
    use crate::scenario::recorded::Mapping;
    use crate::seed::Seed;
    use crate::series::Labels;
    use crate::world::Past;

    /// Counts of a service whose rate is lognormal with log-sd 0.3 and a correlation time of 20 slots.
    #[test]
    fn numbers_that_made_counts_are_found_again() {
        let mut builder = Builder::default();
        let series = ["200", "500"]
            .map(|status| builder.series(Labels::new([("__name__", "requests_total"), ("status", status)])));
        let [noise, traffic, errors] = ["n", "t", "e"].map(|name| Seed(6).stream(name));
        let (mut z, mut totals) = (noise.at(-1).normal(), [0.0; 2]);
        let keep = libm::exp(-1.0 / 20.0);
        for scrape in 0..6000 {
            z = keep * z + libm::sqrt(1.0 - keep * keep) * noise.at(scrape).normal();
            let all = traffic.at(scrape).poisson(150.0 * libm::exp(0.3 * z - 0.045));
            let bad = errors.at(scrape).binomial(all, 0.01);
            totals[0] += f64::from(all - bad);
            totals[1] += f64::from(bad);
            series
                .iter()
                .zip(totals)
                .for_each(|(series, total)| builder.push(*series, scrape * 15_000, total));
        }
        let recording = builder.build().expect("there are samples");
        let wanted = crate::scenario::recorded::wanted(
            &[crate::scenario::inference::Selected {
                check: crate::policy::argo::spec::CheckId(0),
                at: 0..0,
                name: "requests_total".into(),
                matchers: Vec::new(),
                rated: true,
                telling: Vec::new(),
            }],
            &Default::default(),
        );
        let fit = Past::new(&recording, &wanted, &[], &Mapping::default()).fit(Seed(1));
        for (name, found, truth) in [
            ("rate", fit.rate, 10.0),
            ("noise", fit.noise, 0.3),
            ("errors", fit.errors, 0.01),
        ] {
            assert!(found.holds(truth), "{name}: {found:?}");
            assert!(found.half_width() < truth / 3.0, "{name}: {found:?}");
        }
        assert!(
            (fit.correlation.point / 300.0 - 1.0).abs() < 0.3,
            "{:?}",
            fit.correlation
        );
        assert!(
            fit.error_noise.low < 0.05 && fit.latency.is_none(),
            "{:?}",
            fit.error_noise
        );
        // Poisson and the noise's own: 1 + 150 (exp(0.09) - 1) at one slot; more in longer windows.
        let one = fit.dispersion[0].1;
        assert!(one.holds(1.0 + 150.0 * libm::expm1(0.09)), "{one:?}");
        assert!(fit.dispersion[2].1.point > 5.0 * one.point);
        assert_eq!(fit.missed.map(|missed| missed.point), Some(0.0));
    }
}
