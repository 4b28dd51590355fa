//! Prometheus TSDB blocks, in: one block, a data directory, a snapshot, blocks of Thanos, Mimir and Cortex.
//!
//! ```text
//! folder      which blocks there are, what lies beside them (write-ahead log, head chunks)
//!   meta      meta.json: time range, stores' extras (external labels, downsampling)
//!   index     series with their labels and chunks; symbols; postings      every section's checksum is verified
//!   tombstone deleted intervals by series
//!   segment   chunks/000001 …: bytes of a chunk, checked, read by the window
//!     xor     samples of one chunk, straight into columns
//! read        blocks to a recording: series merged by labels, samples by time
//! ```
//!
//! Nothing in these files can cause a panic or an allocation that the file does not justify. What is damaged is left
//! out and named by file, byte and series; what is whole is read.

mod clip;
mod cursor;
mod folder;
pub mod index;
mod losses;
mod meta;
mod read;
mod segment;
mod select;
mod tombstone;
pub mod xor;

pub use super::damage::Damage;
pub use folder::{is_block, is_data_dir, open};
