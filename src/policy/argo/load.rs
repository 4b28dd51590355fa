use std::cell::OnceCell;

use super::reader::{Reader, Surroundings};
use super::spec::{Policy, Strategy};
use super::{analysis, blue_green, foreign, identity, lint, rollout, shape, unknown};
use crate::diagnostic::{Documents, Finding, Severity};
use crate::policy::condition::ArgoVersion;
use crate::policy::load::Loaded;
use crate::policy::object::Object;
use crate::policy::shelf::Shelf;
use crate::yaml::{Kind, Node};

const GROUP: &str = "argoproj.io";
const TEMPLATES: [&str; 2] = ["AnalysisTemplate", "ClusterAnalysisTemplate"];

/// Kinds whose names, selectors or numbers are read; everything else is ignored and counted.
const EVIDENCE: [(&str, &str); 9] = [
    ("coalmine", "Scenario"),
    ("", "Service"),
    ("apps", "Deployment"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("keda.sh", "ScaledObject"),
    ("monitoring.coreos.com", "ServiceMonitor"),
    ("monitoring.coreos.com", "PodMonitor"),
    ("monitoring.coreos.com", "PrometheusRule"),
    ("networking.istio.io", "DestinationRule"),
];

/// Finds the Rollouts on the shelf and reads each with everything that it refers to.
pub fn load(
    documents: &Documents,
    shelf: &Shelf,
    beside: &Documents,
    release: ArgoVersion,
    loaded: &mut Loaded,
) {
    let around = Surroundings {
        documents,
        shelf,
        beside,
        release,
        nearby: OnceCell::new(),
    };
    for object in &shelf.objects {
        match object.kind.as_str() {
            _ if object.group != GROUP => {
                loaded.findings.extend(foreign::finding(object));
                count_other(object, loaded);
            }
            "Rollout" => one(&around, object, loaded),
            kind if TEMPLATES.contains(&kind) || kind == "AnalysisRun" => template(&around, object, loaded),
            "Experiment" => {
                let finding = Finding::warning("an Experiment is not simulated").at(object.title(), "");
                loaded.findings.push(finding);
                count_other(object, loaded);
            }
            _ => count_other(object, loaded),
        }
    }
}

fn count_other(object: &Object, loaded: &mut Loaded) {
    if !EVIDENCE.iter().any(|(group, kind)| object.is(group, kind)) {
        *loaded.ignored.entry(object.kind.clone()).or_default() += 1;
    }
}

fn one(around: &Surroundings<'_>, object: &Object, loaded: &mut Loaded) {
    let mut findings = Vec::new();
    let policy = policy(around, object, &mut findings);
    let refused = findings.iter().any(|finding| finding.severity == Severity::Error);
    loaded.findings.extend(findings);
    match policy {
        Some(policy) if !refused => loaded.policies.push(policy),
        // A part of a Rollout that stands whole elsewhere is not one more policy.
        None if !refused => {}
        _ => loaded.refused += 1,
    }
}

fn policy(around: &Surroundings<'_>, object: &Object, findings: &mut Vec<Finding>) -> Option<Policy> {
    if object.version != "v1alpha1" {
        let message = format!("there is no version `{}` of a Rollout", object.version);
        let at = object
            .root
            .get("apiVersion")
            .map_or(object.root.span, |node| node.span);
        findings.push(
            Finding::error(message)
                .at(at, "")
                .help("write `apiVersion: argoproj.io/v1alpha1`"),
        );
        return None;
    }
    if is_part(object) {
        findings.push(part(around, object));
        findings.extend(misspelt(around, object));
        return None;
    }
    let mut own = Vec::new();
    unknown::check(object, &mut own);
    let strategy = object.at(&["spec", "strategy"]);
    let named = |name| strategy.and_then(|strategy: &Node| strategy.get(name));
    let (canary, other) = (named("canary"), named("blueGreen").filter(|node| !node.is_null()));
    if let (Some(canary), Some(other)) = (canary.filter(|node| !node.is_null()), other) {
        let message = "the controller refuses this Rollout: it has both `canary` and `blueGreen`";
        own.push(Finding::error(message).at(other.span, "").at(canary.span, ""));
    }
    let Some(chosen) = other.or(canary) else {
        findings.append(&mut own);
        if !findings.iter().any(|finding| finding.severity == Severity::Error) {
            let at = strategy.map_or(object.title(), |strategy| strategy.span);
            let message = "the controller refuses this Rollout: it has no strategy";
            findings.push(
                Finding::error(message)
                    .at(at, "")
                    .help("add `strategy: {canary: {steps: […]}}`"),
            );
        }
        return None;
    };
    if !chosen.is_null() && !matches!(chosen.kind, Kind::Mapping(_)) {
        own.push(*chosen.unexpected("a mapping"));
    }
    let mut reader = Reader {
        around,
        rollout: object,
        chosen,
        template: object
            .at(&["spec", "template"])
            .or_else(|| borrowed(around, object)),
        findings: Vec::new(),
        checks: Vec::new(),
        versions: Vec::new(),
    };
    let strategy = if other.is_some() {
        Strategy::BlueGreen(blue_green::read(&mut reader))
    } else {
        Strategy::Canary(rollout::read(&mut reader))
    };
    lint::strategy(&mut reader, &strategy);
    let identity = identity::read(&mut reader);
    // A field that is refused in its own words needs no second finding that nobody knows it.
    own.retain(|finding| {
        let place = finding.labels.first().map(|label| label.span);
        let again = |other: &Finding| {
            other.severity == Severity::Error && other.labels.first().map(|label| label.span) == place
        };
        finding.severity == Severity::Error || !reader.findings.iter().any(again)
    });
    let policy = Policy {
        name: object.name.clone(),
        span: object.title(),
        strategy,
        identity,
        checks: std::mem::take(&mut reader.checks),
    };
    let refused = reader.is_refused();
    findings.append(&mut own);
    findings.append(&mut reader.findings);
    (!refused).then_some(policy)
}

/// Neither a pod template nor a workload to borrow one from: what kustomize lays over another Rollout.
fn is_part(object: &Object) -> bool {
    object.at(&["spec", "template"]).is_none() && object.at(&["spec", "workloadRef"]).is_none()
}

fn part(around: &Surroundings<'_>, object: &Object) -> Finding {
    let whole = around
        .shelf
        .objects
        .iter()
        .find(|other| other.is(GROUP, "Rollout") && other.name == object.name && !is_part(other));
    let message = "this is a part of a Rollout: it has neither `template` nor `workloadRef`";
    let help = "pipe the built output: kustomize build DIR | coalmine simulate -";
    match whole {
        Some(whole) => Finding::warning(message)
            .at(object.title(), "not merged")
            .at(whole.title(), "this one is played as it stands")
            .help(help),
        None => Finding::error(message).at(object.title(), "").help(help),
    }
}

/// Fields of a part that no Rollout has; what kustomize itself reads (`$patch`) is not for the Rollout.
fn misspelt(around: &Surroundings<'_>, object: &Object) -> Vec<Finding> {
    let mut found = Vec::new();
    unknown::check(object, &mut found);
    let of_kustomize = |finding: &Finding| {
        let at = finding
            .labels
            .first()
            .map(|label| around.documents.text(label.span));
        at.is_some_and(|name| name.trim_start_matches(['"', '\'']).starts_with('$'))
    };
    found.retain(|finding| finding.severity == Severity::Warning && !of_kustomize(finding));
    found
}

/// The pod template of the Deployment that `workloadRef` names, if it is at hand.
fn borrowed<'a>(around: &Surroundings<'a>, object: &Object) -> Option<&'a Node> {
    let name = object.at(&["spec", "workloadRef", "name"])?.text()?;
    let deployments = around
        .shelf
        .objects
        .iter()
        .filter(|other| other.is("apps", "Deployment"));
    let mut named = deployments.filter(|other| other.name == name && other.may_see(object));
    named.next()?.at(&["spec", "template"])
}

/// What can be said about a template by itself, and whether anything here plays it.
fn template(around: &Surroundings<'_>, object: &Object, loaded: &mut Loaded) {
    unknown::check(object, &mut loaded.findings);
    if let Some(spec) = object.at(&["spec"]) {
        shape::check(spec, &mut loaded.findings);
    }
    if object.kind == "AnalysisRun" {
        let finding = Finding::note("nothing plays an AnalysisRun by itself").at(object.title(), "");
        loaded.findings.push(finding);
        return;
    }
    let named = |node: &Node| is_named(node, &object.name);
    let used = around
        .shelf
        .objects
        .iter()
        .any(|other| other.group == GROUP && named(&other.root));
    if !used {
        let finding = Finding::note("nothing here plays this template").at(object.title(), "");
        loaded
            .findings
            .push(finding.help("give the Rollout that uses it as well"));
        if let Some(spec) = object.at(&["spec"]) {
            analysis::alone(around.documents, spec, around.release, &mut loaded.findings);
        }
    }
}

fn is_named(node: &Node, name: &str) -> bool {
    let here = node.get("templateName").and_then(Node::text) == Some(name);
    here || node.items().iter().any(|item| is_named(item, name))
        || node.entries().iter().any(|(_, value)| is_named(value, name))
}
