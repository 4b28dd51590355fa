//! Argo Rollouts: `Rollout`, `AnalysisTemplate`, `ClusterAnalysisTemplate`.
//!
//! [`spec`] is what the controller plays: defaults filled in, arguments substituted, texts parsed. [`duration`] and
//! [`int_or_string`] read two kinds of fields as Go and Kubernetes do. [`run`] goes the controller's way from templates
//! and arguments to metrics; [`coverage`] says of every field what becomes of it.

mod analysis;
pub mod arguments;
mod asked;
mod blue_green;
mod canary;
mod canonical;
pub mod coverage;
pub mod dry_run;
pub mod duration;
mod experiment;
mod experiment_pods;
pub mod field_path;
mod foreign;
mod go_json;
mod identity;
pub mod int_or_string;
mod lint;
mod load;
mod lookup;
mod metric;
mod placeholders;
mod range;
mod reader;
mod refusal;
mod rollout;
pub mod route;
mod route_traps;
pub mod run;
mod shape;
pub mod spec;
pub mod stand_in;
mod steps;
mod strategy;
pub mod substitute;
mod timing;
mod traffic;
mod traps;
mod unknown;
pub mod validate;

pub use int_or_string::IntOrString;
pub(super) use load::load;
pub use metric::Filled;
pub use refusal::{Refusal, Stage};
