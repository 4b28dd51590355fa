use std::sync::Arc;

use super::super::begins::Milestone;
use super::super::fresh::fresh;
use super::past::Past;
use super::shape::{Law, Shapes};
use super::state::{Change, ClassStreams, Life, Pod, State, TargetStreams};
use super::target::{Places, Target, What, targets};
use crate::scenario::Scenario;
use crate::scenario::exposition::Arm;
use crate::scenario::inference::Selected;
use crate::seed::Seed;
use crate::series::{Layout, SeriesId};
use crate::units::{Duration, Timestamp};
use crate::world::Traffic;

/// Counters of what was there before the trial have counted for so long [ms].
const AGE: f64 = 4.0 * 86_400_000.0;

/// A recorded service whose counts are redrawn; made once, shared by all trials of a policy.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) past: Arc<Past>,
    pub(super) scenario: Scenario,
    pub(super) layout: Layout,
    pub(super) targets: Vec<Target>,
    pub(super) places: Places,
    /// Families of each target in the order they are drawn: those first that others need to know.
    pub(super) order: Vec<Vec<usize>>,
    pub(super) shapes: Shapes,
    /// Of each class its set of bounds, in the order of families and classes.
    pub(super) sets: Vec<Vec<usize>>,
    /// Luck of each family's first class, among those of all.
    pub(super) first_class: Vec<usize>,
    /// What the stable version had counted at the trial's start.
    pub(super) at_start: Vec<i64>,
    /// A third of a slot [ms].
    pub(super) third: i64,
}

impl World {
    /// The world of `scenario` over `past`, as the queries `selected` read it.
    ///
    /// # Panics
    ///
    /// If nothing was recorded, or more slow-downs can be in force at once than the reader of scenarios allows.
    pub fn new(scenario: &Scenario, past: &Arc<Past>, selected: &[Selected]) -> Self {
        assert!(!past.is_empty(), "a past has at least one slot");
        let places = Places::of(past);
        let mut layout = Layout::default();
        let targets = targets(&mut layout, past, &places, selected);
        let law = Law::of(&past.families, scenario.service.latency);
        let limit = scenario
            .harm_limit
            .map_or_else(|| law.quantile(0.99), |limit| limit.seconds);
        let shapes = Shapes::new(scenario, &past.families, limit);
        let sets = past
            .families
            .iter()
            .map(|family| family.classes.iter().map(|class| shapes.set(class)).collect())
            .collect();
        let order = (0..past.targets.len())
            .map(|target| order(past, target))
            .collect();
        let mut next = 0;
        let first_class = past
            .families
            .iter()
            .map(|family| {
                next += family.classes.len();
                next - family.classes.len()
            })
            .collect();
        Self {
            at_start: at_start(past, &places),
            third: past.third(),
            past: Arc::clone(past),
            scenario: scenario.clone(),
            layout,
            targets,
            places,
            order,
            shapes,
            sets,
            first_class,
        }
    }

    /// The same world, of which only these series are looked at.
    #[must_use]
    pub fn reading(mut self, series: &[SeriesId]) -> Self {
        for target in &mut self.targets {
            target.read = target
                .columns
                .iter()
                .any(|column| series.contains(&column.series));
        }
        self
    }

    /// The series there are.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What happens in it.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Begins a trial at moment zero.
    pub fn begin(&self, state: &mut State, seed: Seed, at_start: Traffic) {
        self.past.begin(&mut state.path, seed);
        state.begins.begin(&self.scenario.faults, seed, self.third);
        let start = seed.stream("disturbance");
        state.disturbed.clear();
        state
            .disturbed
            .extend(self.scenario.disturbances.iter().map(|disturbance| {
                let within = disturbance.within.as_millis() as f64 / self.third as f64;
                libm::floor(start.named(&disturbance.name).at(0).uniform() * within) as i64
            }));
        let named = [
            "first third",
            "second third",
            "share",
            "failed on canary",
            "failed on stable",
        ]
        .map(|name| seed.stream(name));
        state.streams.clear();
        state.streams.extend(self.past.targets.iter().map(|target| {
            let [first, second, share, canary, stable] = named.map(|stream| stream.keyed(target.key));
            TargetStreams {
                thirds: [first, second],
                share,
                failed: [canary, stable],
            }
        }));
        let named = ["buckets", "buckets of failed", "slowed", "moved"].map(|name| seed.stream(name));
        state.classes.clear();
        for family in &self.past.families {
            let own = self.past.targets[family.place.target].key;
            state.classes.extend(family.classes.iter().map(|class| {
                let of = |n: usize| named[n].named(&family.name).keyed(own).keyed(class.key);
                ClassStreams {
                    buckets: of(0),
                    failed: of(1),
                    slowed: of(2),
                    more: of(3),
                }
            }));
        }
        let phase = seed.stream("scrape phase");
        let serves = [at_start.canary_pods > 0, at_start.stable_pods > 0];
        state.pods.clear();
        state.pods.extend(self.targets.iter().map(|target| Pod {
            life: if serves[target.arm as usize] {
                Life::Serving
            } else {
                Life::Absent
            },
            phase: libm::floor(phase.keyed(target.key).at(0).uniform() * (3 * self.third) as f64) as i64,
            scrape: i64::MIN,
            time: 0,
            edge: 0,
        }));
        for tally in &mut state.tallies {
            tally.clear();
            tally.resize(self.places.width, 0);
        }
        state.tallies[Arm::Stable as usize].copy_from_slice(&self.at_start);
        state.changes.clear();
        state.applied = 0;
        state.started = None;
        state.next = None;
        self.traffic(state, Timestamp::ZERO, at_start);
    }

