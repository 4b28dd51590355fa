//! Queries that stand in for providers which are not simulated: they are Prometheus' queries, and their numbers are given
//! to the check's own conditions in the form of its own provider (argo-rollouts `metricproviders/*`).

use std::ops::Range;

use super::arguments::Argument;
use super::asked::selectors;
use super::metric::Filled;
use super::spec::{CheckId, Policy, Question};
use super::substitute;
use crate::diagnostic::{Documents, Finding, Severity, Span};
use crate::policy::condition::{AnswerForm, Condition, ErrorClass};
use crate::promql::ast::{Expr, ValueType};
use crate::promql::{self};
use crate::yaml::Node;

/// Whether a provider says a phase, never a number: the controller asks the conditions nothing.
pub(super) fn judges_itself(provider: &str) -> bool {
    matches!(provider, "job" | "kayenta")
}

/// In what form the provider of a metric gives numbers.
pub(super) fn form(
    filled: &Filled<'_>,
    success: Option<&Condition>,
    failure: Option<&Condition>,
) -> AnswerForm {
    let [provider] = filled.providers.as_slice() else {
        return AnswerForm::AsItIs;
    };
    match provider.as_str() {
        "datadog" if is_grouped(filled.node) => AnswerForm::NumbersOrNil,
        "datadog" => AnswerForm::NumberOrNil,
        "wavefront" => AnswerForm::NumberOrNumbers,
        "graphite" => AnswerForm::Numbers,
        "influxdb" => AnswerForm::Records,
        "web" | "plugin" => AnswerForm::Number,
        "newRelic" => {
            let fields = fields(success, failure);
            AnswerForm::Rows(
                fields
                    .into_iter()
                    .next()
                    .unwrap_or_else(|| vec!["value".to_owned()]),
            )
        }
        "cloudWatch" => AnswerForm::Results,
        _ => AnswerForm::AsItIs,
    }
}

/// Whether a Datadog metric asks API v2 for groups: it gives a list then, of one group too (`extractValues`).
fn is_grouped(metric: &Node) -> bool {
    let Some(datadog) = metric.at(&["provider", "datadog"]) else {
        return false;
    };
    let second = datadog.get("apiVersion").and_then(Node::text) == Some("v2");
    let queries = datadog.get("queries").map_or(&[][..], Node::entries);
    let queries = queries.iter().map(|(_, query)| query).chain(datadog.get("query"));
    let groups = |query: &str| {
        let mut after = query.split(" by").skip(1).chain(query.split("}by").skip(1));
        after.any(|rest| rest.trim_start().starts_with('{'))
    };
    second && queries.filter_map(Node::text).any(groups)
}

/// The fields that the conditions of a metric read.
fn fields(success: Option<&Condition>, failure: Option<&Condition>) -> Vec<Vec<String>> {
    let conditions = success.into_iter().chain(failure);
    let mut fields: Vec<Vec<String>> = conditions.flat_map(Condition::fields).collect();
    fields.sort();
    fields.dedup();
    fields
}

/// One check is asked with two lists of arguments: what they do not agree on has no value.
pub(super) fn together(known: &mut [Argument], others: &[Argument]) {
    for argument in known {
        let other = others.iter().find(|other| other.name == argument.name);
        if other.and_then(Argument::text) != argument.text() {
            (argument.value, argument.source) = (None, None);
        }
    }
}

