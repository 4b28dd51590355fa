//! Static types: what the compiler of the language knows before a condition runs (expr `checker/nature`).

use std::fmt;

use super::AnswerType;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Known only when it runs, and nothing can be assigned to it.
    Unknown,
    /// Go's `any`: known only when it runs.
    Any,
    Nil,
    Bool,
    Int,
    /// What `asInt` gives; only Go tells it from [`Type::Int`].
    Int64,
    Float,
    Text,
    /// A list: how Go stores it, and what is known of its elements.
    List(Store, Box<Type>),
    /// A map from texts to anything.
    Map,
}

/// Go's type of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Store {
    /// `[]float64`
    Floats,
    /// `[]int`
    Ints,
    /// `[]any`
    Anything,
}

impl Type {
    pub fn of(answer: AnswerType) -> Self {
        match answer {
            AnswerType::Scalar => Self::Float,
            AnswerType::Vector => Self::List(Store::Floats, Box::new(Self::Float)),
            AnswerType::Nil => Self::Nil,
            AnswerType::Bool => Self::Bool,
            AnswerType::Text => Self::Text,
            AnswerType::List => Self::list(Self::Any),
            AnswerType::Map => Self::Map,
        }
    }

    /// `[]any` with elements of which `element` is known.
    pub fn list(element: Self) -> Self {
        Self::List(Store::Anything, Box::new(element))
    }

    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown | Self::Any)
    }

    pub fn is_integer(&self) -> bool {
        matches!(self, Self::Int | Self::Int64)
    }

    pub fn is_number(&self) -> bool {
        self.is_integer() || *self == Self::Float
    }

    pub fn is_bool(&self) -> bool {
        *self == Self::Bool
    }

    pub fn is_text(&self) -> bool {
        *self == Self::Text
    }

    /// What a list holds.
    pub fn element(&self) -> Option<&Self> {
        match self {
            Self::List(_, element) => Some(element),
            _ => None,
        }
    }

    /// Go's assignability.
    pub fn assignable_to(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown | Self::Nil) => false,
            (Self::Nil, _) => matches!(other, Self::Any | Self::List(..) | Self::Map),
            (_, Self::Any) => true,
            (Self::List(store, _), Self::List(other, _)) => store == other,
            _ => self == other,
        }
    }

    /// Whether `==` compiles.
    pub fn comparable_to(&self, other: &Self) -> bool {
        self.is_unknown()
            || other.is_unknown()
            || *self == Self::Nil
            || *other == Self::Nil
            || self.is_number() && other.is_number()
            || self.element().is_some() && other.element().is_some()
            || self.assignable_to(other)
    }

    /// Whether an operator may work out when it runs: one side unknown, the other fits or is unknown too.
    pub fn maybe(&self, other: &Self, fits: impl Fn(&Self) -> bool) -> bool {
        match (self.is_unknown(), other.is_unknown()) {
            (true, true) => true,
            (true, false) => fits(other),
            (false, true) => fits(self),
            (false, false) => false,
        }
    }

    /// The type of arithmetic.
    pub fn promote(&self, other: &Self) -> Self {
        if *self == Self::Float || *other == Self::Float {
            Self::Float
        } else {
            Self::Int
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown | Self::Any => "unknown",
            Self::Nil => "nil",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Float => "float64",
            Self::Text => "string",
            Self::List(Store::Floats, _) => "[]float64",
            Self::List(Store::Ints, _) => "[]int",
            Self::List(Store::Anything, _) => "[]interface {}",
            Self::Map => "map[string]interface {}",
        })
    }
}
