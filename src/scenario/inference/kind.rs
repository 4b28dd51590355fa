//! What kind of series a name stands for.

use super::query::Asked;
use super::uses::Use;
use crate::scenario::exposition::Family;

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
