use serde::Serialize;

use super::endings::Part;

/// Who rolled back the trials of a row. In a harmless world these are its false rollbacks, in a harmful one the harm
/// caught (rolled back before onset is neither and left out).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attribution {
    /// Rollbacks attributed.
    pub rollbacks: u64,
    /// Each check's part, in the order of the policy's checks; empty when nothing was rolled back.
    pub checks: Vec<CheckRole>,
}

/// One check's part in the rollbacks of a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckRole {
    /// Name of the check.
    pub check: String,
    /// Rollbacks that it decided.
    pub decided: Part,
    /// Rollbacks that would not have come without it (same luck, check left out).
    pub alone: Part,
}
