//! Quantities with their units. Only arithmetic that means something compiles.

mod digest;
mod duration;
mod moment;
mod ratio;
mod timestamp;
mod weight;

pub use digest::{Digest, Digesting};
pub use duration::Duration;
pub use moment::Moment;
pub use ratio::{Rate, Ratio, Share};
pub use timestamp::{TimeRange, Timestamp};
pub use weight::Weight;
