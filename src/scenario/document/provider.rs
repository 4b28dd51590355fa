use super::fields::{Fields, Read};
use super::read::{DAY, any};
use super::value::{delay, ratio, text, word};
use crate::diagnostic::Finding;
use crate::scenario::{Phase, Provider, Said};
use crate::units::Duration;
use crate::yaml::{Node, Plain};

/// What a provider that is not simulated says, and how well.
pub(super) fn read(fields: &mut Fields<'_>, provider: &mut Provider) {
    fields.read("check", &mut provider.check, text);
    fields.read("phase", &mut provider.phase, word(&PHASES));
    fields.read_some("value", &mut provider.value, body);
    fields.read_some("query", &mut provider.query, text);
    let hinders = ["errors", "takes", "outages"].map(|field| fields.has(field));
    let all = ["phase", "value", "query", "ofHarm", "later", "wrong"].map(|field| fields.has(field));
    provider.only_hinders = hinders.contains(&true) && !all.contains(&true);
    let says = &all[..3];
    if says.iter().filter(|has| **has).count() > 1 {
        fields.object(Finding::error("say one of `phase`, `value` and `query`"));
    }
    let beside = ["ofHarm", "later", "wrong"]
        .into_iter()
        .find(|field| fields.has(field));
    if let Some(field) = beside.filter(|_| fields.has("query")) {
        let finding = Finding::error(format!("`{field}` cannot stand beside a `query`"));
        fields.object(finding.help(
            "a query sees by itself what was released and when; `errors`, `takes` and `outages` can stand beside it",
        ));
    }
    fields.inside("ofHarm", |fields| provider.of_harm = said(fields));
    let mut later = Vec::new();
    fields.list("later", &mut later, &None, |fields, change| {
        let mut at = Duration::ZERO;
        fields.require("at", &mut at, any(DAY));
        *change = said(fields).map(|said| (at, said));
    });
    provider.later = later.into_iter().flatten().collect();
    provider.later.sort_by_key(|(at, _)| *at);
    fields.read("wrong", &mut provider.wrong, ratio);
    fields.read("errors", &mut provider.errors, ratio);
    let wanted = "a length of time such as 30s, 10s..2m or 30s~0.5";
    fields.read_some(
        "takes",
        &mut provider.takes,
        delay(Duration::from_millis(1), wanted),
    );
    let blank = (Duration::ZERO, Duration::from_mins(3));
    fields.list("outages", &mut provider.outages, &blank, |fields, outage| {
        fields.read("at", &mut outage.0, any(DAY));
        fields.read("length", &mut outage.1, any(DAY));
    });
}

const PHASES: [(&str, Phase); 4] = [
    ("Successful", Phase::Successful),
    ("Failed", Phase::Failed),
    ("Inconclusive", Phase::Inconclusive),
    ("Error", Phase::Error),
];

/// `phase` or `value`.
fn said(fields: &mut Fields<'_>) -> Option<Said> {
    let (mut phase, mut value) = (None, None);
    let found = fields.found();
    fields.read_some("phase", &mut phase, word(&PHASES));
    fields.read_some("value", &mut value, body);
    match (phase, value) {
        (Some(phase), None) => Some(Said::Phase(phase)),
        (None, Some(value)) => Some(Said::Value(value)),
        _ => {
            if fields.found() == found {
                fields.object(Finding::error("say either a `phase` or a `value`"));
            }
            None
        }
    }
}

/// JSON as a text, or one plain value.
fn body(node: &Node) -> Read<String> {
    match node.plain() {
        Some(Plain::Text(text)) => Ok(text.to_owned()),
        Some(Plain::Int(_) | Plain::Float(_) | Plain::Bool(_)) => Ok(node.text().unwrap_or("").to_owned()),
        _ => Err(Box::new(
            node.unexpected("JSON as a text")
                .help("write it in quotes: '{\"ratio\": 0.99}'"),
        )),
    }
}
