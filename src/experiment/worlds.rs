//! The worlds that a call can play: what Scenario documents state, and the battery.

use super::prepare::is_error;
use crate::diagnostic::{DocumentId, Documents, Finding};
use crate::policy::argo::spec::{Policy, Question};
use crate::policy::words;
use crate::scenario::exposition::Exposition;
use crate::scenario::{self, BATTERY, BATTERY_OF_BITES, BATTERY_OF_GAUGES, Gauge, Scenario, document};
use crate::yaml::{self, Content, Node};

/// All Scenario documents.
pub(super) fn stated(documents: &Documents, findings: &mut Vec<Finding>) -> Vec<Node> {
    let mut stated = Vec::new();
    for (id, _) in documents.iter() {
        for part in yaml::read(documents, id) {
            if let Content::Tree(tree) = part.content
                && document::is_scenario(&tree)
            {
                findings.extend(part.findings);
                stated.push(tree);
            }
        }
    }
    stated
}

/// Whether a file that can be read holds no Scenario document.
pub fn states_nothing(documents: &Documents, id: DocumentId) -> bool {
    yaml::read(documents, id).iter().all(|part| match &part.content {
        Content::Empty => true,
        Content::Tree(tree) => !document::is_scenario(tree),
        Content::Broken => false,
    })
}

/// The service as the Scenario documents without a name describe it, laid over `base`, and the worlds: the documents
/// with a name, laid over that service. A world with an error is not played; a service with one would shape every
/// world, so nothing is.
pub(super) fn worlds_stated(
    stated: &[Node],
    base: &Scenario,
    findings: &mut Vec<Finding>,
    wrong: &mut Vec<Finding>,
) -> (Scenario, Vec<Scenario>) {
    let mut service = base.clone();
    let named = |node: &Node| document::read(node, base).0.name != base.name;
    for node in stated.iter().filter(|node| !named(node)) {
        let (read, found) = document::read(node, &service);
        if found.iter().any(is_error) {
            // No world can be laid over it.
            wrong.extend(found);
        } else {
            findings.extend(found);
            service = read;
        }
    }
    let mut worlds: Vec<Scenario> = Vec::new();
    for node in stated.iter().filter(|node| named(node)) {
        let (world, mut found) = document::read(node, &service);
        let mut battery = BATTERY.iter().chain(&BATTERY_OF_GAUGES).chain(&BATTERY_OF_BITES);
        let taken = battery.any(|(name, _)| *name == world.name)
            || worlds.iter().any(|known| known.name == world.name);
        if taken {
            let message = format!("there is another world {:?}", world.name);
            found.push(
                Finding::error(message)
                    .at(node.span, "")
                    .help("give it a name of its own: metadata.name"),
            );
        }
        if !found.iter().any(is_error) {
            worlds.push(world);
        }
        findings.extend(found);
    }
    (service, worlds)
}

/// The battery for what queries read: with the worlds of gauges where they read some, by truth.
pub(super) fn battery_for(service: &Scenario, exposition: &Exposition) -> Vec<(&'static str, Scenario)> {
    let mut worlds = scenario::battery(service);
    let gauges = || {
        let gauges = exposition
            .families
            .iter()
            .filter_map(|family| family.gauge.as_ref());
        gauges.filter(|gauge| gauge.can_fail())
    };
    if gauges().next().is_some() {
        worlds.extend(scenario::battery_of_gauges(
            service,
            gauges().any(|gauge: &Gauge| gauge.stamp),
        ));
    }
    worlds.sort_by_key(|(_, world)| world.truth);
    worlds
}

/// A warning for each of `providers` that speaks for a check which nobody asks it about.
pub(super) fn unknown_checks(stated: &[Node], policies: &[Policy]) -> Vec<Finding> {
    let checks = || policies.iter().flat_map(|policy| &policy.checks);
    let speak = |document: &Node| {
        document
            .at(&["spec", "providers"])
            .map(|node| node.items().to_vec())
    };
    let mut found = Vec::new();
    for provider in stated.iter().filter_map(speak).flatten() {
        let Some((node, name)) = provider
            .get("check")
            .and_then(|node| Some((node, node.text().filter(|name| *name != "*")?)))
        else {
            continue;
        };
        match checks()
            .find(|check| check.name == name)
            .map(|check| &check.question)
        {
            Some(Question::Other { .. }) => {}
            Some(Question::Prometheus { .. }) => {
                let message = format!("`{name}` asks Prometheus: what is stated of it here is not heeded");
                found.push(Finding::warning(message).at(node.span, ""));
            }
            None => {
                let finding = Finding::warning(format!("no policy has a check `{name}`")).at(node.span, "");
                found.push(
                    match words::nearest(name, checks().map(|check| check.name.as_str())) {
                        Some(near) => finding.help(format!("did you mean `{near}`?")),
                        None => finding,
                    },
                );
            }
        }
    }
    found
}
