//! The conditions of Argo Rollouts (`result[0] < 0.05`): text in, the phase of a measurement out.
//!
//! A small language of its own (expr 1.17 inside the controller): compiled with the static type of what the provider
//! gave, so that a type mistake is an error even in a branch that would not run. What is not supported here is
//! refused by name, never evaluated approximately.

mod answer;
mod condition;
mod error;
mod threshold;
mod verdict;

pub use answer::{Answer, AnswerType};
pub use condition::Condition;
pub use error::{ConditionError, ErrorClass};
pub use threshold::{Comparison, Subject, Threshold};
pub use verdict::{Fault, Phase, Which, verdict};
