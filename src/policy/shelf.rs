//! Everything that lies beside a policy, sorted: objects, findings of the files themselves, and counts of the rest.

use std::collections::BTreeMap;

use regex::Regex;

use super::helm::Charts;
use super::object::Object;
use crate::diagnostic::{Document, Documents, Finding};
use crate::yaml::{self, Content, Kind, Node, Part};

/// Objects of all files.
#[derive(Debug, Default)]
pub struct Shelf {
    /// In the order of files and of parts in them; lists are taken apart.
    pub objects: Vec<Object>,
    /// Files of rules, as Prometheus takes them: mappings with `groups` that are no objects.
    pub rules: Vec<Node>,
    /// What is to be said of the files.
    pub findings: Vec<Finding>,
    /// Policies that could not even be read.
    pub unreadable: usize,
    /// Documents that are no objects, by what they are.
    pub others: BTreeMap<String, usize>,
}

impl Shelf {
    /// Reads all files. Errors stay where they are; a broken document of a kind that is no policy is a warning.
    pub fn read(documents: &Documents) -> Self {
        let mut shelf = Self::default();
        let mut charts = Charts::new();
        for (id, document) in documents.iter() {
            if document.text.trim().is_empty() {
                shelf.findings.push(
                    Finding::error("this file is empty")
                        .about(&document.name)
                        .help("give a file or folder that holds a Rollout"),
                );
                continue;
            }
            let parts = yaml::read(documents, id);
            let broken = parts.iter().any(|part| matches!(part.content, Content::Broken));
            if charts.take(id, document, broken) {
                continue;
            }
            for part in parts {
                shelf.part(document, part);
            }
        }
        let (findings, policies, templates) = charts.findings();
        shelf.findings.extend(findings);
        shelf.unreadable += policies;
        shelf.count_other("Helm template", templates);
        shelf
    }

    fn part(&mut self, document: &Document, part: Part) {
        let text = document.text.get(part.span.range()).unwrap_or("");
        match part.content {
            Content::Empty => {}
            Content::Tree(root) => {
                self.findings.extend(part.findings);
                self.tree(root);
            }
            Content::Broken => match kind(text) {
                Some(other) if !is_ours(&other) && !says_coalmine(text) => {
                    self.count_other(&other, 1);
                    self.findings.extend(part.findings.into_iter().map(|finding| {
                        let warning = Finding {
                            severity: crate::diagnostic::Severity::Warning,
                            ..finding
                        };
                        warning.help("it is ignored here: it is no policy")
                    }));
                }
                kind => {
                    self.unreadable +=
                        usize::from(kind.is_none_or(|kind| kind == "Rollout" || kind == "Canary"));
                    self.findings.extend(
                        part.findings
                            .into_iter()
                            .map(|finding| with_quotes_help(finding, text)),
                    );
                }
            },
        }
    }

    fn tree(&mut self, root: Node) {
        let is_list = |root: &Node| {
            let kind = root.get("kind").and_then(Node::text);
            kind.is_some_and(|kind| kind.ends_with("List")) && root.get("items").is_some()
        };
        if is_list(&root) {
            for item in root.get("items").into_iter().flat_map(Node::items) {
                self.tree(item.clone());
            }
            return;
        }
        // A file of JSON may hold a bare list of objects.
        if let Kind::Sequence(items) = root.kind {
            let (objects, others): (Vec<_>, Vec<_>) =
                items.into_iter().partition(|item| item.get("kind").is_some());
            self.count_other("document without a kind", usize::from(!others.is_empty()));
            objects.into_iter().for_each(|item| self.tree(item));
            return;
        }
        let groups = root
            .get("groups")
            .is_some_and(|groups| matches!(groups.kind, Kind::Sequence(_)));
        if groups && root.get("kind").is_none() {
            self.rules.push(root);
            return;
        }
        let of_coalmine = |node: &&Node| node.text().is_some_and(|text| text.starts_with("coalmine/"));
        if root.get("apiVersion").filter(of_coalmine).is_some()
            && let Some(kind) = root.get("kind")
            && kind.text() != Some("Scenario")
        {
            self.findings.push(
                Finding::error("coalmine knows no such kind")
                    .at(kind.span, "expected Scenario")
                    .help("write kind: Scenario"),
            );
        }
        match Object::of(root) {
            Some(object) => self.objects.push(object),
            None => self.count_other("document without a kind", 1),
        }
    }

    fn count_other(&mut self, what: &str, n: usize) {
        if n > 0 {
            *self.others.entry(what.to_owned()).or_default() += n;
        }
    }
}

/// Whether a document says that it is for us.
fn says_coalmine(text: &str) -> bool {
    text.contains("coalmine/v1")
}

/// The kind that a broken document says it is.
fn kind(text: &str) -> Option<String> {
    let line = Regex::new(r#"(?m)^(?:kind|"kind"|\s*"kind")\s*:\s*["']?(\w+)"#).ok()?;
    line.captures(text).map(|found| found[1].to_owned())
}

fn is_ours(kind: &str) -> bool {
    matches!(
        kind,
        "Rollout" | "AnalysisTemplate" | "ClusterAnalysisTemplate" | "AnalysisRun" | "Canary" | "List"
    )
}

/// `{{args.x}}` at the start of a value is a mapping to YAML.
fn with_quotes_help(finding: Finding, text: &str) -> Finding {
    let unquoted = Regex::new(r"(?m)^\s*(?:- )?\w+:\s*\{\{.*\}\}").is_ok_and(|value| value.is_match(text));
    if unquoted {
        return finding.help("a value that begins with {{ wants quotes: \"{{args.x}}\"");
    }
    finding
}
