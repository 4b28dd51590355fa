//! The label that tells how a request ended, and its alphabet.

use crate::scenario::exposition::OutcomeLabel;
use crate::series::{MatchOp, Matcher};

/// Labels that usually tell how a request ended.
const NAMES: [&str; 22] = [
    "status",
    "code",
    "response_code",
    "status_code",
    "statuscode",
    "http_status",
    "http_code",
    "http_status_code",
    "http_response_status_code",
    "envoy_response_code_class",
    "response_code_class",
    "status_class",
    "grpc_code",
    "grpc_status",
    "grpc_response_status",
    "classification",
    "outcome",
    "result",
    "error",
    "success",
    "status_code_class",
    "code_class",
];

/// Pairs of a success and a failure, in the order they are tried.
const PAIRS: [(&str, &str); 24] = [
    ("200", "500"),
    ("200", "503"),
    ("200", "502"),
    ("200", "504"),
    ("200", "404"),
    ("200", "429"),
    ("200", "400"),
    ("201", "500"),
    ("204", "500"),
    ("302", "500"),
    ("2", "5"),
    ("2", "4"),
    ("2xx", "5xx"),
    ("2XX", "5XX"),
    ("success", "failure"),
    ("success", "error"),
    ("SUCCESS", "SERVER_ERROR"),
    ("OK", "Internal"),
    ("OK", "Unavailable"),
    ("ok", "error"),
    ("0", "13"),
    ("0", "14"),
    ("true", "false"),
    ("false", "true"),
];

/// Whether label `name` usually tells how a request ended.
pub(super) fn is_usual(name: &str) -> bool {
    NAMES.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether `matcher` lets exactly one of the two pass.
fn separates(matcher: &Matcher, success: &str, failure: &str) -> bool {
    matcher.accepts(success) != matcher.accepts(failure)
}

/// The alphabet of label `name`, if `matchers` (all there are of it) say that it tells how requests end.
///
/// The alphabet is one in which a matcher and its negation are both non-empty; the one that most matchers agree with.
/// `low_is_good`: whether a query that reads the values matched wants few of them, where that is known.
pub(super) fn outcome(name: &str, matchers: &[&Matcher], low_is_good: Option<bool>) -> Option<OutcomeLabel> {
    let usual = is_usual(name);
    let status_like = |matcher: &&Matcher| matcher.value.contains(|c: char| c.is_ascii_digit());
    let found = |success: &str, failure: &str| OutcomeLabel {
        label: name.to_owned(),
        success: success.to_owned(),
        failure: failure.to_owned(),
    };
    let score = |pair: &(&str, &str)| {
        matchers
            .iter()
            .filter(|matcher| separates(matcher, pair.0, pair.1))
            .count()
    };
    // The first of the best: `max_by_key` would give the last.
    let best = PAIRS.iter().rev().max_by_key(|pair| score(pair));
    if let Some(pair) = best
        && score(pair) > 0
        && (usual || matchers.iter().all(status_like) && pair.0.starts_with('2'))
        // `error="true"` is no success.
        && !(name == "error" && pair.0 == "true")
    {
        return Some(found(pair.0, pair.1));
    }
    // Words of the domain: what is matched against everything else.
    let matched = matchers
        .iter()
        .find(|matcher| matcher.op == MatchOp::Equal && !matcher.value.is_empty())?;
    let low_is_good = low_is_good.filter(|_| usual || matchers.len() == 1)?;
    Some(if low_is_good {
        found("other", &matched.value)
    } else {
        found(&matched.value, "other")
    })
}
