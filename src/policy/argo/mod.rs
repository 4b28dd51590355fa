//! Argo Rollouts: `Rollout`, `AnalysisTemplate`, `ClusterAnalysisTemplate`.
//!
//! [`spec`] is what the controller plays: defaults filled in, arguments substituted, texts parsed.

pub mod spec;
