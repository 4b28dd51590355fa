use std::sync::Arc;

use super::begins::Milestone;
use super::reweighted::{self, Past};
use super::synthetic::{self, Crews, Pods, Traffic};
use crate::scenario::Scenario;
use crate::scenario::exposition::Exposition;
use crate::scenario::inference::Selected;
use crate::seed::Seed;
use crate::series::{AxisId, Layout, Samples, SeriesId};
use crate::units::{Duration, Share, Timestamp};

/// A service and all that its queries can read: one that never was, or one that was recorded.
#[derive(Clone, Debug)]
pub struct World(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Synthetic(Box<synthetic::World>),
    Reweighted(Box<reweighted::World>),
}

/// One trial's running state. Made once for a worker by [`Default`], begun anew for every trial; a clone is a fork.
#[derive(Clone, Debug, Default)]
pub struct WorldState {
    synthetic: synthetic::WorldState,
    reweighted: reweighted::State,
}

impl WorldState {
    /// Takes over what another state's trials have drawn of their seed's noise. It is of use where both worlds share
    /// it ([`World::shares_noise`]), and does no harm elsewhere.
    pub fn take_noise(&mut self, from: &mut Self) {
        self.synthetic.take_noise(&mut from.synthetic);
    }
}

impl World {
    /// How much of the past a service has: looks that reach further back see nothing there.
    pub const PAST: Duration = synthetic::World::PAST;

    /// The synthetic world of `scenario`, shown by `exposition` on at most these pods.
    ///
    /// # Panics
    ///
    /// If more slow-downs can be in force at once than the reader of scenarios allows.
    pub fn new(scenario: &Scenario, exposition: &Exposition, pods: &Pods) -> Self {
        Self(Kind::Synthetic(Box::new(synthetic::World::new(
            scenario, exposition, pods,
        ))))
    }

    /// The world of `scenario` over a recording, as the queries `selected` read it.
    ///
    /// # Panics
    ///
    /// If the recording is empty, or more slow-downs can be in force at once than the reader of scenarios allows.
    pub fn over(scenario: &Scenario, past: &Arc<Past>, selected: &[Selected]) -> Self {
        Self(Kind::Reweighted(Box::new(reweighted::World::new(
            scenario, past, selected,
        ))))
    }

    /// The same world, drawn only as far as these series need: their samples are the same, those of others are not
    /// to be looked at.
    #[must_use]
    pub fn reading(self, series: &[SeriesId]) -> Self {
        Self(match self.0 {
            Kind::Synthetic(world) => Kind::Synthetic(Box::new(world.reading(series))),
            Kind::Reweighted(world) => Kind::Reweighted(Box::new(world.reading(series))),
        })
    }

    /// The same world, drawn only where some look reads it; see the synthetic world for what that asks of reads. A
    /// recorded world is drawn whole all the same.
    #[must_use]
    pub fn lazily(self, whole: bool) -> Self {
        Self(match self.0 {
            Kind::Synthetic(world) => Kind::Synthetic(Box::new(world.lazily(whole))),
            recorded @ Kind::Reweighted(_) => recorded,
        })
    }

    /// The same world, drawn whole.
    #[must_use]
    pub fn eagerly(self) -> Self {
        Self(match self.0 {
            Kind::Synthetic(world) => Kind::Synthetic(Box::new(world.eagerly())),
            recorded @ Kind::Reweighted(_) => recorded,
        })
    }

    /// Whether a series, by its axis and its column there, is a gauge: its values are the same in a lazy world.
    pub fn is_gauge(&self, axis: AxisId, column: usize) -> bool {
        match &self.0 {
            Kind::Synthetic(world) => world.is_gauge(axis, column),
            Kind::Reweighted(_) => false,
        }
    }

    /// The series there are.
    pub fn layout(&self) -> &Layout {
        match &self.0 {
            Kind::Synthetic(world) => world.layout(),
            Kind::Reweighted(world) => world.layout(),
        }
    }

    /// What happens in it.
    pub fn scenario(&self) -> &Scenario {
        match &self.0 {
            Kind::Synthetic(world) => world.scenario(),
            Kind::Reweighted(world) => world.scenario(),
        }
    }

