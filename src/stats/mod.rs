//! Estimates: point, interval and level, inseparable.

mod estimate;

pub use estimate::{Estimate, LEVEL};
