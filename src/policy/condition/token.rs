//! Text to tokens (expr `parser/lexer`).

use std::ops::Range;

use super::ConditionError;
use super::release::Dialect;

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'t> {
    pub at: Range<usize>,
    pub kind: Kind<'t>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'t> {
    /// A name, `true`, `false` and `nil` among them.
    Name(&'t str),
    /// A number as written.
    Number(&'t str),
    /// A text, unescaped.
    Text(String),
    /// An operator or one of the words that are operators.
    Operator(&'t str),
    /// One of `()[]{}`.
    Bracket(char),
    /// The end.
    End,
}

/// All tokens of `text`, the end included.
pub(super) fn tokens(text: &str, dialect: Dialect) -> Result<Vec<Token<'_>>, ConditionError> {
    let mut lexer = Lexer {
        text,
        dialect,
        place: 0,
    };
    let mut found = Vec::new();
    while let Some(token) = lexer.token()? {
        found.push(token);
    }
    found.push(Token {
        at: text.len()..text.len(),
        kind: Kind::End,
    });
    Ok(found)
}

const LATER_SEMICOLON: &str = "conditions of Argo Rollouts 1.5 and 1.6 have no `;` and no `let`";

struct Lexer<'t> {
    text: &'t str,
    dialect: Dialect,
    place: usize,
}

impl<'t> Lexer<'t> {
    fn peek(&self) -> Option<char> {
        self.text[self.place..].chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.place += next.len_utf8();
        Some(next)
    }

    fn accept(&mut self, any: &str) -> bool {
        let fits = self.peek().is_some_and(|next| any.contains(next));
        if fits {
            self.place += 1;
        }
        fits
    }

    fn run(&mut self, fits: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&fits) {
            self.take();
        }
    }

    fn token(&mut self) -> Result<Option<Token<'t>>, ConditionError> {
        self.blanks()?;
        let start = self.place;
        let text = self.text;
        let Some(first) = self.take() else { return Ok(None) };
        let kind = match first {
            '\'' | '"' => Kind::Text(self.quoted(start, first)?),
            '`' if self.dialect == Dialect::V1_17 => Kind::Text(self.raw(start)?),
            'b' | 'B' if matches!(self.peek(), Some('\'' | '"')) => {
                return Err(ConditionError::unsupported(
                    start..self.place,
                    "bytes literals (b'…')",
                ));
            }
            '0'..='9' => self.number(start)?,
            '(' | ')' | '[' | ']' | '{' | '}' => Kind::Bracket(first),
            '.' if self.peek().is_some_and(|next| next.is_ascii_digit()) => {
                self.place = start;
                self.number(start)?
            }
            _ if is_alphanumeric(first) => {
                self.run(is_alphanumeric);
                match &text[start..self.place] {
                    word @ ("not" | "in" | "or" | "and" | "matches" | "contains" | "startsWith"
                    | "endsWith") => Kind::Operator(word),
                    "let" if self.dialect >= Dialect::V1_15 => Kind::Operator("let"),
                    word @ ("if" | "else") if self.dialect == Dialect::V1_17 => Kind::Operator(word),
                    word => Kind::Name(word),
                }
            }
            _ => {
                match first {
                    '?' => self.accept(".?"),
                    '|' => self.accept("|"),
                    ':' => self.dialect == Dialect::V1_17 && self.accept(":"),
                    '.' => self.accept("."),
                    '#' => self.accept("#"),
                    '&' | '!' | '=' | '*' | '<' | '>' => self.accept("&=*"),
                    ';' if self.dialect == Dialect::V1_12 => {
                        let error = ConditionError::other(start..self.place, "unrecognized character: ';'");
                        return Err(error.help(LATER_SEMICOLON));
                    }
                    '/' | ',' | ';' | '%' | '+' | '-' | '^' => false,
                    _ => {
                        let message = format!("unrecognized character: {first:?}");
                        return Err(ConditionError::other(start..self.place, message));
                    }
                };
                Kind::Operator(&text[start..self.place])
            }
        };
        Ok(Some(Token {
            at: start..self.place,
            kind,
        }))
    }

    /// Blanks and comments.
    fn blanks(&mut self) -> Result<(), ConditionError> {
        loop {
            self.run(char::is_whitespace);
            let rest = &self.text[self.place..];
            if rest.starts_with("//") {
                self.run(|next| next != '\n');
            } else if let Some(comment) = rest.strip_prefix("/*") {
                let Some(length) = comment.find("*/") else {
                    return Err(ConditionError::other(
                        self.place..self.text.len(),
                        "unclosed comment",
                    ));
                };
                self.place += length + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn number(&mut self, start: usize) -> Result<Kind<'t>, ConditionError> {
        let mut base = 10;
        if self.text[start..].starts_with('0') {
            self.place = start + 1;
            if self.accept("xX") {
                base = 16;
            } else if self.dialect < Dialect::V1_17 {
                // 0o7 and 0b1 came later: what follows the 0 is bad number syntax.
            } else if self.accept("oO") {
                base = 8;
            } else if self.accept("bB") {
                base = 2;
            }
        }
        let digit = move |next: char| next == '_' || next.is_digit(base);
        self.run(digit);
        let whole = self.place;
        if self.accept(".") {
            if self.peek() == Some('.') {
                // `1..2`: the dots are an operator.
                self.place = whole;
                return Ok(Kind::Number(&self.text[start..whole]));
            }
            self.run(digit);
        }
        if self.accept("eE") {
            self.accept("+-");
            self.run(digit);
        }
        if self.peek().is_some_and(is_alphanumeric) {
            self.take();
            let message = format!("bad number syntax: {:?}", &self.text[start..self.place]);
            return Err(ConditionError::other(start..self.place, message));
        }
        Ok(Kind::Number(&self.text[start..self.place]))
    }

    /// A text between backticks; two of them stand for one.
    fn raw(&mut self, start: usize) -> Result<String, ConditionError> {
        let mut text = String::new();
        while let Some(next) = self.take() {
            if next != '`' {
                text.push(next);
            } else if !self.accept("`") {
                return Ok(text);
            } else {
                text.push('`');
            }
        }
        Err(ConditionError::other(start..self.place, "literal not terminated"))
    }

    /// A text in quotes, unescaped.
    fn quoted(&mut self, start: usize, quote: char) -> Result<String, ConditionError> {
        let mut text = String::new();
        loop {
            match self.take() {
                None | Some('\n') => {
                    return Err(ConditionError::other(start..self.place, "literal not terminated"));
                }
                Some('\\') => {
                    let escape = self.place - 1;
                    let Some(meant) = self.escape(quote) else {
                        return Err(ConditionError::other(escape..self.place, "invalid char escape"));
                    };
                    text.push(meant);
                }
                Some('\r') => text.push('\n'),
                Some(next) if next == quote => return Ok(text),
                Some(next) => text.push(next),
            }
        }
    }

    fn escape(&mut self, quote: char) -> Option<char> {
        let code = match self.take()? {
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            '\\' => return Some('\\'),
            other if other == quote => return Some(quote),
            first @ '0'..='3' => 64 * u32::from(first as u8 - b'0') + self.digits(8, 2)?,
            'x' => self.digits(16, 2)?,
            'u' if self.dialect == Dialect::V1_17 && self.accept("{") => {
                let start = self.place;
                self.run(|next| next.is_ascii_hexdigit());
                let digits = &self.text[start..self.place];
                let code = (digits.len() <= 6).then(|| u32::from_str_radix(digits, 16).ok())??;
                self.accept("}").then_some(code)?
            }
            'u' => self.digits(16, 4)?,
            'U' => self.digits(16, 8)?,
            _ => return None,
        };
        // Go writes the replacement character for half a surrogate pair.
        (code <= 0x0010_FFFF).then(|| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn digits(&mut self, base: u32, count: usize) -> Option<u32> {
        (0..count).try_fold(0_u32, |code, _| {
            let digit = self.take()?.to_digit(base)?;
            code.checked_mul(base)?.checked_add(digit)
        })
    }
}

fn is_alphanumeric(next: char) -> bool {
    next == '_' || next == '$' || next.is_alphabetic() || next.is_numeric()
}
