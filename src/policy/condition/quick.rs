//! A short cut for what conditions usually are: comparisons of numbers, `len`, `isNaN`, `all` and `any`.
//!
//! It is made of the same compiled tree as the general evaluation and never fails: where that would fail, or does
//! something rare, the answer is `None` and the general evaluation is asked.

use super::Answer;
use super::builtin::Builtin;
use super::tree::{Binary, Node, NodeKind, Pointer, Unary};
use super::value::Value;

/// Integers up to here are floats without loss.
const EXACT: i64 = 1 << 53;

/// Something true or false.
#[derive(Debug)]
pub(super) enum Truth {
    Constant(bool),
    Compare(Binary, Number, Number),
    IsNaN(Number),
    IsInf(Number),
    Not(Box<Self>),
    And(Box<[Self; 2]>),
    Or(Box<[Self; 2]>),
    /// `all`, `any` or `none` over the answer.
    Over(Builtin, Box<Self>),
}

/// A number.
#[derive(Debug)]
pub(super) enum Number {
    Constant(f64),
    /// `result`
    Scalar,
    /// `result[n]`
    Element(usize),
    /// `result[-n]`
    FromEnd(usize),
    /// `len(result)`
    Length,
    /// `#`
    Item,
    Add(Box<[Self; 2]>),
    Subtract(Box<[Self; 2]>),
    Multiply(Box<[Self; 2]>),
    Divide(Box<[Self; 2]>),
}

/// The short cut for `node`, if it has one. `vector`: whether the answer is a vector or a scalar.
pub(super) fn truth(node: &Node, vector: bool) -> Option<Truth> {
    let both = |left: &Node, right: &Node| Some(Box::new([truth(left, vector)?, truth(right, vector)?]));
    Some(match &node.kind {
        NodeKind::Constant(Value::Bool(value)) => Truth::Constant(*value),
        NodeKind::Unary(Unary::Not, inside) => Truth::Not(Box::new(truth(inside, vector)?)),
        NodeKind::Binary(Binary::And, left, right) => Truth::And(both(left, right)?),
        NodeKind::Binary(Binary::Or, left, right) => Truth::Or(both(left, right)?),
        NodeKind::Binary(op, left, right)
            if op.is_order() || matches!(op, Binary::Equal | Binary::NotEqual) =>
        {
            Truth::Compare(*op, number(left, vector)?, number(right, vector)?)
        }
        NodeKind::StrictEqual(sides) if sides.iter().all(is_integer) => Truth::Compare(
            Binary::Equal,
            number(&sides[0], vector)?,
            number(&sides[1], vector)?,
        ),
        NodeKind::Call(Builtin::IsNaN, arguments) => Truth::IsNaN(float(&arguments[0], vector)?),
        NodeKind::Call(Builtin::IsInf, arguments) => Truth::IsInf(float(&arguments[0], vector)?),
        NodeKind::Call(builtin @ (Builtin::All | Builtin::Any | Builtin::None), arguments) => {
            let over_answer = vector && matches!(arguments[0].kind, NodeKind::Result);
            let NodeKind::Predicate(inside) = &arguments[1].kind else {
                return None;
            };
            Truth::Over(*builtin, Box::new(over_answer.then(|| truth(inside, vector))??))
        }
        _ => return None,
    })
}

/// A number that is a float for certain: the functions of floats fail on an integer.
fn float(node: &Node, vector: bool) -> Option<Number> {
    number(node, vector).filter(|number| !matches!(number, Number::Length | Number::Constant(_)))
}

/// What is an integer when it runs, whatever its type says.
fn is_integer(node: &Node) -> bool {
    matches!(
        node.kind,
        NodeKind::Constant(Value::Int(_)) | NodeKind::Call(Builtin::Len, _)
    )
}

