//! Requests that reach a canary by other ways than its weight.

use serde::{Deserialize, Serialize};

use super::Scenario;
use super::onset::{Cause, Onset};
use crate::diagnostic::Finding;
use crate::policy::argo::route::{Header, Leads, Text};
use crate::policy::argo::spec::{Canary, Policy, StepKind};
use crate::units::Duration;

/// A header that a part of the requests carry. No request carries two of those of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Carried {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The part of all requests.
    pub part: f64,
}

/// Requests that somebody sends straight to the canary's Service for a while: a smoke test, shadow traffic. They come
/// while the canary has pods.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Probing {
    /// Requests per second.
    pub rate: f64,
    /// Copies of this part of the users' requests, made before any router of the policy.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub copies: f64,
    /// When they begin. Nothing takes the place of a step that never comes.
    pub onset: Onset,
    /// When they end.
    pub until: Until,
}

/// When something that began ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Until {
    /// Never.
    Ever,
    /// So long after it began.
    After(Duration),
    /// When the step that it waited for is over.
    Over,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

impl Probing {
    /// From the rollout's start on, for good.
    pub const fn always(rate: f64) -> Self {
        Self {
            rate,
            copies: 0.0,
            onset: Onset::at(Cause::Start),
            until: Until::Ever,
        }
    }
}

/// What there is to say about the routes of `policy` in these worlds: header routes that lead nobody.
pub fn unused_routes(policy: &Policy, worlds: &[&Scenario]) -> Vec<Finding> {
    let Some(canary) = policy.strategy.canary() else {
        return Vec::new();
    };
    let nobody = |headers: &[Header]| {
        let carries = |world: &&Scenario| {
            let fits = |carried: &Carried| {
                headers
                    .iter()
                    .any(|header| header.fits(&carried.name, &carried.value))
            };
            world.traffic.carrying(fits) > 0.0
        };
        !worlds.iter().any(carries)
    };
    let mut found = Vec::new();
    for (number, step) in canary.steps.iter().enumerate() {
        let routes = step.routes.iter();
        let headers = routes.filter_map(|route| match &route.leads {
            Leads::Headers(headers) if nobody(headers) => headers.first(),
            _ => None,
        });
        for header in headers {
            let message =
                format!("nobody carries {header} in these worlds: this route leads no request to the canary");
            let finding = match looks_at_nothing(canary, number) {
                Some(look) => Finding::warning(message)
                    .at(step.span, "")
                    .at(canary.steps[look].span, "looks at a canary without requests"),
                None => Finding::note(message).at(step.span, ""),
            };
            let value = match &header.value {
                Text::Exact(value) | Text::Prefix(value) => value.as_str(),
                Text::Regex(_) => "…",
            };
            let example = format!("{{name: {}, value: \"{value}\", part: 5%}}", header.name);
            found.push(finding.help(format!(
                "say in a Scenario how many do: traffic: {{headers: [{example}]}}"
            )));
        }
    }
    found
}

/// The first analysis from the step with this index on, if the weight is 0 there.
fn looks_at_nothing(canary: &Canary, number: usize) -> Option<usize> {
    let weight = |step: usize| {
        let before = canary.steps[..=step].iter().rev();
        let mut weights = before.filter_map(|step| match step.kind {
            StepKind::SetWeight(weight) => Some(weight),
            _ => None,
        });
        weights.next().unwrap_or(0)
    };
    let background = |step: usize| {
        let looks = canary
            .background
            .as_ref()
            .is_some_and(|background| background.starting_step <= step);
        looks && matches!(canary.steps[step].kind, StepKind::Pause(_))
    };
    let looks = |&step: &usize| matches!(canary.steps[step].kind, StepKind::Analysis(_)) || background(step);
    let first = (number..canary.steps.len()).find(looks)?;
    (weight(first) == 0).then_some(first)
}
