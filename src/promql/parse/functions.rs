//! The functions of the language: what they take and give. Which of them can be evaluated is the engine's to say.

use crate::promql::ast::ValueType;
use crate::promql::ast::ValueType::{Matrix, Scalar, Text, Vector};

/// A function of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name; case matters.
    pub name: &'static str,
    /// Types of its arguments; the last one repeats where more are allowed.
    pub arguments: &'static [ValueType],
    /// How many arguments there may be.
    pub count: Count,
    /// What it gives.
    pub gives: ValueType,
    /// Behind Prometheus' flag for experimental functions.
    pub experimental: bool,
}

/// How many arguments a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// As many as there are types.
    Exactly,
    /// The last may be missing, or be repeated until there are this many.
    UpTo(usize),
    /// The last may be missing, or be repeated at will.
    Any,
}

impl Function {
    /// Fewest and most arguments.
    pub fn bounds(&self) -> (usize, Option<usize>) {
        let types = self.arguments.len();
        match self.count {
            Count::Exactly => (types, Some(types)),
            Count::UpTo(most) => (types - 1, Some(most)),
            Count::Any => (types - 1, None),
        }
    }
}

/// A function by its name.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

const fn stable(name: &'static str, arguments: &'static [ValueType], gives: ValueType) -> Function {
    Function {
        name,
        arguments,
        count: Count::Exactly,
        gives,
        experimental: false,
    }
}

const fn experimental(name: &'static str, arguments: &'static [ValueType], gives: ValueType) -> Function {
    Function {
        experimental: true,
        ..stable(name, arguments, gives)
    }
}

const fn with(count: Count, function: Function) -> Function {
    Function { count, ..function }
}

/// All functions of Prometheus 3.14.
pub const FUNCTIONS: &[Function] = &[
    stable("abs", &[Vector], Vector),
    stable("absent", &[Vector], Vector),
    stable("absent_over_time", &[Matrix], Vector),
    stable("acos", &[Vector], Vector),
    stable("acosh", &[Vector], Vector),
    stable("asin", &[Vector], Vector),
    stable("asinh", &[Vector], Vector),
    stable("atan", &[Vector], Vector),
    stable("atanh", &[Vector], Vector),
    stable("avg_over_time", &[Matrix], Vector),
    stable("ceil", &[Vector], Vector),
    stable("changes", &[Matrix], Vector),
    stable("clamp", &[Vector, Scalar, Scalar], Vector),
    stable("clamp_max", &[Vector, Scalar], Vector),
    stable("clamp_min", &[Vector, Scalar], Vector),
    stable("cos", &[Vector], Vector),
    stable("cosh", &[Vector], Vector),
    stable("count_over_time", &[Matrix], Vector),
    with(Count::UpTo(1), stable("day_of_month", &[Vector], Vector)),
    with(Count::UpTo(1), stable("day_of_week", &[Vector], Vector)),
    with(Count::UpTo(1), stable("day_of_year", &[Vector], Vector)),
    with(Count::UpTo(1), stable("days_in_month", &[Vector], Vector)),
    stable("deg", &[Vector], Vector),
    stable("delta", &[Matrix], Vector),
    stable("deriv", &[Matrix], Vector),
    experimental("double_exponential_smoothing", &[Matrix, Scalar, Scalar], Vector),
    experimental("end", &[], Scalar),
    stable("exp", &[Vector], Vector),
    stable("first_over_time", &[Matrix], Vector),
    stable("floor", &[Vector], Vector),
    stable("histogram_avg", &[Vector], Vector),
    stable("histogram_count", &[Vector], Vector),
    stable("histogram_fraction", &[Scalar, Scalar, Vector], Vector),
    stable("histogram_quantile", &[Scalar, Vector], Vector),
    with(
        Count::UpTo(12),
        experimental("histogram_quantiles", &[Vector, Text, Scalar, Scalar], Vector),
    ),
    stable("histogram_stddev", &[Vector], Vector),
    stable("histogram_stdvar", &[Vector], Vector),
    stable("histogram_sum", &[Vector], Vector),
    with(Count::UpTo(1), stable("hour", &[Vector], Vector)),
    stable("idelta", &[Matrix], Vector),
    stable("increase", &[Matrix], Vector),
    with(Count::UpTo(2), experimental("info", &[Vector, Vector], Vector)),
    stable("irate", &[Matrix], Vector),
    with(
        Count::Any,
        stable("label_join", &[Vector, Text, Text, Text], Vector),
    ),
    stable("label_replace", &[Vector, Text, Text, Text, Text], Vector),
    stable("last_over_time", &[Matrix], Vector),
    stable("ln", &[Vector], Vector),
    stable("log10", &[Vector], Vector),
    stable("log2", &[Vector], Vector),
    experimental("mad_over_time", &[Matrix], Vector),
    experimental("max_of", &[Scalar, Scalar], Scalar),
    stable("max_over_time", &[Matrix], Vector),
    experimental("min_of", &[Scalar, Scalar], Scalar),
    stable("min_over_time", &[Matrix], Vector),
    with(Count::UpTo(1), stable("minute", &[Vector], Vector)),
    with(Count::UpTo(1), stable("month", &[Vector], Vector)),
    stable("pi", &[], Scalar),
    stable("predict_linear", &[Matrix, Scalar], Vector),
    stable("present_over_time", &[Matrix], Vector),
    stable("quantile_over_time", &[Scalar, Matrix], Vector),
    stable("rad", &[Vector], Vector),
    experimental("range", &[], Scalar),
    stable("rate", &[Matrix], Vector),
    stable("resets", &[Matrix], Vector),
    with(Count::UpTo(2), stable("round", &[Vector, Scalar], Vector)),
    stable("scalar", &[Vector], Scalar),
    stable("sgn", &[Vector], Vector),
    stable("sin", &[Vector], Vector),
    stable("sinh", &[Vector], Vector),
    stable("sort", &[Vector], Vector),
    with(Count::Any, experimental("sort_by_label", &[Vector, Text], Vector)),
    with(
        Count::Any,
        experimental("sort_by_label_desc", &[Vector, Text], Vector),
    ),
    stable("sort_desc", &[Vector], Vector),
    stable("sqrt", &[Vector], Vector),
    experimental("start", &[], Scalar),
    stable("stddev_over_time", &[Matrix], Vector),
    stable("stdvar_over_time", &[Matrix], Vector),
    experimental("step", &[], Scalar),
    stable("sum_over_time", &[Matrix], Vector),
    stable("tan", &[Vector], Vector),
    stable("tanh", &[Vector], Vector),
    stable("time", &[], Scalar),
    stable("timestamp", &[Vector], Vector),
    experimental("ts_of_first_over_time", &[Matrix], Vector),
    experimental("ts_of_last_over_time", &[Matrix], Vector),
    experimental("ts_of_max_over_time", &[Matrix], Vector),
    experimental("ts_of_min_over_time", &[Matrix], Vector),
    stable("vector", &[Scalar], Vector),
    with(Count::UpTo(1), stable("year", &[Vector], Vector)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_bounds_hold() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(function("round").unwrap().bounds(), (1, Some(2)));
        assert_eq!(function("hour").unwrap().bounds(), (0, Some(1)));
        assert_eq!(function("label_join").unwrap().bounds(), (3, None));
        assert_eq!(function("Rate"), None);
    }
}
