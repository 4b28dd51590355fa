//! Answers drawn: terminal, Markdown, HTML, JSON, CSV.
//!
//! A [`Page`] holds what is to be said; each file draws it as one thing.

mod curve;
mod page;
mod columns;
mod grid;
mod say;
mod caveats;
mod look;
mod paint;
mod tables;
mod moment;
pub mod fit;
pub mod trust;
pub mod history;
pub mod lane;
pub mod timeline;
pub mod incident;
pub mod against;
#[cfg(feature = "live")]
pub mod verify;
pub mod inspect;
pub mod query;
pub mod story;
mod told;
pub mod trial;
pub mod terminal;
pub mod markdown;
pub mod json;
pub mod csv;
#[cfg(feature = "charts")]
pub mod charts;
#[cfg(feature = "charts")]
pub mod html;

pub use curve::{CurveStep, DetectionCurve};
pub use look::Look;
pub use page::{Assumptions, Digest, Page, Written};
pub use told::Told;
