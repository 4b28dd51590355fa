use super::error::ParseError;
use super::functions::{FUNCTIONS, function};
use super::parser::{Parser, Tall};
use super::token::{Kind, Token, Word};
use crate::promql::ast::{Aggregate, Call, Expr, ExprKind};

impl Parser<'_> {
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

    pub fn call(&mut self) -> Result<Tall<Expr>, ParseError> {
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

    pub fn aggregate(&mut self) -> Result<Tall<Expr>, ParseError> {
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
    pub fn labels(&mut self) -> Result<Vec<String>, ParseError> {
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
}

/// Whether an aggregation takes a parameter before what it aggregates.
fn takes_parameter(op: &str) -> bool {
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
