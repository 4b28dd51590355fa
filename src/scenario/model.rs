use serde::{Deserialize, Serialize};

use super::{
    Carried, ColdStart, Deed, Delay, Disturbance, Fault, LatencyLimit, PodReady, Probing, Provider, Route,
    Silence, Since, Visit,
};
use crate::units::Duration;

/// A world, resolved: every number that its evidence and its harm depend on.
///
/// Its JSON is its canonical form (the digest in a trial's address is taken of it).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// Short name, unique in a call.
    pub name: String,
    /// What happens, in one line.
    pub description: String,
    /// Whether the release is to be stopped.
    pub truth: Verdict,
    /// The requests that come.
    pub traffic: Demand,
    /// The service as it is when nothing is wrong.
    pub service: Service,
    /// What is wrong with the release. More than one: all at once.
    pub faults: Vec<Fault>,
    /// The release returns to the version that was stable so many revisions ago; 0: it is a new one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub revisions_back: u32,
    /// What is wrong for a while with every new pod or new traffic of the canary, and harmless.
    pub cold_start: Option<ColdStart>,
    /// What goes wrong for a while, whatever is released.
    pub disturbances: Vec<Disturbance>,
    /// How all this is seen.
    pub observation: Observation,
    /// How quickly the cluster and the controller act.
    pub controller: Controller,
    /// What a person does when a rollout waits for one.
    pub operator: Operator,
    /// Who comes beside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Visit>,
    /// What checks say that cannot be simulated (jobs, web hooks, other providers); the first whose name fits counts.
    pub providers: Vec<Provider>,
    /// A request that takes longer is harmed; absent: longer than the healthy 99th percentile.
    pub harm_limit: Option<LatencyLimit>,
    /// How long a trial lasts at most; absent: by the policies compared.
    pub horizon: Option<Duration>,
}

/// Whether a release does harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It should be promoted.
    Harmless,
    /// It should be rolled back.
    Harmful,
}

/// The requests that come, to both versions together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Demand {
    /// Mean requests per second over a day.
    pub rate: f64,
    /// Whether they come at random.
    pub arrivals: Arrivals,
    /// How much busier than the mean the busiest hour is (0.1: a tenth). The trial starts at a seeded time of day.
    pub daily: f64,
    /// Log-sd of the correlated noise of the rate.
    pub noise: f64,
    /// Requests per second that test a canary which no user reaches yet. They harm nobody.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub probes: f64,
    /// Requests that test the canary at stated times, whoever else reaches it. They harm nobody either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probing: Option<Probing>,
    /// Headers that some of the requests carry, each of them one at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Carried>,
    /// The part of the requests that have the method and the path which a mirror route asks for, where it asks.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub matching: f64,
    /// When nobody comes; absent: there is always somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stops: Option<Silence>,
}

impl Demand {
    /// The part of the requests that carry this header with a value that fits.
    pub fn carrying(&self, fits: impl Fn(&Carried) -> bool) -> f64 {
        self.headers
            .iter()
            .filter(|carried| fits(carried))
            .map(|carried| carried.part)
            .sum()
    }

    /// Whether somebody sends probes to a canary that no user reaches.
    pub fn is_probed(&self) -> bool {
        self.probes > 0.0 || self.probing.is_some()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_none(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// At random, given the rate.
    Poisson,
    /// As evenly as whole requests can; shared out as exactly as whole requests can.
    Constant,
}

/// The service when nothing is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// Failed requests per request.
    pub errors: f64,
    /// How long requests take.
    pub latency: Latency,
    /// Correlated noise of the error ratio.
    pub noise: Noise,
    /// How far gauges hover from their best value towards their limit.
    pub gauge_level: f64,
    /// Endpoints that are told apart; what they leave is the rest of the service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
}

/// A lognormal distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Latency {
    /// Median in seconds.
    pub median: f64,
    /// Standard deviation of the logarithm.
    pub sigma: f64,
}

/// Correlated noise: an Ornstein-Uhlenbeck path in the logarithm, mean 1 after the exponential.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Noise {
    /// Log-sd of the part that both versions share.
    pub shared: f64,
    /// Log-sd of the part that each version has for itself.
    pub private: f64,
    /// Time after which the correlation has fallen to 1/e; that of the traffic's noise too.
    pub correlation: Duration,
}

