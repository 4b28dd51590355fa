//! What each pod shows: one target, one time axis, and on it a column for every series.

use super::groups;
use super::places::Places;
use crate::scenario::Follows;
use crate::scenario::exposition::{Arm, Counts, Exposition, Family, Histogram};
use crate::seed::Key;
use crate::series::{AxisId, Labels, Layout, STALE, SeriesId};

/// Names of the pods that a trial may have at most, of each arm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pods {
    /// Of the canary.
    pub canary: Vec<String>,
    /// Of the stable version.
    pub stable: Vec<String>,
    /// Of the crews of both, if there are any.
    pub crews: Option<CrewNames>,
}

/// What crews are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrewNames {
    /// Their pods, of the canary and of the stable version.
    pub pods: [Vec<String>; 2],
    /// The ReplicaSet that the names of the version's own pods begin with, and theirs.
    pub sets: [(String, String); 2],
    /// The hash that other labels of the version's own pods hold, and theirs.
    pub hashes: [(String, String); 2],
    /// The Services of the version's own pods, which theirs are not behind.
    pub services: [Option<String>; 2],
}

impl CrewNames {
    /// What a crew shows where its version's own pods show this.
    fn instead(&self, arm: Arm, value: &str, tells: bool) -> String {
        let arm = arm as usize;
        let begins = |name: &str, with: char| {
            let rest = value.strip_prefix(name);
            rest.filter(|rest| rest.is_empty() || rest.starts_with(with))
        };
        let service = self.services[arm].as_deref();
        if tells && service.is_some_and(|service| begins(service, '.').is_some()) {
            return format!("experiment-{value}");
        }
        let (own, theirs) = &self.sets[arm];
        if let Some(rest) = begins(own, '-').filter(|_| !own.is_empty()) {
            return format!("{theirs}{rest}");
        }
        let (own, theirs) = &self.hashes[arm];
        value.replace(own, theirs)
    }
}

impl Pods {
    /// `canary-0`, `canary-1`, …, `stable-0`, …
    pub fn numbered(canary: usize, stable: usize) -> Self {
        let names = |arm: &str, count| (0..count).map(|n| format!("{arm}-{n}")).collect();
        Self {
            canary: names("canary", canary),
            stable: names("stable", stable),
            crews: None,
        }
    }
}

/// One pod as a target of scrapes.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub arm: Arm,
    /// Which of its arm's pods; the first ones live longest.
    pub index: u32,
    /// Whether it is counted among the pods of the arm's crew.
    pub in_crew: bool,
    pub key: Key,
    pub axis: AxisId,
    /// The series: those of what is counted first, then those of gauges.
    pub columns: Vec<Column>,
    /// How many of them are not gauges.
    pub counts: usize,
    pub read: bool,
    /// Some of its series do not exist before their first request.
    pub born_by_use: bool,
}

/// How the value of one series comes from what a pod has counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub series: SeriesId,
    what: What,
    /// Where the tally of its first group holds what it shows, and the requests that bring it into being.
    shows: Places,
    requests: Places,
    /// Units of the series in one of the tally.
    scale: f64,
    /// How many groups it counts, and how far apart they lie in a tally.
    groups: usize,
    width: usize,
    /// Whether that is one route.
    of_route: bool,
    /// The series does not exist before its first request.
    born_by_use: bool,
}

/// Which requests are counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    All,
    Successes,
    Failures,
}

/// What is counted of successes and of failures: a place in each half of a pod's tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Requests,
    /// Time taken, in 2^-20 s.
    Time,
    /// Requests within the bound of this number.
    Within(usize),
    /// What is counted by gauges: a place after the bounds.
    Counted(usize),
    /// All requests but those counted there.
    Others(usize),
    /// The gauge of this number; nothing is counted.
    Gauge(usize),
}

impl What {
    #[inline]
    pub fn place(self) -> usize {
        match self {
            Self::Requests => 0,
            Self::Time => 1,
            Self::Within(n) | Self::Counted(n) | Self::Others(n) => 2 + n,
            // Its series has no place in a tally, and is never asked for one.
            Self::Gauge(_) => 0,
        }
    }

    /// Length of one half of a tally; `more`: how many bounds and counts by gauges there are.
    pub fn half(more: usize) -> usize {
        Self::Within(more).place()
    }
}

/// Seconds are counted in parts of this size, so that float sums of them are exact.
pub(super) const PER_SECOND: f64 = 1_048_576.0;

