//! Tokens to a tree (expr `parser`): precedence climbing.

use std::ops::Range;
use std::sync::Arc;

use super::ConditionError;
use super::builtin::{Builtin, Shape};
use super::token::{Kind, Token, tokens};
use super::tree::{Binary, Node, NodeKind, Pointer, Unary};
use super::value::Value;

/// How deep expressions may nest, and how many nodes a condition may have: nobody writes such a condition, and
/// everything that walks the tree may recurse.
const MAX_NESTING: usize = 100;
const MAX_NODES: usize = 500;

type Parsed = Result<Node, ConditionError>;

/// The tree of `text`.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parser = Parser {
        tokens: tokens(text)?,
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

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    place: usize,
    /// How many predicates stand around this place: `#` means something inside one.
    predicates: usize,
    nesting: usize,
    nodes: usize,
}

impl<'t> Parser<'t> {
    fn token(&self) -> &Token<'t> {
        // The last token is the end, and nothing steps over it.
        &self.tokens[self.place.min(self.tokens.len() - 1)]
    }

    fn kind(&self) -> &Kind<'t> {
        &self.token().kind
    }

    fn at(&self) -> Range<usize> {
        self.token().at.clone()
    }

    fn next(&mut self) {
        self.place = (self.place + 1).min(self.tokens.len() - 1);
    }

    fn operator(&self) -> Option<&'t str> {
        match self.kind() {
            Kind::Operator(operator) => Some(operator),
            _ => None,
        }
    }

    fn is(&self, operator: &str) -> bool {
        self.operator() == Some(operator)
    }

    fn is_bracket(&self, bracket: char) -> bool {
        *self.kind() == Kind::Bracket(bracket)
    }

    fn skip(&mut self, operator: &str) -> bool {
        let found = self.is(operator);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, operator: &str) -> Result<(), ConditionError> {
        if self.skip(operator) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn expect_bracket(&mut self, bracket: char) -> Result<(), ConditionError> {
        if !self.is_bracket(bracket) {
            return Err(self.unexpected());
        }
        self.next();
        Ok(())
    }

    fn unexpected(&self) -> ConditionError {
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
            _ => error,
        }
    }

    fn node(&mut self, at: Range<usize>, kind: NodeKind) -> Parsed {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let what = format!("conditions of more than {MAX_NODES} parts");
            return Err(ConditionError::unsupported(at, what));
        }
        Ok(Node::new(at, kind))
    }

    /// From the start of `first` to the token before this one.
    fn since(&self, start: usize) -> Range<usize> {
        let end = self.tokens[self.place.saturating_sub(1)].at.end;
        start..end.max(start)
    }

    fn sequence(&mut self) -> Parsed {
        let start = self.at().start;
        let first = self.expression(0)?;
        if !self.is(";") {
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

    fn expression(&mut self, precedence: u32) -> Parsed {
        if self.nesting == MAX_NESTING {
            let what = format!("conditions nested more than {MAX_NESTING} deep");
            return Err(ConditionError::unsupported(self.at(), what));
        }
        self.nesting += 1;
        let parsed = self.climb(precedence);
        self.nesting -= 1;
        parsed
    }

    fn climb(&mut self, precedence: u32) -> Parsed {
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
                if precedence > 0 {
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
            if op.is_order() {
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
    fn comparisons(&mut self, start: usize, mut left: Node, mut op: Binary, binds: u32) -> Parsed {
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

    fn declaration(&mut self) -> Parsed {
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

    fn conditional_if(&mut self) -> Parsed {
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

    fn block(&mut self) -> Parsed {
        self.expect_bracket('{')?;
        let inside = self.sequence()?;
        self.expect_bracket('}')?;
        Ok(inside)
    }

    fn ternary(&mut self, start: usize, mut left: Node) -> Parsed {
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

    fn primary(&mut self) -> Parsed {
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

    fn secondary(&mut self) -> Parsed {
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
    fn list(&mut self, close: char) -> Result<Vec<Node>, ConditionError> {
        let mut items = Vec::new();
        while !self.is_bracket(close) {
            if !items.is_empty() {
                self.expect(",")?;
                if self.is_bracket(close) {
                    break;
                }
            }
            items.push(self.expression(0)?);
        }
        self.next();
        Ok(items)
    }

    fn map(&mut self, start: usize) -> Parsed {
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

    /// A call of `name`, which stands at `at`; a pipe has given the first argument.
    fn call(&mut self, at: Range<usize>, name: &str, mut arguments: Vec<Node>) -> Parsed {
        let start = at.start;
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
        } else {
            self.predicate_arguments(shape, &mut arguments)?;
        }
        self.node(self.since(start), NodeKind::Call(builtin, arguments))
    }

    fn predicate_arguments(&mut self, shape: Shape, arguments: &mut Vec<Node>) -> Result<(), ConditionError> {
        let piped = arguments.len();
        while !self.is_bracket(')') {
            if arguments.len() > piped {
                self.expect(",")?;
                if self.is_bracket(')') {
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
        if arguments.len() < if shape == Shape::MaybePredicate { 1 } else { 2 } {
            return Err(ConditionError::other(self.at(), "expected at least 2 arguments")
                .help("give a predicate over the elements: all(result, # < 0.05)"));
        }
        self.next();
        Ok(())
    }

    fn predicate(&mut self) -> Parsed {
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
    fn postfix(&mut self, start: usize, mut node: Node) -> Parsed {
        loop {
            let mut optional = false;
            if self.is(".") || self.is("?.") {
                optional = self.is("?.");
                self.next();
                if !(optional && self.is_bracket('[')) {
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

    fn field(&mut self, start: usize, base: Node, optional: bool) -> Parsed {
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

    fn index(&mut self, start: usize, base: Node, optional: bool) -> Parsed {
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
