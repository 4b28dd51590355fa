use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::promql::Value;
use crate::recording::live::Answer;
use crate::series::Labels;
use crate::units::Timestamp;

/// Relative difference up to which two numbers are the same: sums of floats depend on their order.
const SAME: f64 = 1e-9;

/// What one side says of an element.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// A value, in the shortest form that tells it from others.
    Value(String),
    /// The element is not in the answer.
    Nothing,
    /// The query fails.
    Error(String),
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => f.write_str(value),
            Self::Nothing => f.write_str("-"),
            Self::Error(error) => write!(f, "error: {error}"),
        }
    }
}

/// One element that the two sides answer differently.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// When they were asked.
    pub at: Timestamp,
    /// Labels of the element.
    pub element: String,
    /// Our answer.
    pub ours: Said,
    /// The server's.
    pub theirs: Said,
    /// Size of the difference relative to the larger value; absent where one of them is no finite number.
    pub relative: Option<f64>,
}

/// An answer or why there is none: elements by labels, each with its points; a text as its own label set.
pub(super) type Elements = Result<BTreeMap<Labels, Vec<(i64, f64)>>, String>;

/// Our answer, copied out of the engine. Instant answers stand at time 0.
pub(super) fn ours(value: Value<'_>) -> BTreeMap<Labels, Vec<(i64, f64)>> {
    match value {
        Value::Scalar(value) => BTreeMap::from([(Labels::default(), vec![(0, value)])]),
        Value::Text(text) => worded(text),
        Value::Vector(vector) => vector
            .iter()
            .map(|(labels, value)| (labels.clone(), vec![(0, value)]))
            .collect(),
        Value::Matrix(matrix) => matrix
            .iter()
            .map(|(labels, times, values)| {
                let points = times.iter().copied().zip(values.iter().copied());
                (labels.clone(), points.collect())
            })
            .collect(),
    }
}

/// The server's answer in the same form. Native histograms are left out: ours have none.
pub(super) fn theirs(answer: Answer, instant: bool) -> BTreeMap<Labels, Vec<(i64, f64)>> {
    match answer {
        Answer::Text(text) => worded(&text),
        Answer::Elements(elements) => elements
            .into_iter()
            .filter(|element| !element.points.is_empty())
            .map(|mut element| {
                if instant {
                    element.points.iter_mut().for_each(|(time, _)| *time = 0);
                }
                (element.labels, element.points)
            })
            .collect(),
    }
}

fn worded(text: &str) -> BTreeMap<Labels, Vec<(i64, f64)>> {
    BTreeMap::from([(Labels::new([("text", text)]), Vec::new())])
}

/// What differs between two answers; `ties` are the elements that differ only in which of equals was chosen.
pub(super) struct Compared {
    pub differences: Vec<Difference>,
    pub ties: usize,
    /// The largest relative difference among numbers that count as the same.
    pub within: f64,
}

/// Compares two answers at one moment. `choosing`: the query takes the first of equal elements in no stated order
/// (`topk`, `bottomk`).
pub(super) fn compare(at: Timestamp, ours: &Elements, theirs: &Elements, choosing: bool) -> Compared {
    let mut compared = Compared {
        differences: Vec::new(),
        ties: 0,
        within: 0.0,
    };
    let (ours, theirs) = match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (Err(_), Err(_)) => return compared,
        (ours, theirs) => {
            let said = |side: &Elements| match side {
                Ok(elements) => Said::Value(format!("{} elements", elements.len())),
                Err(error) => Said::Error(error.clone()),
            };
            compared.differences.push(Difference {
                at,
                element: String::new(),
                ours: said(ours),
                theirs: said(theirs),
                relative: None,
            });
            return compared;
        }
    };
    let only = |one: &BTreeMap<Labels, Vec<(i64, f64)>>, other: &BTreeMap<Labels, Vec<(i64, f64)>>| {
        let alone = one.iter().filter(|(labels, _)| !other.contains_key(labels));
        alone
            .map(|(labels, points)| (labels.clone(), points.clone()))
            .collect::<Vec<_>>()
    };
    for (labels, points) in ours {
        let Some(other) = theirs.get(labels) else { continue };
        match distance(points, other) {
            Some(distance) if distance <= SAME => compared.within = compared.within.max(distance),
            distance => compared.differences.push(Difference {
                at,
                element: labels.to_string(),
                ours: Said::Value(shown(points)),
                theirs: Said::Value(shown(other)),
                relative: distance.filter(|distance| distance.is_finite()),
            }),
        }
    }
    let (mut here, mut there) = (only(ours, theirs), only(theirs, ours));
    if choosing && same_values(&here, &there) {
        compared.ties = here.len();
        here.clear();
        there.clear();
    }
    let alone = |(labels, points): (Labels, Vec<(i64, f64)>), mine: bool| {
        let value = Said::Value(shown(&points));
        let (ours, theirs) = if mine {
            (value, Said::Nothing)
        } else {
            (Said::Nothing, value)
        };
        Difference {
            at,
            element: labels.to_string(),
            ours,
            theirs,
            relative: None,
        }
    };
    let here = here.into_iter().map(|element| alone(element, true));
    compared.differences.extend(here);
    let there = there.into_iter().map(|element| alone(element, false));
    compared.differences.extend(there);
    compared
}

