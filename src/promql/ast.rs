//! The tree of a query. Every node knows the bytes of the query text it was written in.

use std::ops::Range;

use crate::series::Matcher;

/// Bytes of the query text.
pub type Bytes = Range<usize>;

/// An expression and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Where.
    pub at: Bytes,
    /// What.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `5`, `1e3`, `0x1F`, `5m`.
    Number(Number),
    /// `"text"`.
    Text(String),
    /// `name{a="b"} offset 5m @ 10`.
    Selector(Selector),
    /// `selector[5m]`.
    Range(RangeSelector),
    /// `expr[30m:1m] offset 5m @ 10`.
    Subquery(Subquery),
    /// `-expr`, `+expr`.
    Unary(Sign, Box<Expr>),
    /// `left op right`.
    Binary(Binary),
    /// `sum by (a) (expr)`.
    Aggregate(Aggregate),
    /// `rate(expr)`.
    Call(Call),
    /// `(expr)`.
    Paren(Box<Expr>),
}

/// A number literal; one written as a duration (`5m`) is its seconds and prints as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// The value.
    pub value: f64,
    /// Whether it was written as a duration.
    pub duration: bool,
}

/// The sign of a unary expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

/// A vector selector.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// The name as written before the braces, if any (it is among `matchers` too).
    pub name: Option<String>,
    /// All matchers, the one for `__name__` included, in the order written.
    pub matchers: Vec<Matcher>,
    /// `offset` and `@`.
    pub shift: Shift,
    /// `anchored` or `smoothed` (experimental).
    pub edges: Edges,
}

/// `offset` and `@` of a selector or subquery.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shift {
    /// `offset d`.
    pub offset: Option<Length>,
    /// `@ t`.
    pub at: Option<At>,
}

/// The moment `@` names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum At {
    /// `@ 10.5`, kept in milliseconds.
    Millis(i64),
    /// `@ start()`
    Start,
    /// `@ end()`
    End,
}

/// How a range selector treats its edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edges {
    /// Samples inside only.
    #[default]
    Plain,
    /// `anchored`
    Anchored,
    /// `smoothed`
    Smoothed,
}

/// A length of time: a literal, or arithmetic that is worked out when the query is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub enum Length {
    /// A literal in milliseconds.
    Millis(i64),
    /// Arithmetic on durations (`[5m + 1m]`, `[step()]`).
    Computed(Box<DurationExpr>),
}

/// Arithmetic on durations. Numbers are seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct DurationExpr {
    /// Where.
    pub at: Bytes,
    /// What.
    pub kind: DurationKind,
}

/// What a duration expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum DurationKind {
    /// A number or a duration literal.
    Number(Number),
    /// `step()`
    Step,
    /// `range()`
    Range,
    /// `-d`, `+d`
    Unary(Sign, Box<DurationExpr>),
    /// `a op b` with one of `+ - * / % ^`
    Binary(BinaryOp, Box<DurationExpr>, Box<DurationExpr>),
    /// `min(a, b)`, `max(a, b)` in the spelling of the language (`min_of`, `max_of`)
    MinOf(Box<DurationExpr>, Box<DurationExpr>),
    /// See [`DurationKind::MinOf`].
    MaxOf(Box<DurationExpr>, Box<DurationExpr>),
    /// `(d)`
    Paren(Box<DurationExpr>),
}

/// `selector[range]`. `offset` and `@` are kept in the selector.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeSelector {
    /// The selector.
    pub selector: Selector,
    /// Where the selector itself stands.
    pub selector_at: Bytes,
    /// The window.
    pub range: Length,
}

/// `expr[range:step]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Subquery {
    /// The inner expression.
    pub expr: Box<Expr>,
    /// The window.
    pub range: Length,
    /// The grid; absent: the engine's default.
    pub step: Option<Length>,
    /// `offset` and `@`.
    pub shift: Shift,
}

/// `left op right`.
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// `bool` was written.
    pub bool_modifier: bool,
    /// Left side.
    pub left: Box<Expr>,
    /// Right side.
    pub right: Box<Expr>,
    /// `on`, `ignoring`, `group_left`, `group_right`, `fill`; absent when nothing was written.
    pub matching: Option<Matching>,
}

/// How the sides of an operator between vectors find each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matching {
    /// `on (…)` rather than `ignoring (…)`.
    pub on: bool,
    /// The labels listed.
    pub labels: Vec<String>,
    /// `group_left` or `group_right`, with the labels to copy.
    pub group: Option<(Side, Vec<String>)>,
    /// `fill_left(x)` (experimental).
    pub fill_left: Option<f64>,
    /// `fill_right(x)` (experimental).
    pub fill_right: Option<f64>,
    /// Both were written as one `fill(x)`.
    pub fill_once: bool,
}

/// A side of a binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The left one is 'many' (`group_left`).
    Left,
    /// The right one is 'many' (`group_right`).
    Right,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    Unless,
    /// `</`, trims native histograms
    TrimUpper,
    /// `>/`, trims native histograms
    TrimLower,
}

impl BinaryOp {
    /// `== != < <= > >=`.
    pub const fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal | Self::NotEqual | Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual
        )
    }

    /// `and or unless`.
    pub const fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }
}

/// `op by (…) (parameter, expr)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The operator, in lower case: `sum`, `topk`, …
    pub op: String,
    /// `topk`'s k and the like.
    pub parameter: Option<Box<Expr>>,
    /// What is aggregated.
    pub expr: Box<Expr>,
    /// `without (…)` rather than `by (…)`.
    pub without: bool,
    /// The labels listed.
    pub labels: Vec<String>,
}

/// `function(arguments)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function.
    pub function: String,
    /// Where its name stands.
    pub name_at: Bytes,
    /// The arguments.
    pub arguments: Vec<Expr>,
}

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A number.
    Scalar,
    /// An instant vector.
    Vector,
    /// A range vector.
    Matrix,
    /// A text.
    Text,
}
