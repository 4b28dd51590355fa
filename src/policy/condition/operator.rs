//! Types of operators (expr `checker/checker.go: binaryNode`).

use std::ops::Range;

use regex::Regex;

use super::ConditionError;
use super::tree::{Binary, Node};
use super::types::{Store, Type};
use super::value::Value;

/// The type of an operator's answer; `None` if the types do not fit.
pub(super) fn operation(
    op: Binary,
    l: &Type,
    r: &Type,
    right: &Node,
) -> Result<Option<Type>, ConditionError> {
    let numbers = l.is_number() && r.is_number();
    let texts = l.is_text() && r.is_text();
    let fits = |fits: bool, of: Type| fits.then_some(of);
    Ok(match op {
        Binary::Equal | Binary::NotEqual => fits(l.comparable_to(r), Type::Bool),
        Binary::Or | Binary::And => fits(
            l.is_bool() && r.is_bool() || l.maybe(r, Type::is_bool),
            Type::Bool,
        ),
        Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual => {
            let maybe = l.maybe(r, |side| side.is_number() || side.is_text());
            fits(numbers || texts || maybe, Type::Bool)
        }
        Binary::Subtract | Binary::Multiply if numbers => Some(l.promote(r)),
        Binary::Subtract | Binary::Multiply => fits(l.maybe(r, Type::is_number), Type::Unknown),
        Binary::Add if numbers => Some(l.promote(r)),
        Binary::Add if texts => Some(Type::Text),
        Binary::Add => fits(
            l.maybe(r, |side| side.is_number() || side.is_text()),
            Type::Unknown,
        ),
        Binary::Divide | Binary::Power => fits(numbers || l.maybe(r, Type::is_number), Type::Float),
        Binary::Modulo => {
            let integers = l.is_integer() && r.is_integer();
            fits(integers || l.maybe(r, Type::is_integer), Type::Int)
        }
        Binary::Range => {
            let integers = l.is_integer() && r.is_integer();
            let of = Type::List(Store::Ints, Box::new(Type::Int));
            fits(integers || l.maybe(r, Type::is_integer), of)
        }
        Binary::In => match r {
            Type::Map if !l.is_unknown() && !l.is_text() => {
                let message = format!("cannot use {l} as type string in map key");
                return Err(ConditionError::other(right.at.clone(), message));
            }
            Type::List(_, element) if !l.comparable_to(element) => {
                let message = format!("cannot use {l} as type {element} in array");
                return Err(ConditionError::other(right.at.clone(), message));
            }
            Type::Map | Type::List(..) => Some(Type::Bool),
            Type::Text => fits(l.is_unknown(), Type::Bool),
            _ => fits(r.is_unknown(), Type::Bool),
        },
        Binary::Matches => {
            if let Some(Value::Text(pattern)) = right.constant()
                && let Err(error) = Regex::new(pattern)
            {
                return Err(ConditionError::other(right.at.clone(), error.to_string()));
            }
            fits(texts || l.maybe(r, Type::is_text), Type::Bool)
        }
        Binary::Contains | Binary::StartsWith | Binary::EndsWith => {
            fits(texts || l.maybe(r, Type::is_text), Type::Bool)
        }
        Binary::Coalesce => Some(match (l, r) {
            (Type::Nil, _) => r.clone(),
            (_, Type::Nil) => l.clone(),
            _ if r.assignable_to(l) => l.clone(),
            _ => Type::Unknown,
        }),
    })
}

pub(super) fn mismatch(op: Binary, l: &Type, r: &Type, at: Range<usize>) -> ConditionError {
    let message = format!("invalid operation: {op} (mismatched types {l} and {r})");
    let error = ConditionError::other(at, message);
    let is_vector = |side: &Type| matches!(side, Type::List(Store::Floats, _));
    if is_vector(l) && r.is_number() || l.is_number() && is_vector(r) {
        return error.help("the query gives a vector: compare result[0]");
    }
    error
}
