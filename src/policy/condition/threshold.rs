use std::ops::Range;

/// A comparison of the answer with a number: what a person tunes.
///
/// It reads `factor × subject + offset  op  value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// Bytes of the number in the condition's text (inside the quotes of `asFloat('0.95')`).
    pub at: Range<usize>,
    /// The number.
    pub value: f64,
    /// What is compared.
    pub subject: Subject,
    /// How, with the subject on the left, and turned round under a `!`.
    pub op: Comparison,
    /// What the subject is multiplied by before it is compared; 1 usually.
    pub factor: f64,
    /// What is added to it then; 0 usually.
    pub offset: f64,
    /// Whether the comparison stands under an odd number of `!`: then a NaN makes it true.
    pub negated: bool,
}

/// What of the answer is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `result`, a scalar.
    Scalar,
    /// `result[0]`; negative counts from the end.
    Element(i64),
    /// Each sample, inside a predicate of this name: `all(result, # < 5)`.
    Each(&'static str),
    /// The samples put together by this function: `max(result)`.
    Aggregate(&'static str),
    /// The number of samples: `len(result)`, `count(result, …)`.
    Count,
}

/// A comparison of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum Comparison {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
}
