//! Text of a query to its tree: lexer, precedence climbing, type check, canonical print.
//!
//! The language is that of Prometheus 3.x, all of it; what an evaluation does not support is refused later and by name.
//! Every node and every error knows its bytes, so that a finding can point into the document the query was read from.

mod call;
mod check;
mod duration;
mod error;
mod expression;
pub mod functions;
mod lexer;
mod literal;
mod matching;
mod modifier;
mod parser;
mod print;
mod selector;
mod token;
mod tree;

pub use error::ParseError;
pub use parser::{Options, parse, parse_with};
