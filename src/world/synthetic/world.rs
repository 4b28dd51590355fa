use std::ops::Range;

use super::super::fresh::fresh;
use super::beside;
use super::clock;
use super::crew::Crews;
use super::gauge::{self, Counted, Gauge};
use super::groups::{self, Group, groups};
use super::latency::{self, Shape};
use super::noise::Noise;
use super::state::{Change, Traffic, WorldState};
use super::target::{self, CrewNames, Pods, Shown, Target, What};
use crate::scenario::exposition::{Arm, Exposition};
use crate::scenario::{Fault, Scenario};
use crate::series::{AxisId, Layout, SeriesId};
use crate::units::Timestamp;

/// A synthetic service and all it can show; made once, shared by all trials.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) scenario: Scenario,
    pub(super) layout: Layout,
    pub(super) targets: Vec<Target>,
    /// Where the targets of each version are: its own pods, its crew.
    pub(super) places: [[Range<usize>; 2]; 2],
    /// Number of bounds in a tally.
    pub(super) bounds: usize,
    /// Requests that meet the same: one group, and one more for every route.
    pub(super) groups: Vec<Group>,
    /// Whether some series counts one route's requests.
    pub(super) shows_routes: bool,
    /// Of every group, and of every set of slow-downs that can be in force: two to the power of their number.
    pub(super) shapes: Vec<Shape>,
    pub(super) slow_downs: usize,
    pub(super) fault_bits: Vec<usize>,
    /// Who sends probes and when, as what begins and ends like a fault.
    pub(super) probing: Vec<Fault>,
    /// Whether copies and probes may meet the release's faults by a clock of their own.
    pub(super) two_clocks: bool,
    /// The group that each fault meets; none: all.
    pub(super) fault_groups: Vec<Option<usize>>,
    pub(super) disturbance_bits: Vec<usize>,
    /// Whether clients come besides.
    pub(super) has_clients: bool,
    pub(super) noise: Noise,
    pub(super) gauges: Vec<Gauge>,
    pub(super) counted: Vec<Counted>,
    /// Cell of the time grid, in ms.
    pub(super) slot: i64,
    /// Of which arms somebody reads counts (canary, stable).
    pub(super) reads: [bool; 2],
    pub(super) reads_time: bool,
    pub(super) reads_bounds: bool,
    pub(super) reads_counted: bool,
    pub(super) lazy: bool,
    /// Whoever looks reads all samples of the stretch.
    pub(super) whole_windows: bool,
}

impl World {
    /// The world of `scenario`, shown by `exposition` on at most these pods.
    ///
    /// # Panics
    ///
    /// If more slow-downs can be in force at once than the reader of scenarios allows.
    pub fn new(scenario: &Scenario, exposition: &Exposition, pods: &Pods) -> Self {
        let median = scenario.service.latency.median;
        let bounds = target::bounds(exposition, median);
        let (gauges, counted) = gauge::gauges(scenario, exposition);
        let by_gauge: Vec<Option<usize>> = (0..gauges.len())
            .map(|n| gauge::counted_by(&gauges, &counted, n))
            .collect();
        let groups = groups(scenario);
        let shown = Shown {
            groups: groups.len(),
            routes: &groups::Shown::new(scenario, exposition),
            exposition,
            bounds: &bounds,
            median,
            counted: &by_gauge,
            more: counted.len(),
            crews: None,
        };
        let mut layout = Layout::default();
        let mut targets = Vec::new();
        let mut places = [const { [0..0, 0..0] }; 2];
        let mut add = |arm: Arm, names: &[String], crews: Option<&CrewNames>| {
            let from = targets.len();
            let shown = Shown { crews, ..shown };
            for (index, name) in (0..).zip(names) {
                targets.push(shown.target(&mut layout, arm, index, name));
            }
            places[arm as usize][usize::from(crews.is_some())] = from..targets.len();
        };
        add(Arm::Canary, &pods.canary, None);
        add(Arm::Stable, &pods.stable, None);
        if let Some(crews) = &pods.crews {
            add(Arm::Canary, &crews.pods[0], Some(crews));
            add(Arm::Stable, &crews.pods[1], Some(crews));
        }
        let (fault_bits, disturbance_bits) = latency::bits(scenario);
        let bits = fault_bits.iter().chain(&disturbance_bits);
        let routes = &scenario.service.routes;
        let group = |fault: &Fault| {
            let place = routes
                .iter()
                .position(|route| Some(&route.name) == fault.route.as_ref());
            place.map(|place| place + 1)
        };
        let mut columns = targets.iter().flat_map(|target| &target.columns);
        let mut world = Self {
            shapes: latency::shapes(scenario, &groups, &bounds),
            shows_routes: columns.any(|column| column.is_of_route()),
            probing: beside::timed(scenario),
            two_clocks: clock::has_two(scenario),
            fault_groups: scenario.faults.iter().map(group).collect(),
            groups,
            slow_downs: bits.filter(|&&bit| bit > 0).count(),
            has_clients: scenario
                .disturbances
                .iter()
                .any(|disturbance| disturbance.client > 0),
            noise: Noise::new(scenario),
            slot: scenario.observation.slot().as_millis(),
            scenario: scenario.clone(),
            bounds: bounds.len(),
            layout,
            targets,
            places,
            fault_bits,
            disturbance_bits,
            gauges,
            counted,
            reads: [false; 2],
            reads_time: false,
            reads_bounds: false,
            reads_counted: false,
            lazy: false,
            whole_windows: false,
        };
        world.note_reads(|_| true);
        world
    }

