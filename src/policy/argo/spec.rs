//! A Rollout as the controller plays it. Nothing here can be wrong any more: loading has refused it.

use std::ops::Range;

use super::arguments::Argument;
use crate::diagnostic::Span;
use crate::policy::condition::web::WebPath;
use crate::policy::condition::{AnswerForm, Condition};
use crate::promql::Trail;
use crate::units::Duration;

pub use super::canary::{Background, Canary, CanaryScale, Kept, ProgressThreshold, Step, StepKind};
pub use super::experiment::{Experiment, ExperimentAnalysis, ExperimentTemplate, SpecRef};
pub use super::route::{Managed, Route};
pub use super::strategy::{BlueGreen, Strategy};

/// One policy: a rollout and everything its analyses ask.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Name of the Rollout.
    pub name: String,
    /// Where the Rollout stands.
    pub span: Span,
    /// The strategy.
    pub strategy: Strategy,
    /// What tells the versions apart.
    pub identity: Identity,
    /// What is asked, by any analysis; [`CheckId`] names one.
    pub checks: Vec<Check>,
}

/// What one AnalysisRun will be made of.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// Metrics in the order of the merged templates.
    pub metrics: Vec<Metric>,
}

/// One metric of a run, arguments substituted.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// What it asks.
    pub check: CheckId,
    /// Where it stands in its template.
    pub span: Span,
    /// Time between looks.
    pub interval: Option<Duration>,
    /// Wait before the first look.
    pub initial_delay: Option<Duration>,
    /// `count` as written, 0 when absent. The effective count is the controller's business.
    pub count: i64,
    /// Failures tolerated; -1: any number.
    pub failure_limit: i64,
    /// Inconclusive looks tolerated.
    pub inconclusive_limit: i64,
    /// Errors in a row tolerated; 4 unless set.
    pub consecutive_error_limit: i64,
    /// Successes in a row that end the metric; 0: off.
    pub consecutive_success_limit: i64,
    /// Whether its phase is left out of the run's.
    pub dry_run: bool,
    /// `successCondition`.
    pub success: Option<Condition>,
    /// `failureCondition`.
    pub failure: Option<Condition>,
    /// In what form its provider gives numbers.
    pub form: AnswerForm,
}

/// Names one [`Check`] of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckId(pub usize);

/// A question that analyses ask. Two metrics with one name and one question, used in two places, are one check.
#[derive(Clone, Debug)]
pub struct Check {
    /// The metric's name.
    pub name: String,
    /// Where the question stands.
    pub span: Span,
    /// The question.
    pub question: Question,
    /// Where the first selectors of its query are written, by their bytes in the query.
    pub selectors: Vec<(Range<usize>, Span)>,
    /// Values that the Rollout passes to the question, each with where it does.
    pub passed: Vec<(String, Span)>,
    /// What stands for `{{args.NAME}}` in it; without a value where two analyses give it two.
    pub arguments: Vec<Argument>,
}

impl Policy {
    /// Names of the checks, in the order of their ids.
    pub fn check_names(&self) -> Vec<String> {
        (0..self.checks.len())
            .map(|id| self.check_name(CheckId(id)))
            .collect()
    }

    /// The name of a check; of two of one name in a blue-green update it says too on which side of the switch this one is.
    pub fn check_name(&self, check: CheckId) -> String {
        let name = &self.checks[check.0].name;
        let alone = self.checks.iter().filter(|other| other.name == *name).count() == 1;
        let Some(spec) = self.strategy.blue_green().filter(|_| !alone) else {
            return name.clone();
        };
        let asks = |analysis: &Option<Analysis>| {
            let mut metrics = analysis.iter().flat_map(|analysis| &analysis.metrics);
            metrics.any(|metric| metric.check == check)
        };
        match (asks(&spec.pre_promotion), asks(&spec.post_promotion)) {
            (true, false) => format!("{name} before the switch"),
            (false, true) => format!("{name} after the switch"),
            _ => name.clone(),
        }
    }
}

impl Check {
    /// Where the Rollout passes what stands in `text`: the longest value of those that do.
    pub fn passes(&self, text: &str) -> Option<Span> {
        let passed = self
            .passed
            .iter()
            .filter(|(value, _)| text.contains(value.as_str()));
        passed.max_by_key(|(value, _)| value.len()).map(|&(_, span)| span)
    }

    /// Where bytes `at` of its query are written, if a selector stands there; else where the check stands.
    pub fn place(&self, at: &Range<usize>) -> Span {
        let known = self.selectors.iter().find(|(place, _)| place == at);
        known.map_or(self.span, |&(_, span)| span)
    }
}

/// Who answers a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Prometheus, asked this query (arguments substituted).
    Prometheus {
        /// The query text.
        query: String,
        /// The moments of a `rangeQuery`; an instant query has none.
        range: Option<Trail>,
    },
    /// A provider that is not simulated: it says what the scenario states, otherwise it passes.
    Other {
        /// The provider's field name: `job`, `web`, `plugin`, …
        provider: String,
        /// How an answer over HTTP is read, where the provider is `web`.
        web: Option<Web>,
        /// The query that stands in for it, if a scenario states one.
        stand_in: Option<String>,
    },
}

impl Question {
    /// The query that answers it: Prometheus' own, or one that stands in for another provider.
    pub fn query(&self) -> Option<&String> {
        match self {
            Self::Prometheus { query, .. } => Some(query),
            Self::Other { stand_in, .. } => stand_in.as_ref(),
        }
    }

    /// The query, to be changed.
    pub fn query_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Prometheus { query, .. } => Some(query),
            Self::Other { stand_in, .. } => stand_in.as_mut(),
        }
    }

    /// The moments of its range query, if it is one.
    pub fn range(&self) -> Option<Trail> {
        match self {
            Self::Prometheus { range, .. } => *range,
            Self::Other { .. } => None,
        }
    }
}

/// How a `web` metric reads an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// `jsonPath`
    pub path: WebPath,
    /// `timeoutSeconds`, 10 unless set.
    pub timeout: Duration,
}

/// Which values of labels mean which version: what tells a query that reads the canary from one that reads both.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// Name of the Rollout.
    pub rollout: String,
    /// Namespace, if one is stated anywhere (`default` in substitutions otherwise).
    pub namespace: Option<String>,
    /// `canaryService`.
    pub canary_service: Option<String>,
    /// `stableService`.
    pub stable_service: Option<String>,
    /// Other Services whose selector matches the pods of both versions.
    pub shared_services: Vec<String>,
    /// Made-up pod-template-hash of the canary; what `podTemplateHashValue: Latest` gives.
    pub canary_hash: String,
    /// Made-up pod-template-hash of the stable version; what `podTemplateHashValue: Stable` gives.
    pub stable_hash: String,
    /// Pod labels of the canary alone: `canaryMetadata.labels`.
    pub canary_labels: Vec<(String, String)>,
    /// Pod labels of the stable version alone: `stableMetadata.labels`.
    pub stable_labels: Vec<(String, String)>,
    /// Pod labels in the template (the canary's; the stable version may differ in those that hold a version).
    pub pod_labels: Vec<(String, String)>,
    /// Values of arguments by `fieldRef` to a label or annotation that changes with the release (a version).
    pub canary_versions: Vec<String>,
    /// Whether the router splits by subset behind one host (Istio DestinationRule), so that hosts tell nothing.
    pub subset_routing: bool,
    /// `stableIngress` of the nginx router.
    pub stable_ingress: Option<String>,
    /// Scrape interval stated by a ServiceMonitor or PodMonitor beside the policy.
    pub scrape_interval: Option<Duration>,
}
