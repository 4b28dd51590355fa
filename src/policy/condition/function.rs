//! What the functions do (expr `builtin/lib.go`; argo-rollouts `utils/evaluate`).

use std::ops::Range;

use super::builtin::{Builtin, Shape};
use super::evaluate::{Got, Place, Run, fail};
use super::tree::Node;
use super::value::{Value, truncate};
use super::{ConditionError, aggregate, text};

impl<'a> Run<'a> {
    pub(super) fn call(
        &self,
        builtin: Builtin,
        arguments: &[Node],
        place: Place<'_, 'a>,
        at: &Range<usize>,
    ) -> Got<'a> {
        if builtin.shape() != Shape::Plain {
            return self.over_list(builtin, arguments, place, at);
        }
        let first = self.value(&arguments[0], place)?;
        match builtin {
            Builtin::AsInt => as_int(&first, at),
            Builtin::AsFloat => as_float(&first, at),
            Builtin::IsNaN | Builtin::IsInf => match first {
                Value::Float(value) if builtin == Builtin::IsNaN => Ok(Value::Bool(value.is_nan())),
                Value::Float(value) => Ok(Value::Bool(value.is_infinite())),
                _ => fail(
                    at,
                    format!("interface conversion: {} is not float64", first.type_name()),
                ),
            },
            // Both look at what the provider gave, whatever their first argument is.
            Builtin::IsNil => Ok(Value::Bool(matches!(self.result, Value::Nil))),
            Builtin::Default => {
                let instead = self.value(&arguments[1], place)?;
                Ok(if matches!(self.result, Value::Nil) {
                    instead
                } else {
                    self.result.clone()
                })
            }
            Builtin::Len => match (&first, first.list_len()) {
                (_, Some(length)) => Ok(Value::Int(length as i64)),
                (Value::Text(text), _) => Ok(Value::Int(text.chars().count() as i64)),
                (Value::Map(map), _) => Ok(Value::Int(map.len() as i64)),
                _ => fail(
                    at,
                    format!("invalid argument for len (type {})", first.type_name()),
                ),
            },
            Builtin::Type => Ok(Value::Text(type_word(&first).into())),
            Builtin::String => match printed(&first) {
                Some(text) => Ok(Value::Text(text.into())),
                None => Err(Box::new(ConditionError::unsupported(
                    at.clone(),
                    "string of a map",
                ))),
            },
            Builtin::Abs => match first {
                // Go's abs keeps a NaN and a negative zero as they are.
                Value::Float(value) => Ok(Value::Float(if value < 0.0 { -value } else { value })),
                Value::Int(value) => Ok(Value::Int(value.wrapping_abs())),
                _ => fail(
                    at,
                    format!("invalid argument for abs (type {})", first.type_name()),
                ),
            },
            Builtin::Ceil | Builtin::Floor | Builtin::Round => match first.number() {
                Some(value) => Ok(Value::Float(match builtin {
                    Builtin::Ceil => value.ceil(),
                    Builtin::Floor => value.floor(),
                    _ => value.round(),
                })),
                None => fail(
                    at,
                    format!(
                        "invalid argument for {} (type {})",
                        builtin.name(),
                        first.type_name()
                    ),
                ),
            },
            Builtin::Int => match first {
                Value::Float(value) => Ok(Value::Int(truncate(value))),
                Value::Int(_) => Ok(first),
                Value::Text(text) => match text.parse() {
                    Ok(value) => Ok(Value::Int(value)),
                    Err(_) => fail(at, format!("invalid operation: int({text})")),
                },
                _ => fail(at, format!("invalid operation: int({})", first.type_name())),
            },
            Builtin::Float => match &first {
                Value::Text(text) => parse_float(text, at),
                _ => match first.number() {
                    Some(value) => Ok(Value::Float(value)),
                    None => fail(at, format!("invalid operation: float({})", first.type_name())),
                },
            },
            _ => {
                let mut values = vec![first];
                for argument in &arguments[1..] {
                    values.push(self.value(argument, place)?);
                }
                let made: usize = values.iter().filter_map(Value::list_len).sum();
                self.spend(made, at)?;
                match builtin {
                    Builtin::Trim
                    | Builtin::Upper
                    | Builtin::Lower
                    | Builtin::HasPrefix
                    | Builtin::HasSuffix
                    | Builtin::Keys
                    | Builtin::Values
                    | Builtin::ToJson => text::call(builtin, &values, at),
                    _ => aggregate::apply(builtin, &values, self.dialect, at),
                }
            }
        }
    }
}

/// `asInt` of the controller: floats truncate, texts must be integers.
fn as_int<'a>(value: &Value<'a>, at: &Range<usize>) -> Got<'a> {
    match value {
        Value::Float(float) => Ok(Value::Int(truncate(*float))),
        Value::Int(int) => Ok(Value::Int(*int)),
        Value::Text(text) => match text.parse() {
            Ok(int) => Ok(Value::Int(int)),
            Err(_) => fail(at, format!("strconv.ParseInt: parsing {text:?}: invalid syntax")),
        },
        _ => fail(at, format!("asInt() not supported on {}", value.type_name())),
    }
}

/// `asFloat` of the controller.
fn as_float<'a>(value: &Value<'a>, at: &Range<usize>) -> Got<'a> {
    match value {
        Value::Text(text) => parse_float(text, at),
        _ => match value.number() {
            Some(number) => Ok(Value::Float(number)),
            None => fail(at, format!("asFloat() not supported on {}", value.type_name())),
        },
    }
}

/// Go's `strconv.ParseFloat`, hexadecimal numbers left out.
fn parse_float<'a>(text: &str, at: &Range<usize>) -> Got<'a> {
    if text.to_ascii_lowercase().contains("0x") {
        return Err(Box::new(ConditionError::unsupported(
            at.clone(),
            "hexadecimal floats",
        )));
    }
    match text.parse::<f64>() {
        Ok(float) if float.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) => fail(
            at,
            format!("strconv.ParseFloat: parsing {text:?}: value out of range"),
        ),
        Ok(float) => Ok(Value::Float(float)),
        Err(_) => fail(
            at,
            format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"),
        ),
    }
}

/// What `type()` says.
fn type_word(value: &Value<'_>) -> &'static str {
    match value {
        Value::Nil => "nil",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Text(_) => "string",
        Value::Floats(_) | Value::List(_) => "array",
        Value::Map(_) => "map",
    }
}

/// Go's `%v`.
fn printed(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Nil => "<nil>".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => go_float(*value),
        Value::Text(value) => value.to_string(),
        Value::Floats(_) | Value::List(_) => {
            let length = value.list_len()?;
            let items: Option<Vec<_>> = (0..length).map(|n| printed(&value.element(n)?)).collect();
            format!("[{}]", items?.join(" "))
        }
        Value::Map(_) => return None,
    })
}

/// Go's `%v` of a float: the shortest digits that read back as it, with an exponent below 1e-4 and from 1e21 on.
pub(super) fn go_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-4..1e21).contains(&magnitude) {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}
