//! What the queries of a policy say about the service they watch: which series it shows, what tells its versions
//! apart, which limits its owners state.
//!
//! ```text
//! queries --uses--> Use (selectors in their place) --families--> Exposition
//!         --shape--> Shape (what is measured, scaled how) + conditions --limits--> StatedLimit
//! Use × Exposition --readings--> Reads (canary, stable, both, diluted, nothing)
//! ```
//!
//! Everything concluded is said aloud; what cannot be concluded is a finding with the lines that would state it.

mod families;
mod findings;
mod identity;
mod infer;
mod limits;
mod merge;
mod outcome;
mod reading;
mod shape;
#[cfg(test)]
mod tests;
mod uses;

pub use infer::infer;
pub use merge::merge;
pub use reading::{Bound, CheckReading, Inference, Quantity, Reads, StatedLimit, ToldBy};
