use std::fmt;

use super::Phase;
use crate::policy::argo::spec::Metric;

/// What a metric has seen so far (`runMeasurements`). Errors do not count as looks: they are tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Looks that passed.
    pub successful: i64,
    /// Looks that failed, in all: there is no limit of failures in a row.
    pub failed: i64,
    /// Inconclusive looks, in all.
    pub inconclusive: i64,
    /// Errors, in all.
    pub error: i64,
    /// Looks, errors left out.
    pub count: i64,
    /// Errors in a row.
    pub consecutive_error: i64,
    /// Successes in a row.
    pub consecutive_success: i64,
}

impl Tally {
    /// Counts a completed measurement.
    pub fn add(&mut self, phase: Phase) {
        let counter = match phase {
            Phase::Successful => &mut self.successful,
            Phase::Failed => &mut self.failed,
            Phase::Inconclusive => &mut self.inconclusive,
            Phase::Error => &mut self.error,
            Phase::Pending | Phase::Running => return,
        };
        *counter += 1;
        if phase == Phase::Error {
            self.consecutive_error += 1;
        } else {
            self.count += 1;
            self.consecutive_error = 0;
        }
        self.consecutive_success = match phase {
            Phase::Successful => self.consecutive_success + 1,
            _ => 0,
        };
    }
}

/// A limit that a metric has gone beyond. Prints as the controller says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// More failures than `failureLimit`: their number, the limit.
    Failures(i64, i64),
    /// More inconclusive looks than `inconclusiveLimit`.
    Inconclusive(i64, i64),
    /// More errors in a row than `consecutiveErrorLimit`.
    Errors(i64, i64),
}

impl Limit {
    /// The limit that `tally` has gone beyond (`assessMetricFailureInconclusiveOrError`): errors before inconclusive
    /// looks before failures. A run takes its metrics in another order ([`Phase::is_worse_than`]).
    pub fn beyond(metric: &Metric, tally: &Tally) -> Option<Self> {
        if tally.consecutive_error > metric.consecutive_error_limit {
            Some(Self::Errors(
                tally.consecutive_error,
                metric.consecutive_error_limit,
            ))
        } else if tally.inconclusive > metric.inconclusive_limit {
            Some(Self::Inconclusive(tally.inconclusive, metric.inconclusive_limit))
        } else if metric.failure_limit >= 0 && tally.failed > metric.failure_limit {
            Some(Self::Failures(tally.failed, metric.failure_limit))
        } else {
            None
        }
    }

    /// The phase of a metric that has gone beyond it.
    pub const fn phase(self) -> Phase {
        match self {
            Self::Failures(..) => Phase::Failed,
            Self::Inconclusive(..) => Phase::Inconclusive,
            Self::Errors(..) => Phase::Error,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failures(seen, limit) => write!(f, "failed ({seen}) > failureLimit ({limit})"),
            Self::Inconclusive(seen, limit) => {
                write!(f, "inconclusive ({seen}) > inconclusiveLimit ({limit})")
            }
            Self::Errors(seen, limit) => {
                write!(f, "consecutiveErrors ({seen}) > consecutiveErrorLimit ({limit})")
            }
        }
    }
}

/// Where a metric that has not completed stands (`assessMetricStatus`): `last` is the phase of its last measurement.
pub fn assess(metric: &Metric, tally: &Tally, last: Option<Phase>, terminating: bool) -> Phase {
    match last {
        None if terminating => return Phase::Successful,
        None => return Phase::Pending,
        Some(last) if !last.completed() => return Phase::Running,
        Some(_) => {}
    }
    if let Some(limit) = Limit::beyond(metric, tally) {
        return limit.phase();
    }
    let wants_successes = metric.consecutive_success_limit > 0;
    if wants_successes && tally.consecutive_success >= metric.consecutive_success_limit {
        return Phase::Successful;
    }
    if metric.effective_count().is_some_and(|count| tally.count >= count) {
        return match (wants_successes, metric.failure_limit >= 0) {
            (true, true) => Phase::Inconclusive,
            (true, false) => Phase::Failed,
            (false, _) => Phase::Successful,
        };
    }
    if terminating {
        Phase::Successful
    } else {
        Phase::Running
    }
}
