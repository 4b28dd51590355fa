use std::fmt;

/// What is wrong with a file, and at which of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Byte in the file, from 0.
    pub at: u64,
    /// What was found, in words that follow 'byte 17: '.
    pub what: String,
}

impl Damage {
    pub(super) fn new(at: usize, what: impl Into<String>) -> Self {
        Self {
            at: at as u64,
            what: what.into(),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.at, self.what)
    }
}
