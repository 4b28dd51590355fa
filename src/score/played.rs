//! Scores of what was played: from a plan, what it was made of, and its results.

use super::input::{Cell, Policy, Reads, StaticFacts, World};
use super::table::{Table, score};
use crate::diagnostic::Documents;
use crate::experiment::{PlannedWorld, Prepared, Results};
use crate::scenario::Verdict;
use crate::scenario::inference::{self, CheckReading};

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
    /// The best that any of a policy's checks can see of the canary.
    pub fn of(readings: &[CheckReading]) -> Self {
        let best = readings.iter().map(|reading| match reading.reads {
            inference::Reads::CanaryOnly | inference::Reads::Both | inference::Reads::Unknown => Self::Canary,
            inference::Reads::Diluted => Self::Diluted,
            inference::Reads::StableOnly | inference::Reads::Nothing => Self::Nothing,
        });
        best.max().unwrap_or(Self::Nothing)
    }
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
            facts: StaticFacts::of(&planned.policy, documents, Reads::of(readings)),
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
