use std::fmt;

use crate::series::Labels;

use crate::promql::plan::LengthError;

/// Why a query that was planned has no answer at one moment. In Prometheus, too, the whole query fails.
#[derive(Clone, Debug, PartialEq)]
pub enum EvalError {
    /// Two elements of a vector have equal labels.
    DuplicateLabels(Labels),
    /// Two elements on the 'one' side of a match have the same signature.
    DuplicateMatch(Labels),
    /// One-to-one matching, but two elements on the left have the same signature.
    ManyToOne(Labels),
    /// Many-to-one matching, but two answers have equal labels.
    GroupingNotUnique(Labels),
    /// `topk` of a number that is not a count.
    Count(f64),
    /// A computed window, step or offset is none.
    Length(&'static str),
    /// A range query of something that is neither a number nor an instant vector.
    NoStepOfRange,
    /// A range that the API refuses.
    Range(&'static str),
    /// More samples than Prometheus loads for one query by default.
    TooManySamples,
}

impl From<LengthError> for EvalError {
    fn from(error: LengthError) -> Self {
        Self::Length(match error {
            LengthError::NotPositive => "must be greater than 0",
            LengthError::OutOfRange => "is out of range",
            LengthError::DivisionByZero => "divides by zero",
        })
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateLabels(labels) => {
                write!(
                    f,
                    "vector cannot contain metrics with the same labelset: {labels}"
                )
            }
            Self::DuplicateMatch(signature) => write!(
                f,
                "found duplicate series for the match group {signature}: many-to-many matching not allowed, \
                 matching labels must be unique on one side"
            ),
            Self::ManyToOne(signature) => write!(
                f,
                "multiple matches for labels {signature}: many-to-one matching must be explicit \
                 (group_left/group_right)"
            ),
            Self::GroupingNotUnique(signature) => write!(
                f,
                "multiple matches for labels {signature}: grouping labels must ensure unique matches"
            ),
            Self::Count(number) => write!(f, "{number} is no number of elements"),
            Self::Length(why) => write!(f, "duration {why}"),
            Self::Range(why) => f.write_str(why),
            Self::NoStepOfRange => f.write_str(
                "invalid expression type for a range query: it must be a scalar or an instant vector",
            ),
            Self::TooManySamples => f.write_str("query processing would load too many samples into memory"),
        }
    }
}

impl std::error::Error for EvalError {}
