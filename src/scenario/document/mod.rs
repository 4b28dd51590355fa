//! `Scenario` documents: what they say is laid over the standard world.

mod fields;
mod read;
mod value;

#[cfg(test)]
mod tests;

pub use read::{is_scenario, read};
