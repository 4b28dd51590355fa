use crate::policy::argo::spec::{Identity, Policy};
use crate::recording::releases::{Change, Release};

/// `policy` as it would have been asked at `release`: the release's own pod-template-hashes and version in the place of
/// those that were made up or are written in today's manifest. `None`: its queries name no release, or none is known.
pub(super) fn asked(policy: &Policy, release: &Release) -> Option<Policy> {
    if !names_release(policy) {
        return None;
    }
    let (hash, version) = (release.hash(), release.version());
    let mut own = policy.clone();
    let mut any = false;
    for check in &mut own.checks {
        if let Some(query) = check.question.query_mut() {
            let replaced = replaced(query, &policy.identity, hash.as_ref(), version.as_ref());
            any |= replaced != *query;
            *query = replaced;
        }
    }
    any.then_some(own)
}

/// Whether a query of `policy` asks for one release.
pub(super) fn names_release(policy: &Policy) -> bool {
    let identity = &policy.identity;
    let mut queries = policy.checks.iter().filter_map(|check| check.question.query());
    queries.any(|query| {
        let has = |text: &str| !text.is_empty() && query.contains(text);
        has(&identity.canary_hash)
            || has(&identity.stable_hash)
            || identity
                .canary_versions
                .iter()
                .any(|version| has(&quoted(version)))
    })
}

fn replaced(query: &str, identity: &Identity, hash: Option<&Change>, version: Option<&Change>) -> String {
    let mut query = query.to_owned();
    if let Some(hash) = hash {
        let canary = (&identity.canary_hash, Some(&hash.new));
        let stable = (&identity.stable_hash, hash.before.as_ref());
        for (made_up, real) in [canary, stable] {
            if let Some(real) = real.filter(|real| is_plain(real) && !made_up.is_empty()) {
                query = query.replace(made_up, real);
            }
        }
    }
    if let Some(version) = version {
        for written in identity.canary_versions.iter().filter(|_| is_plain(&version.new)) {
            query = query.replace(&quoted(written), &quoted(&version.new));
        }
    }
    query
}

fn quoted(version: &str) -> String {
    format!("\"{version}\"")
}

/// Whether a value can stand inside any string of a query as it is.
fn is_plain(value: &str) -> bool {
    value
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}
