//! Our answers beside those of the real controllers: tables of facts, one module a table.
//!
//! `COALMINE_FIDELITY=DIR cargo test --test fidelity` runs other tables of the same shape (`DIR/argo/*.jsonl`).
#![allow(clippy::print_stdout, reason = "a tally is printed, table by table")]

mod common;

#[path = "fidelity/conditions.rs"]
mod conditions;
#[path = "fidelity/facts.rs"]
mod facts;
#[path = "fidelity/table.rs"]
mod table;
