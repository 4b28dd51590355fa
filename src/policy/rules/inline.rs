use super::push::{Cannot, push};
use super::read::{Rule, Rules};
use crate::promql::ast::{
    Aggregate, Binary, BinaryOp, Bytes, Call, Edges, Expr, ExprKind, Length, Number, Selector, Subquery,
    ValueType,
};
use crate::series::{Labels, MatchOp, Matcher};

/// Rules that read rules are followed so far.
const DEEPEST: usize = 16;

/// A query read through rules.
#[derive(Clone, Debug)]
pub struct Inlined {
    /// The query over what services show themselves.
    pub expr: Expr,
    /// Which rules it was read through, by their number among [`Rules::recording`], ascending, each once.
    pub through: Vec<usize>,
    /// Selectors, as written, that no recorded series can satisfy.
    pub empty: Vec<String>,
}

/// `query` with every recorded name read through its rule; `None` if it asks for none.
///
/// # Errors
///
/// Why a name cannot be read through its rule, in a sentence.
pub fn inline(query: &Expr, rules: &Rules) -> Result<Option<Inlined>, String> {
    let mut inliner = Inliner {
        rules,
        through: Vec::new(),
        empty: Vec::new(),
        depth: 0,
    };
    let expr = inliner.expr(query)?;
    if inliner.through.is_empty() {
        return Ok(None);
    }
    inliner.through.sort_unstable();
    inliner.through.dedup();
    Ok(Some(Inlined {
        expr,
        through: inliner.through,
        empty: inliner.empty,
    }))
}

struct Inliner<'r> {
    rules: &'r Rules,
    through: Vec<usize>,
    empty: Vec<String>,
    depth: usize,
}

impl Inliner<'_> {
    fn expr(&mut self, expr: &Expr) -> Result<Expr, String> {
        let with = |kind: ExprKind| Expr {
            at: expr.at.clone(),
            kind,
        };
        let mut boxed = |inner: &Expr| self.expr(inner).map(Box::new);
        Ok(with(match &expr.kind {
            ExprKind::Number(_) | ExprKind::Text(_) => return Ok(expr.clone()),
            ExprKind::Selector(selector) => {
                return match self.recorded(selector)? {
                    None => Ok(expr.clone()),
                    Some((recorded, interval)) => Ok(latest(recorded, interval, selector, &expr.at)),
                };
            }
            ExprKind::Range(range) => match self.recorded(&range.selector)? {
                None => return Ok(expr.clone()),
                Some((recorded, interval)) => over(recorded, range.range.clone(), interval, &range.selector),
            },
            ExprKind::Subquery(subquery) => ExprKind::Subquery(Subquery {
                expr: boxed(&subquery.expr)?,
                ..subquery.clone()
            }),
            ExprKind::Unary(sign, inner) => ExprKind::Unary(*sign, boxed(inner)?),
            ExprKind::Paren(inner) => ExprKind::Paren(boxed(inner)?),
            ExprKind::Binary(binary) => ExprKind::Binary(Binary {
                left: boxed(&binary.left)?,
                right: boxed(&binary.right)?,
                ..binary.clone()
            }),
            ExprKind::Aggregate(aggregate) => ExprKind::Aggregate(Aggregate {
                expr: boxed(&aggregate.expr)?,
                parameter: aggregate.parameter.as_deref().map(boxed).transpose()?,
                ..aggregate.clone()
            }),
            ExprKind::Call(call) => ExprKind::Call(Call {
                arguments: call
                    .arguments
                    .iter()
                    .map(|argument| self.expr(argument))
                    .collect::<Result<_, _>>()?,
                ..call.clone()
            }),
        }))
    }

    /// What is recorded under the name of `selector`, as far as its matchers let it pass, and how often [ms].
    fn recorded(&mut self, selector: &Selector) -> Result<Option<(Expr, i64)>, String> {
        let is_name = |matcher: &&Matcher| matcher.name == Labels::NAME && matcher.op == MatchOp::Equal;
        let Some(name) = selector
            .matchers
            .iter()
            .find(is_name)
            .map(|matcher| &matcher.value)
        else {
            return Ok(None);
        };
        let named: Vec<(usize, &Rule)> = (self.rules.recording.iter().map(|rule| &rule.value).enumerate())
            .filter(|(_, rule)| rule.record == *name)
            .collect();
        let Some((_, first)) = named.first() else {
            return Ok(None);
        };
        let interval = first.interval;
        if named.iter().any(|(_, rule)| rule.interval != interval) {
            return Err(format!(
                "rules that record {name} are evaluated at different intervals"
            ));
        }
        if selector.edges != Edges::Plain {
            return Err(format!(
                "{name} is recorded: anchored and smoothed ranges of it are not simulated"
            ));
        }
        if self.depth == DEEPEST {
            return Err(format!("{name} is recorded by rules that read each other"));
        }
        let matchers: Vec<&Matcher> = selector
            .matchers
            .iter()
            .filter(|matcher| matcher.name != Labels::NAME)
            .collect();
        let mut all: Option<Expr> = None;
        for (number, rule) in named {
            self.through.push(number);
            self.depth += 1;
            let inner = self.expr(&rule.expr);
            self.depth -= 1;
            let Some(one) =
                passed(inner?, rule, &matchers).map_err(|why| format!("{name} is recorded: {why}"))?
            else {
                continue;
            };
            all = Some(match all {
                None => one,
                Some(others) => binary(BinaryOp::Or, others, one),
            });
        }
        let recorded = all.unwrap_or_else(|| {
            let written = ExprKind::Selector(selector.clone());
            self.empty.push(
                Expr {
                    at: 0..0,
                    kind: written,
                }
                .to_string(),
            );
            nothing()
        });
        Ok(Some((recorded, interval.as_millis())))
    }
}

