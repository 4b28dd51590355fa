//! A tree and the type of the answer to a tree that runs: static types as the language's checker finds them, and
//! its folding of constants, which may remove a part that would fail (expr `checker`, `optimizer/fold`).

use std::ops::Range;
use std::sync::Arc;

use super::builtin::Builtin;
use super::operator::{mismatch, operation};
use super::release::Dialect;
use super::tree::{Binary, Node, NodeKind, Pointer, Unary};
use super::types::Type;
use super::value::Value;
use super::{AnswerType, ConditionError, fold};

pub(super) type Compiled = Result<(Node, Type), ConditionError>;

/// The tree that runs.
pub(super) fn compile(tree: &Node, answer: AnswerType, dialect: Dialect) -> Result<Node, ConditionError> {
    let mut compiler = Compiler {
        dialect,
        answer: Type::of(answer),
        scopes: Vec::new(),
        variables: Vec::new(),
    };
    compiler.node(tree).map(|compiled| compiled.0)
}

pub(super) struct Compiler {
    pub dialect: Dialect,
    answer: Type,
    /// The lists that predicates around this place look at, and whether `#acc` is known.
    pub scopes: Vec<Scope>,
    variables: Vec<(Arc<str>, Type)>,
}

pub(super) struct Scope {
    pub list: Type,
    pub index: bool,
    pub accumulator: bool,
}

impl Compiler {
    pub fn node(&mut self, node: &Node) -> Compiled {
        let at = || node.at.clone();
        let (kind, of) = match &node.kind {
            NodeKind::Constant(value) => (NodeKind::Constant(value.clone()), constant(value)),
            NodeKind::Result => (NodeKind::Result, self.answer.clone()),
            NodeKind::Name(name) => {
                let known = self.variables.iter().rev().find(|known| known.0 == *name);
                let Some((_, of)) = known else {
                    return Err(unknown_name(name, at()));
                };
                (NodeKind::Name(name.clone()), of.clone())
            }
            NodeKind::Pointer(pointer) => (NodeKind::Pointer(pointer.clone()), self.pointer(pointer, at())?),
            NodeKind::Unary(op, inside) => self.unary(*op, inside, at())?,
            NodeKind::Binary(op, left, right) => self.binary(*op, left, right, at())?,
            NodeKind::StrictEqual(sides) => self.binary(Binary::Equal, &sides[0], &sides[1], at())?,
            NodeKind::Member {
                base,
                property,
                optional,
                method,
            } => {
                let (base, of) = self.node(base)?;
                let (property, index) = self.node(property)?;
                let of = member(&of, &property, &index, *method, at())?;
                let kind = NodeKind::Member {
                    base: Box::new(base),
                    property: Box::new(property),
                    optional: *optional,
                    method: *method,
                };
                (kind, of)
            }
            NodeKind::Chain(inside) => {
                let (inside, of) = self.node(inside)?;
                (NodeKind::Chain(Box::new(inside)), of)
            }
            NodeKind::Slice { base, from, to } => self.slice(base, from.as_deref(), to.as_deref())?,
            NodeKind::Call(builtin, arguments) => self.call(*builtin, arguments, at())?,
            NodeKind::CallOther(callee) => {
                let (callee, of) = self.node(callee)?;
                if !of.is_unknown() {
                    return Err(ConditionError::other(at(), format!("{of} is not callable")));
                }
                (NodeKind::CallOther(Box::new(callee)), Type::Unknown)
            }
            NodeKind::Predicate(inside) => {
                let (inside, of) = self.node(inside)?;
                (NodeKind::Predicate(Box::new(inside)), of)
            }
            NodeKind::Conditional(parts) => {
                let (condition, of) = self.node(&parts[0])?;
                if !of.is_bool() && !of.is_unknown() {
                    let message = format!("non-bool expression (type {of}) used as condition");
                    return Err(ConditionError::other(condition.at, message));
                }
                let (yes, yes_type) = self.node(&parts[1])?;
                let (no, no_type) = self.node(&parts[2])?;
                let kind = NodeKind::Conditional(Box::new([condition, yes, no]));
                (kind, either(yes_type, no_type))
            }
            NodeKind::List(items) => self.list(items)?,
            NodeKind::Map(pairs) => {
                let mut compiled = Vec::new();
                for (key, value) in pairs {
                    compiled.push((self.node(key)?.0, self.node(value)?.0));
                }
                (NodeKind::Map(compiled), Type::Map)
            }
            NodeKind::Let { name, value, body } => {
                let taken = &**name == "result"
                    || Builtin::named(name).is_some()
                    || Builtin::is_unsupported(name)
                    || self.variables.iter().any(|known| known.0 == *name);
                if taken {
                    return Err(ConditionError::other(at(), format!("cannot redeclare {name}")));
                }
                let (value, of) = self.node(value)?;
                self.variables.push((name.clone(), of));
                let (body, of) = self.node(body)?;
                self.variables.pop();
                let kind = NodeKind::Let {
                    name: name.clone(),
                    value: Box::new(value),
                    body: Box::new(body),
                };
                (kind, of)
            }
            NodeKind::Sequence(nodes) => {
                let mut compiled = Vec::new();
                let mut last = Type::Unknown;
                for node in nodes {
                    let (node, of) = self.node(node)?;
                    compiled.push(node);
                    last = of;
                }
                (NodeKind::Sequence(compiled), last)
            }
        };
        Ok((Node::new(at(), kind), of))
    }

