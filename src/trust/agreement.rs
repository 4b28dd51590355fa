//! The rule by which a recording agrees with the service that was fitted to it.

use serde::Serialize;

use super::figures::{Asked, Figure, range};
use super::play::Seen;
use crate::score::BetweenDays;
use crate::seed::{Seed, normal_cdf, normal_quantile};
use crate::stats::{Estimate, LEVEL, clustered, clustered_share, holm, stranger};
use crate::units::Duration;

/// One figure on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// What is compared.
    #[serde(flatten)]
    pub figure: Figure,
    /// Over the fitted service; absent where no trial gives it.
    pub fitted: Option<Estimate>,
    /// Over recordings of the fitted service, all together, each as long as the real one and split anew as it is; the
    /// interval is that between them.
    pub pretended: Option<Estimate>,
    /// Of these recordings one by one: the lower end of the middle 95 %, the median, the upper end.
    pub pretended_single: Option<[f64; 3]>,
    /// Over the recording, split anew.
    pub recorded: Option<Estimate>,
    /// Of false rollbacks over the recording: how far they differ between recorded days.
    pub between_days: Option<BetweenDays>,
    /// Whether the recording stands out in it among those that the fitted service makes.
    pub stands_out: bool,
    /// Whether splitting its own recordings anew gives something else than playing the fitted service itself.
    pub split_differs: bool,
}

impl Compared {
    /// Whether the two sides differ in it, for whatever cause.
    pub fn differs(&self) -> bool {
        self.stands_out || self.split_differs
    }
}

/// Whether a recording is what the fitted service would have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// It stands out in nothing.
    Agrees,
    /// It stands out in some figure.
    Differs,
}

/// One policy on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckedPolicy {
    /// Its name.
    pub policy: String,
    /// The word.
    pub agreement: Agreement,
    /// How often a recording of the fitted service stands out as much as the real one: its rank.
    pub p: f64,
    /// Trials behind every figure, on each side and over each recording.
    pub trials: u64,
    /// Recordings that the fitted service made.
    pub recordings: u64,
    /// Recorded days.
    pub days: u64,
    /// Time recorded.
    #[serde(rename = "recorded_ms")]
    pub recorded: Duration,
    /// The figures.
    pub figures: Vec<Compared>,
}

/// What was played of one policy.
pub(super) struct Played {
    pub policy: String,
    pub checks: Vec<String>,
    pub fitted: Seen,
    pub recorded: Seen,
    pub pretended: Vec<Seen>,
    /// The recorded day on which each trial over the recording begins.
    pub days: Vec<u32>,
    pub length: Duration,
}

impl Played {
    /// Compares it.
    pub fn compare(&self, seed: Seed) -> CheckedPolicy {
        let looks = |check: usize| self.recorded.looks(check).max(self.fitted.looks(check));
        let checks: Vec<(String, usize)> = self
            .checks
            .iter()
            .enumerate()
            .map(|(number, name)| (name.clone(), looks(number)))
            .collect();
        let asked = Asked::of(&checks);
        let numbers = |seen: &Seen| asked.over(seen, &(0..seen.rolled_back.len()).collect::<Vec<_>>());
        let all = Seen::together(self.pretended.iter());
        let together = numbers(&all);
        let own = numbers(&self.recorded);
        let others: Vec<Vec<f64>> = self.pretended.iter().map(numbers).collect();
        let sets: Vec<Vec<f64>> = std::iter::once(own.clone())
            .chain(others.iter().cloned())
            .collect();
        let least = asked.least(&sets);
        let found = stranger(&own, &others, &least, 1.0 - LEVEL);
        let fitted = asked.estimates(&self.fitted, seed);
        let recorded = asked.estimates(&self.recorded, seed);
        let of_others = |number: usize| -> Vec<f64> {
            let values = others.iter().map(|other| other[number]);
            values.filter(|value| value.is_finite()).collect()
        };
        let pretended: Vec<Option<Estimate>> = together
            .iter()
            .enumerate()
            .map(|(number, &point)| between(point, &of_others(number)))
            .collect();
        let by_split: Vec<f64> = fitted
            .iter()
            .zip(&pretended)
            .zip(&least)
            .map(|((a, b), &least)| a.zip(*b).map_or(1.0, |(a, b)| unlikely(&a, &b, least)))
            .collect();
        let by_split = holm(&by_split);
        let compared = asked.figures.iter().enumerate().map(|(number, figure)| Compared {
            figure: figure.clone(),
            fitted: fitted[number],
            pretended: pretended[number],
            pretended_single: spread(&mut of_others(number)),
            recorded: recorded[number],
            between_days: (number == 0).then(|| self.between_days()),
            stands_out: found.stands_out[number],
            split_differs: by_split[number] <= 1.0 - LEVEL,
        });
        let figures: Vec<Compared> = compared.collect();
        CheckedPolicy {
            policy: self.policy.clone(),
            agreement: match figures.iter().any(Compared::differs) {
                true => Agreement::Differs,
                false => Agreement::Agrees,
            },
            p: found.p,
            trials: self.recorded.rolled_back.len() as u64,
            recordings: others.len() as u64,
            days: self.days.iter().max().map_or(0, |&last| u64::from(last) + 1),
            recorded: self.length,
            figures,
        }
    }

    /// The interval of false rollbacks between recorded days.
    fn between_days(&self) -> BetweenDays {
        let count = self.days.iter().max().map_or(0, |&last| last as usize + 1);
        let mut by_day = vec![(0.0, 0); count];
        for (&day, &rolled_back) in self.days.iter().zip(&self.recorded.rolled_back) {
            let (sum, n) = &mut by_day[day as usize];
            *sum += f64::from(u8::from(rolled_back));
            *n += 1;
        }
        by_day.retain(|(_, n)| *n > 0);
        let ends = clustered_share(&by_day);
        BetweenDays {
            days: by_day.len() as u64,
            low: ends.map(|(low, _)| low),
            high: ends.map(|(_, high)| high),
        }
    }
}

/// What recordings say together, with the interval between them; `None` with fewer than two.
fn between(point: f64, values: &[f64]) -> Option<Estimate> {
    let ones: Vec<(f64, u64)> = values.iter().map(|&value| (value, 1)).collect();
    let (low, high) = clustered(&ones)?;
    let half = (high - low) / 2.0;
    point.is_finite().then_some(Estimate {
        point,
        low: point - half,
        high: point + half,
        level: LEVEL,
        n: values.len() as u64,
    })
}

/// The middle 95 % of numbers, and their median between the ends.
fn spread(numbers: &mut [f64]) -> Option<[f64; 3]> {
    let [low, high] = range(numbers)?;
    Some([low, numbers[numbers.len() / 2], high])
}

/// How likely two estimates lie so far apart if they are of one thing, or of two that differ by about `least`.
fn unlikely(a: &Estimate, b: &Estimate, least: f64) -> f64 {
    let error = |estimate: &Estimate| estimate.half_width() / normal_quantile(0.5 + LEVEL / 2.0);
    let apart = libm::fabs(a.point - b.point);
    let spread = libm::hypot(libm::hypot(error(a), error(b)), least);
    if apart <= 1e-9 * libm::fabs(a.point) + 1e-12 {
        return 1.0;
    }
    2.0 * normal_cdf(-apart / spread)
}
