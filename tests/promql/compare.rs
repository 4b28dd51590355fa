//! Answers, and when they are equal.

use coalmine::promql::Value;
use coalmine::series::{Labels, is_stale};

use super::script::{Eval, Expected, Sequence, When};

/// An answer, copied out of the engine.
#[derive(Debug)]
pub enum Answer {
    Scalar(f64),
    Text(String),
    Vector(Vec<(Labels, f64)>),
    /// Elements with times [ms] and values.
    Matrix(Vec<(Labels, Vec<(i64, f64)>)>),
}

impl From<Value<'_>> for Answer {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Scalar(value) => Self::Scalar(value),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Vector(vector) => Self::Vector(
                vector
                    .iter()
                    .map(|(labels, value)| (labels.clone(), value))
                    .collect(),
            ),
            Value::Matrix(matrix) => Self::Matrix(
                matrix
                    .iter()
                    .map(|(labels, times, values)| {
                        let points = times.iter().copied().zip(values.iter().copied());
                        (labels.clone(), points.collect())
                    })
                    .collect(),
            ),
        }
    }
}

/// Compares an answer with what a script expects.
pub fn compare(eval: &Eval, answer: &Answer) -> Result<(), String> {
    match (answer, &eval.expected) {
        (Answer::Scalar(found), Expected::Scalar(wanted)) => value(*found, *wanted),
        (Answer::Text(found), Expected::Text(wanted)) if found == wanted => Ok(()),
        (Answer::Vector(found), Expected::Series(wanted)) => vector(found, wanted, eval.ordered),
        (Answer::Matrix(found), Expected::Series(wanted)) => {
            let (from, step) = match eval.when {
                When::At(at) => (at, 0),
                When::Range { from, step, .. } => (from, step),
            };
            matrix(found, wanted, from, step)
        }
        (Answer::Matrix(found), Expected::Window { from, step, series }) => {
            matrix(found, series, *from, *step)
        }
        (found, _) => Err(format!("another kind of answer: {found:?}")),
    }
}

fn vector(found: &[(Labels, f64)], wanted: &[(Labels, Sequence)], ordered: bool) -> Result<(), String> {
    for (place, (labels, found)) in found.iter().enumerate() {
        let at = wanted.iter().position(|(wanted, _)| wanted == labels);
        let at = at.ok_or_else(|| format!("unexpected {labels} {found}"))?;
        if ordered && at != place {
            return Err(format!("{labels} stands at {place} and not at {at}"));
        }
        match &wanted[at].1 {
            Sequence::Floats(values) if values.len() == 1 => {
                value(*found, values[0].unwrap_or(f64::INFINITY))
                    .map_err(|why| format!("{labels}: {why}"))?;
            }
            _ => return Err(format!("{labels}: no single value is expected")),
        }
    }
    missing(wanted, |labels| found.iter().any(|(found, _)| found == labels))
}

type Points = Vec<(i64, f64)>;

fn matrix(
    found: &[(Labels, Points)],
    wanted: &[(Labels, Sequence)],
    from: i64,
    step: i64,
) -> Result<(), String> {
    for (labels, points) in found {
        let at = wanted.iter().position(|(wanted, _)| wanted == labels);
        let at = at.ok_or_else(|| format!("unexpected {labels} {points:?}"))?;
        let Sequence::Floats(values) = &wanted[at].1 else {
            return Err(format!("{labels}: no floats are expected"));
        };
        let times = (0..).map(|n| from + n * step);
        let wanted: Points = times
            .zip(values)
            .filter_map(|(time, value)| Some((time, (*value)?)))
            .collect();
        if wanted.len() != points.len() {
            return Err(format!("{labels}: {points:?} instead of {wanted:?}"));
        }
        for (&(time, found), &(wanted_time, wanted)) in points.iter().zip(&wanted) {
            if time != wanted_time {
                return Err(format!("{labels}: a value at {time} instead of {wanted_time}"));
            }
            value(found, wanted).map_err(|why| format!("{labels} at {time}: {why}"))?;
        }
    }
    missing(wanted, |labels| found.iter().any(|(found, _)| found == labels))
}

fn missing(wanted: &[(Labels, Sequence)], there: impl Fn(&Labels) -> bool) -> Result<(), String> {
    match wanted.iter().find(|(labels, _)| !there(labels)) {
        Some((labels, _)) => Err(format!("{labels} is missing")),
        None => Ok(()),
    }
}

fn value(found: f64, wanted: f64) -> Result<(), String> {
    if close(found, wanted) {
        Ok(())
    } else {
        Err(format!("{found:?} instead of {wanted:?}"))
    }
}

/// Within 1e-6 of the sum of magnitudes, as in Prometheus' own runner.
fn close(a: f64, b: f64) -> bool {
    within(a, b, 1e-6)
}

/// Within a part of the sum of magnitudes; 0 only equals what is no normal number; NaN equals NaN.
pub fn within(a: f64, b: f64, part: f64) -> bool {
    if is_stale(a) || is_stale(b) {
        return is_stale(a) && is_stale(b);
    }
    if a.is_nan() && b.is_nan() || a == b {
        return true;
    }
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < part * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < part
}
