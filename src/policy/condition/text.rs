//! Functions over texts and maps (expr `builtin/builtin.go`).

use std::fmt::Write as _;
use std::ops::Range;

use super::ConditionError;
use super::builtin::Builtin;
use super::evaluate::{Got, fail};
use super::value::Value;

/// `trim`, `upper`, `lower`, `hasPrefix`, `hasSuffix`, `keys`, `values`, `toJSON`.
pub(super) fn call<'a>(builtin: Builtin, values: &[Value<'a>], at: &Range<usize>) -> Got<'a> {
    let wrong = |value: &Value<'_>| {
        let (name, found) = (builtin.name(), value.type_name());
        fail(
            at,
            format!("interface conversion in {name}: interface {{}} is {found}"),
        )
    };
    let Some(first) = values.first() else {
        return fail(at, format!("not enough arguments to call {}", builtin.name()));
    };
    match (builtin, first) {
        // Go leaves the order to the machine; what does not depend on it is the same in any.
        (Builtin::Keys, Value::Map(map)) => Ok(Value::List(
            map.keys().map(|key| Value::Text(key.clone())).collect(),
        )),
        (Builtin::Values, Value::Map(map)) => Ok(Value::List(map.values().cloned().collect())),
        (Builtin::ToJson, _) => {
            let mut text = String::new();
            json(first, 0, &mut text, at)?;
            Ok(Value::Text(text.into()))
        }
        (_, Value::Text(text)) => match (builtin, values.get(1)) {
            (Builtin::Upper, _) => Ok(Value::Text(text.to_uppercase().into())),
            (Builtin::Lower, _) => Ok(Value::Text(text.to_lowercase().into())),
            (Builtin::Trim, None) => Ok(Value::Text(text.trim().into())),
            (Builtin::Trim, Some(Value::Text(letters))) => Ok(Value::Text(
                text.trim_matches(|letter| letters.contains(letter)).into(),
            )),
            (Builtin::HasPrefix, Some(Value::Text(part))) => Ok(Value::Bool(text.starts_with(&**part))),
            (Builtin::HasSuffix, Some(Value::Text(part))) => Ok(Value::Bool(text.ends_with(&**part))),
            (_, other) => wrong(other.unwrap_or(first)),
        },
        _ => wrong(first),
    }
}

/// As Go's `json.MarshalIndent` writes it, two blanks a level.
fn json(
    value: &Value<'_>,
    level: usize,
    text: &mut String,
    at: &Range<usize>,
) -> Result<(), Box<ConditionError>> {
    let line = |text: &mut String, level: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", level));
    };
    match value {
        Value::Nil => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => {
            let _ = write!(text, "{number}");
        }
        Value::Float(number) => return float(*number, text, at),
        Value::Text(word) => quoted(word, text),
        Value::Map(map) if map.is_empty() => text.push_str("{}"),
        Value::Map(map) => {
            text.push('{');
            for (n, (key, value)) in map.iter().enumerate() {
                text.push_str(if n > 0 { "," } else { "" });
                line(text, level + 1);
                quoted(key, text);
                text.push_str(": ");
                json(value, level + 1, text, at)?;
            }
            line(text, level);
            text.push('}');
        }
        Value::Floats(_) | Value::List(_) => {
            let length = value.list_len().unwrap_or(0);
            text.push('[');
            for element in (0..length).filter_map(|n| value.element(n)).enumerate() {
                text.push_str(if element.0 > 0 { "," } else { "" });
                line(text, level + 1);
                json(&element.1, level + 1, text, at)?;
            }
            if length > 0 {
                line(text, level);
            }
            text.push(']');
        }
    }
    Ok(())
}

/// Go writes exponents for very small and very large numbers, in a way of its own.
fn float(number: f64, text: &mut String, at: &Range<usize>) -> Result<(), Box<ConditionError>> {
    if !number.is_finite() {
        return fail(at, format!("json: unsupported value: {number}")).map(|_| ());
    }
    if number != 0.0 && !(1e-6..1e21).contains(&number.abs()) {
        return Err(Box::new(ConditionError::unsupported(
            at.clone(),
            "toJSON of a number with an exponent",
        )));
    }
    let _ = write!(text, "{number}");
    Ok(())
}

/// Go writes `<`, `>`, `&` and two line ends by their numbers.
fn quoted(word: &str, text: &mut String) {
    text.push('"');
    for letter in word.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            }
            _ => text.push(letter),
        }
    }
    text.push('"');
}
