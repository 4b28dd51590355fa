//! From a [`super::Plan`], samples and a moment to a [`Value`]: steps fill slots with numbers.
//!
//! After the first evaluation nothing is allocated; cursors and buffers live in a [`Scratch`].

mod aggregate;
mod answer;
mod cursor;
mod error;
mod matching;
mod run;
mod scratch;
mod trail;
mod value;
mod windows;

pub use error::EvalError;
pub use run::QueryRange;
pub use scratch::Scratch;
pub use value::{Matrix, Value, Vector};
