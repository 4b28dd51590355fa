use std::fmt;

use rayon::prelude::*;
use serde::Serialize;

use super::figure::{FigureName, Unit};
use super::input::{Cell, World};
use super::row::{missed, restricted, time_to_detect, time_to_promote};
use crate::simulator::Outcome;
use crate::stats::{self, Estimate, Pairs};

/// One policy beside the first policy of the table, same world, same seeds, pair by pair.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Index of the policy.
    pub policy: usize,
    /// Index of the policy it is compared with: the first.
    pub against: usize,
    /// Index of the world.
    pub world: usize,
    /// What is compared.
    pub figure: FigureName,
    /// Unit of the difference.
    pub unit: Unit,
    /// This policy minus the first: below zero is better. `n` counts pairs.
    pub difference: Estimate,
    /// Differences up to this, either way, count as none.
    pub margin: f64,
    /// Chance of a difference this large if there were none: McNemar's exact test for shares, a paired t test for
    /// means.
    pub p: f64,
    /// The same, corrected by Holm's method for all comparisons of the table.
    pub p_holm: f64,
    /// What can be said.
    pub word: Word,
}

/// What can be said of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Better than the first policy, corrected for the number of comparisons.
    Better,
    /// Worse than the first policy, corrected for the number of comparisons.
    Worse,
    /// The whole interval lies within the margin.
    Same,
    /// These trials do not tell.
    CannotTell,
}

impl Word {
    fn of(difference: &Estimate, margin: f64, p_holm: f64) -> Self {
        if -margin <= difference.low && difference.high <= margin {
            Self::Same
        } else if p_holm >= 1.0 - difference.level || difference.holds(0.0) {
            Self::CannotTell
        } else if difference.point < 0.0 {
            Self::Better
        } else {
            Self::Worse
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Same => "same",
            Self::CannotTell => "cannot tell",
        })
    }
}

/// Every policy beside policy 0 in every world that both have; `seed` is that of the bootstrap.
pub(super) fn comparisons(worlds: &[World], cells: &[Cell<'_>], seed: u64) -> Vec<Comparison> {
    let first_in = |world| cells.iter().find(|cell| cell.policy == 0 && cell.world == world);
    let mut comparisons: Vec<Comparison> = cells
        .par_iter()
        .filter(|cell| cell.policy != 0)
        .filter_map(|cell| Some((cell, first_in(cell.world)?)))
        .flat_map_iter(|(cell, first)| beside(&worlds[cell.world], cell, first, seed))
        .collect();
    let p_values: Vec<f64> = comparisons.iter().map(|comparison| comparison.p).collect();
    for (comparison, p_holm) in comparisons.iter_mut().zip(stats::holm(&p_values)) {
        comparison.p_holm = p_holm;
        comparison.word = Word::of(&comparison.difference, comparison.margin, p_holm);
    }
    comparisons
}

fn beside(world: &World, cell: &Cell<'_>, first: &Cell<'_>, seed: u64) -> Vec<Comparison> {
    let shares = |figure, counts: fn(&Outcome) -> bool| {
        let pairs = Pairs::count(
            cell.outcomes
                .iter()
                .zip(first.outcomes)
                .map(|(a, b)| (counts(a), counts(b))),
        );
        Some((figure, pairs.difference()?, 0.01, pairs.mcnemar()))
    };
    // A tenth of the first policy's mean is no difference, nor is a quarter of a minute (a request).
    let means = |figure, values: &dyn Fn(&[Outcome]) -> Vec<f64>, least: f64| {
        let (these, those) = (values(cell.outcomes), values(first.outcomes));
        let found = stats::mean_difference(&these, &those, seed)?;
        let mean = those.iter().sum::<f64>() / those.len() as f64;
        Some((figure, found.estimate, least.max(mean / 10.0), found.p))
    };
    let time = |figure, time: fn(&Outcome) -> f64| {
        means(figure, &|outcomes| restricted(world, outcomes, time), 15.0)
    };
    let requests = |outcomes: &[Outcome]| outcomes.iter().map(|outcome| outcome.blast_radius).collect();
    let found = if world.harmful {
        vec![
            shares(FigureName::MissedHarm, missed),
            time(FigureName::TimeToDetectMean, time_to_detect),
            means(FigureName::BlastRadius, &requests, 1.0),
        ]
    } else {
        vec![
            shares(FigureName::FalseRollbacks, |outcome| outcome.ending.is_rollback()),
            time(FigureName::TimeToPromoteMean, time_to_promote),
        ]
    };
    let comparison = |(figure, difference, margin, p): (FigureName, Estimate, f64, f64)| Comparison {
        policy: cell.policy,
        against: first.policy,
        world: cell.world,
        figure,
        unit: figure.unit(),
        difference,
        margin,
        p,
        p_holm: p,
        word: Word::CannotTell,
    };
    found.into_iter().flatten().map(comparison).collect()
}
