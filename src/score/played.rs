//! Scores of what was played: from a plan, what it was made of, and its results.

use super::between::Recorded;
use super::caveat::Caveat;
use super::input::{Cell, Policy, Reads, StaticFacts, World};
use super::table::{Table, score, score_over};
use crate::diagnostic::Documents;
use crate::experiment::{Plan, PlannedWorld, Prepared, Recorded as PlannedRecording, Results};
use crate::policy::argo::spec::Check;
use crate::scenario::inference::{self, CheckReading};
use crate::scenario::{Operator, Verdict};
use crate::seed::Seed;
use crate::world::Past;

impl World {
    /// A planned world as scores see it.
    pub fn of(planned: &PlannedWorld) -> Self {
        Self {
            name: planned.scenario.name.clone(),
            description: planned.scenario.description.trim_end_matches('.').to_owned(),
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
            if check.question.query().is_none() {
                return Self::Stated;
            }
            match reading.reads {
                inference::Reads::CanaryOnly
                | inference::Reads::Active
                | inference::Reads::Both
                | inference::Reads::Unknown => Self::Canary,
                inference::Reads::Diluted => Self::Diluted,
                inference::Reads::StableOnly | inference::Reads::Nothing => Self::Nothing,
            }
        });
        best.max().unwrap_or(Self::Nothing)
    }
}

/// Who comes in every world.
fn person(worlds: &[PlannedWorld]) -> Option<String> {
    let visits = &worlds.first()?.scenario.people;
    let alike = worlds.iter().all(|world| world.scenario.people == *visits);
    if !visits.is_empty() && alike {
        let told: Vec<String> = visits.iter().map(ToString::to_string).collect();
        return Some(told.join("; "));
    }
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
            checks: planned.policy.check_names(),
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
    match &plan.recorded {
        None => score(&policies, &worlds, &cells, results.first_seed),
        Some(recorded) => {
            let recorded = over(plan, recorded, results);
            score_over(&policies, &worlds, &cells, results.first_seed, &recorded)
        }
    }
}

/// The recorded days of all seeds, and what to keep in mind about worlds over a recording.
fn over(plan: &Plan, recorded: &PlannedRecording, results: &Results) -> Recorded {
    let past = &recorded.past;
    let caveats = plan.worlds.iter().map(|world| caveats(world, past));
    Recorded {
        days: days_of(recorded, results),
        seconds: past.length().as_secs_f64(),
        caveats: caveats.collect(),
    }
}

/// The recorded day on which the trial of each seed begins, in the order of the seeds.
pub fn days_of(recorded: &PlannedRecording, results: &Results) -> Vec<u32> {
    let seeds = results.first_seed..results.first_seed + results.seeds;
    seeds
        .map(|seed| recorded.past.day_of(Seed(seed)) as u32)
        .collect()
}

/// The limits within which a world over `past` holds.
fn caveats(world: &PlannedWorld, past: &Past) -> Vec<Caveat> {
    let scenario = &world.scenario;
    let mut caveats = Vec::new();
    let rollouts = past.length().as_secs_f64() / world.horizon.as_secs_f64().max(1.0);
    if rollouts < 100.0 {
        caveats.push(Caveat::FewRollouts { rollouts });
    }
    if let Some(recorded) = past.recorded_share() {
        caveats.push(Caveat::UpWeighted { recorded });
    }
    caveats.push(Caveat::NoFeedback);
    if scenario.cold_start.is_none() && scenario.truth == Verdict::Harmless {
        caveats.push(Caveat::WarmTraffic);
    }
    match past.dispersion() {
        None => caveats.push(Caveat::UnknownStickiness),
        Some(found) if found.is_sticky() => caveats.push(Caveat::Sticky { ratio: found.ratio }),
        Some(found) if found.is_even() => caveats.push(Caveat::Even { ratio: found.ratio }),
        Some(_) => {}
    }
    let errors = scenario
        .faults
        .iter()
        .map(|fault| fault.errors)
        .chain(scenario.disturbances.iter().map(|one| one.errors));
    if errors
        .chain(scenario.cold_start.map(|cold| cold.errors))
        .any(|errors| errors > 0.0)
    {
        caveats.push(Caveat::InjectedErrors);
    }
    let slow = scenario
        .faults
        .iter()
        .map(|fault| fault.latency)
        .chain(scenario.disturbances.iter().map(|one| one.latency));
    if slow.into_iter().any(|factor| factor != 1.0) {
        caveats.push(match past.has_buckets() {
            true => Caveat::InterpolatedLatency,
            false => Caveat::LatencyBySums,
        });
    }
    caveats
}
