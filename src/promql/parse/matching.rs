use super::error::ParseError;
use super::expression::sign;
use super::parser::Parser;
use super::token::{Kind, Word};
use crate::promql::ast::{Matching, Side, Sign};

impl Parser<'_> {
    /// `on (…) group_left (…) fill (…)`, if any of it is there.
    pub fn matching(&mut self) -> Result<Option<Matching>, ParseError> {
        let start = self.ahead().at.start;
        let mut matching = Matching::default();
        let found = matches!(self.kind(), Kind::Word(Word::On | Word::Ignoring));
        if found {
            matching.on = self.take().kind == Kind::Word(Word::On);
            matching.labels = self.labels()?;
            let side = match self.kind() {
                Kind::Word(Word::GroupLeft) => Some(Side::Left),
                Kind::Word(Word::GroupRight) => Some(Side::Right),
                _ => None,
            };
            if let Some(side) = side {
                self.take();
                let labels = if self.kind() == Kind::LeftParen {
                    self.labels()?
                } else {
                    Vec::new()
                };
                matching.group = Some((side, labels));
            }
        }
        let filled = self.fill(&mut matching)?;
        if filled && !self.options.fill {
            return Err(
                ParseError::new(self.since(start), "fill modifiers are experimental").help(
                    "a Prometheus server takes them only with --enable-feature=promql-binop-fill-modifiers",
                ),
            );
        }
        Ok((found || filled).then_some(matching))
    }

    /// `fill (x)`, or `fill_left (x)` and `fill_right (y)` in any order.
    fn fill(&mut self, matching: &mut Matching) -> Result<bool, ParseError> {
        if self.take_if(Kind::Word(Word::Fill)) {
            let value = self.fill_value()?;
            matching.fill_left = Some(value);
            matching.fill_right = Some(value);
            matching.fill_once = true;
            return Ok(true);
        }
        let mut found = false;
        loop {
            match self.kind() {
                Kind::Word(Word::FillLeft) if matching.fill_left.is_none() => {
                    self.take();
                    matching.fill_left = Some(self.fill_value()?);
                }
                Kind::Word(Word::FillRight) if matching.fill_right.is_none() => {
                    self.take();
                    matching.fill_right = Some(self.fill_value()?);
                }
                _ => return Ok(found),
            }
            found = true;
        }
    }

    fn fill_value(&mut self) -> Result<f64, ParseError> {
        self.expect(Kind::LeftParen, "'(' and a number")?;
        let sign = sign(self.kind());
        if sign.is_some() {
            self.take();
        }
        let value = self.number()?.value;
        self.expect(Kind::RightParen, "')'")?;
        Ok(if sign == Some(Sign::Minus) { -value } else { value })
    }
}
