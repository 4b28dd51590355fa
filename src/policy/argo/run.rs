//! From templates and arguments to the metrics of an AnalysisRun, stage by stage as the controller goes.

use super::arguments::{self, Argument};
use super::dry_run;
use super::field_path;
use super::metric::Filled;
use super::refusal::{Refusal, Stage};
use super::validate;
use crate::diagnostic::Spanned;
use crate::yaml::Node;

/// An AnalysisTemplate or ClusterAnalysisTemplate.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it is a ClusterAnalysisTemplate.
    pub cluster: bool,
    /// Its `spec`.
    pub spec: &'a Node,
}

impl<'a> Template<'a> {
    /// Its own metrics.
    pub fn metrics(self) -> &'a [Node] {
        self.spec.get("metrics").map_or(&[], Node::items)
    }

    /// The arguments it declares.
    pub fn arguments(self) -> Vec<Argument> {
        Argument::declared(self.spec.get("args"))
    }
}

/// The Rollout, as arguments see it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The Rollout.
    pub rollout: &'a Node,
    /// Its pod template where that is borrowed from a Deployment.
    pub template: Option<&'a Node>,
    /// Hash of the canary's pod template.
    pub canary_hash: &'a str,
    /// Hash of the stable version's.
    pub stable_hash: &'a str,
}

/// An AnalysisRun as far as it could be made.
#[derive(Clone, Debug, Default)]
pub struct Run<'a> {
    /// Arguments after merging, from [`Stage::Substitute`] on.
    pub arguments: Vec<Argument>,
    /// Metrics after substitution, from [`Stage::Validate`] on.
    pub metrics: Vec<Filled<'a>>,
    /// Which of them are dry runs.
    pub dry_run: Vec<usize>,
    /// Why it never looks, all reasons of the stage that it reached; empty if it does look.
    pub refusals: Vec<Refusal>,
}

impl<'a> Run<'a> {
    /// Makes the run that `analysis` (`strategy.canary.analysis`, `steps[].analysis`) asks for, from `templates` in the
    /// order of reference, nested ones after their parents. The first of two with one name and kind counts.
    pub fn new(subject: Subject<'_>, templates: &[Template<'a>], analysis: &Node) -> Self {
        let mut run = Self::default();
        if let Err(refusals) = run.make(subject, templates, analysis) {
            run.refusals = refusals;
        }
        run
    }

    fn make(
        &mut self,
        subject: Subject<'_>,
        templates: &[Template<'a>],
        analysis: &Node,
    ) -> Result<(), Vec<Refusal>> {
        let one = |refusal: Refusal| vec![refusal];
        let supplied = supplied(subject, analysis.get("args")).map_err(one)?;
        let templates = in_order(templates);
        let metrics: Vec<&Node> = templates.iter().flat_map(|template| template.metrics()).collect();
        no_twins(&metrics).map_err(one)?;
        let rules = rules(&templates, analysis).map_err(one)?;
        let declared = templates.iter().map(|template| template.arguments());
        let declared = arguments::flatten(declared).map_err(one)?;
        self.arguments = arguments::merge(&supplied, &declared).map_err(one)?;

        let mut refusals = Vec::new();
        for metric in metrics {
            match Filled::new(metric, &self.arguments) {
                Ok(filled) => self.metrics.push(filled),
                Err(message) => refusals.push(Refusal::new(Stage::Substitute, message, Some(metric.span))),
            }
        }
        if refusals.is_empty() {
            refusals = validate::metrics(&self.metrics);
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let names: Vec<&str> = self.metrics.iter().map(|metric| metric.name.as_str()).collect();
        let texts: Vec<String> = rules.iter().map(|rule| rule.value.clone()).collect();
        self.dry_run = dry_run::matched(&texts, &names).map_err(|message| {
            let place = rules.first().map(|rule| rule.span);
            one(Refusal::new(Stage::DryRun, message, place))
        })?;
        Ok(())
    }
}

/// The Rollout's arguments with their values; an absent value is the empty text
/// (argo-rollouts `BuildArgumentsForRolloutAnalysisRun`).
///
/// The controller keeps one error for all of them, and a later `fieldRef` that succeeds forgets an earlier one that did
/// not: its value is then the empty text.
fn supplied(subject: Subject<'_>, written: Option<&Node>) -> Result<Vec<Argument>, Refusal> {
    let mut found = Vec::new();
    let mut refusal = None;
    for item in written.map_or(&[][..], Node::items) {
        let from = |key: &str| item.at(&["valueFrom", key]).filter(|value| !value.is_null());
        let path = item
            .at(&["valueFrom", "fieldRef", "fieldPath"])
            .and_then(Node::text);
        let value = match (from("podTemplateHashValue").and_then(Node::text), path) {
            (Some("Latest"), _) => subject.canary_hash.to_owned(),
            (Some("Stable"), _) => subject.stable_hash.to_owned(),
            (None, Some(path)) => {
                let value = field_path::value(subject.rollout, subject.template, path);
                let message = value.as_ref().err();
                refusal =
                    message.map(|message| Refusal::new(Stage::RolloutArguments, message, Some(item.span)));
                value.unwrap_or_default()
            }
            _ => arguments::literal(item).unwrap_or_default(),
        };
        found.push(Argument {
            name: arguments::name(item),
            value: Some(value),
            source: None,
            span: item.span,
            passed: Some(
                item.get("value")
                    .or(item.get("valueFrom"))
                    .map_or(item.span, |value| value.span),
            ),
        });
    }
    refusal.map_or(Ok(found), Err)
}

/// Namespaced templates first, each name once.
fn in_order<'a>(templates: &[Template<'a>]) -> Vec<Template<'a>> {
    let mut ordered: Vec<Template<'a>> = Vec::new();
    for cluster in [false, true] {
        for template in templates.iter().filter(|template| template.cluster == cluster) {
            let known = ordered
                .iter()
                .any(|known| known.name == template.name && known.cluster == cluster);
            if !known {
                ordered.push(*template);
            }
        }
    }
    ordered
}

fn no_twins(metrics: &[&Node]) -> Result<(), Refusal> {
    let name = |metric: &Node| metric.get("name").and_then(Node::text).map(str::to_owned);
    for (n, metric) in metrics.iter().enumerate() {
        if metrics[..n].iter().any(|earlier| name(earlier) == name(metric)) {
            let message = format!(
                "two metrics have the same name '{}'",
                name(metric).unwrap_or_default()
            );
            return Err(Refusal::new(Stage::CreateRun, message, Some(metric.span)));
        }
    }
    Ok(())
}

/// Dry-run rules: the Rollout's first, then those of the templates.
fn rules(templates: &[Template<'_>], analysis: &Node) -> Result<Vec<Spanned<String>>, Refusal> {
    let lists = std::iter::once(analysis).chain(templates.iter().map(|template| template.spec));
    let mut rules: Vec<Spanned<String>> = Vec::new();
    for rule in lists.filter_map(|list| list.get("dryRun")).flat_map(Node::items) {
        let Some(name) = rule.get("metricName") else {
            continue;
        };
        let text = name.text().unwrap_or_default().to_owned();
        if rules.iter().any(|known| known.value == text) {
            let message = format!("two Dry-Run metric rules have the same name '{text}'");
            return Err(Refusal::new(Stage::CreateRun, message, Some(name.span)));
        }
        rules.push(Spanned::new(text, name.span));
    }
    Ok(rules)
}
