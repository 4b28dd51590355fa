//! `strategy.blueGreen`: defaults filled in, and what the controller refuses (argo-rollouts
//! `pkg/apis/rollouts/validation/validation.go`, `ValidateRolloutStrategyBlueGreen`).

use super::reader::Reader;
use super::spec::{Analysis, BlueGreen};
use super::{analysis, rollout};
use crate::diagnostic::Finding;
use crate::units::Duration;
use crate::yaml::{Kind, Node};

/// Old ReplicaSets that are kept unless `revisionHistoryLimit` says otherwise.
const HISTORY: u32 = 10;

/// The strategy as it is played. Where a finding says that it cannot be played, what comes out means nothing.
pub(super) fn read(reader: &mut Reader<'_>) -> BlueGreen {
    let common = rollout::common(reader);
    let active_service = services(reader);
    let limit = reader.strategy(&["scaleDownDelayRevisionLimit"]);
    let history_node = reader.at(&["spec", "revisionHistoryLimit"]);
    let history = reader.count(history_node, HISTORY);
    let revisions = reader.count(limit, u32::MAX);
    if let Some(limit) = limit.filter(|_| revisions > history) {
        let message = format!(
            "the controller refuses this Rollout: scaleDownDelayRevisionLimit ({revisions}) is above \
             revisionHistoryLimit ({history})"
        );
        reader.refuse(message, limit.span, "");
    }
    let preview = reader.strategy(&["previewReplicaCount"]);
    let preview_replicas = preview.map(|node| reader.count(Some(node), 0));
    let none = |node: &&Node| matches!(node.expect_count(), Ok(0));
    if let Some(node) = preview.filter(none) {
        let message = "previewReplicaCount is 0: without a pod there is nothing to switch to";
        let help = "write 1 or more, or leave it out: the preview then has as many pods as `replicas`";
        reader
            .findings
            .push(Finding::error(message).at(node.span, "").help(help));
    }
    let enabled = reader.strategy(&["autoPromotionEnabled"]);
    let after = reader.strategy(&["autoPromotionSeconds"]);
    let delay = reader.strategy(&["scaleDownDelaySeconds"]);
    let abort_delay = reader.strategy(&["abortScaleDownDelaySeconds"]);
    let seconds = |number: u32| Duration::from_secs(i64::from(number));
    let auto_promotion = reader.value(enabled, Node::expect_boolean).unwrap_or(true);
    let auto_promotion_after = Some(seconds(reader.count(after, 0))).filter(|after| !after.is_zero());
    let spec = BlueGreen {
        span: reader.chosen.span,
        replicas: common.replicas,
        active_service,
        has_preview: reader.strategy(&["previewService"]).is_some(),
        preview_replicas,
        pre_promotion: one_analysis(reader, "prePromotionAnalysis"),
        post_promotion: one_analysis(reader, "postPromotionAnalysis"),
        auto_promotion,
        auto_promotion_after,
        scale_down_delay: seconds(reader.count(delay, 30)),
        scale_down_delay_stated: delay.is_some(),
        scale_down_delay_revisions: revisions,
        rollback_window: common.rollback_window,
        abort_scale_down_delay: seconds(reader.count(abort_delay, 30)),
        min_ready: common.min_ready,
        progress_deadline: common.progress_deadline,
        progress_deadline_abort: common.progress_deadline_abort,
    };
    lint(reader, &spec, [after, delay]);
    spec
}

fn services(reader: &mut Reader<'_>) -> String {
    let active = reader.strategy(&["activeService"]);
    let preview = reader.strategy(&["previewService"]);
    match active.and_then(Node::text).filter(|name| !name.is_empty()) {
        None => {
            let at = reader.chosen.span;
            let message = "the controller refuses this Rollout: blueGreen has no `activeService`";
            let finding = Finding::error(message).at(at, "");
            let help = "name the Service that users reach as `activeService`";
            reader.findings.push(finding.help(help));
        }
        Some(active) => {
            if let Some(preview) = preview.filter(|preview| preview.text() == Some(active)) {
                let message =
                    "the controller refuses this Rollout: activeService and previewService are the same";
                let help = "name another Service, or leave previewService out";
                reader
                    .findings
                    .push(Finding::error(message).at(preview.span, "").help(help));
            }
        }
    }
    reader.text(active).unwrap_or_default()
}

fn one_analysis(reader: &mut Reader<'_>, field: &str) -> Option<Analysis> {
    let node = reader.strategy(&[field])?;
    if !matches!(node.kind, Kind::Mapping(_)) {
        reader.findings.push(*node.unexpected("a mapping"));
        return None;
    }
    Some(analysis::read(reader, node, analysis::Use::Step))
}

/// What is accepted and yet not what its author thinks.
fn lint(reader: &mut Reader<'_>, spec: &BlueGreen, [after, delay]: [Option<&Node>; 2]) {
    let mut found = Vec::new();
    if let (Some(after), false) = (after, spec.auto_promotion) {
        let finding =
            Finding::warning("autoPromotionSeconds does nothing while autoPromotionEnabled is false");
        found.push(
            finding
                .at(after.span, "a person has to promote")
                .help("remove autoPromotionEnabled: false to promote after this time"),
        );
    }
    if let Some(delay) = delay.filter(|_| spec.scale_down_delay.is_zero()) {
        let finding = Finding::warning("with scaleDownDelaySeconds 0 the old version is never scaled down");
        found.push(finding.at(delay.span, "").help("write 1 or more"));
    }
    found.extend(never_back(reader, spec));
    if spec.post_promotion.is_some() {
        let node = reader.strategy(&["postPromotionAnalysis"]);
        let span = node.map_or(spec.span, |node| node.span);
        let message = "a failure here switches back only while all pods of the new version are available and nobody \
                       has paused the Rollout";
        let finding = Finding::note(message).at(span, "all users are on the new version meanwhile");
        found.push(finding.help(if spec.abort_scale_down_delay.is_zero() {
            "unpause a Rollout whose analysis after the switch has failed, or nobody is switched back"
        } else {
            "a Rollout that is paused when it fails loses its new pods while the active Service still selects them: \
             every request fails until a retry or a new template; set abortScaleDownDelaySeconds: 0 to keep the pods"
        }));
    }
    reader.findings.extend(found);
}

/// Within the window no analysis is created and every pause is dropped in the pass that adds it, yet the switch waits for
/// both (`isBlueGreenFastTracked` does not know the window).
fn never_back(reader: &Reader<'_>, spec: &BlueGreen) -> Option<Finding> {
    let window = reader.at(&["spec", "rollbackWindow"])?;
    let pauses = !spec.auto_promotion || spec.auto_promotion_after.is_some();
    let awaited = match (&spec.pre_promotion, pauses) {
        _ if spec.rollback_window == 0 => return None,
        (Some(_), _) => "the analysis before the switch",
        (None, true) => "the pause before the switch",
        (None, false) => return None,
    };
    let message = "a return to an older version inside this window is never switched to";
    let label = format!("it skips {awaited}, and waits for it");
    let finding = Finding::warning(message).at(window.span, label);
    Some(finding.help("leave rollbackWindow out; or promote such a return fully (`promote --full`)"))
}
