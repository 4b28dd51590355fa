//! What a family counts and how requests end in it, as the queries tell: all but its labels.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::Kind;
use super::outcome::{Asks, is_usual, outcome};
use super::query::{Asked, Side};
use crate::scenario::exposition::{Arm, Counts, Family, Histogram, OutcomeLabel};

/// Upper bounds of the client libraries, in seconds.
const DEFAULT: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Upper bounds of Istio's proxies, in milliseconds.
const ISTIO: [f64; 19] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1_000.0,
    2_500.0,
    5_000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];

/// What all queries of a call say together about one name, whatever policy they belong to: a family without labels.
pub(super) fn bare(kind: &Kind, asked: &[&Asked]) -> Family {
    let (name, histogram) = match kind {
        Kind::Histogram(stem) => (stem.clone(), Some(histogram(stem, asked))),
        Kind::Counter(name) => (name.clone(), None),
        Kind::Unplaced(_) => (String::new(), None),
    };
    let outcome = ending(asked);
    Family {
        counts: counts(&name, outcome.is_some(), asked),
        name,
        histogram,
        outcome,
        labels: Vec::new(),
        arms: vec![Arm::Canary, Arm::Stable],
    }
}

/// The outcome label: a usual one first, then the one by which a numerator differs from its denominator.
fn ending(asked: &[&Asked]) -> Option<OutcomeLabel> {
    let mut by_label: BTreeMap<&str, Vec<Asks<'_>>> = BTreeMap::new();
    for asked in asked {
        let names: BTreeSet<&str> = asked
            .one
            .matchers
            .iter()
            .map(|matcher| matcher.name.as_str())
            .collect();
        for name in names.into_iter().filter(|name| *name != "le") {
            let asks = asked.one.matchers.iter().filter(|matcher| matcher.name == name);
            by_label.entry(name).or_default().push(asks.collect());
        }
    }
    let low = asked.iter().find_map(|asked| match asked.ratio {
        Some(Side::Above { low_is_good }) => low_is_good,
        _ => None,
    });
    let differs = |label: &str| {
        let has = |asked: &&&Asked| asked.one.matchers_of(label).next().is_some();
        let below = || asked.iter().filter(|asked| asked.ratio == Some(Side::Below));
        let above = asked
            .iter()
            .filter(|asked| matches!(asked.ratio, Some(Side::Above { .. })));
        above.clone().next().is_some()
            && above.clone().all(|a| has(&a))
            && below().next().is_some()
            && !below().any(|b| has(&b))
    };
    let usual = by_label.iter().filter(|(label, _)| is_usual(label));
    let other = by_label
        .iter()
        .filter(|(label, _)| !is_usual(label) && differs(label));
    usual
        .chain(other)
        .find_map(|(label, selectors)| outcome(label, selectors, low))
}

fn counts(name: &str, has_outcome: bool, asked: &[&Asked]) -> Counts {
    let any = |words: &[&str]| words.iter().any(|word| name.contains(word));
    // One of two different counters in a ratio: the upper one is a part of the lower one.
    let above = asked.iter().find_map(|asked| match asked.ratio {
        Some(Side::Above { low_is_good }) => Some(low_is_good),
        _ => None,
    });
    let below = asked.iter().any(|asked| asked.ratio == Some(Side::Below));
    if has_outcome || below || name.ends_with("_count") {
        Counts::Requests
    } else if any(&["error", "fail", "exception", "5xx", "reject"]) {
        Counts::Failures
    } else if any(&["success", "succeeded", "_ok"]) {
        Counts::Successes
    } else {
        match above {
            Some(Some(true)) => Counts::Failures,
            Some(Some(false)) => Counts::Successes,
            _ => Counts::Requests,
        }
    }
}

fn histogram(stem: &str, asked: &[&Asked]) -> Histogram {
    let ends = |word: &str| stem.ends_with(word);
    let largest = asked.iter().filter_map(|asked| asked.limit).fold(0.0, f64::max);
    let per_second = if ends("_milliseconds") || ends("_ms") || ends("_millis") {
        1000.0
    } else if ends("_microseconds") || ends("_us") {
        1e6
    } else if ends("_seconds") || largest <= 30.0 {
        1.0
    } else {
        // The unit is not named, and nobody waits for so many seconds.
        1000.0
    };
    let mut bounds: Vec<f64> = if stem.starts_with("istio_") && per_second == 1000.0 {
        ISTIO.to_vec()
    } else {
        DEFAULT.iter().map(|bound| bound * per_second).collect()
    };
    // A query that names a bound knows that there is one.
    let named = asked.iter().flat_map(|asked| asked.one.matchers_of("le"));
    bounds.extend(
        named
            .filter_map(|matcher| matcher.value.parse::<f64>().ok())
            .filter(|bound| bound.is_finite()),
    );
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    Histogram { bounds, per_second }
}
