//! Values while a condition runs, and what operators do with them (expr `vm/runtime`).

use std::collections::BTreeMap;
use std::sync::Arc;

/// A value. Go's integer types are one here: nothing that conditions can write tells them apart.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    /// The answer itself, or a part of it.
    Floats(&'a [f64]),
    List(Arc<[Value<'a>]>),
    Map(Arc<BTreeMap<Arc<str>, Value<'a>>>),
}

/// Two numbers, made alike.
enum Pair {
    Ints(i64, i64),
    Floats(f64, f64),
}

impl<'a> Value<'a> {
    /// Go's name of its type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Floats(_) => "[]float64",
            Self::List(_) => "[]interface {}",
            Self::Map(_) => "map[string]interface {}",
        }
    }

    pub fn number(&self) -> Option<f64> {
        match *self {
            Self::Int(int) => Some(int as f64),
            Self::Float(float) => Some(float),
            _ => None,
        }
    }

    /// How many elements a list has; `None` for anything else.
    pub fn list_len(&self) -> Option<usize> {
        match self {
            Self::Floats(values) => Some(values.len()),
            Self::List(values) => Some(values.len()),
            _ => None,
        }
    }

    /// An element of a list.
    pub fn element(&self, index: usize) -> Option<Self> {
        match self {
            Self::Floats(values) => values.get(index).map(|&value| Self::Float(value)),
            Self::List(values) => values.get(index).cloned(),
            _ => None,
        }
    }

    fn pair(&self, other: &Self) -> Option<Pair> {
        Some(match (self, other) {
            (&Self::Int(left), &Self::Int(right)) => Pair::Ints(left, right),
            _ => Pair::Floats(self.number()?, other.number()?),
        })
    }

    /// `==`: numbers by value, lists element by element, everything else (numbers in maps too) by type and value.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Map(left), Self::Map(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .zip(right.iter())
                        .all(|(a, b)| a.0 == b.0 && a.1.is_exactly(b.1))
            }
            _ => {
                if let (Some(left), Some(right)) = (self.list_len(), other.list_len()) {
                    return left == right
                        && (0..left).all(|n| match (self.element(n), other.element(n)) {
                            (Some(left), Some(right)) => left.equals(&right),
                            _ => false,
                        });
                }
                match self.pair(other) {
                    Some(Pair::Ints(left, right)) => left == right,
                    Some(Pair::Floats(left, right)) => left == right,
                    None => false,
                }
            }
        }
    }

    /// `==` before expr 1.17 (Go's `reflect.DeepEqual` of anything but two numbers): lists are equal if they are stored alike,
    /// and numbers in them if they are of one type. The answer's floats are stored like no list that a condition writes,
    /// so `result == []` is never true.
    pub fn equals_before(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Floats(left), Self::Floats(right)) => {
                left.len() == right.len() && (std::ptr::eq(*left, *right) || left == right)
            }
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len() && left.iter().zip(right.iter()).all(|(a, b)| a.is_exactly(b))
            }
            (Self::Map(left), Self::Map(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .zip(right.iter())
                        .all(|(a, b)| a.0 == b.0 && a.1.is_exactly(b.1))
            }
            (Self::Floats(_), Self::List(_)) | (Self::List(_), Self::Floats(_)) => false,
            _ => self.equals(other),
        }
    }

    /// As [`Value::equals_before`], and of one type.
    fn is_exactly(&self, other: &Self) -> bool {
        self.type_name() == other.type_name() && self.equals_before(other)
    }

    /// `<`; `None` where Go has no such comparison.
    pub fn less(&self, other: &Self) -> Option<bool> {
        if let (Self::Text(left), Self::Text(right)) = (self, other) {
            return Some(left < right);
        }
        Some(match self.pair(other)? {
            Pair::Ints(left, right) => left < right,
            Pair::Floats(left, right) => left < right,
        })
    }

    /// `<=`; not the opposite of `>`, because of NaN.
    pub fn less_equal(&self, other: &Self) -> Option<bool> {
        if let (Self::Text(left), Self::Text(right)) = (self, other) {
            return Some(left <= right);
        }
        Some(match self.pair(other)? {
            Pair::Ints(left, right) => left <= right,
            Pair::Floats(left, right) => left <= right,
        })
    }

    /// `+` of numbers or texts.
    pub fn add(&self, other: &Self) -> Option<Self> {
        if let (Self::Text(left), Self::Text(right)) = (self, other) {
            return Some(Self::Text(format!("{left}{right}").into()));
        }
        self.arithmetic(other, i64::wrapping_add, |left, right| left + right)
    }

    /// `-` of numbers.
    pub fn subtract(&self, other: &Self) -> Option<Self> {
        self.arithmetic(other, i64::wrapping_sub, |left, right| left - right)
    }

    /// `*` of numbers.
    pub fn multiply(&self, other: &Self) -> Option<Self> {
        self.arithmetic(other, i64::wrapping_mul, |left, right| left * right)
    }

    fn arithmetic(
        &self,
        other: &Self,
        ints: fn(i64, i64) -> i64,
        floats: fn(f64, f64) -> f64,
    ) -> Option<Self> {
        Some(match self.pair(other)? {
            Pair::Ints(left, right) => Self::Int(ints(left, right)),
            Pair::Floats(left, right) => Self::Float(floats(left, right)),
        })
    }
}

/// Go's `int(x)` of a float on amd64: towards zero, and the smallest integer for what does not fit.
pub(super) fn truncate(float: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&float) {
        float as i64
    } else {
        i64::MIN
    }
}
