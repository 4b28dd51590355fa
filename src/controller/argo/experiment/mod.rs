//! Experiments of a canary: what the rollout controller does with them (`rollout/experiment.go`), and what becomes of one
//! by itself (`experiments/experiment.go`).

mod analyses;
mod live;
mod rollout;
mod templates;

pub(super) use rollout::Experiments;
