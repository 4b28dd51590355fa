use serde::Serialize;

use super::difference::Difference;
use super::status::RunStatus;
use crate::units::{Duration, Timestamp};

/// Theirs beside ours.
#[derive(Clone, Debug, Serialize)]
pub struct Laid {
    /// The policy's name.
    pub policy: String,
    /// Times so close are the same [ms].
    pub within: Duration,
    /// AnalysisRuns.
    pub runs: Vec<LaidRun>,
    /// Rollouts and Canaries.
    pub endings: Vec<LaidEnding>,
}

/// An AnalysisRun of theirs beside ours.
#[derive(Clone, Debug, Serialize)]
pub struct LaidRun {
    /// Its name.
    pub name: String,
    /// When it began.
    pub started: Timestamp,
    /// Measurements compared.
    pub compared: usize,
    /// … that agree in time, value and phase.
    pub agreeing: usize,
    /// … of them, with ours at another moment of the second that the status cuts off.
    pub within_second: usize,
    /// Measurements that the controller did not keep.
    pub dropped: usize,
    /// Metrics whose provider is not played.
    pub left_out: Vec<String>,
    /// By time.
    pub differences: Vec<Difference>,
}

impl LaidRun {
    pub(super) fn new(theirs: &RunStatus) -> Self {
        Self {
            name: theirs.name.clone(),
            started: theirs.started,
            compared: 0,
            agreeing: 0,
            within_second: 0,
            dropped: 0,
            left_out: Vec::new(),
            differences: Vec::new(),
        }
    }
}

/// A Rollout or a Canary of theirs beside ours.
#[derive(Clone, Debug, Serialize)]
pub struct LaidEnding {
    /// Its kind and name.
    pub name: String,
    /// When ours began.
    pub from: Timestamp,
    /// How theirs stands.
    pub theirs: String,
    /// How ours does.
    pub ours: String,
    /// By time.
    pub differences: Vec<Difference>,
}

impl Laid {
    /// All differences, by time.
    pub fn differences(&self) -> Vec<&Difference> {
        let of_runs = self.runs.iter().flat_map(|run| &run.differences);
        let of_endings = self.endings.iter().flat_map(|ending| &ending.differences);
        let mut all: Vec<&Difference> = of_runs.chain(of_endings).collect();
        all.sort_by_key(|difference| (difference.at, difference.what));
        all
    }

    /// Measurements compared, and how many of them agree.
    pub fn measurements(&self) -> (usize, usize) {
        let sum = |of: fn(&LaidRun) -> usize| self.runs.iter().map(of).sum();
        (sum(|run| run.compared), sum(|run| run.agreeing))
    }
}
