use std::fmt;
use std::ops::Range;

/// Why a query cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    /// Bytes of the query text it is about.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do instead, if anything is known.
    pub help: Option<String>,
    /// Prometheus would answer and this engine does not; otherwise Prometheus refuses the query too.
    pub unsupported: bool,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PlanError {}
