use serde::{Deserialize, Serialize};

use super::Few;
use crate::units::{Duration, Timestamp};

/// How a trial ended. The endings partition the trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// A check's failures rolled it back.
    RolledBackByCheck,
    /// Errors in a row (an empty vector, a condition that cannot be evaluated) rolled it back.
    RolledBackByErrors,
    /// A person aborted it (only where a scenario or `--operator` says that one comes).
    RolledBackByPerson,
    /// Rolled back in a harmful world before harm could begin or show: a false rollback, never an early detection.
    RolledBackBeforeOnset,
    /// The canary became the stable version.
    Promoted,
    /// At the horizon it waited for a person.
    Waiting,
    /// At the horizon it was still running.
    Running,
}

impl Ending {
    /// Whether the canary was taken back, for whatever reason.
    pub const fn is_rollback(self) -> bool {
        matches!(
            self,
            Self::RolledBackByCheck
                | Self::RolledBackByErrors
                | Self::RolledBackByPerson
                | Self::RolledBackBeforeOnset
        )
    }
}

/// What is true of a release in a trial's world.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Whether the release does harm.
    pub harmful: bool,
    /// First moment at which, under this policy, a canary request can be harmed; absent in harmless worlds and
    /// where the canary never got a request.
    pub onset: Option<Timestamp>,
    /// When the harm had ended by itself, if it had by the horizon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healed: Option<Timestamp>,
}

/// What one check saw in a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckTally {
    /// Looks taken.
    pub looks: u32,
    /// … that were Failed.
    pub failed: u32,
    /// … that were Inconclusive.
    pub inconclusive: u32,
    /// … that were Error.
    pub errors: u32,
}

/// What remains of a trial. With up to four checks it needs no memory of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// What was true.
    pub truth: Truth,
    /// The decision to roll back.
    pub rolled_back_at: Option<Timestamp>,
    /// From the decision until the canary served nothing; absent when it never came by the horizon.
    pub restore: Option<Duration>,
    /// The moment of promotion.
    pub promoted_at: Option<Timestamp>,
    /// Requests harmed beyond what the stable version would have done, by intensity (fractional).
    pub blast_radius: f64,
    /// How often it waited for a person.
    pub waits: u32,
    /// How long it waited for a person, in all.
    pub waited: Duration,
    /// Index of the check that decided, among the policy's checks; of a trial that waits, the one whose inconclusive
    /// look stopped it (absent at a pause that the policy itself writes).
    pub decided_by: Option<u16>,
    /// Of each of the policy's checks, what it saw.
    pub checks: Few<CheckTally, 4>,
    /// For each check: whether the same trial without it would still have been rolled back (leave one out, same
    /// luck). Empty when the trial was not rolled back.
    pub rolled_back_without: Few<bool, 15>,
}

impl Outcome {
    /// Whether it was rolled back when its harm had ended by itself: a detection, and too late to be of use.
    pub fn rolled_back_after_healing(&self) -> bool {
        let late = self.rolled_back_at.zip(self.truth.healed);
        late.is_some_and(|(decided, healed)| decided >= healed)
    }

    /// From the onset of harm to the decision to roll back; absent when harm was missed or there was none. What copies of
    /// requests or probes showed before anybody could be harmed took no time.
    pub fn time_to_detect(&self) -> Option<Duration> {
        match self.ending {
            Ending::RolledBackByCheck | Ending::RolledBackByErrors | Ending::RolledBackByPerson => {
                let decided = self.rolled_back_at.filter(|_| self.truth.harmful)?;
                let onset = self.truth.onset.unwrap_or(decided);
                Some((decided - onset).max(Duration::ZERO))
            }
            _ => None,
        }
    }
}
