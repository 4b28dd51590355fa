//! `spec` of a Rollout: defaults filled in, and what the controller refuses (argo-rollouts
//! `pkg/apis/rollouts/validation/validation.go`).

use super::int_or_string::{IntOrString, resolve_fenceposts};
use super::reader::Reader;
use super::spec::{Background, Canary, Kept, ProgressThreshold, Step, StepKind};
use super::{analysis, experiment_pods, steps, traffic, unknown};
use crate::diagnostic::Finding;
use crate::policy::object::{Object, selects, texts};
use crate::units::Duration;
use crate::yaml::{Kind, Node};

/// More pods than this are not simulated.
const MOST_PODS: u32 = 1000;

/// The strategy as it is played. Where a finding says that it cannot be played, what comes out means nothing.
pub(super) fn read(reader: &mut Reader<'_>) -> Canary {
    let Common {
        replicas,
        min_ready,
        progress_deadline,
        progress_deadline_abort,
        rollback_window,
    } = common(reader);
    let traffic = traffic::read(reader);
    let surge = reader.strategy(&["maxSurge"]);
    let max_surge = reader.int_or_string(surge);
    let unavailable = reader.strategy(&["maxUnavailable"]);
    let max_unavailable = reader.int_or_string(unavailable);
    let is_zero = |value: &Option<IntOrString>| {
        let fence = value
            .as_ref()
            .and_then(|value| resolve_fenceposts(Some(value), Some(value), 100));
        fence.is_some_and(|fence| fence.max_surge == 0)
    };
    if is_zero(&max_surge) && is_zero(&max_unavailable) {
        let at = surge.unwrap_or(reader.chosen).span;
        reader.refuse(
            "the controller refuses this Rollout: maxSurge and maxUnavailable both are zero",
            at,
            "",
        );
    }
    let fence = resolve_fenceposts(max_surge.as_ref(), max_unavailable.as_ref(), replicas);
    if fence.is_none() {
        let at = surge.or(unavailable).unwrap_or(reader.chosen).span;
        let finding = Finding::error("maxSurge and maxUnavailable are pods or percentages").at(at, "");
        reader.findings.push(finding.help("write 1 or \"25%\""));
    }
    let abort_delay = reader.strategy(&["abortScaleDownDelaySeconds"]);
    let delay = reader.strategy(&["scaleDownDelaySeconds"]);
    if let (Some(delay), false) = (delay, traffic.routed) {
        let message = "the controller refuses this Rollout: scaleDownDelaySeconds wants traffic routing";
        reader.refuse(message, delay.span, "");
    }
    let seconds = |number: u32| Duration::from_secs(i64::from(number));
    let dynamic = reader.strategy(&["dynamicStableScale"]);
    let dynamic_stable_scale = reader.boolean(dynamic);
    if let (Some(node), true) = (dynamic, dynamic_stable_scale) {
        let refused = "the controller refuses this Rollout: dynamicStableScale";
        if !traffic.routed {
            reader.refuse(format!("{refused} wants traffic routing"), node.span, "");
        } else if delay.is_some() {
            reader.refuse(
                format!("{refused} and scaleDownDelaySeconds exclude each other"),
                node.span,
                "",
            );
        }
    }
    let least_pods = reader.strategy(&["minPodsPerReplicaSet"]);
    let canary = Canary {
        replicas,
        max_surge: fence.map_or(0, |fence| fence.max_surge),
        max_unavailable: fence.map_or(0, |fence| fence.max_unavailable),
        max_weight: traffic.max_weight,
        routed: traffic.routed,
        verifies: traffic.verifies,
        managed: traffic.managed.clone(),
        dynamic_stable_scale,
        min_pods: reader.count(least_pods, 0),
        steps: steps::read(reader, &traffic),
        background: background(reader),
        abort_scale_down_delay: seconds(reader.count(abort_delay, 30)),
        abort_delay_stated: abort_delay.is_some(),
        scale_down_delay: seconds(reader.count(delay, if traffic.routed { 30 } else { 0 })),
        progress_threshold: threshold(reader),
        min_ready,
        progress_deadline,
        progress_deadline_abort,
        rollback_window,
        kept: kept(reader),
    };
    experiment_pods::check(reader, &canary);
    let pods_beside = canary.steps.iter().map(|step| match &step.kind {
        StepKind::Experiment(experiment) => experiment
            .templates
            .iter()
            .map(|template| template.replicas)
            .sum(),
        _ => 0,
    });
    if pods_beside.sum::<u32>() > MOST_PODS
        && let Some(step) = canary
            .steps
            .iter()
            .find(|step| matches!(step.kind, StepKind::Experiment(_)))
    {
        let message = format!("more than {MOST_PODS} pods of experiments are not simulated");
        reader.refuse(message, step.span, "");
    }
    if let (Some(step), true) = (most_scaled(&canary), replicas <= MOST_PODS) {
        let message = format!("more than {MOST_PODS} pods are not simulated");
        reader.refuse(message, step.span, "");
    }
    canary
}

