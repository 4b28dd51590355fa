use std::fmt;

use rayon::prelude::*;
use serde::Serialize;

use super::between::Days;
use super::figure::{FigureName, Unit};
use super::input::{Cell, World};
use super::number::Number;
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
    /// This policy minus the first: below zero is better. Its trials are pairs.
    pub difference: Number,
    /// Differences up to this, either way, count as none.
    pub margin: f64,
    /// Chance of a difference this large if there were none: McNemar's exact test for shares, a paired t test for
    /// means.
    pub p: f64,
    /// The same, corrected by Holm's method for all comparisons of the table.
    pub p_holm: f64,
    /// What can be said of these trials; of a world over a recording, see [`Comparison::is_settled`].
    pub word: Word,
}

impl Comparison {
    /// Whether the word would stand on other days too: the interval between recorded days lies on the same side of
    /// zero, or within the margin. With one day nothing can be said. `None` where nothing was recorded or no word was
    /// found.
    pub fn is_settled(&self) -> Option<bool> {
        let days = self.difference.between_days()?;
        let ends = days.ends();
        let settled = |holds: fn(f64, f64, f64) -> bool| {
            Some(ends.is_some_and(|(low, high)| holds(low, high, self.margin)))
        };
        match self.word {
            Word::Better => settled(|_, high, _| high < 0.0),
            Word::Worse => settled(|low, _, _| low > 0.0),
            Word::Same => settled(|low, high, margin| -margin <= low && high <= margin),
            Word::CannotTell => None,
        }
    }
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
pub(super) fn comparisons(
    worlds: &[World],
    cells: &[Cell<'_>],
    days: Days<'_>,
    seed: u64,
) -> Vec<Comparison> {
    let first_in = |world| cells.iter().find(|cell| cell.policy == 0 && cell.world == world);
    let mut comparisons: Vec<Comparison> = cells
        .par_iter()
        .filter(|cell| cell.policy != 0)
        .filter_map(|cell| Some((cell, first_in(cell.world)?)))
        .flat_map_iter(|(cell, first)| beside(&worlds[cell.world], cell, first, days, seed))
        .collect();
    let p_values: Vec<f64> = comparisons.iter().map(|comparison| comparison.p).collect();
    for (comparison, p_holm) in comparisons.iter_mut().zip(stats::holm(&p_values)) {
        comparison.p_holm = p_holm;
        comparison.word = Word::of(comparison.difference.of_trials(), comparison.margin, p_holm);
    }
    comparisons
}

fn beside(world: &World, cell: &Cell<'_>, first: &Cell<'_>, days: Days<'_>, seed: u64) -> Vec<Comparison> {
    let shares = |figure, counts: fn(&Outcome) -> bool| {
        let both = || cell.outcomes.iter().zip(first.outcomes);
        let pairs = Pairs::count(both().map(|(a, b)| (counts(a), counts(b))));
        let one = |outcome| f64::from(u8::from(counts(outcome)));
        let differences = both().map(|(a, b)| one(a) - one(b));
        let difference = days.mean_within(pairs.difference()?, differences, (-1.0, 1.0));
        Some((figure, difference, 0.01, pairs.mcnemar()))
    };
    // A tenth of the first policy's mean is no difference, nor is a quarter of a minute (a request).
    let means = |figure, values: &dyn Fn(&[Outcome]) -> Vec<f64>, least: f64| {
        let (these, those) = (values(cell.outcomes), values(first.outcomes));
        let found = stats::mean_difference(&these, &those, seed)?;
        let mean = those.iter().sum::<f64>() / those.len() as f64;
        // As far as any two values lie apart, two may differ on another day.
        let reach = stats::spread(these.iter().chain(&those));
        let differences = these.iter().zip(&those).map(|(a, b)| a - b);
        let difference = days.mean_within(found.estimate, differences, (-reach, reach));
        Some((figure, difference, least.max(mean / 10.0), found.p))
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
    let comparison = |(figure, difference, margin, p): (FigureName, Number, f64, f64)| Comparison {
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
