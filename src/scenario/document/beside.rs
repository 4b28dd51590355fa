//! Requests that reach a canary by other ways than its weight: probes, headers and what mirror routes match.

use super::course;
use super::fields::{Fields, Read};
use super::read::{DAY, any};
use super::value::{number, ratio, text};
use crate::diagnostic::Finding;
use crate::scenario::{Carried, Cause, Demand, Probing, Until};
use crate::yaml::Node;

/// More headers than this are refused.
const MOST_HEADERS: usize = 16;

/// `probes: 20`, or `probes: { rate: 20, copies: 100%, from: pause 1, into: 10%, after: 5s, length: 2m }`, or `during` a step.
pub(super) fn probes(fields: &mut Fields<'_>, traffic: &mut Demand) {
    if !fields.is_mapping("probes") {
        if fields.has("probes") {
            traffic.probing = None;
        }
        return fields.read("probes", &mut traffic.probes, number(0.0..=1e6));
    }
    traffic.probes = 0.0;
    fields.inside("probes", |fields| {
        let mut probing = Probing::always(0.0);
        fields.read("rate", &mut probing.rate, number(0.0..=1e6));
        fields.read("copies", &mut probing.copies, ratio);
        if probing.rate + probing.copies <= 0.0 {
            let finding = Finding::error("probes come at a rate, or as copies of a part of the requests");
            fields.object(finding.help("write 'rate: 20' or 'copies: 100%'"));
        }
        let mut during = None;
        fields.read_some("during", &mut during, step);
        let mut length = None;
        fields.read_some("length", &mut length, any(DAY));
        probing.onset = course::onset_from(fields, during.unwrap_or(Cause::Start));
        match (during, length) {
            (Some(_), None) => probing.until = Until::Over,
            (Some(_), Some(_)) => {
                let finding =
                    Finding::error("probes during a step end with it: they have no length of their own");
                fields
                    .object(finding.help("write 'from: pause 1' with a length, or 'during: pause 1' alone"));
            }
            (None, Some(length)) => probing.until = Until::After(length),
            (None, None) => {}
        }
        traffic.probing = Some(probing);
    });
}

fn step(node: &Node) -> Read<Cause> {
    let found = node.text().and_then(Cause::parse).filter(|cause| cause.is_step());
    found.ok_or_else(|| node.unexpected("'pause N' or 'step N', counted from 1"))
}

/// Any plain value, as it is written.
fn plain(node: &Node) -> Read<String> {
    let text = node.text().map(str::to_owned);
    text.ok_or_else(|| node.unexpected("a value"))
}

/// `headers: [{ name: X-Canary, value: "true", part: 5% }]` and `matching`.
pub(super) fn headers(fields: &mut Fields<'_>, traffic: &mut Demand) {
    fields.list(
        "headers",
        &mut traffic.headers,
        &Carried::default(),
        |fields, carried| {
            fields.require("name", &mut carried.name, text);
            fields.read("value", &mut carried.value, plain);
            fields.require("part", &mut carried.part, ratio);
        },
    );
    fields.read("matching", &mut traffic.matching, ratio);
    let all: f64 = traffic.headers.iter().map(|carried| carried.part).sum();
    if all > 1.0 + 1e-9 {
        let message = format!("headers on more than all requests: {}", crate::units::Ratio(all));
        fields.object(Finding::error(message).help("no request carries two of them"));
    }
    if traffic.headers.len() > MOST_HEADERS {
        fields.object(Finding::error(format!(
            "more than {MOST_HEADERS} headers are not simulated"
        )));
    }
}
