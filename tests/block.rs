//! TSDB blocks: real ones against their hashes, built ones for what real ones do not show.
#![allow(clippy::print_stdout, reason = "a skip is said aloud")]

mod common;
#[path = "block/real.rs"]
mod real;
