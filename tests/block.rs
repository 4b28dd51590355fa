//! TSDB blocks: real ones against their hashes and a real promtool, built ones for what real ones do not show, damaged
//! ones.
#![allow(clippy::print_stdout, reason = "a skip is said aloud")]

#[path = "block/built.rs"]
mod built;
mod common;
#[path = "block/damage.rs"]
mod damage;
#[path = "block/promtool.rs"]
mod promtool;
#[path = "block/real.rs"]
mod real;
#[path = "block/write.rs"]
mod write;