impl Column {
    /// The value after `tally` (of each group successes, then failures), all counters having begun at `start` if that is given.
    #[inline]
    pub fn value(&self, tally: &[i64], start: Option<f64>) -> f64 {
        if self.born_by_use && start.is_none() && self.sum(self.requests, tally) <= 0 {
            return STALE;
        }
        (self.sum(self.shows, tally).max(0) as f64) * self.scale + start.unwrap_or(0.0)
    }

    /// How much it rises from tally `before` to tally `after`.
    pub fn rise(&self, before: &[i64], after: &[i64]) -> f64 {
        (self.sum(self.shows, after) - self.sum(self.shows, before)) as f64 * self.scale
    }

    #[inline(always)]
    fn sum(&self, places: Places, tally: &[i64]) -> i64 {
        let mut sum = places.of(tally, 0);
        for group in 1..self.groups {
            sum += places.of(tally, group * self.width);
        }
        sum
    }

    /// Whether it counts the requests of one route.
    pub fn is_of_route(&self) -> bool {
        self.of_route
    }

    /// Whether a float holds every value up to `most` in the tally exactly.
    pub fn is_exact(&self, most: f64) -> bool {
        const WHOLE: f64 = 9_007_199_254_740_992.0;
        let power_of_two = self.scale.to_bits().trailing_zeros() >= 52;
        power_of_two && most < WHOLE
    }

    /// What it comes from.
    pub fn what(&self) -> What {
        self.what
    }

    /// Number of its gauge, if it is one.
    pub fn gauge(&self) -> Option<usize> {
        match self.what {
            What::Gauge(n) => Some(n),
            _ => None,
        }
    }
}

/// All bounds of all histograms, in seconds, ascending, each once; `median`: of the latency, in seconds.
pub(super) fn bounds(exposition: &Exposition, median: f64) -> Vec<f64> {
    let histograms = exposition
        .families
        .iter()
        .filter_map(|family| family.histogram.as_ref());
    let mut bounds: Vec<f64> = histograms
        .flat_map(|h| h.bounds.iter().map(move |bound| bound / per_second(h, median)))
        .collect();
    bounds.retain(|bound| bound.is_finite());
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    bounds
}

/// How all families are shown, whatever the pod.
#[derive(Clone, Copy)]
pub(super) struct Shown<'e> {
    pub exposition: &'e Exposition,
    /// All bounds of all histograms, in seconds.
    pub bounds: &'e [f64],
    /// Median of the latency, in seconds.
    pub median: f64,
    /// For each family that has a gauge, in their order: the number of what is counted by it.
    pub counted: &'e [Option<usize>],
    /// How many things are counted by gauges.
    pub more: usize,
    /// How many groups of requests there are, and how they show.
    pub groups: usize,
    pub routes: &'e groups::Shown<'e>,
    /// What crews show instead of what the pods of their version show.
    pub crews: Option<&'e CrewNames>,
}

