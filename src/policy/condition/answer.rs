use std::fmt;

use serde_json::Value as Json;

/// What the provider gave: the value of `result`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer<'a> {
    /// A scalar of Prometheus, or a number that another provider gave.
    Scalar(f64),
    /// An instant vector, or all samples of a matrix: values only, the labels are lost.
    Vector(&'a [f64]),
    /// No number at all, where a provider may give none (Datadog). Prometheus never does: its empty vector is
    /// [`Answer::Vector`] of nothing.
    Nil,
    /// A JSON document, or what a path found in it.
    Json(&'a Json),
}

impl Answer<'_> {
    /// Its static type.
    pub const fn kind(&self) -> AnswerType {
        match self {
            Self::Scalar(_) | Self::Json(Json::Number(_)) => AnswerType::Scalar,
            Self::Vector(_) => AnswerType::Vector,
            Self::Nil | Self::Json(Json::Null) => AnswerType::Nil,
            Self::Json(Json::Bool(_)) => AnswerType::Bool,
            Self::Json(Json::String(_)) => AnswerType::Text,
            Self::Json(Json::Array(_)) => AnswerType::List,
            Self::Json(Json::Object(_)) => AnswerType::Map,
        }
    }

    /// Whether there is nothing in it (nil or an empty list); then every error of a condition is called empty-result.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Scalar(_) => false,
            Self::Vector(values) => values.is_empty(),
            Self::Nil | Self::Json(Json::Null) => true,
            Self::Json(Json::Array(values)) => values.is_empty(),
            Self::Json(Json::Object(fields)) => fields.is_empty(),
            Self::Json(_) => false,
        }
    }
}

/// As the controller stores it in a measurement (`metricproviders/prometheus`): `0.5`, `[0.5,NaN]`.
impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(value) => number(*value, f),
            Self::Vector(values) => {
                f.write_str("[")?;
                for (n, value) in values.iter().enumerate() {
                    if n > 0 {
                        f.write_str(",")?;
                    }
                    number(*value, f)?;
                }
                f.write_str("]")
            }
            Self::Nil => Ok(()),
            Self::Json(json) => write!(f, "{json}"),
        }
    }
}

fn number(value: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if value == f64::INFINITY {
        f.write_str("+Inf")
    } else if value == f64::NEG_INFINITY {
        f.write_str("-Inf")
    } else {
        write!(f, "{value}")
    }
}

/// The static type of [`Answer`]: what a condition is compiled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswerType {
    /// `float64`
    Scalar,
    /// `[]float64`
    Vector,
    /// `nil`
    Nil,
    /// `bool`
    Bool,
    /// `string`
    Text,
    /// `[]any`
    List,
    /// `map[string]any`
    Map,
}
