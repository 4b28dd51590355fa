use std::fmt;

use super::stated::Stated;
use crate::policy::argo::spec::{CheckId, Policy, Question};
use crate::promql::{self, Plan, PlanError, Trail};
use crate::scenario::{Phase, Provider};
use crate::series::Layout;

/// Who answers a check.
#[derive(Debug)]
pub(super) enum Answerer {
    /// A planned query.
    Query(Box<Plan>),
    /// A planned query that stands in for a provider, and how well that provider answers.
    StandIn(Box<(Plan, Stated)>),
    /// A provider that is not simulated: what the scenario states, otherwise it passes.
    Stated(Box<Stated>),
}

impl Answerer {
    pub(super) fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Query(plan) => Some(plan),
            Self::StandIn(both) => Some(&both.0),
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
    let mut refuse = |number, errors| {
        let check = CheckId(number);
        refused.push(StageError { check, errors });
    };
    for (number, check) in policy.checks.iter().enumerate() {
        match &check.question {
            Question::Other { web, stand_in, .. } => {
                let known = Provider::of(providers, &check.name);
                // A world may state something else of a check for which a query stands in elsewhere; that it errs at times
                // is nothing else.
                let query = stand_in.as_ref().filter(|_| {
                    known.is_none_or(|provider| provider.query.is_some() || provider.only_hinders)
                });
                let passes = Provider::new(&check.name, Phase::Successful);
                let stated = Stated::new(known.unwrap_or(&passes), &check.name, web.as_ref(), harmful);
                match query.map(|query| plan(query, None, layout, settings)) {
                    None => answerers.push(Answerer::Stated(Box::new(stated))),
                    Some(Ok(plan)) => answerers.push(Answerer::StandIn(Box::new((plan, stated)))),
                    Some(Err(errors)) => refuse(number, errors),
                }
            }
            Question::Prometheus { query, range } => match plan(query, *range, layout, settings) {
                Ok(plan) => answerers.push(Answerer::Query(Box::new(plan))),
                Err(errors) => refuse(number, errors),
            },
        }
    }
    if refused.is_empty() {
        Ok(answerers)
    } else {
        Err(refused)
    }
}

fn plan(
    query: &str,
    range: Option<Trail>,
    layout: &Layout,
    settings: &promql::Settings,
) -> Result<Plan, Vec<PlanError>> {
    let expr = promql::parse(query).map_err(|error| {
        vec![PlanError {
            at: error.at,
            message: error.message,
            help: error.help,
            unsupported: false,
        }]
    })?;
    Plan::of(&expr, layout, settings, range)
}
