use std::fmt;

use serde::{Deserialize, Serialize};

use crate::units::Duration;

/// When a fault begins: so long after what it waits for. Where a rollout is promoted before the step that it waits for,
/// promotion takes that step's place; where it is never promoted either, nothing begins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Onset {
    /// What it waits for; faults that wait for the same have one luck.
    pub from: Cause,
    /// So much of that step's planned length later (a pause without a length has none).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub into: f64,
    /// So much later.
    #[serde(default, skip_serializing_if = "is_now")]
    pub after: Duration,
    /// Later still by a seeded part of this length, every part as likely.
    #[serde(default, skip_serializing_if = "is_now")]
    pub within: Duration,
    /// Later still by an exponential time of this mean.
    #[serde(default, skip_serializing_if = "is_now")]
    pub mean: Duration,
}

impl Onset {
    /// With what it waits for.
    pub const fn at(from: Cause) -> Self {
        Self {
            from,
            into: 0.0,
            after: Duration::ZERO,
            within: Duration::ZERO,
            mean: Duration::ZERO,
        }
    }

    /// How long after what it waits for it begins: `luck` is uniform between 0 and 1, `step` the planned length of the
    /// step waited for.
    pub fn delay(&self, luck: f64, step: Duration) -> Duration {
        let mut millis = self.into * step.as_millis() as f64 + luck * self.within.as_millis() as f64;
        if self.mean > Duration::ZERO {
            millis -= libm::log(1.0 - luck) * self.mean.as_millis() as f64;
        }
        self.after + Duration::from_millis(libm::round(millis.min(MOST)) as i64)
    }
}

/// Of an exponential law's tail: ten years [ms].
const MOST: f64 = 3.2e11;

/// What an onset waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The canary's first request.
    Request,
    /// The rollout's start.
    Start,
    /// The begin of a step, counted from 1.
    Step(u32),
    /// The begin of a pause step, counted from 1 among the pauses.
    Pause(u32),
    /// The canary's promotion.
    Promotion,
}

impl Cause {
    /// `request`, `start`, `step 3`, `pause 2` or `promotion`.
    pub fn parse(words: &str) -> Option<Self> {
        let number = |text: &str| text.trim().parse().ok().filter(|&number| number > 0);
        match words.split_once(' ') {
            None if words == "request" => Some(Self::Request),
            None if words == "start" => Some(Self::Start),
            None if words == "promotion" => Some(Self::Promotion),
            Some(("step", which)) => number(which).map(Self::Step),
            Some(("pause", which)) => number(which).map(Self::Pause),
            _ => None,
        }
    }

    /// Whether it is a step, which has a length.
    pub const fn is_step(self) -> bool {
        matches!(self, Self::Step(_) | Self::Pause(_))
    }
}

/// As [`Cause::parse`] reads it.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => f.write_str("request"),
            Self::Start => f.write_str("start"),
            Self::Step(number) => write!(f, "step {number}"),
            Self::Pause(number) => write!(f, "pause {number}"),
            Self::Promotion => f.write_str("promotion"),
        }
    }
}

/// A time in which no request comes. It is counted from the rollout's start alone, so that all policies meet it alike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Silence {
    /// It begins so long after the rollout's start,
    pub after: Duration,
    /// and later still by a seeded part of this.
    #[serde(default, skip_serializing_if = "is_now")]
    pub within: Duration,
    /// How long it lasts; absent: for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Duration>,
}

/// When the pods of a version serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PodReady {
    /// So long after they were wanted.
    After(Duration),
    /// They never do.
    Never,
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

fn is_now(length: &Duration) -> bool {
    *length == Duration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_shown() {
        for words in ["request", "start", "step 3", "pause 2", "promotion"] {
            assert_eq!(
                Cause::parse(words).map(|since| since.to_string()).as_deref(),
                Some(words)
            );
        }
        for words in [
            "",
            "pause",
            "pause 0",
            "pause -1",
            "step two",
            "promotion 1",
            "step 99999999999",
        ] {
            assert_eq!(Cause::parse(words), None, "{words}");
        }
    }

    #[test]
    fn a_delay_is_the_sum_of_its_parts() {
        let mins = Duration::from_mins;
        let onset = Onset {
            into: 0.5,
            after: mins(1),
            within: mins(4),
            ..Onset::at(Cause::Pause(2))
        };
        assert_eq!(onset.delay(0.25, mins(10)), mins(5 + 1 + 1));
        let memoryless = Onset {
            mean: mins(10),
            ..Onset::at(Cause::Start)
        };
        // The median of an exponential law is its mean times ln 2: 415.888 s.
        assert_eq!(memoryless.delay(0.5, mins(0)).as_millis(), 415_888);
        assert!(memoryless.delay(1.0, mins(0)) > mins(60 * 24 * 365));
    }
}
