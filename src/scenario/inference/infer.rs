use std::collections::BTreeMap;

use super::families::{Asked, Found, Kind, Matched, Side, families, kinds, matched};
use super::findings::{self, Subject};
use super::limits::{self, CoreLimit};
use super::shape::{Core, Shape, shape};
use super::uses::uses;
use super::{Bound, CheckReading, Inference, Quantity, Reads, StatedLimit, ToldBy, merge};
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{Check, CheckId, Metric, Policy, Question, StepKind};
use crate::policy::condition::Condition;
use crate::promql::ast::{Bytes, Expr};
use crate::promql::parse::parse;
use crate::scenario::Limits;
use crate::scenario::exposition::{Exposition, Family};

/// What the queries of `policies` say about the service.
pub fn infer(policies: &[&Policy]) -> Inference {
    let mut findings = Vec::new();
    let mut expositions = Vec::new();
    let mut checks = Vec::new();
    let mut limits = Limits::default();
    for policy in policies {
        let read = of_policy(policy, &mut findings);
        expositions.push(read.exposition);
        for reading in &read.checks {
            limits = limits.and(&limits::for_world(&reading.limits));
        }
        checks.push(read.checks);
    }
    Inference {
        exposition: merge(expositions),
        checks,
        limits,
        findings,
    }
}

struct OfPolicy {
    exposition: Exposition,
    checks: Vec<CheckReading>,
}

/// A query that parses, and what its conditions compare it with.
pub(super) struct Query<'p> {
    pub check: &'p Check,
    pub expr: Expr,
    pub shape: Shape,
    pub limits: Vec<CoreLimit>,
    pub conditions: Vec<&'p Condition>,
    /// Its uses, as places in the list of all uses of the policy.
    pub uses: std::ops::Range<usize>,
}

fn of_policy(policy: &Policy, findings: &mut Vec<Finding>) -> OfPolicy {
    let mut asked: Vec<Asked> = Vec::new();
    let mut queries: Vec<Option<Query<'_>>> = Vec::new();
    for (number, check) in policy.checks.iter().enumerate() {
        let Question::Prometheus { query } = &check.question else {
            queries.push(None);
            continue;
        };
        match parse(query) {
            Ok(expr) => queries.push(Some(read(policy, CheckId(number), check, expr, &mut asked))),
            Err(error) => {
                findings.push(findings::unreadable(check, &error));
                queries.push(None);
            }
        }
    }
    let kinds = kinds(&asked);
    let found = all_families(policy, &asked, &kinds);
    let mut checks = Vec::new();
    for query in &queries {
        let Some(query) = query else {
            checks.push(unknown());
            continue;
        };
        let mut matches = Vec::new();
        let mut unplaced = false;
        for n in query.uses.clone() {
            match (&kinds[n], best(&found, &kinds[n], &asked[n])) {
                (Kind::Unplaced(why), _) => {
                    unplaced = true;
                    findings.push(findings::unplaced(query.check, &asked[n].one, why));
                }
                (_, Some((found, matched))) => matches.push((n, found, matched)),
                (_, None) => {}
            }
        }
        let reading = if unplaced {
            unknown()
        } else {
            reading(query, &asked, &matches)
        };
        let subject = Subject {
            policy,
            query,
            asked: &asked,
            matches: &matches,
            reading: &reading,
        };
        if !unplaced {
            findings.extend(findings::of(&subject));
        }
        checks.push(reading);
    }
    let families = found.into_values().flatten().map(|found| found.family).collect();
    OfPolicy {
        exposition: merge([Exposition { families }]),
        checks,
    }
}

fn unknown() -> CheckReading {
    CheckReading {
        reads: Reads::Unknown,
        told_by: None,
        quantity: None,
        limits: Vec::new(),
        families: Vec::new(),
        conclusions: Vec::new(),
    }
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

fn key(kind: &Kind) -> Option<String> {
    match kind {
        Kind::Histogram(name) | Kind::Counter(name) => Some(name.clone()),
        Kind::Unplaced(_) => None,
    }
}

fn all_families(policy: &Policy, asked: &[Asked], kinds: &[Kind]) -> BTreeMap<String, Vec<Found>> {
    let mut by_name: BTreeMap<String, (Kind, Vec<&Asked>)> = BTreeMap::new();
    for (asked, kind) in asked.iter().zip(kinds) {
        if let Some(name) = key(kind) {
            by_name
                .entry(name)
                .or_insert_with(|| (kind.clone(), Vec::new()))
                .1
                .push(asked);
        }
    }
    by_name
        .into_iter()
        .map(|(name, (kind, asked))| (name, families(&policy.identity, &kind, &asked)))
        .collect()
}

/// The family that a use reads; the first, matching nothing, if it reads none.
fn best<'f>(
    found: &'f BTreeMap<String, Vec<Found>>,
    kind: &Kind,
    asked: &Asked,
) -> Option<(&'f Found, Matched)> {
    let of_name = found.get(&key(kind)?)?;
    let with = |found: &'f Found| (found, matched(&found.family, &asked.one));
    of_name
        .iter()
        .map(with)
        .find(|(_, matched)| matched.any())
        .or_else(|| of_name.first().map(with))
}

