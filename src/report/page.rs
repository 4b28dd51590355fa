use serde::Serialize;

use super::{DetectionCurve, Told};
use crate::score::Table;

/// Everything an answer says, whatever it is drawn as.
///
/// JSON holds all of it but the command and the places, which may name paths: same address, same bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page {
    /// Version of the tool.
    pub version: String,
    /// The command line that made this.
    #[serde(skip)]
    pub command: String,
    /// First seed played.
    pub seed: u64,
    /// Trials asked for in each world. More than were played where a signal cut the run short.
    pub trials_planned: u64,
    /// Digests of what went in: policies, worlds, documents.
    pub digests: Vec<Digest>,
    /// What was assumed of the service and its traffic.
    pub assumptions: Assumptions,
    /// What to know before reading the table: `20 % on one replica is a share of 50 %`.
    pub notices: Vec<String>,
    /// The scores.
    #[serde(flatten)]
    pub table: Table,
    /// Detection over time, one for each policy in each harmful world.
    pub curves: Vec<DetectionCurve>,
    /// The trials worth reading, told; a page draws them.
    #[serde(skip)]
    pub hardest: Vec<Told>,
    /// How these were chosen.
    #[serde(skip)]
    pub chosen_by: String,
    /// What was written, and where.
    #[serde(skip)]
    pub written: Vec<Written>,
}

/// A digest and what it was taken of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// What it was taken of: `policy checkout`.
    pub of: String,
    /// The digest, in hexadecimal digits.
    pub digest: String,
}

/// What a table rests on that nobody measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Assumptions {
    /// One line: `An assumed world, not yours.` Empty when nothing was assumed.
    pub heading: String,
    /// The assumptions, a short line each: `50 requests/s in all`.
    pub lines: Vec<String>,
    /// The limits that the policies state together: `errors 1 %, latency p95 500ms`. Empty where they state none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub limits: String,
}

/// A file or folder that a run left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What it is: `page`, `ledger`.
    pub what: String,
    /// Where it lies, as the user would say it.
    pub place: String,
}

impl Page {
    /// Trials played in each world and trials asked for, where these are more.
    pub fn cut_short(&self) -> Option<(u64, u64)> {
        let played = self.table.rows.iter().map(|row| row.trials).max()?;
        (played < self.trials_planned).then_some((played, self.trials_planned))
    }

    /// The curve of `policy` in `world`, by their indices.
    pub fn curve(&self, policy: usize, world: usize) -> Option<&DetectionCurve> {
        self.curves
            .iter()
            .find(|curve| curve.policy == policy && curve.world == world)
    }

    /// Indices of the worlds whose release is harmful, or harmless, in the order of the call.
    pub fn worlds(&self, harmful: bool) -> Vec<usize> {
        (0..self.table.worlds.len())
            .filter(|&world| self.table.worlds[world].harmful == harmful)
            .collect()
    }
}
