//! The selectors of a query, each with what is done to it.

use crate::promql::ast::{Aggregate, Bytes, Expr, ExprKind, Length, Selector};
use crate::series::{MatchOp, Matcher};

/// One selector of a query.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// Where the selector stands in the query; names it.
    pub at: Bytes,
    /// Name of the metric.
    pub name: String,
    /// The other matchers.
    pub matchers: Vec<Matcher>,
    /// Under `rate`, `irate` or `increase`.
    pub rated: bool,
    /// Inside `histogram_quantile`.
    pub quantile: bool,
    /// The window in milliseconds, if it is a literal.
    pub range: Option<i64>,
    /// Labels that aggregations around it keep with `by`.
    pub kept: Vec<String>,
    /// Under `increase`: not per second.
    pub increased: bool,
    /// Under a function that tells how it changes, not how high it is.
    pub differenced: bool,
    /// The aggregation next around it is a sum.
    pub summed: bool,
}

impl Use {
    /// The stem of a histogram's name and its part (`_bucket`, `_sum`, `_count`), if it may be one.
    pub fn part(&self) -> Option<(&str, &'static str)> {
        ["_bucket", "_sum", "_count"]
            .into_iter()
            .find_map(|part| Some((self.name.strip_suffix(part)?, part)))
    }

    /// The matcher that says what label `name` must be.
    pub fn matchers_of<'u>(&'u self, name: &'u str) -> impl Iterator<Item = &'u Matcher> {
        self.matchers.iter().filter(move |matcher| matcher.name == name)
    }
}

/// The selectors of `expr` in the order of the text; a selector without a name is left out.
pub(super) fn uses(expr: &Expr) -> Vec<Use> {
    let mut found = Vec::new();
    walk(expr, &Around::default(), &mut found);
    found
}

/// Whether `expr` reads any series at all.
pub(super) fn reads_series(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Selector(_) | ExprKind::Range(_))
        || expr.children().into_iter().any(reads_series)
}

#[derive(Clone, Default)]
struct Around {
    rated: bool,
    increased: bool,
    differenced: bool,
    summed: bool,
    quantile: bool,
    kept: Vec<String>,
}

fn walk(expr: &Expr, around: &Around, found: &mut Vec<Use>) {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Text(_) => {}
        ExprKind::Selector(selector) => found.extend(one(selector, &expr.at, None, around)),
        ExprKind::Range(range) => {
            let window = match range.range {
                Length::Millis(ms) => Some(ms),
                Length::Computed(_) => None,
            };
            found.extend(one(&range.selector, &range.selector_at, window, around));
        }
        ExprKind::Subquery(subquery) => {
            let mut inside = around.clone();
            inside.rated = false;
            walk(&subquery.expr, &inside, found);
        }
        ExprKind::Unary(_, inside) | ExprKind::Paren(inside) => walk(inside, around, found),
        ExprKind::Binary(binary) => {
            walk(&binary.left, around, found);
            walk(&binary.right, around, found);
        }
        ExprKind::Aggregate(aggregate) => {
            let mut inside = around.clone();
            inside.summed = aggregate.op == "sum";
            if !aggregate.without {
                inside.kept.extend(aggregate.labels.iter().cloned());
            }
            walk(&aggregate.expr, &inside, found);
        }
        ExprKind::Call(call) => {
            let mut inside = around.clone();
            inside.rated |= matches!(call.function.as_str(), "rate" | "irate" | "increase");
            inside.increased |= call.function == "increase";
            inside.differenced |= matches!(
                call.function.as_str(),
                "delta" | "idelta" | "deriv" | "predict_linear" | "changes" | "resets"
            );
            inside.quantile |= call.function == "histogram_quantile";
            for argument in &call.arguments {
                walk(argument, &inside, found);
            }
        }
    }
}

fn one(selector: &Selector, at: &Bytes, range: Option<i64>, around: &Around) -> Option<Use> {
    let is_name = |matcher: &&Matcher| matcher.name == "__name__" && matcher.op == MatchOp::Equal;
    let name = selector.matchers.iter().find(is_name)?.value.clone();
    Some(Use {
        at: at.clone(),
        name,
        matchers: selector
            .matchers
            .iter()
            .filter(|matcher| matcher.name != "__name__")
            .cloned()
            .collect(),
        rated: around.rated,
        quantile: around.quantile,
        range,
        kept: around.kept.clone(),
        increased: around.increased,
        differenced: around.differenced,
        summed: around.summed,
    })
}

/// How many series a query can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// One at most.
    One,
    /// One for each series that a selector matches.
    Unaggregated,
    /// One for each value of labels that an aggregation keeps.
    Grouped,
}

/// How many series `expr` can give.
pub(super) fn width(expr: &Expr) -> Width {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Text(_) => Width::One,
        ExprKind::Selector(_) | ExprKind::Range(_) => Width::Unaggregated,
        ExprKind::Subquery(subquery) => width(&subquery.expr),
        ExprKind::Unary(_, inside) | ExprKind::Paren(inside) => width(inside),
        ExprKind::Binary(binary) => match (width(&binary.left), width(&binary.right)) {
            // One series against many matches one at most, unless a number stands there.
            (Width::One, other) | (other, Width::One)
                if !is_number(&binary.left) && !is_number(&binary.right) =>
            {
                if binary.op.is_set() {
                    other
                } else {
                    Width::One
                }
            }
            (Width::One, other) => other,
            (other, _) => other,
        },
        ExprKind::Aggregate(aggregate) => aggregated(aggregate),
        ExprKind::Call(call) => match call.function.as_str() {
            "scalar" | "vector" | "time" | "absent" | "absent_over_time" | "pi" => Width::One,
            "histogram_quantile" => match call.arguments.get(1).map(unwrapped) {
                Some(ExprKind::Aggregate(aggregate)) if !aggregate.without => {
                    if aggregate.labels.iter().all(|label| label == "le") {
                        Width::One
                    } else {
                        Width::Grouped
                    }
                }
                _ => Width::Unaggregated,
            },
            _ => call
                .arguments
                .iter()
                .map(width)
                .find(|width| *width != Width::One)
                .unwrap_or(Width::One),
        },
    }
}

fn aggregated(aggregate: &Aggregate) -> Width {
    match aggregate.op.as_str() {
        "topk" | "bottomk" | "limitk" | "count_values" => Width::Grouped,
        _ if aggregate.without => Width::Grouped,
        _ if aggregate.labels.is_empty() => Width::One,
        _ => Width::Grouped,
    }
}

pub(super) fn unwrapped(expr: &Expr) -> &ExprKind {
    match &expr.kind {
        ExprKind::Paren(inside) => unwrapped(inside),
        kind => kind,
    }
}

fn is_number(expr: &Expr) -> bool {
    match unwrapped(expr) {
        ExprKind::Number(_) => true,
        ExprKind::Call(call) => matches!(call.function.as_str(), "scalar" | "time" | "pi"),
        _ => false,
    }
}
