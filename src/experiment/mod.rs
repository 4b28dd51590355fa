//! Plans, and all their trials in parallel, results in the plan's order.
//!
//! ```text
//! Plan     policies × worlds; each policy and each world has a digest
//! Address  policy digest, world digest, seed: names one trial for ever
//! Seeds    played in parallel; what is kept is the longest complete run of seeds
//! ```

mod address;
mod choose;
mod names;
mod plan;
mod over;
mod prepare;
mod request;
mod run;
mod stand_in;
mod unheeded;
mod worlds;

pub use address::{Address, AddressError};
pub use names::tell_apart;
pub use plan::{CannotPlay, Overrides, Plan, PlannedPolicy, PlannedWorld, Recorded, Results, Watched};
pub use prepare::{Prepared, prepare, prepare_over};
pub use request::{Request, STATED, Source};
pub use run::Seeds;
pub use stand_in::{let_stand_in, unheeded_over_recordings};
pub use worlds::states_nothing;
