//! Names that nothing can be made of.

use super::super::families::Found;
use crate::diagnostic::{Finding, Span};
use crate::policy::argo::spec::Check;
use crate::promql::parse::ParseError;
use crate::scenario::document;
use crate::scenario::exposition::Family;

/// A query that Prometheus refuses.
pub(in crate::scenario::inference) fn unreadable(check: &Check, error: &ParseError) -> Finding {
    Finding::warning(format!(
        "Prometheus refuses the query of check {}: every look is an error",
        check.name
    ))
    .at(check.span, error.to_string())
}

/// A series that nothing says how to make.
///
/// `families` are those it would be if requests counted it up, or if it were a gauge: the lines that state them are
/// said.
pub(in crate::scenario::inference) fn unplaced(
    name: &str,
    checks: &[(&str, Span)],
    why: &str,
    families: &[Found],
) -> Finding {
    let families: Vec<Family> = families.iter().map(|found| found.family.clone()).collect();
    let said = match checks {
        [(only, _)] => format!("check {only}"),
        _ => {
            let names: Vec<&str> = checks.iter().map(|&(name, _)| name).collect();
            format!("checks {}", names.join(", "))
        }
    };
    let finding = Finding::error(format!(
        "nothing says what {name} of {said} is on each version: {why}"
    ));
    let finding = checks
        .iter()
        .fold(finding, |finding, check| finding.at(check.1, "asked here"));
    let how = if families.iter().any(|family| family.gauge.is_some()) {
        "if it is a gauge, say in a file beside the manifests where it hovers, its limit and its ends (here made up)"
    } else {
        "if requests count it up, say so in a file beside the manifests (counts: requests, failures or successes)"
    };
    finding.help(format!("{how}:\n{}", document::write(&families)))
}

/// Two families of one name that would show each request twice to the checks `readers`.
pub(in crate::scenario::inference) fn contradiction<'c>(
    one: &Family,
    other: &Family,
    readers: impl Iterator<Item = &'c Check>,
) -> Finding {
    let differing = one.labels.iter().find_map(|rule| {
        let other = other.labels.iter().find(|other| other.name == rule.name)?;
        (other != rule).then_some((rule, other))
    });
    let readers: Vec<&Check> = readers.collect();
    let mut names: Vec<&str> = readers.iter().map(|check| check.name.as_str()).collect();
    names.dedup();
    let why = match differing {
        Some((one, other)) => format!(
            "{} is {:?} and {:?} on the canary, {:?} and {:?} on the stable version",
            one.name, one.canary, other.canary, one.stable, other.stable
        ),
        None => "they count different things".to_owned(),
    };
    let finding = Finding::error(format!(
        "checks {} contradict each other about {}: {why}",
        names.join(", "),
        one.name
    ));
    readers
        .iter()
        .fold(finding, |finding, check| finding.at(check.span, "asked here"))
        .help("play their policies in calls of their own, or state the family in a Scenario document")
}
