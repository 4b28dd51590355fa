use std::sync::Arc;

use super::{Answer, AnswerType, ConditionError, Threshold};

/// A condition.
///
/// The controller does not refuse a condition that does not parse: every look then ends in an error. So such a
/// condition is a value like any other ([`Condition::new`] always gives one), and carries its error.
#[derive(Clone, Debug)]
pub struct Condition {
    text: Arc<str>,
}

impl Condition {
    /// The condition `text`, whether it can ever be evaluated or not.
    pub fn new(text: &str) -> Self {
        Self { text: text.into() }
    }

    /// The condition `text`.
    ///
    /// # Errors
    ///
    /// If it does not parse; [`Condition::new`] keeps such a condition.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        Ok(Self::new(text))
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why every look at an answer of type `answer` will be an error, if it will (static types, as the controller
    /// compiles the condition before it looks at a value).
    ///
    /// # Errors
    ///
    /// What the compiler says; class [`super::ErrorClass::Unsupported`] when it is not an error in a cluster but
    /// cannot be played here.
    pub fn check(&self, _answer: AnswerType) -> Result<(), ConditionError> {
        Err(ConditionError::unsupported(
            0..self.text.len(),
            "conditions are parsed from the next commit on",
        ))
    }

    /// Whether it holds.
    ///
    /// # Errors
    ///
    /// If it does not parse, does not fit the type of the answer, fails while it runs or gives something that is
    /// not true or false. On an empty answer every error has class [`super::ErrorClass::EmptyResult`].
    pub fn evaluate(&self, answer: &Answer<'_>) -> Result<bool, ConditionError> {
        self.check(answer.kind()).map(|()| true)
    }

    /// Its comparisons of the answer with a number, in the order of the text.
    pub fn thresholds(&self) -> Vec<Threshold> {
        Vec::new()
    }

    /// The same condition with the number of its threshold `index` replaced; unchanged if there is none.
    #[must_use]
    pub fn with_threshold(&self, _index: usize, _value: f64) -> Self {
        self.clone()
    }
}
