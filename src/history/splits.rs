//! What weight was set, and what share of the requests the canary really got.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Case;
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{Identity, Policy};
use crate::recording::Recording;
use crate::recording::releases::{Change, Subject};
use crate::series::{AsOf, Labels, MatchOp, Matcher, SeriesId};
use crate::stats::{Estimate, LEVEL, wilson};
use crate::units::{Duration, Timestamp};

/// Flagger's own metric of the weights that it sets (`pkg/metrics/recorder.go`), per cent, one series a workload.
const FLAGGER: &str = "flagger_canary_weight";
/// Names of series that are taken for weights unasked.
pub const WEIGHTS: [&str; 1] = [FLAGGER];
/// Requests are counted in cells of this length, the first one after a change of weight left out.
const CELL: Duration = Duration::from_mins(2);

/// What was set and what was seen, of all stretches at one weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Split {
    /// The canary's weight, as a ratio.
    pub weight: f64,
    /// The canary's share of the requests: Wilson's interval, its requests divided by the dispersion.
    pub share: Estimate,
    /// Requests of both versions.
    pub requests: f64,
    /// Cells of two minutes in which they were counted.
    pub cells: u64,
    /// How much more the cells differ than independent requests would (Pearson's statistic over its degrees of
    /// freedom), 1 at least.
    pub dispersion: f64,
}

impl Split {
    /// Whether the canary got less, or more, than it was to get, beyond what the interval allows.
    pub fn differs(&self) -> bool {
        !self.share.holds(self.weight)
    }
}

/// The splits at every weight between nothing and all, ascending; empty where the recording does not hold both the
/// weight and the requests of both versions.
///
/// The weight is read of the series that `weight` selects, in per cent; of Flagger's own where nothing is named. The
/// requests are those of one counter (`…_total`, `…_count`) that the policies read, whose series carry the name of the
/// canary's or the stable Service, or the release's version or hash.
///
/// # Errors
///
/// `weight` selects several series that have samples at once, or none.
pub fn splits(
    recording: &Recording,
    cases: &[Case],
    policies: &[Policy],
    subject: &Subject,
    weight: Option<&[Matcher]>,
) -> Result<Vec<Split>, Finding> {
    let steps = weights(recording, weight)?;
    let mut counted: BTreeMap<u64, Vec<(f64, f64)>> = BTreeMap::new();
    for case in cases.iter().filter(|_| !steps.is_empty()) {
        let arms = arms(recording, case, policies, subject);
        let Some((canary, stable)) = arms else { continue };
        let release = &case.release;
        for (at, until, percent) in stretches(&steps, release.at, release.until) {
            let mut from = at + CELL;
            while until - from >= CELL {
                let to = from + CELL;
                let [canary, stable] = [&canary, &stable].map(|arm| {
                    arm.iter()
                        .map(|&id| increase(recording, id, from, to))
                        .sum::<f64>()
                });
                if canary + stable > 0.0 {
                    counted
                        .entry(percent.to_bits())
                        .or_default()
                        .push((canary, canary + stable));
                }
                from = to;
            }
        }
    }
    // Positive numbers order as their bits do.
    Ok(counted
        .into_iter()
        .map(|(bits, cells)| split(f64::from_bits(bits) / 100.0, &cells))
        .collect())
}

fn split(weight: f64, cells: &[(f64, f64)]) -> Split {
    let (canary, requests) = cells
        .iter()
        .fold((0.0, 0.0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1));
    let point = canary / requests;
    let spread = point * (1.0 - point);
    let pearson: f64 = cells
        .iter()
        .map(|(k, n)| (k - n * point) * (k - n * point) / (n * spread))
        .sum();
    let freedom = cells.len().saturating_sub(1);
    let dispersion = if freedom > 0 && spread > 0.0 {
        (pearson / freedom as f64).max(1.0)
    } else {
        1.0
    };
    let effective = (requests / dispersion).round().max(1.0);
    let (low, high) = wilson((point * effective).round() as u64, effective as u64, LEVEL);
    Split {
        weight,
        share: Estimate {
            point,
            low: low.min(point),
            high: high.max(point),
            level: LEVEL,
            n: cells.len() as u64,
        },
        requests,
        cells: cells.len() as u64,
        dispersion,
    }
}

/// The canary's weight [per cent] by time, where it changes.
fn weights(recording: &Recording, weight: Option<&[Matcher]>) -> Result<Vec<(Timestamp, f64)>, Finding> {
    let flagger = [Matcher::new(Labels::NAME, MatchOp::Equal, FLAGGER)];
    let flagger: Vec<Matcher> = flagger.into_iter().flatten().collect();
    let selected = weight.unwrap_or(&flagger);
    // Flagger tells of both workloads; what is left for the other is no weight of the canary.
    let primary = |labels: &Labels| {
        labels
            .get("workload")
            .is_some_and(|name| name.ends_with("-primary"))
    };
    let mut samples: Vec<(i64, f64)> = Vec::new();
    let mut any = false;
    for (id, labels) in recording.layout.series() {
        if selected.iter().all(|matcher| matcher.matches(labels)) && !(weight.is_none() && primary(labels)) {
            any = true;
            samples.extend(recording.series(id).filter(|(_, value)| value.is_finite()));
        }
    }
    if weight.is_some() && !any {
        return Err(Finding::error(
            "--weight-metric names no series of this recording",
        ));
    }
    samples.sort_by_key(|(time, _)| *time);
    if samples
        .windows(2)
        .any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1)
    {
        if weight.is_none() {
            return Ok(Vec::new());
        }
        let finding = Finding::error("--weight-metric names several series that differ at one time");
        return Err(
            finding.help("add labels, so that it names the canary's weight alone: NAME{label=\"value\"}")
        );
    }
    samples.dedup_by_key(|(_, value)| *value);
    Ok(samples
        .into_iter()
        .map(|(time, value)| (Timestamp::from_millis(time), value))
        .collect())
}

