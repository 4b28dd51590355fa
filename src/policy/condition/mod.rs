//! The conditions of Argo Rollouts (`result[0] < 0.05`): text in, the phase of a measurement out.
//!
//! A small language of its own (expr inside the controller; which version, [`ArgoVersion`] says): compiled with the static
//! type of what the provider gave, so that a type mistake is an error even in a branch that would not run. What is not
//! supported here is refused by name, never evaluated approximately.

mod access;
mod aggregate;
mod answer;
mod builtin;
mod call;
mod compile;
mod compiled;

mod error;
mod evaluate;
mod fields;
mod fold;
mod form;
pub mod moment;
mod function;
mod operand;
mod operator;
mod parse;
mod postfix;
mod predicate;
mod quick;
mod release;
#[cfg(test)]
mod tests;
mod text;
mod threshold;
mod token;
mod tree;
mod types;
mod value;
mod verdict;
pub mod web;

pub use answer::{Answer, AnswerType};
pub use compiled::Condition;
pub use error::{ConditionError, ErrorClass};
pub use form::AnswerForm;
pub use release::ArgoVersion;
pub use threshold::{Comparison, Subject, Threshold};
pub use verdict::{Fault, Phase, Which, verdict};
