//! The queries of a policy: each with its shape, its uses of series and the limits that conditions set it.

use super::identity::is_pod;
use super::limits::{self, CoreLimit};
use super::shape::{Core, Shape, shape};
use super::uses::{Use, uses};
use super::{Bound, findings};
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{Check, CheckId, Experiment, Policy, SpecRef};
use crate::policy::condition::Condition;
use crate::promql::ast::{Bytes, Expr};
use crate::promql::parse::parse;
use crate::series::Matcher;

/// One use and what its check says about it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub one: Use,
    /// It stands in a ratio: above the line (with whether few of them are good, if known), or below.
    pub ratio: Option<Side>,
    /// The greatest limit its query is compared with, in the histogram's own unit: tells an unnamed unit.
    pub limit: Option<f64>,
    /// What it is of what its query measures.
    pub role: Role,
    /// All limits of that.
    pub limits: Vec<CoreLimit>,
    /// The number that it is to equal.
    pub equals: Option<f64>,
    /// Pods of a version.
    pub replicas: u32,
}

/// What a use is of what its query measures.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    /// All of it.
    Alone,
    /// A part, above the line, of a whole of this height (1 where it is counted).
    Above { whole: f64 },
    /// What is left of the whole beside that part: it stands below the line, with the part, whose name this is.
    Rest { whole: f64, of: String },
    /// The whole.
    Below,
    /// The moment that an age is counted from.
    Age,
    /// The quantile of a histogram.
    Quantile(f64),
    /// Something else.
    Other,
}

impl Role {
    /// The height of the whole that it is a part of.
    pub fn whole(&self) -> Option<f64> {
        match self {
            Self::Above { whole } | Self::Rest { whole, .. } => Some(*whole),
            _ => None,
        }
    }
}

impl Asked {
    /// How many pods share a limit set to their sum.
    pub fn pods(&self) -> f64 {
        if self.one.summed {
            f64::from(self.replicas.max(1))
        } else {
            1.0
        }
    }
}

/// Pods of an experiment are called by a ReplicaSet of its own: a matcher of their names asks for what they are made of.
fn of_own_pods(policy: &Policy, mut found: Vec<Use>) -> Vec<Use> {
    let identity = &policy.identity;
    let canary = policy.strategy.canary().into_iter();
    let sets = canary.flat_map(|canary| canary.replica_sets(&identity.rollout));
    let mut sets: Vec<(SpecRef, String)> = sets.collect();
    // The longer of two that begin alike first.
    sets.sort_by_key(|(_, set)| std::cmp::Reverse(set.len()));
    let matchers = found.iter_mut().flat_map(|one| &mut one.matchers);
    for matcher in matchers.filter(|matcher| is_pod(&matcher.name)) {
        for (of, set) in &sets {
            let hash = match of {
                SpecRef::Canary => &identity.canary_hash,
                SpecRef::Stable => &identity.stable_hash,
            };
            let value = matcher
                .value
                .replace(set, &format!("{}-{hash}", identity.rollout));
            if value != matcher.value
                && let Ok(again) = Matcher::new(matcher.name.clone(), matcher.op, value)
            {
                *matcher = again;
            }
        }
    }
    found
}

/// The role of each of `uses`, of what `core` measures.
fn roles(core: &Core, uses: &[Use]) -> Vec<Role> {
    let named =
        |places: &[Bytes]| -> Vec<&Use> { uses.iter().filter(|one| places.contains(&one.at)).collect() };
    let role = |one: &Use| match core {
        Core::Rate(places) if *places == std::slice::from_ref(&one.at) => Role::Alone,
        Core::Age(places) if places.contains(&one.at) => Role::Age,
        Core::Quantile(quantile, place) if *place == one.at => Role::Quantile(*quantile),
        Core::Ratio(above, below) => {
            let (above, below) = (named(above), named(below));
            let in_above = |one: &Use| above.iter().any(|other| other.name == one.name);
            let with_rest = below.iter().any(|one| in_above(one));
            let other = below.iter().find(|one| !in_above(one));
            let whole = match other {
                _ if above.iter().chain(&below).all(|one| one.rated) => 1.0,
                Some(other) => super::gauge::whole(&other.name),
                None => 1.0,
            };
            match above.first() {
                _ if in_above(one) => Role::Above { whole },
                Some(above) if with_rest => Role::Rest {
                    whole,
                    of: above.name.clone(),
                },
                _ => Role::Below,
            }
        }
        _ => Role::Other,
    };
    uses.iter().map(role).collect()
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
        let Some(query) = check.question.query() else {
            queries.push(None);
            continue;
        };
        // Pods of an experiment are what they are made of, under a hash of as many letters.
        let alike = query
            .replace(Experiment::CANARY_HASH, &policy.identity.canary_hash)
            .replace(Experiment::STABLE_HASH, &policy.identity.stable_hash);
        match parse(&alike) {
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
    let mut equals = None;
    let mut conditions = Vec::new();
    for metric in policy.strategy.metrics().filter(|metric| metric.check == id) {
        let (success, failure) = (metric.success.as_ref(), metric.failure.as_ref());
        for limit in limits::of_core(&shape, success, failure) {
            if !limits.contains(&limit) {
                limits.push(limit);
            }
        }
        equals = equals.or(limits::equal(&shape, success, failure));
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
    let uses = of_own_pods(policy, uses(&expr));
    let roles = roles(&shape.core, &uses);
    for (one, role) in uses.into_iter().zip(roles) {
        asked.push(Asked {
            ratio: side(&one.at),
            limit: largest.filter(|_| one.quantile),
            role,
            limits: limits.clone(),
            equals,
            replicas: policy.strategy.replicas(),
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
