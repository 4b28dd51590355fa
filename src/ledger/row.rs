use serde::{Deserialize, Serialize};

use crate::experiment::Address;
use crate::simulator::{CheckTally, Outcome};
use crate::units::Digest;

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
pub fn digest<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Digest {
    let mut lines = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut lines, row).expect("rows are plain data");
        lines.push(b'\n');
    }
    Digest::of(lines)
}