    fn pointer(&self, pointer: &Pointer, at: Range<usize>) -> Result<Type, ConditionError> {
        let Some(scope) = self.scopes.last() else {
            return Err(ConditionError::other(
                at,
                "cannot use pointer accessor outside predicate",
            ));
        };
        match pointer {
            Pointer::Element => Ok(scope.list.element().cloned().unwrap_or(Type::Unknown)),
            Pointer::Index if scope.index => Ok(Type::Int),
            Pointer::Accumulator if scope.accumulator => Ok(Type::Unknown),
            Pointer::Index => Err(ConditionError::other(at, "unknown pointer #index")),
            Pointer::Accumulator => Err(ConditionError::other(at, "unknown pointer #acc")),
            Pointer::Unknown(name) => Err(ConditionError::other(at, format!("unknown pointer #{name}"))),
        }
    }

    fn unary(
        &mut self,
        op: Unary,
        inside: &Node,
        at: Range<usize>,
    ) -> Result<(NodeKind, Type), ConditionError> {
        let (inside, of) = self.node(inside)?;
        let (sign, fits) = match op {
            Unary::Not => ("not", of.is_bool()),
            Unary::Minus => ("-", of.is_number()),
            Unary::Plus => ("+", of.is_number()),
        };
        if !fits && !of.is_unknown() {
            let message = format!("invalid operation: {sign} (mismatched type {of})");
            let error = ConditionError::other(at, message);
            return Err(if op == Unary::Not {
                error.help("! binds tighter than a comparison: write !(a > b)")
            } else {
                error
            });
        }
        let of = match (op, of.is_unknown()) {
            (Unary::Not, _) => Type::Bool,
            (_, true) => Type::Unknown,
            (_, false) => of,
        };
        Ok((fold::unary(op, inside), of))
    }

    fn binary(
        &mut self,
        op: Binary,
        left: &Node,
        right: &Node,
        at: Range<usize>,
    ) -> Result<(NodeKind, Type), ConditionError> {
        self.known_here(op, left, right, &at)?;
        let (left, l) = self.node(left)?;
        let is_set = op == Binary::In && fold::is_list_of_texts(right);
        let (mut right, r) = self.node(right)?;
        let told = operation(op, &l, &r, &right);
        if self.dialect == Dialect::V1_12 && op == Binary::In && told.is_err() {
            let what = "`in` of other types before Argo Rollouts 1.7";
            return Err(ConditionError::unsupported(at, what));
        }
        let Some(of) = told? else {
            let error = mismatch(op, &l, &r, at);
            if self.dialect < Dialect::V1_17 && op.is_order() && l.is_bool() {
                return Err(error.help(
                    "chained comparisons work from Argo Rollouts 1.10 on: write 1 < result[0] && result[0] < 10",
                ));
            }
            return Err(error);
        };
        // There a fraction of integers was called an integer, and so was a folded power: `len(result) / 2 == 1` and
        // `2 ** 3 == 8` fail when they run.
        let folded = left.constant().is_some() && right.constant().is_some();
        let called = op == Binary::Divide || op == Binary::Power && folded;
        let integers = (&l, &r) == (&Type::Int, &Type::Int);
        let of = if self.dialect == Dialect::V1_12 && called && integers {
            Type::Int
        } else {
            of
        };
        if is_set {
            right = fold::set(right);
        }
        // Go compares two ints (not int64), or two texts, by a machine instruction that a nil makes fail.
        let strict = matches!((&l, &r), (Type::Int, Type::Int) | (Type::Text, Type::Text));
        Ok((fold::binary(op, left, right, strict, at)?, of))
    }

