use std::collections::BTreeMap;

use super::{EvalError, ParseError, Plan, PlanError, QueryRange, Settings, Value, parse};
use crate::series::{AsOf, Labels, Layout, Samples};
use crate::units::Timestamp;

/// When a query is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At one moment.
    At(Timestamp),
    /// At the start of a range, and step by step up to its end.
    Over(QueryRange),
}

/// What Prometheus' HTTP API would have answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A number at a moment.
    Scalar(Timestamp, f64),
    /// Elements at a moment, in the answer's order.
    Vector(Timestamp, Vec<(Labels, f64)>),
    /// Elements with their samples, times in milliseconds, in the order of labels.
    Matrix(Vec<(Labels, Vec<(i64, f64)>)>),
    /// A text at a moment.
    Text(Timestamp, String),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Unanswered {
    /// It is no query.
    Parse(ParseError),
    /// It cannot be planned.
    Plan(Vec<PlanError>),
    /// At this moment the samples do not fit the query.
    Evaluation(Timestamp, EvalError),
}

/// Samples of an answer, at most: what Prometheus loads for one query by default.
const MOST: usize = 50_000_000;

/// Asks a query of all samples, as Prometheus' `query` and `query_range` do.
///
/// # Errors
///
/// It is no query, cannot be planned, or fails on these samples, as it would in Prometheus.
pub fn ask(
    query: &str,
    layout: &Layout,
    samples: &Samples,
    settings: &Settings,
    when: When,
) -> Result<Reply, Unanswered> {
    let expr = parse(query).map_err(Unanswered::Parse)?;
    let plan = Plan::new(&expr, layout, settings).map_err(Unanswered::Plan)?;
    let mut scratch = plan.scratch();
    // A database answers with all it holds: an `offset` below zero looks ahead there.
    let view = AsOf::new(samples, Timestamp::MAX, Timestamp::MAX);
    let range = match when {
        When::At(at) => {
            let value = plan.evaluate(view, at, &mut scratch);
            let value = value.map_err(|error| Unanswered::Evaluation(at, error))?;
            return Ok(at_once(at, value));
        }
        When::Over(range) => range,
    };
    let mut found: BTreeMap<Labels, Vec<(i64, f64)>> = BTreeMap::new();
    let mut count = 0;
    let mut at = range.start;
    while at <= range.end {
        let value = plan
            .evaluate_step(view, at, range, &mut scratch)
            .map_err(|error| Unanswered::Evaluation(at, error))?;
        let mut push = |labels: &Labels, value: f64| {
            count += 1;
            let sample = (at.as_millis(), value);
            match found.get_mut(labels) {
                Some(samples) => samples.push(sample),
                None => {
                    found.insert(labels.clone(), vec![sample]);
                }
            }
        };
        match value {
            Value::Scalar(value) => push(&Labels::default(), value),
            Value::Vector(vector) => vector.iter().for_each(|(labels, value)| push(labels, value)),
            // `evaluate_step` has refused these.
            Value::Matrix(_) | Value::Text(_) => {
                return Err(Unanswered::Evaluation(at, EvalError::NoStepOfRange));
            }
        }
        if count > MOST {
            return Err(Unanswered::Evaluation(at, EvalError::TooManySamples));
        }
        let next = at + range.step;
        if next <= at {
            break;
        }
        at = next;
    }
    Ok(Reply::Matrix(found.into_iter().collect()))
}

fn at_once(at: Timestamp, value: Value<'_>) -> Reply {
    match value {
        Value::Scalar(value) => Reply::Scalar(at, value),
        Value::Text(text) => Reply::Text(at, text.to_owned()),
        Value::Vector(vector) => {
            let elements = vector.iter().map(|(labels, value)| (labels.clone(), value));
            Reply::Vector(at, elements.collect())
        }
        Value::Matrix(matrix) => {
            let elements = matrix.iter().map(|(labels, times, values)| {
                let samples = times.iter().copied().zip(values.iter().copied());
                (labels.clone(), samples.collect())
            });
            Reply::Matrix(elements.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording;
    use crate::units::Duration;

    fn asked(query: &str, when: When) -> Result<Reply, Unanswered> {
        let text = b"load 15s\nreq{code=\"200\"} 0+15x40\nreq{code=\"500\"} _x20 0+3x20\n";
        let (recording, _) = recording::read("file", text, None).unwrap();
        ask(
            query,
            &recording.layout,
            &recording.samples,
            &Settings::default(),
            when,
        )
    }

    #[test]
    fn answers_at_a_moment_and_over_a_range() {
        let at = Timestamp::from_secs(150);
        let Reply::Vector(_, elements) = asked("rate(req[1m])", When::At(at)).unwrap() else {
            panic!("it is a vector");
        };
        assert_eq!(elements.len(), 1);
        assert!((elements[0].1 - 1.0).abs() < 1e-12);
        assert_eq!(asked("1 + 1", When::At(at)), Ok(Reply::Scalar(at, 2.0)));
        assert_eq!(asked("'a'", When::At(at)), Ok(Reply::Text(at, "a".into())));
        let range = QueryRange {
            start: Timestamp::from_secs(285),
            end: Timestamp::from_secs(320),
            step: Duration::from_secs(15),
        };
        let Ok(Reply::Matrix(elements)) = asked("req", When::Over(range)) else {
            panic!("it is a matrix");
        };
        let lengths: Vec<_> = elements.iter().map(|(_, samples)| samples.len()).collect();
        assert_eq!(lengths, [3, 2]);
        assert_eq!(elements[1].1, [(300_000, 0.0), (315_000, 3.0)]);
    }

    #[test]
    fn says_why_there_is_no_answer() {
        let at = When::At(Timestamp::ZERO);
        assert!(matches!(asked("req{", at), Err(Unanswered::Parse(_))));
        assert!(matches!(
            asked("holt_winters(req[5m], 1, 1)", at),
            Err(Unanswered::Parse(_) | Unanswered::Plan(_))
        ));
        let range = QueryRange {
            start: Timestamp::ZERO,
            end: Timestamp::ZERO,
            step: Duration::from_secs(1),
        };
        assert!(matches!(
            asked("req[5m]", When::Over(range)),
            Err(Unanswered::Evaluation(..))
        ));
    }
}
