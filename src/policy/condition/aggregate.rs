//! Functions that put lists together or apart.

use std::cmp::Ordering;
use std::ops::Range;

use super::ConditionError;
use super::builtin::Builtin;
use super::evaluate::{Got, fail};
use super::release::Dialect;
use super::value::Value;

/// Lists longer than this are sorted by another method in Go, which with NaN gives another order.
const SIMPLE_SORT: usize = 12;

/// What `builtin` makes of `values`.
pub(super) fn apply<'a>(
    builtin: Builtin,
    values: &[Value<'a>],
    dialect: Dialect,
    at: &Range<usize>,
) -> Got<'a> {
    let first = &values[0];
    let wrong = || {
        fail(
            at,
            format!(
                "invalid argument for {} (type {})",
                builtin.name(),
                first.type_name()
            ),
        )
    };
    let elements = |list: &Value<'a>| -> Option<Vec<Value<'a>>> {
        (0..list.list_len()?).map(|n| list.element(n)).collect()
    };
    match builtin {
        // Before, numbers only; one thing alone was given back whatever it was.
        Builtin::Max | Builtin::Min if dialect < Dialect::V1_17 && values.len() == 1 => Ok(first.clone()),
        Builtin::Max | Builtin::Min
            if dialect < Dialect::V1_17 && values.iter().any(|value| value.number().is_none()) =>
        {
            wrong()
        }
        Builtin::Mean | Builtin::Median if dialect < Dialect::V1_17 && first.list_len().is_none() => wrong(),
        Builtin::Max | Builtin::Min => extreme(builtin, values, at),
        Builtin::Mean | Builtin::Median => {
            let mut numbers = Vec::new();
            for value in values {
                if !flatten(value, &mut numbers) {
                    return wrong();
                }
            }
            let none = numbers.is_empty();
            Ok(Value::Float(match builtin {
                _ if none => 0.0,
                Builtin::Mean => numbers.iter().fold(0.0, |sum, number| sum + number) / numbers.len() as f64,
                _ => median(numbers),
            }))
        }
        Builtin::First => Ok(first.element(0).unwrap_or(Value::Nil)),
        Builtin::Last => {
            let last = first.list_len().and_then(|length| length.checked_sub(1));
            Ok(last.and_then(|last| first.element(last)).unwrap_or(Value::Nil))
        }
        Builtin::Take => match (first, first.list_len(), &values[1]) {
            (_, Some(_), Value::Int(count)) if *count < 0 => {
                fail(at, "reflect.Value.Slice: slice index out of bounds")
            }
            (Value::Floats(values), Some(length), Value::Int(count)) => {
                Ok(Value::Floats(&values[..length.min(*count as usize)]))
            }
            (Value::List(values), Some(length), Value::Int(count)) => {
                Ok(Value::List(values[..length.min(*count as usize)].into()))
            }
            _ => fail(at, format!("cannot take from {}", first.type_name())),
        },
        Builtin::Get => Ok(get(first, &values[1])),
        Builtin::Reverse | Builtin::Uniq | Builtin::Sort => {
            let Some(mut list) = elements(first) else {
                return wrong();
            };
            match builtin {
                Builtin::Reverse => list.reverse(),
                Builtin::Uniq => {
                    let mut kept: Vec<Value<'a>> = Vec::new();
                    for value in list {
                        if !kept.iter().any(|known| value.equals(known)) {
                            kept.push(value);
                        }
                    }
                    list = kept;
                }
                _ => sort(&mut list, values.get(1), at)?,
            }
            Ok(Value::List(list.into()))
        }
        Builtin::Concat => {
            let mut all = Vec::new();
            for value in values {
                match elements(value) {
                    Some(list) => all.extend(list),
                    None => return fail(at, format!("cannot concat {}", value.type_name())),
                }
            }
            Ok(Value::List(all.into()))
        }
        _ => wrong(),
    }
}

