//! `{{templates.NAME.podTemplateHash}}` and its like: what an experiment tells its analyses (argo-rollouts
//! `utils/template: ResolveExperimentArgsValue`).

use super::reader::Reader;
use super::run::Run;
use super::spec::{Experiment, ExperimentTemplate};
use crate::diagnostic::Finding;
use crate::yaml::{Kind, Node};

/// What is known of an experiment before it runs.
pub(super) struct Known<'a> {
    /// Index of its step.
    pub step: usize,
    pub templates: &'a [ExperimentTemplate],
    /// Whether it has a duration.
    pub ends: bool,
}

/// Moments of a cluster's clock, and the texts that stand for them: nothing here happens on that clock.
const MOMENTS: [(&str, &str); 2] = [
    ("experiment.availableAt", "0001-01-01T00:00:00Z"),
    ("experiment.finishedAt", "0001-01-01T00:00:01Z"),
];

/// Puts what is known of an experiment into the values of arguments.
pub(super) fn fill(reader: &mut Reader<'_>, args: &mut Node, known: &Known<'_>) {
    let Kind::Sequence(items) = &mut args.kind else {
        return;
    };
    let entries = items.iter_mut().filter_map(|item| match &mut item.kind {
        Kind::Mapping(entries) => Some(entries),
        _ => None,
    });
    let values = entries.flatten().filter(|(key, _)| key.text() == Some("value"));
    for (_, value) in values {
        let Kind::Scalar { text, .. } = &mut value.kind else {
            continue;
        };
        for template in known.templates {
            let name = &template.name;
            let set = Experiment::replica_set(&reader.rollout.name, known.step, name);
            *text = with_tag(
                text,
                &format!("templates.{name}.podTemplateHash"),
                template.hash(),
            );
            *text = with_tag(text, &format!("templates.{name}.replicaset.name"), &set);
        }
        for (tag, moment) in MOMENTS {
            if known.ends || tag != "experiment.finishedAt" {
                *text = with_tag(text, tag, moment);
            }
        }
        let Some((_, tag)) = text.split_once("{{") else {
            continue;
        };
        let tag = tag.split_once("}}").map_or(tag, |(tag, _)| tag).trim();
        let what = if tag == "experiment.finishedAt" {
            "has no value, for this experiment has no duration"
        } else {
            "names nothing of this experiment"
        };
        let message = format!("`{tag}` {what}: its analysis ends in an error, and the rollout in an abort");
        let finding = Finding::error(message).at(value.span, "");
        reader.findings.push(finding.help(
            "known are `templates.NAME.podTemplateHash` and `templates.NAME.replicaset.name` of its templates, \
             `experiment.availableAt` and, with a duration, `experiment.finishedAt`",
        ));
    }
}

/// Refuses queries and conditions that a moment of the cluster's clock stands in. Others may pass it on: they are not asked.
pub(super) fn refuse_moments(reader: &mut Reader<'_>, run: &Run<'_>) {
    for metric in &run.metrics {
        let texts = [&metric.query, &metric.success, &metric.failure];
        for text in texts.into_iter().flatten() {
            for (tag, _) in MOMENTS.iter().filter(|(_, moment)| text.value.contains(moment)) {
                let message =
                    format!("`{tag}` is a moment of the cluster's clock, which nothing here goes by");
                let finding =
                    Finding::error(message).at(text.span, "not simulated in a query or a condition");
                reader.findings.push(
                    finding.help(
                        "look back by a range instead: the analysis begins when the pods are available",
                    ),
                );
            }
        }
    }
}

/// The text with a value in the place of a tag, blanks inside its braces or not.
fn with_tag(text: &str, tag: &str, value: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, after)) = after.split_once("}}") else {
            break;
        };
        done.push_str(before);
        if inside.trim() == tag {
            done.push_str(value);
        } else {
            done.push_str("{{");
            done.push_str(inside);
            done.push_str("}}");
        }
        rest = after;
    }
    done + rest
}
