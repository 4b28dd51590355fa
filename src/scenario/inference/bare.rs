//! What a family counts and how requests end in it, as the queries tell: all but its labels.

use std::collections::{BTreeMap, BTreeSet};

use super::Bound;
use super::gauge::gauge;
use super::kind::Kind;
use super::outcome::{Asks, is_usual, outcome};
use super::query::{Asked, Role, Side};
use crate::scenario::exposition::{Arm, Counts, Family, Histogram, OutcomeLabel};
use crate::scenario::standard::median_below;
use crate::scenario::{Better, LatencyLimit};

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
    let plain = |name: &str| Family {
        name: name.to_owned(),
        counts: Counts::Requests,
        gauge: None,
        histogram: None,
        outcome: None,
        labels: Vec::new(),
        arms: vec![Arm::Canary, Arm::Stable],
    };
    let by_gauge = |name: &str, counts: Counts| Family {
        counts,
        gauge: gauge(name, counts, asked).ok(),
        ..plain(name)
    };
    let outcome = || ending(asked);
    match kind {
        Kind::Histogram(stem) => {
            let outcome = outcome();
            Family {
                counts: counts(stem, outcome.is_some(), asked),
                histogram: Some(histogram(stem, asked)),
                outcome,
                ..plain(stem)
            }
        }
        Kind::Counter(name) => {
            let outcome = outcome();
            Family {
                counts: counts(name, outcome.is_some(), asked),
                outcome,
                ..plain(name)
            }
        }
        Kind::Gauge(name) => by_gauge(name, Counts::Nothing),
        Kind::Sum(name) => by_gauge(name, Counts::Sum),
        Kind::Part(name) => {
            let outcome = outcome();
            let mut family = by_gauge(name, Counts::Part);
            // Few of those asked for are good, so they are the failures: it goes by the others.
            if let (Some(_), Some(gauge)) = (&outcome, &mut family.gauge)
                && gauge.better == Better::Low
            {
                gauge.better = Better::High;
                gauge.limit = gauge.limit.map(|limit| 1.0 - limit);
            }
            Family { outcome, ..family }
        }
        Kind::Unplaced(_) => plain(""),
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
    let low_is_good = || {
        let mut limits = asked.iter().flat_map(|asked| &asked.limits);
        limits.next().is_some_and(|limit| limit.bound == Bound::AtMost)
    };
    // One of two that are all requests together.
    let part = asked.iter().find_map(|asked| match &asked.role {
        Role::Rest { .. } => Some(false),
        Role::Above { .. } if asked.ratio == Some(Side::Below) => Some(true),
        _ => None,
    });
    if let Some(part) = part.filter(|_| !has_outcome) {
        return if part == low_is_good() {
            Counts::Failures
        } else {
            Counts::Successes
        };
    }
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

/// Words for what is timed or scored besides the service's own requests.
const OTHERS: [&str; 19] = [
    "web_vitals",
    "lcp",
    "inp",
    "cls",
    "fid",
    "fcp",
    "ttfb",
    "score",
    "db_",
    "database",
    "sql",
    "redis",
    "cache",
    "queue",
    "kafka",
    "partner",
    "delivery",
    "external",
    "fetch",
];

/// Bounds of a histogram of what has no unit, in hundredths of its limit.
const AROUND: [f64; 16] = [
    1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 75.0, 90.0, 100.0, 125.0, 150.0, 200.0, 400.0,
];

/// Median, in its own unit, of what measures something else than the service's latency, if some limit tells it.
fn own_median(stem: &str, asked: &[&Asked]) -> Option<f64> {
    OTHERS.iter().find(|word| stem.contains(*word))?;
    let medians = asked.iter().flat_map(|asked| {
        let Role::Quantile(quantile) = asked.role else {
            return Vec::new();
        };
        let limits = asked.limits.iter().filter(|limit| limit.bound == Bound::AtMost);
        let stated = limits.map(|limit| LatencyLimit {
            quantile,
            seconds: limit.value,
        });
        let possible = stated.filter(|limit| limit.is_possible());
        possible.map(|limit| median_below(&limit)).collect()
    });
    medians.min_by(f64::total_cmp)
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
    let median = own_median(stem, asked);
    let timed = [
        "_seconds",
        "_milliseconds",
        "_ms",
        "_millis",
        "_microseconds",
        "_us",
    ];
    let scored = median.is_some() && !timed.iter().any(|unit| ends(unit));
    let mut bounds: Vec<f64> = if scored && largest > 0.0 {
        AROUND.iter().map(|part| part * largest / 100.0).collect()
    } else if stem.starts_with("istio_") && per_second == 1000.0 {
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
    Histogram {
        bounds,
        per_second,
        median,
    }
}
