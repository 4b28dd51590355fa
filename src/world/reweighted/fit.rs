//! A synthetic world's numbers, estimated from a recording, each with an interval.

use super::past::Past;
use super::timed::{Mean, Timed};
use crate::scenario::recorded::Ending;
use crate::seed::Seed;
use crate::stats::{self, Estimate, LEVEL, rate};
use crate::units::Duration;

/// Resamples behind every interval.
const RESAMPLES: u64 = 200;
/// Windows over which dispersion is told, in slots.
const WINDOWS: [usize; 4] = [1, 4, 16, 64];
/// Fewer windows than this say nothing of how they vary.
const FEWEST: usize = 4;

/// What a recording says of the service, in a scenario's numbers. Intervals are of a stationary bootstrap over blocks, but
/// for scrapes, which are taken one by one; they say nothing of days that were not recorded. `n` counts slots or scrapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Requests per second.
    pub rate: Estimate,
    /// How much busier than the mean the busiest hour is; absent where most times of day were not recorded twice.
    pub daily: Option<Estimate>,
    /// Log-sd of the rate's noise, beyond what single requests would vary.
    pub noise: Estimate,
    /// Time after which the correlation of the rate has fallen to 1/e [s].
    pub correlation: Estimate,
    /// Failed requests per request; absent where nothing tells failures from successes.
    pub errors: Option<Estimate>,
    /// Log-sd of the error ratio's noise.
    pub error_noise: Option<Estimate>,
    /// Series that tell how requests ended and were seen at zero, before they counted anything; and series of failures that
    /// were not there before their first one.
    pub births: [usize; 2],
    /// The histogram that latency was taken from, as policies call it, and its bounds in its own unit.
    pub histogram: Option<(String, Vec<f64>)>,
    /// How long requests take.
    pub latency: FittedLatency,
    /// Variance over mean of requests in windows of these lengths.
    pub dispersion: Vec<(Duration, Estimate)>,
    /// Time between two scrapes [s].
    pub interval: Option<Estimate>,
    /// How far scrapes come off their time [s].
    pub jitter: Option<Estimate>,
    /// Part of scrapes that are missing.
    pub missed: Option<Estimate>,
}

/// What a recording says of how long requests take.
#[derive(Clone, Debug, PartialEq)]
pub enum FittedLatency {
    /// Nothing.
    Unknown,
    /// Sums and counts, and no buckets that tell anything: the mean [s].
    Mean {
        /// The mean [s].
        mean: Estimate,
        /// As below.
        within: Vec<(f64, Estimate)>,
    },
    /// Buckets: the likeliest lognormal.
    Buckets {
        /// Median [s].
        median: Estimate,
        /// Log-sd; absent where so few buckets hold anything that it cannot be told.
        sigma: Option<Estimate>,
        /// Upper bound [s] of each bucket, and the part of requests within it.
        within: Vec<(f64, Estimate)>,
    },
}

impl Past {
    /// Fits a scenario. `seed` is that of the bootstrap: the same recording and seed give the same digits.
    pub fn fit(&self, seed: Seed) -> Fit {
        let slots: Vec<usize> = (0..self.grid.len()).collect();
        let (timed, mean) = (Timed::of(self), Mean::of(self));
        let of = |slots: &[usize]| self.numbers(slots, timed.as_ref(), mean.as_ref());
        let found = of(&slots);
        let mut resampled: Vec<Vec<f64>> = vec![Vec::new(); found.len()];
        for resample in 0..RESAMPLES {
            let numbers = of(&self.resample(seed, resample));
            resampled
                .iter_mut()
                .zip(numbers)
                .for_each(|(all, number)| all.push(number));
        }
        let mut estimates = found.iter().zip(&mut resampled).map(|(&point, all)| {
            all.retain(|number| number.is_finite());
            all.sort_by(f64::total_cmp);
            let last = all.len().saturating_sub(1);
            let at = |chance: f64| {
                *all.get(((chance * all.len() as f64) as usize).min(last))
                    .unwrap_or(&point)
            };
            Estimate {
                point,
                low: at(0.5 - LEVEL / 2.0).min(point),
                high: at(0.5 + LEVEL / 2.0).max(point),
                level: LEVEL,
                n: slots.len() as u64,
            }
        });
        let mut next = || estimates.next().expect("as many as there are numbers");
        let [rate_of, daily, noise, correlation, errors, error_noise, by_sums] =
            std::array::from_fn(|_| next());
        let told = self.tells_endings();
        let length = |window: usize| Duration::from_millis(window as i64 * self.grid.interval);
        let windows = self.windows().into_iter();
        let dispersion = windows.map(|window| (length(window), next())).collect();
        let (median, sigma, within) = match &timed {
            Some(timed) => {
                let (median, sigma) = (next(), next());
                let within = timed
                    .bounds
                    .iter()
                    .map(|&bound| (bound, timed.bounded(bound, next())))
                    .collect();
                (
                    Some(median).filter(|median| median.point.is_finite()),
                    Some(sigma),
                    within,
                )
            }
            None => (None, None, Vec::new()),
        };
        let latency = match median {
            Some(median) => FittedLatency::Buckets {
                median,
                sigma: sigma.filter(|sigma| sigma.point.is_finite()),
                within,
            },
            None if by_sums.point > 0.0 => FittedLatency::Mean {
                mean: by_sums,
                within,
            },
            None => FittedLatency::Unknown,
        };
        let (interval, jitter) = self.rhythm();
        let scrapes = (self.targets.len() * self.grid.len()) as u64;
        let seen = self
            .targets
            .iter()
            .flat_map(|target| &target.scraped)
            .filter(|&&seen| seen)
            .count() as u64;
        Fit {
            rate: rate_of,
            daily: self.clock.as_ref().map(|_| daily),
            noise,
            correlation,
            errors: told.then_some(errors),
            error_noise: told.then_some(error_noise),
            births: self.births(),
            histogram: timed
                .as_ref()
                .map(|timed| (timed.name.clone(), timed.own_bounds.clone())),
            latency,
            dispersion,
            interval,
            jitter,
            missed: rate(scrapes - seen, scrapes),
        }
    }

