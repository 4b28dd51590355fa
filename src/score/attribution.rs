use serde::Serialize;

use super::between::Days;
use super::endings::Part;
use super::input::World;
use crate::simulator::{Ending, Outcome};

/// Who rolled back the trials of a row. In a harmless world these are its false rollbacks, in a harmful one the harm
/// caught (rolled back before onset is neither and left out).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attribution {
    /// Rollbacks attributed.
    pub rollbacks: u64,
    /// Each check's part, in the order of the policy's checks; empty when nothing was rolled back.
    pub checks: Vec<CheckRole>,
}

/// One check's part in the rollbacks of a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckRole {
    /// Name of the check.
    pub check: String,
    /// Rollbacks that it decided.
    pub decided: Part,
    /// Rollbacks that would not have come without it (same luck, check left out).
    pub alone: Part,
}

impl Attribution {
    /// Attributes the rollbacks among `outcomes` to `checks`.
    pub(super) fn of(checks: &[String], world: &World, outcomes: &[Outcome], days: Days<'_>) -> Self {
        let attributed = |outcome: &Outcome| {
            let before_onset = outcome.ending == Ending::RolledBackBeforeOnset;
            outcome.ending.is_rollback() && !(world.harmful && before_onset)
        };
        let part = |counts: &dyn Fn(&Outcome) -> bool| {
            let value = |outcome| attributed(outcome).then(|| counts(outcome));
            Part::of(days, outcomes.iter().map(value))
        };
        let role = |(index, check): (usize, &String)| {
            Some(CheckRole {
                check: check.clone(),
                decided: part(&|outcome| outcome.decided_by.map(usize::from) == Some(index))?,
                alone: part(&|outcome| outcome.rolled_back_without.get(index) == Some(&false))?,
            })
        };
        Self {
            rollbacks: outcomes.iter().filter(|outcome| attributed(outcome)).count() as u64,
            checks: checks.iter().enumerate().filter_map(role).collect(),
        }
    }

    /// The check that decided more than half of the rollbacks.
    pub fn main(&self) -> Option<&CheckRole> {
        self.checks
            .iter()
            .find(|role| 2 * role.decided.count > self.rollbacks)
    }
}
