//! Parts of values: elements, fields, slices, membership, texts in texts.

use std::ops::Range;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value as Json;

use super::evaluate::{Got, fail, out_of_range};
use super::tree::Binary;
use super::value::Value;

/// `base[property]` (expr `runtime.Fetch`).
pub(super) fn fetch<'a>(base: &Value<'a>, property: &Value<'a>, at: &Range<usize>) -> Got<'a> {
    if let Value::Map(map) = base {
        return match property {
            Value::Text(name) => Ok(map.get(name).cloned().unwrap_or(Value::Nil)),
            _ => fail(
                at,
                format!("cannot fetch {} from {}", property.type_name(), base.type_name()),
            ),
        };
    }
    let index = match property {
        Value::Int(index) => Some(*index),
        Value::Float(index) => Some(super::value::truncate(*index)),
        _ => None,
    };
    let (Some(length), Some(index)) = (base.list_len(), index) else {
        let what = match property {
            Value::Text(name) => name.to_string(),
            other => other.type_name().to_owned(),
        };
        return fail(at, format!("cannot fetch {what} from {}", base.type_name()));
    };
    let place = if index < 0 {
        index.wrapping_add(length as i64)
    } else {
        index
    };
    match usize::try_from(place).ok().and_then(|place| base.element(place)) {
        Some(value) => Ok(value),
        None => out_of_range(
            at,
            format!("index out of range: {place} (array length is {length})"),
        ),
    }
}

pub(super) fn slice<'a>(
    base: &Value<'a>,
    from: Option<&Value<'a>>,
    to: Option<&Value<'a>>,
    at: &Range<usize>,
) -> Got<'a> {
    let Some(length) = base.list_len() else {
        return fail(at, format!("cannot slice {}", base.type_name()));
    };
    let bound = |bound: Option<&Value<'a>>, absent: usize| match bound {
        None => Some(absent),
        Some(Value::Int(index)) if *index < 0 => {
            let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
            Some(length.saturating_sub(back))
        }
        Some(Value::Int(index)) => Some(usize::try_from(*index).unwrap_or(usize::MAX)),
        Some(_) => None,
    };
    let (Some(from), Some(to)) = (bound(from, 0), bound(to, length)) else {
        return fail(at, "non-integer slice index");
    };
    let to = to.min(length);
    let from = from.min(to);
    Ok(match base {
        Value::Floats(values) => Value::Floats(&values[from..to]),
        Value::List(values) => Value::List(values[from..to].into()),
        _ => Value::Nil,
    })
}

/// `needle in list`; `None` where Go has no such thing.
pub(super) fn contains(
    needle: &Value<'_>,
    list: &Value<'_>,
    equal: impl Fn(&Value<'_>, &Value<'_>) -> bool,
) -> Option<bool> {
    match (needle, list) {
        (_, Value::Nil) => Some(false),
        (Value::Text(name), Value::Map(map)) => Some(map.contains_key(name)),
        (Value::Nil, Value::Map(map)) => Some(map.contains_key("")),
        _ => {
            let length = list.list_len()?;
            let mut elements = (0..length).filter_map(|n| list.element(n));
            Some(elements.any(|element| equal(&element, needle)))
        }
    }
}

pub(super) fn texts<'a>(op: Binary, left: &Value<'a>, right: &Value<'a>, at: &Range<usize>) -> Got<'a> {
    let (left, right) = match (left, right) {
        (Value::Nil, _) | (_, Value::Nil) => return Ok(Value::Bool(false)),
        (Value::Text(left), Value::Text(right)) => (left, right),
        _ => {
            let (left, right) = (left.type_name(), right.type_name());
            return fail(at, format!("invalid operation: {left} {op} {right}"));
        }
    };
    Ok(Value::Bool(match op {
        Binary::Contains => left.contains(&**right),
        Binary::StartsWith => left.starts_with(&**right),
        Binary::EndsWith => left.ends_with(&**right),
        _ => match Regex::new(right) {
            Ok(pattern) => pattern.is_match(left),
            Err(error) => return fail(at, error.to_string()),
        },
    }))
}

pub(super) fn from_json<'a>(json: &Json) -> Value<'a> {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(value) => Value::Float(value.as_f64().unwrap_or(f64::NAN)),
        Json::String(value) => Value::Text(value.as_str().into()),
        Json::Array(values) => Value::List(values.iter().map(from_json).collect()),
        Json::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.as_str().into(), from_json(value)));
            Value::Map(Arc::new(fields.collect()))
        }
    }
}
