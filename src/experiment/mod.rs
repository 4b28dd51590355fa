//! Plans, and all their trials in parallel, results in the plan's order.
//!
//! ```text
//! Plan     policies × worlds × seeds; each policy and each world has a digest
//! Address  policy digest, world digest, seed: names one trial for ever
//! run      seed by seed; what is kept is the longest complete run of seeds
//! ```

mod address;
mod run;

pub use address::{Address, AddressError};
pub use run::Seeds;