    fn slice(
        &mut self,
        base: &Node,
        from: Option<&Node>,
        to: Option<&Node>,
    ) -> Result<(NodeKind, Type), ConditionError> {
        let negative = |bound: Option<&Node>| {
            bound.is_some_and(|bound| matches!(bound.kind, NodeKind::Unary(Unary::Minus, _)))
        };
        if self.dialect == Dialect::V1_12 && (negative(from) || negative(to)) {
            let what = "a slice with a negative bound before Argo Rollouts 1.7";
            return Err(ConditionError::unsupported(base.at.clone(), what));
        }
        let (base, of) = self.node(base)?;
        if of.is_text() {
            return Err(ConditionError::unsupported(base.at, "a part of a text"));
        }
        if of.element().is_none() && !of.is_unknown() {
            return Err(ConditionError::other(base.at, format!("cannot slice {of}")));
        }
        let mut bound = |bound: Option<&Node>| -> Result<Option<Box<Node>>, ConditionError> {
            let Some(bound) = bound else { return Ok(None) };
            let (bound, of) = self.node(bound)?;
            if of.is_integer() || of.is_unknown() {
                return Ok(Some(Box::new(bound)));
            }
            Err(ConditionError::other(
                bound.at,
                format!("non-integer slice index {of}"),
            ))
        };
        let (from, to) = (bound(from)?, bound(to)?);
        let of = if of.is_unknown() { Type::Unknown } else { of };
        let base = Box::new(base);
        Ok((NodeKind::Slice { base, from, to }, of))
    }

    fn list(&mut self, items: &[Node]) -> Result<(NodeKind, Type), ConditionError> {
        let mut compiled: Vec<Node> = Vec::new();
        let mut known: Option<Type> = None;
        let mut alike = true;
        for item in items {
            let (item, of) = self.node(item)?;
            alike &= known.as_ref().is_none_or(|known| same_kind(known, &of));
            known = Some(of);
            compiled.push(item);
        }
        let element = if alike {
            known.unwrap_or(Type::Unknown)
        } else {
            Type::Any
        };
        Ok((fold::list(compiled), Type::list(element)))
    }
}

impl Compiler {
    /// Refuses what older versions of the language answer in ways of their own.
    fn known_here(
        &self,
        op: Binary,
        left: &Node,
        right: &Node,
        at: &Range<usize>,
    ) -> Result<(), ConditionError> {
        let is =
            |node: &Node, ops: &[Binary]| matches!(&node.kind, NodeKind::Binary(op, ..) if ops.contains(op));
        let equality = matches!(op, Binary::Equal | Binary::NotEqual);
        // There a range is equal to no list but another range.
        let range = |node| is(node, &[Binary::Range]);
        if self.dialect < Dialect::V1_17 && equality && range(left) != range(right) {
            let what = "comparing a range with a list before Argo Rollouts 1.10";
            return Err(ConditionError::unsupported(at.clone(), what));
        }
        Ok(())
    }
}

/// Go's kind: lists are alike whatever they hold.
fn same_kind(one: &Type, other: &Type) -> bool {
    match (one, other) {
        (Type::List(..), Type::List(..)) => true,
        _ => one == other,
    }
}

fn constant(value: &Value<'_>) -> Type {
    match value {
        Value::Nil => Type::Nil,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::Text(_) => Type::Text,
        Value::Floats(_) | Value::List(_) => Type::list(Type::Any),
        Value::Map(_) => Type::Map,
    }
}

fn unknown_name(name: &str, at: Range<usize>) -> ConditionError {
    if name == "$env" || Builtin::named(name).is_some() || Builtin::is_unsupported(name) {
        return ConditionError::unsupported(at, format!("{name} as a value"));
    }
    let error = ConditionError::other(at, format!("unknown name {name}"));
    match name {
        "results" => error.help("the answer is called result"),
        "avg" => error.help("use mean(result)"),
        _ => error,
    }
}

fn member(
    base: &Type,
    property: &Node,
    index: &Type,
    method: bool,
    at: Range<usize>,
) -> Result<Type, ConditionError> {
    let other = |message: String| ConditionError::other(at.clone(), message);
    match base {
        _ if base.is_unknown() => Ok(Type::Unknown),
        Type::Map if index.is_text() || index.is_unknown() => Ok(Type::Any),
        Type::Map => Err(other(format!("cannot use {index} to get an element from {base}"))),
        Type::List(_, element) if index.is_integer() || index.is_unknown() => Ok((**element).clone()),
        Type::List(..) => {
            let message = format!("array elements can only be selected using an integer (got {index})");
            Err(other(message))
        }
        _ => Err(match property.constant() {
            Some(Value::Text(name)) if method => other(format!("type {base} has no method {name}")),
            Some(Value::Text(name)) => other(format!("type {base} has no field {name}")),
            _ => {
                let error = other(format!("type {base}[{index}] is undefined"));
                if *base == Type::Float {
                    error.help("the query gives a scalar: compare result itself")
                } else {
                    error
                }
            }
        }),
    }
}

/// The type of `c ? yes : no`.
fn either(yes: Type, no: Type) -> Type {
    match (&yes, &no) {
        (Type::Nil, _) => no,
        (_, Type::Nil) => yes,
        _ if !yes.assignable_to(&no) => Type::Unknown,
        (Type::List(_, one), Type::List(_, other))
            if !(one.assignable_to(other) && other.assignable_to(one)) =>
        {
            Type::list(Type::Any)
        }
        _ => yes,
    }
}
