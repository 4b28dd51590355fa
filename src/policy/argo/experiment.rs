//! `steps[].experiment`: pods beside the rollout's own, and analyses of them.

use super::analysis;
use super::duration;
use super::identity;
use super::reader::Reader;
use super::spec::Analysis;
use super::traffic::Traffic;
use crate::diagnostic::Finding;
use crate::units::Duration;
use crate::yaml::{Kind, Node};

/// An experiment, defaults filled in.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Its pods.
    pub templates: Vec<ExperimentTemplate>,
    /// How long it lasts, from the moment at which the pods of all templates are available; `None`: until the analyses
    /// that it has to wait for have passed, or for ever.
    pub duration: Option<Duration>,
    /// Its analyses, which begin at that moment.
    pub analyses: Vec<ExperimentAnalysis>,
    /// How long its pods stay when it has ended, 30 s unless set (`scaleDownDelaySeconds`).
    pub scale_down_delay: Duration,
}

/// A template of an experiment: a ReplicaSet of its own.
#[derive(Clone, Debug)]
pub struct ExperimentTemplate {
    /// Its name.
    pub name: String,
    /// What its pods are made of.
    pub of: SpecRef,
    /// Pods, 1 unless set.
    pub replicas: u32,
    /// Its part of all traffic, taken from the stable version's.
    pub weight: Option<u32>,
}

impl ExperimentTemplate {
    /// What `{{templates.NAME.podTemplateHash}}` gives.
    pub const fn hash(&self) -> &'static str {
        match self.of {
            SpecRef::Canary => Experiment::CANARY_HASH,
            SpecRef::Stable => Experiment::STABLE_HASH,
        }
    }
}

/// Which version the pods of a template are made of (`specRef`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecRef {
    /// The canary.
    Canary,
    /// The stable version: a baseline that is as young as the canary.
    Stable,
}

/// An analysis of an experiment.
#[derive(Clone, Debug)]
pub struct ExperimentAnalysis {
    /// Its name.
    pub name: String,
    /// `requiredForCompletion`: the experiment lasts until it has passed.
    pub required: bool,
    /// What runs.
    pub analysis: Analysis,
}

impl Experiment {
    /// Made-up pod-template-hash of all pods that experiments make of the canary: a ReplicaSet's stored template has
    /// defaults filled in, so that it is another than the canary's own. As long as that.
    pub const CANARY_HASH: &str = "7b9d6c4f58";
    /// The same of the stable version.
    pub const STABLE_HASH: &str = "58f6d9b7c4";

    /// Name of the ReplicaSet of a template in the step with this index, which the names of its pods begin with: not with
    /// its own hash, but with the rollout's, a revision, the step and the template (argo-rollouts
    /// `GetExperimentFromTemplate`, `newReplicaSetFromTemplate`). The revision is that of a Rollout's first update.
    pub fn replica_set(rollout: &str, step: usize, template: &str) -> String {
        format!("{rollout}-{}-2-{step}-{template}", identity::CANARY_HASH)
    }

    /// Time that it takes when nothing goes wrong.
    pub fn planned_length(&self) -> Duration {
        let required = self.analyses.iter().filter(|of| of.required);
        let awaited = required.map(|of| of.analysis.planned_length()).max();
        match (awaited, self.duration) {
            (Some(awaited), _) => awaited,
            (None, duration) => duration.unwrap_or(Duration::ZERO),
        }
    }

    /// Whether it ends by itself when nothing goes wrong.
    fn ends(&self) -> bool {
        self.duration.is_some() || self.analyses.iter().any(|of| of.required)
    }
}

/// More templates of one experiment are not simulated.
const MOST_TEMPLATES: usize = 8;
/// More pods of one template are not simulated.
const MOST_PODS: u32 = 100;

/// Reads the experiment of the step with this index; `None` where it cannot be played.
pub(super) fn read(
    reader: &mut Reader<'_>,
    node: &Node,
    step: usize,
    traffic: &Traffic,
) -> Option<Experiment> {
    if !matches!(node.kind, Kind::Mapping(_)) {
        reader.findings.push(*node.unexpected("a mapping"));
        return None;
    }
    let templates = items(reader, node, "templates");
    let templates: Vec<_> = templates
        .iter()
        .filter_map(|item| template(reader, item, traffic))
        .collect();
    let names: Vec<&str> = templates.iter().map(|template| template.name.as_str()).collect();
    if let Some(twin) = (1..names.len()).find(|&n| names[..n].contains(&names[n])) {
        let message = format!(
            "the controller refuses this experiment: two templates are called `{}`",
            names[twin]
        );
        reader.refuse(message, node.span, "");
    }
    if templates.is_empty() || templates.len() > MOST_TEMPLATES {
        let message = format!("an experiment has 1 to {MOST_TEMPLATES} templates here");
        reader.refuse(message, node.span, "");
    }
    let weights = templates.iter().filter_map(|template| template.weight);
    if weights.map(u64::from).sum::<u64>() > u64::from(traffic.max_weight) {
        let message = "the weights of these templates are more than all traffic";
        reader.refuse(message, node.span, "");
    }
    let analyses = items(reader, node, "analyses");
    let analyses: Vec<_> = analyses
        .iter()
        .map(|item| of_experiment(reader, node, item, (step, &templates)))
        .collect();
    let delay = reader.count(node.get("scaleDownDelaySeconds"), 30);
    let experiment = Experiment {
        templates,
        duration: length(reader, node.get("duration")),
        analyses,
        scale_down_delay: Duration::from_secs(i64::from(delay)),
    };
    lint(reader, node, &experiment, traffic);
    Some(experiment)
}

