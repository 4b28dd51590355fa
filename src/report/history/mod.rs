//! Past releases as test cases: what policies would have done, beside what is known.

mod data;
mod said;
mod sheet;

pub use data::{csv, json};
pub use sheet::{markdown, terminal};
