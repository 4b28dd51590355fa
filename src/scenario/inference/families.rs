//! Uses of series to the families that a service must show for them.

use std::collections::{BTreeMap, BTreeSet};

use super::ToldBy;
use super::identity::{Known, known, sample};
use super::outcome::{Asks, is_usual, outcome};
use super::uses::Use;
use crate::policy::argo::spec::Identity;
use crate::scenario::exposition::{Arm, Counts, Family, Histogram, OutcomeLabel};
use crate::series::Matcher;

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

/// A family and what tells the versions apart in it, by label.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub family: Family,
    pub told_by: BTreeMap<String, ToldBy>,
    /// A document states it.
    pub stated: bool,
}

impl Found {
    /// A family as a document states it.
    pub fn stated(family: &Family) -> Self {
        let differing = family.labels.iter().filter(|rule| rule.canary != rule.stable);
        let told = differing.map(|rule| (rule.name.clone(), ToldBy::Stated(rule.name.clone())));
        Self {
            family: family.clone(),
            told_by: told.collect(),
            stated: true,
        }
    }
}

/// What of a family a use reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Matched {
    pub canary: bool,
    pub stable: bool,
    pub successes: bool,
    pub failures: bool,
}

impl Matched {
    /// What one of the two matches.
    pub fn or(self, other: Self) -> Self {
        match (self.any(), other.any()) {
            (true, true) => Self {
                canary: self.canary || other.canary,
                stable: self.stable || other.stable,
                successes: self.successes || other.successes,
                failures: self.failures || other.failures,
            },
            (false, true) => other,
            _ => self,
        }
    }

    pub fn any(self) -> bool {
        (self.canary || self.stable) && (self.successes || self.failures)
    }
}

/// What kind of series a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Histogram(String),
    Counter(String),
    /// Something that requests do not count up: a gauge, CPU, restarts, an event of the domain.
    Unplaced(&'static str),
}

impl Kind {
    /// The kind of a family.
    pub fn of(family: &Family) -> Self {
        match family.histogram {
            Some(_) => Self::Histogram(family.name.clone()),
            None => Self::Counter(family.name.clone()),
        }
    }

    /// The kind of a use that reads one of the families `stated`.
    fn stated(one: &Use, stated: &[Family]) -> Option<Self> {
        let counter = Self::Counter(one.name.clone());
        let histogram = one.part().map(|(stem, _)| Self::Histogram(stem.to_owned()));
        let mut kinds = stated.iter().map(Self::of);
        kinds.find(|kind| *kind == counter || Some(kind) == histogram.as_ref())
    }
}

/// The kind of each use, all uses of a policy seen together. What is `stated` is not asked about.
pub(super) fn kinds(asked: &[Asked], stated: &[Family]) -> Vec<Kind> {
    let has = |stem: &str, part: &str| asked.iter().any(|other| other.one.part() == Some((stem, part)));
    asked
        .iter()
        .map(|asked| {
            let one = &asked.one;
            if let Some(kind) = Kind::stated(one, stated) {
                return kind;
            }
            if let Some((stem, part)) = one.part() {
                let timed = ["duration", "latency", "seconds", "milliseconds", "_ms", "_time"]
                    .iter()
                    .any(|word| stem.contains(word));
                if part == "_bucket"
                    || has(stem, "_bucket")
                    || has(stem, "_sum") && has(stem, "_count")
                    || timed
                {
                    return Kind::Histogram(stem.to_owned());
                }
            }
            let name = one.name.as_str();
            let machinery = [
                "container_",
                "kube_",
                "node_",
                "process_",
                "go_",
                "jvm_",
                "machine_",
            ];
            if machinery.iter().any(|prefix| name.starts_with(prefix)) {
                return Kind::Unplaced("it counts no requests");
            }
            if !one.rated && !name.ends_with("_total") {
                return Kind::Unplaced("it is no counter: gauges come with the next release");
            }
            let requests = [
                "request", "http", "_rq", "rpc", "response", "error", "fail", "success", "call", "traffic",
            ];
            if asked.ratio.is_some() || requests.iter().any(|word| name.contains(word)) {
                return Kind::Counter(name.to_owned());
            }
            Kind::Unplaced("it counts events of which nothing says how they come from requests")
        })
        .collect()
}

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

