use crate::diagnostic::Finding;
use crate::scenario::Limits;
use crate::scenario::exposition::Exposition;

/// What was concluded from the queries of all policies of a call.
#[derive(Clone, Debug)]
pub struct Inference {
    /// The series that the service shows, as far as some query reads them.
    pub exposition: Exposition,
    /// For each policy, for each of its checks, what it reads.
    pub checks: Vec<Vec<CheckReading>>,
    /// The limits of all checks together, as the standard world wants them.
    pub limits: Limits,
    /// What is to be said about the queries.
    pub findings: Vec<Finding>,
    /// What is to be said besides where nobody sends probes.
    pub unprobed: Vec<Finding>,
}

/// What one check reads, and what it calls too much.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckReading {
    /// Whose series.
    pub reads: Reads,
    /// What tells the versions apart, if anything does.
    pub told_by: Option<ToldBy>,
    /// What is measured; absent where it is neither a ratio of requests nor a latency.
    pub quantity: Option<Quantity>,
    /// The limits that its conditions state.
    pub limits: Vec<StatedLimit>,
    /// Families it reads, by name, sorted.
    pub families: Vec<String>,
    /// Those of them that a Scenario document states.
    pub stated: Vec<String>,
    /// What was concluded and why, one sentence each.
    pub conclusions: Vec<String>,
}

/// Whose series a check reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The canary's alone.
    CanaryOnly,
    /// The stable version's alone.
    StableOnly,
    /// Those of both, apart: it compares them.
    Both,
    /// Those of both, in one: what the canary does is diluted by its weight.
    Diluted,
    /// Those of both, in one, of a blue-green update: the stable version before the switch and the canary after it.
    Active,
    /// None: the query can never match a series of the service.
    Nothing,
    /// Not known: it asks no Prometheus, or something that was not understood.
    Unknown,
}

/// What tells the versions apart in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToldBy {
    /// The pod-template-hash, in this label.
    Hash(String),
    /// The Service of each version, in this label.
    Service(String),
    /// A pod label that only one version has (`canaryMetadata`, `stableMetadata`).
    Metadata(String),
    /// A version passed as an argument, in this label.
    Version(String),
    /// The ingress of each version, in this label.
    Ingress(String),
    /// A word such as `canary` in this label, and nothing else.
    Word(String),
    /// Values that a Scenario document states for this label.
    Stated(String),
}

/// What a check measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// Failed requests per request.
    ErrorRatio,
    /// Successful requests per request.
    SuccessRatio,
    /// The latency that this part of the requests stays within, in seconds.
    Latency {
        /// 0.95 for the 95th percentile.
        quantile: f64,
    },
    /// Mean latency in seconds.
    MeanLatency,
    /// What this part of all values stays within, in the unit of a histogram that measures something else.
    Measure {
        /// 0.75 for the 75th percentile.
        quantile: f64,
        /// Median while nothing is wrong.
        median: f64,
    },
    /// A gauge, a ratio of gauges, an age.
    Gauge,
    /// The part of requests done within so many seconds.
    WithinSeconds {
        /// The bound of the histogram that is counted.
        seconds: f64,
    },
}

/// Which side of a limit is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// More is too much.
    AtMost,
    /// Less is too little.
    AtLeast,
}

/// A limit that a condition states, in base units: a ratio, or seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StatedLimit {
    /// Of what.
    pub quantity: Quantity,
    /// Which side is good.
    pub bound: Bound,
    /// The limit.
    pub value: f64,
    /// Whether a `successCondition` states it (beyond it a look does not pass) or a `failureCondition` (beyond it a
    /// look fails).
    pub passes: bool,
}
