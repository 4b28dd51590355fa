//! One self-contained page: no network, no script, light and dark, phone and paper.

mod against;
mod draw;
mod incident;
mod pictures;
mod rows;
mod told;

pub use against::against;
pub use draw::draw;
pub use incident::incident;
pub use told::trial;
