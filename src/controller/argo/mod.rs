//! Argo Rollouts' strategies, faithfully (`rollout/canary.go`, `rollout/bluegreen.go` and what they call).
//!
//! [`Rollout`] is the machine of a canary, [`blue_green`] has the other, [`Runs`] holds the AnalysisRuns it creates, [`Player`] lets
//! both live on one clock with a cluster: [`Player::start`], then [`Player::wake`] at every [`Player::next_wake`].
//!
//! Every change makes a controller look again at once. So at one instant the player lets the rollout pass once, then
//! every run, and so on until nothing changes: **at equal instants the rollout goes before the analysis**. A cluster
//! may do it either way; it can decide between promotion and abort where a run ends at the very moment at which pods
//! become available or a pause ends. (A look that took time is an exception: its result is there before.)

mod action;
pub mod blue_green;
mod conditions;
pub mod dynamic;
mod event;
mod experiment;
mod machine;
mod pass;
mod player;
pub mod replicas;
mod rollout;
mod router;
mod routes;
mod runs;
mod scaling;
mod sets;
mod status;
pub mod weights;

pub use action::Action;
pub use event::{Abort, AbortedBy, Event, What};
pub use player::{Beside, Decision, Player, Settings};
pub use rollout::Rollout;
pub use routes::{Given, InForce, Routes};
pub use runs::{Binding, Bound, Runs};
pub use status::{RolloutPhase, Waiting, before_starting_step, pause_ends, times_out};
