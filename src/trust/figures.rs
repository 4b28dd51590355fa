//! What is compared of two worlds: false rollbacks, and of each check how its readings lie and how long they remember.

use serde::Serialize;

use super::play::Seen;
use crate::seed::Seed;
use crate::stats::{Estimate, LEVEL, rate, upper_bound};

/// Quantiles of readings that are compared.
const PERCENT: [u32; 4] = [10, 50, 90, 99];
/// Differences that nobody minds: a point of a share, five hundredths of a correlation, and of a quantile this part of the
/// way from the tenth per cent of readings to the ninety-ninth.
const MINDED: f64 = 0.01;
const MINDED_CORRELATION: f64 = 0.05;
const MINDED_PART: f64 = 0.05;
/// Resamples of trials behind an interval.
const RESAMPLES: i64 = 100;

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "figure")]
pub enum Figure {
    /// Part of trials that were rolled back.
    FalseRollbacks,
    /// Part of a check's looks that saw no number.
    NoNumber {
        /// The check.
        check: String,
    },
    /// A quantile of all readings of a check.
    Quantile {
        /// The check.
        check: String,
        /// Which one.
        percent: u32,
    },
    /// Correlation of a reading with the one so many looks later, each about the mean of its look.
    Autocorrelation {
        /// The check.
        check: String,
        /// Looks between them.
        lag: usize,
    },
}

/// The figures of a policy, in the order of tables: what they are, and of which check.
pub(super) struct Asked {
    pub figures: Vec<Figure>,
    places: Vec<(usize, Of)>,
}

#[derive(Clone, Copy)]
enum Of {
    Rollbacks,
    NoNumber,
    Quantile(u32),
    Autocorrelation(usize),
}

impl Asked {
    /// The figures of a policy whose checks, with the looks they take at most, are these. Autocorrelation is asked for at
    /// lags that double: 1, 2, 4, …
    pub fn of(checks: &[(String, usize)]) -> Self {
        let mut asked = Self {
            figures: vec![Figure::FalseRollbacks],
            places: vec![(0, Of::Rollbacks)],
        };
        for (number, (check, looks)) in checks.iter().enumerate() {
            let name = || check.clone();
            asked.add(number, Of::NoNumber, Figure::NoNumber { check: name() });
            for percent in PERCENT {
                let figure = Figure::Quantile {
                    check: name(),
                    percent,
                };
                asked.add(number, Of::Quantile(percent), figure);
            }
            // Beyond half the looks too few pairs are left.
            for lag in (0..).map(|n| 1 << n).take_while(|lag| 2 * lag <= *looks) {
                let figure = Figure::Autocorrelation { check: name(), lag };
                asked.add(number, Of::Autocorrelation(lag), figure);
            }
        }
        asked
    }

    fn add(&mut self, check: usize, of: Of, figure: Figure) {
        self.figures.push(figure);
        self.places.push((check, of));
    }

    /// All figures of these trials, by their numbers; NaN where they give none.
    pub fn over(&self, seen: &Seen, trials: &[usize]) -> Vec<f64> {
        let mut sorted: Vec<Option<Vec<f64>>> = vec![None; self.places.len()];
        let of = |&(check, of): &(usize, Of)| match of {
            Of::Rollbacks => part(trials.iter().map(|&trial| seen.rolled_back[trial])),
            Of::NoNumber => part(readings(seen, trials, check).map(f64::is_nan)),
            Of::Quantile(percent) => {
                let sorted = sorted[check].get_or_insert_with(|| {
                    let mut numbers: Vec<f64> = readings(seen, trials, check)
                        .filter(|reading| !reading.is_nan())
                        .collect();
                    numbers.sort_by(f64::total_cmp);
                    numbers
                });
                let rank = (sorted.len() * percent as usize).div_ceil(100).max(1);
                sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
            }
            Of::Autocorrelation(lag) => autocorrelation(seen, trials, check, lag),
        };
        self.places.iter().map(of).collect()
    }

    /// How much of a difference nobody minds, figure by figure; `sets` are figures of all recordings.
    pub fn least(&self, sets: &[Vec<f64>]) -> Vec<f64> {
        let mean = |figure: usize| {
            let values = || {
                sets.iter()
                    .map(|set| set[figure])
                    .filter(|value| value.is_finite())
            };
            values().sum::<f64>() / (values().count() as f64).max(1.0)
        };
        let find = |check: usize, percent: u32| {
            self.places
                .iter()
                .position(|&(of, what)| of == check && matches!(what, Of::Quantile(at) if at == percent))
        };
        let least = |&(check, of): &(usize, Of)| match of {
            Of::Rollbacks | Of::NoNumber => MINDED,
            Of::Autocorrelation(_) => MINDED_CORRELATION,
            Of::Quantile(_) => match (find(check, PERCENT[0]), find(check, PERCENT[3])) {
                (Some(low), Some(high)) => MINDED_PART * (mean(high) - mean(low)).max(0.0),
                _ => 0.0,
            },
        };
        self.places.iter().map(least).collect()
    }

