//! The tree of a condition.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::builtin::Builtin;
use super::value::Value;

/// An expression and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub at: Range<usize>,
    pub kind: NodeKind,
}

#[derive(Clone, Debug)]
pub(super) enum NodeKind {
    /// A literal, or what folding made of literals.
    Constant(Value<'static>),
    /// `result`
    Result,
    /// A name declared by `let`, or one that nobody knows.
    Name(Arc<str>),
    /// `#`, `#index`, `#acc`
    Pointer(Pointer),
    Unary(Unary, Box<Node>),
    Binary(Binary, Box<Node>, Box<Node>),
    /// `==` of two things whose types are the same for certain: fails when one of them is nil after all.
    StrictEqual(Box<[Node; 2]>),
    /// `a[b]`, `a.b`, and with `optional` `a?.b`.
    Member {
        base: Box<Node>,
        property: Box<Node>,
        optional: bool,
        /// `a.b(…)`: nothing that conditions see has methods.
        method: bool,
    },
    /// The end of a chain of `?.`: nil from anywhere inside ends here.
    Chain(Box<Node>),
    /// `a[from:to]`
    Slice {
        base: Box<Node>,
        from: Option<Box<Node>>,
        to: Option<Box<Node>>,
    },
    /// A function of the language or of the controller.
    Call(Builtin, Vec<Node>),
    /// A call of something else: a name nobody knows, a field. It never works, so its arguments do not matter.
    CallOther(Box<Node>),
    /// What is asked of each element.
    Predicate(Box<Node>),
    /// `a ? b : c`, `if a {b} else {c}`
    Conditional(Box<[Node; 3]>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// `let name = value; body`
    Let {
        name: Arc<str>,
        value: Box<Node>,
        body: Box<Node>,
    },
    /// `a; b`: the last counts.
    Sequence(Vec<Node>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pointer {
    /// `#`
    Element,
    /// `#index`
    Index,
    /// `#acc`
    Accumulator,
    /// Anything else behind `#`.
    Unknown(Arc<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unary {
    Not,
    Plus,
    Minus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Matches,
    Contains,
    StartsWith,
    EndsWith,
    Range,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Coalesce,
}

impl Binary {
    /// The operator, its precedence and whether it associates to the right (expr `parser/operator`).
    pub fn of(text: &str) -> Option<(Self, u32, bool)> {
        Some(match text {
            "or" | "||" => (Self::Or, 10, false),
            "and" | "&&" => (Self::And, 15, false),
            "==" => (Self::Equal, 20, false),
            "!=" => (Self::NotEqual, 20, false),
            "<" => (Self::Less, 20, false),
            ">" => (Self::Greater, 20, false),
            ">=" => (Self::GreaterEqual, 20, false),
            "<=" => (Self::LessEqual, 20, false),
            "in" => (Self::In, 20, false),
            "matches" => (Self::Matches, 20, false),
            "contains" => (Self::Contains, 20, false),
            "startsWith" => (Self::StartsWith, 20, false),
            "endsWith" => (Self::EndsWith, 20, false),
            ".." => (Self::Range, 25, false),
            "+" => (Self::Add, 30, false),
            "-" => (Self::Subtract, 30, false),
            "*" => (Self::Multiply, 60, false),
            "/" => (Self::Divide, 60, false),
            "%" => (Self::Modulo, 60, false),
            "**" | "^" => (Self::Power, 100, true),
            "??" => (Self::Coalesce, 500, false),
            _ => return None,
        })
    }

    /// `< > <= >=`, which chain: `1 < x < 2`.
    pub const fn is_order(self) -> bool {
        matches!(
            self,
            Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual
        )
    }
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::Matches => "matches",
            Self::Contains => "contains",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Range => "..",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Power => "**",
            Self::Coalesce => "??",
        })
    }
}

impl Node {
    pub fn new(at: Range<usize>, kind: NodeKind) -> Self {
        Self { at, kind }
    }

    /// What it is made of, in the order of the text.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            NodeKind::Constant(_) | NodeKind::Result | NodeKind::Name(_) | NodeKind::Pointer(_) => Vec::new(),
            NodeKind::Unary(_, inside)
            | NodeKind::Chain(inside)
            | NodeKind::CallOther(inside)
            | NodeKind::Predicate(inside) => vec![inside],
            NodeKind::Binary(_, left, right) => vec![left, right],
            NodeKind::StrictEqual(sides) => sides.iter().collect(),
            NodeKind::Member { base, property, .. } => vec![base, property],
            NodeKind::Slice { base, from, to } => std::iter::once(base)
                .chain(from)
                .chain(to)
                .map(|node| &**node)
                .collect(),
            NodeKind::Call(_, nodes) | NodeKind::List(nodes) | NodeKind::Sequence(nodes) => {
                nodes.iter().collect()
            }
            NodeKind::Conditional(parts) => parts.iter().collect(),
            NodeKind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
            NodeKind::Let { value, body, .. } => vec![value, body],
        }
    }

    /// The constant it is, if it is one.
    pub fn constant(&self) -> Option<&Value<'static>> {
        match &self.kind {
            NodeKind::Constant(value) => Some(value),
            _ => None,
        }
    }
}
