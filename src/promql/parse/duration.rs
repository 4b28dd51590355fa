use super::error::ParseError;
use super::expression::{POWER, binding, right_of, sign};
use super::literal::{LONGEST_SECONDS, TOO_LONG};
use super::parser::{Parser, Tall};
use super::token::{Kind, Word};
use crate::promql::ast::{BinaryOp, Bytes, DurationExpr, DurationKind, Number, Sign};

/// A length as read: a literal, its sign included, stays one until it is computed with.
pub(super) enum Duration {
    Literal(Number),
    Computed(Tall<DurationExpr>),
}

type Read = Result<Duration, ParseError>;

impl Parser<'_> {
    /// Arithmetic on lengths.
    pub fn duration(&mut self) -> Read {
        self.duration_sum(binding(BinaryOp::Add))
    }

    /// What follows `offset`. A literal, a call or a sign before either ends there, so that `x offset 1m * 2` is twice
    /// `x offset 1m`; what begins with a bare parenthesis takes all the arithmetic behind it.
    pub fn offset_duration(&mut self) -> Read {
        let start = self.ahead().at.start;
        match sign(self.kind()) {
            None if self.kind() == Kind::LeftParen => self.duration(),
            None => self.duration_primary(),
            Some(_) if sign(self.kind_after()).is_some() => self.duration(),
            Some(sign) => {
                self.take();
                let inner = self.duration_primary()?;
                signed(sign, inner, self.since(start))
            }
        }
    }

    fn duration_sum(&mut self, weakest: u8) -> Read {
        self.deeper(|parser| {
            let start = parser.ahead().at.start;
            let mut left = match sign(parser.kind()) {
                Some(sign) => {
                    parser.take();
                    let inner = parser.duration_sum(POWER)?;
                    signed(sign, inner, parser.since(start))?
                }
                None => parser.duration_primary()?,
            };
            let mut left_at = parser.since(start);
            while let Kind::Op(op) = parser.kind()
                && matches!(
                    op,
                    BinaryOp::Add
                        | BinaryOp::Subtract
                        | BinaryOp::Multiply
                        | BinaryOp::Divide
                        | BinaryOp::Modulo
                        | BinaryOp::Power
                )
                && binding(op) >= weakest
            {
                parser.take();
                let right_start = parser.ahead().at.start;
                let right = parser.duration_sum(right_of(op))?;
                let right_at = parser.since(right_start);
                if let (BinaryOp::Divide | BinaryOp::Modulo, Duration::Literal(number)) = (op, &right)
                    && number.value == 0.0
                {
                    return Err(ParseError::new(right_at, "division by zero"));
                }
                let at = parser.since(start);
                let (left_side, right_side) = (left.computed(left_at), right.computed(right_at));
                let height = left_side.height.max(right_side.height);
                let kind = DurationKind::Binary(op, Box::new(left_side.value), Box::new(right_side.value));
                left = Duration::over(height, at.clone(), kind)?;
                left_at = at;
            }
            Ok(left)
        })
    }

    fn duration_primary(&mut self) -> Read {
        let start = self.ahead().at.start;
        let kind = self.kind();
        match kind {
            Kind::Number | Kind::Duration => {
                let number = self.number()?;
                in_range(number, self.since(start))
            }
            Kind::LeftParen => {
                self.take();
                let inner = self.duration()?;
                let inner_at = self.since(start + 1);
                self.expect(Kind::RightParen, "an operator or ')'")?;
                let mut inner = inner.computed(inner_at);
                // Parentheses in parentheses are one pair.
                if let DurationKind::Paren(_) = inner.value.kind {
                    inner.value.at = self.since(start);
                    return Ok(Duration::Computed(inner));
                }
                let kind = DurationKind::Paren(Box::new(inner.value));
                Duration::over(inner.height, self.since(start), kind)
            }
            Kind::Word(Word::Step | Word::Range) => {
                self.take();
                self.expect(Kind::LeftParen, "'()'")?;
                self.expect(Kind::RightParen, "')'")?;
                let kind = if kind == Kind::Word(Word::Step) {
                    DurationKind::Step
                } else {
                    DurationKind::Range
                };
                Duration::over(0, self.since(start), kind)
            }
            Kind::Word(Word::MinOf | Word::MaxOf) => {
                self.take();
                self.expect(Kind::LeftParen, "'('")?;
                let (first, first_height) = self.operand()?;
                self.expect(Kind::Comma, "','")?;
                let (second, second_height) = self.operand()?;
                self.expect(Kind::RightParen, "')'")?;
                let kind = if kind == Kind::Word(Word::MinOf) {
                    DurationKind::MinOf(first, second)
                } else {
                    DurationKind::MaxOf(first, second)
                };
                Duration::over(first_height.max(second_height), self.since(start), kind)
            }
            _ => Err(self.unexpected("a length of time such as 5m")),
        }
    }

    fn operand(&mut self) -> Result<(Box<DurationExpr>, usize), ParseError> {
        let start = self.ahead().at.start;
        let read = self.duration()?;
        let read = read.computed(self.since(start));
        Ok((Box::new(read.value), read.height))
    }
}

impl Duration {
    fn computed(self, at: Bytes) -> Tall<DurationExpr> {
        match self {
            Self::Literal(number) => Tall::leaf(DurationExpr {
                at,
                kind: DurationKind::Number(number),
            }),
            Self::Computed(expr) => expr,
        }
    }

    fn over(height: usize, at: Bytes, kind: DurationKind) -> Read {
        Tall::over(height, &at.clone(), DurationExpr { at, kind }).map(Self::Computed)
    }
}

/// A sign before a length. Plus changes nothing and is forgotten.
fn signed(sign: Sign, inner: Duration, at: Bytes) -> Read {
    match (sign, inner) {
        (Sign::Plus, inner) => Ok(inner),
        (Sign::Minus, Duration::Literal(number)) => {
            let value = -number.value;
            in_range(Number { value, ..number }, at)
        }
        (Sign::Minus, Duration::Computed(inner)) => {
            Duration::over(inner.height, at, DurationKind::Unary(sign, Box::new(inner.value)))
        }
    }
}

fn in_range(number: Number, at: Bytes) -> Read {
    if number.value.abs() > LONGEST_SECONDS {
        return Err(ParseError::new(at, TOO_LONG));
    }
    Ok(Duration::Literal(number))
}