/// How many old experiments are kept (`defaults.GetAnalysisRunSuccessfulHistoryLimitOrDefault` and its like).
fn kept(reader: &mut Reader<'_>) -> Kept {
    let limit = |reader: &mut Reader<'_>, field: &str| {
        let node = reader.at(&["spec", "analysis", field]);
        let limit = reader.value(node, Node::expect_integer).unwrap_or(5);
        u32::try_from(limit).unwrap_or(0)
    };
    Kept {
        successful: limit(reader, "successfulRunHistoryLimit"),
        unsuccessful: limit(reader, "unsuccessfulRunHistoryLimit"),
    }
}

/// What a Rollout states whatever its strategy.
pub(super) struct Common {
    pub replicas: u32,
    pub min_ready: Duration,
    pub progress_deadline: Duration,
    pub progress_deadline_abort: bool,
    pub rollback_window: u32,
}

pub(super) fn common(reader: &mut Reader<'_>) -> Common {
    pods_belong(reader);
    let replicas = replicas(reader);
    let min_ready_node = reader.at(&["spec", "minReadySeconds"]);
    let deadline_node = reader.at(&["spec", "progressDeadlineSeconds"]);
    let min_ready = reader.count(min_ready_node, 0);
    let deadline = reader.count(deadline_node, 600);
    if deadline <= min_ready {
        let at = deadline_node
            .or(min_ready_node)
            .unwrap_or(&reader.rollout.root)
            .span;
        let message = format!(
            "the controller refuses this Rollout: progressDeadlineSeconds ({deadline}) must be greater than \
             minReadySeconds ({min_ready})"
        );
        let help =
            "a pod that is ready that late never counts: raise progressDeadlineSeconds (600 unless set)";
        reader
            .findings
            .push(Finding::error(message).at(at, "").help(help));
    }
    let abort_node = reader.at(&["spec", "progressDeadlineAbort"]);
    let abort = reader.boolean(abort_node);
    if let (Some(node), false) = (deadline_node, abort) {
        let message = "progressDeadlineSeconds alone rolls nothing back: the Rollout is shown as Degraded, and stays as it is";
        let finding = Finding::note(message).at(node.span, "");
        reader
            .findings
            .push(finding.help("set `progressDeadlineAbort: true` if nobody watches"));
    }
    let window = reader.at(&["spec", "rollbackWindow", "revisions"]);
    let seconds = |number: u32| Duration::from_secs(i64::from(number));
    Common {
        replicas,
        min_ready: seconds(min_ready),
        progress_deadline: seconds(deadline),
        progress_deadline_abort: abort,
        rollback_window: reader.count(window, 0),
    }
}

/// A step that asks for more pods than are simulated.
fn most_scaled(canary: &Canary) -> Option<&Step> {
    let pods = |step: &&Step| step.scale.map_or(0, |scale| canary.scaled_pods(scale));
    canary.steps.iter().find(|step| pods(step) > MOST_PODS)
}

/// The selector is there and selects the template's pods.
fn pods_belong(reader: &mut Reader<'_>) {
    let selector = reader.at(&["spec", "selector"]);
    let borrowed = reader.at(&["spec", "workloadRef"]);
    if let (Some(_), Some(own)) = (borrowed, reader.at(&["spec", "template"])) {
        let message = "the controller refuses this Rollout: it has both `template` and `workloadRef`";
        reader.refuse(message, own.span, "");
    }
    let Some(selector) = selector else {
        if borrowed.is_none() {
            let title = reader.rollout.title();
            reader.refuse(
                "the controller refuses this Rollout: it has no `selector`",
                title,
                "",
            );
        }
        return;
    };
    let wanted = selector.get("matchLabels").map(texts).unwrap_or_default();
    let labels = reader
        .template
        .and_then(|template| template.at(&["metadata", "labels"]));
    let labels = labels.map(texts).unwrap_or_default();
    if reader.template.is_some() && !wanted.is_empty() && !selects(&wanted, &labels) {
        let message =
            "the controller refuses this Rollout: `selector` does not match the labels of `template`";
        reader.refuse(message, selector.span, "");
    }
}