/// What of a rule passes `matchers`; `None` if nothing ever does.
fn passed(expr: Expr, rule: &Rule, matchers: &[&Matcher]) -> Result<Option<Expr>, String> {
    let mut expr = if expr.value_type() == ValueType::Scalar {
        call("vector", vec![expr])
    } else {
        expr
    };
    for matcher in matchers {
        let added = rule.labels.iter().find(|(label, _)| *label == matcher.name);
        expr = match added {
            Some((_, value)) if matcher.accepts(value) => expr,
            Some(_) => return Ok(None),
            None => match push(&expr, matcher) {
                Ok(expr) => expr,
                Err(Cannot::Never) => return Ok(None),
                Err(Cannot::Refused(why)) => return Err(why),
            },
        };
    }
    for (label, value) in &rule.labels {
        let text = |text: &str| plain(ExprKind::Text(text.to_owned()));
        // Of a replacement, `$` begins a group.
        let value = value.replace('$', "$$");
        expr = call(
            "label_replace",
            vec![expr, text(label), text(&value), text(""), text("")],
        );
    }
    Ok(Some(plain(ExprKind::Paren(Box::new(expr)))))
}

/// The latest evaluation's answer.
fn latest(recorded: Expr, interval: i64, selector: &Selector, at: &Bytes) -> Expr {
    let window = plain(over(recorded, Length::Millis(interval), interval, selector));
    Expr {
        at: at.clone(),
        ..call("last_over_time", vec![window])
    }
}

fn over(recorded: Expr, range: Length, interval: i64, selector: &Selector) -> ExprKind {
    ExprKind::Subquery(Subquery {
        expr: Box::new(recorded),
        range,
        step: Some(Length::Millis(interval)),
        shift: selector.shift.clone(),
    })
}

/// An expression that never has an answer.
fn nothing() -> Expr {
    let number = |value| {
        plain(ExprKind::Number(Number {
            value,
            duration: false,
        }))
    };
    let never = binary(BinaryOp::Greater, call("vector", vec![number(0.0)]), number(1.0));
    plain(ExprKind::Paren(Box::new(never)))
}

fn plain(kind: ExprKind) -> Expr {
    Expr { at: 0..0, kind }
}

fn call(function: &str, arguments: Vec<Expr>) -> Expr {
    plain(ExprKind::Call(Call {
        function: function.to_owned(),
        name_at: 0..0,
        arguments,
    }))
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    plain(ExprKind::Binary(Binary {
        op,
        bool_modifier: false,
        left: Box::new(left),
        right: Box::new(right),
        matching: None,
    }))
}
