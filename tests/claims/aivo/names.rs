//! Names that the runbook relies on. Nothing is played here: who shows or takes which name is a matter of the
//! controller's and the plugin's text, which each row names.

use crate::table::{Claim, Word};

const METRICS: &str = "https://argoproj.github.io/argo-rollouts/features/controller-metrics/";
const PLUGIN: &str =
    "https://argoproj.github.io/argo-rollouts/generated/kubectl-argo-rollouts/kubectl-argo-rollouts/";
const SOURCE: &str = "https://github.com/argoproj/argo-rollouts/blob/master";

pub fn claims() -> Vec<Claim> {
    let row = |says: &'static str, does: String, word: Word| Claim {
        says,
        does,
        figure: "–".to_owned(),
        trial: String::new(),
        word,
    };
    vec![
        row(
            "alert RolloutFailed: `increase(rollout_phase_duration_seconds{phase=\"Aborted\"}[5m]) > 0`",
            format!(
                "[the controller shows no such name]({METRICS}): the alert never fires. `rollout_info{{phase=\"Degraded\"}}` is \
                 what an aborted Rollout shows, with `name`, not `rollout`, as its label"
            ),
            Word::Broken,
        ),
        row(
            "alert CanaryAnalysisFailed: `argo_rollouts_analysis_run_phase{phase=\"Failed\"} > 0`",
            format!(
                "[nor this one]({METRICS}); it is `analysis_run_info{{phase=\"Failed\"}}`, with `name`. It stays 1 as long as \
                 the run is kept, and does not see runs that ended in `Error`"
            ),
            Word::Broken,
        ),
        row(
            "`kubectl get analysisrun -l rollout=<service-name>`",
            format!(
                "runs carry [the pod-template-hash and the kind of run]({SOURCE}/utils/analysis/factory.go), no label `rollout`, \
                 unless `analysisRunMetadata` adds one: the list is empty"
            ),
            Word::Broken,
        ),
        row(
            "`kubectl get ingress <service-name>-canary`",
            format!(
                "the controller names it [ROLLOUT-STABLEINGRESS-canary]({SOURCE}/utils/ingress/ingress.go), here \
                 `inference-gateway-svc-inference-gateway-svc-canary`"
            ),
            Word::Broken,
        ),
        row(
            "`kubectl argo rollouts history <service-name>`",
            format!("[the plugin has no such command]({PLUGIN}); `get rollout` shows the revisions"),
            Word::Broken,
        ),
        row(
            "\"Update image via kubectl\": `patch rollout --type='merge'` with `containers: [{name, image}]`",
            "a merge patch replaces a list as a whole ([RFC 7386](https://www.rfc-editor.org/rfc/rfc7386)): ports, \
             probes, resources and variables of the container are gone with the old image. \
             `kubectl argo rollouts set image` changes the image alone"
                .to_owned(),
            Word::Broken,
        ),
    ]
}
