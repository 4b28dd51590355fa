//! The compact recording: a folder that `import` writes and every command reads.
//!
//! ```text
//! recording.json         what it is, where it came from, what was asked, counts and digest
//! samples.parquet        series, timestamp_ms, value; stale marks are among the values
//! ```
//!
//! or, where Parquet is not built in, `samples.om.gz` and `stale_markers.csv.gz`. It is written under another name and
//! renamed, so that half of one is never left.

mod folder;
mod manifest;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use folder::is_compact;
pub use manifest::{CompactManifest, Dialect, read_manifest};
pub use read::read;
pub use write::{CompactForm, write, write_as};
