//! What happens: traffic, service, exposition, release and faults, observation; the standard battery; inference
//! from the queries of a policy.
//!
//! ```text
//! Limits (what policies state) --standard--> Scenario --document--> Scenario (one of the battery, or the user's)
//! ```

pub mod document;
pub mod exposition;
pub mod inference;
pub mod recorded;

mod assumed;
mod battery;
mod beside;
mod fault;
mod gauge;
mod limits;
mod model;
mod onset;
mod route;
mod people;
mod provider;
mod skips;
mod standard;

pub use battery::{
    BATTERY, BATTERY_OF_BITES, BATTERY_OF_GAUGES, Listed, battery, battery_of_bites, battery_of_gauges,
    listed,
};
pub use beside::{Carried, Probing, Until, unused_routes};
pub use fault::{ColdStart, Course, Disturbance, Fault, GaugeFault, Part};
pub use gauge::{Better, Follows, Gauge};
pub(crate) use limits::slowed;
pub use limits::{LatencyLimit, Limits};
pub use model::{
    Arrivals, Controller, Demand, Latency, Noise, Observation, Operator, Phase, Scenario, Service, Verdict,
};
pub use onset::{Cause, Onset, PodReady, Silence};
pub use people::{Deed, Delay, GRAMMAR, Night, Since, Visit};
pub use provider::{Provider, Said};
pub use route::Route;
pub use skips::skips_nothing;
pub use standard::standard;
