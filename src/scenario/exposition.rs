//! How a service shows itself to Prometheus: one target per pod, and the series on it.

use serde::{Deserialize, Serialize};

use super::Gauge;

/// One of the two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arm {
    /// The new version.
    Canary,
    /// The version it is to replace.
    Stable,
}

/// All that the service exposes and some query reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exposition {
    /// The metrics.
    pub families: Vec<Family>,
    /// By which labels they tell endpoints apart, in worlds that do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<RouteLabel>,
}

impl Exposition {
    /// The same, of a service that tells no routes apart.
    #[must_use]
    pub fn without_routes(&self) -> Self {
        Self {
            families: self.families.clone(),
            routes: Vec::new(),
        }
    }
}

/// A label by which queries tell endpoints apart: `handler`, `path`, `route`, …
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteLabel {
    /// Name of the families that have it.
    pub family: String,
    /// The label.
    pub label: String,
    /// The one endpoint that queries ask for; absent: they group by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
}

impl RouteLabel {
    /// What the label says on both versions, as a family states it.
    pub fn of<'f>(&self, family: &'f Family) -> Option<&'f str> {
        let rule = family.labels.iter().find(|rule| rule.name == self.label)?;
        (rule.canary == rule.stable).then_some(rule.stable.as_str())
    }
}

/// One metric: its series have one name (a histogram: one stem) and differ by labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Family {
    /// Name of the counter, or stem of the histogram (without `_bucket`, `_sum`, `_count`).
    pub name: String,
    /// What is counted.
    pub counts: Counts,
    /// Set for a gauge, and for a counter that goes by one ([`Counts::Part`], [`Counts::Sum`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gauge: Option<Gauge>,
    /// Set for a classic histogram of latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Histogram>,
    /// The label that tells how a request ended, and its values. Absent: one series for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeLabel>,
    /// The other labels.
    #[serde(default)]
    pub labels: Vec<LabelRule>,
    /// Which versions have it at all.
    #[serde(default = "both")]
    pub arms: Vec<Arm>,
}

fn both() -> Vec<Arm> {
    vec![Arm::Canary, Arm::Stable]
}

/// Which requests a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Counts {
    /// Every request.
    Requests,
    /// Failed requests only (`errors_total`).
    Failures,
    /// Requests that succeeded (`successes_total`).
    Successes,
    /// The part of all requests that the gauge says, however they end (`cache_hits_total`); with an outcome label: that
    /// part, and the others.
    Part,
    /// What the gauge says, added up over seconds (`container_cpu_usage_seconds_total`).
    Sum,
    /// Nothing: it is the gauge.
    Nothing,
}

/// A classic histogram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Histogram {
    /// Upper bounds in the histogram's own unit, ascending, without `+Inf`; and as they stand in `le`.
    pub bounds: Vec<f64>,
    /// Units in a second: 1 for seconds, 1000 for milliseconds.
    pub per_second: f64,
    /// Median in its own unit, where it is not the service's latency that is measured (a score, another system's
    /// latency): it is slowed as that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median: Option<f64>,
}

/// The label that tells how a request ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutcomeLabel {
    /// Its name: `status`, `code`, `response_code`, …
    pub label: String,
    /// Its value on requests that succeed.
    pub success: String,
    /// Its value on requests that fail.
    pub failure: String,
}

/// A label and its value on each version. `{pod}` in a value stands for the pod's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelRule {
    /// Its name.
    pub name: String,
    /// On the canary's pods.
    pub canary: String,
    /// On the stable version's pods.
    pub stable: String,
}
