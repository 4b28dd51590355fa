//! Files of samples, in: OpenMetrics and Prometheus text with timestamps, plain or gzip, stale marks in a side file.
//!
//! Whatever the form, what comes out is the same [`Recording`]: a layout and its samples, as simulated worlds have
//! them. Nothing in a file can cause a panic; what cannot be read is a finding with its line.

mod builder;
mod file;
mod keep;
mod openmetrics;
mod stale;
mod truth;

pub use builder::{Builder, Recording};
pub use file::{open, read};
pub use keep::Keep;
pub use truth::{Deployment, GroundTruth, Known};
