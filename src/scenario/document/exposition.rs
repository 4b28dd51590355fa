//! `spec.exposition`: how the service shows itself.

use std::collections::BTreeSet;

use super::fields::{Fields, Read};
use super::gauge::{self, gauge};
use super::value::{number, text, word};
use crate::diagnostic::{Finding, Spanned};
use crate::scenario::exposition::{Arm, Counts, Family, Histogram, LabelRule, OutcomeLabel};
use crate::yaml::Node;

/// More buckets than this are refused.
const MOST_BOUNDS: usize = 500;

/// The families that a document states, each with its place; those with a fault are left out ([`read`] tells of them).
///
/// [`read`]: super::read
pub fn families(document: &Node) -> Vec<Spanned<Family>> {
    let mut findings = Vec::new();
    let Some(stated) = document.at(&["spec", "exposition"]) else {
        return Vec::new();
    };
    read(&mut Fields::of(stated, "exposition", &mut findings))
}

/// What is wrong with families that several documents state together: two of them show one series. The same family
/// stated twice is one.
pub fn together(stated: &[Spanned<Family>]) -> (Vec<Spanned<Family>>, Vec<Finding>) {
    let (mut families, mut findings): (Vec<Spanned<Family>>, Vec<Finding>) = (Vec::new(), Vec::new());
    for family in stated.iter().filter(|family| !family.name.is_empty()) {
        if families.contains(family) {
            continue;
        }
        match families.iter().find(|known| show_one_series(known, family)) {
            None => families.push(family.clone()),
            Some(known) => {
                let message = format!("{} is stated twice with the same labels", family.name);
                findings.push(
                    Finding::error(message)
                        .at(family.span, "here")
                        .at(known.span, "and here")
                        .help("leave one of them out, or tell them apart by a label"),
                );
            }
        }
    }
    (families, findings)
}

/// A Scenario document that states `families`, ending with a line break.
pub fn write(families: &[Family]) -> String {
    let quoted = |text: &str| serde_json::to_string(text).expect("a text is JSON");
    let mut lines = vec![
        "apiVersion: coalmine/v1".to_owned(),
        "kind: Scenario".to_owned(),
        "spec:".to_owned(),
        "  exposition:".to_owned(),
        "    families:".to_owned(),
    ];
    for family in families {
        let counts = match family.counts {
            Counts::Requests => "requests",
            Counts::Failures => "failures",
            Counts::Successes => "successes",
            Counts::Part => "part",
            Counts::Sum => "sum",
            Counts::Nothing => "nothing",
        };
        lines.push(format!("      - name: {}", quoted(&family.name)));
        if family.counts != Counts::Nothing {
            lines.push(format!("        counts: {counts}"));
        }
        if let Some(gauge) = &family.gauge {
            lines.push("        gauge:".to_owned());
            gauge::write(gauge, "          ", &mut lines);
        }
        if let Some(histogram) = &family.histogram {
            let bounds: Vec<String> = histogram.bounds.iter().map(f64::to_string).collect();
            lines.push("        histogram:".to_owned());
            lines.push(format!("          bounds: [{}]", bounds.join(", ")));
            lines.push(format!("          perSecond: {}", histogram.per_second));
            lines.extend(
                histogram
                    .median
                    .map(|median| format!("          median: {median}")),
            );
        }
        if let Some(outcome) = &family.outcome {
            let [label, success, failure] =
                [&outcome.label, &outcome.success, &outcome.failure].map(|text| quoted(text));
            lines.push(format!(
                "        outcome: {{ label: {label}, success: {success}, failure: {failure} }}"
            ));
        }
        if !family.labels.is_empty() {
            lines.push("        labels:".to_owned());
        }
        for rule in &family.labels {
            let [name, canary, stable] = [&rule.name, &rule.canary, &rule.stable].map(|text| quoted(text));
            lines.push(format!(
                "          - {{ name: {name}, canary: {canary}, stable: {stable} }}"
            ));
        }
        if let [only] = family.arms[..] {
            let arm = if only == Arm::Canary { "canary" } else { "stable" };
            lines.push(format!("        arms: [{arm}]"));
        }
    }
    lines.join("\n") + "\n"
}

pub(super) fn read(fields: &mut Fields<'_>) -> Vec<Spanned<Family>> {
    let before = fields.found();
    let mut families: Vec<Option<Spanned<Family>>> = Vec::new();
    fields.list("families", &mut families, &None, |fields, found| {
        *found = family(fields);
    });
    if families.is_empty() && fields.found() == before {
        fields.object(Finding::error("an exposition without families states nothing"));
    }
    families.into_iter().flatten().collect()
}

/// A family, if there is nothing wrong with it.
fn family(fields: &mut Fields<'_>) -> Option<Spanned<Family>> {
    let before = fields.found();
    let mut family = Family {
        name: String::new(),
        counts: Counts::Requests,
        gauge: None,
        histogram: None,
        outcome: None,
        labels: Vec::new(),
        arms: vec![Arm::Canary, Arm::Stable],
    };
    fields.require("name", &mut family.name, filled);
    let counts = [
        ("requests", Counts::Requests),
        ("failures", Counts::Failures),
        ("successes", Counts::Successes),
        ("part", Counts::Part),
        ("sum", Counts::Sum),
    ];
    fields.inside("gauge", |fields| family.gauge = Some(gauge(fields)));
    if family.gauge.is_some() {
        family.counts = Counts::Nothing;
        fields.read("counts", &mut family.counts, word(&counts));
    } else {
        fields.require("counts", &mut family.counts, word(&counts));
    }
    fields.inside("histogram", |fields| family.histogram = Some(histogram(fields)));
    fields.inside("outcome", |fields| family.outcome = Some(outcome(fields)));
    let blank = LabelRule {
        name: String::new(),
        canary: String::new(),
        stable: String::new(),
    };
    fields.list("labels", &mut family.labels, &blank, |fields, label| {
        fields.require("name", &mut label.name, label_name);
        fields.require("canary", &mut label.canary, text);
        fields.require("stable", &mut label.stable, text);
    });
    fields.read("arms", &mut family.arms, |node| {
        let arm = word(&[("canary", Arm::Canary), ("stable", Arm::Stable)]);
        node.expect_items()?.iter().map(arm).collect()
    });
    for finding in contradictions(&family) {
        fields.object(finding);
    }
    (fields.found() == before).then(|| Spanned::new(family, fields.span()))
}

