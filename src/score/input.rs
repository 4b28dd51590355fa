use serde::Serialize;

use crate::simulator::Outcome;
use crate::units::Duration;

/// A world as scores see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct World {
    /// Its name in the battery or in the scenario: `errors to 2 %`.
    pub name: String,
    /// What happens in it, one line without a full stop; empty where nobody says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether the release does harm there.
    pub harmful: bool,
    /// Whether the harm stays inside every limit that the policies state, or comes after promotion: its misses are shown, not blamed.
    pub within_limits: bool,
    /// When every trial ends, the same for all policies \[milliseconds\].
    #[serde(rename = "horizon_ms")]
    pub horizon: Duration,
}

/// A policy as scores see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How the table calls it.
    pub name: String,
    /// Names of its checks; [`Outcome::checks`] has the same order.
    pub checks: Vec<String>,
    /// What is known of it before a trial is played.
    pub facts: StaticFacts,
}

/// The trials of one policy in one world.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    /// Index of the policy.
    pub policy: usize,
    /// Index of the world.
    pub world: usize,
    /// One outcome a seed, in the order of the seeds, the same seeds in every cell.
    pub outcomes: &'a [Outcome],
    /// Address of these trials: short digests of policy and world, first and last seed.
    pub address: String,
}

/// What reading the documents alone tells about a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct StaticFacts {
    /// Whether any check can see the canary.
    pub reads: Reads,
    /// Checks that no release can pass, with the reason.
    pub cannot_pass: Vec<CheckFact>,
    /// Checks that cannot fail whatever happens, with the reason.
    pub cannot_fail: Vec<CheckFact>,
    /// Pauses without a duration, in the order of the steps.
    pub own_pauses: Vec<OwnPause>,
    /// What a person does who comes when it waits, and when: `promotes after 10m`. None: nobody comes, or somebody
    /// comes in some worlds only.
    pub person: Option<String>,
}

/// What the best of a policy's checks can see of the canary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// No check's query selects a series of the canary (or there is no check at all).
    Nothing,
    /// No check's query selects a series, but some check asks a provider whose answers are stated.
    Stated,
    /// The canary is only seen mixed with the stable version's requests.
    Diluted,
    /// Some check reads the canary by itself.
    Canary,
}

/// Something that is true of a check in every world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckFact {
    /// Name of the check.
    pub check: String,
    /// Why, a clause that fits one check as well as several, without a full stop: `there is no condition: every look
    /// passes`.
    pub reason: String,
    /// What would mend it, an order without a full stop: `set failureLimit to 0`. Absent where that is not plain.
    pub mend: Option<String>,
    /// Name of its document; absent where the call has no other.
    pub file: Option<String>,
    /// Line of its document, counted from 1.
    pub line: Option<usize>,
}

/// A pause that the policy itself writes and only a person ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OwnPause {
    /// Number of the step, counted from 1; absent before the switch of a blue-green update.
    pub step: Option<usize>,
    /// Line of its document, counted from 1.
    pub line: Option<usize>,
}
