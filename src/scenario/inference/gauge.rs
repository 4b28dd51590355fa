//! What a gauge is, as the queries and conditions that read it tell: between which ends it lies, which limit it has,
//! what it follows.

use super::Bound;
use super::limits::CoreLimit;
use super::matched::matched;
use super::query::{Asked, Role};
use crate::scenario::exposition::{Counts, Family};
use crate::scenario::{Better, Follows, Gauge};

/// Part of its limit at which a latency lies while nothing is wrong, and part of its limit for errors.
const LATENCY: f64 = 0.4;
const ERRORS: f64 = 0.25;

/// The gauge of a name, by all uses of it in a call: what it shows, or what a counter of `counts` goes by.
///
/// # Errors
///
/// What is not known of it, in words that follow 'nothing says what it is: '.
pub(super) fn gauge(name: &str, counts: Counts, asked: &[&Asked]) -> Result<Gauge, &'static str> {
    let words = Words(name);
    if counts == Counts::Nothing {
        if let Some(value) = words.constant() {
            return Ok(Gauge {
                whole: true,
                ..Gauge::constant(value)
            });
        }
        if words.any(&["replicas", "kube_pod_info"]) {
            return Ok(Gauge {
                follows: Follows::Pods,
                ..Gauge::hovering(0.0, 1e6)
            });
        }
        // What stands below the line is what the gauge above it is measured by.
        let below = asked.iter().any(|asked| asked.role == Role::Below);
        if below && !asked.iter().any(|asked| asked.role.whole().is_some()) {
            return Ok(Gauge::constant(whole(name)));
        }
    }
    let state = asked
        .iter()
        .find_map(|asked| asked.equals.filter(|_| asked.role == Role::Alone));
    if let Some(value) = state.filter(|_| counts == Counts::Nothing) {
        return Ok(at_state(value));
    }
    let mut limits = asked.iter().flat_map(|asked| of_use(asked, counts));
    let Some((mut limit, bound)) = limits.next() else {
        return Err("no condition says how much of it is too much");
    };
    for (value, _) in limits.filter(|(_, other)| *other == bound) {
        limit = if bound == Bound::AtMost {
            limit.min(value)
        } else {
            limit.max(value)
        };
    }
    Ok(with_limit(words, counts, asked, limit, bound))
}

fn with_limit(words: Words<'_>, counts: Counts, asked: &[&Asked], limit: f64, bound: Bound) -> Gauge {
    let whole = asked.iter().find_map(|asked| asked.role.whole());
    let ends = match (counts, whole) {
        (Counts::Part, _) => (0.0, 1.0),
        (Counts::Nothing, Some(whole)) => (0.0, whole),
        _ => words.ends(limit, bound),
    };
    let part = || asked.iter().any(|asked| matches!(asked.role, Role::Above { .. }));
    let of = asked.iter().find_map(|asked| match &asked.role {
        Role::Rest { of, .. } => Some(of.clone()),
        _ => None,
    });
    let of = of.filter(|_| !part());
    let (floor, ceiling) = (ends.0.min(limit), ends.1.max(limit));
    let better = if bound == Bound::AtMost {
        Better::Low
    } else {
        Better::High
    };
    let follows = words.follows(asked, counts);
    let gauge = Gauge {
        limit: Some(limit),
        better,
        follows,
        whole: counts == Counts::Nothing && ceiling >= 20.0 && words.any(&WHOLE),
        stamp: asked.iter().any(|asked| asked.role == Role::Age),
        rest: of.is_some(),
        luck: of,
        ..Gauge::hovering(floor, ceiling)
    };
    let distance = match follows {
        Follows::Latency(_) => LATENCY,
        Follows::Errors => ERRORS,
        _ => return gauge,
    };
    Gauge {
        level: Some(gauge.healthy(distance)),
        ..gauge
    }
}

/// The limits that one use sets to the gauge of one pod, in its own unit.
fn of_use(asked: &Asked, counts: Counts) -> Vec<(f64, Bound)> {
    let one = |limit: &CoreLimit| {
        let CoreLimit { value, bound, .. } = *limit;
        let found = match &asked.role {
            Role::Alone | Role::Age if asked.one.differenced => return None,
            // A version may be down to one pod, which then is to be enough alone.
            Role::Alone if bound == Bound::AtMost => (value / asked.pods(), bound),
            Role::Alone | Role::Age => (value, bound),
            // What is left of a whole shows itself by the part.
            Role::Above { whole } | Role::Rest { whole, .. } => (value * whole, bound),
            Role::Below | Role::Quantile(_) | Role::Other => return None,
        };
        // An increase over a window is a rate times its length.
        let per_second = match (counts, asked.one.increased, asked.one.range) {
            (Counts::Sum, true, Some(range)) if range > 0 => 1000.0 / range as f64,
            _ => 1.0,
        };
        Some((found.0 * per_second, found.1)).filter(|(limit, _)| limit.is_finite())
    };
    asked.limits.iter().filter_map(one).collect()
}

