//! Queries that Scenario documents state for checks whose provider is not simulated.

use crate::diagnostic::{Documents, Finding};
use crate::policy::argo::spec::{CheckId, Policy, Question};
use crate::policy::argo::stand_in;
use crate::scenario::document;
use crate::yaml::{self, Content, Node};

/// Lets the queries that the Scenario documents among `documents` state stand in, in `policies`, for the providers of the
/// checks they name. All findings at once; with an error among them what was asked for cannot be played.
///
/// A query is a fact about a check, like what is stated about the service's series: it is the same in all worlds that do
/// not state something else of that check.
pub fn let_stand_in(documents: &Documents, policies: &mut [Policy]) -> Vec<Finding> {
    let mut stated = Vec::new();
    for (id, _) in documents.iter() {
        for part in yaml::read(documents, id) {
            if let Content::Tree(tree) = part.content
                && document::is_scenario(&tree)
            {
                stated.push(tree);
            }
        }
    }
    of_scenarios(documents, &stated, policies)
}

/// As [`let_stand_in`], of documents that have been read.
pub(super) fn of_scenarios(documents: &Documents, stated: &[Node], policies: &mut [Policy]) -> Vec<Finding> {
    let lists: Vec<&[Node]> = stated
        .iter()
        .filter_map(|scenario| scenario.at(&["spec", "providers"]))
        .map(Node::items)
        .collect();
    let queries = lists.iter().copied().flatten().filter_map(query);
    let mut findings: Vec<Finding> = queries.filter_map(|query| broken(documents, query)).collect();
    if !findings.is_empty() {
        return findings;
    }
    for policy in policies {
        for number in 0..policy.checks.len() {
            let check = &policy.checks[number];
            let Question::Other { .. } = check.question else {
                continue;
            };
            let speaks = |provider: &&Node| {
                let name = provider.get("check").and_then(Node::text);
                name.is_none_or(|name| name == "*" || name == check.name)
            };
            // Of each document the first that speaks of the check counts.
            let firsts = lists.iter().filter_map(|list| list.iter().find(speaks));
            let mut queries = firsts.filter_map(query);
            let Some(first) = queries.next() else { continue };
            let differs = queries.find(|other| other.text() != first.text());
            if let Some(other) = differs {
                let message = format!("two queries are to stand in for `{}`", check.name);
                let finding = Finding::error(message)
                    .at(first.span, "one")
                    .at(other.span, "the other");
                findings.push(finding.help("a check asks the same in all worlds: keep one of them"));
                continue;
            }
            findings.extend(policy.stand_in(CheckId(number), documents, first));
        }
    }
    findings.dedup();
    findings
}

/// The query of an item of `providers`.
fn query(provider: &Node) -> Option<&Node> {
    provider
        .get("query")
        .filter(|node| !node.is_null() && node.text().is_some())
}

/// A query that cannot be read, whichever check it is for; one with arguments is read where they are known.
fn broken(documents: &Documents, node: &Node) -> Option<Finding> {
    let text = node.text()?;
    if text.contains("{{") {
        return None;
    }
    stand_in::read(documents, node, &[]).err().map(|finding| *finding)
}
