use std::fmt;

use serde::Serialize;

use super::figure::{FigureName, Unit};
use crate::stats::Estimate;

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
    /// Chance of a difference this large if there were none.
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