/// Where both versions are added up, twice the pods share one limit.
pub(super) fn share_limits(families: &mut [Family], asked: &[Asked]) {
    for family in families {
        let adds_both = |asked: &Asked| {
            let matched = matched(family, &asked.one);
            let own = asked.one.name == family.name && asked.role == Role::Alone;
            own && asked.one.summed && matched.canary && matched.stable
        };
        if !asked.iter().any(adds_both) {
            continue;
        }
        if let Some(gauge) = family.gauge.as_mut().filter(|gauge| gauge.better == Better::Low) {
            gauge.limit = gauge.limit.map(|limit| limit / 2.0);
            gauge.level = gauge.level.map(|level| level / 2.0);
        }
    }
}

/// The family with a gauge of which nothing is known, for a person to put right.
pub(super) fn made_up(family: Family) -> Family {
    let gauge = Gauge {
        level: Some(60.0),
        limit: Some(100.0),
        ..Gauge::hovering(0.0, 200.0)
    };
    Family {
        counts: Counts::Nothing,
        gauge: Some(gauge),
        outcome: None,
        ..family
    }
}

/// What is to equal a number: a state that nobody wants to see change.
fn at_state(value: f64) -> Gauge {
    let (floor, ceiling) = (value.min(0.0), if value == 0.0 { 5.0 } else { value.max(0.0) });
    Gauge {
        level: Some(value),
        limit: Some(value),
        floor,
        ceiling,
        better: if value > 0.0 { Better::High } else { Better::Low },
        whole: value == 0.0,
        ..Gauge::constant(value)
    }
}

/// What the series below the line of a ratio shows: so much of a thing there is.
pub(super) fn whole(name: &str) -> f64 {
    let words = Words(name);
    if words.any(&["bytes", "memory"]) {
        f64::from(1 << 30)
    } else if words.any(&["cpu", "cores"]) {
        1.0
    } else {
        100.0
    }
}

/// Values are whole numbers.
const WHOLE: [&str; 8] = [
    "queue",
    "depth",
    "connections",
    "pending",
    "lag",
    "backlog",
    "threads",
    "messages",
];

/// The words in a name.
#[derive(Clone, Copy)]
struct Words<'n>(&'n str);

impl Words<'_> {
    fn any(self, words: &[&str]) -> bool {
        words.iter().any(|word| self.0.contains(word))
    }

    /// What always shows the same while a pod serves.
    fn constant(self) -> Option<f64> {
        let always = [
            "up",
            "kube_pod_status_ready",
            "kube_pod_container_status_ready",
            "probe_success",
        ];
        (always.contains(&self.0) || self.0.ends_with("_info") && self.0 != "kube_pod_info").then_some(1.0)
    }

    /// Floor and ceiling of a gauge that is compared with `limit`.
    fn ends(self, limit: f64, bound: Bound) -> (f64, f64) {
        let ratio = [
            "ratio",
            "util",
            "usage",
            "saturation",
            "rate",
            "fraction",
            "percent",
            "pct",
        ];
        let per_cent = self.any(&["percent", "pct"]) || self.any(&ratio) && limit > 20.0;
        match bound {
            _ if limit < 0.0 => (2.0 * limit, 0.0),
            _ if limit <= 1.0 && limit > 0.0 && self.any(&ratio) => (0.0, 1.0),
            _ if limit <= 100.0 && limit > 1.0 && per_cent => (0.0, 100.0),
            Bound::AtLeast if limit <= 1.0 => (0.0, 1.0),
            _ if limit == 0.0 => (0.0, 10.0),
            _ => (0.0, 2.0 * limit),
        }
    }

    fn follows(self, asked: &[&Asked], counts: Counts) -> Follows {
        let times = [
            "latency",
            "duration",
            "response_time",
            "lcp",
            "inp",
            "fid",
            "ttfb",
            "fcp",
            "_p50",
            "_p75",
            "_p90",
            "_p95",
            "_p99",
        ];
        let errors = ["error", "fail", "success", "availability"];
        let load = [
            "queue",
            "backlog",
            "pending",
            "inflight",
            "in_flight",
            "active",
            "pool",
            "connections",
            "threads",
            "concurren",
            "cpu",
            "util",
            "saturation",
            "load",
            "lag",
            "depth",
        ];
        let quantile = asked
            .iter()
            .find_map(|asked| {
                asked
                    .one
                    .matchers_of("quantile")
                    .next()?
                    .value
                    .parse::<f64>()
                    .ok()
            })
            .filter(|quantile| *quantile > 0.0 && *quantile < 1.0);
        let named = [("_p50", 0.5), ("_p75", 0.75), ("_p90", 0.9), ("_p99", 0.99)];
        let named = named
            .iter()
            .find(|(word, _)| self.0.contains(word))
            .map(|(_, quantile)| *quantile);
        let stamped = asked.iter().any(|asked| asked.role == Role::Age);
        match quantile.or(named) {
            _ if stamped || counts == Counts::Part => Follows::Nothing,
            Some(quantile) => Follows::Latency(quantile),
            None if counts == Counts::Sum && !self.any(&["cpu"]) => Follows::Nothing,
            None if self.any(&times) => Follows::Latency(0.95),
            None if self.any(&errors) => Follows::Errors,
            None if self.any(&load) => Follows::Load(0.5),
            None => Follows::Nothing,
        }
    }
}
