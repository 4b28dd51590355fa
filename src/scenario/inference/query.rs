//! The queries of a policy: each with its shape, its uses of series and the limits that conditions set it.

use super::limits::{self, CoreLimit};
use super::shape::{Core, Shape, shape};
use super::uses::{Use, uses};
use super::{Bound, findings};
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{Check, CheckId, Metric, Policy, Question, StepKind};
use crate::policy::condition::Condition;
use crate::promql::ast::{Bytes, Expr};
use crate::promql::parse::parse;

/// One use and what its check says about it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub one: Use,
    /// It stands in a ratio: above the line (with whether few of them are good, if known), or below.
    pub ratio: Option<Side>,
    /// The greatest limit its query is compared with, in the histogram's own unit: tells an unnamed unit.
    pub limit: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Above { low_is_good: Option<bool> },
    Below,
}

/// A query that parses, and what its conditions compare it with.
pub(super) struct Query<'p> {
    pub id: CheckId,
    pub check: &'p Check,
    pub expr: Expr,
    pub shape: Shape,
    pub limits: Vec<CoreLimit>,
    pub conditions: Vec<&'p Condition>,
    /// Its uses, as places in the list of all uses of the policy.
    pub uses: std::ops::Range<usize>,
}

/// The queries of a policy, a place for each check; their uses go to `asked`.
pub(super) fn queries_of<'p>(
    policy: &'p Policy,
    asked: &mut Vec<Asked>,
    findings: &mut Vec<Finding>,
) -> Vec<Option<Query<'p>>> {
    let mut queries = Vec::new();
    for (number, check) in policy.checks.iter().enumerate() {
        let Question::Prometheus { query } = &check.question else {
            queries.push(None);
            continue;
        };
        match parse(query) {
            Ok(expr) => queries.push(Some(read(policy, CheckId(number), check, expr, asked))),
            Err(error) => {
                findings.push(findings::unreadable(check, &error));
                queries.push(None);
            }
        }
    }
    queries
}

fn read<'p>(
    policy: &'p Policy,
    id: CheckId,
    check: &'p Check,
    expr: Expr,
    asked: &mut Vec<Asked>,
) -> Query<'p> {
    let shape = shape(&expr);
    let mut limits = Vec::new();
    let mut conditions = Vec::new();
    for metric in metrics(policy).filter(|metric| metric.check == id) {
        let (success, failure) = (metric.success.as_ref(), metric.failure.as_ref());
        for limit in limits::of_core(&shape, success, failure) {
            if !limits.contains(&limit) {
                limits.push(limit);
            }
        }
        conditions.extend(success.into_iter().chain(failure));
    }
    let low_is_good = limits
        .first()
        .map(|limit: &CoreLimit| limit.bound == Bound::AtMost);
    let side = |at: &Bytes| match &shape.core {
        Core::Ratio(above, _) if above.contains(at) => Some(Side::Above { low_is_good }),
        Core::Ratio(_, below) if below.contains(at) => Some(Side::Below),
        _ => None,
    };
    let largest = limits
        .iter()
        .map(|limit| limit.value)
        .fold(None, |most: Option<f64>, value| {
            Some(most.map_or(value, |most| most.max(value)))
        });
    let start = asked.len();
    for one in uses(&expr) {
        asked.push(Asked {
            ratio: side(&one.at),
            limit: largest.filter(|_| one.quantile),
            one,
        });
    }
    Query {
        id,
        check,
        shape,
        limits,
        conditions,
        uses: start..asked.len(),
        expr,
    }
}

fn metrics(policy: &Policy) -> impl Iterator<Item = &Metric> {
    let steps = policy.canary.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Analysis(analysis) => Some(analysis),
        _ => None,
    });
    let background = policy
        .canary
        .background
        .iter()
        .map(|background| &background.analysis);
    background.chain(steps).flat_map(|analysis| &analysis.metrics)
}
