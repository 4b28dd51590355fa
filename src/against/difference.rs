use serde::Serialize;

use crate::diagnostic::Span;
use crate::units::Timestamp;

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Theirs measures what our policy does not ask.
    Check,
    /// When the look was taken.
    Time,
    /// Theirs took a look that ours did not.
    OnlyTheirs,
    /// Ours took a look that theirs did not.
    OnlyOurs,
    /// What our query gives at their moment.
    Value,
    /// What our condition says at their moment.
    Phase,
    /// What a metric has counted, or its phase.
    Counters,
    /// Phase or message of a run.
    Run,
    /// When a run or a rollout ended.
    End,
    /// How a rollout ended, or what it blames.
    Ending,
}

impl What {
    /// In a word or two.
    pub const fn said(self) -> &'static str {
        match self {
            Self::Check => "the check itself",
            Self::Time => "time",
            Self::OnlyTheirs => "a look that only theirs took",
            Self::OnlyOurs => "a look that only ours took",
            Self::Value => "value",
            Self::Phase => "phase",
            Self::Counters => "counters",
            Self::Run => "the run",
            Self::End => "time of the end",
            Self::Ending => "the ending",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The object of theirs: its name.
    pub of: String,
    /// The check; absent where the object as a whole differs.
    pub check: Option<String>,
    /// Which measurement of its check, counted from 1.
    pub measurement: Option<usize>,
    /// When: theirs, or ours where theirs has nothing.
    pub at: Timestamp,
    /// What differs.
    pub what: What,
    /// Ours.
    pub ours: String,
    /// Theirs.
    pub theirs: String,
    /// What may explain it, the likeliest first.
    pub may_be: Vec<String>,
    /// Where theirs stands in its file.
    #[serde(skip)]
    pub span: Span,
}
