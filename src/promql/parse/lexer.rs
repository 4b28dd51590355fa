use super::error::ParseError;
use super::token::{Kind, Token, Word, keyword};
use crate::promql::ast::BinaryOp;

/// Where in `[…]` the lexer stands. Prometheus reads the beginning of a bracket with other eyes than the rest:
/// up to the first number there is no comment, and a colon must have a number somewhere before it.
#[derive(Clone, Copy, PartialEq)]
enum Bracket {
    Closed,
    Beginning,
    Rest,
}

struct Lexer<'a> {
    text: &'a str,
    pos: usize,
    start: usize,
    tokens: Vec<Token>,
    parens: usize,
    braces: bool,
    bracket: Bracket,
    colon_seen: bool,
    number_seen: bool,
}

/// Splits a query into words; the last one is [`Kind::End`].
pub(super) fn lex(text: &str) -> Result<Vec<Token>, ParseError> {
    let mut lexer = Lexer {
        text,
        pos: 0,
        start: 0,
        tokens: Vec::new(),
        parens: 0,
        braces: false,
        bracket: Bracket::Closed,
        colon_seen: false,
        number_seen: false,
    };
    while lexer.token()? {}
    Ok(lexer.tokens)
}

impl Lexer<'_> {
    /// Reads one token, or the space before it. False at the end.
    fn token(&mut self) -> Result<bool, ParseError> {
        self.start = self.pos;
        let Some(c) = self.next() else {
            return self.end().map(|()| false);
        };
        match c {
            ' ' | '\t' | '\n' | '\r' => {}
            '#' if self.bracket != Bracket::Beginning => {
                let rest = &self.text[self.pos..];
                self.pos += rest.find(['\n', '\r']).unwrap_or(rest.len());
            }
            ',' => self.emit(Kind::Comma),
            '"' | '\'' => self.quoted(c)?,
            '`' => self.raw()?,
            '=' if self.accept("~") && self.braces => self.emit(Kind::Match),
            '!' if self.accept("=") => self.emit(Kind::Op(BinaryOp::NotEqual)),
            _ if self.braces => self.inside_braces(c)?,
            '0'..='9' => self.number()?,
            '.' if self.peek().is_some_and(|next| next.is_ascii_digit()) => self.number()?,
            _ => self.statement(c)?,
        }
        Ok(true)
    }

    fn inside_braces(&mut self, c: char) -> Result<(), ParseError> {
        match c {
            '}' => {
                self.braces = false;
                self.emit(Kind::RightBrace);
            }
            '=' => self.emit(Kind::Assign),
            '!' if self.accept("~") => self.emit(Kind::NotMatch),
            'a'..='z' | 'A'..='Z' | '_' => {
                self.word(|c| c.is_ascii_alphanumeric() || c == '_');
                self.emit(Kind::Name);
            }
            _ => return Err(self.unexpected(c).help("a selector looks like {label=\"value\"}")),
        }
        Ok(())
    }

    fn statement(&mut self, c: char) -> Result<(), ParseError> {
        let kind = match c {
            '+' => Kind::Op(BinaryOp::Add),
            '-' => Kind::Op(BinaryOp::Subtract),
            '*' => Kind::Op(BinaryOp::Multiply),
            '/' => Kind::Op(BinaryOp::Divide),
            '%' => Kind::Op(BinaryOp::Modulo),
            '^' => Kind::Op(BinaryOp::Power),
            '<' if self.accept("=") => Kind::Op(BinaryOp::LessEqual),
            '<' if self.accept("/") => Kind::Op(BinaryOp::TrimUpper),
            '<' => Kind::Op(BinaryOp::Less),
            '>' if self.accept("=") => Kind::Op(BinaryOp::GreaterEqual),
            '>' if self.accept("/") => Kind::Op(BinaryOp::TrimLower),
            '>' => Kind::Op(BinaryOp::Greater),
            '=' if self.text[self.start..].starts_with("=~") => {
                return Err(self.unexpected('~').help("=~ compares labels, inside {…} only"));
            }
            '=' if self.accept("=") => Kind::Op(BinaryOp::Equal),
            '=' => Kind::Assign,
            '@' => Kind::At,
            '(' => {
                self.parens += 1;
                Kind::LeftParen
            }
            ')' => {
                let Some(parens) = self.parens.checked_sub(1) else {
                    return Err(self.error("this parenthesis was never opened"));
                };
                self.parens = parens;
                Kind::RightParen
            }
            '{' => {
                self.braces = true;
                Kind::LeftBrace
            }
            '[' if self.bracket == Bracket::Closed => {
                self.bracket = Bracket::Beginning;
                self.colon_seen = false;
                Kind::LeftBracket
            }
            ']' if self.bracket != Bracket::Closed => {
                self.bracket = Bracket::Closed;
                Kind::RightBracket
            }
            ']' => return Err(self.error("this bracket was never opened")),
            ':' if self.bracket != Bracket::Closed => self.colon()?,
            'a'..='z' | 'A'..='Z' | '_' | ':' if self.bracket == Bracket::Closed => {
                self.word(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
                self.name()
            }
            'a'..='z' | 'A'..='Z' | '_' => self.duration_word()?,
            _ => return Err(self.unexpected(c)),
        };
        self.emit(kind);
        Ok(())
    }

    fn colon(&mut self) -> Result<Kind, ParseError> {
        if self.bracket == Bracket::Beginning && !self.number_seen {
            return Err(self
                .error("a subquery begins with its length")
                .help("write [1h:5m] or [1h:]"));
        }
        if std::mem::replace(&mut self.colon_seen, true) {
            return Err(self.error("a second colon in the same brackets"));
        }
        Ok(Kind::Colon)
    }

    /// `fill` is a keyword only before a parenthesis, so that series of that name stay readable.
    fn name(&mut self) -> Kind {
        let word = &self.text[self.start..self.pos];
        match keyword(word) {
            Some(Kind::Word(Word::Fill | Word::FillLeft | Word::FillRight))
                if !self.parenthesis_follows() =>
            {
                Kind::Name
            }
            Some(kind) => kind,
            None if word.contains(':') => Kind::ColonName,
            None => Kind::Name,
        }
    }

    fn parenthesis_follows(&self) -> bool {
        self.text[self.pos..]
            .trim_start_matches([' ', '\t', '\n', '\r'])
            .starts_with('(')
    }

    /// `step`, `range`, `min_of`, `max_of` in brackets.
    fn duration_word(&mut self) -> Result<Kind, ParseError> {
        self.word(|c| c.is_ascii_alphabetic() || c == '_');
        match keyword(&self.text[self.start..self.pos]) {
            Some(kind @ Kind::Word(Word::Step | Word::Range | Word::MinOf | Word::MaxOf)) => Ok(kind),
            _ => Err(self
                .error("expected a length of time")
                .help("brackets hold lengths such as 5m, 1h30m, or [1h:5m] for a subquery")),
        }
    }

    fn number(&mut self) -> Result<(), ParseError> {
        if self.bracket != Bracket::Closed {
            self.bracket = Bracket::Rest;
            self.number_seen = true;
        }
        self.pos = self.start;
        if self.plain_number() {
            self.emit(Kind::Number);
        } else if self.duration() {
            self.emit(Kind::Duration);
        } else {
            self.word(|c| c.is_ascii_alphanumeric() || c == '_');
            return Err(self
                .error("neither a number nor a duration")
                .help("durations look like 30s, 5m, 1h30m (units y w d h m s ms)"));
        }
        Ok(())
    }

    /// Prometheus' own idea of where a number ends; whether it means one is found when it is read.
    fn plain_number(&mut self) -> bool {
        let hex = self.accept("0") && self.accept("xX") && {
            self.accept("_");
            true
        };
        let digit = |c: char| {
            if hex {
                c.is_ascii_hexdigit()
            } else {
                c.is_ascii_digit()
            }
        };
        self.accept(".");
        if self.peek().is_some_and(digit) {
            self.next();
        }
        let (mut dot, mut exponent) = (false, false);
        while let Some(c) = self.peek() {
            match c {
                '.' => {
                    self.next();
                    if std::mem::replace(&mut dot, true) || self.accept("_.") || hex {
                        return false;
                    }
                }
                'e' | 'E' => {
                    self.next();
                    if std::mem::replace(&mut exponent, true) {
                        return false;
                    }
                    self.accept("+-");
                    if self.accept("._eE") || self.peek().is_none() {
                        return false;
                    }
                }
                '_' => {
                    self.next();
                    if self.accept("._eE") || self.peek().is_none() {
                        return false;
                    }
                }
                c if digit(c) => self.word(digit),
                _ => break,
            }
        }
        self.pos > self.start && !self.peek().is_some_and(continues_word)
    }

    /// The rest of a duration, after what looked like a number.
    fn duration(&mut self) -> bool {
        if !self.accept("smhdwy") {
            return false;
        }
        self.accept("s");
        while self.accept("0123456789") {
            self.word(|c| c.is_ascii_digit());
            if !self.accept("smhdw") {
                return false;
            }
            self.accept("s");
        }
        !self.peek().is_some_and(continues_word)
    }

    fn quoted(&mut self, quote: char) -> Result<(), ParseError> {
        loop {
            match self.next() {
                None | Some('\n') => return Err(self.error("this string is never closed")),
                // U+FFFD is what stands for broken UTF-8, and Prometheus takes it for such.
                Some('\u{fffd}') => return Err(self.error("broken UTF-8 in a string")),
                // Which escape it is, is found when the string is read.
                Some('\\') => {
                    self.next();
                }
                Some(c) if c == quote => break,
                Some(_) => {}
            }
        }
        self.emit(Kind::Text);
        Ok(())
    }

    fn raw(&mut self) -> Result<(), ParseError> {
        loop {
            match self.next() {
                None => return Err(self.error("this string is never closed")),
                Some('\u{fffd}') => return Err(self.error("broken UTF-8 in a string")),
                Some('`') => break,
                Some(_) => {}
            }
        }
        self.emit(Kind::Text);
        Ok(())
    }

    fn end(&mut self) -> Result<(), ParseError> {
        if self.braces {
            return Err(self
                .error("the query ends inside { }")
                .help("close the selector with }"));
        }
        if self.bracket != Bracket::Closed {
            return Err(self
                .error("the query ends inside [ ]")
                .help("close the range with ]"));
        }
        if self.parens > 0 {
            let missing = ")".repeat(self.parens.min(8));
            return Err(self
                .error("a parenthesis is never closed")
                .help(format!("{missing} is missing")));
        }
        self.emit(Kind::End);
        Ok(())
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn peek(&self) -> Option<char> {
        self.text[self.pos..].chars().next()
    }

    fn accept(&mut self, any: &str) -> bool {
        let found = self.peek().is_some_and(|c| any.contains(c));
        if found {
            self.next();
        }
        found
    }

    fn word(&mut self, mut holds: impl FnMut(char) -> bool) {
        while self.peek().is_some_and(&mut holds) {
            self.next();
        }
    }

    fn emit(&mut self, kind: Kind) {
        self.tokens.push(Token {
            kind,
            at: self.start..self.pos,
        });
    }

    fn error(&self, message: &str) -> ParseError {
        ParseError::new(self.start..self.pos, message)
    }

    fn unexpected(&self, c: char) -> ParseError {
        let error = self.error(&format!("unexpected {c:?}"));
        match c {
            '$' => error.help("template variables must be replaced before the query is read"),
            '.' => error.help("names with dots are quoted: {\"http.requests\"}"),
            _ => error,
        }
    }
}

fn continues_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
