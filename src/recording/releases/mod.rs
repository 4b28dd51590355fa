//! Releases, found in a recording by themselves or told by people, and what people know of them.
//!
//! [`find`] takes what the policies read ([`Subject`]) and gives the releases ([`Found`]), each with the signs that told
//! of it ([`Sign`]); [`marks`] reads them from a file instead. [`labels`] is the file in which people say which of them
//! did harm.

mod controllers;
mod find;
pub mod labels;
pub mod marks;
mod release;
mod sighting;
mod starts;
mod table;
mod versions;
mod watched;

/// Names of series that tell of releases, besides those that the policies read.
pub const TELLING: [&str; 5] = [
    starts::NAME,
    controllers::PHASES[0],
    controllers::PHASES[1],
    controllers::STATUS,
    controllers::GENERATION,
];

pub use find::{Found, Subject, find};
pub use labels::Label;
pub use marks::marks;
pub use release::{Change, Release, Sign};
