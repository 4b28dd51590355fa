//! Trials worth reading.

use crate::diagnostic::Documents;
use crate::experiment::{Address, Prepared, Results};
use crate::report::Told;
use crate::score::{Row, Table, first_false_rollbacks, most_harm};
use crate::simulator::Outcome;
use crate::units::Duration;

/// Policies whose stories are offered, at most.
const MOST: usize = 3;

/// How trials are chosen, in words.
pub(super) const RULE: &str = "Of each of the first three policies, where there is one: the missed harm in the middle, by requests harmed, of \
     the harmful world where most are harmed among those it misses more than 5 % of (none: where it misses most; harm \
     within every stated limit left aside); the false rollback in the middle, by when it came, of the first harmless \
     world with more than 5 % of them (none: the first that has one); and the latest detection in any harmful world. \
     Of an even number the lower middle, of equals the lowest seed.";

/// One trial, and why it is shown.
struct Chosen {
    world: usize,
    /// Counted from the first seed.
    seed: usize,
    why: String,
}

/// For each of the first policies one trial, and what it is: the first that [`RULE`] finds; where it finds none, the
/// first trial of all.
pub(super) fn worth_reading(prepared: &Prepared, results: &Results, table: &Table) -> Vec<(Address, String)> {
    let plan = &prepared.plan;
    let of = |policy: usize| {
        let chosen = hardest(prepared, results, table, policy).into_iter().next();
        let chosen = chosen.unwrap_or_else(|| Chosen {
            world: 0,
            seed: 0,
            why: "a trial".to_owned(),
        });
        let named = match plan.policies.len() {
            1 => String::new(),
            _ => format!(" of {}", plan.policies[policy].policy.name),
        };
        let told = format!(
            "{}{named} in {}",
            chosen.why, plan.worlds[chosen.world].scenario.name
        );
        (address(prepared, results, policy, &chosen), told)
    };
    (0..plan.policies.len().min(MOST)).map(of).collect()
}

/// All that [`RULE`] finds, played again and told; `elsewhere` is what a call has to say of the ledger's place.
pub(super) fn told(
    documents: &Documents,
    prepared: &Prepared,
    results: &Results,
    table: &Table,
    elsewhere: &str,
) -> Vec<Told> {
    let plan = &prepared.plan;
    let mut told = Vec::new();
    for policy in 0..plan.policies.len().min(MOST) {
        for chosen in hardest(prepared, results, table, policy) {
            let address = address(prepared, results, policy, &chosen);
            // It was played before, so it can be played again.
            let Ok(watched) = plan.watch(policy, chosen.world, address.seed) else {
                continue;
            };
            let subject = &plan.policies[policy].policy;
            let scenario = &plan.worlds[chosen.world].scenario;
            let mut one = Told::new(
                documents,
                subject,
                scenario,
                &watched,
                address.to_string(),
                address.seed,
            );
            one.why = chosen.why;
            one.command.push_str(elsewhere);
            told.push(one);
        }
    }
    told
}

fn address(prepared: &Prepared, results: &Results, policy: usize, chosen: &Chosen) -> Address {
    let seed = results.first_seed + chosen.seed as u64;
    prepared.plan.address(policy, chosen.world, seed)
}

fn hardest(prepared: &Prepared, results: &Results, table: &Table, policy: usize) -> Vec<Chosen> {
    let found = [
        missed(prepared, results, table, policy),
        false_rollback(prepared, results, table, policy),
        latest(prepared, results, policy),
    ];
    found.into_iter().flatten().collect()
}

/// Worlds whose harm some limit should have caught.
fn blamed(prepared: &Prepared) -> impl Iterator<Item = usize> {
    let worlds = prepared.plan.worlds.iter().enumerate();
    worlds
        .filter(|(_, world)| !world.within_limits)
        .map(|(index, _)| index)
}

/// The worlds of the verdict where it has some, else the next best.
fn missed(prepared: &Prepared, results: &Results, table: &Table, policy: usize) -> Option<Chosen> {
    let is_missed = |outcome: &&Outcome| outcome.truth.harmful && !outcome.ending.is_rollback();
    let misses = blamed(prepared).map(|world| {
        let count = results.cell(policy, world).iter().filter(is_missed).count();
        (count, world)
    });
    // Of equals the first.
    let most = misses.fold((0, 0), |most, next| if next.0 > most.0 { next } else { most });
    let world = most_harm(&table.worlds, rows(table, policy)).map_or(most.1, |row| row.world);
    let count = results.cell(policy, world).iter().filter(is_missed).count();
    let seed = middle(results.cell(policy, world), |outcome| {
        is_missed(&outcome).then_some(outcome.blast_radius)
    })?;
    let why = format!("missed harm, the middle one of {count}");
    Some(Chosen { world, seed, why })
}

fn rows(table: &Table, policy: usize) -> impl Iterator<Item = &Row> {
    table.rows.iter().filter(move |row| row.policy == policy)
}

fn false_rollback(prepared: &Prepared, results: &Results, table: &Table, policy: usize) -> Option<Chosen> {
    let came = |outcome: &Outcome| {
        let wrong = !outcome.truth.harmful && outcome.ending.is_rollback();
        Some(outcome.rolled_back_at.filter(|_| wrong)?.as_secs_f64())
    };
    let common = first_false_rollbacks(&table.worlds, rows(table, policy)).map(|row| row.world);
    let mut worlds = common.into_iter().chain(0..prepared.plan.worlds.len());
    worlds.find_map(|world| {
        let outcomes = results.cell(policy, world);
        let seed = middle(outcomes, came)?;
        let count = outcomes.iter().filter_map(came).count();
        let why = format!("false rollback, the middle one of {count}");
        Some(Chosen { world, seed, why })
    })
}

fn latest(prepared: &Prepared, results: &Results, policy: usize) -> Option<Chosen> {
    let mut latest: Option<(Duration, usize, usize)> = None;
    for world in blamed(prepared) {
        for (seed, outcome) in results.cell(policy, world).iter().enumerate() {
            let Some(length) = outcome.time_to_detect() else {
                continue;
            };
            if latest.is_none_or(|(longest, ..)| length > longest) {
                latest = Some((length, world, seed));
            }
        }
    }
    let (_, world, seed) = latest?;
    let why = "latest detection".to_owned();
    Some(Chosen { world, seed, why })
}

/// Where the lower middle of those outcomes lies that have a `size`.
fn middle(outcomes: &[Outcome], size: impl Fn(&Outcome) -> Option<f64>) -> Option<usize> {
    let sizes = outcomes.iter().enumerate();
    let mut sizes: Vec<(f64, usize)> = sizes
        .filter_map(|(seed, outcome)| Some((size(outcome)?, seed)))
        .collect();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let middle = sizes.len().checked_sub(1)? / 2;
    Some(sizes[middle].1)
}