pub(super) type Match<'f> = (usize, &'f Found, Matched);

fn reading(query: &Query<'_>, asked: &[Asked], matches: &[Match<'_>]) -> CheckReading {
    let reads = whose(matches);
    let told_by = matches
        .iter()
        .find_map(|(n, found, _)| told_by(&asked[*n], found));
    let quantity = quantity(query, asked, matches);
    let per_second = matches
        .iter()
        .find_map(|(_, found, _)| found.family.histogram.as_ref())
        .map_or(1.0, |histogram| histogram.per_second);
    let limits: Vec<StatedLimit> = match quantity {
        Some(quantity) => query
            .limits
            .iter()
            .map(|limit| limits::stated(quantity, limit, per_second))
            .collect(),
        None => Vec::new(),
    };
    let mut families: Vec<String> = matches
        .iter()
        .map(|(_, found, _)| found.family.name.clone())
        .collect();
    families.sort();
    families.dedup();
    let mut reading = CheckReading {
        reads,
        told_by,
        quantity,
        limits,
        families,
        conclusions: Vec::new(),
    };
    reading.conclusions = findings::conclusions(&reading);
    reading
}

fn whose(matches: &[Match<'_>]) -> Reads {
    let arms: Vec<(bool, bool)> = matches
        .iter()
        .map(|(_, _, matched)| (matched.canary && matched.any(), matched.stable && matched.any()))
        .collect();
    if arms.is_empty() {
        return Reads::Unknown;
    }
    let any = |arm: (bool, bool)| arms.contains(&arm);
    if any((false, false)) {
        Reads::Nothing
    } else if arms.iter().all(|arm| *arm == (true, false)) {
        Reads::CanaryOnly
    } else if arms.iter().all(|arm| *arm == (false, true)) {
        Reads::StableOnly
    } else if arms.iter().all(|arm| *arm == (true, true)) {
        Reads::Diluted
    } else {
        Reads::Both
    }
}

/// What tells the versions apart in one use: a label of which some matcher lets one version pass alone.
fn told_by(asked: &Asked, found: &Found) -> Option<ToldBy> {
    found.family.labels.iter().find_map(|rule| {
        let told = found.told_by.get(&rule.name)?;
        let side = |value: &str| {
            let value = super::identity::sample(value);
            asked
                .one
                .matchers_of(&rule.name)
                .all(|matcher| matcher.accepts(&value))
        };
        (side(&rule.canary) != side(&rule.stable)).then(|| told.clone())
    })
}

fn quantity(query: &Query<'_>, asked: &[Asked], matches: &[Match<'_>]) -> Option<Quantity> {
    let at = |place: &Bytes| matches.iter().find(|(n, ..)| asked[*n].one.at == *place);
    match &query.shape.core {
        Core::Quantile(quantile, _) => Some(Quantity::Latency { quantile: *quantile }),
        Core::Ratio(above, below) => {
            let above: Vec<_> = above.iter().filter_map(at).collect();
            let below: Vec<_> = below.iter().filter_map(at).collect();
            ratio(asked, &above, &below)
        }
        _ => None,
    }
}

fn ratio(asked: &[Asked], above: &[&Match<'_>], below: &[&Match<'_>]) -> Option<Quantity> {
    let (first, second) = (above.first()?, below.first()?);
    let part = |one: &Match<'_>| asked[one.0].one.part().map(|part| part.1);
    if part(first) == Some("_sum") && part(second) == Some("_count") {
        return Some(Quantity::MeanLatency);
    }
    let family: &Family = &first.1.family;
    if let (Some("_bucket"), Some(histogram)) = (part(first), &family.histogram) {
        let bound: f64 = asked[first.0].one.matchers_of("le").next()?.value.parse().ok()?;
        let seconds = bound / histogram.per_second;
        return bound.is_finite().then_some(Quantity::WithinSeconds { seconds });
    }
    let ends = |side: &[&Match<'_>]| {
        (
            side.iter().any(|one| one.2.successes),
            side.iter().any(|one| one.2.failures),
        )
    };
    match (ends(above), ends(below)) {
        ((false, true), (true, _)) => Some(Quantity::ErrorRatio),
        ((true, false), (_, true)) => Some(Quantity::SuccessRatio),
        _ => None,
    }
}
