use super::super::begins::Begins;
use super::path::Path;
use crate::seed::Stream;
use crate::units::Timestamp;

/// One trial's running state; used again from trial to trial, and a clone is a fork.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(super) path: Path,
    /// Everything traffic did, from the trial's start on.
    pub(super) changes: Vec<Change>,
    /// How many of them have happened before the next third to draw.
    pub(super) applied: usize,
    /// First third in which the canary has traffic.
    pub(super) started: Option<i64>,
    /// First third of each disturbance.
    pub(super) disturbed: Vec<i64>,
    /// When faults begin.
    pub(super) begins: Begins,
    /// Next third to draw; none before the first advance.
    pub(super) next: Option<i64>,
    /// One for each target of the world.
    pub(super) pods: Vec<Pod>,
    /// What the canary and the stable version have counted.
    pub(super) tallies: [Vec<i64>; 2],
    /// What is left of the slot's buckets and sums, to be shared out in its later thirds.
    pub(super) pool: Pool,
    pub(super) streams: Vec<TargetStreams>,
    pub(super) classes: Vec<ClassStreams>,
}

/// Traffic from one third on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// First third it holds for.
    pub third: i64,
    /// When it really came, within that third.
    pub at: Timestamp,
    /// Mean over the third.
    pub share: f64,
    /// At the end of the third.
    pub then: f64,
    /// Pods of the canary and of the stable version.
    pub pods: [u32; 2],
    /// How much of the canary is new at that edge, 0 to 1, fading from there.
    pub cold: f64,
}

/// A version on one recorded target, as Prometheus meets it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pod {
    pub life: Life,
    /// Time of the first scrape after the epoch [ms].
    pub phase: i64,
    /// Number and time [ms] of the next scrape, and the edge it reads.
    pub scrape: i64,
    pub time: i64,
    pub edge: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Life {
    #[default]
    Absent,
    Serving,
    /// Gone; Prometheus has not yet marked its series stale.
    Gone,
}

/// Luck of a recorded target.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TargetStreams {
    pub thirds: [Stream; 2],
    pub share: Stream,
    /// Which successes are made to fail, on the canary and on the stable version.
    pub failed: [Stream; 2],
}

/// Luck of a class.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ClassStreams {
    pub buckets: Stream,
    pub failed: Stream,
    pub slowed: Stream,
    /// Of requests that were recorded for the other version.
    pub more: Stream,
}

/// What is left of a slot, class by class.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    pub buckets: Vec<u32>,
    pub sums: Vec<i64>,
    /// Buckets of one version's requests, and of those among them that are made to fail.
    pub mine: Vec<u32>,
    pub failed: Vec<u32>,
}
