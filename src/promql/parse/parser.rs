use super::check::check;
use super::error::ParseError;
use super::lexer::lex;
use super::token::{Kind, Token};
use crate::promql::ast::{Bytes, Expr};

/// What Prometheus takes only behind a flag. By default nothing of it is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Experimental functions and aggregations (`sort_by_label`, `limitk`, `info`, …).
    pub experimental_functions: bool,
    /// `anchored` and `smoothed`.
    pub extended_ranges: bool,
    /// `fill`, `fill_left` and `fill_right`.
    pub fill: bool,
}

/// Reads a query as a Prometheus 3.x server without flags does.
///
/// # Errors
///
/// The first thing that is wrong and its bytes.
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    parse_with(text, Options::default())
}

/// Reads a query, with experimental parts of the language.
///
/// # Errors
///
/// The first thing that is wrong and its bytes.
pub fn parse_with(text: &str, options: Options) -> Result<Expr, ParseError> {
    let tokens = lex(text)?;
    let mut parser = Parser {
        text,
        tokens: &tokens,
        place: 0,
        depth: 0,
        options,
    };
    if parser.kind() == Kind::End {
        return Err(ParseError::new(0..text.len(), "there is no query here"));
    }
    let mut expr = parser.expression()?.value;
    if parser.kind() != Kind::End {
        return Err(parser.unexpected("an operator or the end of the query"));
    }
    check(&mut expr)?;
    Ok(expr)
}

/// The deepest tree: everything that walks one may recurse.
pub(super) const DEEPEST: usize = 200;

/// A part of the tree and its height, so that no tree is built that is too high to walk.
pub(super) struct Tall<T> {
    pub value: T,
    pub height: usize,
}

pub(super) struct Parser<'a> {
    pub text: &'a str,
    tokens: &'a [Token],
    place: usize,
    depth: usize,
    pub options: Options,
}

impl<'a> Parser<'a> {
    /// The token ahead. There always is one: the last is [`Kind::End`] and is never passed.
    pub fn ahead(&self) -> &'a Token {
        &self.tokens[self.place]
    }

    pub fn kind(&self) -> Kind {
        self.ahead().kind
    }

    /// The token after the one ahead.
    pub fn kind_after(&self) -> Kind {
        self.tokens[(self.place + 1).min(self.tokens.len() - 1)].kind
    }

    /// Passes the token ahead.
    pub fn take(&mut self) -> &'a Token {
        let token = self.ahead();
        if token.kind != Kind::End {
            self.place += 1;
        }
        token
    }

    /// Passes the token ahead; its text.
    pub fn take_text(&mut self) -> &'a str {
        let token = self.take();
        self.written(token)
    }

    pub fn take_if(&mut self, kind: Kind) -> bool {
        let found = self.kind() == kind;
        if found {
            self.take();
        }
        found
    }

    pub fn expect(&mut self, kind: Kind, expected: &str) -> Result<&'a Token, ParseError> {
        if self.kind() == kind {
            Ok(self.take())
        } else {
            Err(self.unexpected(expected))
        }
    }

    /// The text of a token.
    pub fn written(&self, token: &Token) -> &'a str {
        &self.text[token.at.clone()]
    }

    /// The bytes from `start` to the end of the last token passed.
    pub fn since(&self, start: usize) -> Bytes {
        let end = self
            .place
            .checked_sub(1)
            .map_or(start, |last| self.tokens[last].at.end);
        start..end.max(start)
    }

    pub fn unexpected(&self, expected: &str) -> ParseError {
        let token = self.ahead();
        let message = match token.kind {
            Kind::End => format!("the query ends here, expected {expected}"),
            _ => format!("unexpected {:?}, expected {expected}", self.written(token)),
        };
        let error = ParseError::new(token.at.clone(), message);
        match token.kind {
            Kind::Assign => error.help("== compares values; = compares labels, inside {…}"),
            _ => error,
        }
    }

    /// Runs `read` one level deeper.
    pub fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(too_deep(self.ahead().at.clone()));
        }
        let value = read(self);
        self.depth -= 1;
        value
    }
}

impl<T> Tall<T> {
    /// A part that holds others of at most `height`.
    pub fn over(height: usize, at: &Bytes, value: T) -> Result<Self, ParseError> {
        if height >= DEEPEST {
            return Err(too_deep(at.clone()));
        }
        Ok(Self {
            value,
            height: height + 1,
        })
    }

    pub fn leaf(value: T) -> Self {
        Self { value, height: 1 }
    }
}

fn too_deep(at: Bytes) -> ParseError {
    ParseError::new(at, format!("the query is nested more than {DEEPEST} levels deep"))
}
