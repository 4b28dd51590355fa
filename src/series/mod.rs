//! Samples of Prometheus series and the one view of them that cannot see the future.
//!
//! ```text
//! Layout   which series exist, by labels; which of them share a time axis (one target, one axis)
//! Samples  per axis the times, per series a column of values; absent is the stale marker
//! AsOf     Samples as seen from one moment: nothing after `visible_until`
//! ```

mod as_of;
mod labels;
mod layout;
mod matcher;
mod pattern;
mod samples;

pub use as_of::{AsOf, AxisView, Column};
pub use labels::Labels;
pub use layout::{AxisId, Layout, SeriesId};
pub use matcher::{MatchOp, Matcher};
pub use pattern::rust_pattern;
pub use samples::{STALE, Samples, is_stale};
