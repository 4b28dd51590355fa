use crate::diagnostic::Finding;

/// A line that cannot be read: its number from 1, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    pub line: usize,
    pub expected: String,
}

impl BadLine {
    /// The finding about it, `what` it should have been.
    pub fn finding(&self, name: &str, what: &str) -> Finding {
        Finding::error(format!(
            "line {} is not {what}: expected {}",
            self.line, self.expected
        ))
        .about(format!("{name}:{}", self.line))
    }
}
