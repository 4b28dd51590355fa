use std::fmt;

use crate::policy::condition;

/// Where a measurement, a metric or a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not begun.
    Pending,
    /// Begun, not completed.
    Running,
    /// Passed.
    Successful,
    /// Breached.
    Failed,
    /// Could not be measured.
    Error,
    /// Neither passed nor breached.
    Inconclusive,
}

impl Phase {
    /// Whether nothing follows any more.
    pub const fn completed(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// Whether it ends a run before the other metrics have completed.
    pub const fn is_unsuccessful(self) -> bool {
        matches!(self, Self::Failed | Self::Error | Self::Inconclusive)
    }

    /// Whether it is strictly worse than `other`, by the order in which a run takes the phases of its metrics
    /// (`utils/analysis`, `analysisStatusOrder`).
    pub const fn is_worse_than(self, other: Self) -> bool {
        self.severity() > other.severity()
    }

    const fn severity(self) -> u8 {
        match self {
            Self::Successful => 0,
            Self::Running => 1,
            Self::Pending => 2,
            Self::Inconclusive => 3,
            Self::Error => 4,
            Self::Failed => 5,
        }
    }
}

impl From<condition::Phase> for Phase {
    fn from(phase: condition::Phase) -> Self {
        match phase {
            condition::Phase::Successful => Self::Successful,
            condition::Phase::Failed => Self::Failed,
            condition::Phase::Inconclusive => Self::Inconclusive,
            condition::Phase::Error => Self::Error,
        }
    }
}

/// As the controller writes it.
impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
            Self::Error => "Error",
            Self::Inconclusive => "Inconclusive",
        })
    }
}
