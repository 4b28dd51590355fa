use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Cause, Fault, Latency, Onset, Part, Scenario};
use crate::units::{Duration, Ratio};

/// The limits that policies state: what their authors call too much.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// Tightest limit on failed requests per request (a success limit of 99 % is 0.01).
    pub errors: Option<f64>,
    /// All limits on latency.
    pub latency: Vec<LatencyLimit>,
    /// Tightest limit on the mean latency in seconds.
    pub mean_latency: Option<f64>,
    /// Limits on what is slowed as the latency is, but is measured apart, in times its median instead of seconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apart: Vec<LatencyLimit>,
}

/// So many of the requests are to be done within so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LatencyLimit {
    /// 0.95 for the 95th percentile.
    pub quantile: f64,
    /// The limit.
    pub seconds: f64,
}

impl Limits {
    /// Takes the tighter of each.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        let tighter = |own: Option<f64>, other: Option<f64>| match (own, other) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.errors = tighter(self.errors, other.errors);
        self.mean_latency = tighter(self.mean_latency, other.mean_latency);
        self.latency
            .extend(other.latency.iter().filter(|limit| limit.is_possible()));
        self.apart
            .extend(other.apart.iter().filter(|limit| limit.is_possible()));
        self
    }

    /// Whether any limit speaks of latency.
    pub fn speak_of_latency(&self) -> bool {
        !self.latency.is_empty() || !self.apart.is_empty() || self.mean_latency.is_some()
    }

    /// Tightest of the latency limits, whatever its quantile.
    pub fn tightest_latency(&self) -> Option<LatencyLimit> {
        let possible = self.latency.iter().filter(|limit| limit.is_possible()).copied();
        possible.min_by(|a, b| {
            a.seconds
                .total_cmp(&b.seconds)
                .then(b.quantile.total_cmp(&a.quantile))
        })
    }
}

/// In words: `errors 1 %, latency p95 500ms`; nothing where no limit is stated.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |seconds: f64| Duration::from_millis((seconds * 1000.0).round() as i64);
        let quantile = |limit: &LatencyLimit| format!("p{}", limit.quantile * 100.0);
        let errors = self.errors.map(|errors| format!("errors {}", Ratio(errors)));
        let latency = self
            .latency
            .iter()
            .map(|limit| format!("latency {} {}", quantile(limit), seconds(limit.seconds)));
        let mean = self
            .mean_latency
            .map(|mean| format!("mean latency {}", seconds(mean)));
        let apart = self.apart.iter().map(|limit| {
            let times = (limit.seconds * 100.0).round() / 100.0;
            format!(
                "{} of what is measured apart {times} times its median",
                quantile(limit)
            )
        });
        let mut said: Vec<String> = Vec::new();
        for one in errors.into_iter().chain(latency).chain(mean).chain(apart) {
            if !said.contains(&one) {
                said.push(one);
            }
        }
        f.write_str(&said.join(", "))
    }
}

impl LatencyLimit {
    /// Whether a distribution can be laid below it.
    pub fn is_possible(self) -> bool {
        self.quantile > 0.0 && self.quantile < 1.0 && self.seconds > 0.0 && self.seconds.is_finite()
    }
}

impl Latency {
    /// Mean in seconds.
    pub fn mean(self) -> f64 {
        self.median * libm::exp(self.sigma * self.sigma / 2.0)
    }
}

impl Scenario {
    /// Latency of requests that `factor` times as long, mixed: the part of `parts` that is done within `seconds`.
    pub(crate) fn done_within(latency: Latency, parts: &[(f64, f64)], seconds: f64) -> f64 {
        parts
            .iter()
            .map(|(part, factor)| part * latency.within(seconds / factor))
            .sum()
    }

    /// Whether the release's harm, at its full height, stays inside every limit stated: then a policy that lets it
    /// pass does what it says. So does harm of which no limit speaks (slowness, where only errors have a limit). Not so
    /// where no limit is stated at all, nor where gauges go wrong.
    pub fn within_stated_limits(&self, limits: &Limits) -> bool {
        let gauges = self.faults.iter().any(|fault| fault.gauges.is_some());
        let hangs = self.controller.canary_ready().is_none();
        if gauges || hangs || limits.errors.is_none() && !limits.speak_of_latency() {
            return false;
        }
        let mut errors = self.service.errors;
        let mut parts = vec![(1.0, 1.0)];
        for fault in &self.faults {
            let part = match fault.part {
                Part::Requests(part) => part,
                Part::Pods(_) => 1.0,
            };
            let mut routes = self.service.routes.iter();
            let route = fault
                .route
                .as_ref()
                .map(|name| routes.find(|route| route.name == *name));
            let part = part * route.map_or(1.0, |route| route.map_or(0.0, |route| route.parts()[0]));
            errors += part * (fault.errors - errors).max(0.0);
            parts = slowed(&parts, part, fault.latency);
        }
        let errors_inside = limits.errors.is_none_or(|limit| errors <= limit);
        let mean =
            self.service.latency.mean() * parts.iter().map(|(part, factor)| part * factor).sum::<f64>();
        let inside = |latency: Latency, limits: &[LatencyLimit]| {
            let mut limits = limits.iter();
            limits.all(|limit| Self::done_within(latency, &parts, limit.seconds) >= limit.quantile)
        };
        let apart = Latency {
            median: 1.0,
            ..self.service.latency
        };
        errors_inside
            && limits.mean_latency.is_none_or(|limit| mean <= limit)
            && inside(self.service.latency, &limits.latency)
            && inside(apart, &limits.apart)
    }
}

impl Scenario {
    /// Whether something waits for a step or for promotion: a fault, or who sends probes.
    pub fn waits_for_the_rollout(&self) -> bool {
        let waits = |onset: &Onset| !matches!(onset.from, Cause::Request | Cause::Start);
        let probing = self.traffic.probing.iter().map(|probing| &probing.onset);
        self.faults
            .iter()
            .filter_map(|fault| fault.onset.as_ref())
            .chain(probing)
            .any(waits)
    }

    /// Whether all harm waits for promotion: then no look at a canary can see it, and a policy that lets it pass has
    /// missed nothing that it could have seen.
    pub fn harms_after_promotion(&self) -> bool {
        let late = |fault: &Fault| fault.onset.is_some_and(|onset| onset.from == Cause::Promotion);
        !self.faults.is_empty() && self.faults.iter().all(late)
    }
}

/// Of a mixture of slow-downs (part, factor), `part` is slowed by `factor` more.
pub(crate) fn slowed(parts: &[(f64, f64)], part: f64, factor: f64) -> Vec<(f64, f64)> {
    if factor == 1.0 {
        return parts.to_vec();
    }
    let stays = parts.iter().map(|&(p, f)| (p * (1.0 - part), f));
    let slows = parts.iter().map(|&(p, f)| (p * part, f * factor));
    stays.chain(slows).filter(|&(p, _)| p > 0.0).collect()
}
