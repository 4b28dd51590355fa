use serde::Serialize;

/// The level of every interval that is shown.
pub const LEVEL: f64 = 0.95;

/// A number and how far it can be trusted: never one without the other.
///
/// `low <= point <= high`. Infinity means "never" where the number is a time; JSON writes it as `null`, CSV as `inf`.
/// The interval of a count of zero is `[0, one-sided bound]`, that of all of `n` its mirror image: what can be said
/// then is "at most" ("at least"), see [`Estimate::is_bound`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The best single number.
    pub point: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// How often such an interval holds the truth: 0.95.
    pub level: f64,
    /// Trials (or pairs of trials) behind it.
    pub n: u64,
}

impl Estimate {
    /// Whether the point is zero and stands at the end of its interval, so that only "at most `high`" can be said.
    pub fn is_bound(&self) -> bool {
        self.point == 0.0 && self.low == 0.0 && self.high > 0.0
    }

    /// Whether the point is reached in a finite time.
    pub fn is_finite(&self) -> bool {
        self.point.is_finite()
    }

    /// Whether `value` lies in the interval.
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Half the width of the interval; infinite when an end is.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// The same estimate in another unit, `factor` times as large.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self {
            point: self.point * factor,
            low: self.low * factor,
            high: self.high * factor,
            ..self
        }
    }
}