/// The largest relative difference of points at equal times; `None` where times differ.
fn distance(ours: &[(i64, f64)], theirs: &[(i64, f64)]) -> Option<f64> {
    if ours.len() != theirs.len() || ours.iter().zip(theirs).any(|(a, b)| a.0 != b.0) {
        return None;
    }
    Some(
        ours.iter()
            .zip(theirs)
            .map(|(a, b)| relative(a.1, b.1))
            .fold(0.0, f64::max),
    )
}

fn relative(a: f64, b: f64) -> f64 {
    if a == b || a.is_nan() && b.is_nan() {
        return 0.0;
    }
    let distance = (a - b).abs() / a.abs().max(b.abs());
    if distance.is_nan() {
        f64::INFINITY
    } else {
        distance
    }
}

/// Whether two sets of elements differ in labels alone.
fn same_values(ours: &[(Labels, Vec<(i64, f64)>)], theirs: &[(Labels, Vec<(i64, f64)>)]) -> bool {
    let values = |elements: &[(Labels, Vec<(i64, f64)>)]| {
        let mut values: Vec<f64> = elements
            .iter()
            .flat_map(|(_, points)| points.iter().map(|point| point.1))
            .collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (ours, theirs) = (values(ours), values(theirs));
    ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(&a, &b)| relative(a, b) <= SAME)
}

fn shown(points: &[(i64, f64)]) -> String {
    match points {
        [] => "text".to_owned(),
        [(0, value)] => value.to_string(),
        points => format!("{} samples", points.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(elements: &[(&str, f64)]) -> Elements {
        let element = |&(pod, value): &(&str, f64)| (Labels::new([("pod", pod)]), vec![(0, value)]);
        Ok(elements.iter().map(element).collect())
    }

    fn differing(ours: &Elements, theirs: &Elements, choosing: bool) -> (usize, usize) {
        let compared = compare(Timestamp::ZERO, ours, theirs, choosing);
        (compared.differences.len(), compared.ties)
    }

    #[test]
    fn equal_within_the_ninth_digit_and_nan_is_nan() {
        let ours = answer(&[("a", 1.0), ("b", f64::NAN), ("c", f64::INFINITY), ("d", 0.0)]);
        let same = answer(&[
            ("a", 1.0 + 5e-10),
            ("b", -f64::NAN),
            ("c", f64::INFINITY),
            ("d", -0.0),
        ]);
        assert_eq!(differing(&ours, &same, false), (0, 0));
        let other = answer(&[
            ("a", 1.0 + 2e-9),
            ("b", 0.0),
            ("c", f64::NEG_INFINITY),
            ("d", 1e-300),
        ]);
        assert_eq!(differing(&ours, &other, false), (4, 0));
    }

    #[test]
    fn equals_may_be_chosen_either_way_only_where_something_is_chosen() {
        let (ours, theirs) = (
            answer(&[("a", 2.0), ("b", 1.0)]),
            answer(&[("a", 2.0), ("c", 1.0)]),
        );
        assert_eq!(differing(&ours, &theirs, true), (0, 1));
        assert_eq!(differing(&ours, &theirs, false), (2, 0));
        let higher = answer(&[("a", 2.0), ("c", 1.5)]);
        assert_eq!(differing(&ours, &higher, true), (2, 0));
    }

    #[test]
    fn an_error_is_equal_to_an_error_alone() {
        let error = Err("many-to-many".to_owned());
        assert_eq!(differing(&error, &error, false), (0, 0));
        assert_eq!(differing(&answer(&[]), &error, false), (1, 0));
        assert_eq!(differing(&answer(&[]), &answer(&[]), false), (0, 0));
    }
}
