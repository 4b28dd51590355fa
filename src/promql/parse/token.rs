use crate::promql::ast::{BinaryOp, Bytes};

/// One word of a query and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub kind: Kind,
    pub at: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    End,
    Comma,
    Colon,
    /// `@`
    At,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    /// `=`, only meaningful inside braces
    Assign,
    /// `=~`
    Match,
    /// `!~`
    NotMatch,
    Number,
    Duration,
    /// A quoted string, quotes included.
    Text,
    /// A name without a colon.
    Name,
    /// A name with one.
    ColonName,
    Op(BinaryOp),
    /// `sum`, `topk`, …
    Aggregator,
    Word(Word),
}

/// Words that mean something in some places and are names in others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Anchored,
    Bool,
    By,
    End,
    Fill,
    FillLeft,
    FillRight,
    GroupLeft,
    GroupRight,
    Ignoring,
    MaxOf,
    MinOf,
    Offset,
    On,
    Range,
    Smoothed,
    Start,
    Step,
    Without,
}

/// The aggregations, in lower case.
pub(super) const AGGREGATORS: [&str; 14] = [
    "avg",
    "bottomk",
    "count",
    "count_values",
    "group",
    "limit_ratio",
    "limitk",
    "max",
    "min",
    "quantile",
    "stddev",
    "stdvar",
    "sum",
    "topk",
];

/// What a word means outside of braces and brackets, in any case.
pub(super) fn keyword(word: &str) -> Option<Kind> {
    let lower = word.to_ascii_lowercase();
    if AGGREGATORS.contains(&lower.as_str()) {
        return Some(Kind::Aggregator);
    }
    Some(match lower.as_str() {
        "inf" | "nan" => Kind::Number,
        "and" => Kind::Op(BinaryOp::And),
        "or" => Kind::Op(BinaryOp::Or),
        "unless" => Kind::Op(BinaryOp::Unless),
        "atan2" => Kind::Op(BinaryOp::Atan2),
        "anchored" => Kind::Word(Word::Anchored),
        "bool" => Kind::Word(Word::Bool),
        "by" => Kind::Word(Word::By),
        "end" => Kind::Word(Word::End),
        "fill" => Kind::Word(Word::Fill),
        "fill_left" => Kind::Word(Word::FillLeft),
        "fill_right" => Kind::Word(Word::FillRight),
        "group_left" => Kind::Word(Word::GroupLeft),
        "group_right" => Kind::Word(Word::GroupRight),
        "ignoring" => Kind::Word(Word::Ignoring),
        "max_of" => Kind::Word(Word::MaxOf),
        "min_of" => Kind::Word(Word::MinOf),
        "offset" => Kind::Word(Word::Offset),
        "on" => Kind::Word(Word::On),
        "range" => Kind::Word(Word::Range),
        "smoothed" => Kind::Word(Word::Smoothed),
        "start" => Kind::Word(Word::Start),
        "step" => Kind::Word(Word::Step),
        "without" => Kind::Word(Word::Without),
        _ => return None,
    })
}

impl Kind {
    /// Whether the word can be the name of a series.
    pub fn names_a_series(self) -> bool {
        match self {
            Self::Name | Self::ColonName | Self::Aggregator => true,
            Self::Op(op) => op.is_set(),
            Self::Word(word) => !matches!(
                word,
                Word::Bool | Word::GroupLeft | Word::GroupRight | Word::Ignoring | Word::On
            ),
            _ => false,
        }
    }

    /// Whether the word can be a label in `by (…)`, `on (…)` and the like.
    pub fn names_a_label(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::ColonName
                | Self::Aggregator
                | Self::Word(_)
                | Self::Op(BinaryOp::And | BinaryOp::Or | BinaryOp::Unless | BinaryOp::Atan2)
        )
    }

    /// Whether the word, followed by `(`, calls a function.
    pub fn calls(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::Word(Word::Start | Word::End | Word::Step | Word::Range | Word::MinOf | Word::MaxOf)
        )
    }
}

impl BinaryOp {
    /// The operator as written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Power => "^",
            Self::Atan2 => "atan2",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::And => "and",
            Self::Or => "or",
            Self::Unless => "unless",
            Self::TrimUpper => "</",
            Self::TrimLower => ">/",
        }
    }
}
