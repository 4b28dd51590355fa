//! What Scenario documents state of the ways to the canary and of answers, and what it comes to with these policies:
//! probes that never come, headers that no route asks for, routers that cannot be asked, answers that come too late.

use crate::diagnostic::Finding;
use crate::policy::argo::route::{Header, Leads};
use crate::policy::argo::spec::{Canary, Policy, Question, StepKind};
use crate::policy::words;
use crate::scenario::{Cause, Delay};
use crate::units::{Duration, Ratio};
use crate::yaml::Node;

/// A warning for each thing stated that does not do what it seems to, at its place.
pub(super) fn unheeded(stated: &[Node], policies: &[Policy]) -> Vec<Finding> {
    if policies.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for document in stated {
        found.extend(probes(document, policies));
        found.extend(headers(document, policies));
        found.extend(verified(document, policies));
        found.extend(too_late(document, policies));
    }
    found
}

fn canaries(policies: &[Policy]) -> impl Iterator<Item = &Canary> {
    policies.iter().filter_map(|policy| policy.strategy.canary())
}

/// Probes that wait for a step which no policy has. Nothing takes its place.
fn probes(document: &Node, policies: &[Policy]) -> Vec<Finding> {
    let probes = document.at(&["spec", "traffic", "probes"]);
    let waits = ["during", "from"].into_iter();
    let nodes = waits.filter_map(|field| probes.and_then(|node| node.get(field)));
    let steps = canaries(policies).map(|canary| canary.steps.len()).max();
    let is_pause = |kind: &StepKind| matches!(kind, StepKind::Pause(_));
    let pauses = canaries(policies).map(|canary| {
        let pauses = canary.steps.iter().filter(|step| is_pause(&step.kind));
        pauses.count()
    });
    let pauses = pauses.max();
    let missing = nodes.filter_map(|node| {
        let (number, has) = match Cause::parse(node.text()?)? {
            Cause::Step(number) => (number, steps),
            Cause::Pause(number) => (number, pauses),
            Cause::Request | Cause::Start | Cause::Promotion => return None,
        };
        let has = has.unwrap_or(0);
        if number as usize <= has {
            return None;
        }
        let wanted = node.text()?;
        let kind = wanted.split(' ').next().unwrap_or("step");
        let message = format!("no policy has a {wanted}: these probes never come");
        let finding = Finding::warning(message).at(node.span, "");
        Some(finding.help(match has {
            0 => format!("there is no {kind}: write 'from: start' with a length"),
            1 => format!("there is one {kind}: write {kind} 1"),
            _ => format!("there are {has} {kind}s at most, counted from 1"),
        }))
    });
    missing.collect()
}

/// Headers that requests carry and no route of any policy asks for, by a slip or at all.
fn headers(document: &Node, policies: &[Policy]) -> Vec<Finding> {
    let Some(list) = document.at(&["spec", "traffic", "headers"]) else {
        return Vec::new();
    };
    let routes = canaries(policies).flat_map(|canary| &canary.steps);
    let leads = routes.flat_map(|step| &step.routes).map(|route| &route.leads);
    let asked: Vec<&Header> = leads
        .flat_map(|leads| -> Vec<&Header> {
            match leads {
                Leads::Headers(headers) => headers.iter().collect(),
                Leads::Copies(_, fitting) => fitting.iter().flat_map(|fitting| &fitting.headers).collect(),
                Leads::Removed => Vec::new(),
            }
        })
        .collect();
    let unasked = list.items().iter().filter_map(|item| {
        let node = item.get("name")?;
        let name = node.text()?;
        let value = item.get("value");
        let carried = value.and_then(Node::text).unwrap_or("");
        if asked.iter().any(|header| header.fits(name, carried)) {
            return None;
        }
        let same = asked.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        if let Some(header) = same {
            let message = format!("no route asks for {name}: {carried}, but one does for {header}");
            let at = value.map_or(node.span, |value| value.span);
            let finding = Finding::warning(message).at(at, "who carries this is led like everybody else");
            return Some(finding.help(format!(
                "values count letter by letter: carry what fits {}",
                header.value
            )));
        }
        let message = format!("no policy has a route for the header {name}");
        let finding = Finding::warning(message).at(node.span, "who carries it is led like everybody else");
        let near = words::nearest(name, asked.iter().map(|header| header.name.as_str()));
        Some(match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("take it out, or lead it by a setHeaderRoute step"),
        })
    });
    unasked.collect()
}

/// A router that shows its weights, where no policy's router is asked for them.
fn verified(document: &Node, policies: &[Policy]) -> Option<Finding> {
    let node = document.at(&["spec", "controller", "router", "verified"])?;
    if node.is_null() || canaries(policies).any(|canary| canary.verifies) {
        return None;
    }
    let message = "no policy has a router that is asked whether it has its weights: this is not heeded";
    let finding = Finding::warning(message).at(node.span, "");
    Some(finding.help("Argo Rollouts asks ALB and plugins; `lag` says when traffic follows with any router"))
}

/// Answers of a `web` check that come after it has given up.
fn too_late(document: &Node, policies: &[Policy]) -> Vec<Finding> {
    let Some(list) = document.at(&["spec", "providers"]) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for provider in list.items() {
        let takes = provider.get("takes");
        let parsed = takes.and_then(|node| Delay::of_at_least(Duration::from_millis(1), node.text()?));
        let (Some(takes), Some(delay)) = (takes, parsed) else {
            continue;
        };
        let of = provider.get("check").and_then(Node::text).unwrap_or("*");
        let mut told: Vec<&str> = Vec::new();
        for check in policies.iter().flat_map(|policy| &policy.checks) {
            let Question::Other { web: Some(web), .. } = &check.question else {
                continue;
            };
            let part = delay.beyond(web.timeout);
            let name = check.name.as_str();
            if ![name, "*"].contains(&of) || part < 0.0005 || told.contains(&name) {
                continue;
            }
            told.push(name);
            let looks = match part {
                1.0.. => "every look".to_owned(),
                0.01.. => format!("{} of the looks", Ratio(libm::round(part * 100.0) / 100.0)),
                _ => "fewer than one in a hundred looks".to_owned(),
            };
            let message = format!(
                "{looks} at `{}` will be an error: it gives up after {}",
                check.name, web.timeout
            );
            let finding = Finding::warning(message).at(takes.span, "so long an answer takes");
            found.push(finding.help("raise web.timeoutSeconds (10 unless set), or state what it takes"));
        }
    }
    found
}
