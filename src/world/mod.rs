//! Evidence made up with a known truth: a pure function of scenario, seed and share history.
//!
//! ```text
//! Scenario + Exposition + Pods --World::new--> World            shared by all trials
//! World --begin, traffic, advance--> WorldState + Samples       one of each per worker, reused
//! ```

mod synthetic;

pub use synthetic::{Pods, Traffic, World, WorldState};