fn histogram(fields: &mut Fields<'_>) -> Histogram {
    let mut histogram = Histogram {
        bounds: Vec::new(),
        per_second: 1.0,
        median: None,
    };
    fields.require("bounds", &mut histogram.bounds, |node| {
        let bounds: Vec<f64> = node
            .expect_items()?
            .iter()
            .map(number(0.0..=1e12))
            .collect::<Read<_>>()?;
        let wrong = if bounds.is_empty() {
            "a histogram needs bounds".to_owned()
        } else if let Some(pair) = bounds.windows(2).find(|pair| pair[0] >= pair[1]) {
            format!("bounds ascend, and {} does not follow {}", pair[1], pair[0])
        } else if bounds.len() > MOST_BOUNDS {
            format!("more than {MOST_BOUNDS} bounds are not simulated")
        } else {
            return Ok(bounds);
        };
        Err(Box::new(Finding::error(wrong).at(node.span, "")))
    });
    fields.require("perSecond", &mut histogram.per_second, number(1e-3..=1e9));
    fields.read_some("median", &mut histogram.median, number(1e-9..=1e12));
    histogram
}

fn outcome(fields: &mut Fields<'_>) -> OutcomeLabel {
    let mut outcome = OutcomeLabel {
        label: String::new(),
        success: String::new(),
        failure: String::new(),
    };
    fields.require("label", &mut outcome.label, label_name);
    fields.require("success", &mut outcome.success, text);
    fields.require("failure", &mut outcome.failure, text);
    outcome
}

/// What single fields cannot say.
fn contradictions(family: &Family) -> Vec<Finding> {
    let mut found = gauge::contradictions(family);
    if family.arms.is_empty() {
        found.push(
            Finding::error("a family that neither version has is none").help("leave arms out: both have it"),
        );
    }
    let outcome = family.outcome.as_ref();
    if outcome.is_some_and(|outcome| outcome.success == outcome.failure && !outcome.label.is_empty()) {
        found.push(Finding::error(
            "success and failure have one value, and so nothing tells them apart",
        ));
    }
    let mut names: Vec<&str> = family.labels.iter().map(|rule| rule.name.as_str()).collect();
    names.extend(outcome.map(|outcome| outcome.label.as_str()));
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        found.push(Finding::error(format!("the label {} is stated twice", pair[0])));
    }
    if family.histogram.is_some() {
        if names.contains(&"le") {
            found.push(Finding::error("a histogram's label le comes from its bounds"));
        }
        let part = ["_bucket", "_sum", "_count"]
            .into_iter()
            .find_map(|part| family.name.strip_suffix(part));
        if let Some(stem) = part {
            let finding = Finding::error(format!("{} is a part of a histogram, not its name", family.name));
            found.push(finding.help(format!("write {stem}")));
        }
    }
    found
}

pub(super) fn filled(node: &Node) -> Read<String> {
    let name = text(node)?;
    if name.is_empty() {
        return Err(node.unexpected("a name"));
    }
    Ok(name)
}

fn label_name(node: &Node) -> Read<String> {
    let name = filled(node)?;
    if name == "__name__" {
        return Err(node.unexpected("a label other than the metric's name"));
    }
    Ok(name)
}

/// Whether some series of one pod belongs to both.
fn show_one_series(one: &Family, other: &Family) -> bool {
    let names = |family: &Family| match family.histogram {
        None => vec![family.name.clone()],
        Some(_) => ["_bucket", "_sum", "_count"]
            .map(|part| family.name.clone() + part)
            .to_vec(),
    };
    let others = names(other);
    names(one).iter().any(|name| others.contains(name))
        && [Arm::Canary, Arm::Stable].into_iter().any(|arm| {
            let others = series(other, arm);
            series(one, arm).iter().any(|labels| others.contains(labels))
        })
}

/// Labels of the series of one pod.
fn series(family: &Family, arm: Arm) -> Vec<BTreeSet<(&str, &str)>> {
    if !family.arms.contains(&arm) {
        return Vec::new();
    }
    let labels = family.labels.iter().map(|rule| {
        let value = match arm {
            Arm::Canary => &rule.canary,
            Arm::Stable => &rule.stable,
        };
        (rule.name.as_str(), value.as_str())
    });
    // A label without a value is none.
    let labels: BTreeSet<_> = labels.filter(|(_, value)| !value.is_empty()).collect();
    let Some(outcome) = &family.outcome else {
        return vec![labels];
    };
    let endings = match family.counts {
        Counts::Requests | Counts::Part => vec![&outcome.success, &outcome.failure],
        Counts::Successes => vec![&outcome.success],
        Counts::Failures => vec![&outcome.failure],
        Counts::Sum | Counts::Nothing => Vec::new(),
    };
    endings
        .into_iter()
        .map(|ending| {
            let ending = (outcome.label.as_str(), ending.as_str());
            labels.iter().copied().chain([ending]).collect()
        })
        .collect()
}
