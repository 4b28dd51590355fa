use super::error::ParseError;
use super::literal;
use super::parser::{Parser, Tall};
use super::token::{Kind, Word};
use crate::promql::ast::{Binary, BinaryOp, Expr, ExprKind, Number, Sign};

/// How tightly an operator binds; `^` alone leans to the right. A sign binds like `*`.
pub(super) const fn binding(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And | BinaryOp::Unless => 2,
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual
        | BinaryOp::TrimUpper
        | BinaryOp::TrimLower => 3,
        BinaryOp::Add | BinaryOp::Subtract => 4,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo | BinaryOp::Atan2 => 5,
        BinaryOp::Power => POWER,
    }
}

/// The binding of `^`.
pub(super) const POWER: u8 = 6;

/// The weakest binding on the right side of an operator.
pub(super) const fn right_of(op: BinaryOp) -> u8 {
    let own = binding(op);
    if own == POWER { own } else { own + 1 }
}

pub(super) const fn sign(kind: Kind) -> Option<Sign> {
    match kind {
        Kind::Op(BinaryOp::Add) => Some(Sign::Plus),
        Kind::Op(BinaryOp::Subtract) => Some(Sign::Minus),
        _ => None,
    }
}

impl Parser<'_> {
    pub fn expression(&mut self) -> Result<Tall<Expr>, ParseError> {
        self.binary(1)
    }

    /// Operators that bind at least as tightly as `weakest`, and what they join.
    fn binary(&mut self, weakest: u8) -> Result<Tall<Expr>, ParseError> {
        self.deeper(|parser| {
            let mut left = parser.signed()?;
            while let Kind::Op(op) = parser.kind()
                && binding(op) >= weakest
            {
                parser.take();
                let bool_modifier = parser.take_if(Kind::Word(Word::Bool));
                let matching = parser.matching()?;
                let right = parser.binary(right_of(op))?;
                let at = left.value.at.start..right.value.at.end;
                let height = left.height.max(right.height);
                let kind = ExprKind::Binary(Binary {
                    op,
                    bool_modifier,
                    left: Box::new(left.value),
                    right: Box::new(right.value),
                    matching,
                });
                left = Tall::over(height, &at.clone(), Expr { at, kind })?;
            }
            Ok(left)
        })
    }

    fn signed(&mut self) -> Result<Tall<Expr>, ParseError> {
        let Some(sign) = sign(self.kind()) else {
            let primary = self.primary()?;
            return self.modified(primary);
        };
        let start = self.take().at.start;
        let inner = self.binary(POWER)?;
        let at = start..inner.value.at.end;
        if let ExprKind::Number(number) = inner.value.kind {
            let value = match sign {
                Sign::Minus => -number.value,
                Sign::Plus => number.value,
            };
            let kind = ExprKind::Number(Number { value, ..number });
            return Ok(Tall::leaf(Expr { at, kind }));
        }
        let kind = ExprKind::Unary(sign, Box::new(inner.value));
        Tall::over(inner.height, &at.clone(), Expr { at, kind })
    }

    fn primary(&mut self) -> Result<Tall<Expr>, ParseError> {
        let token = self.ahead();
        let start = token.at.start;
        let kind = match token.kind {
            Kind::Number | Kind::Duration => ExprKind::Number(self.number()?),
            Kind::Text => ExprKind::Text(self.string()?),
            Kind::LeftParen => {
                self.take();
                let inner = self.expression()?;
                self.expect(Kind::RightParen, "an operator or ')'")?;
                let at = self.since(start);
                let kind = ExprKind::Paren(Box::new(inner.value));
                return Tall::over(inner.height, &at.clone(), Expr { at, kind });
            }
            Kind::Aggregator if opens_aggregation(self.kind_after()) => return self.aggregate(),
            kind if kind.calls() && self.kind_after() == Kind::LeftParen => return self.call(),
            Kind::LeftBrace => ExprKind::Selector(self.selector(None)?),
            kind if kind.names_a_series() => {
                let name = self.take_text();
                ExprKind::Selector(self.selector(Some(name))?)
            }
            _ => return Err(self.unexpected("a series, a number, a function or '('")),
        };
        let at = self.since(start);
        Ok(Tall::leaf(Expr { at, kind }))
    }

    /// A number or a duration.
    pub fn number(&mut self) -> Result<Number, ParseError> {
        let token = self.ahead();
        let written = self.written(token);
        let number = match token.kind {
            Kind::Duration => literal::duration(written).map(|nanos| Number {
                value: literal::seconds(nanos),
                duration: true,
            }),
            Kind::Number => literal::number(written)
                .map_err(str::to_owned)
                .map(|value| Number {
                    value,
                    duration: false,
                }),
            _ => return Err(self.unexpected("a number or a duration")),
        };
        self.take();
        number.map_err(|why| ParseError::new(token.at.clone(), why))
    }

    /// A quoted string.
    pub fn string(&mut self) -> Result<String, ParseError> {
        let token = self.expect(Kind::Text, "a quoted string")?;
        literal::unquote(self.written(token)).map_err(|(offset, why)| {
            let at = if offset == 0 {
                token.at.clone()
            } else {
                // The backslash and the character after it.
                let start = token.at.start + offset;
                let next = self.text[start + 1..].chars().next().map_or(0, char::len_utf8);
                start..start + 1 + next
            };
            ParseError::new(at, why)
        })
    }
}

const fn opens_aggregation(after: Kind) -> bool {
    matches!(after, Kind::LeftParen | Kind::Word(Word::By | Word::Without))
}
