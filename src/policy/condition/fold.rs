//! Folding of constants, as the language does it before a condition runs (expr `optimizer/fold`).
//!
//! It is not only for speed: `x && false` is false even where `x` would fail, and `1 % 0` fails even where it would
//! not run.

use std::ops::Range;
use std::sync::Arc;

use super::ConditionError;
use super::tree::{Binary, Node, NodeKind, Unary};
use super::value::Value;

/// `op inside`
pub(super) fn unary(op: Unary, inside: Node) -> NodeKind {
    let folded = match (op, inside.constant()) {
        (Unary::Not, Some(Value::Bool(value))) => Some(Value::Bool(!value)),
        (Unary::Minus, Some(Value::Int(value))) => Some(Value::Int(value.wrapping_neg())),
        (Unary::Minus, Some(Value::Float(value))) => Some(Value::Float(-value)),
        (Unary::Plus, Some(value @ (Value::Int(_) | Value::Float(_)))) => Some(value.clone()),
        _ => None,
    };
    folded.map_or_else(|| NodeKind::Unary(op, Box::new(inside)), NodeKind::Constant)
}

/// `left op right`; `strict` as in [`NodeKind::StrictEqual`].
pub(super) fn binary(
    op: Binary,
    left: Node,
    right: Node,
    strict: bool,
    at: Range<usize>,
) -> Result<NodeKind, ConditionError> {
    let truth = |node: &Node| match node.constant() {
        Some(Value::Bool(value)) => Some(*value),
        _ => None,
    };
    match op {
        Binary::And | Binary::Or => {
            // What decides alone, and what changes nothing.
            let decides = op == Binary::Or;
            return Ok(match (truth(&left), truth(&right)) {
                (Some(left), _) if left != decides => right.kind,
                (_, Some(right)) if right != decides => left.kind,
                (None, None) => NodeKind::Binary(op, Box::new(left), Box::new(right)),
                _ => NodeKind::Constant(Value::Bool(decides)),
            });
        }
        Binary::Modulo => {
            if let (Some(Value::Int(left)), Some(Value::Int(right))) = (left.constant(), right.constant()) {
                return match left.checked_rem(*right) {
                    Some(rest) => Ok(NodeKind::Constant(Value::Int(rest))),
                    None if *right == -1 => Ok(NodeKind::Constant(Value::Int(0))),
                    None => Err(ConditionError::other(at, "integer divide by zero")),
                };
            }
        }
        _ => {}
    }
    let folded = match (left.constant(), right.constant()) {
        (Some(left), Some(right)) => constants(op, left, right),
        _ => None,
    };
    Ok(match folded {
        Some(value) => NodeKind::Constant(value),
        None if strict && op == Binary::Equal => NodeKind::StrictEqual(Box::new([left, right])),
        None if strict && op == Binary::NotEqual => {
            let equal = Node::new(at, NodeKind::StrictEqual(Box::new([left, right])));
            NodeKind::Unary(Unary::Not, Box::new(equal))
        }
        None => NodeKind::Binary(op, Box::new(left), Box::new(right)),
    })
}

fn constants(op: Binary, left: &Value<'static>, right: &Value<'static>) -> Option<Value<'static>> {
    match op {
        Binary::Add => left.add(right),
        Binary::Subtract => left.subtract(right),
        Binary::Multiply => left.multiply(right),
        Binary::Divide => Some(Value::Float(left.number()? / right.number()?)),
        Binary::Power => Some(Value::Float(libm::pow(left.number()?, right.number()?))),
        Binary::Equal => match (left, right) {
            (Value::Int(_), Value::Int(_))
            | (Value::Text(_), Value::Text(_))
            | (Value::Bool(_), Value::Bool(_)) => Some(Value::Bool(left.equals(right))),
            _ => None,
        },
        _ => None,
    }
}

/// `[items]`
pub(super) fn list(items: Vec<Node>) -> NodeKind {
    let simple = |item: &Node| {
        matches!(
            item.constant(),
            Some(Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Bool(_))
        )
    };
    if items.is_empty() || !items.iter().all(simple) {
        return NodeKind::List(items);
    }
    let values = items.iter().filter_map(Node::constant).cloned().collect();
    NodeKind::Constant(Value::List(values))
}

/// Integer literals as floats, where a function takes a float: `isNaN(1 + len(result))`.
pub(super) fn floats(mut node: Node) -> Node {
    node.kind = match node.kind {
        NodeKind::Constant(Value::Int(value)) => NodeKind::Constant(Value::Float(value as f64)),
        NodeKind::Unary(op, inside) => NodeKind::Unary(op, Box::new(floats(*inside))),
        NodeKind::Binary(op @ (Binary::Add | Binary::Subtract | Binary::Multiply), left, right) => {
            NodeKind::Binary(op, Box::new(floats(*left)), Box::new(floats(*right)))
        }
        other => other,
    };
    node
}

/// Whether a list holds literal texts only.
pub(super) fn is_list_of_texts(node: &Node) -> bool {
    let is_text = |item: &Node| matches!(item.constant(), Some(Value::Text(_)));
    matches!(&node.kind, NodeKind::List(items) if !items.is_empty() && items.iter().all(is_text))
}

/// A list of texts as the set that the language makes of it behind `in` (expr `optimizer/in_array`).
pub(super) fn set(mut node: Node) -> Node {
    if let NodeKind::Constant(Value::List(texts)) = &node.kind {
        let keys = texts.iter().filter_map(|text| match text {
            Value::Text(text) => Some((text.clone(), Value::Nil)),
            _ => None,
        });
        node.kind = NodeKind::Constant(Value::Map(Arc::new(keys.collect())));
    }
    node
}
