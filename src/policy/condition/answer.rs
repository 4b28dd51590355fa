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
}

impl Answer<'_> {
    /// Its static type.
    pub const fn kind(&self) -> AnswerType {
        match self {
            Self::Scalar(_) => AnswerType::Scalar,
            Self::Vector(_) => AnswerType::Vector,
            Self::Nil => AnswerType::Nil,
        }
    }

    /// Whether there is nothing in it; then every error of a condition is called empty-result.
    pub const fn is_empty(&self) -> bool {
        match self {
            Self::Scalar(_) => false,
            Self::Vector(values) => values.is_empty(),
            Self::Nil => true,
        }
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
}
