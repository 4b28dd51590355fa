//! Variants of one policy: `failureCondition of error-rate=1%,2%,3%` puts each value in the place of the limit.

use std::fmt;

use super::argo::duration;
use super::argo::spec::{Metric, Policy};
use super::condition::Condition;

/// What is varied, of which check, and the values that take its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    field: Field,
    check: String,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    SuccessCondition,
    FailureCondition,
    FailureLimit,
    InconclusiveLimit,
    ConsecutiveErrorLimit,
    ConsecutiveSuccessLimit,
    Count,
    Interval,
    InitialDelay,
}

const FIELDS: [(&str, Field); 9] = [
    ("successCondition", Field::SuccessCondition),
    ("failureCondition", Field::FailureCondition),
    ("failureLimit", Field::FailureLimit),
    ("inconclusiveLimit", Field::InconclusiveLimit),
    ("consecutiveErrorLimit", Field::ConsecutiveErrorLimit),
    ("consecutiveSuccessLimit", Field::ConsecutiveSuccessLimit),
    ("count", Field::Count),
    ("interval", Field::Interval),
    ("initialDelay", Field::InitialDelay),
];

/// Why a variation cannot be read or applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaryError(String);

impl fmt::Display for VaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for VaryError {}

impl Variation {
    /// Reads `FIELD of CHECK=VALUE,VALUE,…`.
    ///
    /// # Errors
    ///
    /// What was expected instead.
    pub fn parse(text: &str) -> Result<Self, VaryError> {
        let wrong = |what: &str| {
            VaryError(format!(
                "{what}; write --vary 'failureCondition of CHECK=1%,2%,3%' ({})",
                names().join(", ")
            ))
        };
        let (what, values) = text.split_once('=').ok_or_else(|| wrong("there is no '='"))?;
        let (field, check) = what
            .split_once(" of ")
            .ok_or_else(|| wrong("there is no ' of ' before the '='"))?;
        let found = FIELDS.iter().find(|(name, _)| *name == field.trim());
        let field = found
            .ok_or_else(|| wrong(&format!("{:?} cannot be varied", field.trim())))?
            .1;
        let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) {
            return Err(wrong("a value is empty"));
        }
        Ok(Self {
            field,
            check: check.trim().to_owned(),
            values,
        })
    }

    fn name(&self) -> &'static str {
        FIELDS
            .iter()
            .find(|(_, field)| *field == self.field)
            .map_or("", |(name, _)| name)
    }

    /// The policy with each value in its place, named after check and value.
    ///
    /// # Errors
    ///
    /// The policy has no such check, the check has no such limit or several, or a value does not fit.
    pub fn apply(&self, policy: &Policy) -> Result<Vec<Policy>, VaryError> {
        self.values
            .iter()
            .map(|value| self.variant(policy, value))
            .collect()
    }

    fn variant(&self, policy: &Policy, value: &str) -> Result<Policy, VaryError> {
        let mut variant = policy.clone();
        variant.name = match self.field {
            Field::SuccessCondition | Field::FailureCondition => format!("{} {value}", self.check),
            _ => format!("{} {} {value}", self.check, self.name()),
        };
        let mut found = false;
        for metric in variant
            .strategy
            .metrics_mut()
            .filter(|metric| metric.name == self.check)
        {
            self.set(metric, value)?;
            found = true;
        }
        if !found {
            let mut known: Vec<_> = policy.checks.iter().map(|check| check.name.as_str()).collect();
            known.dedup();
            let checks = if known.is_empty() {
                "it has none".to_owned()
            } else {
                known.join(", ")
            };
            return Err(VaryError(format!(
                "{} has no check {:?}; its checks: {checks}",
                policy.name, self.check
            )));
        }
        Ok(variant)
    }

    fn set(&self, metric: &mut Metric, value: &str) -> Result<(), VaryError> {
        let whole = || {
            value
                .parse::<i64>()
                .map_err(|_| VaryError(format!("{value:?} is not a whole number")))
        };
        let length = || {
            duration::parse(value)
                .map_err(|_| VaryError(format!("{value:?} is not a length of time such as 30s")))
        };
        match self.field {
            Field::SuccessCondition => {
                set_threshold(&mut metric.success, &self.check, "successCondition", value)?;
            }
            Field::FailureCondition => {
                set_threshold(&mut metric.failure, &self.check, "failureCondition", value)?;
            }
            Field::FailureLimit => metric.failure_limit = whole()?,
            Field::InconclusiveLimit => metric.inconclusive_limit = whole()?,
            Field::ConsecutiveErrorLimit => metric.consecutive_error_limit = whole()?,
            Field::ConsecutiveSuccessLimit => metric.consecutive_success_limit = whole()?,
            Field::Count => metric.count = whole()?,
            Field::Interval => metric.interval = Some(length()?),
            Field::InitialDelay => metric.initial_delay = Some(length()?),
        }
        Ok(())
    }
}

fn names() -> Vec<&'static str> {
    FIELDS.iter().map(|(name, _)| *name).collect()
}

fn set_threshold(
    condition: &mut Option<Condition>,
    check: &str,
    field: &str,
    value: &str,
) -> Result<(), VaryError> {
    let Some(old) = condition else {
        return Err(VaryError(format!("{check} has no {field}")));
    };
    // A guard such as len(result) > 0 is no limit.
    let limits: Vec<usize> = old
        .thresholds()
        .iter()
        .enumerate()
        .filter(|(_, threshold)| threshold.subject != super::condition::Subject::Count)
        .map(|(index, _)| index)
        .collect();
    let [index] = limits.as_slice() else {
        return Err(VaryError(format!(
            "{field} of {check} ({}) compares with {} numbers; a variation needs exactly one",
            old.text(),
            limits.len()
        )));
    };
    let number = match value.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => value.parse::<f64>(),
    };
    let number = number.ok().filter(|number| number.is_finite());
    let number = number.ok_or_else(|| VaryError(format!("{value:?} is not a number such as 0.02 or 2%")))?;
    *condition = Some(old.with_threshold(*index, number));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_of_which_check_and_values() {
        let variation = Variation::parse("failureCondition of error-rate=1%, 2%,0.03").unwrap();
        assert_eq!(variation.check, "error-rate");
        assert_eq!(variation.values, ["1%", "2%", "0.03"]);
        for wrong in [
            "",
            "failureCondition=1",
            "color of x=1",
            "count of x=",
            "count of x=1,,2",
        ] {
            assert!(Variation::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
