use std::sync::Arc;

use super::{Answer, Condition, ConditionError};

/// The phase of a finished measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Passed.
    Successful,
    /// Failed.
    Failed,
    /// Neither condition holds.
    Inconclusive,
    /// A condition could not be evaluated.
    Error,
}

/// Which of the two conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// `successCondition`
    Success,
    /// `failureCondition`
    Failure,
}

/// The error behind [`Phase::Error`] and the condition it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The condition.
    pub which: Which,
    /// Its error.
    pub error: Arc<ConditionError>,
}

/// The phase of a measurement whose provider gave `answer` (argo-rollouts `utils/evaluate`, `EvaluateResult`).
///
/// `success` is asked first. An error in either is an error of the measurement, even where the other would decide;
/// a failure condition that holds wins over a success condition that holds.
pub fn verdict(
    success: Option<&Condition>,
    failure: Option<&Condition>,
    answer: &Answer<'_>,
) -> (Phase, Option<Fault>) {
    let ask = |condition: Option<&Condition>, which| {
        condition
            .map(|condition| condition.ask(answer))
            .transpose()
            .map_err(|error| (Phase::Error, Some(Fault { which, error })))
    };
    let passes = match ask(success, Which::Success) {
        Ok(passes) => passes,
        Err(error) => return error,
    };
    let fails = match ask(failure, Which::Failure) {
        Ok(fails) => fails,
        Err(error) => return error,
    };
    let phase = match (passes, fails) {
        (_, Some(true)) | (Some(false), None) => Phase::Failed,
        (Some(true), _) | (None, _) => Phase::Successful,
        (Some(false), Some(false)) => Phase::Inconclusive,
    };
    (phase, None)
}
