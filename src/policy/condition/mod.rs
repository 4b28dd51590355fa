//! The conditions of Argo Rollouts (`result[0] < 0.05`), a small language of our own making.

/// A condition, parsed.
#[derive(Clone, Debug)]
pub struct Condition;
