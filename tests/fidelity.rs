//! Our answers beside those of the real controllers: tables of facts, one module a table.
//!
//! `COALMINE_FIDELITY=DIR cargo test --test fidelity` runs other tables of the same shape (`DIR/argo/*.jsonl`).
#![allow(clippy::print_stdout, reason = "a tally is printed, table by table")]

mod common;

#[path = "fidelity/argo_documents.rs"]
mod argo_documents;
#[path = "fidelity/argo_facts.rs"]
mod argo_facts;
#[path = "fidelity/argo_pages.rs"]
mod argo_pages;
#[path = "fidelity/argo_rollouts.rs"]
mod argo_rollouts;
#[path = "fidelity/argo_runs.rs"]
mod argo_runs;
#[path = "fidelity/argo_spec.rs"]
mod argo_spec;
#[path = "fidelity/argo_templates.rs"]
mod argo_templates;
#[path = "fidelity/argo_weights.rs"]
mod argo_weights;
#[path = "fidelity/condition_versions.rs"]
mod condition_versions;
#[path = "fidelity/conditions.rs"]
mod conditions;
#[path = "fidelity/facts.rs"]
mod facts;
#[path = "fidelity/script.rs"]
mod script;
#[path = "fidelity/table.rs"]
mod table;
