//! `Scenario` documents: what they say is laid over the standard world.

mod beside;
mod course;
mod exposition;
mod fields;
mod gauge;
mod provider;
mod read;
mod value;

#[cfg(test)]
mod tests;

pub use exposition::{families, together, write};
pub use read::{asks, is_scenario, read};
