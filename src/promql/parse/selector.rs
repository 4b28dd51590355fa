use super::error::ParseError;
use super::parser::Parser;
use super::token::Kind;
use crate::promql::ast::{BinaryOp, Edges, Selector, Shift};
use crate::series::{Labels, MatchOp, Matcher};

impl Parser<'_> {
    /// The rest of a selector whose name, if any, has been passed.
    pub fn selector(&mut self, name: Option<&str>) -> Result<Selector, ParseError> {
        let mut matchers = Vec::new();
        if let Some(name) = name {
            let at = self.since(self.ahead().at.start);
            matchers.push(matcher(Labels::NAME, MatchOp::Equal, name, at)?);
        }
        if self.take_if(Kind::LeftBrace) {
            while !self.take_if(Kind::RightBrace) {
                let start = self.ahead().at.start;
                let found = self.matcher()?;
                if found.name == Labels::NAME && name.is_some() {
                    return Err(ParseError::new(
                        self.since(start),
                        "the name of the series is set twice",
                    ));
                }
                matchers.push(found);
                if self.kind() != Kind::RightBrace {
                    self.expect(Kind::Comma, "',' or '}'")?;
                }
            }
        }
        Ok(Selector {
            name: name.map(str::to_owned),
            matchers,
            shift: Shift::default(),
            edges: Edges::Plain,
        })
    }

    /// `label="value"`, or `"name"` alone.
    fn matcher(&mut self) -> Result<Matcher, ParseError> {
        let label = self.ahead();
        let name = match label.kind {
            Kind::Text => {
                let name = self.string()?;
                if matches!(self.kind(), Kind::Comma | Kind::RightBrace) {
                    return matcher(Labels::NAME, MatchOp::Equal, &name, label.at.clone());
                }
                name
            }
            Kind::Name => self.take_text().to_owned(),
            _ => return Err(self.unexpected("a label or '}'")),
        };
        let op = match self.kind() {
            Kind::Assign => MatchOp::Equal,
            Kind::Op(BinaryOp::NotEqual) => MatchOp::NotEqual,
            Kind::Match => MatchOp::Regex,
            Kind::NotMatch => MatchOp::NotRegex,
            _ => return Err(self.unexpected("=, !=, =~ or !~")),
        };
        self.take();
        let at = self.ahead().at.clone();
        let value = self.string()?;
        matcher(&name, op, &value, at)
    }
}

fn matcher(name: &str, op: MatchOp, value: &str, at: std::ops::Range<usize>) -> Result<Matcher, ParseError> {
    Matcher::new(name, op, value).map_err(|error| {
        let text = error.to_string();
        let why = text
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        ParseError::new(at, format!("not a regular expression: {why}"))
    })
}
