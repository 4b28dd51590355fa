//! A service as it was recorded, its counts redrawn for the share really set.
//!
//! ```text
//! Recording --Grid (slots, gaps)--> Past (requests by slot, target and class) --World--> samples of both arms
//! ```
//!
//! A trial walks through the past in blocks. In every slot the recorded requests are split anew: each goes to the
//! canary with the probability of its share, so what both arms count adds up to what was recorded. Then faults are
//! injected.

mod advance;
mod circumstances;
mod count;
mod dispersion;
mod draw;
mod family;
mod fit;
mod grid;
mod harm;
mod measure;
mod past;
mod path;
mod pool;
mod rhythm;
mod serve;
mod shape;
mod split;
mod state;
mod target;
mod timed;
mod versions;
mod world;

pub use dispersion::Dispersion;
pub use fit::{Fit, FittedLatency};
pub use past::Past;
pub use state::State;
pub use world::World;
