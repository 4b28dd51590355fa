//! What becomes of every field: honoured, knowingly ignored with its reason, or refused with its reason.
//!
//! `docs/policies.md` is made of this table; [`super::unknown`] finds fields that are not in it.

/// A field and what becomes of it.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Path from the object's root; `[]` stands for each item of a list. What lies below a path that has no longer ones
    /// in the table shares its fate.
    pub path: &'static str,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is played.
    Honoured,
    /// It changes nothing that is measured here; why.
    Ignored(&'static str),
    /// A policy with it is not played; why.
    Refused(&'static str),
}

use Fate::{Honoured, Ignored, Refused};

const fn field(path: &'static str, fate: Fate) -> Field {
    Field { path, fate }
}

const SERVER: Fate = Ignored("set by the API server");
const JUDGE: Fate = Ignored(
    "not asked: the check says what the scenario's `providers` state (phases, over time, of harm; errors, outages, time \
     taken), otherwise passes",
);
const PROVIDER: Fate = Ignored(
    "not asked: the check is given what the scenario's `providers` state (a query that stands in for it, a value, phases; \
     errors, outages, time taken), otherwise passes",
);
const WEB: Fate = Ignored(
    "not asked: the check is given the phase, the body or the query's number that the scenario's `providers` state, \
     otherwise passes",
);
const HISTORY: Fate = Ignored("keeps objects, decides nothing");
const ROUTER: Fate = Ignored("weights are exact with any traffic router");
const CONNECTION: Fate = Ignored("how to reach a server that is not asked");

/// Fields that every object has.
pub const COMMON: &[Field] = &[
    field("apiVersion", Honoured),
    field("kind", Honoured),
    field("metadata.name", Honoured),
    field("metadata.namespace", Honoured),
    field("metadata.labels", Honoured),
    field("metadata.annotations", Honoured),
    field("metadata.generateName", SERVER),
    field("metadata.uid", SERVER),
    field("metadata.resourceVersion", SERVER),
    field("metadata.generation", SERVER),
    field("metadata.creationTimestamp", SERVER),
    field("metadata.deletionTimestamp", SERVER),
    field("metadata.deletionGracePeriodSeconds", SERVER),
    field("metadata.managedFields", SERVER),
    field("metadata.selfLink", SERVER),
    field("metadata.ownerReferences", SERVER),
    field("metadata.finalizers", SERVER),
    field(
        "status",
        Ignored("what a cluster reports, not what anybody asked for"),
    ),
];

/// Fields of a Rollout.
pub const ROLLOUT: &[Field] = &[
    field("spec.replicas", Honoured),
    field("spec.selector", Honoured),
    field("spec.template", Honoured),
    field("spec.workloadRef.apiVersion", Honoured),
    field("spec.workloadRef.kind", Honoured),
    field("spec.workloadRef.name", Honoured),
    field(
        "spec.workloadRef.scaleDown",
        Ignored("the Deployment is thought gone"),
    ),
    field("spec.minReadySeconds", Honoured),
    field("spec.progressDeadlineSeconds", Honoured),
    field("spec.progressDeadlineAbort", Honoured),
    field("spec.revisionHistoryLimit", HISTORY),
    field(
        "spec.paused",
        Ignored("a rollout is played as if somebody had unpaused it"),
    ),
    field("spec.restartAt", Ignored("restarts are not simulated")),
    field("spec.rollbackWindow.revisions", Honoured),
    field("spec.analysis.successfulRunHistoryLimit", Honoured),
    field("spec.analysis.unsuccessfulRunHistoryLimit", Honoured),
    field("spec.strategy.blueGreen.activeService", Honoured),
    field("spec.strategy.blueGreen.previewService", Honoured),
    field("spec.strategy.blueGreen.previewReplicaCount", Honoured),
    field("spec.strategy.blueGreen.autoPromotionEnabled", Honoured),
    field("spec.strategy.blueGreen.autoPromotionSeconds", Honoured),
    field("spec.strategy.blueGreen.scaleDownDelaySeconds", Honoured),
    field("spec.strategy.blueGreen.scaleDownDelayRevisionLimit", Honoured),
    field("spec.strategy.blueGreen.abortScaleDownDelaySeconds", Honoured),
    field(
        "spec.strategy.blueGreen.maxUnavailable",
        Ignored("restarts are not simulated"),
    ),
    field(
        "spec.strategy.blueGreen.antiAffinity",
        Ignored("nodes are not simulated"),
    ),
    field("spec.strategy.blueGreen.previewMetadata.labels", Honoured),
    field(
        "spec.strategy.blueGreen.previewMetadata.annotations",
        Ignored("annotations are no labels of series"),
    ),
    field("spec.strategy.blueGreen.activeMetadata.labels", Honoured),
    field(
        "spec.strategy.blueGreen.activeMetadata.annotations",
        Ignored("annotations are no labels of series"),
    ),
    field(
        "spec.strategy.blueGreen.prePromotionAnalysis.templates[].templateName",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.prePromotionAnalysis.templates[].clusterScope",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.prePromotionAnalysis.args[].name",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.prePromotionAnalysis.args[].value",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.prePromotionAnalysis.args[].valueFrom.podTemplateHashValue",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.prePromotionAnalysis.args[].valueFrom.fieldRef.fieldPath",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.prePromotionAnalysis.dryRun[].metricName",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.prePromotionAnalysis.measurementRetention",
        HISTORY,
    ),
    field(
        "spec.strategy.blueGreen.prePromotionAnalysis.analysisRunMetadata",
        HISTORY,
    ),
    field(
        "spec.strategy.blueGreen.postPromotionAnalysis.templates[].templateName",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.postPromotionAnalysis.templates[].clusterScope",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.postPromotionAnalysis.args[].name",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.postPromotionAnalysis.args[].value",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.postPromotionAnalysis.args[].valueFrom.podTemplateHashValue",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.postPromotionAnalysis.args[].valueFrom.fieldRef.fieldPath",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.postPromotionAnalysis.dryRun[].metricName",
        Honoured,
    ),
    field(
        "spec.strategy.blueGreen.postPromotionAnalysis.measurementRetention",
        HISTORY,
    ),
    field(
        "spec.strategy.blueGreen.postPromotionAnalysis.analysisRunMetadata",
        HISTORY,
    ),
    field("spec.strategy.canary.canaryService", Honoured),
    field("spec.strategy.canary.stableService", Honoured),
    field("spec.strategy.canary.maxSurge", Honoured),
    field("spec.strategy.canary.maxUnavailable", Honoured),
    field("spec.strategy.canary.abortScaleDownDelaySeconds", Honoured),
    field("spec.strategy.canary.canaryMetadata.labels", Honoured),
    field(
        "spec.strategy.canary.canaryMetadata.annotations",
        Ignored("annotations are no labels of series"),
    ),
    field("spec.strategy.canary.stableMetadata.labels", Honoured),
    field(
        "spec.strategy.canary.stableMetadata.annotations",
        Ignored("annotations are no labels of series"),
    ),
    field(
        "spec.strategy.canary.antiAffinity",
        Ignored("nodes are not simulated"),
    ),
    field("spec.strategy.canary.scaleDownDelaySeconds", Honoured),
    field("spec.strategy.canary.scaleDownDelayRevisionLimit", HISTORY),
    field("spec.strategy.canary.dynamicStableScale", Honoured),
    field("spec.strategy.canary.minPodsPerReplicaSet", Honoured),
    field("spec.strategy.canary.replicaProgressThreshold.type", Honoured),
    field("spec.strategy.canary.replicaProgressThreshold.value", Honoured),
    field(
        "spec.strategy.canary.pingPong",
        Refused("ping-pong services are not simulated"),
    ),
    field("spec.strategy.canary.steps[].setWeight", Honoured),
    field("spec.strategy.canary.steps[].pause.duration", Honoured),
    field("spec.strategy.canary.steps[].setCanaryScale.weight", Honoured),
    field("spec.strategy.canary.steps[].setCanaryScale.replicas", Honoured),
    field(
        "spec.strategy.canary.steps[].setCanaryScale.matchTrafficWeight",
        Honoured,
    ),
    field("spec.strategy.canary.steps[].setHeaderRoute.name", Honoured),
    field(
        "spec.strategy.canary.steps[].setHeaderRoute.match[].headerName",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].setHeaderRoute.match[].headerValue",
        Honoured,
    ),
    field("spec.strategy.canary.steps[].setMirrorRoute.name", Honoured),
    field("spec.strategy.canary.steps[].setMirrorRoute.percentage", Honoured),
    field(
        "spec.strategy.canary.steps[].setMirrorRoute.match[].method",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].setMirrorRoute.match[].path",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].setMirrorRoute.match[].headers",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.templates[].name",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.templates[].specRef",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.templates[].replicas",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.templates[].weight",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.templates[].metadata.labels",
        Ignored("refused where a query selects by one, or where it may keep users without a router away"),
    ),
    field(
        "spec.strategy.canary.steps[].experiment.templates[].metadata.annotations",
        Ignored("annotations are no labels of series"),
    ),
    field(
        "spec.strategy.canary.steps[].experiment.templates[].selector",
        Ignored("selects the pods of its own ReplicaSet; refused where it does not fit them"),
    ),
    field(
        "spec.strategy.canary.steps[].experiment.templates[].service",
        Ignored("weights lead traffic; nobody else asks this Service"),
    ),
    field("spec.strategy.canary.steps[].experiment.duration", Honoured),
    field(
        "spec.strategy.canary.steps[].experiment.scaleDownDelaySeconds",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.analyses[].name",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.analyses[].templateName",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.analyses[].clusterScope",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.analyses[].requiredForCompletion",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.analyses[].args[].name",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.analyses[].args[].value",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.analyses[].args[].valueFrom.podTemplateHashValue",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.analyses[].args[].valueFrom.fieldRef.fieldPath",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.dryRun[].metricName",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].experiment.analysisRunMetadata",
        HISTORY,
    ),
    field(
        "spec.strategy.canary.steps[].plugin",
        Refused("what a plugin does cannot be known"),
    ),
    field(
        "spec.strategy.canary.steps[].analysis.templates[].templateName",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].analysis.templates[].clusterScope",
        Honoured,
    ),
    field("spec.strategy.canary.steps[].analysis.args[].name", Honoured),
    field("spec.strategy.canary.steps[].analysis.args[].value", Honoured),
    field(
        "spec.strategy.canary.steps[].analysis.args[].valueFrom.podTemplateHashValue",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].analysis.args[].valueFrom.fieldRef.fieldPath",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].analysis.dryRun[].metricName",
        Honoured,
    ),
    field(
        "spec.strategy.canary.steps[].analysis.measurementRetention",
        HISTORY,
    ),
    field(
        "spec.strategy.canary.steps[].analysis.analysisRunMetadata",
        HISTORY,
    ),
    field("spec.strategy.canary.analysis.startingStep", Honoured),
    field("spec.strategy.canary.analysis.templates[].templateName", Honoured),
    field("spec.strategy.canary.analysis.templates[].clusterScope", Honoured),
    field("spec.strategy.canary.analysis.args[].name", Honoured),
    field("spec.strategy.canary.analysis.args[].value", Honoured),
    field(
        "spec.strategy.canary.analysis.args[].valueFrom.podTemplateHashValue",
        Honoured,
    ),
    field(
        "spec.strategy.canary.analysis.args[].valueFrom.fieldRef.fieldPath",
        Honoured,
    ),
    field("spec.strategy.canary.analysis.dryRun[].metricName", Honoured),
    field("spec.strategy.canary.analysis.measurementRetention", HISTORY),
    field("spec.strategy.canary.analysis.analysisRunMetadata", HISTORY),
    field("spec.strategy.canary.trafficRouting.maxTrafficWeight", Honoured),
    field(
        "spec.strategy.canary.trafficRouting.managedRoutes[].name",
        Honoured,
    ),
    field(
        "spec.strategy.canary.trafficRouting.istio.destinationRule",
        Honoured,
    ),
    field("spec.strategy.canary.trafficRouting.istio.virtualService", ROUTER),
    field(
        "spec.strategy.canary.trafficRouting.istio.virtualServices",
        ROUTER,
    ),
    field(
        "spec.strategy.canary.trafficRouting.nginx.stableIngress",
        Honoured,
    ),
    field(
        "spec.strategy.canary.trafficRouting.nginx.stableIngresses",
        ROUTER,
    ),
    field(
        "spec.strategy.canary.trafficRouting.nginx.annotationPrefix",
        ROUTER,
    ),
    field(
        "spec.strategy.canary.trafficRouting.nginx.additionalIngressAnnotations",
        ROUTER,
    ),
    field(
        "spec.strategy.canary.trafficRouting.nginx.canaryIngressAnnotations",
        ROUTER,
    ),
    field("spec.strategy.canary.trafficRouting.alb", ROUTER),
    field("spec.strategy.canary.trafficRouting.smi", ROUTER),
    field("spec.strategy.canary.trafficRouting.ambassador", ROUTER),
    field("spec.strategy.canary.trafficRouting.appMesh", ROUTER),
    field("spec.strategy.canary.trafficRouting.traefik", ROUTER),
    field("spec.strategy.canary.trafficRouting.apisix", ROUTER),
    field("spec.strategy.canary.trafficRouting.plugins", ROUTER),
];

