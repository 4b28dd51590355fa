//! What is accepted and yet not what its author thinks; each decidable from the manifests alone.

use super::analysis::Use;
use super::arguments::{self, Source};
use super::duration;
use super::int_or_string::IntOrString;
use super::metric::Filled;
use super::reader::Reader;
use super::run::Run;
use super::spec::{Canary, Metric, StepKind, Strategy};
use super::traps;
use crate::diagnostic::Finding;
use crate::policy::condition::{AnswerType, Condition, ConditionError};
use crate::promql::ast::{Expr, ValueType};
use crate::units::Duration;
use crate::yaml::{Node, Plain};

/// Everything there is to say about the metrics of one analysis.
pub(super) fn analysis(reader: &mut Reader<'_>, run: &Run<'_>, place: Use) {
    for filled in &run.metrics {
        reader.findings.extend(metric(filled));
    }
    reader.findings.extend(adds_up(&run.metrics, place));
}

/// Everything there is to say about a metric wherever it is used.
pub(super) fn metric(metric: &Filled<'_>) -> Vec<Finding> {
    let found = [
        cannot_fail(metric),
        dead_inconclusive_limit(metric),
        no_condition(metric),
        too_often(metric),
        silent_zero(metric),
    ];
    found.into_iter().flatten().collect()
}

/// Values of arguments that are not what anybody wrote.
pub(super) fn arguments(reader: &mut Reader<'_>, analysis: &Node, run: &Run<'_>) {
    for item in analysis.get("args").map_or(&[][..], Node::items) {
        let Some(path) = item.at(&["valueFrom", "fieldRef", "fieldPath"]) else {
            continue;
        };
        let name = arguments::name(item);
        let merged = run.arguments.iter().find(|argument| argument.name == name);
        if merged.is_some_and(|argument| argument.value.as_deref() == Some("")) {
            let finding = Finding::warning(format!("this path leads nowhere: `{name}` is the empty text"));
            reader.findings.push(finding.at(path.span, ""));
        }
    }
    for argument in run
        .arguments
        .iter()
        .filter(|argument| argument.source == Some(Source::Secret))
    {
        let known = reader.findings.len();
        for metric in &run.metrics {
            let mut texts = [&metric.query, &metric.success, &metric.failure]
                .into_iter()
                .flatten();
            if let Some(text) = texts.find(|text| text.contains(arguments::SECRET)) {
                let message = format!(
                    "`{}` comes from a Secret, whose value is not known here",
                    argument.name
                );
                let label = format!("played with the text {}", arguments::SECRET);
                reader
                    .findings
                    .push(Finding::warning(message).at(text.span, label));
            }
        }
        if reader.findings.len() == known {
            let message = format!(
                "`{}` comes from a Secret and stands in no query or condition: nothing that is played depends on it",
                argument.name
            );
            reader.findings.push(Finding::note(message).at(argument.span, ""));
        }
    }
}

/// Everything there is to say about the strategy.
pub(super) fn strategy(reader: &mut Reader<'_>, strategy: &Strategy) {
    if let Some(spec) = strategy.canary() {
        canary(reader, spec);
        traps::canary(reader, spec);
    }
    if let Some(paused) = reader.at(&["spec", "paused"])
        && paused.plain() == Some(Plain::Bool(true))
    {
        let finding =
            Finding::warning("a paused Rollout goes nowhere").at(paused.span, "played as if it were not set");
        reader.findings.push(finding);
    }
}

fn canary(reader: &mut Reader<'_>, canary: &Canary) {
    let start = reader.strategy(&["analysis", "startingStep"]);
    if let (Some(background), Some(start)) = (&canary.background, start)
        && background.starting_step > canary.steps.len()
    {
        let message = format!(
            "there are only {} steps: this analysis never starts",
            canary.steps.len()
        );
        reader.findings.push(Finding::warning(message).at(start.span, ""));
    }
    if let Some(background) = &canary.background {
        let rest = canary.steps.iter().skip(background.starting_step);
        let waits = rest
            .clone()
            .any(|step| matches!(step.kind, StepKind::Pause(None)));
        let lasts = canary.planned_from(background.starting_step);
        let late = |metric: &&Metric| metric.initial_delay.is_some_and(|delay| delay >= lasts);
        let metrics = background.analysis.metrics.iter().filter(late);
        for metric in metrics.filter(|_| !waits && rest.len() > 0) {
            let delay = metric.initial_delay.unwrap_or(Duration::ZERO);
            let message = format!(
                "the check `{}` looks first after {delay}, and the rollout is planned to take {lasts} from there",
                metric.name
            );
            let finding = Finding::warning(message).at(metric.span, "may never look");
            reader
                .findings
                .push(finding.help("shorten initialDelay, or lengthen the pauses"));
        }
    }
}

