//! PromQL offline: text to tree ([`parse`]), tree and [`crate::series::Layout`] to [`Plan`], plan and
//! [`crate::series::AsOf`] to [`Value`].
//!
//! A plan is made once, when all series are known: it resolves selectors, groups, matching tables and bucket bounds
//! and gives every place a value can appear a *slot*. An evaluation only fills slots with numbers.

mod ask;
pub mod ast;
mod evaluate;
mod functions;
pub mod parse;
mod plan;
mod settings;
mod trail;

pub use ask::{Reply, Unanswered, When, ask};
pub use evaluate::{EvalError, Matrix, QueryRange, Scratch, Value, Vector};
pub use parse::{ParseError, parse, parse_with};
pub use plan::{Anchor, Ask, Plan, PlanError, Read};
pub use settings::{Compat, Settings};
pub use trail::Trail;
