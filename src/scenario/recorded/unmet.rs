//! What a query reads and the recording does not have.

use super::Mapping;
use crate::diagnostic::Finding;
use crate::policy::argo::route::Leads;
use crate::policy::argo::spec::{Policy, Step, StepKind};
use crate::recording::Recording;
use crate::scenario::inference::{Selected, tells_ending};
use crate::series::Labels;

/// Names that are offered in place of one that is not there, at most.
const NEAR: usize = 3;

/// An error for every selector that no recorded series can answer: it names what is there instead. A status that never
/// came is no error: it can still come.
pub fn unmet(
    policy: &Policy,
    selected: &[Selected],
    recording: &Recording,
    mapping: &Mapping,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let steps = policy
        .strategy
        .canary()
        .into_iter()
        .flat_map(|canary| &canary.steps);
    let copies = |step: &&Step| {
        let mut routes = step.routes.iter();
        routes.any(|route| matches!(route.leads, Leads::Copies(..)))
    };
    findings.extend(steps.clone().filter(copies).map(|step| {
        Finding::error("a recording does not know what became of copies of its requests")
            .at(step.span, "")
            .help("play this policy in simulated worlds, or leave the step out")
    }));
    let experiments = steps.filter(|step| matches!(step.kind, StepKind::Experiment(_)));
    findings.extend(experiments.map(|step| {
        let finding = Finding::error("a recording does not know the pods of an experiment").at(step.span, "");
        finding.help("play it in simulated worlds, without --recording")
    }));
    for one in selected {
        let recorded = mapping.recorded(&one.name);
        let series: Vec<Labels> = recording
            .layout
            .series()
            .filter(|(_, labels)| labels.name() == Some(&recorded))
            .map(|(_, labels)| mapping.as_known(&one.name, labels))
            .collect();
        let check = &policy.checks[one.check.0];
        let finding = if series.is_empty() {
            Finding::error(format!("the recording has no {recorded}"))
                .help(instead(recording, &one.name, &recorded))
        } else if let Some(refused) = refused(one, &series) {
            refused
        } else {
            continue;
        };
        let finding = finding.at(check.place(&one.at), format!("{} reads it", check.name));
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    findings
}

/// Why none of `series` passes a selector, if none does.
fn refused(one: &Selected, series: &[Labels]) -> Option<Finding> {
    let asks = || {
        let shared = one.matchers.iter().filter(|matcher| !one.tells(&matcher.name));
        shared.filter(|matcher| matcher.name != "le" && !tells_ending(&matcher.name))
    };
    if series
        .iter()
        .any(|labels| asks().all(|matcher| matcher.matches(labels)))
    {
        return None;
    }
    // The series that comes nearest says what is missing.
    let nearest = series
        .iter()
        .rev()
        .max_by_key(|labels| asks().filter(|matcher| matcher.matches(labels)).count())?;
    let missing: Vec<String> = asks()
        .filter(|matcher| !matcher.matches(nearest))
        .map(ToString::to_string)
        .collect();
    let first = asks().find(|matcher| !matcher.matches(nearest))?;
    let wanted = format!("{}=\"{}\"", first.name, first.value);
    let own = nearest
        .iter()
        .find(|(name, _)| ![Labels::NAME, "le"].contains(name) && !tells_ending(name));
    let rule = own.map_or_else(
        || format!("leave {wanted} out of the query for this recording"),
        |(name, value)| format!("say what it is there: --map '{wanted}={name}=\"{value}\"'"),
    );
    Some(
        Finding::error(format!(
            "no recorded series of {} has {}",
            one.name,
            missing.join(", ")
        ))
        .help(format!("the nearest is {nearest}; {rule}")),
    )
}

fn instead(recording: &Recording, name: &str, recorded: &str) -> String {
    let mut names: Vec<&str> = recording
        .layout
        .series()
        .filter_map(|(_, labels)| labels.name())
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut near: Vec<(usize, &str)> = names
        .iter()
        .map(|have| (likeness(recorded, have), *have))
        .collect();
    near.sort_by_key(|&(likeness, have)| (std::cmp::Reverse(likeness), have));
    let near: Vec<&str> = near
        .into_iter()
        .take(NEAR)
        .filter(|(likeness, _)| *likeness > 0)
        .map(|(_, have)| have)
        .collect();
    match near.first() {
        Some(first) => format!(
            "it has {}; say which is meant: --map '{name}={first}'",
            near.join(", ")
        ),
        None => format!(
            "its metrics are {}",
            names.into_iter().take(10).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// How many letters the words that two names share have.
fn likeness(one: &str, other: &str) -> usize {
    let words: Vec<&str> = other.split('_').collect();
    let shared = one.split('_').filter(|word| words.contains(word));
    // What every counter is called says nothing.
    shared
        .filter(|word| !["total", "count", "sum", "bucket"].contains(word))
        .map(str::len)
        .sum()
}
