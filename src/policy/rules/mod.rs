//! Recording rules beside a policy: a query that asks for what a rule records is read through the rule.
//!
//! A recorded series has a sample at each evaluation of its group, a stale marker where the expression gave nothing. So
//! `name` is `last_over_time((expr)[i:i])` with the group's interval i: the answer of the latest evaluation, and nothing
//! if that was empty; and `name[5m]` is `(expr)[5m:i]`. Subqueries are aligned to multiples of their step, as
//! evaluations are to those of their interval but for a phase.
//!
//! ```text
//! documents --read--> Rules × query --inline--> query over what services show themselves
//! ```

mod apply;
mod inline;
mod push;
mod read;

pub(super) use apply::apply;
pub use inline::{Inlined, inline};
pub use read::{Rule, Rules};
