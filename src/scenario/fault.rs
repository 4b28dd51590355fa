use serde::{Deserialize, Serialize};

use super::exposition::Arm;
use super::onset::Onset;
use crate::units::Duration;

/// What is wrong with the release. Unless an onset is stated it begins with the canary's first request: for users with the
/// first of a user, for copies and probes with the first of anybody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Error ratio is raised to this (never lowered); 0: left alone.
    pub errors: f64,
    /// Every request takes this many times as long.
    pub latency: f64,
    /// Errors grow from nothing to their full height in this time.
    pub ramp: Duration,
    /// Only while the canary's share of the traffic is greater than this.
    pub above: f64,
    /// What part of the canary has it. Gauges know no part of the requests: such a fault moves them on every pod.
    pub part: Part,
    /// What it does to gauges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gauges: Option<GaugeFault>,
    /// The one route ([`super::Route`]) whose requests have it; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// When it begins; absent: with the canary's first request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<Onset>,
    /// After this long it heals by itself; absent: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Duration>,
}

/// What a fault does to gauges of the canary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GaugeFault {
    /// Names of the families it meets; none: all.
    pub families: Vec<String>,
    /// How they go wrong.
    pub course: Course,
}

/// How a gauge goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Course {
    /// It is this part of the way from its limit (none: its level) to its worst value, after the fault's ramp.
    Beyond(f64),
    /// It goes steadily with the age of its pod, from its level to its worst value in this time. The fault's errors and
    /// latency come when it is there, and not before.
    Leaks(Duration),
    /// It goes so while the canary's share is greater than the fault's `above`, and returns when it no longer is. The
    /// fault's errors and latency come when it is there, and not before.
    Saturates(Duration),
    /// It keeps the value it had when its pod began to serve.
    Stuck,
}

impl Course {
    /// The time it takes to its worst value, where requests are harmed only then.
    pub fn length(self) -> Option<Duration> {
        match self {
            Self::Leaks(length) | Self::Saturates(length) => Some(length),
            Self::Beyond(_) | Self::Stuck => None,
        }
    }
}

/// What part of the canary has a fault.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// This part of all requests, on every pod.
    Requests(f64),
    /// All requests on so many pods (on all, if there are fewer).
    Pods(u32),
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            errors: 0.0,
            latency: 1.0,
            ramp: Duration::ZERO,
            above: 0.0,
            part: Part::Requests(1.0),
            gauges: None,
            route: None,
            onset: None,
            length: None,
        }
    }
}

/// More errors on what is new: pods just started, traffic just shifted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ColdStart {
    /// Added to the error ratio of the new part at first (0.02: two points).
    pub errors: f64,
    /// Time after which it has faded to 1/e.
    pub fading: Duration,
    /// Gauges of the new part are this part of the way from their level to their worst value at first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gauges: f64,
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// Something that goes wrong for a while and has nothing to do with the release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Disturbance {
    /// Short name; its luck goes by it.
    pub name: String,
    /// Which versions it meets.
    pub arms: Vec<Arm>,
    /// Added to the error ratio.
    pub errors: f64,
    /// Every request takes this many times as long.
    pub latency: f64,
    /// How long it lasts.
    pub length: Duration,
    /// It starts at a seeded moment within this time from the rollout's start.
    pub within: Duration,
    /// One client comes besides with so many requests, evenly over the length, and all of them fail. Those of a client
    /// that keeps to the canary go to the stable version while the canary serves nothing, and the other way round.
    #[serde(default, skip_serializing_if = "is_none")]
    pub client: u32,
}

fn is_none(number: &u32) -> bool {
    *number == 0
}
