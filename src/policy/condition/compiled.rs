use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::compile::compile;
use super::evaluate::{Place, Run};
use super::parse::parse;
use super::quick::{self, Truth};
use super::release::ArgoVersion;
use super::tree::Node;
use super::value::Value;
use super::{Answer, AnswerType, ConditionError, ErrorClass, Threshold, fields, threshold};

/// A tree that runs, and its short cut.
type Compiled = Result<(Node, Option<Truth>), ConditionError>;

/// A condition.
///
/// The controller does not refuse a condition that does not parse: every look then ends in an error. So such a
/// condition is a value like any other ([`Condition::new`] always gives one), and carries its error.
#[derive(Clone, Debug)]
pub struct Condition(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    text: Box<str>,
    release: ArgoVersion,
    tree: Result<Node, ConditionError>,
    scalar: Compiled,
    vector: Compiled,
    /// What is made of an empty vector: the error that is met most, made once.
    empty: OnceLock<Result<bool, Arc<ConditionError>>>,
}

impl Condition {
    /// The condition `text` as the newest release understands it, whether it can ever be evaluated or not.
    pub fn new(text: &str) -> Self {
        Self::of(text, ArgoVersion::default())
    }

    /// The condition `text` as `release` understands it.
    pub fn of(text: &str, release: ArgoVersion) -> Self {
        let dialect = release.dialect();
        let tree = parse(text, dialect);
        let compiled = |answer| {
            let runs = compile(tree.as_ref().map_err(Clone::clone)?, answer, dialect)?;
            let short_cut = quick::truth(&runs, answer == AnswerType::Vector);
            Ok((runs, short_cut))
        };
        let parts = Parts {
            text: text.into(),
            release,
            scalar: compiled(AnswerType::Scalar),
            vector: compiled(AnswerType::Vector),
            tree,
            empty: OnceLock::new(),
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

    /// Why it does not parse, if it does not.
    pub fn syntax(&self) -> Option<&ConditionError> {
        self.0.tree.as_ref().err()
    }

    /// The same text, as `release` understands it.
    #[must_use]
    pub fn under(&self, release: ArgoVersion) -> Self {
        if release.speaks_like(self.0.release) {
            self.clone()
        } else {
            Self::of(&self.0.text, release)
        }
    }

    /// The release whose language it is read in.
    pub fn release(&self) -> ArgoVersion {
        self.0.release
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
            AnswerType::Scalar => self.0.scalar.as_ref().map(|_| ()).map_err(Clone::clone),
            AnswerType::Vector => self.0.vector.as_ref().map(|_| ()).map_err(Clone::clone),
            _ => {
                let tree = self.0.tree.as_ref().map_err(Clone::clone)?;
                compile(tree, answer, self.0.release.dialect()).map(drop)
            }
        }
    }

    /// Whether it holds.
    ///
    /// # Errors
    ///
    /// If it does not parse, does not fit the type of the answer, fails while it runs or gives something that is
    /// not true or false. On an empty answer every error has class [`ErrorClass::EmptyResult`].
    pub fn evaluate(&self, answer: &Answer<'_>) -> Result<bool, ConditionError> {
        let compiled = match answer {
            Answer::Scalar(_) => &self.0.scalar,
            Answer::Vector(_) => &self.0.vector,
            _ => return self.evaluate_rare(answer),
        };
        match compiled {
            Ok((tree, short_cut)) => match short_cut.as_ref().and_then(|truth| truth.holds(answer, 0.0)) {
                Some(holds) => Ok(holds),
                None => self.run(tree, answer),
            },
            Err(error) => Err(of_empty(error.clone(), answer)),
        }
    }

    /// As [`Condition::evaluate`]; an empty vector needs no memory.
    pub(super) fn ask(&self, answer: &Answer<'_>) -> Result<bool, Arc<ConditionError>> {
        let evaluate = || self.evaluate(answer).map_err(Arc::new);
        match answer {
            Answer::Vector([]) => self.0.empty.get_or_init(evaluate).clone(),
            _ => evaluate(),
        }
    }

    fn evaluate_rare(&self, answer: &Answer<'_>) -> Result<bool, ConditionError> {
        let tree = self.0.tree.as_ref().map_err(Clone::clone);
        match tree.and_then(|tree| compile(tree, answer.kind(), self.0.release.dialect())) {
            Ok(tree) => self.run(&tree, answer),
            Err(error) => Err(of_empty(error, answer)),
        }
    }

    /// The general way, on a compiled tree.
    fn run(&self, tree: &Node, answer: &Answer<'_>) -> Result<bool, ConditionError> {
        let error = match Run::new(answer, self.0.release.dialect()).value(tree, Place::default()) {
            Ok(Value::Bool(holds)) => return Ok(holds),
            Ok(other) => {
                let message = format!("expected bool, but got {}", other.type_name());
                ConditionError::new(0..self.0.text.len(), ErrorClass::NotBool, message)
            }
            Err(error) => *error,
        };
        Err(of_empty(error, answer))
    }

    /// Its comparisons of the answer with a number, in the order of the text.
    pub fn thresholds(&self) -> Vec<Threshold> {
        self.0.tree.as_ref().map(threshold::of).unwrap_or_default()
    }

    /// The fields of the answer that it reads, each by its names from the outermost on: `result[0].latency['95']` is
    /// `latency`, `95`.
    pub fn fields(&self) -> BTreeSet<Vec<String>> {
        self.0.tree.as_ref().map(fields::of).unwrap_or_default()
    }

    /// The same condition with the number of its threshold `index` replaced; unchanged if there is none.
    #[must_use]
    pub fn with_threshold(&self, index: usize, value: f64) -> Self {
        let Some(threshold) = self.thresholds().into_iter().nth(index) else {
            return self.clone();
        };
        let mut text = self.0.text.to_string();
        text.replace_range(threshold.at, &value.to_string());
        Self::of(&text, self.0.release)
    }
}

/// On an empty answer every error has one name.
fn of_empty(mut error: ConditionError, answer: &Answer<'_>) -> ConditionError {
    if answer.is_empty() && error.class != ErrorClass::Unsupported {
        error.class = ErrorClass::EmptyResult;
        error.message = "metric result is nil or empty: no data returned from the metric provider".into();
    }
    error
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "result[0]",
            "result[1]",
            "result[-1]",
            "len(result)",
            "0.5",
            "1",
            "-2",
            "asFloat('1e1')",
            "result[0] - 1",
            "1 - result[1]",
            "result[0] / 0",
            "result[0] * 100",
            "len(result) * 2",
            "1 / 2",
        ])
    }

    fn truth() -> impl Strategy<Value = String> {
        let order = || prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
        let leaf = prop_oneof![
            (number(), order(), number()).prop_map(|(left, op, right)| format!("{left} {op} {right}")),
            (order(), number()).prop_map(|(op, right)| format!("all(result, # {op} {right})")),
            (order(), number()).prop_map(|(op, right)| format!("none(result, any(result, # {op} {right}))")),
            number().prop_map(|of| format!("isNaN({of})")),
            number().prop_map(|of| format!("isInf({of})")),
            Just("true".to_owned()),
        ];
        leaf.prop_recursive(3, 12, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|inside| format!("!({inside})")),
                (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left}) && ({right})")),
                (inner.clone(), inner).prop_map(|(left, right)| format!("({left}) || ({right})")),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_short_cut_says_the_same(
            text in truth(),
            values in prop::collection::vec(prop_oneof![any::<f64>(), Just(0.5), Just(1.0), Just(f64::NAN)], 0..3),
        ) {
            let condition = Condition::new(&text);
            let answer = Answer::Vector(&values);
            if let Ok((tree, Some(truth))) = &condition.0.vector
                && let Some(holds) = truth.holds(&answer, 0.0)
            {
                prop_assert_eq!(condition.run(tree, &answer), Ok(holds), "{}", text);
            }
        }
    }
}
