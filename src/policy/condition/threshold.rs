use std::ops::Range;

use super::builtin::{Builtin, Shape};
use super::fields::is_field;
use super::tree::{Binary, Node, NodeKind, Pointer, Unary};
use super::value::Value;

/// A comparison of the answer with a number: what a person tunes.
///
/// It reads `factor × subject + offset  op  value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// Bytes of the number in the condition's text (inside the quotes of `asFloat('0.95')`).
    pub at: Range<usize>,
    /// The number.
    pub value: f64,
    /// What is compared.
    pub subject: Subject,
    /// How, with the subject on the left, and turned round under a `!` or inside `none`.
    pub op: Comparison,
    /// What the subject is multiplied by before it is compared; 1 usually.
    pub factor: f64,
    /// What is added to it then; 0 usually.
    pub offset: f64,
    /// Whether `op` was turned round: then a NaN makes the comparison true.
    pub negated: bool,
}

impl Threshold {
    /// The value of the subject at which the comparison changes; `None` if no value does.
    pub fn limit(&self) -> Option<f64> {
        let limit = (self.value - self.offset) / self.factor;
        limit.is_finite().then_some(limit)
    }

    /// The comparison of the subject itself with [`Threshold::limit`]: turned round by a negative factor.
    pub const fn side(&self) -> Comparison {
        if self.factor < 0.0 {
            self.op.mirrored()
        } else {
            self.op
        }
    }
}

/// What of the answer is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `result`, a scalar.
    Scalar,
    /// `result[0]`; negative counts from the end.
    Element(i64),
    /// Each sample, inside a predicate of this function: `all(result, # < 5)`.
    Each(&'static str),
    /// The samples put together by this function: `max(result)`.
    Aggregate(&'static str),
    /// A number inside the answer: `result.errorRate`, `result[0].Values[0]`.
    Field,
    /// The number of samples: `len(result)`, `count(result, …)`.
    Count,
}

/// A comparison of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum Comparison {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
}

impl Comparison {
    const fn of(op: Binary) -> Option<Self> {
        Some(match op {
            Binary::Less => Self::Less,
            Binary::LessEqual => Self::LessEqual,
            Binary::Greater => Self::Greater,
            Binary::GreaterEqual => Self::GreaterEqual,
            Binary::Equal => Self::Equal,
            Binary::NotEqual => Self::NotEqual,
            _ => return None,
        })
    }

    /// The comparison that holds of `b, a` where this one holds of `a, b`.
    pub const fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            same => same,
        }
    }

    /// The comparison that holds where this one does not (NaN apart).
    pub const fn opposite(self) -> Self {
        match self {
            Self::Less => Self::GreaterEqual,
            Self::LessEqual => Self::Greater,
            Self::Greater => Self::LessEqual,
            Self::GreaterEqual => Self::Less,
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
        }
    }
}

/// The thresholds of `tree`, in the order of the text.
pub(super) fn of(tree: &Node) -> Vec<Threshold> {
    let mut found = Vec::new();
    walk(tree, false, None, &mut found);
    found.sort_by_key(|threshold| threshold.at.start);
    found
}

/// What is compared, and what it is multiplied by and increased by before.
type Affine = (Subject, f64, f64);

/// `each`: the function whose predicate over the answer stands around `node`.
fn walk(node: &Node, negated: bool, each: Option<&'static str>, found: &mut Vec<Threshold>) {
    match &node.kind {
        NodeKind::Binary(op, left, right) => {
            if let Some(op) = Comparison::of(*op) {
                let plain = affine(left, each).zip(number(right));
                let mirrored = || affine(right, each).zip(number(left));
                let (op, sides) = match plain {
                    Some(sides) => (op, Some(sides)),
                    None => (op.mirrored(), mirrored()),
                };
                if let Some(((subject, factor, offset), (at, value))) = sides {
                    found.push(Threshold {
                        at,
                        value,
                        subject,
                        op: if negated { op.opposite() } else { op },
                        factor,
                        offset,
                        negated,
                    });
                    // Inside `count(result, # > 5) > 1` there may be another.
                }
            }
            walk(left, negated, each, found);
            walk(right, negated, each, found);
        }
        NodeKind::Unary(op, inside) => walk(inside, negated != (*op == Unary::Not), each, found),
        NodeKind::Predicate(inside) | NodeKind::Chain(inside) => walk(inside, negated, each, found),
        NodeKind::Call(builtin, arguments) if builtin.shape() != Shape::Plain => {
            let each = is_answer(&arguments[0]).then(|| builtin.name());
            walk(&arguments[0], false, None, found);
            for predicate in &arguments[1..] {
                walk(predicate, negated != (*builtin == Builtin::None), each, found);
            }
        }
        NodeKind::Call(_, nodes) | NodeKind::List(nodes) | NodeKind::Sequence(nodes) => {
            for inside in nodes {
                walk(inside, negated, each, found);
            }
        }
        NodeKind::Conditional(parts) => {
            for part in parts.iter() {
                walk(part, negated, each, found);
            }
        }
        NodeKind::Let { value, body, .. } => {
            walk(value, negated, each, found);
            walk(body, negated, each, found);
        }
        _ => {}
    }
}

