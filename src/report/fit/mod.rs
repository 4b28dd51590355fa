//! A fitted service as a Scenario document, every number with its interval beside it, and every number that no recording
//! of one version gives marked as the standard world's.

mod latency;
mod observation;
mod sheet;

pub use sheet::{Fitted, Part, draw};
