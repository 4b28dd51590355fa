//! Argo Rollouts: `Rollout`, `AnalysisTemplate`, `ClusterAnalysisTemplate`.
//!
//! [`spec`] is what the controller plays: defaults filled in, arguments substituted, texts parsed. [`duration`] and
//! [`int_or_string`] read two kinds of fields as Go and Kubernetes do.

pub mod duration;
pub mod int_or_string;
pub mod spec;
mod timing;
