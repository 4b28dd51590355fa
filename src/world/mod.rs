//! Evidence made up or redrawn, with a known truth: a pure function of scenario, seed and share history.
//!
//! ```text
//! Scenario + Exposition + Pods --World::new--> World            shared by all trials
//! Scenario + Past (a recording) --World::over--> World          … of a policy
//! World --begin, traffic, advance--> WorldState + Samples       one of each per worker, reused
//! ```

mod begins;
mod either;
mod fresh;
mod reweighted;
mod synthetic;

pub use begins::Milestone;
pub use either::{World, WorldState};
pub use reweighted::{Dispersion, Fit, FittedLatency, Past};
pub use synthetic::{CrewNames, Crews, Pods, Traffic};