/// Whether a list is the answer, a field of it, or what is left of them.
fn is_answer(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Result => true,
        NodeKind::Call(Builtin::Filter, arguments) => of_answer(arguments),
        _ => is_field(node),
    }
}

/// Whether the first of a function's arguments is. A function may be written without any: that is refused elsewhere.
fn of_answer(arguments: &[Node]) -> bool {
    arguments.first().is_some_and(is_answer)
}

fn affine(node: &Node, each: Option<&'static str>) -> Option<Affine> {
    let plain = |subject| Some((subject, 1.0, 0.0));
    match &node.kind {
        NodeKind::Result => plain(Subject::Scalar),
        NodeKind::Pointer(Pointer::Element) => plain(Subject::Each(each?)),
        NodeKind::Member { .. } if is_field(node) => plain(Subject::Field),
        NodeKind::Member { base, property, .. } if matches!(base.kind, NodeKind::Result) => {
            match property.kind {
                NodeKind::Constant(Value::Int(index)) => plain(Subject::Element(index)),
                NodeKind::Unary(Unary::Minus, ref index) => match index.constant() {
                    Some(Value::Int(index)) => plain(Subject::Element(index.wrapping_neg())),
                    _ => None,
                },
                _ => None,
            }
        }
        NodeKind::Chain(inside) => affine(inside, each),
        NodeKind::Call(builtin, arguments) => match builtin {
            Builtin::AsFloat | Builtin::Float | Builtin::Default => affine(arguments.first()?, each),
            Builtin::First if of_answer(arguments) => plain(Subject::Element(0)),
            Builtin::Last if of_answer(arguments) => plain(Subject::Element(-1)),
            Builtin::Len | Builtin::Count if of_answer(arguments) => plain(Subject::Count),
            Builtin::Max | Builtin::Min | Builtin::Mean | Builtin::Median | Builtin::Sum
                if arguments.len() == 1 && of_answer(arguments) =>
            {
                plain(Subject::Aggregate(builtin.name()))
            }
            _ => None,
        },
        NodeKind::Binary(Binary::Coalesce, left, _) => affine(left, each),
        NodeKind::Unary(Unary::Minus, inside) => {
            affine(inside, each).map(|(subject, factor, offset)| (subject, -factor, -offset))
        }
        NodeKind::Binary(op, left, right) => {
            let (Some((subject, factor, offset)), Some((_, by))) = (affine(left, each), number(right)) else {
                let (by, (subject, factor, offset)) = (number(left)?.1, affine(right, each)?);
                return match op {
                    Binary::Add => Some((subject, factor, offset + by)),
                    Binary::Subtract => Some((subject, -factor, by - offset)),
                    Binary::Multiply => Some((subject, factor * by, offset * by)),
                    _ => None,
                };
            };
            match op {
                Binary::Add => Some((subject, factor, offset + by)),
                Binary::Subtract => Some((subject, factor, offset - by)),
                Binary::Multiply => Some((subject, factor * by, offset * by)),
                Binary::Divide => Some((subject, factor / by, offset / by)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A number as written, and where: `0.05`, `-1`, `asFloat('0.95')`.
fn number(node: &Node) -> Option<(Range<usize>, f64)> {
    match &node.kind {
        NodeKind::Constant(value) => Some((node.at.clone(), value.number()?)),
        NodeKind::Unary(Unary::Minus, inside) => Some((node.at.clone(), -inside.constant()?.number()?)),
        NodeKind::Call(Builtin::AsFloat | Builtin::Float, arguments) => {
            let inside = arguments.first()?;
            let Some(Value::Text(text)) = inside.constant() else {
                return number(inside);
            };
            let at = inside.at.start + 1..inside.at.end - 1;
            (at.len() == text.len()).then_some((at, text.parse().ok()?))
        }
        _ => None,
    }
}