/// The families for uses of one name (of one histogram's stem), `bare` with labels. More than one where uses ask for
/// different values of one label.
pub(super) fn families(identity: &Identity, bare: &Family, asked: &[&Asked]) -> Vec<Found> {
    let fits = |group: &[&Asked]| {
        let found = family(identity, bare, group);
        group.iter().all(|asked| reaches(&found.family, &asked.one))
    };
    let mut groups: Vec<Vec<&Asked>> = Vec::new();
    // What no family can satisfy changes none.
    for &one in asked.iter().filter(|one| fits(&[one])) {
        let with = |group: &Vec<&'_ Asked>| {
            let mut larger = group.clone();
            larger.push(one);
            fits(&larger)
        };
        match groups.iter().position(with) {
            Some(place) => groups[place].push(one),
            None => groups.push(vec![one]),
        }
    }
    if groups.is_empty() {
        groups.extend(asked.first().map(|&one| vec![one]));
    }
    groups.iter().map(|group| family(identity, bare, group)).collect()
}

fn family(identity: &Identity, bare: &Family, asked: &[&Asked]) -> Found {
    let mut by_label: BTreeMap<&str, Vec<&Matcher>> = BTreeMap::new();
    for asked in asked {
        for matcher in asked.one.matchers.iter().filter(|matcher| matcher.name != "le") {
            by_label.entry(&matcher.name).or_default().push(matcher);
        }
    }
    let mut labels = Vec::new();
    let mut told_by = BTreeMap::new();
    let kept = asked.iter().flat_map(|asked| &asked.one.kept);
    for label in kept.filter(|label| ["pod", "rollouts_pod_template_hash"].contains(&label.as_str())) {
        by_label.entry(label).or_default();
    }
    let ending = bare.outcome.as_ref().map(|outcome| outcome.label.as_str());
    for (label, matchers) in &by_label {
        if Some(*label) == ending || ending.is_some_and(|ending| rivals(label, ending, asked)) {
            continue;
        }
        if let Some(Known { rule, told_by: told }) = known(identity, label, matchers) {
            labels.push(rule);
            if let Some(told) = told {
                told_by.insert((*label).to_owned(), told);
            }
        }
    }
    Found {
        family: Family {
            labels,
            ..bare.clone()
        },
        told_by,
        stated: false,
    }
}

/// Whether a use tells by `label` how requests end, which the family tells by `ending` alone. One value for all would
/// make every request a failure, or none.
fn rivals(label: &str, ending: &str, asked: &[&Asked]) -> bool {
    let asks = |label: &str, asked: &Asked| asked.one.matchers_of(label).next().is_some();
    let alone = |asked: &&&Asked| asks(label, asked) && !asks(ending, asked);
    is_usual(label)
        && asked.iter().filter(alone).any(|asked| {
            let asks: Asks<'_> = asked.one.matchers.iter().filter(|m| m.name == label).collect();
            outcome(label, &[asks], None).is_some()
        })
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

/// Whether the labels of `family` suffice a use on some version, however requests end.
pub(super) fn reaches(family: &Family, one: &Use) -> bool {
    family.arms.iter().any(|&arm| suffices(family, one, arm))
}

fn suffices(family: &Family, one: &Use, arm: Arm) -> bool {
    let ending = family.outcome.as_ref().map(|outcome| outcome.label.as_str());
    one.matchers
        .iter()
        .filter(|matcher| matcher.name != "le" && Some(matcher.name.as_str()) != ending)
        .all(|matcher| {
            let rule = family.labels.iter().find(|rule| rule.name == matcher.name);
            let value = rule.map_or("", |rule| match arm {
                Arm::Canary => &rule.canary,
                Arm::Stable => &rule.stable,
            });
            matcher.accepts(&sample(value))
        })
}

/// What of `family` a use matches.
pub(super) fn matched(family: &Family, one: &Use) -> Matched {
    let outcome = family.outcome.as_ref();
    let accepts = |arm: Arm, ending: Option<&str>| {
        let ends = outcome.zip(ending).is_none_or(|(outcome, ending)| {
            one.matchers_of(&outcome.label)
                .all(|matcher| matcher.accepts(ending))
        });
        ends && suffices(family, one, arm)
    };
    let success = outcome.map(|outcome| outcome.success.as_str());
    let failure = outcome.map(|outcome| outcome.failure.as_str());
    let of = |arm| {
        let there = family.arms.contains(&arm);
        (there && accepts(arm, success), there && accepts(arm, failure))
    };
    let (canary, stable) = (of(Arm::Canary), of(Arm::Stable));
    Matched {
        canary: canary.0 || canary.1,
        stable: stable.0 || stable.1,
        successes: (canary.0 || stable.0) && family.counts != Counts::Failures,
        failures: (canary.1 || stable.1) && family.counts != Counts::Successes,
    }
}