    /// At `now` the rollout comes to `milestone`: told before anything later is drawn.
    pub fn reach(&self, state: &mut State, now: Timestamp, milestone: Milestone) {
        state
            .begins
            .reach(&self.scenario.faults, now, milestone, self.third);
    }

    /// From `at` on, traffic is led like this. Moments ascend. A third within which it changes is drawn with the mean of
    /// its shares; pods come and go at the next edge, but for the first ones of a version.
    pub fn traffic(&self, state: &mut State, at: Timestamp, traffic: Traffic) {
        let third = at.as_millis().div_euclid(self.third);
        let edge = |third: i64| Timestamp::from_millis(third * self.third);
        while state.changes.len() > state.applied
            && (state.changes.last()).is_some_and(|last| last.third > third || last.at == at)
        {
            state.changes.pop();
        }
        let share = match (traffic.canary_pods, traffic.stable_pods) {
            (0, _) => 0.0,
            (_, 0) => 1.0,
            _ => traffic.share.get(),
        };
        let pods = [traffic.canary_pods, traffic.stable_pods];
        let left = (edge(third + 1) - at).as_millis() as f64 / self.third as f64;
        match state.changes.last().copied() {
            Some(before) if left < 1.0 => {
                let some = |arm: usize| {
                    if before.pods[arm] == 0 {
                        pods[arm]
                    } else {
                        before.pods[arm]
                    }
                };
                let mean = (before.share + left * (share - before.then)).clamp(0.0, 1.0);
                self.lead(state, third, at, mean, [some(0), some(1)]);
                if let Some(change) = state.changes.last_mut() {
                    change.then = share;
                }
                self.lead(state, third + 1, edge(third + 1), share, pods);
            }
            _ => self.lead(state, third, at, share, pods),
        }
        state.started = state
            .changes
            .iter()
            .find(|change| change.share > 0.0)
            .map(|change| change.third);
    }

    /// Adds a change that holds from `third` on.
    fn lead(&self, state: &mut State, third: i64, at: Timestamp, share: f64, pods: [u32; 2]) {
        let cold = match state.changes.last() {
            Some(before) => {
                let left = if before.cold > 0.0 {
                    before.cold * self.fading((third - before.third) as f64)
                } else {
                    0.0
                };
                fresh([before.share, share], [before.pods[0], pods[0]], left)
            }
            None => f64::from(u8::from(share > 0.0)),
        };
        state.changes.push(Change {
            third,
            at,
            share,
            then: share,
            pods,
            cold,
        });
    }

    /// What is left of newness after so many thirds.
    pub(super) fn fading(&self, thirds: f64) -> f64 {
        let fading = self
            .scenario
            .cold_start
            .map_or(Duration::ZERO, |cold| cold.fading)
            .as_millis();
        if fading <= 0 {
            0.0
        } else {
            libm::exp(-thirds * self.third as f64 / fading as f64)
        }
    }
}

/// Families of a target that are drawn by themselves: failures, then all requests, then the rest.
fn order(past: &Past, target: usize) -> Vec<usize> {
    let known = &past.targets[target];
    let first = [known.failures, known.requests];
    let rest = (0..past.families.len()).filter(|family| !first.contains(&Some(*family)));
    let own = |family: &usize| {
        let place = past.families[*family].place;
        place.target == target && (place.arm.is_none() || !past.is_paired(*family))
    };
    first.into_iter().flatten().chain(rest).filter(own).collect()
}

/// What the stable version has counted before any trial: all as often as recorded, for days.
fn at_start(past: &Past, places: &Places) -> Vec<i64> {
    let mut tally = vec![0; places.width];
    let times = AGE / past.length().as_millis().max(1) as f64;
    let aged = |sum: f64| libm::ceil(sum * times).min(1e17) as i64;
    for (family, own) in past.families.iter().zip(&places.classes) {
        for (class, &at) in family.classes.iter().zip(own) {
            let width = class.bounds.len() + 1;
            let total: f64 = class.counts.iter().map(|&count| f64::from(count)).sum();
            let mut below = 0;
            for bucket in 0..class.bounds.len() {
                let of_bucket = class.buckets.iter().skip(bucket).step_by(width);
                below += aged(of_bucket.map(|&count| f64::from(count)).sum());
                tally[at + 1 + bucket] = below;
            }
            tally[at] = aged(total).max(below);
            tally[at + width] = aged(class.sums.iter().map(|&sum| sum as f64).sum());
        }
    }
    for (level, at) in past.levels.iter().zip(&places.levels) {
        if let (super::family::LevelOf::Amount(increments), Some(at)) = (&level.of, at) {
            tally[*at] = aged(increments.iter().map(|&increment| increment as f64).sum());
        }
    }
    tally
}

impl World {
    /// Value of a column after `tally`, at a recorded slot.
    pub(super) fn value(&self, what: What, tally: &[i64], slot: usize) -> f64 {
        match what {
            What::Tally { at, scale, born_at } => {
                if born_at.is_some_and(|at| tally[at] <= 0) {
                    return crate::series::STALE;
                }
                tally[at].max(0) as f64 * scale
            }
            What::Gauge(level) => match &self.past.levels[level].of {
                super::family::LevelOf::Gauge(values) => values[slot],
                super::family::LevelOf::Amount(_) => crate::series::STALE,
            },
        }
    }
}