impl Shown<'_> {
    /// Adds the target of pod `name` to the layout.
    pub fn target(self, layout: &mut Layout, arm: Arm, index: u32, name: &str) -> Target {
        let in_crew = self.crews.is_some();
        let axis = layout.add_axis();
        let mut columns = Vec::new();
        let half = What::half(self.bounds.len() + self.more);
        let mut numbers = 0..;
        let numbered = self.exposition.families.iter().map(|family| {
            let gauge = family
                .gauge
                .as_ref()
                .and_then(|rule| Some((rule, numbers.next()?)));
            (family, gauge)
        });
        let mut families: Vec<_> = numbered
            .filter(|(family, _)| family.arms.contains(&arm))
            .collect();
        families.sort_by_key(|(family, _)| family.counts == Counts::Nothing);
        for (family, number) in families {
            let by_route = self.routes.series(family);
            let routes = by_route.as_ref().map_or(1, |(_, series)| series.len());
            let variants = variants(family);
            for (&(of, outcome), route) in variants.iter().flat_map(|of| (0..routes).map(move |n| (of, n))) {
                let mut base = labels(family, arm, name, outcome, self.crews);
                let mut group = None;
                if let Some((label, series)) = &by_route {
                    let (own, value) = &series[route];
                    (group, base) = (Some(*own), base.with(label, value));
                }
                let at = group.unwrap_or(0) * 2 * half;
                let mut add = |suffix: &str, le: Option<&str>, what, scale| {
                    let mut labels = base.with(Labels::NAME, &format!("{}{suffix}", family.name));
                    if let Some(le) = le {
                        labels = labels.with("le", le);
                    }
                    let column = Column {
                        series: layout.add_series(axis, labels),
                        what,
                        shows: Places::new(what, of, at, half),
                        requests: Places::new(What::Requests, of, at, half),
                        scale,
                        groups: if group.is_some() { 1 } else { self.groups },
                        width: 2 * half,
                        of_route: group.is_some(),
                        born_by_use: number.is_none() && family.outcome.is_some(),
                    };
                    columns.push(column);
                };
                if let Some((rule, number)) = number {
                    let at = self.bounds.len() + self.counted[number].unwrap_or(0);
                    match family.counts {
                        Counts::Sum => add("", None, What::Counted(at), 1.0 / PER_SECOND),
                        Counts::Part if rule.rest != matches!(of, Of::Failures) => {
                            add("", None, What::Others(at), 1.0);
                        }
                        Counts::Part => add("", None, What::Counted(at), 1.0),
                        // One pod shows how many there are.
                        _ if rule.follows == Follows::Pods && (index > 0 || in_crew) => {}
                        _ => add("", None, What::Gauge(number), 1.0),
                    }
                    continue;
                }
                let Some(histogram) = &family.histogram else {
                    add("", None, What::Requests, 1.0);
                    continue;
                };
                let per_second = per_second(histogram, self.median);
                for bound in histogram.bounds.iter().filter(|bound| bound.is_finite()) {
                    let seconds = bound / per_second;
                    let at = self.bounds.partition_point(|&have| have < seconds);
                    add("_bucket", Some(&bound.to_string()), What::Within(at), 1.0);
                }
                add("_bucket", Some("+Inf"), What::Requests, 1.0);
                add("_sum", None, What::Time, per_second / PER_SECOND);
                add("_count", None, What::Requests, 1.0);
            }
        }
        let born_by_use = columns.iter().any(|column: &Column| column.born_by_use);
        let counts = columns.iter().filter(|column| column.gauge().is_none()).count();
        Target {
            arm,
            index,
            in_crew,
            key: Key::new(name),
            axis,
            columns,
            counts,
            read: true,
            born_by_use,
        }
    }
}

/// Units of a histogram in a second of latency.
fn per_second(histogram: &Histogram, median: f64) -> f64 {
    histogram.median.map_or(histogram.per_second, |own| own / median)
}

/// The series of a family: which requests each counts, and its outcome label.
fn variants(family: &Family) -> Vec<(Of, Option<(&str, &str)>)> {
    let (successes, failures) = match family.counts {
        Counts::Requests => (true, true),
        Counts::Failures => (false, true),
        Counts::Successes => (true, false),
        Counts::Part => (true, true),
        Counts::Sum | Counts::Nothing => return vec![(Of::All, None)],
    };
    let Some(outcome) = &family.outcome else {
        let of = match family.counts {
            Counts::Failures => Of::Failures,
            Counts::Successes => Of::Successes,
            _ => Of::All,
        };
        return vec![(of, None)];
    };
    let label = outcome.label.as_str();
    let success = successes.then_some((Of::Successes, Some((label, outcome.success.as_str()))));
    let failure = failures.then_some((Of::Failures, Some((label, outcome.failure.as_str()))));
    success.into_iter().chain(failure).collect()
}

/// Labels of a family's series on one pod, without name and `le`. Where no rule names the pod, `instance` does: two
/// targets never have one series.
fn labels(
    family: &Family,
    arm: Arm,
    pod: &str,
    outcome: Option<(&str, &str)>,
    crews: Option<&CrewNames>,
) -> Labels {
    let mut named = false;
    let mut pairs: Vec<(String, String)> = Vec::new();
    for rule in &family.labels {
        let value = match arm {
            Arm::Canary => &rule.canary,
            Arm::Stable => &rule.stable,
        };
        named |= value.contains("{pod}");
        let value = value.replace("{pod}", pod);
        let value = match crews {
            Some(crews) => crews.instead(arm, &value, rule.canary != rule.stable),
            None => value,
        };
        pairs.push((rule.name.clone(), value));
    }
    if !named {
        let taken = pairs.iter().any(|(name, _)| name == "instance");
        pairs.push((if taken { "pod" } else { "instance" }.to_owned(), pod.to_owned()));
    }
    if let Some((label, value)) = outcome {
        pairs.push((label.to_owned(), value.to_owned()));
    }
    Labels::new(pairs)
}
