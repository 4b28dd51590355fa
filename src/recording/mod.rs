//! Files of samples, in: OpenMetrics and Prometheus text with timestamps, answers of Prometheus' HTTP API, tables (CSV,
//! Parquet), promtool's series notation, each plain or packed; Prometheus TSDB blocks ([`block`]); and the compact
//! recording, out and in.
//!
//! Whatever the form, what comes out is the same [`Recording`]: a layout and its samples, as simulated worlds have
//! them. Nothing in a file can cause a panic; what cannot be read is a finding with its line.

mod answer;
mod bad;
pub mod block;
mod builder;
mod cells;
mod clock;
mod columns;
pub mod compact;
mod damage;
mod digest;
mod file;
mod form;
mod intake;
mod keep;
#[cfg(feature = "live")]
pub mod live;
mod mapping;
mod notation;
mod number;
mod openmetrics;
mod parquet;
pub mod releases;
mod rule_tests;
mod series_text;
mod source;
mod stale;
pub mod survey;
mod table;
mod take;
mod truth;

pub use builder::{Builder, Recording};
pub use compact::{CompactForm, CompactManifest, Dialect};
pub use digest::digest;
pub use file::{open, open_with, read};
pub use keep::Keep;
pub use mapping::Mapping;
pub use survey::Survey;
pub use truth::{Deployment, GroundTruth, Known};
