//! Outcomes on disk, and the manifest that tells what made them.
//!
//! A ledger is a folder: `manifest.json` and parts of whole seeds. Everything is written under a temporary name in
//! the same folder's parent and renamed, so that a ledger is there whole or not at all. It holds no wall time, no
//! path and no thread count: the same plan gives the same bytes.

mod folder;
mod manifest;
mod part;
mod row;

#[cfg(feature = "tabular")]
mod parquet;

pub use folder::{Format, LedgerError, check_place, read_manifest, write};
pub use manifest::{DocumentEntry, FORMAT, Manifest, PolicyEntry, WorldEntry};
pub use row::{Row, digest};
