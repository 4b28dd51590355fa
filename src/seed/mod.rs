//! Luck, addressed: a draw is a function of its place (seed, stream, name, slot), never of the order of use.
//!
//! ```text
//! Seed --stream("errors")--> Stream --named("canary-0")--> Stream --at(slot)--> Place --> draws
//! ```
//!
//! The one door to logarithms and exponentials on the way to an outcome: everything is ours, by inversion through
//! `libm`, so the same address gives the same bytes on every machine and with every set of features.

mod coupled;
mod cuts;
mod normal;
mod place;
mod poisson;
mod urn;

pub use cuts::Cuts;
pub use normal::{normal_cdf, normal_quantile};
#[cfg(feature = "count-draws")]
pub use place::draws;
pub use place::{Key, Place, Seed, Stream};
