//! From an `analysis` of the Rollout to the metrics that are played.

use super::arguments::{self, Argument};
use super::asked::Asked;
use super::duration;
use super::int_or_string::IntOrString;
use super::metric::Filled;
use super::placeholders::Known;
use super::reader::Reader;
use super::run::{Run, Subject, Template};
use super::spec::{Analysis, Check, CheckId, ExperimentTemplate, Metric, Question};
use super::{identity, lint, lookup, placeholders, shape, stand_in};
use crate::diagnostic::{Documents, Finding, Severity, Span, Spanned};
use crate::policy::condition::ArgoVersion;
use crate::yaml::{Kind, Node, Style};

/// Where an analysis stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Beside the steps.
    Background,
    /// A step: it must end by itself.
    Step,
}

/// Reads `node` (`strategy.canary.analysis` or `steps[].analysis`); empty where it cannot be played.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, place: Use) -> Analysis {
    let errors = errors(reader);
    shape::arguments(node.get("args"), &mut reader.findings);
    shape::rules(node.get("dryRun"), &mut reader.findings);
    let templates = lookup::templates(reader, node.get("templates"));
    let known = self::errors(reader);
    for template in &templates {
        shape::check(template.spec, &mut reader.findings);
    }
    let whole = known == self::errors(reader);
    if templates.is_empty() && errors == self::errors(reader) {
        let finding = Finding::error("this analysis names no template").at(node.span, "");
        reader
            .findings
            .push(finding.help("add `templates: [{templateName: NAME}]`"));
    }
    supply(reader, node, &templates, place);
    for template in &templates {
        if place == Use::Step && whole {
            must_end(reader, node, *template);
        }
    }
    if errors != self::errors(reader) {
        return Analysis::default();
    }
    let subject = Subject {
        rollout: &reader.rollout.root,
        template: reader
            .template
            .filter(|_| reader.at(&["spec", "template"]).is_none()),
        canary_hash: identity::CANARY_HASH,
        stable_hash: identity::STABLE_HASH,
    };
    let run = Run::new(subject, &templates, node);
    let refusals = run.refusals.iter().map(|refusal| refusal.finding(place_of(node)));
    reader.findings.extend(refusals);
    if !run.refusals.is_empty() {
        return Analysis::default();
    }
    identity::versions(reader, node, &run.arguments);
    lint::arguments(reader, node, &run);
    placeholders::refuse_moments(reader, &run);
    lint::analysis(reader, &run, place);
    let metrics = run.metrics.iter().enumerate();
    let metrics =
        metrics.filter_map(|(n, filled)| metric(reader, filled, &run.arguments, run.dry_run.contains(&n)));
    Analysis {
        metrics: metrics.collect(),
    }
}

/// Reads an item of an experiment's `analyses`: one template, with arguments that may name what the experiment has. It may
/// go on until the experiment stops it.
pub(super) fn of_experiment(
    reader: &mut Reader<'_>,
    experiment: &Node,
    item: &Node,
    (step, templates): (usize, &[ExperimentTemplate]),
) -> Analysis {
    let part = |kind| Node {
        span: item.span,
        kind,
    };
    let key = |text: &str| {
        part(Kind::Scalar {
            text: text.to_owned(),
            style: Style::Plain,
        })
    };
    let own = |name: &str| item.get(name).filter(|node| !node.is_null());
    let mut reference = Vec::new();
    for name in ["templateName", "clusterScope"] {
        reference.extend(own(name).map(|node| (key(name), node.clone())));
    }
    let reference = part(Kind::Mapping(reference));
    let mut whole = vec![(key("templates"), part(Kind::Sequence(vec![reference])))];
    if let Some(args) = own("args") {
        let mut args = args.clone();
        let known = Known {
            step,
            templates,
            ends: experiment.get("duration").is_some_and(|length| !length.is_null()),
        };
        placeholders::fill(reader, &mut args, &known);
        whole.push((key("args"), args));
    }
    if let Some(rules) = experiment.get("dryRun").filter(|rules| !rules.is_null()) {
        whole.push((key("dryRun"), rules.clone()));
    }
    read(reader, &part(Kind::Mapping(whole)), Use::Background)
}

fn errors(reader: &Reader<'_>) -> usize {
    reader
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count()
}

/// Short places read better: the references, or the whole.
fn place_of(analysis: &Node) -> Span {
    analysis
        .get("templates")
        .map_or(analysis.span, |templates| templates.span)
}

