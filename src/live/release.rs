//! Texts in queries that belong to one release, or are known in the cluster alone.

use std::collections::BTreeMap;

use regex::Regex;

use crate::policy::argo::arguments::SECRET;
use crate::policy::argo::spec::Identity;
use crate::recording::Recording;
use crate::series::{MatchOp, Matcher, rust_pattern};
use crate::units::Timestamp;

/// What a pod-template-hash looks like.
const HASH: &str = "[a-z0-9]+";

/// A matcher, made fit for every release.
#[derive(Clone, Debug)]
pub(super) enum Fit {
    /// It names no release.
    AsWritten,
    /// It excluded one release; nothing takes its place.
    Dropped,
    /// It took one release and takes any now.
    Widened(Matcher),
}

/// What `matcher` becomes where the hash of a release, or a version written in the Rollout, is not to decide.
pub(super) fn fit(matcher: &Matcher, identity: &Identity) -> Fit {
    let made_up =
        |text: &str| hashes(identity).iter().any(|hash| text.contains(hash)) || text.contains(SECRET);
    let version = identity.canary_versions.contains(&matcher.value);
    if !made_up(&matcher.value) && !version {
        return Fit::AsWritten;
    }
    let widened = match matcher.op {
        MatchOp::NotEqual | MatchOp::NotRegex => return Fit::Dropped,
        MatchOp::Equal if version => ".+".to_owned(),
        MatchOp::Equal => opened(&regex::escape(&matcher.value), identity, HASH),
        MatchOp::Regex => opened(&matcher.value, identity, HASH),
    };
    Matcher::new(&matcher.name, MatchOp::Regex, widened).map_or(Fit::Dropped, Fit::Widened)
}

/// `pattern` with `hash` in the place of every made-up hash, and anything in the place of a secret.
fn opened(pattern: &str, identity: &Identity, hash: &str) -> String {
    let pattern = hashes(identity)
        .iter()
        .fold(pattern.to_owned(), |pattern, made_up| {
            pattern.replace(made_up, hash)
        });
    pattern
        .replace(&regex::escape(SECRET), ".+")
        .replace(SECRET, ".+")
}

fn hashes(identity: &Identity) -> [&str; 2] {
    [&identity.canary_hash, &identity.stable_hash]
}

/// The pod-template-hashes that were seen in a recording where a matcher asks for one: each with the moment of its
/// first sample, the newest first.
pub(super) fn seen(
    matchers: &[Matcher],
    identity: &Identity,
    recording: &Recording,
) -> Vec<(String, Timestamp)> {
    let mut first: BTreeMap<String, i64> = BTreeMap::new();
    for matcher in matchers {
        let Some(pattern) = capturing(matcher, identity) else {
            continue;
        };
        let others: Vec<Matcher> = matchers
            .iter()
            .filter_map(|other| any_release(other, identity))
            .collect();
        for (series, labels) in recording.layout.series() {
            let hash = labels
                .get(&matcher.name)
                .filter(|_| others.iter().all(|other| other.matches(labels)))
                .and_then(|value| pattern.captures(value)?.name("hash"));
            let sample = recording.series(series).next();
            if let (Some(hash), Some((time, _))) = (hash, sample) {
                let known = first.entry(hash.as_str().to_owned()).or_insert(time);
                *known = time.min(*known);
            }
        }
    }
    let mut seen: Vec<(String, Timestamp)> = first
        .into_iter()
        .map(|(hash, time)| (hash, Timestamp::from_millis(time)))
        .collect();
    seen.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    seen
}

/// The matcher as it is asked for any release; absent where it is dropped.
pub(super) fn any_release(matcher: &Matcher, identity: &Identity) -> Option<Matcher> {
    match fit(matcher, identity) {
        Fit::AsWritten => Some(matcher.clone()),
        Fit::Dropped => None,
        Fit::Widened(widened) => Some(widened),
    }
}

