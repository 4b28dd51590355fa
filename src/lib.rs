//! coalmine: an offline canary simulator and replay benchmark.
//!
//! ```text
//! Documents -> Plan -> Trial x n -> Outcome x n -> Ledger -> Scores -> Report
//! ```
//!
//! The order of the modules below is the architecture: a module uses only what stands above it
//! (`tests/tidy.rs` proves it). Read them in this order.

// Ground floor: the words everything else is written in.
pub mod units;
pub mod seed;
pub mod diagnostic;
pub mod yaml;
pub mod stats;
// First floor: evidence.
pub mod series;
pub mod recording;
pub mod promql;
// Second floor: documents, what people write. Text in, plain values and findings out.
pub mod policy;
#[cfg(feature = "live")]
pub mod live;
pub mod scenario;
// Third floor: behaviour. Each document has a machine that lives it.
pub mod world;
pub mod analysis;
pub mod controller;
// Fourth floor: running.
pub mod simulator;
pub mod experiment;
pub mod ledger;
// Fifth floor: answers.
pub mod history;
pub mod against;
pub mod score;
pub mod trust;
pub mod report;
#[cfg(feature = "cli")]
pub mod cli;
