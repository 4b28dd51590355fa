//! Numbers as words, in tables and in sentences: the number, and its intervals in the same unit and to the same digit.

mod numerals;
mod said;

pub use numerals::{grouped, requests, share, thousands, time, times};
pub use said::{Words, difference, estimate, number, told, told_difference};
