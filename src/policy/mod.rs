//! What people write: rollout policies, text in, plain values and findings out.
//!
//! [`load`](fn@load) takes all documents of a call, finds the policies among them and answers with all that can be
//! played and all there is to say. Every dialect is a folder: [`argo`]. [`condition`] is the language of its checks;
//! [`rules`] are what its queries may be read through.

pub mod argo;
pub mod condition;
mod helm;
mod load;
mod object;
pub mod rules;
mod shelf;
pub mod vary;
pub mod words;

pub use load::{Loaded, load, load_for, text};
pub use object::{Object, same_label};
