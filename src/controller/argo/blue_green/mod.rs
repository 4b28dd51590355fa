//! Argo Rollouts' blue-green update, faithfully (`rollout/bluegreen.go`, `rollout/service.go` and what they call).
//!
//! Two Services stand before the versions: the *active* one carries users, the *preview* one nobody but probes. In one
//! pass the controller looks, in this order, at the preview Service, the ReplicaSets, the pause before the switch, the
//! active Service, the analyses, and its status. [`Rollout`] is the machine; its parts have a file each.

mod analyses;
mod conclude;
mod pass;
mod pods;
mod rollout;
mod services;
mod status;

pub use rollout::Rollout;
pub use services::{Service, Services};
