use serde::{Deserialize, Serialize};

use crate::units::{Digest, Duration};

/// Version of the ledger's format. A reader refuses what it does not know.
pub const FORMAT: u32 = 1;

/// What made a ledger: enough to play any of its trials again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Version of the tool.
    pub tool: String,
    /// First seed.
    pub first_seed: u64,
    /// Complete seeds kept.
    pub seeds: u64,
    /// Seeds that were asked for.
    pub seeds_planned: u64,
    /// The policies, in the order of the call.
    pub policies: Vec<PolicyEntry>,
    /// The worlds, in the order of the plan.
    pub worlds: Vec<WorldEntry>,
    /// The call's options that shape a trial.
    pub options: serde_json::Value,
    /// All documents that went in.
    pub documents: Vec<DocumentEntry>,
    /// The parts, in order of seeds.
    pub parts: Vec<String>,
    /// Digest of all rows as JSON lines.
    pub outcomes: Digest,
}

/// One policy of a ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyEntry {
    /// Its name in tables.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
    /// Its checks, in the order of the tallies.
    pub checks: Vec<String>,
}

/// One world of a ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorldEntry {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
    /// Whether its release does harm.
    pub harmful: bool,
    /// Where its trials end [ms].
    pub horizon: Duration,
    /// Every number of it.
    pub scenario: serde_json::Value,
}

/// A document that went in: its file name without folders, and its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentEntry {
    /// File name.
    pub name: String,
    /// The whole text.
    pub text: String,
}
