//! What follows a name or a value: calls, fields, indexes, slices.

use std::ops::Range;

use super::ConditionError;
use super::builtin::{Builtin, Shape};
use super::parse::{Parsed, Parser};
use super::release::Dialect;
use super::token::Kind;
use super::tree::{Node, NodeKind};
use super::value::Value;

impl Parser<'_> {
    /// A call of `name`, which stands at `at`; a pipe has given the first argument.
    pub(super) fn call(&mut self, at: Range<usize>, name: &str, mut arguments: Vec<Node>) -> Parsed {
        let start = at.start;
        let since = Builtin::since(name);
        if since > self.dialect {
            return Err(unknown(name, since, at));
        }
        if Builtin::is_unsupported(name) {
            return Err(ConditionError::unsupported(at, format!("the function {name}")));
        }
        self.expect_bracket('(')?;
        let Some(builtin) = Builtin::named(name) else {
            let callee = self.node(at, NodeKind::Name(name.into()))?;
            self.list(')')?;
            return self.node(self.since(start), NodeKind::CallOther(Box::new(callee)));
        };
        let shape = builtin.shape();
        if shape == Shape::Plain {
            arguments.extend(self.list(')')?);
        } else if builtin == Builtin::Sum && self.dialect < Dialect::V1_17 {
            if arguments.is_empty() {
                arguments.push(self.expression(0)?);
            }
            if self.is(",") {
                let error = ConditionError::other(self.at(), "sum takes one argument");
                return Err(error
                    .help("a predicate of sum works from Argo Rollouts 1.10 on: write sum(map(result, …))"));
            }
            self.expect_bracket(')')?;
        } else {
            self.predicate_arguments(shape, &mut arguments)?;
        }
        self.node(self.since(start), NodeKind::Call(builtin, arguments))
    }

    pub(super) fn predicate_arguments(
        &mut self,
        shape: Shape,
        arguments: &mut Vec<Node>,
    ) -> Result<(), ConditionError> {
        let piped = arguments.len();
        while !self.is_bracket(')') {
            if arguments.len() > piped {
                self.expect(",")?;
                if self.is_bracket(')') && self.dialect == Dialect::V1_17 {
                    break;
                }
            }
            let argument = match (arguments.len(), shape) {
                (0, _) | (2, Shape::Fold) => self.expression(0)?,
                (1, _) => self.predicate()?,
                _ => return Err(self.unexpected()),
            };
            arguments.push(argument);
        }
        let alone = shape == Shape::MaybePredicate && self.dialect == Dialect::V1_17;
        if arguments.len() < if alone { 1 } else { 2 } {
            return Err(ConditionError::other(self.at(), "expected at least 2 arguments")
                .help("give a predicate over the elements: all(result, # < 0.05)"));
        }
        self.next();
        Ok(())
    }

    pub(super) fn predicate(&mut self) -> Parsed {
        let start = self.at().start;
        self.predicates += 1;
        let inside = if self.is_bracket('{') {
            self.block()?
        } else {
            self.expression(0)?
        };
        self.predicates -= 1;
        if self.is(";") {
            return Err(ConditionError::other(
                self.at(),
                "wrap predicate with brackets { and }",
            ));
        }
        self.node(self.since(start), NodeKind::Predicate(Box::new(inside)))
    }

    /// `.name`, `?.name`, `.name(…)`, `[index]`, `?.[index]`, `[from:to]`.
    pub(super) fn postfix(&mut self, start: usize, mut node: Node) -> Parsed {
        loop {
            let mut optional = false;
            if self.is(".") || self.is("?.") {
                optional = self.is("?.");
                self.next();
                if !(optional && self.is_bracket('[') && self.dialect == Dialect::V1_17) {
                    node = self.field(start, node, optional)?;
                    continue;
                }
            }
            if !self.is_bracket('[') {
                return Ok(node);
            }
            self.next();
            node = self.index(start, node, optional)?;
        }
    }

    pub(super) fn field(&mut self, start: usize, base: Node, optional: bool) -> Parsed {
        let at = self.at();
        let name = match *self.kind() {
            Kind::Name(name) => name,
            Kind::Operator(word) if word.starts_with(|c: char| c.is_alphabetic()) => word,
            _ => return Err(ConditionError::other(at, "expected name")),
        };
        self.next();
        let property = self.node(at, NodeKind::Constant(Value::Text(name.into())))?;
        let (base, chained) = match base.kind {
            NodeKind::Chain(inside) => (*inside, true),
            kind => (Node::new(base.at, kind), false),
        };
        let method = self.is_bracket('(');
        let kind = NodeKind::Member {
            base: Box::new(base),
            property: Box::new(property),
            optional,
            method,
        };
        let mut node = self.node(self.since(start), kind)?;
        if method {
            self.next();
            self.list(')')?;
            node = self.node(self.since(start), NodeKind::CallOther(Box::new(node)))?;
        }
        if chained || optional {
            node = self.node(self.since(start), NodeKind::Chain(Box::new(node)))?;
        }
        Ok(node)
    }

    pub(super) fn index(&mut self, start: usize, base: Node, optional: bool) -> Parsed {
        let base = Box::new(base);
        let from = if self.is(":") {
            None
        } else {
            Some(Box::new(self.expression(0)?))
        };
        let sliced = self.skip(":");
        let to = if sliced && !self.is_bracket(']') {
            Some(Box::new(self.expression(0)?))
        } else {
            None
        };
        self.expect_bracket(']')?;
        let at = self.since(start);
        match from {
            Some(property) if !sliced => {
                let kind = NodeKind::Member {
                    base,
                    property,
                    optional,
                    method: false,
                };
                let node = self.node(at.clone(), kind)?;
                if optional {
                    return self.node(at, NodeKind::Chain(Box::new(node)));
                }
                Ok(node)
            }
            from => self.node(at, NodeKind::Slice { base, from, to }),
        }
    }
}

/// A function that came with a later release.
fn unknown(name: &str, since: Dialect, at: Range<usize>) -> ConditionError {
    let error = ConditionError::other(at, format!("unknown name {name}"));
    let instead = match name {
        "max" => "; write \"any(result, # > x)\" or \"all(result, # < x)\", in quotes",
        "min" => "; write \"any(result, # < x)\" or \"all(result, # > x)\", in quotes",
        "first" => "; write result[0]",
        "last" => "; write result[-1]",
        _ => "",
    };
    error.help(format!(
        "{name}() works from Argo Rollouts {} on{instead}",
        since.since()
    ))
}
