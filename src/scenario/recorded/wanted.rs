//! Which metrics of a recording are to be drawn, and which of their requests failed.

use crate::scenario::exposition::{Counts, Exposition};
use crate::scenario::inference::{Selected, tells_ending};
use crate::series::{Labels, Matcher};

/// How the requests that a series counts ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// They failed.
    Failure,
    /// They did not.
    Success,
    /// The series does not tell.
    Any,
}

/// A metric that some query reads: one counter or gauge, or all series of one histogram or summary.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its name; of a histogram or summary as a query has it, with its suffix.
    pub name: String,
    /// Whether it is read as a counter.
    pub rated: bool,
    /// The label that tells how requests ended, and its value on those that fail.
    pub failing: Option<(String, String)>,
    /// What all requests of the metric are, whatever its labels.
    all: Ending,
    /// What selectors ask of that label: whether what they accept failed.
    asks: Vec<(Vec<Matcher>, bool)>,
}

impl Wanted {
    /// How the requests of a series ended.
    pub fn ending(&self, labels: &Labels) -> Ending {
        if self.all != Ending::Any {
            return self.all;
        }
        let mut ending = Ending::Any;
        for (label, value) in labels.iter().filter(|(label, _)| tells_ending(label)) {
            if is_failing(label, value) {
                return Ending::Failure;
            }
            ending = Ending::Success;
        }
        let Some((label, failure)) = &self.failing else {
            return ending;
        };
        let value = labels.get(label).unwrap_or("");
        let asked = |(matchers, fail): &(Vec<Matcher>, bool)| {
            matchers.iter().all(|matcher| matcher.accepts(value)) == *fail
        };
        if value == failure || self.asks.iter().any(asked) {
            Ending::Failure
        } else if value.is_empty() {
            ending
        } else {
            Ending::Success
        }
    }
}

/// The metrics that `selected` name, each once, sorted by name. `exposition`: what the queries say of how requests end.
pub fn wanted(selected: &[Selected], exposition: &Exposition) -> Vec<Wanted> {
    let mut names: Vec<&str> = selected.iter().map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| one(name, selected, exposition))
        .collect()
}

fn one(name: &str, selected: &[Selected], exposition: &Exposition) -> Wanted {
    let stem = |name: &str| {
        let part = ["_bucket", "_sum", "_count"]
            .into_iter()
            .find_map(|part| name.strip_suffix(part));
        part.map(str::to_owned)
    };
    let parts_of = stem(name);
    // All series of a histogram count the same requests.
    let same = |other: &str| other == name || parts_of.is_some() && stem(other) == parts_of;
    let own = || selected.iter().filter(|one| same(&one.name));
    let family = exposition.families.iter().find(|family| {
        let part = name.strip_prefix(family.name.as_str());
        part.is_some_and(|part| ["", "_bucket", "_sum", "_count"].contains(&part))
    });
    let outcome = family.and_then(|family| family.outcome.as_ref());
    let mut asks = Vec::new();
    if let Some(outcome) = outcome {
        for one in own() {
            let matchers: Vec<Matcher> = one
                .matchers
                .iter()
                .filter(|matcher| matcher.name == outcome.label)
                .cloned()
                .collect();
            let accepts = |value: &str| matchers.iter().all(|matcher| matcher.accepts(value));
            let (success, failure) = (accepts(&outcome.success), accepts(&outcome.failure));
            if success != failure {
                asks.push((matchers, failure));
            }
        }
    }
    let all = match (family.map(|family| family.counts), outcome) {
        (Some(Counts::Failures), None) => Ending::Failure,
        (Some(Counts::Successes), None) => Ending::Success,
        _ => Ending::Any,
    };
    Wanted {
        name: name.to_owned(),
        rated: own().any(|one| one.rated),
        failing: outcome.map(|outcome| (outcome.label.clone(), outcome.failure.clone())),
        all,
        asks,
    }
}

/// Whether a value of a label that tells how requests ended says that the server failed.
pub(crate) fn is_failing(label: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    match label {
        "error" => !["", "none", "false", "0", "no"].contains(&lower.as_str()),
        "success" => ["false", "0", "no"].contains(&lower.as_str()),
        _ if label.starts_with("grpc") => [
            "13",
            "14",
            "15",
            "2",
            "4",
            "internal",
            "unavailable",
            "unknown",
            "dataloss",
            "deadlineexceeded",
        ]
        .contains(&lower.as_str()),
        _ => {
            let code = lower.starts_with('5') && (lower.len() == 1 || lower.len() == 3);
            code || [
                "error",
                "failure",
                "failed",
                "fail",
                "server_error",
                "internal",
                "unavailable",
                "exception",
            ]
            .contains(&lower.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_words_of_failure() {
        for (label, value) in [
            ("status", "503"),
            ("code", "5xx"),
            ("outcome", "SERVER_ERROR"),
            ("error", "Rejected"),
            ("success", "false"),
            ("grpc_code", "Internal"),
        ] {
            assert!(is_failing(label, value), "{label} {value}");
        }
        for (label, value) in [
            ("status", "200"),
            ("status", "5000"),
            ("code", "4xx"),
            ("outcome", "CLIENT_ERROR"),
            ("error", "none"),
            ("success", "true"),
            ("grpc_code", "OK"),
        ] {
            assert!(!is_failing(label, value), "{label} {value}");
        }
    }
}
