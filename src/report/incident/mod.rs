//! Policies laid over the deployments of a recording, beside what is known of them.

mod cells;
mod choose;
mod json;
mod laid;
mod markdown;
mod one;
mod several;
mod sums;
mod terminal;

#[cfg(feature = "charts")]
pub(super) use cells::{clients, known, utc, would};
pub use choose::{choose, named};
pub use json::json;
#[cfg(feature = "charts")]
pub(super) use laid::PAST;
pub use laid::{Answer, Detail, Laid};
pub use markdown::markdown;
#[cfg(feature = "charts")]
pub(super) use several::{differences, rows, summaries};
#[cfg(feature = "charts")]
pub(super) use sums::{CLASSES, sentence};
pub use terminal::draw;
