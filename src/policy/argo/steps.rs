//! `steps` of a canary.

use super::analysis;
use super::duration;
use super::experiment;
use super::reader::Reader;
use super::route;
use super::spec::{CanaryScale, Step, StepKind};
use super::traffic::Traffic;
use crate::diagnostic::{Finding, Span};
use crate::policy::words;
use crate::yaml::{Kind, Node};

/// All kinds of steps that Argo Rollouts has; of the first four a step may have one.
const KINDS: [&str; 8] = [
    "setWeight",
    "pause",
    "analysis",
    "experiment",
    "setCanaryScale",
    "setHeaderRoute",
    "setMirrorRoute",
    "plugin",
];
const EXCLUSIVE: usize = 4;

pub(super) fn read(reader: &mut Reader<'_>, traffic: &Traffic) -> Vec<Step> {
    let Some(list) = reader.strategy(&["steps"]) else {
        return Vec::new();
    };
    let items = match list.expect_items() {
        Ok(items) => items,
        Err(finding) => {
            reader.findings.push(*finding);
            return Vec::new();
        }
    };
    items
        .iter()
        .enumerate()
        .filter_map(|(number, item)| {
            let kind = step(reader, item, number, traffic)?;
            Some(Step {
                scale: scale(reader, item, traffic),
                routes: route::of_step(reader, item, traffic),
                ..Step::new(item.span, kind)
            })
        })
        .collect()
}

fn step(reader: &mut Reader<'_>, item: &Node, number: usize, traffic: &Traffic) -> Option<StepKind> {
    let Kind::Mapping(entries) = &item.kind else {
        let finding = *item.unexpected("a step");
        reader
            .findings
            .push(finding.help("a step is `setWeight: 20`, `pause: {duration: 5m}` or `analysis: …`"));
        return None;
    };
    let present = |name: &&&str| item.get(name).is_some_and(|value| !value.is_null());
    let exclusive: Vec<&&str> = KINDS[..EXCLUSIVE].iter().filter(present).collect();
    if let [first, second, ..] = exclusive[..] {
        let message = format!("the controller refuses this step: it has both `{first}` and `{second}`");
        let finding = Finding::error(message).at(item.span, "");
        reader.findings.push(finding.help("make two steps of it"));
        return None;
    }
    if !KINDS.iter().any(|name| present(&name)) {
        unknown(reader, item, entries);
        return None;
    }
    let Some(name) = exclusive.first() else {
        let others = ["setCanaryScale", "setHeaderRoute", "setMirrorRoute"];
        return others
            .iter()
            .any(|name| present(&name))
            .then_some(StepKind::Other);
    };
    let value = item.get(name)?;
    match **name {
        "setWeight" => weight(reader, value, traffic.max_weight).map(StepKind::SetWeight),
        "pause" => pause(reader, value),
        "analysis" => Some(StepKind::Analysis(analysis::read(
            reader,
            value,
            analysis::Use::Step,
        ))),
        "experiment" => experiment::read(reader, value, number, traffic).map(StepKind::Experiment),
        _ => None,
    }
}

/// `setCanaryScale`: pods of the canary whatever its weight.
fn scale(reader: &mut Reader<'_>, item: &Node, traffic: &Traffic) -> Option<CanaryScale> {
    let node = item.get("setCanaryScale").filter(|node| !node.is_null())?;
    if !matches!(node.kind, Kind::Mapping(_)) {
        reader.findings.push(*node.unexpected("a mapping"));
        return None;
    }
    if !traffic.routed {
        let message = "the controller refuses this step: setCanaryScale wants traffic routing";
        let help = "without a router the pods are the weight: take the step out, or add `trafficRouting`";
        reader
            .findings
            .push(Finding::error(message).at(node.span, "").help(help));
        return None;
    }
    let matches = reader.boolean(node.get("matchTrafficWeight"));
    let pods = reader.value(node.get("replicas"), Node::expect_count);
    let weight = reader.value(node.get("weight"), Node::expect_count);
    Some(match (matches, pods, weight) {
        (false, Some(pods), _) => CanaryScale::Pods(pods),
        (false, None, Some(weight)) => CanaryScale::Weight(weight),
        _ => CanaryScale::MatchTraffic,
    })
}

fn unknown(reader: &mut Reader<'_>, item: &Node, entries: &[(Node, Node)]) {
    let names = entries
        .iter()
        .filter_map(|(key, _)| Some((key.text()?, key.span)));
    let (what, at): (String, Span) = match names.into_iter().next() {
        Some(("pause", at)) => ("a pause that is null is no step".to_owned(), at),
        Some((name, at)) if KINDS.contains(&name) => (format!("`{name}` without a value is no step"), at),
        Some((name, at)) => (format!("there is no step `{name}`"), at),
        None => ("this step does nothing".to_owned(), item.span),
    };
    let mut finding = Finding::error(format!("the controller refuses this step: {what}")).at(at, "");
    let near = entries
        .iter()
        .find_map(|(key, _)| words::nearest(key.text()?, KINDS.into_iter()));
    finding = match near {
        Some("pause") => finding.help("to wait for a person write `pause: {}`"),
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help(format!("steps are {}", KINDS.join(", "))),
    };
    reader.findings.push(finding);
}

fn weight(reader: &mut Reader<'_>, value: &Node, max_weight: u32) -> Option<u32> {
    let written = reader.value(Some(value), Node::expect_integer)?;
    match u32::try_from(written) {
        Ok(weight) if weight <= max_weight => Some(weight),
        _ => {
            let message = format!(
                "the controller refuses this step: a weight is 0 to {max_weight}, this one {written}"
            );
            reader.refuse(message, value.span, "");
            None
        }
    }
}

fn pause(reader: &mut Reader<'_>, value: &Node) -> Option<StepKind> {
    if !matches!(value.kind, Kind::Mapping(_)) {
        let finding = *value.unexpected("a mapping");
        reader
            .findings
            .push(finding.help("write `pause: {duration: 5m}`, or `pause: {}` to wait for a person"));
        return None;
    }
    let Some(node) = value.get("duration").filter(|node| !node.is_null()) else {
        return Some(StepKind::Pause(None));
    };
    let written = reader.int_or_string(Some(node))?;
    let length = duration::pause(&written);
    if length.is_none() {
        let what = node.describe();
        let message = format!("the controller refuses this step: {what} is no length of a pause");
        let finding = Finding::error(message).at(node.span, "");
        reader
            .findings
            .push(finding.help("write whole seconds (30) or a Go duration (\"30s\", \"5m\", \"1h30m\")"));
    }
    length.map(|length| StepKind::Pause(Some(length)))
}