/// The stretches of constant weight between nothing and all inside a release.
fn stretches(
    steps: &[(Timestamp, f64)],
    from: Timestamp,
    until: Timestamp,
) -> impl Iterator<Item = (Timestamp, Timestamp, f64)> {
    let ends = steps.iter().skip(1).map(|(at, _)| *at).chain([Timestamp::MAX]);
    let stretches = steps.iter().zip(ends);
    stretches
        .map(move |((at, percent), end)| ((*at).max(from), end.min(until), *percent))
        .filter(|(at, end, percent)| at < end && *percent > 0.0 && *percent < 100.0)
}

/// Series of the canary, and of the stable version.
type Arms = (Vec<SeriesId>, Vec<SeriesId>);

/// The request counter of a release's versions: of those that both versions have, the one that counted most.
fn arms(recording: &Recording, case: &Case, policies: &[Policy], subject: &Subject) -> Option<Arms> {
    let changes: Vec<Change> = [case.release.hash(), case.release.version()]
        .into_iter()
        .flatten()
        .collect();
    let mut counters: BTreeMap<&str, Arms> = BTreeMap::new();
    for (id, labels) in recording.layout.series() {
        let Some(name) = labels
            .name()
            .filter(|name| name.ends_with("_total") || name.ends_with("_count"))
        else {
            continue;
        };
        let read = |matchers: &Vec<Matcher>| matchers.iter().all(|matcher| matcher.matches(labels));
        if !subject.selectors.iter().any(read) {
            continue;
        }
        let arms = counters.entry(name).or_default();
        match arm(labels, policies, &changes) {
            Some(true) => arms.0.push(id),
            Some(false) => arms.1.push(id),
            None => {}
        }
    }
    let release = &case.release;
    let counted = |arms: &Arms| -> f64 {
        let all = arms.0.iter().chain(&arms.1);
        all.map(|&id| increase(recording, id, release.at, release.until))
            .sum()
    };
    let both = counters
        .into_values()
        .filter(|arms| !arms.0.is_empty() && !arms.1.is_empty());
    both.max_by(|one, other| counted(one).total_cmp(&counted(other)))
}

/// Labels that name the Service through which requests came.
const SERVICES: [&str; 5] = [
    "service",
    "exported_service",
    "destination_service",
    "destination_service_name",
    "job",
];

/// Whether a series is the canary's (`true`), the stable version's, or nobody knows whose: by the release's version or
/// hash in any label, otherwise by the name of a Service.
fn arm(labels: &Labels, policies: &[Policy], changes: &[Change]) -> Option<bool> {
    let any = |version: &str| {
        let holds = |value: &str| value == version || value.split('-').rev().nth(1) == Some(version);
        labels
            .iter()
            .any(|(name, value)| name != Labels::NAME && holds(value))
    };
    for change in changes {
        if any(&change.new) {
            return Some(true);
        }
        if change.before.as_deref().is_some_and(any) {
            return Some(false);
        }
    }
    let through = |service: &Option<String>| {
        let service = service.as_deref().filter(|service| !service.is_empty());
        // Istio writes SERVICE.NAMESPACE.svc.cluster.local.
        let is = |value: &str, service: &str| {
            let rest = value.strip_prefix(service);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let values = || SERVICES.iter().filter_map(|label| labels.get(label));
        service.is_some_and(|service| values().any(|value| is(value, service)))
    };
    let of = |identity: &Identity| {
        let canary = through(&identity.canary_service);
        let stable = through(&identity.stable_service);
        (canary != stable).then_some(canary)
    };
    policies.iter().find_map(|policy| of(&policy.identity))
}

/// How much a counter rose in (`from`, `to`], from the sample before; a fall is a new start from zero.
fn increase(recording: &Recording, series: SeriesId, from: Timestamp, to: Timestamp) -> f64 {
    let column = AsOf::new(&recording.samples, to, to).column(series);
    let first = column
        .times
        .partition_point(|&time| time <= from.as_millis())
        .saturating_sub(1);
    let mut before: Option<f64> = None;
    let mut sum = 0.0;
    for value in column.values[first..]
        .iter()
        .copied()
        .filter(|value| value.is_finite())
    {
        sum += match before {
            None => 0.0,
            Some(before) if value < before => value,
            Some(before) => value - before,
        };
        before = Some(value);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 40 of 200; Pearson's statistic 100/16 + 100/16 over one degree of freedom; 200 / 12.5 = 16 requests.
    #[test]
    fn cells_that_differ_more_than_chance_widen_the_interval() {
        let split = split(0.2, &[(10.0, 100.0), (30.0, 100.0)]);
        assert!((split.dispersion - 12.5).abs() < 1e-12);
        assert_eq!((split.share.point, split.requests), (0.2, 200.0));
        let (low, high) = wilson(3, 16, LEVEL);
        assert_eq!((split.share.low, split.share.high), (low, high));
        assert!(!split.differs());
    }
}
