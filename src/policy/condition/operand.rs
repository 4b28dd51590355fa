//! What stands between operators: literals, names, brackets, lists, and what follows a sign.

use super::ConditionError;
use super::parse::{Parsed, Parser};
use super::release::Dialect;
use super::token::{Kind, Token};
use super::tree::{Node, NodeKind, Pointer, Unary};
use super::value::Value;

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parsed {
        let start = self.at().start;
        if let Some(operator) = self.operator() {
            let unary = match operator {
                "not" | "!" => Some((Unary::Not, 50)),
                "-" => Some((Unary::Minus, 90)),
                "+" => Some((Unary::Plus, 90)),
                _ => None,
            };
            if let Some((op, precedence)) = unary {
                self.next();
                let inside = Box::new(self.expression(precedence)?);
                let node = self.node(self.since(start), NodeKind::Unary(op, inside))?;
                return self.postfix(start, node);
            }
        }
        if self.is_bracket('(') {
            self.next();
            let inside = self.sequence()?;
            self.expect_bracket(')')?;
            return self.postfix(start, inside);
        }
        if self.predicates > 0 && (self.is("#") || self.is(".")) {
            let mut pointer = Pointer::Element;
            if self.skip("#")
                && self.dialect > Dialect::V1_12
                && let Kind::Name(name) = *self.kind()
            {
                self.next();
                pointer = match name {
                    "index" => Pointer::Index,
                    "acc" => Pointer::Accumulator,
                    _ => Pointer::Unknown(name.into()),
                };
            }
            let node = self.node(self.since(start), NodeKind::Pointer(pointer))?;
            return self.postfix(start, node);
        }
        if self.skip("::") {
            let at = self.at();
            let Kind::Name(name) = *self.kind() else {
                return Err(self.unexpected());
            };
            self.next();
            let node = self.call(at, name, Vec::new())?;
            return self.postfix(start, node);
        }
        self.secondary()
    }

    pub(super) fn secondary(&mut self) -> Parsed {
        let Token { at, kind } = self.token().clone();
        let start = at.start;
        let node = match kind {
            Kind::Name(name) => {
                self.next();
                let literal = match name {
                    "true" => Some(Value::Bool(true)),
                    "false" => Some(Value::Bool(false)),
                    "nil" => Some(Value::Nil),
                    _ => None,
                };
                // Nothing can follow a literal: `true.a` does not parse.
                if let Some(literal) = literal {
                    return self.node(at, NodeKind::Constant(literal));
                }
                if self.is_bracket('(') {
                    self.call(at, name, Vec::new())?
                } else if name == "result" {
                    self.node(at, NodeKind::Result)?
                } else {
                    self.node(at, NodeKind::Name(name.into()))?
                }
            }
            Kind::Number(number) => {
                self.next();
                let value = literal(number).ok_or_else(|| {
                    ConditionError::other(at.clone(), format!("invalid number literal: {number}"))
                })?;
                return self.node(at, NodeKind::Constant(value));
            }
            Kind::Text(text) => {
                self.next();
                self.node(at, NodeKind::Constant(Value::Text(text.into())))?
            }
            Kind::Bracket('[') => {
                self.next();
                let items = self.list(']')?;
                self.node(self.since(start), NodeKind::List(items))?
            }
            Kind::Bracket('{') => self.map(start)?,
            _ => return Err(self.unexpected()),
        };
        self.postfix(start, node)
    }

    /// Expressions and commas up to `close`; a comma may stand before it.
    pub(super) fn list(&mut self, close: char) -> Result<Vec<Node>, ConditionError> {
        let mut items = Vec::new();
        while !self.is_bracket(close) {
            if !items.is_empty() {
                self.expect(",")?;
                if self.is_bracket(close) && (close != ')' || self.dialect == Dialect::V1_17) {
                    break;
                }
            }
            items.push(self.expression(0)?);
        }
        self.next();
        Ok(items)
    }

    pub(super) fn map(&mut self, start: usize) -> Parsed {
        self.next();
        let mut pairs = Vec::new();
        while !self.is_bracket('}') {
            if !pairs.is_empty() {
                self.expect(",")?;
                if self.is_bracket('}') {
                    break;
                }
            }
            let at = self.at();
            let key = match self.kind().clone() {
                Kind::Name(name) | Kind::Number(name) => Some(Value::Text(name.into())),
                Kind::Text(text) => Some(Value::Text(text.into())),
                _ => None,
            };
            let key = if let Some(key) = key {
                self.next();
                self.node(at, NodeKind::Constant(key))?
            } else if self.is_bracket('(') {
                self.expression(0)?
            } else {
                return Err(self.unexpected());
            };
            self.expect(":")?;
            pairs.push((key, self.expression(0)?));
        }
        self.next();
        self.node(self.since(start), NodeKind::Map(pairs))
    }
}

/// The number that `text` writes (expr `parseSecondary`, Go `strconv`).
fn literal(text: &str) -> Option<Value<'static>> {
    let digits = text.replace('_', "").to_ascii_lowercase();
    for (prefix, base) in [("0x", 16), ("0b", 2), ("0o", 8)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            return i64::from_str_radix(rest, base).ok().map(Value::Int);
        }
    }
    if digits.contains(['.', 'e']) {
        let float: f64 = digits.parse().ok()?;
        return float.is_finite().then_some(Value::Float(float));
    }
    digits.parse().ok().map(Value::Int)
}
