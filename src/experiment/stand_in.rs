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
    of_scenarios(documents, &scenarios(documents), policies)
}

/// What the Scenario documents among `documents` state beside queries that stand in for checks of `policies`, and what
/// nobody heeds over a recording: there every answer comes at once.
pub fn unheeded_over_recordings(documents: &Documents, policies: &[Policy]) -> Vec<Finding> {
    let checks = || policies.iter().flat_map(|policy| &policy.checks);
    let mut findings = Vec::new();
    for scenario in scenarios(documents) {
        let providers = scenario.at(&["spec", "providers"]).map_or(&[][..], Node::items);
        for provider in providers.iter().filter(|provider| query(provider).is_some()) {
            let stands_in = checks().any(|check| {
                matches!(
                    check.question,
                    Question::Other {
                        stand_in: Some(_),
                        ..
                    }
                ) && speaks_for(provider, &check.name)
            });
            let fields = ["errors", "outages", "takes"].into_iter();
            let fields = fields.filter_map(|field| provider.get(field).map(|node| (field, node)));
            let fields: Vec<(&str, &Node)> = fields.filter(|_| stands_in).collect();
            let Some((first, node)) = fields.first() else {
                continue;
            };
            let names: Vec<String> = fields.iter().map(|(field, _)| format!("`{field}`")).collect();
            let message = format!(
                "{} beside a query: not heeded over a recording, where it answers at every look, at once",
                names.join(", ")
            );
            let finding = Finding::warning(message).at(node.span, format!("{first} of the provider"));
            findings.push(finding.help("play it in simulated worlds: coalmine simulate"));
        }
    }
    findings
}

fn scenarios(documents: &Documents) -> Vec<Node> {
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
    stated
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
            // Of each document the first that speaks of the check counts.
            let speaks = |provider: &&Node| speaks_for(provider, &check.name);
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

/// Whether an item of `providers` is about `check`.
fn speaks_for(provider: &Node, check: &str) -> bool {
    let name = provider.get("check").and_then(Node::text);
    name.is_none_or(|name| name == "*" || name == check)
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
