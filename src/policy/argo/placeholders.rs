//! `{{templates.NAME.podTemplateHash}}`: what an experiment tells its analyses (argo-rollouts `utils/template`).

use super::reader::Reader;
use super::spec::ExperimentTemplate;
use crate::diagnostic::Finding;
use crate::yaml::{Kind, Node};

/// Puts what is known of an experiment into the values of arguments (`ResolveExperimentArgsValue`).
pub(super) fn fill(reader: &mut Reader<'_>, args: &mut Node, templates: &[ExperimentTemplate]) {
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
        for template in templates {
            let tag = format!("templates.{}.podTemplateHash", template.name);
            *text = with_tag(text, &tag, template.hash());
        }
        let Some((_, tag)) = text.split_once("{{") else {
            continue;
        };
        let tag = tag.split_once("}}").map_or(tag, |(tag, _)| tag).trim();
        let known = templates
            .iter()
            .any(|of| tag == format!("templates.{}.replicaset.name", of.name));
        let message = if known || tag == "experiment.availableAt" || tag == "experiment.finishedAt" {
            format!("`{tag}` is not known before the experiment runs, and not simulated")
        } else {
            format!(
                "`{tag}` names nothing of this experiment: its analysis ends in an error, and the rollout in an abort"
            )
        };
        let finding = Finding::error(message).at(value.span, "");
        reader
            .findings
            .push(finding.help("known are `templates.NAME.podTemplateHash` of its templates"));
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
