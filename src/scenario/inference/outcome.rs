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

/// Codes of requests that succeed, in the order they are tried.
const SUCCESSES: [&str; 8] = ["200", "201", "204", "202", "206", "302", "301", "304"];
/// Codes of requests that fail by the server's fault, in the order they are tried.
const FAULTS: [&str; 6] = ["500", "503", "502", "504", "501", "599"];
/// Codes of requests that fail by the client's fault, in the order they are tried.
const REFUSALS: [&str; 6] = ["404", "429", "400", "401", "403", "499"];

/// Pairs of a success and a failure that are no codes, in the order they are tried.
const PAIRS: [(&str, &str); 14] = [
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

/// What one selector asks of the label: all of it must hold.
pub(super) type Asks<'m> = Vec<&'m Matcher>;

fn separates(asks: &Asks<'_>, success: &str, failure: &str) -> bool {
    let accepts = |value: &str| asks.iter().all(|matcher| matcher.accepts(value));
    accepts(success) != accepts(failure)
}

/// The alphabet of label `name`, if what selectors ask of it says that it tells how requests end.
///
/// It has one value for success and one for failure: those that as many selectors as possible tell apart. Where no
/// failure suits all, those come first that ask for server errors.
/// `low_is_good`: whether a query that reads the values matched wants few of them, where that is known.
pub(super) fn outcome(name: &str, selectors: &[Asks<'_>], low_is_good: Option<bool>) -> Option<OutcomeLabel> {
    let usual = is_usual(name);
    let matchers = || selectors.iter().flatten();
    let status_like = |matcher: &&Matcher| matcher.value.contains(|c: char| c.is_ascii_digit());
    let found = |success: &str, failure: &str| OutcomeLabel {
        label: name.to_owned(),
        success: success.to_owned(),
        failure: failure.to_owned(),
    };
    let pairs = pairs(&literals(matchers().copied()));
    let of_faults = |asks: &&Asks<'_>| {
        pairs
            .iter()
            .any(|(success, failure)| failure.starts_with('5') && separates(asks, success, failure))
    };
    let faults: Vec<bool> = selectors.iter().map(|asks| of_faults(&asks)).collect();
    let score = |pair: &(String, String)| {
        let separated = |asks: &Asks<'_>| separates(asks, &pair.0, &pair.1);
        let of_faults = selectors.iter().zip(&faults).filter(|(_, faults)| **faults);
        (
            of_faults.filter(|(asks, _)| separated(asks)).count(),
            selectors.iter().filter(|asks| separated(asks)).count(),
        )
    };
    // The first of the best: `max_by_key` would give the last.
    let best = pairs.iter().rev().max_by_key(|pair| score(pair));
    if let Some(pair) = best
        && score(pair).1 > 0
        && (usual || matchers().all(status_like) && pair.0.starts_with('2'))
        // `error="true"` is no success.
        && !(name == "error" && pair.0 == "true")
    {
        return Some(found(&pair.0, &pair.1));
    }
    // Words of the domain: what is matched against everything else.
    let matched = matchers().find(|matcher| matcher.op == MatchOp::Equal && !matcher.value.is_empty())?;
    let one_word = matchers().all(|other| (other.op, &other.value) == (matched.op, &matched.value));
    let low_is_good = low_is_good.filter(|_| usual || one_word)?;
    Some(if low_is_good {
        found("other", &matched.value)
    } else {
        found(&matched.value, "other")
    })
}

/// Codes that stand in matchers as they are, in the order of the text.
fn literals<'m>(matchers: impl Iterator<Item = &'m Matcher>) -> Vec<String> {
    let mut found = Vec::new();
    for matcher in matchers {
        let words = matcher.value.split(|c: char| !c.is_ascii_alphanumeric());
        for word in words.filter(|word| word.len() == 3 && word.bytes().all(|c| c.is_ascii_digit())) {
            if !found.iter().any(|known| known == word) {
                found.push(word.to_owned());
            }
        }
    }
    found
}

/// Pairs of a success and a failure, in the order they are tried: `codes` named by queries beside the usual ones.
fn pairs(codes: &[String]) -> Vec<(String, String)> {
    let named = |first: &'static [char]| {
        codes
            .iter()
            .map(String::as_str)
            .filter(move |code| code.starts_with(first))
    };
    let successes = SUCCESSES.into_iter().chain(named(&['2', '3']));
    let failures = (named(&['5']).chain(FAULTS)).chain(named(&['4']).chain(REFUSALS));
    let pair = |(success, failure): (&str, &str)| (success.to_owned(), failure.to_owned());
    successes
        .flat_map(|success| failures.clone().map(move |failure| (success, failure)))
        .chain(PAIRS)
        .map(pair)
        .collect()
}
