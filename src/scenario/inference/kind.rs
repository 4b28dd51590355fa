//! What kind of series a name stands for.

use super::gauge::gauge;
use super::query::Asked;
use super::uses::Use;
use crate::scenario::exposition::{Counts, Family};

/// What kind of series a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Histogram(String),
    Counter(String),
    /// A counter of a part of the requests that has nothing to do with how they end: cache hits.
    Part(String),
    /// A counter of what no request counts up: CPU seconds, restarts.
    Sum(String),
    Gauge(String),
    /// Something of which too little is known.
    Unplaced(&'static str),
}

impl Kind {
    /// The kind of a family.
    pub fn of(family: &Family) -> Self {
        let name = family.name.clone();
        match (&family.histogram, family.counts) {
            (Some(_), _) => Self::Histogram(name),
            (None, Counts::Part) => Self::Part(name),
            (None, Counts::Sum) => Self::Sum(name),
            (None, Counts::Nothing) => Self::Gauge(name),
            (None, _) => Self::Counter(name),
        }
    }

    /// The kind of a use that reads one of the families `stated`.
    fn stated(one: &Use, stated: &[Family]) -> Option<Self> {
        let histogram = one.part().map(|(stem, _)| Self::Histogram(stem.to_owned()));
        let reads = |family: &&Family| match family.histogram {
            Some(_) => Some(Self::of(family)) == histogram,
            None => family.name == one.name,
        };
        stated.iter().find(reads).map(Self::of)
    }
}

/// The kind of each use, all uses of a policy seen together. What is `stated` is not asked about.
pub(super) fn kinds(all: &[Asked], stated: &[Family]) -> Vec<Kind> {
    let has = |stem: &str, part: &str| all.iter().any(|other| other.one.part() == Some((stem, part)));
    all.iter()
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
            let named = || name.to_owned();
            let machinery = [
                "container_",
                "kube_",
                "node_",
                "process_",
                "go_",
                "jvm_",
                "machine_",
            ];
            let of_machines = machinery.iter().any(|prefix| name.starts_with(prefix));
            let alike: Vec<&Asked> = all.iter().filter(|other| other.one.name == name).collect();
            let known = |counts: Counts, kind: Kind| match gauge(name, counts, &alike) {
                Ok(_) => kind,
                Err(why) => Kind::Unplaced(why),
            };
            let requests = [
                "request", "http", "_rq", "rpc", "response", "error", "fail", "success", "call", "traffic",
            ];
            let of_requests = requests.iter().any(|word| name.contains(word));
            let rated = alike.iter().any(|asked| asked.one.rated);
            if !rated && (of_machines || !of_requests || !name.ends_with("_total")) {
                return known(Counts::Nothing, Kind::Gauge(named()));
            }
            if of_machines {
                return known(Counts::Sum, Kind::Sum(named()));
            }
            let words: Vec<&str> = name.split('_').collect();
            let cached = ["cache", "hit", "hits", "miss", "misses"];
            if cached.iter().any(|word| words.contains(word))
                && alike.iter().any(|asked| asked.role.whole().is_some())
                && gauge(name, Counts::Part, &alike).is_ok()
            {
                return Kind::Part(named());
            }
            if asked.ratio.is_some() || of_requests {
                return Kind::Counter(name.to_owned());
            }
            Kind::Unplaced("it counts events of which nothing says how they come from requests")
        })
        .collect()
}