    /// The same of all trials, each with an interval: Wilson's for rollbacks, of resampled trials for what they read.
    pub fn estimates(&self, seen: &Seen, seed: Seed) -> Vec<Option<Estimate>> {
        let n = seen.rolled_back.len();
        let all: Vec<usize> = (0..n).collect();
        let found = self.over(seen, &all);
        let pick = seed.stream("trials of figures");
        let mut resampled: Vec<Vec<f64>> = vec![Vec::new(); found.len()];
        for resample in 0..RESAMPLES {
            let one =
                |at: i64| ((pick.at(resample * n as i64 + at).uniform() * n as f64) as usize).min(n - 1);
            let trials: Vec<usize> = (0..n as i64).map(one).collect();
            let numbers = self.over(seen, &trials);
            for (all, number) in resampled.iter_mut().zip(numbers) {
                all.extend(Some(number).filter(|number| number.is_finite()));
            }
        }
        let estimate = |((&point, own), (_, of)): ((&f64, &mut Vec<f64>), &(usize, Of))| {
            if let Of::Rollbacks = of {
                let rolled_back = seen
                    .rolled_back
                    .iter()
                    .filter(|&&rolled_back| rolled_back)
                    .count();
                return rate(rolled_back as u64, n as u64);
            }
            let [low, high] = range(own)?;
            // None at all, of looks that hang together within a trial: as many as there are trials count.
            let none = matches!(of, Of::NoNumber) && point == 0.0;
            let bound = if none {
                upper_bound(0, n as u64, LEVEL)
            } else {
                point
            };
            point.is_finite().then(|| Estimate {
                point,
                low: low.min(point),
                high: high.max(bound),
                level: LEVEL,
                n: n as u64,
            })
        };
        found
            .iter()
            .zip(&mut resampled)
            .zip(&self.places)
            .map(estimate)
            .collect()
    }
}

/// The middle 95 % of numbers; `None` without any.
pub(super) fn range(numbers: &mut [f64]) -> Option<[f64; 2]> {
    numbers.sort_by(f64::total_cmp);
    let last = numbers.len().checked_sub(1)?;
    let tail = 0.5 - LEVEL / 2.0;
    let cut = (tail * numbers.len() as f64) as usize;
    Some([numbers[cut], numbers[last - cut]])
}

/// How many of all are so; NaN of none.
fn part(all: impl Iterator<Item = bool>) -> f64 {
    let (so, n) = all.fold((0.0, 0.0), |(so, n), is| (so + f64::from(u8::from(is)), n + 1.0));
    so / n
}

fn readings<'a>(seen: &'a Seen, trials: &'a [usize], check: usize) -> impl Iterator<Item = f64> + 'a {
    trials
        .iter()
        .flat_map(move |&trial| seen.readings[trial][check].iter().copied())
}

fn autocorrelation(seen: &Seen, trials: &[usize], check: usize, lag: usize) -> f64 {
    let of = |trial: usize| &seen.readings[trial][check];
    let mut means: Vec<(f64, f64)> = vec![(0.0, 0.0); seen.looks(check)];
    for &trial in trials {
        for (look, reading) in of(trial)
            .iter()
            .enumerate()
            .filter(|(_, reading)| !reading.is_nan())
        {
            means[look].0 += reading;
            means[look].1 += 1.0;
        }
    }
    let off = |look: usize, reading: f64| reading - means[look].0 / means[look].1;
    let (mut product, mut first, mut second) = (0.0, 0.0, 0.0);
    for &trial in trials {
        let own = of(trial);
        for (look, (&now, &later)) in own.iter().zip(own.iter().skip(lag)).enumerate() {
            if !now.is_nan() && !later.is_nan() {
                let (now, later) = (off(look, now), off(look + lag, later));
                product += now * later;
                first += now * now;
                second += later * later;
            }
        }
    }
    // What never differs remembers nothing that could be seen; rounding is no difference.
    let usual = means
        .iter()
        .map(|(sum, n)| sum * sum / (n * n).max(1.0))
        .fold(0.0, f64::max);
    let scale = libm::sqrt(first * second);
    if scale > 1e-20 * usual && scale > 0.0 {
        product / scale
    } else {
        f64::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(readings: Vec<Vec<f64>>) -> Seen {
        Seen {
            rolled_back: readings.iter().map(|own| own.len() < 4).collect(),
            readings: readings.into_iter().map(|own| vec![own]).collect(),
        }
    }

    #[test]
    fn figures_are_those_of_a_pocket_calculator() {
        let none = f64::NAN;
        let seen = seen(vec![
            vec![1.0, 2.0, 3.0, 4.0],
            vec![3.0, 4.0, 5.0, 8.0],
            vec![2.0, none],
        ]);
        let asked = Asked::of(&[("errors".into(), 4)]);
        let lags: Vec<&Figure> = asked.figures.iter().skip(6).collect();
        let lag = |lag| Figure::Autocorrelation {
            check: "errors".into(),
            lag,
        };
        assert_eq!(lags, [&lag(1), &lag(2)]);
        let found = asked.over(&seen, &[0, 1, 2]);
        // One of three was rolled back; one of ten looks saw no number; of nine readings the first, fifth, ninth, ninth.
        assert_eq!(found[..6], [1.0 / 3.0, 0.1, 1.0, 3.0, 8.0, 8.0]);
        // Means by look 2, 3, 4, 6: deviations (-1, -1, -1, -2), (1, 1, 1, 2), (0). Lag 1: 8 / sqrt(6 × 12).
        assert!((found[6] - 8.0 / libm::sqrt(72.0)).abs() < 1e-12, "{}", found[6]);
        // Lag 2: 6 / sqrt(4 × 10).
        assert!((found[7] - 6.0 / libm::sqrt(40.0)).abs() < 1e-12, "{}", found[7]);
        let estimates = asked.estimates(&seen, Seed(1));
        assert_eq!(estimates[0], rate(1, 3));
        assert!(estimates[3].is_some_and(|middle| middle.low <= 3.0 && 3.0 <= middle.high && middle.n == 3));
    }

    #[test]
    fn what_was_never_seen_has_no_figure() {
        let asked = Asked::of(&[("errors".into(), 2)]);
        let seen = seen(vec![vec![f64::NAN; 2]; 3]);
        assert_eq!(asked.over(&seen, &[0, 1, 2])[1], 1.0);
        let estimates = asked.estimates(&seen, Seed(1));
        assert!(estimates[2..].iter().all(Option::is_none));
    }
}