    /// Whether the noise of any seed is the same in another world, so that its trials may take it over.
    pub fn shares_noise(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Synthetic(world), Kind::Synthetic(other)) => world.shares_noise(other),
            _ => false,
        }
    }

    /// Begins a trial at moment zero. The stable version has served all requests up to then.
    pub fn begin(&self, state: &mut WorldState, seed: Seed, at_start: Traffic) {
        match &self.0 {
            Kind::Synthetic(world) => world.begin(&mut state.synthetic, seed, at_start),
            Kind::Reweighted(world) => world.begin(&mut state.reweighted, seed, at_start),
        }
    }

    /// From the next change of traffic on there are these pods beside the rollout's own. A recorded world knows of none:
    /// policies that have some are not played over it.
    pub fn crews(&self, state: &mut WorldState, crews: Crews) {
        match &self.0 {
            Kind::Synthetic(world) => world.crews(&mut state.synthetic, crews),
            Kind::Reweighted(_) => {}
        }
    }

    /// From `at` on, traffic is led like this. Moments ascend; slots already scraped are past.
    pub fn traffic(&self, state: &mut WorldState, at: Timestamp, traffic: Traffic) {
        match &self.0 {
            Kind::Synthetic(world) => world.traffic(&mut state.synthetic, at, traffic),
            Kind::Reweighted(world) => world.traffic(&mut state.reweighted, at, traffic),
        }
    }

    /// From `at` on this part of all requests is copied to the canary; moments ascend. A recorded world does not know
    /// what became of copies: policies that make some are not played over it.
    pub fn mirror(&self, state: &mut WorldState, at: Timestamp, part: Share) {
        match &self.0 {
            Kind::Synthetic(world) => world.mirror(&mut state.synthetic, at, part),
            Kind::Reweighted(_) => {}
        }
    }

    /// First moment before `until` at which a copy of a request or a probe, which harm nobody, can show what is wrong
    /// with the release.
    pub fn shows(&self, state: &WorldState, until: Timestamp) -> Option<Timestamp> {
        match &self.0 {
            Kind::Synthetic(world) => world.shows(&state.synthetic, until),
            Kind::Reweighted(_) => None,
        }
    }

    /// At `now` the rollout comes to `milestone`: told before anything later is drawn.
    pub fn reach(&self, state: &mut WorldState, now: Timestamp, milestone: Milestone) {
        match &self.0 {
            Kind::Synthetic(world) => world.reach(&mut state.synthetic, now, milestone),
            Kind::Reweighted(world) => world.reach(&mut state.reweighted, now, milestone),
        }
    }

    /// Pushes all scrapes up to `until` that lie after `since`, the earliest moment that this or any later look can
    /// reach back to. Traffic up to `until` must have been told.
    pub fn advance(&self, state: &mut WorldState, until: Timestamp, since: Timestamp, samples: &mut Samples) {
        match &self.0 {
            Kind::Synthetic(world) => world.advance(&mut state.synthetic, until, since, samples),
            Kind::Reweighted(world) => world.advance(&mut state.reweighted, until, since, samples),
        }
    }

    /// First moment at which a canary request could be harmed by the release, as far as traffic has been told.
    pub fn onset(&self, state: &WorldState) -> Option<Timestamp> {
        match &self.0 {
            Kind::Synthetic(world) => world.onset(&state.synthetic),
            Kind::Reweighted(world) => world.onset(&state.reweighted),
        }
    }

    /// When the release's harm has ended by itself, as far as is known; none where some of it does not.
    pub fn healed(&self, state: &WorldState) -> Option<Timestamp> {
        match &self.0 {
            Kind::Synthetic(world) => world.healed(&state.synthetic),
            Kind::Reweighted(world) => world.healed(&state.reweighted),
        }
    }

    /// Requests harmed up to `until` beyond what the stable version would have done in the canary's place, by intensity.
    pub fn blast_radius(&self, state: &mut WorldState, until: Timestamp) -> f64 {
        match &self.0 {
            Kind::Synthetic(world) => world.blast_radius(&mut state.synthetic, until),
            Kind::Reweighted(world) => world.blast_radius(&mut state.reweighted, until),
        }
    }

    /// Requests expected from `from` to `to`, to both versions together; begun slots count whole.
    pub fn requests(&self, state: &mut WorldState, from: Timestamp, to: Timestamp) -> f64 {
        match &self.0 {
            Kind::Synthetic(world) => world.requests_between(&mut state.synthetic, from, to),
            Kind::Reweighted(world) => world.requests_between(&mut state.reweighted, from, to),
        }
    }
}
