//! PromQL offline: text to tree ([`parse`]), tree and [`crate::series::Layout`] to plan, plan and
//! [`crate::series::AsOf`] to value.

pub mod ast;
pub mod parse;

pub use parse::{ParseError, parse, parse_with};