/// Pods: as stated, else the least that an autoscaler keeps, else 1.
fn replicas(reader: &mut Reader<'_>) -> u32 {
    let stated = reader.at(&["spec", "replicas"]);
    let autoscaler = autoscaler(reader);
    let node = stated.or_else(|| autoscaler.and_then(least));
    let replicas = reader.count(node, 1);
    let pods = match replicas {
        1 => "1 pod".to_owned(),
        n => format!("{n} pods"),
    };
    if let Some(autoscaler) = autoscaler {
        let message = format!(
            "scaling is not simulated: {} keeps {pods} here",
            reader.rollout.name
        );
        let finding = Finding::note(message).at(autoscaler.title(), "scales it in the cluster");
        reader
            .findings
            .push(finding.help("state another number of pods as `spec.replicas` of the Rollout to play it"));
    } else if let (None, Some(borrowed)) = (node, reader.at(&["spec", "workloadRef", "name"])) {
        let own = workload(reader).and_then(|deployment| deployment.at(&["spec", "replicas"]));
        let message = "this Rollout states no `replicas`: 1 pod is played, as the controller would";
        let finding = Finding::note(message).at(borrowed.span, "its pods are counted by the Rollout alone");
        let finding = match own {
            Some(node) => finding.at(node.span, "counts for the Deployment, not for the Rollout"),
            None => finding,
        };
        let help = "write the number that runs in production as `spec.replicas` of the Rollout";
        reader.findings.push(finding.help(help));
    }
    match node {
        Some(node) if replicas == 0 => reader.refuse("no pod, nothing to simulate", node.span, ""),
        Some(node) if replicas > MOST_PODS => {
            reader.refuse(
                format!("more than {MOST_PODS} pods are not simulated"),
                node.span,
                "",
            );
        }
        _ => {}
    }
    replicas
}

/// The Deployment that `workloadRef` names, if it is at hand.
fn workload<'a>(reader: &Reader<'a>) -> Option<&'a Object> {
    let own = reader.rollout;
    let name = reader.at(&["spec", "workloadRef", "name"])?.text()?;
    let objects = reader.around.shelf.objects.iter();
    let mut deployments = objects.filter(|object| object.is("apps", "Deployment") && object.name == name);
    deployments.find(|deployment| deployment.may_see(own))
}

/// The least that an autoscaler keeps.
fn least(autoscaler: &Object) -> Option<&Node> {
    autoscaler
        .at(&["spec", "minReplicas"])
        .or_else(|| autoscaler.at(&["spec", "minReplicaCount"]))
}

fn autoscaler<'a>(reader: &Reader<'a>) -> Option<&'a Object> {
    let own = reader.rollout;
    let scales = |object: &&Object| {
        let named = |path: &[&str]| object.at(path).and_then(Node::text);
        let target = [
            &["spec", "scaleTargetRef", "kind"],
            &["spec", "scaleTargetRef", "name"],
        ]
        .map(|path| named(path));
        target == [Some("Rollout"), Some(own.name.as_str())] && object.may_see(own)
    };
    let mut objects = reader.around.shelf.objects.iter().filter(|object| {
        object.is("autoscaling", "HorizontalPodAutoscaler") || object.is("keda.sh", "ScaledObject")
    });
    objects.find(scales)
}

fn background(reader: &mut Reader<'_>) -> Option<Background> {
    let node = reader.strategy(&["analysis"])?;
    if !matches!(node.kind, Kind::Mapping(_)) {
        reader.findings.push(*node.unexpected("a mapping"));
        return None;
    }
    let starting_step = reader.count(node.get("startingStep"), 0) as usize;
    let analysis = analysis::read(reader, node, analysis::Use::Background);
    Some(Background {
        starting_step,
        analysis,
    })
}

fn threshold(reader: &mut Reader<'_>) -> Option<ProgressThreshold> {
    let node = reader.strategy(&["replicaProgressThreshold"])?;
    let dropped = unknown::there(reader.around.release, "replicaProgressThreshold", node);
    reader.findings.extend(dropped);
    let kind = reader.text(node.get("type"));
    let value = reader.value(node.get("value"), Node::expect_integer)?;
    let value = u32::try_from(value).ok()?;
    match kind.as_deref() {
        Some("Percent") => Some(ProgressThreshold::Percent(value)),
        Some("Pods") => Some(ProgressThreshold::Pods(value)),
        _ => {
            reader.refuse(
                "replicaProgressThreshold wants `type: Percent` or `type: Pods`",
                node.span,
                "",
            );
            None
        }
    }
}
