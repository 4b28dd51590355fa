//! Scores of what was played: from a plan, what it was made of, and its results.

use super::input::{Cell, Policy, Reads, StaticFacts, World};
use super::table::{Table, score};
use crate::diagnostic::Documents;
use crate::experiment::{PlannedWorld, Prepared, Results};
use crate::policy::argo::spec::{Check, Question};
use crate::scenario::inference::{self, CheckReading};
use crate::scenario::{Operator, Verdict};

impl World {
    /// A planned world as scores see it.
    pub fn of(planned: &PlannedWorld) -> Self {
        Self {
            name: planned.scenario.name.clone(),
            harmful: planned.scenario.truth == Verdict::Harmful,
            within_limits: planned.within_limits,
            horizon: planned.horizon,
        }
    }
}

impl Reads {
    /// The best that any of a policy's checks can see of the canary. A query that was not understood has the benefit of
    /// the doubt.
    pub fn of(checks: &[Check], readings: &[CheckReading]) -> Self {
        let best = checks.iter().zip(readings).map(|(check, reading)| {
            if let Question::Other { .. } = check.question {
                return Self::Stated;
            }
            match reading.reads {
                inference::Reads::CanaryOnly | inference::Reads::Both | inference::Reads::Unknown => {
                    Self::Canary
                }
                inference::Reads::Diluted => Self::Diluted,
                inference::Reads::StableOnly | inference::Reads::Nothing => Self::Nothing,
            }
        });
        best.max().unwrap_or(Self::Nothing)
    }
}

/// Who comes in every world.
fn person(worlds: &[PlannedWorld]) -> Option<String> {
    let mut people = worlds.iter().map(|world| match world.scenario.operator {
        Operator::PromotesAfter(after) | Operator::AbortsAfter(after) if after >= world.horizon => {
            Operator::Nobody
        }
        operator => operator,
    });
    let first = people.next()?;
    (first != Operator::Nobody && people.all(|other| other == first)).then(|| first.to_string())
}

/// Scores `results` of the plan in `prepared`; `documents` are those it was prepared from.
pub fn played(documents: &Documents, prepared: &Prepared, results: &Results) -> Table {
    let plan = &prepared.plan;
    let policies: Vec<Policy> = plan
        .policies
        .iter()
        .zip(&prepared.readings)
        .map(|(planned, readings)| Policy {
            name: planned.policy.name.clone(),
            checks: planned
                .policy
                .checks
                .iter()
                .map(|check| check.name.clone())
                .collect(),
            facts: StaticFacts {
                person: person(&plan.worlds),
                ..StaticFacts::of(
                    &planned.policy,
                    documents,
                    Reads::of(&planned.policy.checks, readings),
                )
            },
        })
        .collect();
    let worlds: Vec<World> = plan.worlds.iter().map(World::of).collect();
    let mut cells = Vec::new();
    for policy in 0..policies.len() {
        for world in 0..worlds.len() {
            let first = plan.address(policy, world, results.first_seed);
            let address = match results.seeds {
                1 => first.to_string(),
                seeds => format!("{first}..{}", results.first_seed + seeds - 1),
            };
            cells.push(Cell {
                policy,
                world,
                outcomes: results.cell(policy, world),
                address,
            });
        }
    }
    score(&policies, &worlds, &cells, results.first_seed)
}
