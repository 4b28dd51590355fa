use serde::Serialize;

use crate::stats::Estimate;

/// A part of some trials: how many, and the share with its interval (`share.n` are the trials it is a part of).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Trials.
    pub count: u64,
    /// As a share.
    #[serde(flatten)]
    pub share: Estimate,
}

/// How the trials of a row ended; the six counts add up to all trials.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Parts {
    /// A check's failures rolled it back.
    pub rolled_back_by_check: Part,
    /// Errors in a row rolled it back.
    pub rolled_back_by_errors: Part,
    /// Rolled back in a harmful world before harm could begin.
    pub rolled_back_before_onset: Part,
    /// Promoted.
    pub promoted: Part,
    /// Waiting for a person at the horizon.
    pub waiting: Part,
    /// Still running at the horizon.
    pub running: Part,
}
