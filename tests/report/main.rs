//! How an answer looks, in every form it is drawn as.

mod fixture;
mod terminal;
