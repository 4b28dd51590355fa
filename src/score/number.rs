use serde::Serialize;

use crate::stats::Estimate;

/// A number with every interval that it has: that of its trials and, of a world over a recording, that between recorded
/// days. Neither can be had for showing without the other: `words` write both, and JSON holds both.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Number {
    #[serde(flatten)]
    of_trials: Estimate,
    #[serde(skip_serializing_if = "Option::is_none")]
    between_days: Option<BetweenDays>,
}

/// The interval of a number between recorded days; one day says nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BetweenDays {
    /// Recorded days that the trials behind the number began on.
    pub days: u64,
    /// Lower end; absent with one day.
    pub low: Option<f64>,
    /// Upper end; absent with one day.
    pub high: Option<f64>,
}

impl Number {
    /// A number of trials; `between_days` is absent where nothing was recorded, and only there.
    pub const fn new(of_trials: Estimate, between_days: Option<BetweenDays>) -> Self {
        Self {
            of_trials,
            between_days,
        }
    }

    /// The best single number.
    pub const fn point(&self) -> f64 {
        self.of_trials.point
    }

    /// Trials (or pairs of trials) behind it.
    pub const fn n(&self) -> u64 {
        self.of_trials.n
    }

    /// What more trials would narrow. To calculate with, or to draw beside [`Number::between_days`].
    pub const fn of_trials(&self) -> &Estimate {
        &self.of_trials
    }

    /// What only more recorded days would narrow; absent where nothing was recorded.
    pub const fn between_days(&self) -> Option<&BetweenDays> {
        self.between_days.as_ref()
    }
}

impl BetweenDays {
    /// Both ends, where there are two days or more.
    pub fn ends(&self) -> Option<(f64, f64)> {
        Some((self.low?, self.high?))
    }
}
