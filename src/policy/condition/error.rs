use std::fmt;
use std::ops::Range;

/// Why a condition could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    /// Bytes of the condition's text.
    pub at: Range<usize>,
    /// What sort of error.
    pub class: ErrorClass,
    /// What was found, in the compiler's words where they are known.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

/// What sort of error a condition met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorClass {
    /// Any error while the answer was nil or empty: the controller then says that no data were returned.
    EmptyResult,
    /// An index outside the list.
    IndexOutOfRange,
    /// The condition gave something that is neither true nor false.
    NotBool,
    /// It does not parse, does not fit the type of the answer, or failed while it ran.
    Other,
    /// The language has it, this program does not: the policy cannot be played.
    Unsupported,
}

impl ConditionError {
    pub(super) fn new(at: Range<usize>, class: ErrorClass, message: impl Into<String>) -> Self {
        Self {
            at,
            class,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn other(at: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(at, ErrorClass::Other, message)
    }

    pub(super) fn unsupported(at: Range<usize>, what: impl fmt::Display) -> Self {
        Self::new(at, ErrorClass::Unsupported, format!("unsupported: {what}"))
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConditionError {}