    /// Whether anything that was recorded tells failures from successes.
    fn tells_endings(&self) -> bool {
        self.families
            .iter()
            .flat_map(|family| &family.classes)
            .any(|class| class.ending != Ending::Any)
    }

    /// Series that tell how requests ended and were seen at zero, and series of failures that were born by their first one.
    fn births(&self) -> [usize; 2] {
        let classes = || self.families.iter().flat_map(|family| &family.classes);
        let failures = || classes().filter(|class| class.ending == Ending::Failure);
        let told = classes().filter(|class| class.ending != Ending::Any);
        let zeros = told
            .filter(|class| class.seen_at_zero && !class.born_by_use)
            .count();
        [
            zeros,
            failures()
                .filter(|class| class.born_by_use && class.counts.iter().any(|&count| count > 0))
                .count(),
        ]
    }

    /// Windows of which there are enough, in slots.
    fn windows(&self) -> Vec<usize> {
        let enough = |&window: &usize| window == 1 || FEWEST * window <= self.grid.len();
        WINDOWS.into_iter().filter(enough).collect()
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

    /// All numbers, over these slots; NaN for what they do not tell.
    fn numbers(&self, slots: &[usize], timed: Option<&Timed>, mean: Option<&Mean>) -> Vec<f64> {
        let of = |counts: &[u32]| -> Vec<f64> { slots.iter().map(|&slot| f64::from(counts[slot])).collect() };
        let (mut requests, failures) = (of(&self.requests), of(&self.failures));
        let n = slots.len() as f64;
        let seconds = self.grid.interval as f64 / 1000.0;
        let (all, failed) = (requests.iter().sum::<f64>(), failures.iter().sum::<f64>());
        let errors = if all > 0.0 { failed / all } else { 0.0 };
        let (mut beyond, mut scale) = (0.0, 0.0);
        for (requests, failures) in requests.iter().zip(&failures) {
            let off = failures - requests * errors;
            beyond += off * off - requests * errors * (1.0 - errors);
            scale += requests * requests * errors * errors;
        }
        let daily = self.take_day_off(slots, &mut requests);
        let rate = all / n / seconds;
        let dispersion: Vec<(f64, f64, f64)> = self
            .windows()
            .into_iter()
            .map(|window| {
                let found = stats::dispersion(&requests, window);
                (window as f64 * seconds, found, n / window as f64)
            })
            .collect();
        // No shorter than the cells of a world's time grid, and up to a quarter of what was recorded.
        let remembers = [seconds / 3.0, n * seconds / 4.0];
        let (noise, correlation) = stats::noise(rate, &dispersion, remembers);
        // Of failures given their ratio, what single requests vary is taken off; what is left is the noise's.
        let beyond = if scale > 0.0 { beyond / scale } else { 0.0 };
        let mut numbers = vec![
            rate,
            daily,
            noise,
            correlation,
            errors,
            stats::noise_sd(beyond, correlation, seconds),
            mean.map_or(f64::NAN, |mean| mean.over(slots)),
        ];
        numbers.extend(dispersion.iter().map(|(_, found, _)| found));
        if let Some(timed) = timed {
            numbers.extend(timed.over(slots));
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use crate::recording::Builder;
    use crate::scenario::recorded::Mapping;
    use crate::seed::Seed;
    use crate::series::Labels;
    use crate::world::{FittedLatency, Past};

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
            ("errors", fit.errors.expect("statuses tell"), 0.01),
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
            fit.error_noise.is_some_and(|noise| noise.low < 0.05) && fit.latency == FittedLatency::Unknown,
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