/// How the service is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Observation {
    /// Time between two scrapes of a target; the phase of each target is seeded.
    pub scrape_interval: Duration,
    /// Cell of the world's time grid; absent: a third of the scrape interval.
    pub slot: Option<Duration>,
    /// A scrape comes up to this much earlier or later than planned.
    pub jitter: Duration,
    /// Part of scrapes that fail.
    pub missed: f64,
    /// From a scrape to the moment a query sees it.
    pub ingestion: Duration,
    /// From the start of a measurement to its end.
    pub measurement: Duration,
    /// Value of every counter when its pod starts, all of them present; absent: pods start at 0, series with an
    /// outcome are born at their first request, and the stable version's pods have run for days.
    pub counters_start_at: Option<f64>,
}

/// How quickly the cluster and the controller act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Controller {
    /// From a new weight to traffic that follows it.
    pub router: Duration,
    /// So much of a weight arrives as traffic while there are two versions: 1, all of it.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub delivered: f64,
    /// From a new weight until a router that is asked says that it has it; absent: it cannot be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Duration>,
    /// From the wish for a pod to its first request.
    pub pod_ready: Duration,
    /// The same of the canary's pods, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary_ready: Option<PodReady>,
    /// From something to react to until the controller has looked.
    pub reconcile: Duration,
    /// Whether times are stored in whole seconds, as Kubernetes does.
    pub whole_seconds: bool,
}

fn whole() -> f64 {
    1.0
}

fn is_whole(part: &f64) -> bool {
    *part == 1.0
}

impl Controller {
    /// From the wish for a pod of the canary to its first request; `None`: it never serves.
    pub fn canary_ready(&self) -> Option<Duration> {
        match self.canary_ready {
            None => Some(self.pod_ready),
            Some(PodReady::After(length)) => Some(length),
            Some(PodReady::Never) => None,
        }
    }
}

/// What a person does when a rollout waits for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// Nobody comes.
    Nobody,
    /// Promotes after this long.
    PromotesAfter(Duration),
    /// Aborts after this long.
    AbortsAfter(Duration),
}

/// Phase of a measurement, as in the controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Passed.
    Successful,
    /// Did not pass.
    Failed,
    /// Neither.
    Inconclusive,
    /// Could not be taken.
    Error,
}

impl Observation {
    /// Cell of the time grid, in ms: at least 1.
    pub fn slot(&self) -> Duration {
        let third = Duration::from_millis(self.scrape_interval.as_millis() / 3);
        self.slot.unwrap_or(third).max(Duration::from_millis(1))
    }
}

impl Latency {
    /// Seconds within which a part `quantile` of the requests is done.
    pub fn quantile(self, quantile: f64) -> f64 {
        self.median * libm::exp(self.sigma * crate::seed::normal_quantile(quantile))
    }

    /// Part of the requests that is done within `seconds`.
    pub fn within(self, seconds: f64) -> f64 {
        if seconds <= 0.0 {
            return 0.0;
        }
        crate::seed::normal_cdf(libm::log(seconds / self.median) / self.sigma)
    }
}

/// As [`Operator::parse`] reads it.
impl std::fmt::Display for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::PromotesAfter(after) => write!(f, "promotes after {after}"),
            Self::AbortsAfter(after) => write!(f, "aborts after {after}"),
        }
    }
}

impl Scenario {
    /// Everybody who comes: the operator and the other people.
    pub fn visits(&self) -> impl Iterator<Item = Visit> {
        let operator = match self.operator {
            Operator::Nobody => None,
            Operator::PromotesAfter(delay) => Some((Deed::Promotes, delay)),
            Operator::AbortsAfter(delay) => Some((Deed::Aborts, delay)),
        };
        let operator = operator.map(|(does, delay)| Visit {
            does,
            since: Since::Waiting,
            delay: Delay::Exactly(delay),
            asleep: None,
        });
        operator.into_iter().chain(self.people.iter().copied())
    }
}

impl Operator {
    /// `nobody`, `promotes after 10m` or `aborts after 10m`; after a second at least.
    pub fn parse(words: &str) -> Option<Self> {
        if words == "nobody" {
            return Some(Self::Nobody);
        }
        let (what, after) = words.split_once(" after ")?;
        let after = crate::policy::argo::duration::parse(after.trim()).ok()?;
        match what {
            // Somebody who comes at once, again and again, would never let time go on.
            _ if after < Duration::from_secs(1) => None,
            "promotes" => Some(Self::PromotesAfter(after)),
            "aborts" => Some(Self::AbortsAfter(after)),
            _ => None,
        }
    }

    /// As [`Self::parse`], or visits with `;` between them.
    pub fn and_people(words: &str) -> Option<(Self, Vec<Visit>)> {
        match Self::parse(words) {
            Some(operator) => Some((operator, Vec::new())),
            None => Some((Self::Nobody, Visit::parse_all(words)?)),
        }
    }
}
