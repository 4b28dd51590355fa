//! What people write: rollout policies, text in, plain values and findings out.

pub mod argo;
pub mod condition;
pub mod vary;
