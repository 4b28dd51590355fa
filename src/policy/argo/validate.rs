//! What the controller refuses of the metrics of a run, before its first look.

use super::duration;
use super::int_or_string::IntOrString;
use super::metric::Filled;
use super::refusal::{Refusal, Stage};

/// Everything that is wrong, in the controller's words and order; the controller itself stops at the first
/// (argo-rollouts `ValidateMetrics`).
pub fn metrics(metrics: &[Filled<'_>]) -> Vec<Refusal> {
    if metrics.is_empty() {
        return vec![Refusal::new(Stage::Validate, "no metrics specified", None)];
    }
    let mut refusals = Vec::new();
    for (n, metric) in metrics.iter().enumerate() {
        let mut refuse = |field: &str, message: &str| {
            let message = format!("metrics[{n}]: {message}");
            refusals.push(Refusal::new(Stage::Validate, message, Some(metric.place(field))));
        };
        if metrics[..n].iter().any(|earlier| earlier.name == metric.name) {
            refuse("name", &format!("duplicate name '{}'", metric.name));
        }
        limits(metric, &mut refuse);
        times(metric, &mut refuse);
        match metric.providers.len() {
            0 => refuse("provider", "no provider specified"),
            1 => {}
            _ => refuse("provider", "multiple providers specified"),
        }
    }
    refusals
}

fn limits(metric: &Filled<'_>, refuse: &mut impl FnMut(&str, &str)) {
    let number = |field: &Option<IntOrString>| field.as_ref().map_or(0, IntOrString::number);
    let failures = number(&metric.failure_limit);
    let successes = number(&metric.consecutive_success_limit);
    let inconclusive = number(&metric.inconclusive_limit);
    let count = number(&metric.count);
    if successes < 0 {
        refuse("consecutiveSuccessLimit", "consecutiveSuccessLimit must be >= 0");
    }
    if failures < -1 {
        refuse("failureLimit", "failureLimit must be >= 0, or -1 to be disabled");
    }
    if successes == 0 && failures == -1 {
        refuse(
            "failureLimit",
            "failureLimit and consecutiveSuccessLimit cannot both be disabled",
        );
    }
    if inconclusive < 0 {
        refuse("inconclusiveLimit", "inconclusiveLimit must be >= 0");
    }
    if number(&metric.consecutive_error_limit) < 0 {
        refuse("consecutiveErrorLimit", "consecutiveErrorLimit must be >= 0");
    }
    if count <= 0 {
        return;
    }
    if failures >= 0 && count < failures.saturating_add(successes) {
        let rule = "must be >= failureLimit + consecutiveSuccessLimit";
        refuse(
            "count",
            &format!("count ({count}) {rule} ({failures} + {successes}) if both >= 0"),
        );
    }
    if failures == -1 && count < successes {
        refuse("count", "count must be >= consecutiveSuccessLimit");
    }
    if count < inconclusive {
        refuse("count", "count must be >= inconclusiveLimit");
    }
}

fn times(metric: &Filled<'_>, refuse: &mut impl FnMut(&str, &str)) {
    let count = metric.count.as_ref().map_or(0, IntOrString::number);
    if count > 1 && metric.interval.is_none() {
        refuse("count", "interval must be specified when count > 1");
    }
    if let Some(Err(error)) = metric.interval.as_ref().map(|interval| duration::parse(interval)) {
        refuse("interval", &format!("invalid interval string: {error}"));
    }
    if let Some(Err(error)) = metric.initial_delay.as_ref().map(|delay| duration::parse(delay)) {
        refuse("initialDelay", &format!("invalid startDelay string: {error}"));
    }
}
