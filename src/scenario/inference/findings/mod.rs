//! What is to be said about queries that do not do what they seem to, one concern a file.

mod identity;
mod limits;
mod names;
mod outcomes;
mod preview;
mod ranges;
mod subject;
mod width;

pub(super) use names::{contradiction, unplaced, unreadable};
pub(super) use preview::unprobed;
pub(super) use subject::{Subject, of};
