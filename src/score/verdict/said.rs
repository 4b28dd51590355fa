//! Parts of verdict sentences.

use super::judge::Worst;
use crate::score::figure::{FigureName, Unit};
use crate::score::input::{CheckFact, OwnPause};
use crate::score::number::Number;
use crate::score::words;

pub(super) fn share(number: &Number) -> String {
    words::told(Unit::Share, number)
}

/// Where the policy itself waits for a person, and who comes or what to do about it.
pub(super) fn note(pauses: &[OwnPause], person: Option<&str>) -> Option<String> {
    let places: Vec<String> = pauses
        .iter()
        .map(|pause| {
            let place = match pause.step {
                Some(step) => format!("at step {step}"),
                None => "before the switch".to_owned(),
            };
            match pause.line {
                Some(line) => format!("{place}, line {line}"),
                None => place,
            }
        })
        .collect();
    let places = places.join(" and ");
    let then = match person {
        Some(comes) => format!("somebody comes and {comes}"),
        None => "`--operator \"promotes after 10m\"` plays on".to_owned(),
    };
    (!places.is_empty()).then(|| format!("Waits for a person {places}; {then}."))
}

/// `; most harm of the 6 worlds where over 5 % are missed: 12.5k requests (…)`.
pub(super) fn harm(missed: &Worst<'_>) -> String {
    let harmed = missed
        .row
        .figure(FigureName::BlastRadius)
        .map(|figure| figure.number);
    let Some(harmed) = harmed.filter(|harmed| harmed.point() > 0.0) else {
        return others(missed.others, "5 %", "harmful");
    };
    let requests = words::told(Unit::Requests, &harmed).replacen(" (", " requests (", 1);
    match missed.others {
        0 => format!("; expected harm: {requests}"),
        others => format!(
            "; most harm of the {} worlds where over 5 % are missed: {requests}",
            others + 1
        ),
    }
}

/// ` In world `x` … of releases are not rolled back.`
pub(super) fn not_rolled_back(missed: &Worst<'_>) -> String {
    format!(
        " In world `{}` {} of releases are not rolled back{}.",
        missed.world.name,
        share(&missed.number),
        harm(missed),
    )
}

/// ` In world `x` … of harmless releases are rolled back, most of them by check `y`.`
pub(super) fn rolled_back(worst: &Worst<'_>, by: Option<&String>) -> String {
    format!(
        " In world `{}` {} of harmless releases are rolled back{}{}.",
        worst.world.name,
        share(&worst.number),
        by.map(|check| format!(", most of them by check `{check}`"))
            .unwrap_or_default(),
        others(worst.others, "5 %", "harmless"),
    )
}

/// Checks of one answer that are named; the rest is counted.
const NAMED: usize = 2;

/// `checks `x` (a.yaml:3) and `y` (a.yaml:9), nor 1 more: reason`; reasons that differ stand behind their checks.
pub(super) fn told(facts: &[CheckFact]) -> Option<String> {
    let first = facts.first()?;
    let named = &facts[..facts.len().min(NAMED)];
    let place = |fact: &CheckFact| match (&fact.file, fact.line) {
        (Some(file), Some(line)) => format!("`{}` ({file}:{line})", fact.check),
        (Some(file), None) => format!("`{}` ({file})", fact.check),
        (None, Some(line)) => format!("`{}` (line {line})", fact.check),
        (None, None) => format!("`{}`", fact.check),
    };
    let more = match facts.len() - named.len() {
        0 => String::new(),
        more => format!(", nor {more} more"),
    };
    let reasons_differ = named.iter().any(|fact| fact.reason != first.reason);
    Some(match named {
        [first, second] if !reasons_differ => {
            format!(
                "checks {} and {}{more}: {}",
                place(first),
                place(second),
                first.reason
            )
        }
        _ => {
            let said = named
                .iter()
                .map(|fact| format!("check {}: {}", place(fact), fact.reason));
            let more = more.replacen(", nor", "; nor", 1);
            format!("{}{more}", said.collect::<Vec<_>>().join("; nor "))
        }
    })
}

/// ` To mend it, set ….`: what would mend the checks that are named.
pub(super) fn mend(facts: &[CheckFact]) -> String {
    let mut mends: Vec<&str> = facts
        .iter()
        .take(NAMED)
        .filter_map(|fact| fact.mend.as_deref())
        .collect();
    mends.dedup();
    match mends.as_slice() {
        [] => String::new(),
        mends => format!(" To mend it, {}.", mends.join("; ")),
    }
}

pub(super) fn others(count: usize, limit: &str, kind: &str) -> String {
    match count {
        0 => String::new(),
        1 => format!("; over {limit} also in 1 other {kind} world"),
        n => format!("; over {limit} also in {n} other {kind} worlds"),
    }
}
