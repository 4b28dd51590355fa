//! What a query means once its uses are placed: whose series, which quantity, which limits.

use super::families::Found;
use super::limits;
use super::place::Match;
use super::query::{Asked, Query};
use super::shape::Core;
use super::uses::reads_series;
use super::{Bound, CheckReading, Quantity, Reads, StatedLimit, ToldBy};
use crate::policy::argo::spec::Policy;
use crate::promql::ast::Bytes;
use crate::scenario::exposition::Family;

pub(super) fn unknown() -> CheckReading {
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

pub(super) fn reading(
    policy: &Policy,
    query: &Query<'_>,
    asked: &[Asked],
    matches: &[Match<'_>],
) -> CheckReading {
    let reads = match whose(query, matches) {
        Reads::Diluted if policy.strategy.blue_green().is_some() => Reads::Active,
        reads => reads,
    };
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
    reading.conclusions = conclusions(&reading);
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

fn whose(query: &Query<'_>, matches: &[Match<'_>]) -> Reads {
    let arms: Vec<(bool, bool)> = matches
        .iter()
        .map(|(_, _, matched)| (matched.canary && matched.any(), matched.stable && matched.any()))
        .collect();
    if arms.is_empty() {
        return if reads_series(&query.expr) {
            Reads::Unknown
        } else {
            Reads::Nothing
        };
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
    if matches.iter().any(|(_, found, _)| found.family.gauge.is_some()) {
        let understood = !matches!(query.shape.core, Core::Other | Core::Constant | Core::Rest(..));
        return understood.then_some(Quantity::Gauge);
    }
    match &query.shape.core {
        Core::Quantile(quantile, place) => {
            let histogram = at(place).and_then(|(_, found, _)| found.family.histogram.as_ref());
            let quantile = *quantile;
            Some(match histogram.and_then(|histogram| histogram.median) {
                Some(median) => Quantity::Measure { quantile, median },
                None => Quantity::Latency { quantile },
            })
        }
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

/// What the reading means, in words.
fn conclusions(reading: &CheckReading) -> Vec<String> {
    let whose = match reading.reads {
        Reads::CanaryOnly => "reads the canary alone",
        Reads::StableOnly => "reads the stable version alone",
        Reads::Both => "compares the canary with more than itself",
        Reads::Diluted => "reads both versions in one",
        Reads::Active => {
            "reads whatever serves users: the stable version before the switch, the canary after it"
        }
        Reads::Nothing => "can never match a series",
        Reads::Unknown => "reads something that was not understood",
    };
    let by = match &reading.told_by {
        Some(ToldBy::Hash(label)) => format!(", told by the pod-template-hash in {label}"),
        Some(ToldBy::Service(label)) => format!(", told by the Service in {label}"),
        Some(ToldBy::Metadata(label)) => format!(", told by the pod label {label}"),
        Some(ToldBy::Version(label)) => format!(", told by the version in {label}"),
        Some(ToldBy::Ingress(label)) => format!(", told by the ingress in {label}"),
        Some(ToldBy::Word(label)) => format!(", told by the word in {label}"),
        Some(ToldBy::Stated(label)) => format!(", told by {label} as stated"),
        None => String::new(),
    };
    let mut said = vec![format!("{whose}{by}")];
    said.extend(
        reading
            .stated
            .iter()
            .map(|family| format!("takes {family} as stated")),
    );
    said.extend(reading.limits.iter().map(|limit| {
        let of = match limit.quantity {
            Quantity::ErrorRatio => "failed requests".to_owned(),
            Quantity::SuccessRatio => "successful requests".to_owned(),
            Quantity::Latency { quantile } => format!("latency of the quickest {} %", quantile * 100.0),
            Quantity::MeanLatency => "mean latency".to_owned(),
            Quantity::Measure { quantile, .. } => {
                format!("the lowest {} % of what is measured", quantile * 100.0)
            }
            Quantity::Gauge => format!("the value of {}", reading.families.join(" and ")),
            Quantity::WithinSeconds { seconds } => format!("requests within {seconds} s"),
        };
        let side = if limit.bound == Bound::AtMost {
            "at most"
        } else {
            "at least"
        };
        let verb = if limit.passes {
            "passes with"
        } else {
            "fails beyond"
        };
        format!("{verb} {of}: {side} {}", limit.value)
    }));
    said
}
