use serde::{Deserialize, Serialize};

use crate::experiment::Address;
use crate::simulator::{CheckTally, Outcome};
use crate::units::{Digest, Digesting};

/// One trial's outcome as it stands in a ledger: flat, times in milliseconds since the rollout's start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Digest of the policy.
    pub policy: Digest,
    /// Digest of the world.
    pub world: Digest,
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub ending: String,
    /// Whether the release does harm.
    pub harmful: bool,
    /// Onset of harm [ms].
    pub onset_ms: Option<i64>,
    /// When harm had ended by itself [ms]; in rows as JSON only where it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healed_ms: Option<i64>,
    /// The decision to roll back [ms].
    pub rolled_back_at_ms: Option<i64>,
    /// From onset to that decision [ms].
    pub time_to_detect_ms: Option<i64>,
    /// From that decision until the canary served nothing [ms].
    pub time_to_restore_ms: Option<i64>,
    /// The promotion [ms].
    pub promoted_at_ms: Option<i64>,
    /// Expected requests harmed beyond what the stable version would have done.
    pub blast_radius: f64,
    /// How often it waited for a person.
    pub waits: u32,
    /// How long it waited for a person [ms].
    pub waited_ms: i64,
    /// The check that decided, by its place among the policy's checks.
    pub decided_by: Option<u16>,
    /// Looks of each check.
    pub looks: Vec<u32>,
    /// Failed looks of each check.
    pub failed: Vec<u32>,
    /// Inconclusive looks of each check.
    pub inconclusive: Vec<u32>,
    /// Looks of each check that were errors.
    pub errors: Vec<u32>,
    /// Of each check: whether the trial without it would still have been rolled back.
    pub rolled_back_without: Vec<bool>,
}

impl Row {
    /// The row of one outcome.
    pub fn new(address: Address, outcome: &Outcome) -> Self {
        let count = |of: fn(&CheckTally) -> u32| outcome.checks.iter().map(of).collect();
        let ending = serde_json::to_value(outcome.ending).expect("an ending is a word");
        Self {
            policy: address.policy,
            world: address.world,
            seed: address.seed,
            ending: ending.as_str().unwrap_or_default().to_owned(),
            harmful: outcome.truth.harmful,
            onset_ms: outcome.truth.onset.map(|at| at.as_millis()),
            healed_ms: outcome.truth.healed.map(|at| at.as_millis()),
            rolled_back_at_ms: outcome.rolled_back_at.map(|at| at.as_millis()),
            time_to_detect_ms: outcome.time_to_detect().map(|length| length.as_millis()),
            time_to_restore_ms: outcome.restore.map(|length| length.as_millis()),
            promoted_at_ms: outcome.promoted_at.map(|at| at.as_millis()),
            blast_radius: outcome.blast_radius,
            waits: outcome.waits,
            waited_ms: outcome.waited.as_millis(),
            decided_by: outcome.decided_by,
            looks: count(|tally| tally.looks),
            failed: count(|tally| tally.failed),
            inconclusive: count(|tally| tally.inconclusive),
            errors: count(|tally| tally.errors),
            rolled_back_without: outcome.rolled_back_without.to_vec(),
        }
    }
}

/// The digest of outcomes: of their rows as JSON lines, whatever format a ledger is kept in.
pub fn digest(rows: impl IntoIterator<Item = Row>) -> Digest {
    let mut lines = Lines::default();
    for row in rows {
        lines.add(&row);
    }
    lines.digest()
}

/// Rows as JSON lines, of which no more than one is kept.
#[derive(Default)]
pub(super) struct Lines {
    line: Vec<u8>,
    digesting: Digesting,
}

impl Lines {
    /// The next row's line.
    pub fn add(&mut self, row: &Row) -> &[u8] {
        self.line.clear();
        serde_json::to_writer(&mut self.line, row).expect("rows are plain data");
        self.line.push(b'\n');
        self.digesting.add(&self.line);
        &self.line
    }

    /// The digest of all lines so far.
    pub fn digest(self) -> Digest {
        self.digesting.digest()
    }
}