/// A pattern whose group `hash` is the hash that `matcher` asks for.
fn capturing(matcher: &Matcher, identity: &Identity) -> Option<Regex> {
    let made_up = hashes(identity)
        .into_iter()
        .find(|hash| matcher.value.contains(hash))?;
    let written = match matcher.op {
        MatchOp::Equal => regex::escape(&matcher.value),
        MatchOp::Regex => matcher.value.clone(),
        MatchOp::NotEqual | MatchOp::NotRegex => return None,
    };
    let named = written.replacen(made_up, "(?P<hash>[a-z0-9]+)", 1);
    let pattern = rust_pattern(&opened(&named, identity, HASH)).ok()?;
    Regex::new(&format!("^(?s:{pattern})$")).ok()
}

/// `query` with the hashes of real releases in the place of made-up ones: the newest is the canary's, the one before it
/// the stable version's.
pub(super) fn asked(query: &str, identity: &Identity, seen: &[(String, Timestamp)]) -> String {
    let Some((newest, _)) = seen.first() else {
        return query.to_owned();
    };
    let (before, _) = seen.get(1).unwrap_or(&seen[0]);
    query
        .replace(&identity.canary_hash, newest)
        .replace(&identity.stable_hash, before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Builder;
    use crate::series::Labels;

    fn identity() -> Identity {
        Identity {
            canary_hash: "6c8b5f7d94".into(),
            stable_hash: "5d4f9c7b68".into(),
            canary_versions: vec!["1.2.3".into()],
            ..Identity::default()
        }
    }

    #[test]
    fn what_names_one_release_asks_for_any() {
        let fit = |op, value: &str| {
            let matcher = Matcher::new("pod", op, value).unwrap();
            match fit(&matcher, &identity()) {
                Fit::AsWritten => "as written".to_owned(),
                Fit::Dropped => "dropped".to_owned(),
                Fit::Widened(matcher) => matcher.value,
            }
        };
        assert_eq!(fit(MatchOp::Equal, "checkout"), "as written");
        assert_eq!(fit(MatchOp::Equal, "6c8b5f7d94"), "[a-z0-9]+");
        assert_eq!(fit(MatchOp::Equal, "a.b-5d4f9c7b68-x"), r"a\.b\-[a-z0-9]+\-x");
        assert_eq!(fit(MatchOp::Regex, "a-6c8b5f7d94-.*"), "a-[a-z0-9]+-.*");
        assert_eq!(fit(MatchOp::NotRegex, "a-6c8b5f7d94-.*"), "dropped");
        assert_eq!(fit(MatchOp::Equal, "1.2.3"), ".+");
        assert_eq!(fit(MatchOp::Equal, "temp-for-secret"), ".+");
    }

    #[test]
    fn the_newest_hash_is_the_canarys() {
        let mut builder = Builder::default();
        for (pod, time) in [
            ("a-old1-x", 10),
            ("a-new2-x", 30),
            ("a-old1-y", 20),
            ("b-c3-x", 40),
        ] {
            let series = builder.series(Labels::new([("__name__", "up"), ("pod", pod)]));
            builder.push(series, time, 1.0);
        }
        let recording = builder.build().unwrap();
        let matchers = [Matcher::new("pod", MatchOp::Regex, "a-(6c8b5f7d94)-.*").unwrap()];
        let seen = seen(&matchers, &identity(), &recording);
        let hashes: Vec<&str> = seen.iter().map(|(hash, _)| hash.as_str()).collect();
        assert_eq!(hashes, ["new2", "old1"]);
        let query = "up{pod=~\"a-6c8b5f7d94-.*\"} or up{pod=~\"a-5d4f9c7b68-.*\"}";
        assert_eq!(
            asked(query, &identity(), &seen),
            "up{pod=~\"a-new2-.*\"} or up{pod=~\"a-old1-.*\"}"
        );
    }
}
