//! Running a compiled tree (expr `vm`). Nothing is allocated for numbers, comparisons and predicates.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::access::{contains, fetch, from_json, slice, texts};
use super::release::Dialect;
use super::tree::{Binary, Node, NodeKind, Pointer, Unary};
use super::value::Value;
use super::{Answer, ConditionError, ErrorClass};

/// A value, or why there is none. Errors are rare and large, so they live elsewhere.
pub(super) type Got<'a> = Result<Value<'a>, Box<ConditionError>>;

/// Elements that ranges and functions may make in one evaluation (expr `conf.DefaultMemoryBudget`).
const BUDGET: usize = 1_000_000;

/// One evaluation.
pub(super) struct Run<'a> {
    pub result: Value<'a>,
    pub dialect: Dialect,
    budget: Cell<usize>,
}

/// Where a node stands: the predicate and the variables around it.
#[derive(Clone, Copy, Default)]
pub(super) struct Place<'p, 'a> {
    pub scope: Option<&'p Scope<'a>>,
    variable: Option<&'p Variable<'p, 'a>>,
}

impl<'p, 'a> Place<'p, 'a> {
    /// The same place, inside a predicate.
    pub fn within<'q>(self, scope: &'q Scope<'a>) -> Place<'q, 'a>
    where
        'p: 'q,
    {
        Place {
            scope: Some(scope),
            variable: self.variable,
        }
    }
}

/// What `#` means.
pub(super) struct Scope<'a> {
    pub element: Value<'a>,
    pub index: usize,
    pub accumulator: Value<'a>,
}

struct Variable<'p, 'a> {
    name: &'p str,
    value: Value<'a>,
    next: Option<&'p Self>,
}

pub(super) fn fail<'a>(at: &Range<usize>, message: impl Into<String>) -> Got<'a> {
    Err(Box::new(ConditionError::other(at.clone(), message)))
}

pub(super) fn out_of_range<'a>(at: &Range<usize>, message: String) -> Got<'a> {
    Err(Box::new(ConditionError::new(
        at.clone(),
        ErrorClass::IndexOutOfRange,
        message,
    )))
}

impl<'a> Run<'a> {
    pub fn new(answer: &Answer<'a>, dialect: Dialect) -> Self {
        Self {
            dialect,
            result: match answer {
                Answer::Scalar(value) => Value::Float(*value),
                Answer::Vector(values) => Value::Floats(values),
                Answer::Nil => Value::Nil,
                Answer::Json(json) => from_json(json),
            },
            budget: Cell::new(BUDGET),
        }
    }

    /// Takes `elements` from the budget.
    pub fn spend(&self, elements: usize, at: &Range<usize>) -> Result<(), Box<ConditionError>> {
        match self.budget.get().checked_sub(elements) {
            Some(rest) => {
                self.budget.set(rest);
                Ok(())
            }
            None => fail(at, "memory budget exceeded").map(drop),
        }
    }

