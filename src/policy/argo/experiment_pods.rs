//! What the pods of experiments carry, and what queries ask of it that is not played.

use super::reader::Reader;
use super::spec::{Canary, Experiment, SpecRef};
use crate::diagnostic::Finding;
use crate::policy::object::{same_label, selects, texts};
use crate::promql;
use crate::series::Matcher;
use crate::yaml::Node;

/// Refuses what would be played as something else.
pub(super) fn check(reader: &mut Reader<'_>, canary: &Canary) {
    if canary.experiments().next().is_none() {
        return;
    }
    let asked = matchers(reader);
    replica_sets(reader, canary, &asked);
    called_by_hash(reader, &asked);
    let pods = reader
        .template
        .and_then(|template| template.at(&["metadata", "labels"]))
        .map(texts)
        .unwrap_or_default();
    let steps = reader.strategy(&["steps"]).map_or(&[][..], Node::items);
    let templates = steps
        .iter()
        .filter_map(|step| step.at(&["experiment", "templates"]));
    for template in templates.flat_map(Node::items) {
        labels(reader, template, canary, &pods, &asked);
        selector(reader, template, &pods);
    }
}

/// All matchers of all queries, each with the name of its check.
fn matchers(reader: &Reader<'_>) -> Vec<(String, Matcher)> {
    let mut found = Vec::new();
    for check in &reader.checks {
        if let Some(Ok(query)) = check.question.query().map(|query| promql::parse(query)) {
            query.selectors(&mut |selector, _| {
                let matchers = selector.matchers.iter().cloned();
                found.extend(matchers.map(|matcher| (check.name.clone(), matcher)));
            });
        }
    }
    found
}

/// Pods that are made of one version are told apart by nothing here.
fn replica_sets(reader: &mut Reader<'_>, canary: &Canary, asked: &[(String, Matcher)]) {
    for of in [SpecRef::Canary, SpecRef::Stable] {
        let sets = canary.replica_sets(&reader.rollout.name);
        let own: Vec<String> = sets.filter(|(made, _)| *made == of).map(|(_, set)| set).collect();
        let names = |matcher: &Matcher| own.iter().any(|set| matcher.value.contains(set.as_str()));
        let Some((check, _)) = asked.iter().find(|(_, matcher)| own.len() > 1 && names(matcher)) else {
            continue;
        };
        let message = format!(
            "the check `{check}` asks for one ReplicaSet of several that experiments make of one version: they are played as \
             one"
        );
        let at = reader
            .strategy(&["steps"])
            .map_or(reader.chosen.span, |steps| steps.span);
        let finding = Finding::error(message).at(at, "");
        reader.findings.push(
            finding.help("keep one template of each version, or ask by templates.NAME.podTemplateHash"),
        );
    }
}

/// The names of an experiment's pods do not have its hash in them.
fn called_by_hash(reader: &mut Reader<'_>, asked: &[(String, Matcher)]) {
    let names = [Experiment::CANARY_HASH, Experiment::STABLE_HASH];
    let names = names.map(|hash| format!("{}-{hash}", reader.rollout.name));
    let by_hash = |matcher: &Matcher| names.iter().any(|name| matcher.value.contains(name.as_str()));
    let Some((name, _)) = asked.iter().find(|(_, matcher)| by_hash(matcher)) else {
        return;
    };
    let message = format!(
        "the check `{name}` asks for pods by an experiment's hash, and they are called by its ReplicaSet: every look is empty"
    );
    let check = reader.checks.iter().find(|check| check.name == *name);
    let at = check.map_or(reader.chosen.span, |check| check.span);
    let finding = Finding::warning(message).at(at, "");
    reader
        .findings
        .push(finding.help("pass `{{templates.NAME.replicaset.name}}` in the place of its podTemplateHash"));
}

/// Labels that the pods of a template carry beside or instead of the Rollout's: harmless where no query selects by them, and
/// where no Service misses them.
fn labels(
    reader: &mut Reader<'_>,
    template: &Node,
    canary: &Canary,
    pods: &[(String, String)],
    asked: &[(String, Matcher)],
) {
    let Some(labels) = template
        .at(&["metadata", "labels"])
        .filter(|labels| !labels.is_null())
    else {
        return;
    };
    for (name, value) in texts(labels) {
        let carried = pods.iter().find(|(pod, _)| *pod == name).map(|(_, value)| value);
        if carried == Some(&value) {
            continue;
        }
        if let Some((check, _)) = asked.iter().find(|(_, matcher)| same_label(&name, &matcher.name)) {
            let message = format!(
                "the check `{check}` selects by `{name}`, of which this experiment's own pods carry another value: labels of \
                 theirs are not simulated"
            );
            reader.refuse(message, labels.span, "");
        } else if carried.is_some() && !canary.routed {
            let message = format!(
                "this experiment's own pods carry another `{name}`, which may keep them out of the Service that users go by: \
                 that is not simulated"
            );
            reader.refuse(message, labels.span, "");
        }
    }
}

/// A selector selects the ReplicaSet's own pods and nothing else; where it does not, there is no ReplicaSet.
fn selector(reader: &mut Reader<'_>, template: &Node, pods: &[(String, String)]) {
    let Some(selector) = template.get("selector").filter(|selector| !selector.is_null()) else {
        return;
    };
    let own = template
        .at(&["metadata", "labels"])
        .map(texts)
        .unwrap_or_default();
    let kept = pods
        .iter()
        .filter(|(name, _)| own.iter().all(|(other, _)| other != name));
    let labels: Vec<(String, String)> = kept.chain(&own).cloned().collect();
    let wanted = selector.get("matchLabels").map(texts).unwrap_or_default();
    let message = if selector
        .get("matchExpressions")
        .is_some_and(|list| !list.is_null())
    {
        "expressions in the selector of an experiment's template are not evaluated"
    } else if selects(&wanted, &labels) {
        return;
    } else {
        "the API server refuses this template's ReplicaSet: its selector does not fit its pods"
    };
    reader.refuse(message, selector.span, "");
}