/// Why a condition can never be evaluated on the answers of a query. Types are static: `result < 0.05` is an error at
/// every look at a vector.
pub(super) fn misfit(condition: &Condition, query: &Expr, is_range: bool) -> Option<ConditionError> {
    let answer = match query.value_type() {
        _ if is_range => AnswerType::Vector,
        ValueType::Scalar => AnswerType::Scalar,
        ValueType::Vector | ValueType::Matrix => AnswerType::Vector,
        ValueType::Text => return None,
    };
    condition.check(answer).err()
}

fn number(field: &Option<IntOrString>) -> i64 {
    field.as_ref().map_or(0, IntOrString::number)
}

/// As many failures are tolerated as there are looks.
fn cannot_fail(metric: &Filled<'_>) -> Option<Finding> {
    let (looks, limit) = (metric.effective_count()?, number(&metric.failure_limit));
    if looks > limit || number(&metric.consecutive_success_limit) > 0 {
        return None;
    }
    let name = &metric.name;
    let plural = |n: i64, word: &str| {
        if n == 1 {
            format!("{n} {word}")
        } else {
            format!("{n} {word}s")
        }
    };
    let message = format!("the check `{name}` cannot fail");
    let label = format!(
        "tolerates {} in {}",
        plural(limit, "failure"),
        plural(looks.max(1), "look")
    );
    let finding = Finding::warning(message).at(metric.place("failureLimit"), label);
    Some(finding.help(
        "a failure counts once failureLimit is exceeded: set it to 0, or look more often (interval, count)",
    ))
}

/// Inconclusive needs both conditions.
fn dead_inconclusive_limit(metric: &Filled<'_>) -> Option<Finding> {
    let both = metric.success.is_some() && metric.failure.is_some();
    if both || number(&metric.inconclusive_limit) == 0 || metric.providers != ["prometheus"] {
        return None;
    }
    let finding =
        Finding::warning("this limit is never reached: a look is inconclusive only with both conditions");
    Some(finding.at(metric.place("inconclusiveLimit"), ""))
}

fn no_condition(metric: &Filled<'_>) -> Option<Finding> {
    if metric.success.is_some() || metric.failure.is_some() || metric.providers != ["prometheus"] {
        return None;
    }
    let message = format!(
        "the check `{}` has no condition: every look is Successful",
        metric.name
    );
    let finding = Finding::warning(message).at(metric.title(), "");
    Some(finding.help("add successCondition or failureCondition beside `name`"))
}

/// Failures are counted over the whole rollout, never in a row: said once, of all checks that it holds for.
fn adds_up(metrics: &[Filled<'_>], place: Use) -> Option<Finding> {
    let counts = |metric: &&Filled<'_>| {
        place == Use::Background && number(&metric.failure_limit) > 0 && metric.effective_count().is_none()
    };
    let counting: Vec<&Filled<'_>> = metrics.iter().filter(counts).collect();
    let names: Vec<String> = counting
        .iter()
        .map(|metric| format!("`{}`", metric.name))
        .collect();
    let (last, others) = names.split_last()?;
    let names = match others {
        [] => last.clone(),
        _ => format!("{} and {last}", others.join(", ")),
    };
    let message = format!("`failureLimit` of {names} counts failures of the whole rollout, not in a row");
    let places = counting.iter().map(|metric| metric.place("failureLimit"));
    let finding = places.fold(Finding::note(message), |finding, place| finding.at(place, ""));
    Some(finding.help("the longer a rollout takes, the likelier it is rolled back for nothing"))
}

fn too_often(metric: &Filled<'_>) -> Option<Finding> {
    let interval = metric.interval.as_ref()?;
    let length = duration::parse(interval).ok()?;
    if length >= Duration::from_secs(1) {
        return None;
    }
    let finding =
        Finding::warning("the controller keeps whole seconds: it cannot look more than once a second");
    Some(finding.at(interval.span, ""))
}

/// A text that is no number is 0 to Kubernetes.
fn silent_zero(metric: &Filled<'_>) -> Option<Finding> {
    let fields = [
        ("count", &metric.count),
        ("failureLimit", &metric.failure_limit),
        ("inconclusiveLimit", &metric.inconclusive_limit),
        ("consecutiveErrorLimit", &metric.consecutive_error_limit),
        ("consecutiveSuccessLimit", &metric.consecutive_success_limit),
    ];
    let (name, text) = fields.into_iter().find_map(|(name, field)| match field {
        Some(IntOrString::Text(text)) if text.parse::<i64>().is_err() => Some((name, text)),
        _ => None,
    })?;
    let message = format!("`{name}` is no integer: the controller takes \"{text}\" for 0");
    Some(
        Finding::warning(message).at(
            metric
                .node
                .get(name)
                .map_or(metric.title(), |node: &Node| node.span),
            "",
        ),
    )
}
