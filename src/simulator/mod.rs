//! Plays one trial: agenda, trace, outcome.
//!
//! ```text
//!            weight             share             samples            reading
//! controller ──────► router ──────────► world ──────────► promql ──────────► analysis ──► controller
//! ```
//!
//! [`Stage`] is what all trials of a policy in a world share, [`Actor`] what a worker needs to play them, [`Troupe`]
//! its actors on all stages of a plan. Time goes from event to event: the controller's next wake, a weight that reaches
//! the router, a person who comes.

mod actor;
mod alone;
mod among;
mod answerer;
mod bounds;
mod checkers;
mod drawn;
mod evidence;
mod few;
mod incident;
mod led;
mod outcome;
mod share;
mod stage;
mod stated;
mod tally;
mod tape;
mod trace;
mod visitors;
mod troupe;

pub use actor::Actor;
pub use alone::Seen;
pub use among::Among;
pub use answerer::StageError;
pub use few::Few;
pub use incident::{Hindsight, Incident};
pub use outcome::{CheckTally, Ending, Outcome, Truth};
pub use stage::Stage;
pub use trace::{Happening, Listener};
pub use troupe::Troupe;
