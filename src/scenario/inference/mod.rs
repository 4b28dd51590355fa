//! What the queries of a policy say about the service they watch: which series it shows, what tells its versions
//! apart, which limits its owners state.
//!
//! ```text
//! queries --query--> Use (selectors in their place) --kind, bare, families--> Exposition
//!         --shape--> Shape (what is measured, scaled how) + conditions --limits--> StatedLimit
//! Use × Exposition --place, matched, meaning--> CheckReading (whose series, which quantity) --findings--> Finding
//! ```
//!
//! Everything concluded is said aloud; what cannot be concluded is a finding with the lines that would state it.

mod bare;
mod families;
mod findings;
mod gauge;
mod identity;
mod infer;
mod kind;
mod limits;
mod matched;
mod meaning;
mod merge;
mod outcome;
mod place;
mod query;
mod reading;
mod route;
mod selected;
mod shape;
#[cfg(test)]
mod tests;
mod uses;

pub use infer::infer;
pub use merge::merge;
pub use reading::{Bound, CheckReading, Inference, Quantity, Reads, StatedLimit, ToldBy};
pub use selected::{Selected, selected, tells_ending};
