//! How many series a query gives, and whether its condition looks at all of them.

use super::super::uses::{Width, unwrapped, width};
use super::subject::{Subject, warn};
use crate::diagnostic::Finding;
use crate::policy::condition::Subject as Compared;
use crate::promql::ast::{Expr, ExprKind};

pub(super) fn of(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let query = subject.query;
    if loses_le(&query.expr) {
        let message = "histogram_quantile over a sum without `by (le)` is always empty".to_owned();
        found.push(warn(subject, &message, "the sum drops le").help("write sum by (le) (…)"));
        return;
    }
    let indexed = query
        .conditions
        .iter()
        .flat_map(|condition| condition.thresholds());
    if !indexed
        .clone()
        .any(|threshold| matches!(threshold.subject, Compared::Element(_)))
    {
        return;
    }
    match width(&query.expr) {
        Width::One => {}
        Width::Unaggregated => {
            let message =
                "result[0] of a query that gives one value for every series is an arbitrary one".to_owned();
            found.push(
                warn(subject, &message, "not aggregated").help("wrap it in sum(…), or judge all(result, …)"),
            );
        }
        Width::Grouped => {
            let message =
                "result[0] of a query that gives one value for every group is an arbitrary one".to_owned();
            found.push(
                warn(subject, &message, "several groups").help("judge all of them: all(result, # < …)"),
            );
        }
    }
}

/// Whether some `histogram_quantile` has an aggregation below it that drops `le`.
fn loses_le(expr: &Expr) -> bool {
    let inside = |aggregate: &crate::promql::ast::Aggregate| {
        let keeps = aggregate.labels.iter().any(|label| label == "le");
        keeps == aggregate.without
    };
    match &expr.kind {
        ExprKind::Call(call) if call.function == "histogram_quantile" => {
            match call.arguments.get(1).map(unwrapped) {
                Some(ExprKind::Aggregate(aggregate)) => inside(aggregate),
                _ => false,
            }
        }
        ExprKind::Call(call) => call.arguments.iter().any(loses_le),
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => loses_le(inner),
        ExprKind::Aggregate(aggregate) => loses_le(&aggregate.expr),
        ExprKind::Binary(binary) => loses_le(&binary.left) || loses_le(&binary.right),
        _ => false,
    }
}
