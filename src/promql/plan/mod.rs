//! From the tree of a query and the series there are to a [`Plan`]: everything that depends on labels is done here,
//! once.
//!
//! Every expression becomes a step that fills *slots*, one number for each label set its result could ever have. A
//! slot without answer holds the stale marker. The steps stand in the order they are run; what a step reads lies in
//! slots before its own.

mod absence;
mod aggregate;
mod call;
mod differences;
mod error;
mod expression;
mod histogram;
mod labels;
mod length;
mod matching;
mod planner;
mod program;
mod reads;
mod relabel;
mod selector;

pub(super) use aggregate::{Aggregation, Extreme};
pub use error::PlanError;
pub(super) use histogram::{Bounds, Histogram};
pub(super) use length::{LengthError, ResolvedLength};
pub(super) use matching::{Match, MatchGroup, SetGroup};
pub use program::Plan;
pub(super) use program::{Block, Groups, Op, Order, Over, Root, Shift, Slots, Step, Taken};
pub use reads::{Anchor, Ask, Read};
