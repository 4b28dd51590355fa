//! A service that never was. Its requests fall slot by slot to arms, pods, outcomes and latency buckets, each time by a
//! draw that knows its place; scrapes read the sums.

mod advance;
mod begin;
mod beside;
mod circumstances;
mod clock;
mod course;
mod crew;
mod draw;
mod gap;
mod gauge;
mod groups;
mod harm;
mod latency;
mod noise;
mod path;
mod places;
mod state;
mod target;
mod world;

pub use crew::Crews;
pub use state::{Traffic, WorldState};
pub use target::{CrewNames, Pods};
pub use world::World;
