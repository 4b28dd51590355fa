//! Trials worth reading.

use crate::experiment::{Address, Prepared, Results};
use crate::simulator::Outcome;

/// Policies whose stories are offered, at most.
const MOST: usize = 3;

/// For each of the first policies one trial, and what it is: from the harmful world whose harm it misses most often,
/// the first miss; where it misses none, the first false rollback; where there is none either, the first trial of all.
/// Harm within every stated limit is nobody's mistake.
pub(super) fn worth_reading(prepared: &Prepared, results: &Results) -> Vec<(Address, String)> {
    let plan = &prepared.plan;
    let of = |policy: usize| {
        let mistakes = (0..plan.worlds.len()).filter_map(|world| {
            let outcomes = results.cell(policy, world);
            let first = outcomes.iter().position(is_wrong)?;
            let harmful = outcomes[first].truth.harmful;
            let count = outcomes.iter().filter(|outcome| is_wrong(outcome)).count();
            (!harmful || !plan.worlds[world].within_limits).then_some((harmful, count, first, world))
        });
        // Of equals the first.
        let worst = mistakes
            .rev()
            .max_by_key(|&(harmful, count, ..)| (harmful, count));
        let (what, first, world) = match worst {
            Some((true, _, first, world)) => ("missed harm", first, world),
            Some((false, _, first, world)) => ("a false rollback", first, world),
            None => ("a trial", 0, 0),
        };
        let named = match plan.policies.len() {
            1 => String::new(),
            _ => format!(" of {}", plan.policies[policy].policy.name),
        };
        let told = format!("{what}{named} in {}", plan.worlds[world].scenario.name);
        (
            plan.address(policy, world, results.first_seed + first as u64),
            told,
        )
    };
    (0..plan.policies.len().min(MOST)).map(of).collect()
}

/// Harmful and kept, or harmless and taken back.
fn is_wrong(outcome: &Outcome) -> bool {
    outcome.truth.harmful != outcome.ending.is_rollback()
}
