//! Figures by name, unit and direction, from outcomes.
//!
//! What goes in: [`Policy`]s with what is known of them without playing ([`StaticFacts`]), [`World`]s, and a [`Cell`]
//! of outcomes for each policy in each world. What comes
//! out of [`score`] is one [`Table`]: a [`Row`] of [`Figure`]s for each cell,
//! a [`Verdict`] for each policy, a [`Comparison`] of every policy with the first, and [`Caveat`]s with their advice.

mod attribution;
mod between;
mod caveat;
mod comparison;
mod endings;
mod facts;
mod figure;
mod input;
mod number;
mod played;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod verdict;
pub mod words;

pub use attribution::{Attribution, CheckRole};
pub use between::{Days, Recorded};
pub use caveat::Caveat;
pub use comparison::{Comparison, Word};
pub use endings::{Part, Parts};
pub use figure::{Direction, Figure, FigureName, Unit};
pub use input::{Cell, CheckFact, OwnPause, Policy, Reads, StaticFacts, World};
pub use number::{BetweenDays, Number};
pub use played::{days_of, played};
pub use table::{FlatRow, PolicyScore, RecordedTime, Row, Table, flat, score, score_over};
pub use verdict::{Rule, Verdict, first_false_rollbacks, is_blamed, most_harm};
