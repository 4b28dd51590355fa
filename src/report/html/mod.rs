//! One self-contained page: no network, no script, light and dark, phone and paper.

mod draw;
mod pictures;
mod rows;

pub use draw::draw;
