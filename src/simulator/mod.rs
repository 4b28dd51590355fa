//! Plays one trial: agenda, trace, outcome.

mod outcome;

pub use outcome::{CheckTally, Ending, Outcome, Truth};
