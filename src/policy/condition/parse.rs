//! Tokens to a tree (expr `parser`): precedence climbing.

use std::ops::Range;
use std::sync::Arc;

use super::ConditionError;
use super::release::Dialect;
use super::token::{Kind, Token, tokens};
use super::tree::{Binary, Node, NodeKind, Unary};

/// How deep expressions may nest, and how many nodes a condition may have: nobody writes such a condition, and
/// everything that walks the tree may recurse.
const MAX_NESTING: usize = 100;
const MAX_NODES: usize = 500;

pub(super) type Parsed = Result<Node, ConditionError>;

/// The tree of `text`.
pub(super) fn parse(text: &str, dialect: Dialect) -> Parsed {
    let mut parser = Parser {
        tokens: tokens(text, dialect)?,
        dialect,
        place: 0,
        predicates: 0,
        nesting: 0,
        nodes: 0,
    };
    let tree = parser.sequence()?;
    match parser.kind() {
        Kind::End => Ok(tree),
        _ => Err(parser.unexpected()),
    }
}

pub(super) struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    pub dialect: Dialect,
    place: usize,
    /// How many predicates stand around this place: `#` means something inside one.
    pub predicates: usize,
    nesting: usize,
    nodes: usize,
}

impl<'t> Parser<'t> {
    pub(super) fn token(&self) -> &Token<'t> {
        // The last token is the end, and nothing steps over it.
        &self.tokens[self.place.min(self.tokens.len() - 1)]
    }

    pub(super) fn kind(&self) -> &Kind<'t> {
        &self.token().kind
    }

    pub(super) fn at(&self) -> Range<usize> {
        self.token().at.clone()
    }

    pub(super) fn next(&mut self) {
        self.place = (self.place + 1).min(self.tokens.len() - 1);
    }

    pub(super) fn operator(&self) -> Option<&'t str> {
        match self.kind() {
            Kind::Operator(operator) => Some(operator),
            _ => None,
        }
    }

    pub(super) fn is(&self, operator: &str) -> bool {
        self.operator() == Some(operator)
    }

    pub(super) fn is_bracket(&self, bracket: char) -> bool {
        *self.kind() == Kind::Bracket(bracket)
    }

    pub(super) fn skip(&mut self, operator: &str) -> bool {
        let found = self.is(operator);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn expect(&mut self, operator: &str) -> Result<(), ConditionError> {
        if self.skip(operator) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    pub(super) fn expect_bracket(&mut self, bracket: char) -> Result<(), ConditionError> {
        if !self.is_bracket(bracket) {
            return Err(self.unexpected());
        }
        self.next();
        Ok(())
    }

    pub(super) fn unexpected(&self) -> ConditionError {
        let token = self.token();
        let what = match &token.kind {
            Kind::Name(name) => format!("Identifier({name:?})"),
            Kind::Number(number) => format!("Number({number:?})"),
            Kind::Text(text) => format!("String({text:?})"),
            Kind::Operator(operator) => format!("Operator({operator:?})"),
            Kind::Bracket(bracket) => format!("Bracket(\"{bracket}\")"),
            Kind::End => "EOF".to_owned(),
        };
        let error = ConditionError::other(token.at.clone(), format!("unexpected token {what}"));
        match token.kind {
            Kind::Operator("=") => error.help("write == to compare"),
            Kind::Name("AND" | "OR") => error.help("write && or ||"),
            Kind::Operator(";") if self.dialect < Dialect::V1_17 => {
                error.help("`;` at the end works from Argo Rollouts 1.10 on: leave it out")
            }
            _ => error,
        }
    }

    pub(super) fn node(&mut self, at: Range<usize>, kind: NodeKind) -> Parsed {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let what = format!("conditions of more than {MAX_NODES} parts");
            return Err(ConditionError::unsupported(at, what));
        }
        Ok(Node::new(at, kind))
    }

    /// From the start of `first` to the token before this one.
    pub(super) fn since(&self, start: usize) -> Range<usize> {
        let end = self.tokens[self.place.saturating_sub(1)].at.end;
        start..end.max(start)
    }

    pub(super) fn sequence(&mut self) -> Parsed {
        let start = self.at().start;
        let first = self.expression(0)?;
        // Before, `;` stood behind `let` and nowhere else.
        if !self.is(";") || self.dialect < Dialect::V1_17 {
            return Ok(first);
        }
        let mut nodes = vec![first];
        while self.skip(";") {
            if *self.kind() == Kind::End {
                break;
            }
            nodes.push(self.expression(0)?);
        }
        if nodes.len() == 1 {
            return Ok(nodes.remove(0));
        }
        self.node(self.since(start), NodeKind::Sequence(nodes))
    }

    pub(super) fn expression(&mut self, precedence: u32) -> Parsed {
        if self.nesting == MAX_NESTING {
            let what = format!("conditions nested more than {MAX_NESTING} deep");
            return Err(ConditionError::unsupported(self.at(), what));
        }
        self.nesting += 1;
        let parsed = self.climb(precedence);
        self.nesting -= 1;
        parsed
    }

    pub(super) fn climb(&mut self, precedence: u32) -> Parsed {
        let start = self.at().start;
        if precedence == 0 && self.is("let") {
            return self.declaration();
        }
        if precedence == 0 && self.is("if") {
            return self.conditional_if();
        }
        let mut left = self.primary()?;
        let mut after_coalesce = false;
        while let Some(mut operator) = self.operator() {
            let negated = operator == "not";
            if negated {
                let back = self.place;
                self.next();
                operator = match self.operator() {
                    Some(word @ ("in" | "matches" | "contains" | "startsWith" | "endsWith")) => word,
                    _ => return Err(self.unexpected()),
                };
                if Binary::of(operator).is_none_or(|known| known.1 < precedence) {
                    self.place = back;
                    break;
                }
            }
            if operator == "|" {
                if precedence > 0 || self.dialect == Dialect::V1_12 {
                    break;
                }
                self.next();
                let at = self.at();
                let Kind::Name(name) = *self.kind() else {
                    return Err(self.unexpected());
                };
                self.next();
                left = self.call(at, name, vec![left])?;
                after_coalesce = false;
                continue;
            }
            let Some((op, binds, to_the_right)) = Binary::of(operator) else {
                break;
            };
            if binds < precedence {
                break;
            }
            if after_coalesce && op != Binary::Coalesce {
                let message = format!(
                    "Operator ({operator}) and coalesce expressions (??) cannot be mixed. \
                     Wrap either by parentheses."
                );
                return Err(ConditionError::other(self.at(), message));
            }
            self.next();
            after_coalesce = op == Binary::Coalesce;
            if op.is_order() && self.dialect == Dialect::V1_17 {
                left = self.comparisons(start, left, op, binds)?;
                continue;
            }
            let right = self.expression(if to_the_right { binds } else { binds + 1 })?;
            let kind = NodeKind::Binary(op, Box::new(left), Box::new(right));
            left = self.node(self.since(start), kind)?;
            if negated {
                left = self.node(self.since(start), NodeKind::Unary(Unary::Not, Box::new(left)))?;
            }
        }
        if precedence == 0 {
            left = self.ternary(start, left)?;
        }
        Ok(left)
    }

    /// `a < b < c` is `a < b && b < c`.
    pub(super) fn comparisons(&mut self, start: usize, mut left: Node, mut op: Binary, binds: u32) -> Parsed {
        let mut whole: Option<Node> = None;
        loop {
            let before = self.nodes;
            let right = self.expression(binds + 1)?;
            let next = self
                .operator()
                .and_then(Binary::of)
                .filter(|known| known.0.is_order());
            let again = next.map(|_| right.clone());
            let at = self.since(left.at.start);
            let one = self.node(at, NodeKind::Binary(op, Box::new(left), Box::new(right)))?;
            let joined = match whole {
                None => one,
                Some(whole) => {
                    let kind = NodeKind::Binary(Binary::And, Box::new(whole), Box::new(one));
                    self.node(self.since(start), kind)?
                }
            };
            let (Some((following, ..)), Some(again)) = (next, again) else {
                return Ok(joined);
            };
            // A copy costs what the original did: nested chains would double at every level.
            self.nodes += self.nodes - before;
            self.next();
            (left, op, whole) = (again, following, Some(joined));
        }
    }

    pub(super) fn declaration(&mut self) -> Parsed {
        let start = self.at().start;
        self.expect("let")?;
        let Kind::Name(name) = *self.kind() else {
            return Err(self.unexpected());
        };
        self.next();
        self.expect("=")?;
        let value = Box::new(self.expression(0)?);
        self.expect(";")?;
        let body = Box::new(self.sequence()?);
        let name = Arc::from(name);
        self.node(self.since(start), NodeKind::Let { name, value, body })
    }

    pub(super) fn conditional_if(&mut self) -> Parsed {
        let start = self.at().start;
        self.expect("if")?;
        let condition = self.expression(0)?;
        let yes = self.block()?;
        self.expect("else")?;
        let no = if self.is("if") {
            self.expression(0)?
        } else {
            self.block()?
        };
        self.node(
            self.since(start),
            NodeKind::Conditional(Box::new([condition, yes, no])),
        )
    }

    pub(super) fn block(&mut self) -> Parsed {
        self.expect_bracket('{')?;
        let inside = self.sequence()?;
        self.expect_bracket('}')?;
        Ok(inside)
    }

    pub(super) fn ternary(&mut self, start: usize, mut left: Node) -> Parsed {
        while self.skip("?") {
            if self.is(":") {
                return Err(ConditionError::unsupported(self.at(), "the operator ?:"));
            }
            let yes = self.expression(0)?;
            self.expect(":")?;
            let no = self.expression(0)?;
            left = self.node(
                self.since(start),
                NodeKind::Conditional(Box::new([left, yes, no])),
            )?;
        }
        Ok(left)
    }
}