    /// The same world, drawn only as far as these series need: their samples are the same, those of others are not
    /// to be looked at.
    #[must_use]
    pub fn reading(mut self, series: &[SeriesId]) -> Self {
        self.note_reads(|id| series.contains(&id));
        self
    }

    /// Whether a series, by its axis and its column there, is a gauge: its values are the same in a lazy world.
    pub fn is_gauge(&self, axis: AxisId, column: usize) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|target| target.axis == axis && column >= target.counts)
    }

    /// The same world, drawn only where some look reads it. Only for reads that take differences of counters (`rate`,
    /// `increase`, `irate`, `delta`, and whether a series is there) and anything of gauges: their answers are the same
    /// bit by bit. A counter's height is not: whoever reads it as it stands is to leave this out. A world whose counters are not exact (they
    /// begin somewhere, or grow beyond a float's digits) is drawn whole all the same.
    ///
    /// `whole`: every read takes all samples since [`World::advance`]'s `since`.
    #[must_use]
    pub fn lazily(mut self, whole: bool) -> Self {
        self.lazy = self.is_exact();
        self.whole_windows = whole;
        self
    }

    /// The same world, drawn whole.
    #[must_use]
    pub fn eagerly(mut self) -> Self {
        self.lazy = false;
        self
    }

    /// Whether differences of counters are exact.
    fn is_exact(&self) -> bool {
        let begin = self.scenario.observation.counters_start_at.unwrap_or(0.0);
        // Four days of everything at ten times the mean rate.
        let traffic = &self.scenario.traffic;
        let probes = traffic.probing.map_or(traffic.probes, |probing| probing.rate);
        let requests = (traffic.rate + probes) * 4.0 * 86_400.0 * 10.0;
        let slowest = self.shapes.iter().map(|shape| shape.mean).fold(1.0, f64::max);
        let mut columns = self.targets.iter().flat_map(|target| &target.columns);
        begin == 0.0
            && columns.all(|column| match column.what() {
                What::Time => !self.reads_time || column.is_exact(requests * slowest),
                What::Counted(n) if self.counted[n - self.bounds].adds_up => {
                    let most = self.gauges[self.counted[n - self.bounds].gauge].most();
                    !self.reads_counted || column.is_exact(most * 4.0 * 86_400.0 * target::PER_SECOND)
                }
                _ => column.is_exact(requests),
            })
    }

    fn note_reads(&mut self, is_read: impl Fn(SeriesId) -> bool) {
        (self.reads, self.reads_time, self.reads_bounds) = ([false; 2], false, false);
        self.reads_counted = false;
        self.counted.iter_mut().for_each(|counted| counted.read = false);
        for target in &mut self.targets {
            target.read = false;
            for column in target.columns.iter().filter(|column| is_read(column.series)) {
                target.read = true;
                self.reads[target.arm as usize] |= column.gauge().is_none();
                match column.what() {
                    What::Time => self.reads_time = true,
                    What::Within(_) => self.reads_bounds = true,
                    What::Counted(n) | What::Others(n) => {
                        self.counted[n - self.bounds].read = true;
                        self.reads_counted = true;
                    }
                    What::Requests | What::Gauge(_) => {}
                }
            }
        }
    }

    /// The series there are.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What happens in it.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Whether the noise of any seed is the same in another world, so that its trials may take it over.
    pub fn shares_noise(&self, other: &Self) -> bool {
        self.noise.is_like(&other.noise)
    }

    /// Length of one half of a tally.
    pub(super) fn half(&self) -> usize {
        What::half(self.bounds + self.counted.len())
    }

    /// Length of a tally: of each group its successes, then its failures.
    pub(super) fn width(&self) -> usize {
        self.groups.len() * 2 * self.half()
    }

    /// The latency of a group's requests while these slow-downs are in force.
    pub(super) fn shape(&self, group: usize, slowed: usize) -> &Shape {
        &self.shapes[(group << self.slow_downs) + slowed]
    }

    /// Whether more is read than how many requests there were and how many failed.
    pub(super) fn reads_more(&self) -> bool {
        self.reads_time || self.reads_bounds || self.reads_counted
    }

    /// From the next change of traffic on there are these crews.
    pub fn crews(&self, state: &mut WorldState, crews: Crews) {
        let named = |arm: usize| self.places[arm][1].len() as u32;
        let pods = [0, 1].map(|arm| crews.pods[arm].min(named(arm)));
        state.crews = Crews { pods, ..crews };
    }

    /// From `at` on, traffic is led like this. Moments ascend; slots already scraped are past.
    ///
    /// A slot within which traffic changes is drawn as a whole, with the mean of its shares: of requests that come at
    /// random, as many fall to each version in distribution as if each had been led by the share of its moment. Pods
    /// come and go at the next edge, but for the first ones of a version, which come when they are told.
    pub fn traffic(&self, state: &mut WorldState, at: Timestamp, traffic: Traffic) {
        let slot = at.as_millis().div_euclid(self.slot);
        let edge = |slot: i64| Timestamp::from_millis(slot * self.slot);
        while state.changes.len() > state.applied
            && (state.changes.last()).is_some_and(|last| last.slot > slot || last.at == at)
        {
            state.changes.pop();
        }
        let crews = state.crews;
        let share = traffic.effective(crews);
        let pods = [traffic.canary_pods, traffic.stable_pods];
        let left = (edge(slot + 1) - at).as_millis() as f64 / self.slot as f64;
        let within = match state.changes.last() {
            Some(before) if left < 1.0 => {
                let some = |arm: usize| match before.pods[arm] {
                    0 => pods[arm],
                    pods => pods,
                };
                let mean = before.share + left * (share - before.then);
                let crews = if before.crews.pods == [0, 0] {
                    crews
                } else {
                    before.crews
                };
                Some((mean.clamp(0.0, 1.0), [some(0), some(1)], crews))
            }
            _ => None,
        };
        if let Some((mean, pods_within, crews_within)) = within {
            state.crews = crews_within;
            self.lead(state, slot, at, mean, pods_within);
            state.crews = crews;
            if let Some(change) = state.changes.last_mut() {
                change.then = share;
            }
            self.lead(state, slot + 1, edge(slot + 1), share, pods);
        } else {
            self.lead(state, slot, at, share, pods);
        }
        state.started = state
            .changes
            .iter()
            .find(|change| change.share > 0.0)
            .map(|change| change.slot);
        self.note_first_beside(state, at);
    }

    /// Adds a change that holds from `slot` on.
    fn lead(&self, state: &mut WorldState, slot: i64, at: Timestamp, share: f64, pods: [u32; 2]) {
        let cold = match state.changes.last() {
            Some(before) => {
                let left = if before.cold > 0.0 {
                    before.cold * self.fading((slot - before.slot) as f64)
                } else {
                    0.0
                };
                let all = pods[0] + state.crews.pods[0];
                fresh([before.share, share], [before.all_pods(Arm::Canary), all], left)
            }
            None => f64::from(u8::from(share > 0.0)),
        };
        state.changes.push(Change {
            slot,
            at,
            share,
            then: share,
            pods,
            crews: state.crews,
            cold,
            beside: false,
        });
    }
}
