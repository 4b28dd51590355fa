//! What the value of a label is on each version.

use crate::policy::argo::spec::Identity;
use crate::policy::same_label;
use crate::scenario::exposition::LabelRule;
use crate::series::{MatchOp, Matcher};

use super::ToldBy;

/// A label's values and what they come from.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub rule: LabelRule,
    /// What tells the versions apart by it; absent: nothing does.
    pub told_by: Option<ToldBy>,
}

/// Labels whose value is a full DNS name of a Service.
const HOSTS: [&str; 3] = ["destination_service", "destination_host", "request_host"];
/// Labels that hold a pod-template-hash under whatever name it was given.
const HASHES: [&str; 5] = [
    "rollouts_pod_template_hash",
    "pod_template_hash",
    "label_rollouts_pod_template_hash",
    "rs_hash",
    "hash",
];
/// Labels that hold a pod's name.
const PODS: [&str; 4] = ["pod", "pod_name", "kubernetes_pod_name", "exported_pod"];
/// Labels that name an application or the place it runs in, never one of its Services.
const APPS: [&str; 5] = ["app", "application", "namespace", "container", "cluster"];
/// Words that name versions.
const WORDS: [(&str, &str); 4] = [
    ("canary", "stable"),
    ("canary", "primary"),
    ("preview", "active"),
    ("canary", "baseline"),
];

/// Whether `name` is a label whose value is a full DNS name.
pub(super) fn is_host(name: &str) -> bool {
    HOSTS.contains(&name)
}

/// Whether `name` is a label whose value is a pod's name.
pub(super) fn is_pod(name: &str) -> bool {
    PODS.contains(&name)
}

/// Values of label `name` that satisfy the most of `matchers`.
///
/// Among equals, values that some matcher tells apart, in the order of the rule; then values that both versions share.
pub(super) fn known(identity: &Identity, name: &str, matchers: &[&Matcher]) -> Option<Known> {
    let accepted = |matcher: &Matcher, candidate: &Known| {
        let side = |value: &str| matcher.accepts(&sample(value));
        (side(&candidate.rule.canary), side(&candidate.rule.stable))
    };
    let rank = |candidate: &Known| {
        let sides = matchers.iter().map(|matcher| accepted(matcher, candidate));
        let satisfied = sides.clone().filter(|&(canary, stable)| canary || stable).count();
        let tells = sides.clone().any(|(canary, stable)| canary != stable);
        (satisfied, tells, candidate.told_by.is_none())
    };
    let candidates = candidates(identity, name, matchers);
    let best = candidates.iter().map(&rank).max()?;
    candidates.into_iter().find(|candidate| rank(candidate) == best)
}

/// A value as a series has it: with a pod's name in it.
pub(super) fn sample(value: &str) -> String {
    value.replace("{pod}", "x7k2p")
}

/// Candidates for the values of one label, collected in the order of the rule.
struct Candidates<'c> {
    name: &'c str,
    found: Vec<Known>,
}

impl Candidates<'_> {
    fn add(&mut self, canary: &str, stable: &str, told_by: impl FnOnce(String) -> ToldBy) {
        let rule = LabelRule {
            name: self.name.to_owned(),
            canary: canary.to_owned(),
            stable: stable.to_owned(),
        };
        let told_by = (canary != stable).then(|| told_by(self.name.to_owned()));
        self.found.push(Known { rule, told_by });
    }

    fn shared(&mut self, value: &str) {
        self.add(value, value, ToldBy::Word);
    }
}

fn candidates(identity: &Identity, name: &str, matchers: &[&Matcher]) -> Vec<Known> {
    let mut found = Candidates {
        name,
        found: Vec::new(),
    };
    let literals = literals(matchers);
    if PODS.contains(&name) {
        pods(identity, &literals, &mut found);
    } else if is_host(name) {
        hosts(identity, &literals, &mut found);
    } else {
        found.add(&identity.canary_hash, &identity.stable_hash, ToldBy::Hash);
        if !HASHES.contains(&name) {
            others(identity, name, matchers, &literals, &mut found);
        }
    }
    found.found
}

fn pods(identity: &Identity, literals: &[String], found: &mut Candidates<'_>) {
    let pod = |hash: &str| format!("{}-{hash}-{{pod}}", identity.rollout);
    found.add(
        &pod(&identity.canary_hash),
        &pod(&identity.stable_hash),
        ToldBy::Hash,
    );
    for literal in literals {
        found.shared(&format!("{}-{{pod}}", literal.trim_end_matches('-')));
        found.shared(literal);
    }
}

fn hosts(identity: &Identity, literals: &[String], found: &mut Candidates<'_>) {
    let namespaces = namespaces(identity, literals);
    let host = |service: &str, namespace: &str| format!("{service}.{namespace}.svc.cluster.local");
    if let Some((canary, stable)) = services(identity) {
        for namespace in &namespaces {
            found.add(
                &host(&canary, namespace),
                &host(&stable, namespace),
                ToldBy::Service,
            );
        }
    }
    for literal in literals.iter().filter(|literal| literal.contains('.')) {
        found.shared(literal);
    }
    let own = namespaces.last().map_or("default", String::as_str);
    found.shared(&host(&identity.rollout, own));
}