fn items<'a>(reader: &mut Reader<'_>, node: &'a Node, key: &str) -> &'a [Node] {
    let Some(list) = node.get(key).filter(|list| !list.is_null()) else {
        return &[];
    };
    match list.expect_items() {
        Ok(items) => items,
        Err(finding) => {
            reader.findings.push(*finding);
            &[]
        }
    }
}

fn length(reader: &mut Reader<'_>, node: Option<&Node>) -> Option<Duration> {
    let text = reader.value(node, |node| node.expect_text().map(str::to_owned))?;
    match duration::parse(&text) {
        Ok(length) => Some(length),
        Err(error) => {
            let at = node.map(|node| node.span)?;
            let finding =
                Finding::error("this experiment would never end: its duration cannot be read").at(at, "");
            reader.findings.push(finding.help(error.to_string()));
            None
        }
    }
}

fn template(reader: &mut Reader<'_>, item: &Node, traffic: &Traffic) -> Option<ExperimentTemplate> {
    let text = |key: &str| item.get(key).and_then(Node::text).filter(|text| !text.is_empty());
    let Some(name) = text("name") else {
        reader.refuse(
            "the controller refuses this experiment: a template needs a name",
            item.span,
            "",
        );
        return None;
    };
    let of = match text("specRef") {
        Some("canary") => SpecRef::Canary,
        Some("stable") => SpecRef::Stable,
        _ => {
            let message = "the controller refuses this experiment: specRef is canary or stable";
            reader.refuse(message, item.span, "");
            return None;
        }
    };
    let weight_node = item.get("weight");
    let weight = reader.value(weight_node, Node::expect_count);
    if let (Some(node), Some(_), false) = (weight_node, weight, traffic.routed) {
        let message = "the controller refuses this step: the weight of a template wants traffic routing";
        reader.refuse(message, node.span, "");
    }
    let able = ["smi", "alb", "istio", "plugins"];
    let knows = |router: &&str| reader.strategy(&["trafficRouting", router]).is_some();
    if let (Some(node), Some(_), true) = (weight_node, weight, traffic.routed)
        && !able.iter().any(knows)
    {
        let message =
            "the controller refuses this step: the weight of a template wants SMI, ALB, Istio or a plugin";
        reader.refuse(message, node.span, "");
    }
    let replicas = reader.count(item.get("replicas"), 1);
    if replicas == 0 || replicas > MOST_PODS {
        let message = format!("a template of an experiment has 1 to {MOST_PODS} pods here");
        reader.refuse(message, item.span, "");
    }
    Some(ExperimentTemplate {
        name: name.to_owned(),
        of,
        replicas,
        weight,
    })
}

fn of_experiment(
    reader: &mut Reader<'_>,
    experiment: &Node,
    item: &Node,
    templates: (usize, &[ExperimentTemplate]),
) -> ExperimentAnalysis {
    let required = reader.boolean(item.get("requiredForCompletion"));
    let name = item
        .get("name")
        .and_then(Node::text)
        .unwrap_or_default()
        .to_owned();
    ExperimentAnalysis {
        analysis: analysis::of_experiment(reader, experiment, item, templates),
        name,
        required,
    }
}

/// What is accepted and yet not what its author thinks.
fn lint(reader: &mut Reader<'_>, node: &Node, experiment: &Experiment, traffic: &Traffic) {
    if !experiment.ends() {
        let message =
            "this experiment never ends: it has no duration, and no analysis is required for completion";
        let finding = Finding::warning(message).at(node.span, "until a person skips the step");
        reader
            .findings
            .push(finding.help("add `duration`, or `requiredForCompletion: true` to an analysis"));
    }
    if traffic.routed
        && experiment
            .templates
            .iter()
            .all(|template| template.weight.is_none())
    {
        let message = "no request reaches the pods of this experiment: the router splits by pod-template-hash, and none of \
                       its templates has a weight";
        let finding = Finding::warning(message).at(node.span, "");
        reader
            .findings
            .push(finding.help("give each template a `weight`; it is taken from the stable version's"));
    }
    for of in experiment.analyses.iter().filter(|of| !of.required) {
        let lasts = of.analysis.planned_length();
        if let Some(duration) = experiment.duration.filter(|duration| *duration < lasts) {
            let message = format!(
                "the analysis `{}` would take {lasts}, and the experiment ends after {duration}: what it has not seen by \
                 then counts as passed",
                of.name
            );
            let finding = Finding::warning(message).at(node.span, "");
            reader
                .findings
                .push(finding.help("lengthen `duration`, or write `requiredForCompletion: true`"));
        }
    }
}
