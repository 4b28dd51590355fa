//! The functions conditions may call.

use super::release::Dialect;

/// A function. The first six are the controller's, the others the language's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    AsInt,
    AsFloat,
    IsNaN,
    IsInf,
    IsNil,
    Default,
    All,
    None,
    Any,
    One,
    Filter,
    Map,
    Count,
    Sum,
    Find,
    FindIndex,
    Reduce,
    Len,
    Type,
    Abs,
    Ceil,
    Floor,
    Round,
    Int,
    Float,
    String,
    Max,
    Min,
    Mean,
    Median,
    First,
    Last,
    Take,
    Get,
    Reverse,
    Uniq,
    Concat,
    Sort,
    Trim,
    Upper,
    Lower,
    HasPrefix,
    HasSuffix,
    Keys,
    Values,
    ToJson,
}

const NAMES: [(&str, Builtin); 46] = [
    ("asInt", Builtin::AsInt),
    ("asFloat", Builtin::AsFloat),
    ("isNaN", Builtin::IsNaN),
    ("isInf", Builtin::IsInf),
    ("isNil", Builtin::IsNil),
    ("default", Builtin::Default),
    ("all", Builtin::All),
    ("none", Builtin::None),
    ("any", Builtin::Any),
    ("one", Builtin::One),
    ("filter", Builtin::Filter),
    ("map", Builtin::Map),
    ("count", Builtin::Count),
    ("sum", Builtin::Sum),
    ("find", Builtin::Find),
    ("findIndex", Builtin::FindIndex),
    ("reduce", Builtin::Reduce),
    ("len", Builtin::Len),
    ("type", Builtin::Type),
    ("abs", Builtin::Abs),
    ("ceil", Builtin::Ceil),
    ("floor", Builtin::Floor),
    ("round", Builtin::Round),
    ("int", Builtin::Int),
    ("float", Builtin::Float),
    ("string", Builtin::String),
    ("max", Builtin::Max),
    ("min", Builtin::Min),
    ("mean", Builtin::Mean),
    ("median", Builtin::Median),
    ("first", Builtin::First),
    ("last", Builtin::Last),
    ("take", Builtin::Take),
    ("get", Builtin::Get),
    ("reverse", Builtin::Reverse),
    ("uniq", Builtin::Uniq),
    ("concat", Builtin::Concat),
    ("sort", Builtin::Sort),
    ("trim", Builtin::Trim),
    ("upper", Builtin::Upper),
    ("lower", Builtin::Lower),
    ("hasPrefix", Builtin::HasPrefix),
    ("hasSuffix", Builtin::HasSuffix),
    ("keys", Builtin::Keys),
    ("values", Builtin::Values),
    ("toJSON", Builtin::ToJson),
];

/// Functions that the language has and this program does not. `findLast` and `findLastIndex` leave something on the
/// stack of the language's machine (expr 1.17.8), so that what stands beside them is computed with a wrong value.
const UNSUPPORTED: [&str; 30] = [
    "findLast",
    "findLastIndex",
    "groupBy",
    "sortBy",
    "trimPrefix",
    "trimSuffix",
    "split",
    "splitAfter",
    "replace",
    "repeat",
    "join",
    "indexOf",
    "lastIndexOf",
    "fromJSON",
    "toBase64",
    "fromBase64",
    "now",
    "duration",
    "date",
    "timezone",
    "toPairs",
    "fromPairs",
    "flatten",
    "bitand",
    "bitor",
    "bitxor",
    "bitnand",
    "bitshl",
    "bitshr",
    "bitushr",
];

/// What a function takes after the list it looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Arguments like any other function.
    Plain,
    /// A predicate, and nothing else.
    Predicate,
    /// A predicate that may be left out.
    MaybePredicate,
    /// A predicate and perhaps a value to begin with.
    Fold,
}

impl Builtin {
    /// The function called `name`.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|known| known.0 == name).map(|known| known.1)
    }

    /// Whether the language has a function of this name that is not supported here.
    pub fn is_unsupported(name: &str) -> bool {
        name == "bitnot" || UNSUPPORTED.contains(&name)
    }

    /// The first version of the language that has a function called `name` (expr `builtin`; before 1.15 the parser's own
    /// list); a name that none has is as old as any.
    pub fn since(name: &str) -> Dialect {
        match name {
            "reverse" | "uniq" | "concat" | "flatten" | "timezone" | "bitnot" => Dialect::V1_17,
            _ if name.starts_with("bit") && UNSUPPORTED.contains(&name) => Dialect::V1_17,
            "asInt" | "asFloat" | "isNaN" | "isInf" | "isNil" | "default" | "all" | "none" | "any"
            | "one" | "filter" | "map" | "count" | "len" | "abs" | "int" | "float" => Dialect::V1_12,
            _ if Self::named(name).is_some() || UNSUPPORTED.contains(&name) => Dialect::V1_15,
            _ => Dialect::V1_12,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|known| known.1 == self)
            .map_or("", |known| known.0)
    }

    /// What it takes.
    pub fn shape(self) -> Shape {
        match self {
            Self::All
            | Self::None
            | Self::Any
            | Self::One
            | Self::Filter
            | Self::Map
            | Self::Find
            | Self::FindIndex => Shape::Predicate,
            Self::Count | Self::Sum => Shape::MaybePredicate,
            Self::Reduce => Shape::Fold,
            _ => Shape::Plain,
        }
    }

    /// Whether its predicate must be true or false.
    pub fn wants_bool(self) -> bool {
        !matches!(self, Self::Map | Self::Sum | Self::Reduce)
    }
}
