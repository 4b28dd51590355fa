use super::error::ParseError;
use super::functions::{FUNCTIONS, function};
use super::literal;
use super::parser::{Parser, Tall};
use super::token::{Kind, Token, Word};
use crate::promql::ast::{Aggregate, Binary, BinaryOp, Call, Expr, ExprKind, Matching, Number, Side, Sign};

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

    /// What stands in the parentheses of a call.
    fn arguments(&mut self) -> Result<(Vec<Expr>, usize), ParseError> {
        self.expect(Kind::LeftParen, "'('")?;
        let mut arguments = Vec::new();
        let mut height = 0;
        if self.take_if(Kind::RightParen) {
            return Ok((arguments, height));
        }
        loop {
            let argument = self.expression()?;
            height = height.max(argument.height);
            arguments.push(argument.value);
            let comma = self.ahead();
            if !self.take_if(Kind::Comma) {
                self.expect(Kind::RightParen, "',' or ')'")?;
                return Ok((arguments, height));
            }
            if self.kind() == Kind::RightParen {
                return Err(ParseError::new(
                    comma.at.clone(),
                    "no comma after the last argument",
                ));
            }
        }
    }

    fn call(&mut self) -> Result<Tall<Expr>, ParseError> {
        let name = self.take();
        let written = self.written(name);
        let known = match function(written) {
            None => return Err(unknown_function(name, written)),
            Some(known) if known.experimental && !self.options.experimental_functions => {
                let message = format!("the function {written} is experimental");
                return Err(ParseError::new(name.at.clone(), message).help(
                    "a Prometheus server takes it only with --enable-feature=promql-experimental-functions",
                ));
            }
            Some(known) => known,
        };
        let (arguments, height) = self.arguments()?;
        let at = self.since(name.at.start);
        let kind = ExprKind::Call(Call {
            function: known.name.to_owned(),
            name_at: name.at.clone(),
            arguments,
        });
        Tall::over(height, &at.clone(), Expr { at, kind })
    }

    fn aggregate(&mut self) -> Result<Tall<Expr>, ParseError> {
        let name = self.take();
        let op = self.written(name).to_ascii_lowercase();
        let mut grouping = self.grouping()?;
        let (mut arguments, height) = self.arguments()?;
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        let at = self.since(name.at.start);
        if matches!(op.as_str(), "limitk" | "limit_ratio") && !self.options.experimental_functions {
            return Err(
                ParseError::new(name.at.clone(), format!("the aggregation {op} is experimental")).help(
                    "a Prometheus server takes it only with --enable-feature=promql-experimental-functions",
                ),
            );
        }
        let wanted = if takes_parameter(&op) { 2 } else { 1 };
        if arguments.len() != wanted {
            let message = format!("{op} takes {wanted} argument(s), not {}", arguments.len());
            return Err(ParseError::new(at, message));
        }
        let (without, labels) = grouping.unwrap_or_default();
        let expr = Box::new(arguments.remove(wanted - 1));
        let kind = ExprKind::Aggregate(Aggregate {
            op,
            parameter: arguments.pop().map(Box::new),
            expr,
            without,
            labels,
        });
        Tall::over(height, &at.clone(), Expr { at, kind })
    }

    /// `by (…)` or `without (…)`, if there is one.
    fn grouping(&mut self) -> Result<Option<(bool, Vec<String>)>, ParseError> {
        let without = match self.kind() {
            Kind::Word(Word::By) => false,
            Kind::Word(Word::Without) => true,
            _ => return Ok(None),
        };
        self.take();
        Ok(Some((without, self.labels()?)))
    }

    /// `(a, "b c",)`
    fn labels(&mut self) -> Result<Vec<String>, ParseError> {
        self.expect(Kind::LeftParen, "'(' and the labels")?;
        let mut labels = Vec::new();
        while !self.take_if(Kind::RightParen) {
            let token = self.ahead();
            let label = match token.kind {
                Kind::Text => self.string()?,
                kind if kind.names_a_label() => self.take_text().to_owned(),
                _ => return Err(self.unexpected("a label")),
            };
            if label.is_empty() {
                return Err(ParseError::new(token.at.clone(), "a label has a name"));
            }
            labels.push(label);
            if self.kind() != Kind::RightParen {
                self.expect(Kind::Comma, "',' or ')'")?;
            }
        }
        Ok(labels)
    }

    /// `on (…) group_left (…) fill (…)`, if any of it is there.
    fn matching(&mut self) -> Result<Option<Matching>, ParseError> {
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

const fn opens_aggregation(after: Kind) -> bool {
    matches!(after, Kind::LeftParen | Kind::Word(Word::By | Word::Without))
}

/// Whether an aggregation takes a parameter before what it aggregates.
pub(super) fn takes_parameter(op: &str) -> bool {
    matches!(
        op,
        "bottomk" | "count_values" | "limit_ratio" | "limitk" | "quantile" | "topk"
    )
}

fn unknown_function(name: &Token, written: &str) -> ParseError {
    let error = ParseError::new(name.at.clone(), format!("there is no function {written:?}"));
    let lower = written.to_ascii_lowercase();
    match written {
        "holt_winters" => {
            error.help("Prometheus 3 calls it double_exponential_smoothing, which is experimental")
        }
        _ if FUNCTIONS.iter().any(|known| known.name == lower) => {
            error.help(format!("write {lower}; case matters here"))
        }
        _ => error,
    }
}
