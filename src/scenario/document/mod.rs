//! `Scenario` documents: what they say is laid over the standard world.

mod exposition;
mod fields;
mod gauge;
mod read;
mod value;

#[cfg(test)]
mod tests;

pub use exposition::{families, together, write};
pub use read::{is_scenario, read};
