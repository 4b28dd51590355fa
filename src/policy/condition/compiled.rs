use std::sync::Arc;

use super::compile::compile;
use super::evaluate::{Place, Run};
use super::parse::parse;
use super::tree::Node;
use super::value::Value;
use super::{Answer, AnswerType, ConditionError, ErrorClass, Threshold, threshold};

type Compiled = Result<Node, ConditionError>;

/// A condition.
///
/// The controller does not refuse a condition that does not parse: every look then ends in an error. So such a
/// condition is a value like any other ([`Condition::new`] always gives one), and carries its error.
#[derive(Clone, Debug)]
pub struct Condition(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    text: Box<str>,
    tree: Compiled,
    scalar: Compiled,
    vector: Compiled,
}

impl Condition {
    /// The condition `text`, whether it can ever be evaluated or not.
    pub fn new(text: &str) -> Self {
        let tree = parse(text);
        let compiled = |answer| {
            tree.as_ref()
                .map_err(Clone::clone)
                .and_then(|tree| compile(tree, answer))
        };
        let parts = Parts {
            text: text.into(),
            scalar: compiled(AnswerType::Scalar),
            vector: compiled(AnswerType::Vector),
            tree,
        };
        Self(Arc::new(parts))
    }

    /// The condition `text`.
    ///
    /// # Errors
    ///
    /// If it does not parse; [`Condition::new`] keeps such a condition.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let condition = Self::new(text);
        match &condition.0.tree {
            Ok(_) => Ok(condition),
            Err(error) => Err(error.clone()),
        }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Why every look at an answer of type `answer` will be an error, if it will (static types, as the controller
    /// compiles the condition before it looks at a value).
    ///
    /// # Errors
    ///
    /// What the compiler says; class [`ErrorClass::Unsupported`] when it is not an error in a cluster but
    /// cannot be played here.
    pub fn check(&self, answer: AnswerType) -> Result<(), ConditionError> {
        match answer {
            AnswerType::Scalar => self.0.scalar.as_ref().map(drop).map_err(Clone::clone),
            AnswerType::Vector => self.0.vector.as_ref().map(drop).map_err(Clone::clone),
            _ => compile(self.0.tree.as_ref().map_err(Clone::clone)?, answer).map(drop),
        }
    }

    /// Whether it holds.
    ///
    /// # Errors
    ///
    /// If it does not parse, does not fit the type of the answer, fails while it runs or gives something that is
    /// not true or false. On an empty answer every error has class [`ErrorClass::EmptyResult`].
    pub fn evaluate(&self, answer: &Answer<'_>) -> Result<bool, ConditionError> {
        let asked = match answer.kind() {
            AnswerType::Scalar => self.run(self.0.scalar.as_ref(), answer),
            AnswerType::Vector => self.run(self.0.vector.as_ref(), answer),
            kind => match self.0.tree.as_ref().map(|tree| compile(tree, kind)) {
                Ok(compiled) => self.run(compiled.as_ref(), answer),
                Err(error) => Err(error.clone()),
            },
        };
        asked.map_err(|mut error| {
            if answer.is_empty() && error.class != ErrorClass::Unsupported {
                error.class = ErrorClass::EmptyResult;
                error.message =
                    "metric result is nil or empty: no data returned from the metric provider".into();
            }
            error
        })
    }

    fn run(&self, tree: Result<&Node, &ConditionError>, answer: &Answer<'_>) -> Result<bool, ConditionError> {
        let tree = tree.map_err(Clone::clone)?;
        match Run::new(answer).value(tree, Place::default()) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => {
                let message = format!("expected bool, but got {}", other.type_name());
                Err(ConditionError::new(
                    0..self.0.text.len(),
                    ErrorClass::NotBool,
                    message,
                ))
            }
            Err(error) => Err(*error),
        }
    }

    /// Its comparisons of the answer with a number, in the order of the text.
    pub fn thresholds(&self) -> Vec<Threshold> {
        self.0.tree.as_ref().map(threshold::of).unwrap_or_default()
    }

    /// The same condition with the number of its threshold `index` replaced; unchanged if there is none.
    #[must_use]
    pub fn with_threshold(&self, index: usize, value: f64) -> Self {
        let Some(threshold) = self.thresholds().into_iter().nth(index) else {
            return self.clone();
        };
        let mut text = self.0.text.to_string();
        text.replace_range(threshold.at, &value.to_string());
        Self::new(&text)
    }
}
