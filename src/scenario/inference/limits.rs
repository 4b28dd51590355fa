//! What the conditions of a check call too much, in base units.

use super::{Bound, Quantity, StatedLimit};
use crate::policy::condition::{Comparison, Condition, Subject, Threshold};
use crate::scenario::{LatencyLimit, Limits};

use super::shape::Shape;

/// A comparison of a query's core with a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CoreLimit {
    pub bound: Bound,
    pub value: f64,
    pub passes: bool,
    /// Whether a quantity that equals the value is judged as one above it (`<`, `>=`), not as one below (`<=`, `>`).
    pub from_equal: bool,
    /// The number as the condition has it.
    pub written: f64,
}

/// What `success` and `failure` say of the core of `shape`.
pub(super) fn of_core(
    shape: &Shape,
    success: Option<&Condition>,
    failure: Option<&Condition>,
) -> Vec<CoreLimit> {
    let mut found = Vec::new();
    for (condition, passes) in [(success, true), (failure, false)] {
        let thresholds = condition.map(Condition::thresholds).unwrap_or_default();
        for threshold in thresholds
            .iter()
            .filter(|threshold| threshold.subject != Subject::Count)
        {
            found.extend(one(shape, threshold, passes));
        }
    }
    found
}

/// The number that the core of `shape` is to equal.
pub(super) fn equal(shape: &Shape, success: Option<&Condition>, failure: Option<&Condition>) -> Option<f64> {
    let wanted = [(success, Comparison::Equal), (failure, Comparison::NotEqual)];
    wanted.into_iter().find_map(|(condition, comparison)| {
        let thresholds = condition?.thresholds();
        let mut equal = thresholds.iter();
        let threshold =
            equal.find(|threshold| threshold.op == comparison && threshold.subject != Subject::Count)?;
        let value = (threshold.limit()? - shape.offset) / shape.factor;
        value.is_finite().then_some(value)
    })
}

fn one(shape: &Shape, threshold: &Threshold, passes: bool) -> Option<CoreLimit> {
    let value = (threshold.limit()? - shape.offset) / shape.factor;
    let mut side = threshold.side();
    if shape.factor < 0.0 {
        side = side.mirrored();
    }
    let bound = match (side, passes) {
        (Comparison::Less | Comparison::LessEqual, true) => Bound::AtMost,
        (Comparison::Greater | Comparison::GreaterEqual, true) => Bound::AtLeast,
        (Comparison::Less | Comparison::LessEqual, false) => Bound::AtLeast,
        (Comparison::Greater | Comparison::GreaterEqual, false) => Bound::AtMost,
        _ => return None,
    };
    value.is_finite().then_some(CoreLimit {
        bound,
        value,
        passes,
        from_equal: matches!(side, Comparison::Less | Comparison::GreaterEqual),
        written: threshold.value,
    })
}

/// `limit` of a quantity; `per_second`: units of its histogram in a second.
pub(super) fn stated(quantity: Quantity, limit: &CoreLimit, per_second: f64) -> StatedLimit {
    let scale = match quantity {
        Quantity::Latency { .. } | Quantity::MeanLatency => per_second,
        _ => 1.0,
    };
    StatedLimit {
        quantity,
        bound: limit.bound,
        value: limit.value / scale,
        passes: limit.passes,
    }
}

/// The limits of one check as the standard world wants them: those for passing, or else those for failing.
pub(super) fn for_world(stated: &[StatedLimit]) -> Limits {
    let passing = stated.iter().any(|limit| limit.passes);
    let mut limits = Limits::default();
    for limit in stated.iter().filter(|limit| limit.passes == passing) {
        let errors = match (limit.quantity, limit.bound) {
            (Quantity::ErrorRatio, Bound::AtMost) => Some(limit.value),
            (Quantity::SuccessRatio, Bound::AtLeast) => Some(1.0 - limit.value),
            _ => None,
        };
        if let Some(errors) = errors.filter(|errors| *errors > 0.0 && *errors < 1.0) {
            // 1 - 0.99 is not quite 0.01.
            let errors = (errors * 1e12).round() / 1e12;
            limits.errors = Some(limits.errors.map_or(errors, |known| known.min(errors)));
        }
        if (limit.quantity, limit.bound) == (Quantity::MeanLatency, Bound::AtMost) && limit.value > 0.0 {
            let known = limits.mean_latency.unwrap_or(f64::INFINITY);
            limits.mean_latency = Some(known.min(limit.value));
        }
        let latency = match (limit.quantity, limit.bound) {
            (Quantity::Latency { quantile }, Bound::AtMost) => Some((quantile, limit.value)),
            (Quantity::WithinSeconds { seconds }, Bound::AtLeast) => Some((limit.value, seconds)),
            _ => None,
        };
        if let (Quantity::Measure { quantile, median }, Bound::AtMost) = (limit.quantity, limit.bound) {
            let seconds = limit.value / median;
            limits.apart.push(LatencyLimit { quantile, seconds });
        }
        limits
            .latency
            .extend(latency.map(|(quantile, seconds)| LatencyLimit { quantile, seconds }));
    }
    Limits::default().and(&limits)
}
