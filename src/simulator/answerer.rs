use std::fmt;

use super::stated::Stated;
use crate::policy::argo::spec::{CheckId, Policy, Question};
use crate::promql::{self, Plan, PlanError};
use crate::scenario::{Phase, Provider};
use crate::series::Layout;

/// Who answers a check.
#[derive(Debug)]
pub(super) enum Answerer {
    /// A planned query.
    Query(Box<Plan>),
    /// A provider that is not simulated: what the scenario states, otherwise it passes.
    Stated(Box<Stated>),
}

impl Answerer {
    pub(super) fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Query(plan) => Some(plan),
            Self::Stated(_) => None,
        }
    }
}

/// A check whose query cannot be asked in this world.
#[derive(Clone, Debug, PartialEq)]
pub struct StageError {
    /// The check.
    pub check: CheckId,
    /// Where in its query, and why.
    pub errors: Vec<PlanError>,
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons: Vec<&str> = self.errors.iter().map(|error| error.message.as_str()).collect();
        f.write_str(&reasons.join("; "))
    }
}

/// Who answers the checks of `policy`, in their order, where the series of `layout` are.
///
/// # Errors
///
/// All checks whose queries cannot be asked.
pub(super) fn answerers(
    policy: &Policy,
    layout: &Layout,
    (providers, harmful): (&[Provider], bool),
    settings: &promql::Settings,
) -> Result<Vec<Answerer>, Vec<StageError>> {
    let mut answerers = Vec::with_capacity(policy.checks.len());
    let mut refused = Vec::new();
    for (number, check) in policy.checks.iter().enumerate() {
        match &check.question {
            Question::Other { web, .. } => {
                let provider = stated(providers, &check.name);
                let stated = Stated::new(&provider, &check.name, web.as_ref(), harmful);
                answerers.push(Answerer::Stated(Box::new(stated)));
            }
            Question::Prometheus { query } => match plan(query, layout, settings) {
                Ok(plan) => answerers.push(Answerer::Query(Box::new(plan))),
                Err(errors) => refused.push(StageError {
                    check: CheckId(number),
                    errors,
                }),
            },
        }
    }
    if refused.is_empty() {
        Ok(answerers)
    } else {
        Err(refused)
    }
}

fn plan(query: &str, layout: &Layout, settings: &promql::Settings) -> Result<Plan, Vec<PlanError>> {
    let expr = promql::parse(query).map_err(|error| {
        vec![PlanError {
            at: error.at,
            message: error.message,
            help: error.help,
            unsupported: false,
        }]
    })?;
    Plan::new(&expr, layout, settings)
}

fn stated(providers: &[Provider], check: &str) -> Provider {
    let states = providers
        .iter()
        .find(|provider| provider.check == check || provider.check == "*");
    states
        .cloned()
        .unwrap_or_else(|| Provider::new(check, Phase::Successful))
}