/// The numbers in `value`, lists in lists included; `false` if there is something else.
fn flatten(value: &Value<'_>, numbers: &mut Vec<f64>) -> bool {
    if let Some(number) = value.number() {
        numbers.push(number);
        return true;
    }
    match value.list_len() {
        Some(length) => (0..length).all(|n| value.element(n).is_some_and(|value| flatten(&value, numbers))),
        None => false,
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    // Go sorts NaN first.
    numbers.sort_by(|left, right| match (left.is_nan(), right.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => left.partial_cmp(right).unwrap_or(Ordering::Equal),
    });
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        numbers[middle]
    } else {
        (numbers[middle - 1] + numbers[middle]) / 2.0
    }
}

/// The greatest or smallest number; a list counts by its own. What NaN does depends on where it stands.
fn extreme<'a>(builtin: Builtin, values: &[Value<'a>], at: &Range<usize>) -> Got<'a> {
    let better = |best: &Value<'a>, other: &Value<'a>| match builtin {
        Builtin::Max => best.less(other),
        _ => other.less(best),
    };
    let mut best: Option<Value<'a>> = None;
    for value in values {
        let candidate = if value.number().is_some() {
            value.clone()
        } else if let Some(length) = value.list_len() {
            let list: Vec<_> = (0..length).filter_map(|n| value.element(n)).collect();
            for item in &list {
                if item.number().is_none() && item.list_len().is_none() {
                    let message = format!(
                        "invalid argument for {} (type {})",
                        builtin.name(),
                        item.type_name()
                    );
                    return fail(at, message);
                }
            }
            match extreme(builtin, &list, at)? {
                Value::Nil => continue,
                found => found,
            }
        } else if values.len() == 1 {
            return Ok(value.clone());
        } else {
            return fail(
                at,
                format!(
                    "invalid argument for {} (type {})",
                    builtin.name(),
                    value.type_name()
                ),
            );
        };
        if best
            .as_ref()
            .is_none_or(|best| better(best, &candidate) == Some(true))
        {
            best = Some(candidate);
        }
    }
    Ok(best.unwrap_or(Value::Nil))
}

/// `get(base, index)`: nil instead of an error.
fn get<'a>(base: &Value<'a>, index: &Value<'a>) -> Value<'a> {
    let found = match (base, index) {
        (Value::Map(map), Value::Text(name)) => map.get(name).cloned(),
        (_, Value::Int(index)) => base.list_len().and_then(|length| {
            let place = if *index < 0 {
                index.wrapping_add(length as i64)
            } else {
                *index
            };
            base.element(usize::try_from(place).ok()?)
        }),
        _ => None,
    };
    found.unwrap_or(Value::Nil)
}

fn sort<'a>(
    list: &mut [Value<'a>],
    order: Option<&Value<'a>>,
    at: &Range<usize>,
) -> Result<(), Box<ConditionError>> {
    let descending = match order {
        None => false,
        Some(Value::Text(word)) if &**word == "asc" => false,
        Some(Value::Text(word)) if &**word == "desc" => true,
        Some(_) => return fail(at, "invalid order, expected asc or desc").map(drop),
    };
    let nan = |value: &Value<'a>| value.number().is_some_and(f64::is_nan);
    if list.len() > SIMPLE_SORT && list.iter().any(nan) {
        let what = format!("sort of more than {SIMPLE_SORT} samples with NaN among them");
        return Err(Box::new(ConditionError::unsupported(at.clone(), what)));
    }
    // Insertion, as Go does it: with NaN the order is what this leaves.
    for end in 1..list.len() {
        for place in (1..=end).rev() {
            let (here, before) = (&list[place], &list[place - 1]);
            let less = if descending {
                before.less(here)
            } else {
                here.less(before)
            };
            match less {
                Some(true) => list.swap(place, place - 1),
                Some(false) => break,
                None => {
                    let (left, right) = (here.type_name(), before.type_name());
                    return fail(at, format!("invalid operation: {left} < {right}")).map(drop);
                }
            }
        }
    }
    Ok(())
}
