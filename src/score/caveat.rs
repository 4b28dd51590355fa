use std::fmt;

use serde::Serialize;

/// What to keep in mind about a figure or a row. `Display` states it, [`Caveat::advice`] says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Caveat {
    /// The interval is too wide to act on.
    IntervalTooWide {
        /// Trials that would make it narrow enough.
        trials: u64,
    },
    /// The figure rests on few detections.
    TooFewDetected {
        /// How many.
        detected: u64,
    },
    /// The mean rests on few trials that differ from the rest; the interval holds the truth less often than it says.
    RareValues {
        /// How many.
        rare: u64,
    },
    /// All trials gave one value; the interval says what the trials not played might still do.
    NoSpread,
    /// The values are so skewed for this number of trials that the interval holds the truth less often than it says.
    Skewed,
    /// More than half the trials end as "never", so the mean says more about the horizon than about the policy.
    MostlyHorizon,
    /// More than one trial in a hundred still ran at the horizon.
    StillRunning {
        /// How many.
        running: u64,
    },
}

impl Caveat {
    /// What to do about it, one sentence without a full stop.
    pub fn advice(&self) -> String {
        match self {
            Self::IntervalTooWide { trials } => format!("play about {trials} trials (--trials {trials})"),
            Self::TooFewDetected { .. } => "read it beside the missed harm, and play more trials".into(),
            Self::RareValues { .. } => {
                "play more trials until the rare case has come at least ten times".into()
            }
            Self::NoSpread => "play more trials to narrow the bound".into(),
            Self::Skewed => "play more trials, or read the median instead".into(),
            Self::MostlyHorizon => "read the missed harm instead".into(),
            Self::StillRunning { .. } => "set a longer --horizon".into(),
        }
    }
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IntervalTooWide { .. } => f.write_str("the interval is too wide to act on"),
            Self::TooFewDetected { detected } => write!(f, "rests on {detected} detections only"),
            Self::RareValues { rare } => write!(f, "only {rare} trials differ from the rest"),
            Self::NoSpread => f.write_str("all trials gave the same value"),
            Self::Skewed => f.write_str("a few trials carry most of the mean"),
            Self::MostlyHorizon => f.write_str("most trials never got there, so the horizon makes the mean"),
            Self::StillRunning { running } => write!(f, "{running} trials still ran at the horizon"),
        }
    }
}
