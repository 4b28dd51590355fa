use std::collections::{BTreeMap, BTreeSet};

use super::families::{Asked, Found, Kind, Matched, Side, bare, families, kinds, matched, reaches};
use super::findings::{self, Subject};
use super::limits::{self, CoreLimit};
use super::merge::{self, merge};
use super::shape::{Core, Shape, shape};
use super::uses::uses;
use super::{Bound, CheckReading, Inference, Quantity, Reads, StatedLimit, ToldBy};
use crate::diagnostic::{Finding, Span};
use crate::policy::argo::spec::{Check, CheckId, Metric, Policy, Question, StepKind};
use crate::policy::condition::Condition;
use crate::promql::ast::{Bytes, Expr};
use crate::promql::parse::parse;
use crate::scenario::Limits;
use crate::scenario::exposition::{Exposition, Family};

/// What the queries of `policies` say about the service. A family that is `stated` takes the place of what would be
/// inferred for its name; stated ones that no query reads are left out.
pub fn infer(policies: &[&Policy], stated: &Exposition) -> Inference {
    let mut findings = Vec::new();
    let mut expositions = Vec::new();
    let mut checks = Vec::new();
    let mut limits = Limits::default();
    let mut asked = Vec::new();
    let mut read_by = Vec::new();
    for policy in policies {
        read_by.push(queries_of(policy, &mut asked, &mut findings));
    }
    let names = Names::new(&asked, &stated.families);
    for (policy, queries) in policies.iter().zip(&read_by) {
        let read = of_policy(policy, queries, &asked, &names, &stated.families, &mut findings);
        expositions.push(read.exposition);
        for reading in &read.checks {
            limits = limits.and(&limits::for_world(&reading.limits));
        }
        checks.push(read.checks);
    }
    let mut exposition = merge(expositions);
    for (one, other) in merge::contradictions(&exposition.families) {
        let readers = policies.iter().zip(&checks).flat_map(|(policy, readings)| {
            let reads = |reading: &CheckReading| reading.families.contains(&one.name);
            let checks = policy.checks.iter().zip(readings);
            checks
                .filter(move |(_, reading)| reads(reading))
                .map(|(check, _)| check)
        });
        findings.push(findings::contradiction(one, other, readers));
    }
    let read = |family: &&Family| {
        let reads = |reading: &CheckReading| reading.stated.contains(&family.name);
        checks.iter().flatten().any(reads)
    };
    exposition
        .families
        .extend(stated.families.iter().filter(read).cloned());
    exposition
        .families
        .sort_by(|left, right| left.name.cmp(&right.name));
    Inference {
        exposition,
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

/// The queries of a policy, a place for each check; their uses go to `asked`.
fn queries_of<'p>(
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

/// What all queries of a call say about the names they ask for: one name is one family, whoever reads it.
struct Names {
    /// The kind of each use.
    kinds: Vec<Kind>,
    /// The family of each kind, without labels.
    bare: BTreeMap<Kind, Family>,
}

impl Names {
    fn new(asked: &[Asked], stated: &[Family]) -> Self {
        let kinds = kinds(asked, stated);
        let mut by_kind: BTreeMap<&Kind, Vec<&Asked>> = BTreeMap::new();
        for (asked, kind) in asked.iter().zip(&kinds) {
            by_kind.entry(kind).or_default().push(asked);
        }
        let bare = by_kind
            .into_iter()
            .map(|(kind, asked)| (kind.clone(), bare(kind, &asked)))
            .collect();
        Self { kinds, bare }
    }
}

fn of_policy(
    policy: &Policy,
    queries: &[Option<Query<'_>>],
    asked: &[Asked],
    names: &Names,
    stated: &[Family],
    findings: &mut Vec<Finding>,
) -> OfPolicy {
    let uses: Vec<usize> = queries
        .iter()
        .flatten()
        .flat_map(|query| query.uses.clone())
        .collect();
    let found = all_families(policy, &uses, asked, names, stated);
    let kinds = &names.kinds;
    let mut checks = Vec::new();
    let mut said = BTreeSet::new();
    for query in queries {
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
                    let name = asked[n].one.name.as_str();
                    if said.insert(name) {
                        let reads = queries.iter().flatten().filter_map(|query| {
                            let mut uses = asked[query.uses.clone()].iter();
                            let one = &uses.find(|asked| asked.one.name == name)?.one;
                            Some((query.check.name.as_str(), query.check.place(&one.at)))
                        });
                        let checks: Vec<(&str, Span)> = reads.collect();
                        let own = uses.iter().map(|&n| &asked[n]);
                        let asked: Vec<&Asked> = own.filter(|asked| asked.one.name == name).collect();
                        let bare = bare(&Kind::Counter(name.to_owned()), &asked);
                        let families = families(&policy.identity, &bare, &asked);
                        findings.push(findings::unplaced(name, &checks, why, &families));
                    }
                }
                (_, Some((found, matched))) => matches.push((n, found, matched)),
                (_, None) => {}
            }
        }
        let reading = if unplaced {
            unknown()
        } else {
            reading(query, asked, &matches)
        };
        let subject = Subject {
            policy,
            query,
            asked,
            matches: &matches,
            reading: &reading,
        };
        if !unplaced {
            findings.extend(findings::of(&subject));
        }
        checks.push(reading);
    }
    let inferred = found.into_values().flatten().filter(|found| !found.stated);
    let families = inferred.map(|found| found.family).collect();
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
        stated: Vec::new(),
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

fn all_families(
    policy: &Policy,
    uses: &[usize],
    asked: &[Asked],
    names: &Names,
    stated: &[Family],
) -> BTreeMap<Kind, Vec<Found>> {
    let mut by_kind: BTreeMap<&Kind, Vec<&Asked>> = BTreeMap::new();
    for &n in uses {
        let kind = &names.kinds[n];
        if !matches!(kind, Kind::Unplaced(_)) {
            by_kind.entry(kind).or_default().push(&asked[n]);
        }
    }
    let of_kind = |(kind, asked): (&Kind, Vec<&Asked>)| {
        let stated = stated.iter().filter(|family| Kind::of(family) == *kind);
        let mut found: Vec<Found> = stated.map(Found::stated).collect();
        if found.is_empty() {
            found = families(&policy.identity, &names.bare[kind], &asked);
        }
        (kind.clone(), found)
    };
    by_kind.into_iter().map(of_kind).collect()
}

/// The family that a use reads, the first of several, and what it matches of all of them; if it reads none, one whose
/// requests merely never end as it asks, or the first.
fn best<'f>(
    found: &'f BTreeMap<Kind, Vec<Found>>,
    kind: &Kind,
    asked: &Asked,
) -> Option<(&'f Found, Matched)> {
    let of_kind = found.get(kind)?;
    let with = |found: &'f Found| (found, matched(&found.family, &asked.one));
    let every = of_kind.iter().map(with).reduce(|one, other| {
        let family = if one.1.any() { one.0 } else { other.0 };
        (family, one.1.or(other.1))
    })?;
    let near = of_kind.iter().find(|found| reaches(&found.family, &asked.one));
    let near = near.or(of_kind.first())?;
    Some(if every.1.any() { every } else { (near, every.1) })
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
    let names = |wanted: &dyn Fn(&Found) -> bool| {
        let found = matches.iter().filter(|(_, found, _)| wanted(found));
        let mut names: Vec<String> = found.map(|(_, found, _)| found.family.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    };
    let mut reading = CheckReading {
        reads,
        told_by,
        quantity,
        limits,
        families: names(&|_| true),
        stated: names(&|found| found.stated),
        conclusions: Vec::new(),
    };
    reading.conclusions = findings::conclusions(&reading);
    let ending = matches.iter().find_map(|(n, found, _)| {
        let outcome = found.family.outcome.as_ref()?;
        asked[*n].one.matchers_of(&outcome.label).next()?;
        (!found.stated && outcome.failure.starts_with('4')).then_some(outcome)
    });
    reading.conclusions.extend(
        ending.map(|outcome| format!("requests that fail show as {} {}", outcome.label, outcome.failure)),
    );
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