/// Required arguments that are not supplied, and supplied ones that nobody asked for.
fn supply(reader: &mut Reader<'_>, analysis: &Node, templates: &[Template<'_>], place: Use) {
    let items = analysis.get("args").map_or(&[][..], Node::items);
    let supplied: Vec<String> = items.iter().map(arguments::name).collect();
    let declared: Vec<(&str, Argument)> = templates
        .iter()
        .flat_map(|template| {
            template
                .arguments()
                .into_iter()
                .map(|argument| (template.name, argument))
        })
        .collect();
    for (template, argument) in &declared {
        let name = &argument.name;
        // A step may borrow a value from a sibling template; a background analysis is checked template by template.
        let elsewhere = place == Use::Step
            && declared
                .iter()
                .any(|(_, other)| other.name == *name && !other.is_open());
        if argument.is_open() && !supplied.contains(name) && !elsewhere {
            let message = format!("the argument `{name}` of template `{template}` gets no value");
            let finding = Finding::error(message).at(place_of(analysis), "not supplied here");
            reader.findings.push(
                finding.at(argument.span, "declared without a value").help(format!(
                    "add `- name: {name}` with a value to the args of this analysis, or a default to the template"
                )),
            );
        }
    }
    for (item, name) in items.iter().zip(&supplied) {
        if !name.is_empty()
            && !templates.is_empty()
            && declared.iter().all(|(_, argument)| argument.name != *name)
        {
            let message = format!("no template of this analysis declares the argument `{name}`");
            reader
                .findings
                .push(Finding::warning(message).at(item.span, "the controller drops it"));
        }
    }
}

/// A step's metrics must end by themselves. The controller looks at each template with its own defaults only
/// (argo-rollouts `ValidateAnalysisTemplateWithType`).
fn must_end(reader: &mut Reader<'_>, analysis: &Node, template: Template<'_>) {
    let mut defaults = template.arguments();
    for argument in &mut defaults {
        if argument.value.is_none() {
            argument.value = Some("dummy-value".to_owned());
        }
    }
    for metric in template.metrics() {
        let Ok(filled) = Filled::new(metric, &defaults) else {
            continue;
        };
        if filled.effective_count().is_some() {
            continue;
        }
        let message = format!(
            "the controller refuses this Rollout: the check `{}` of a step never ends",
            filled.name
        );
        let interval = Finding::error(message).at(filled.place("interval"), "an interval without a count");
        let finding = interval.at(place_of(analysis), "used as a step here");
        let written = metric
            .get("count")
            .and_then(Node::text)
            .is_some_and(|count| count.contains("{{"));
        reader.findings.push(finding.help(if written {
            "give the argument in `count` a default in the template: the controller looks at that alone"
        } else {
            "add `count`, the number of looks, or use the template as background analysis"
        }));
    }
}

fn metric(
    reader: &mut Reader<'_>,
    filled: &Filled<'_>,
    arguments: &[Argument],
    dry_run: bool,
) -> Option<Metric> {
    let number =
        |field: &Option<IntOrString>, default: i64| field.as_ref().map_or(default, IntOrString::number);
    let length = |text: &Option<Spanned<String>>| text.as_ref().and_then(|text| duration::parse(text).ok());
    let asked = Asked {
        documents: reader.around.documents,
        filled,
        arguments,
        release: reader.around.release,
    };
    asked.unknown_there(&mut reader.findings);
    let success = asked.condition("successCondition", &mut reader.findings);
    let failure = asked.condition("failureCondition", &mut reader.findings);
    let question = asked.question(&mut reader.findings)?;
    Some(Metric {
        name: filled.name.clone(),
        check: remember(&mut reader.checks, &asked, question),
        span: filled.title(),
        interval: length(&filled.interval),
        initial_delay: length(&filled.initial_delay),
        count: number(&filled.count, 0),
        failure_limit: number(&filled.failure_limit, 0),
        inconclusive_limit: number(&filled.inconclusive_limit, 0),
        consecutive_error_limit: number(&filled.consecutive_error_limit, 4),
        consecutive_success_limit: number(&filled.consecutive_success_limit, 0),
        dry_run,
        form: stand_in::form(filled, success.as_ref(), failure.as_ref()),
        success,
        failure,
    })
}

/// The check of this name and question, a new one if there is none yet.
fn remember(checks: &mut Vec<Check>, asked: &Asked<'_>, question: Question) -> CheckId {
    let filled = asked.filled;
    let same = |check: &Check| check.name == filled.name && check.question == question;
    if let Some(known) = checks.iter().position(same) {
        stand_in::together(&mut checks[known].arguments, asked.arguments);
        return CheckId(known);
    }
    checks.push(Check {
        name: filled.name.clone(),
        span: filled.title(),
        selectors: match question {
            Question::Prometheus { .. } => asked.selectors(),
            Question::Other { .. } => Vec::new(),
        },
        passed: asked.passed(),
        arguments: asked.arguments.to_vec(),
        question,
    });
    CheckId(checks.len() - 1)
}

/// What can be said about the metrics of a template that nothing plays: those whose arguments all have values.
pub(super) fn alone(documents: &Documents, spec: &Node, release: ArgoVersion, findings: &mut Vec<Finding>) {
    let arguments = Argument::declared(spec.get("args"));
    for node in spec.get("metrics").map_or(&[][..], Node::items) {
        let Ok(filled) = Filled::new(node, &arguments) else {
            continue;
        };
        let asked = Asked {
            documents,
            filled: &filled,
            arguments: &arguments,
            release,
        };
        asked.condition("successCondition", findings);
        asked.condition("failureCondition", findings);
        asked.question(findings);
        findings.extend(lint::metric(&filled));
    }
}