fn number(node: &Node, vector: bool) -> Option<Number> {
    let both = |left: &Node, right: &Node| Some(Box::new([number(left, vector)?, number(right, vector)?]));
    Some(match &node.kind {
        NodeKind::Constant(Value::Int(value)) if value.abs() <= EXACT => Number::Constant(*value as f64),
        NodeKind::Constant(Value::Float(value)) => Number::Constant(*value),
        NodeKind::Result if !vector => Number::Scalar,
        NodeKind::Pointer(Pointer::Element) => Number::Item,
        NodeKind::Member { base, property, .. } if vector && matches!(base.kind, NodeKind::Result) => {
            match property.constant() {
                Some(Value::Int(index)) if *index >= 0 => Number::Element(usize::try_from(*index).ok()?),
                Some(Value::Int(index)) => Number::FromEnd(usize::try_from(index.unsigned_abs()).ok()?),
                _ => return None,
            }
        }
        NodeKind::Call(Builtin::Len, arguments)
            if vector && matches!(arguments[0].kind, NodeKind::Result) =>
        {
            Number::Length
        }
        NodeKind::Call(Builtin::AsFloat, arguments) => match arguments[0].constant() {
            Some(Value::Text(text)) => {
                Number::Constant(text.parse().ok().filter(|value: &f64| value.is_finite())?)
            }
            _ => float(&arguments[0], vector)?,
        },
        NodeKind::Binary(Binary::Divide, left, right) => Number::Divide(both(left, right)?),
        // Integers multiply, add and wrap as integers: only floats here.
        NodeKind::Binary(op, left, right) => {
            let sides = both(left, right)?;
            let integers = |side: &Number| matches!(side, Number::Length | Number::Constant(_));
            match op {
                _ if sides.iter().all(integers) => return None,
                Binary::Add => Number::Add(sides),
                Binary::Subtract => Number::Subtract(sides),
                Binary::Multiply => Number::Multiply(sides),
                _ => return None,
            }
        }
        _ => return None,
    })
}

impl Truth {
    /// Whether it holds of `answer` and, inside a predicate, of `item`.
    pub fn holds(&self, answer: &Answer<'_>, item: f64) -> Option<bool> {
        Some(match self {
            Self::Constant(value) => *value,
            Self::Compare(op, left, right) => {
                let (left, right) = (left.value(answer, item)?, right.value(answer, item)?);
                match op {
                    Binary::Less => left < right,
                    Binary::LessEqual => left <= right,
                    Binary::Greater => left > right,
                    Binary::GreaterEqual => left >= right,
                    Binary::Equal => left == right,
                    _ => left != right,
                }
            }
            Self::IsNaN(number) => number.value(answer, item)?.is_nan(),
            Self::IsInf(number) => number.value(answer, item)?.is_infinite(),
            Self::Not(inside) => !inside.holds(answer, item)?,
            Self::And(sides) => sides[0].holds(answer, item)? && sides[1].holds(answer, item)?,
            Self::Or(sides) => sides[0].holds(answer, item)? || sides[1].holds(answer, item)?,
            Self::Over(builtin, predicate) => {
                let Answer::Vector(values) = answer else {
                    return None;
                };
                let stops_at = *builtin != Builtin::All;
                for &value in *values {
                    if predicate.holds(answer, value)? == stops_at {
                        return Some(*builtin == Builtin::Any);
                    }
                }
                *builtin != Builtin::Any
            }
        })
    }
}

impl Number {
    fn value(&self, answer: &Answer<'_>, item: f64) -> Option<f64> {
        let both = |sides: &[Self; 2]| Some((sides[0].value(answer, item)?, sides[1].value(answer, item)?));
        Some(match (self, answer) {
            (Self::Constant(value), _) => *value,
            (Self::Element(index), Answer::Vector(values)) => *values.get(*index)?,
            (Self::FromEnd(back), Answer::Vector(values)) => values[values.len().checked_sub(*back)?],
            (Self::Length, Answer::Vector(values)) => values.len() as f64,
            (Self::Scalar, Answer::Scalar(value)) => *value,
            (Self::Item, _) => item,
            (Self::Add(sides), _) => both(sides).map(|(left, right)| left + right)?,
            (Self::Subtract(sides), _) => both(sides).map(|(left, right)| left - right)?,
            (Self::Multiply(sides), _) => both(sides).map(|(left, right)| left * right)?,
            (Self::Divide(sides), _) => both(sides).map(|(left, right)| left / right)?,
            _ => return None,
        })
    }
}