    pub fn value(&self, node: &Node, place: Place<'_, 'a>) -> Got<'a> {
        match &node.kind {
            NodeKind::Constant(value) => Ok(value.clone()),
            NodeKind::Result => Ok(self.result.clone()),
            NodeKind::Name(name) => {
                let mut variable = place.variable;
                while let Some(known) = variable {
                    if *known.name == **name {
                        return Ok(known.value.clone());
                    }
                    variable = known.next;
                }
                fail(&node.at, format!("unknown name {name}"))
            }
            NodeKind::Pointer(pointer) => {
                let Some(scope) = place.scope else {
                    return fail(&node.at, "cannot use pointer accessor outside predicate");
                };
                Ok(match pointer {
                    Pointer::Element => scope.element.clone(),
                    Pointer::Accumulator => scope.accumulator.clone(),
                    Pointer::Index | Pointer::Unknown(_) => Value::Int(scope.index as i64),
                })
            }
            NodeKind::Unary(op, inside) => self.unary(*op, inside, place),
            NodeKind::Binary(op, left, right) => self.binary(*op, left, right, place, &node.at),
            NodeKind::StrictEqual(sides) => {
                let left = self.value(&sides[0], place)?;
                let right = self.value(&sides[1], place)?;
                match (&left, &right) {
                    (Value::Int(_), Value::Int(_)) | (Value::Text(_), Value::Text(_)) => {
                        Ok(Value::Bool(left.equals(&right)))
                    }
                    _ => fail(&node.at, "interface conversion: interface {} is nil"),
                }
            }
            NodeKind::Member { base, property, .. } => {
                let base = self.value(base, place)?;
                fetch(&base, &self.value(property, place)?, &node.at)
            }
            NodeKind::Chain(inside) => self.chain(inside, place).map(|value| value.unwrap_or(Value::Nil)),
            NodeKind::Slice { base, from, to } => {
                let base = self.value(base, place)?;
                let bound = |bound: &Option<Box<Node>>| match bound {
                    Some(bound) => self.value(bound, place).map(Some),
                    None => Ok(None),
                };
                let (to, from) = (bound(to)?, bound(from)?);
                slice(&base, from.as_ref(), to.as_ref(), &node.at)
            }
            NodeKind::Call(builtin, arguments) => self.call(*builtin, arguments, place, &node.at),
            NodeKind::CallOther(callee) => {
                let callee = self.value(callee, place)?;
                fail(
                    &node.at,
                    format!("invalid operation: cannot call {}", callee.type_name()),
                )
            }
            NodeKind::Predicate(inside) => self.value(inside, place),
            NodeKind::Conditional(parts) => match self.value(&parts[0], place)? {
                Value::Bool(true) => self.value(&parts[1], place),
                Value::Bool(false) => self.value(&parts[2], place),
                other => fail(&parts[0].at, not_bool(&other)),
            },
            NodeKind::List(items) => {
                self.spend(items.len(), &node.at)?;
                let values: Result<Vec<_>, _> = items.iter().map(|item| self.value(item, place)).collect();
                Ok(Value::List(values?.into()))
            }
            NodeKind::Map(pairs) => {
                let mut map = BTreeMap::new();
                for (key, value) in pairs {
                    let Value::Text(name) = self.value(key, place)? else {
                        return fail(&key.at, "a map key must be a string");
                    };
                    map.insert(name, self.value(value, place)?);
                }
                Ok(Value::Map(Arc::new(map)))
            }
            NodeKind::Let { name, value, body } => {
                let variable = Variable {
                    name,
                    value: self.value(value, place)?,
                    next: place.variable,
                };
                let inside = Place {
                    scope: place.scope,
                    variable: Some(&variable),
                };
                self.value(body, inside)
            }
            NodeKind::Sequence(nodes) => {
                let mut last = Value::Nil;
                for node in nodes {
                    last = self.value(node, place)?;
                }
                Ok(last)
            }
        }
    }

    /// A part of a chain of `?.`; `None` once one of them has met nil.
    fn chain(&self, node: &Node, place: Place<'_, 'a>) -> Result<Option<Value<'a>>, Box<ConditionError>> {
        let NodeKind::Member {
            base,
            property,
            optional,
            ..
        } = &node.kind
        else {
            return self.value(node, place).map(Some);
        };
        match self.chain(base, place)? {
            None => Ok(None),
            Some(Value::Nil) if *optional => Ok(None),
            Some(base) => fetch(&base, &self.value(property, place)?, &node.at).map(Some),
        }
    }

    /// A value that must be true or false.
    pub fn truth(&self, node: &Node, place: Place<'_, 'a>) -> Result<bool, Box<ConditionError>> {
        match self.value(node, place)? {
            Value::Bool(value) => Ok(value),
            other => Err(Box::new(ConditionError::other(node.at.clone(), not_bool(&other)))),
        }
    }

    fn unary(&self, op: Unary, inside: &Node, place: Place<'_, 'a>) -> Got<'a> {
        let value = self.value(inside, place)?;
        match (op, &value) {
            (Unary::Plus, _) => Ok(value),
            (Unary::Not, Value::Bool(value)) => Ok(Value::Bool(!value)),
            (Unary::Minus, Value::Int(value)) => Ok(Value::Int(value.wrapping_neg())),
            (Unary::Minus, Value::Float(value)) => Ok(Value::Float(-value)),
            (Unary::Not, _) => fail(&inside.at, not_bool(&value)),
            (Unary::Minus, _) => fail(&inside.at, format!("invalid operation: - {}", value.type_name())),
        }
    }

    fn binary(
        &self,
        op: Binary,
        left: &Node,
        right: &Node,
        place: Place<'_, 'a>,
        at: &Range<usize>,
    ) -> Got<'a> {
        match op {
            // The right side is the answer as it is: nothing asks whether it is true or false.
            Binary::And | Binary::Or => {
                let decides = op == Binary::Or;
                return if self.truth(left, place)? == decides {
                    Ok(Value::Bool(decides))
                } else {
                    self.value(right, place)
                };
            }
            Binary::Coalesce => {
                let value = self.value(left, place)?;
                return if matches!(value, Value::Nil) {
                    self.value(right, place)
                } else {
                    Ok(value)
                };
            }
            _ => {}
        }
        let left = self.value(left, place)?;
        let right = self.value(right, place)?;
        let numbers = left.number().zip(right.number());
        let done = match op {
            Binary::Equal => Some(Value::Bool(self.equal(&left, &right))),
            Binary::NotEqual => Some(Value::Bool(!self.equal(&left, &right))),
            Binary::Less => left.less(&right).map(Value::Bool),
            Binary::LessEqual => left.less_equal(&right).map(Value::Bool),
            Binary::Greater => right.less(&left).map(Value::Bool),
            Binary::GreaterEqual => right.less_equal(&left).map(Value::Bool),
            Binary::Add => left.add(&right),
            Binary::Subtract => left.subtract(&right),
            Binary::Multiply => left.multiply(&right),
            Binary::Divide => numbers.map(|(left, right)| Value::Float(left / right)),
            Binary::Power => numbers.map(|(left, right)| Value::Float(libm::pow(left, right))),
            Binary::Modulo => match (&left, &right) {
                (Value::Int(_), Value::Int(0)) => return fail(at, "integer divide by zero"),
                (Value::Int(left), Value::Int(right)) => Some(Value::Int(left.wrapping_rem(*right))),
                _ => None,
            },
            Binary::Range => match (&left, &right) {
                (Value::Int(from), Value::Int(to)) => return self.range(*from, *to, at),
                _ => None,
            },
            Binary::In => contains(&left, &right, |one, other| self.equal(one, other)).map(Value::Bool),
            Binary::Matches | Binary::Contains | Binary::StartsWith | Binary::EndsWith => {
                return texts(op, &left, &right, at);
            }
            Binary::And | Binary::Or | Binary::Coalesce => None,
        };
        match done {
            Some(value) => Ok(value),
            None => {
                let (left, right) = (left.type_name(), right.type_name());
                fail(at, format!("invalid operation: {left} {op} {right}"))
            }
        }
    }

    fn equal(&self, one: &Value<'_>, other: &Value<'_>) -> bool {
        match self.dialect {
            Dialect::V1_17 => one.equals(other),
            _ => one.equals_before(other),
        }
    }

    fn range(&self, from: i64, to: i64, at: &Range<usize>) -> Got<'a> {
        let length = i128::from(to) - i128::from(from) + 1;
        let length = usize::try_from(length.clamp(0, BUDGET as i128 + 1)).unwrap_or(0);
        self.spend(length, at)?;
        Ok(Value::List((from..=to).take(length).map(Value::Int).collect()))
    }
}

fn not_bool(value: &Value<'_>) -> String {
    format!(
        "interface conversion: interface {{}} is {}, not bool",
        value.type_name()
    )
}