/// Fields of an AnalysisTemplate and a ClusterAnalysisTemplate.
pub const TEMPLATE: &[Field] = &[
    field("spec.args[].name", Honoured),
    field("spec.args[].value", Honoured),
    field("spec.args[].valueFrom.secretKeyRef", Honoured),
    field("spec.args[].valueFrom.fieldRef", Honoured),
    field("spec.dryRun[].metricName", Honoured),
    field("spec.measurementRetention", HISTORY),
    field("spec.templates[].templateName", Honoured),
    field("spec.templates[].clusterScope", Honoured),
    field("spec.metrics[].name", Honoured),
    field("spec.metrics[].interval", Honoured),
    field("spec.metrics[].initialDelay", Honoured),
    field("spec.metrics[].count", Honoured),
    field("spec.metrics[].successCondition", Honoured),
    field("spec.metrics[].failureCondition", Honoured),
    field("spec.metrics[].failureLimit", Honoured),
    field("spec.metrics[].inconclusiveLimit", Honoured),
    field("spec.metrics[].consecutiveErrorLimit", Honoured),
    field("spec.metrics[].consecutiveSuccessLimit", Honoured),
    field("spec.metrics[].provider.prometheus.query", Honoured),
    field("spec.metrics[].provider.prometheus.address", CONNECTION),
    field("spec.metrics[].provider.prometheus.timeout", CONNECTION),
    field("spec.metrics[].provider.prometheus.insecure", CONNECTION),
    field("spec.metrics[].provider.prometheus.headers", CONNECTION),
    field("spec.metrics[].provider.prometheus.authentication", CONNECTION),
    field("spec.metrics[].provider.prometheus.rangeQuery", Honoured),
    field("spec.metrics[].provider.job", JUDGE),
    field("spec.metrics[].provider.web.jsonPath", Honoured),
    field("spec.metrics[].provider.web.timeoutSeconds", Honoured),
    field("spec.metrics[].provider.web.url", WEB),
    field("spec.metrics[].provider.web.method", WEB),
    field("spec.metrics[].provider.web.headers", WEB),
    field("spec.metrics[].provider.web.body", WEB),
    field("spec.metrics[].provider.web.jsonBody", WEB),
    field("spec.metrics[].provider.web.insecure", WEB),
    field("spec.metrics[].provider.web.authentication", WEB),
    field("spec.metrics[].provider.kayenta", JUDGE),
    field("spec.metrics[].provider.datadog", PROVIDER),
    field("spec.metrics[].provider.wavefront", PROVIDER),
    field("spec.metrics[].provider.newRelic", PROVIDER),
    field("spec.metrics[].provider.cloudWatch", PROVIDER),
    field("spec.metrics[].provider.graphite", PROVIDER),
    field("spec.metrics[].provider.influxdb", PROVIDER),
    field("spec.metrics[].provider.skywalking", PROVIDER),
    field("spec.metrics[].provider.plugin", PROVIDER),
];

/// Fields that an AnalysisRun has beside those of a template.
pub const RUN: &[Field] = &[field(
    "spec.terminate",
    Ignored("a run that stands alone is not played"),
)];

/// All fields that an object of `kind` may have.
pub fn fields(kind: &str) -> Vec<Field> {
    let own: &[&[Field]] = match kind {
        "Rollout" => &[COMMON, ROLLOUT],
        "AnalysisTemplate" | "ClusterAnalysisTemplate" => &[COMMON, TEMPLATE],
        "AnalysisRun" => &[COMMON, TEMPLATE, RUN],
        _ => &[],
    };
    own.concat()
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn every_path_stands_once_and_none_lies_below_another() {
        for kind in ["Rollout", "AnalysisTemplate", "AnalysisRun"] {
            let fields = fields(kind);
            for (n, field) in fields.iter().enumerate() {
                for other in &fields[n + 1..] {
                    assert_ne!(field.path, other.path);
                    assert!(
                        !other.path.starts_with(&format!("{}.", field.path)),
                        "{}",
                        other.path
                    );
                }
            }
        }
    }
}
