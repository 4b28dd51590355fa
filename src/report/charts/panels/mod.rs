//! What stands under each other on a timeline: share, readings, bars, growth.

mod bar;
mod growth;
mod panel;
mod readings;
mod share;
mod words;

pub use bar::Bar;
pub use panel::Panel;
pub(super) use words::words_wide;
