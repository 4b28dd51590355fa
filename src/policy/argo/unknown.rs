//! Fields that the API server drops in silence, and fields that are refused: both found by walking the coverage table.

use std::collections::BTreeSet;

use super::coverage::{Fate, Field, fields};
use crate::diagnostic::Finding;
use crate::policy::condition::ArgoVersion;
use crate::policy::object::Object;
use crate::policy::words;
use crate::yaml::{Node, Plain};

/// A field that the API server of a release drops. It is played all the same: a release chooses the language of conditions
/// and nothing else.
pub(super) fn there(release: ArgoVersion, field: &str, node: &Node) -> Option<Finding> {
    let since = ArgoVersion::since(field);
    if release >= since || node.is_null() {
        return None;
    }
    let message =
        format!("Argo Rollouts {release} does not know `{field}` and drops it: it came with {since}");
    let finding = Finding::warning(message).at(node.span, "played as the newest release does");
    Some(finding.help("take it out to see what that release makes of the rest"))
}

/// Names of fields that no table knows, where people put them, and the field that they had in mind.
const MEANT: &[(&str, &str)] = &[
    (
        "secretKeyRef",
        "spec.args[].valueFrom.secretKeyRef of the AnalysisTemplate",
    ),
    (
        "autoPromotionEnabled",
        "spec.strategy.blueGreen.autoPromotionEnabled",
    ),
    (
        "autoPromotionSeconds",
        "spec.strategy.blueGreen.autoPromotionSeconds",
    ),
    (
        "prePromotionAnalysis",
        "spec.strategy.blueGreen.prePromotionAnalysis",
    ),
    (
        "postPromotionAnalysis",
        "spec.strategy.blueGreen.postPromotionAnalysis",
    ),
    ("activeService", "spec.strategy.blueGreen.activeService"),
    ("previewService", "spec.strategy.blueGreen.previewService"),
    ("rollbackWindow", "spec.rollbackWindow"),
];

/// Walks `object`: a warning for each field that the API server would drop, an error for each that is refused.
pub fn check(object: &Object, findings: &mut Vec<Finding>) {
    let fields = fields(&object.kind);
    Walk {
        object,
        fields: &fields,
        findings,
    }
    .node(&object.root, "");
}

struct Walk<'a> {
    object: &'a Object,
    fields: &'a [Field],
    findings: &'a mut Vec<Finding>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, path: &str) {
        for item in node.items() {
            self.node(item, &format!("{path}[]"));
        }
        for (key, value) in node.entries() {
            let Some(name) = key.text() else { continue };
            let below = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            };
            match self
                .fields
                .iter()
                .find(|field| field.path == below)
                .map(|field| field.fate)
            {
                Some(Fate::Honoured | Fate::Ignored(_)) => {}
                Some(Fate::Refused(reason)) => {
                    if !is_default(name, value) {
                        let finding =
                            Finding::error(format!("`{name}` is not simulated")).at(key.span, reason);
                        self.findings.push(
                            finding
                                .help("remove it to play the rest of the policy, or leave this policy out"),
                        );
                    }
                }
                None if self.fields.iter().any(|field| is_below(field.path, &below)) => {
                    self.node(value, &below);
                }
                None => self.unknown(key, name, path),
            }
        }
    }

    fn unknown(&mut self, key: &Node, name: &str, path: &str) {
        let kind = &self.object.kind;
        let finding = Finding::warning(format!("`{name}` is no field here: the API server drops it"));
        let place = if path.is_empty() {
            format!("a {kind}")
        } else {
            format!("`{path}`")
        };
        let mut finding = finding.at(key.span, format!("unknown in {place}"));
        let siblings: BTreeSet<&str> = self
            .fields
            .iter()
            .filter_map(|field| child(field.path, path))
            .collect();
        let elsewhere = self.fields.iter().find_map(|field| ending_in(field.path, name));
        let meant = MEANT
            .iter()
            .find(|(word, _)| *word == name)
            .map(|(_, path)| *path);
        if let Some(near) = words::nearest(name, siblings.iter().copied()) {
            finding = finding.help(format!("did you mean `{near}`?"));
        } else if let Some(right) = elsewhere.or(meant) {
            finding = finding.help(format!("it belongs at `{right}`"));
        } else if name == "annotations" || name == "labels" {
            finding = finding.help("it belongs at `metadata`");
        }
        self.findings.push(finding);
    }
}

/// Refused fields whose value asks for nothing.
fn is_default(name: &str, value: &Node) -> bool {
    match value.plain() {
        Some(Plain::Null | Plain::Bool(false)) => true,
        Some(Plain::Int(pods)) => name == "minPodsPerReplicaSet" && pods <= 1,
        _ => false,
    }
}

fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent)
        .is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// The next name of `path` below `parent`.
fn child<'a>(path: &'a str, parent: &str) -> Option<&'a str> {
    let rest = if parent.is_empty() {
        path
    } else {
        path.strip_prefix(parent)?.strip_prefix('.')?
    };
    rest.split(['.', '[']).next().filter(|name| !name.is_empty())
}

/// The part of `path` that ends in `name`.
fn ending_in<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let (at, _) = path.match_indices(name).find(|(at, _)| {
        let after = &path[at + name.len()..];
        path[..*at].ends_with('.') && (after.is_empty() || after.starts_with(['.', '[']))
    })?;
    Some(&path[..at + name.len()])
}