fn others(
    identity: &Identity,
    name: &str,
    matchers: &[&Matcher],
    literals: &[String],
    found: &mut Candidates<'_>,
) {
    let pod_label = |labels: &[(String, String)]| {
        let known = labels.iter().find(|known| same_label(&known.0, name));
        known.map(|known| known.1.clone())
    };
    let common = pod_label(&identity.pod_labels);
    match (
        pod_label(&identity.canary_labels),
        pod_label(&identity.stable_labels),
    ) {
        (None, None) => {
            // What the pods of both versions carry alike, whatever Services are called.
            let alike = common
                .as_ref()
                .filter(|value| !identity.canary_versions.contains(value));
            if let Some(value) = alike.filter(|value| matchers.iter().any(|matcher| matcher.accepts(value))) {
                return found.shared(value);
            }
        }
        (canary, stable) => {
            let value = |own: Option<String>, word: &str| {
                own.or_else(|| common.clone()).unwrap_or_else(|| word.into())
            };
            found.add(
                &value(canary, "canary"),
                &value(stable, "stable"),
                ToldBy::Metadata,
            );
        }
    }
    let services = services(identity);
    if let Some((canary, stable)) = services.as_ref().filter(|_| !APPS.contains(&name)) {
        found.add(canary, stable, ToldBy::Service);
    }
    for version in &identity.canary_versions {
        found.add(version, &format!("before-{version}"), ToldBy::Version);
    }
    if let Some(ingress) = identity
        .stable_ingress
        .as_ref()
        .filter(|_| name.contains("ingress"))
    {
        found.add(
            &format!("{}-{ingress}-canary", identity.rollout),
            ingress,
            ToldBy::Ingress,
        );
    }
    if name == "canary" {
        // ingress-nginx sets it on the canary's requests and leaves it empty on the others.
        found.add(
            services.as_ref().map_or("canary", |services| &services.0),
            "",
            ToldBy::Word,
        );
    }
    let negated = matchers
        .iter()
        .filter(|matcher| matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex));
    for value in literals
        .iter()
        .map(String::as_str)
        .chain(negated.map(|matcher| matcher.value.as_str()))
        // A Service that is known to select both versions is what it is, whatever it is called.
        .filter(|value| !identity.shared_services.iter().any(|known| known == value))
    {
        // The active Service of a blue-green update selects whom users reach: no version bears its name alone.
        let shared = |name: &str| identity.shared_services.iter().any(|known| known == name);
        for (canary, stable) in WORDS {
            let (one, other) = if value.contains(canary) {
                (value.to_owned(), value.replace(canary, stable))
            } else if value.contains(stable) {
                (value.replace(stable, canary), value.to_owned())
            } else {
                continue;
            };
            if !shared(&one) && !shared(&other) {
                found.add(&one, &other, ToldBy::Word);
            }
        }
    }
    for literal in literals {
        found.shared(literal);
    }
    for value in common
        .iter()
        .chain([&identity.rollout])
        .chain(&identity.namespace)
        .chain(&identity.shared_services)
    {
        found.shared(value);
    }
    found.shared("other");
}

/// The Services of the canary and of the stable version, where they are two and told apart.
fn services(identity: &Identity) -> Option<(String, String)> {
    let canary = identity.canary_service.clone();
    let stable = identity.stable_service.clone();
    if identity.subset_routing {
        // One host for both: whatever it is called.
        let host = stable.or(canary)?;
        return Some((host.clone(), host));
    }
    let unnamed = || {
        let name = format!("{}-stable", identity.rollout);
        match identity.shared_services.contains(&name) {
            true => format!("{}-before", identity.rollout),
            false => name,
        }
    };
    let stable = stable.or_else(|| canary.as_ref().map(|_| unnamed()))?;
    let canary = canary.unwrap_or_else(|| format!("{}-canary", identity.rollout));
    Some((canary, stable))
}

/// Namespaces a host may be in: those that literals name, then the Rollout's.
fn namespaces(identity: &Identity, literals: &[String]) -> Vec<String> {
    let named = literals.iter().filter_map(|literal| {
        let mut parts = literal.split('.').skip(1);
        let namespace = parts.next()?;
        (parts.next() == Some("svc")).then(|| namespace.to_owned())
    });
    let own = identity.namespace.clone().unwrap_or_else(|| "default".to_owned());
    named.chain([own]).collect()
}

/// Values that positive matchers ask for: those of `=`, and plain examples of patterns.
pub(super) fn literals(matchers: &[&Matcher]) -> Vec<String> {
    let mut found = Vec::new();
    for matcher in matchers {
        match matcher.op {
            MatchOp::Equal if !matcher.value.is_empty() => found.push(matcher.value.clone()),
            MatchOp::Regex => found.extend(examples(matcher)),
            _ => {}
        }
    }
    found
}

/// Texts that a pattern of the usual kind accepts.
fn examples(matcher: &Matcher) -> Vec<String> {
    let first = |text: &str| text.split('|').next().unwrap_or("").to_owned();
    let pattern = matcher.value.trim_start_matches('^').trim_end_matches('$');
    let plain = pattern
        .replace("(?i)", "")
        .replace("\\.", ".")
        .replace("\\-", "-");
    let mut tries = Vec::new();
    for filling in ["", "x", "-x", "0", "x-x"] {
        let mut text = plain.clone();
        for wild in [
            ".*?",
            ".+?",
            ".*",
            ".+",
            "[^/]+",
            "[a-z0-9]+",
            "[0-9a-z]+",
            "[0-9a-f]+",
            "[a-zA-Z0-9]+",
            "[0-9]+",
            "\\d+",
            "\\w+",
        ] {
            text = text.replace(wild, filling);
        }
        let bare = text.replace(['(', ')', '?'], "");
        tries.extend([first(&bare), bare, text]);
    }
    tries.retain(|text| !text.is_empty() && matcher.accepts(text));
    tries.truncate(1);
    tries
}
