//! How an answer looks, in every form it is drawn as.

mod days;
mod empty;
mod fixture;
mod scored;
mod terminal;
mod text;
#[cfg(feature = "charts")]
mod html;
