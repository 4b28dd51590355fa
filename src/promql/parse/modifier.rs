use super::duration::Duration;
use super::error::ParseError;
use super::literal;
use super::parser::{Parser, Tall};
use super::token::{Kind, Word};
use crate::promql::ast::{At, Edges, Expr, ExprKind, Length, RangeSelector, Selector, Shift, Subquery};

impl Parser<'_> {
    /// `[…]`, `offset`, `@`, `anchored` and `smoothed` behind a part of the query.
    pub fn modified(&mut self, mut inner: Tall<Expr>) -> Result<Tall<Expr>, ParseError> {
        loop {
            match self.kind() {
                Kind::LeftBracket => inner = self.bracket(inner)?,
                Kind::Word(Word::Offset) => self.offset(&mut inner.value)?,
                Kind::At => self.at(&mut inner.value)?,
                Kind::Word(word @ (Word::Anchored | Word::Smoothed)) => self.edges(&mut inner.value, word)?,
                _ => return Ok(inner),
            }
        }
    }

    /// `[range]` or `[range:step]`.
    fn bracket(&mut self, inner: Tall<Expr>) -> Result<Tall<Expr>, ParseError> {
        let bracket = self.take();
        let range = self.length()?;
        let start = inner.value.at.start;
        if self.take_if(Kind::Colon) {
            let step = if self.kind() == Kind::RightBracket {
                None
            } else {
                Some(self.length()?)
            };
            self.expect(Kind::RightBracket, "']'")?;
            let at = self.since(start);
            let kind = ExprKind::Subquery(Subquery {
                expr: Box::new(inner.value),
                range,
                step,
                shift: Shift::default(),
            });
            return Tall::over(inner.height, &at.clone(), Expr { at, kind });
        }
        self.expect(Kind::RightBracket, "':' or ']'")?;
        let place = self.since(bracket.at.start);
        let ExprKind::Selector(selector) = inner.value.kind else {
            return Err(ParseError::new(place, "only a selector has a range")
                .help("a range over an expression is a subquery: [5m:]"));
        };
        if selector.shift != Shift::default() {
            return Err(ParseError::new(place, "the range comes before offset and @"));
        }
        let at = self.since(start);
        let kind = ExprKind::Range(RangeSelector {
            selector,
            selector_at: inner.value.at,
            range,
        });
        Ok(Tall::leaf(Expr { at, kind }))
    }

    /// A length in brackets, more than 0 as far as can be said before evaluation.
    fn length(&mut self) -> Result<Length, ParseError> {
        let start = self.ahead().at.start;
        match self.duration()? {
            Duration::Literal(number) if number.value <= 0.0 => Err(ParseError::new(
                self.since(start),
                "a length of time is greater than 0",
            )),
            Duration::Literal(number) => Ok(Length::Millis(literal::millis(number.value))),
            Duration::Computed(expr) => Ok(Length::Computed(Box::new(expr.value))),
        }
    }

    fn offset(&mut self, inner: &mut Expr) -> Result<(), ParseError> {
        let word = self.take();
        let offset = match self.offset_duration()? {
            Duration::Literal(number) if number.value.is_nan() => {
                return Err(ParseError::new(
                    self.since(word.at.start),
                    "an offset is a length of time",
                ));
            }
            // Less than a nanosecond is no offset at all.
            Duration::Literal(number) if libm::round(number.value * 1e9) == 0.0 => None,
            Duration::Literal(number) => Some(Length::Millis(literal::millis(number.value))),
            Duration::Computed(expr) => Some(Length::Computed(Box::new(expr.value))),
        };
        let place = self.since(word.at.start);
        let Some(shift) = shift_of(inner) else {
            return Err(ParseError::new(
                place,
                "offset follows a selector, a range or a subquery only",
            ));
        };
        if shift.offset.is_some() {
            return Err(ParseError::new(place, "a second offset"));
        }
        shift.offset = offset;
        inner.at.end = place.end;
        Ok(())
    }

    fn at(&mut self, inner: &mut Expr) -> Result<(), ParseError> {
        let sign_at = self.take();
        let moment = match self.kind() {
            Kind::Word(word @ (Word::Start | Word::End)) => {
                self.take();
                self.expect(Kind::LeftParen, "'()'")?;
                self.expect(Kind::RightParen, "')'")?;
                if word == Word::Start { At::Start } else { At::End }
            }
            _ => At::Millis(self.timestamp(sign_at.at.start)?),
        };
        let place = self.since(sign_at.at.start);
        let Some(shift) = shift_of(inner) else {
            return Err(ParseError::new(
                place,
                "@ follows a selector, a range or a subquery only",
            ));
        };
        if shift.at.is_some() {
            return Err(ParseError::new(place, "a second @"));
        }
        shift.at = Some(moment);
        inner.at.end = place.end;
        Ok(())
    }

    /// Seconds since the epoch, rounded to milliseconds.
    fn timestamp(&mut self, start: usize) -> Result<i64, ParseError> {
        let sign = super::expression::sign(self.kind());
        if sign.is_some() {
            self.take();
        }
        if !matches!(self.kind(), Kind::Number | Kind::Duration) {
            return Err(self.unexpected("a timestamp in seconds, start() or end()"));
        }
        let seconds = self.number()?.value;
        let millis = libm::round(seconds * 1000.0);
        if !millis.is_finite() || millis.abs() >= i64::MAX as f64 {
            return Err(ParseError::new(
                self.since(start),
                "this timestamp is out of range",
            ));
        }
        let millis = millis as i64;
        Ok(if sign == Some(crate::promql::ast::Sign::Minus) {
            -millis
        } else {
            millis
        })
    }

    fn edges(&mut self, inner: &mut Expr, word: Word) -> Result<(), ParseError> {
        let token = self.take();
        let written = self.written(token).to_ascii_lowercase();
        let error = |message: String| ParseError::new(token.at.clone(), message);
        if !self.options.extended_ranges {
            return Err(error(format!("{written} is experimental")).help(
                "a Prometheus server takes it only with --enable-feature=promql-extended-range-selectors",
            ));
        }
        let Some(selector) = selector_of(inner) else {
            return Err(error(format!("{written} follows a selector or a range only")));
        };
        let edges = match word {
            Word::Smoothed => Edges::Smoothed,
            _ => Edges::Anchored,
        };
        if selector.edges != Edges::Plain && selector.edges != edges {
            return Err(error("anchored and smoothed exclude each other".to_owned()));
        }
        selector.edges = edges;
        inner.at.end = token.at.end;
        Ok(())
    }
}

fn selector_of(expr: &mut Expr) -> Option<&mut Selector> {
    match &mut expr.kind {
        ExprKind::Selector(selector) => Some(selector),
        ExprKind::Range(range) => Some(&mut range.selector),
        _ => None,
    }
}

fn shift_of(expr: &mut Expr) -> Option<&mut Shift> {
    match &mut expr.kind {
        ExprKind::Subquery(subquery) => Some(&mut subquery.shift),
        ExprKind::Selector(selector) => Some(&mut selector.shift),
        ExprKind::Range(range) => Some(&mut range.selector.shift),
        _ => None,
    }
}
