//! The kinds of values in a template: what the API server would refuse.

use crate::diagnostic::Finding;
use crate::policy::object::{take, with_placeholder_help};
use crate::yaml::{Kind, Node, Plain};

const TEXTS: [&str; 5] = [
    "name",
    "interval",
    "initialDelay",
    "successCondition",
    "failureCondition",
];
const NUMBERS: [&str; 5] = [
    "count",
    "failureLimit",
    "inconclusiveLimit",
    "consecutiveErrorLimit",
    "consecutiveSuccessLimit",
];

/// Checks the `spec` of an AnalysisTemplate or AnalysisRun.
pub(super) fn check(spec: &Node, findings: &mut Vec<Finding>) {
    arguments(spec.get("args"), findings);
    let metrics = list(spec.get("metrics"), findings);
    for metric in metrics {
        if !matches!(metric.kind, Kind::Mapping(_)) {
            findings.push(*metric.unexpected("a metric"));
            continue;
        }
        for name in TEXTS {
            text(metric.get(name), findings);
        }
        if metric.get("name").is_none_or(Node::is_null) {
            findings.push(Finding::error("a metric needs a `name`").at(metric.span, ""));
        }
        for name in NUMBERS {
            number(metric.get(name), findings);
        }
        let provider = metric.get("provider");
        if let Some(node) = provider {
            take(node.expect_entries().map(drop), findings);
        }
        text(
            provider.and_then(|provider| provider.at(&["prometheus", "query"])),
            findings,
        );
    }
    rules(spec.get("dryRun"), findings);
}

/// Checks `args` of a template or of an analysis in a Rollout.
pub(super) fn arguments(written: Option<&Node>, findings: &mut Vec<Finding>) {
    for argument in list(written, findings) {
        if argument.get("name").is_none_or(Node::is_null) {
            findings.push(Finding::error("an argument needs a `name`").at(argument.span, ""));
        }
        text(argument.get("name"), findings);
        text(argument.get("value"), findings);
    }
}

/// Checks `dryRun`.
pub(super) fn rules(written: Option<&Node>, findings: &mut Vec<Finding>) {
    for rule in list(written, findings) {
        text(rule.get("metricName"), findings);
    }
}

fn list<'a>(node: Option<&'a Node>, findings: &mut Vec<Finding>) -> &'a [Node] {
    node.and_then(|node| take(node.expect_items(), findings))
        .unwrap_or(&[])
}

fn text(node: Option<&Node>, findings: &mut Vec<Finding>) {
    let Some(node) = node.filter(|node| !node.is_null()) else {
        return;
    };
    if let Err(finding) = node.expect_text() {
        findings.push(with_tag_help(*finding, node));
    }
}

fn number(node: Option<&Node>, findings: &mut Vec<Finding>) {
    let Some(node) = node.filter(|node| !node.is_null()) else {
        return;
    };
    match node.plain() {
        Some(Plain::Int(_) | Plain::Text(_)) => {}
        Some(Plain::Float(_)) => {
            take(node.expect_integer().map(drop), findings);
        }
        _ => findings.push(with_tag_help(*node.unexpected("an integer or a string"), node)),
    }
}

/// `{{args.x}}` without quotes is a mapping inside a mapping.
fn with_tag_help(finding: Finding, node: &Node) -> Finding {
    match node.entries() {
        [(key, _)] if matches!(key.kind, Kind::Mapping(_)) => {
            finding.help("a value that begins with {{ wants quotes: \"{{args.x}}\"")
        }
        _ => *with_placeholder_help(Box::new(finding), node),
    }
}
