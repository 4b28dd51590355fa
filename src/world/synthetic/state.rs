//! One trial's running state: small, reused, and a copy of it is a fork.

use super::super::begins::Begins;
use super::beside::{Mirror, Probes};
use super::crew::Crews;
use super::gauge::Gauges;
use super::noise::Paths;
use crate::seed::{Key, Stream};
use crate::units::{Share, Timestamp};

/// How traffic is led, as it really is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    /// The canary's share of all requests. Nothing goes to an arm without pods.
    pub share: Share,
    /// Pods of the canary that serve.
    pub canary_pods: u32,
    /// Pods of the stable version that serve.
    pub stable_pods: u32,
}

impl Traffic {
    /// The share that really comes about: an arm without pods gets nothing.
    pub(super) fn effective(self, crews: Crews) -> f64 {
        match (self.canary_pods + crews.pods[0], self.stable_pods + crews.pods[1]) {
            (0, _) => 0.0,
            (_, 0) => 1.0,
            _ => self.share.get(),
        }
    }
}

/// Traffic from one slot on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// First slot it holds for.
    pub slot: i64,
    /// When it really came, within that slot.
    pub at: Timestamp,
    /// Mean over the slot.
    pub share: f64,
    /// At the end of the slot.
    pub then: f64,
    /// Pods of the canary and of the stable version.
    pub pods: [u32; 2],
    /// Pods beside them.
    pub crews: Crews,
    /// How much of the canary is new at that slot's edge, 0 to 1, fading from there.
    pub cold: f64,
    /// Seen as copies and probes meet it, whose clock holds.
    pub beside: bool,
}

/// One trial's running state. Made once for a worker by [`Default`], begun anew for every trial; a clone is a fork.
#[derive(Clone, Debug, Default)]
pub struct WorldState {
    pub(super) streams: Streams,
    pub(super) paths: Paths,
    /// Everything traffic did, from the trial's start on.
    pub(super) changes: Vec<Change>,
    /// Pods beside the rollout's own, from the next change on.
    pub(super) crews: Crews,
    /// How many of the changes have happened before the next slot to draw.
    pub(super) applied: usize,
    /// First slot of which the canary has traffic.
    pub(super) started: Option<i64>,
    /// First slot of each disturbance.
    pub(super) disturbed: Vec<i64>,
    /// When faults begin.
    pub(super) begins: Begins,
    /// What part of the requests was copied to the canary, from when on.
    pub(super) mirrors: Vec<Mirror>,
    pub(super) probes: Probes,
    /// First slot in which copies or probes come to the canary, as far as is known.
    pub(super) first_beside: Option<i64>,
    /// First slot in which nobody comes, and first slot after.
    pub(super) silence: Option<(i64, i64)>,
    /// Next slot to draw; none before the first advance.
    pub(super) next: Option<i64>,
    /// One for each target of the world.
    pub(super) pods: Vec<Pod>,
    pub(super) gauges: Gauges,
    /// What the gauges of a row show.
    pub(super) shown: Vec<f64>,
    pub(super) run_up: RunUp,
    /// A tally before something is added.
    pub(super) before: Vec<i64>,
}

impl WorldState {
    /// Takes over what another state's trials have drawn of their seed's noise.
    pub fn take_noise(&mut self, from: &mut Self) {
        core::mem::swap(&mut self.paths, &mut from.paths);
    }
}

/// Streams of what is drawn for all pods together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Streams {
    pub traffic: Stream,
    pub share: Stream,
    pub probes: Stream,
    pub mirrors: Stream,
    /// Of clients who come besides.
    pub clients: Stream,
    /// Of crews of each version.
    pub crews: [Stream; 2],
}

/// Rows scraped before the trial's start, until the value at the start is known.
#[derive(Clone, Debug, Default)]
pub(super) struct RunUp {
    /// Target, time [ms] and whether the scrape saw the pod.
    pub rows: Vec<(usize, i64, bool)>,
    /// The tallies at each row, end to end.
    pub tallies: Vec<i64>,
    /// Tally of every pod at the trial's start, end to end.
    pub known: Vec<i64>,
}

impl RunUp {
    pub fn clear(&mut self) {
        self.rows.clear();
        self.tallies.clear();
        self.known.clear();
    }
}

/// A pod and its target.
#[derive(Clone, Debug, Default)]
pub(super) struct Pod {
    pub life: Life,
    pub streams: PodStreams,
    /// Of copies and probes, where they are drawn apart.
    pub streams_beside: PodStreams,
    /// Time of the first scrape after the epoch of the phase, in ms.
    pub phase: i64,
    /// Number, time [ms] and edge of the next scrape.
    pub scrape: i64,
    pub time: i64,
    pub edge: i64,
    /// What it has counted: of successes, then of failures, each as [`super::target::What`] says.
    pub tally: Vec<i64>,
    /// What was left out of the tally and could still be asked for.
    pub gaps: Vec<Gap>,
}

/// Slots that no look reads, left undrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// First slot, and first slot after.
    pub from: i64,
    pub to: i64,
    /// First row of the samples that lacks the increments.
    pub row: usize,
    /// Whether requests and failures are left out too, not only how long they took.
    pub counts: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Life {
    /// Not there.
    #[default]
    Absent,
    Serving,
    /// Gone; Prometheus has not yet marked its series stale.
    Gone,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PodStreams {
    pub split: Stream,
    /// How requests fall to routes.
    pub routes: Stream,
    pub errors: Stream,
    /// Of successes and of failures.
    pub latency: [Stream; 2],
    pub jitter: Stream,
    pub missed: Stream,
}

impl PodStreams {
    /// The same of one pod, or of some of its requests.
    pub fn keyed(self, key: Key) -> Self {
        let of = |stream: Stream| stream.keyed(key);
        Self {
            split: of(self.split),
            routes: of(self.routes),
            errors: of(self.errors),
            latency: self.latency.map(of),
            jitter: of(self.jitter),
            missed: of(self.missed),
        }
    }
}

impl WorldState {
    /// What holds in a slot; before the trial's start, only the stable version serves.
    pub(super) fn change_in(&self, slot: i64) -> Change {
        let changes = &self.changes;
        let applied = changes.partition_point(|change| change.slot <= slot);
        let first = changes.first().map_or([0, 0], |change| change.pods);
        let alone = Change {
            slot: i64::MIN,
            at: Timestamp::MIN,
            share: 0.0,
            then: 0.0,
            pods: [0, first[1]],
            crews: Crews::default(),
            cold: 0.0,
            beside: false,
        };
        applied.checked_sub(1).map_or(alone, |last| changes[last])
    }
}