impl Policy {
    /// Lets the query at `node` of a scenario stand in for the provider of `check`; `{{args.NAME}}` in it stands for what
    /// the check is asked with. What is said of it; with an error among it nothing stands in.
    pub fn stand_in(&mut self, check: CheckId, documents: &Documents, node: &Node) -> Vec<Finding> {
        let asked = &self.checks[check.0];
        let Question::Other { provider, .. } = &asked.question else {
            return Vec::new();
        };
        if let Some(why) = no_number(provider) {
            let message = format!("no query stands in for `{}`: {}", asked.name, why.0);
            let finding = Finding::error(message)
                .at(node.span, "")
                .at(asked.span, "asked here");
            return vec![finding.help(why.1)];
        }
        let (query, expr) = match read(documents, node, &asked.arguments) {
            Ok(read) => read,
            Err(finding) => return vec![*finding],
        };
        if matches!(expr.value_type(), ValueType::Text | ValueType::Matrix) {
            let message = format!("no number for `{}` comes of this query", asked.name);
            return vec![Finding::error(message).at(node.span, "it gives a text or a stretch of samples")];
        }
        let selectors = selectors(&expr, |at| place(documents, node, &asked.arguments, at));
        let mut findings = Vec::new();
        for metric in self.strategy.metrics().filter(|metric| metric.check == check) {
            findings.extend(several_fields(metric, provider).map(|finding| finding.at(node.span, "")));
            for (field, condition) in [
                ("successCondition", &metric.success),
                ("failureCondition", &metric.failure),
            ] {
                let misfit = condition
                    .as_ref()
                    .and_then(|condition| metric.form.misfit(condition));
                let Some(error) = misfit else { continue };
                let finding = if error.class == ErrorClass::Unsupported {
                    Finding::error(format!("the {field} of `{}` cannot be played", metric.name))
                } else {
                    let message = format!(
                        "every look at `{}` is an error: its {field} does not fit what {provider} gives",
                        metric.name
                    );
                    Finding::warning(message)
                };
                let mut finding = finding.at(metric.span, error.message);
                finding.help.extend(error.help);
                findings.push(finding);
            }
        }
        findings.dedup();
        let broken = findings.iter().any(|finding| finding.severity == Severity::Error);
        if !broken {
            let asked = &mut self.checks[check.0];
            asked.selectors = selectors;
            if let Question::Other { stand_in, .. } = &mut asked.question {
                *stand_in = Some(query);
            }
        }
        findings
    }
}

/// Reads the query at `node`, whose check is asked with `arguments`.
///
/// # Errors
///
/// What is wrong with it, at its character.
pub fn read(
    documents: &Documents,
    node: &Node,
    arguments: &[Argument],
) -> Result<(String, Expr), Box<Finding>> {
    let written = node.text().unwrap_or("");
    let query = substitute::text(written, arguments).map_err(|why| {
        let finding = Finding::error("this query cannot be filled in").at(node.span, why);
        let known: Vec<&str> = arguments.iter().map(|argument| argument.name.as_str()).collect();
        finding.help(match known.as_slice() {
            [] => "its check is asked with no arguments: write their values".to_owned(),
            known => format!(
                "its check is asked with {}; one that has two values in two places has none here",
                known.join(", ")
            ),
        })
    })?;
    let expr = promql::parse(&query).map_err(|error| {
        let message = match query.trim() {
            "" => "this query is empty",
            _ => "this query does not parse",
        };
        let at = place(documents, node, arguments, error.at);
        let mut finding = Finding::error(message).at(at, error.message);
        finding.help.extend(error.help);
        if written.contains("${") {
            finding = finding.help("an argument of the check is written {{args.NAME}}");
        }
        finding
    })?;
    Ok((query, expr))
}

/// Where bytes `at` of the filled query are written.
fn place(documents: &Documents, node: &Node, arguments: &[Argument], at: Range<usize>) -> Span {
    let written = node.text().unwrap_or("");
    node.locate(documents, substitute::origin(written, arguments, at))
}

/// Why a provider gives no number, and what to state instead.
fn no_number(provider: &str) -> Option<(String, &'static str)> {
    if judges_itself(provider) {
        let why = format!("a {provider} judges by itself, and its conditions are asked nothing");
        return Some((
            why,
            "state a `phase`, and `ofHarm` what it says of a harmful release",
        ));
    }
    (provider == "skywalking").then(|| {
        let why = "the shape of what a GraphQL query gives cannot be known".to_owned();
        (
            why,
            "state a `value`, the answer as JSON, and `ofHarm` what it is of a harmful release",
        )
    })
}

/// A metric whose conditions read more of an answer than one number.
fn several_fields(metric: &super::spec::Metric, provider: &str) -> Option<Finding> {
    let fields = fields(metric.success.as_ref(), metric.failure.as_ref());
    let known = match metric.form {
        AnswerForm::Rows(_) => fields.len() <= 1,
        AnswerForm::Results => fields.iter().all(|path| path == &["Values"]),
        _ => true,
    };
    if known {
        return None;
    }
    let named: Vec<String> = fields.iter().map(|path| path.join(".")).collect();
    let message = format!(
        "no query stands in for `{}`: its conditions read {} of what {provider} gives, and a query gives one number",
        metric.name,
        named.join(", ")
    );
    let finding = Finding::error(message);
    Some(finding.help("state a `value`, the answer as JSON, and `ofHarm` what it is of a harmful release"))
}
