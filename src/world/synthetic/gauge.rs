//! Gauges: what a pod shows of itself besides what it has counted. A value is a function of place and of what traffic
//! did, never drawn in turn, so it is the same whoever looks at it and when.

use super::clock::BESIDE;
use super::course::since;
use super::path::{Path, Walk};
use super::state::{Change, WorldState};
use super::target::What;
use super::world::World;
use crate::scenario::exposition::{Arm, Counts, Exposition, Family};
use crate::scenario::{Course, Fault, Follows, Gauge as Rule, GaugeFault, Scenario};
use crate::seed::{Key, Seed, Stream};

/// A gauge, made ready for trials.
#[derive(Clone, Debug)]
pub(super) struct Gauge {
    rule: Rule,
    level: f64,
    walk: Walk,
    luck: Key,
    /// On the canary and on the stable version, for each set of slow-downs, how many times as long the quantile is that
    /// the gauge follows.
    slower: [Vec<f64>; 2],
    /// Which of the scenario's faults meet it.
    met: Vec<bool>,
}

/// One trial's gauges.
#[derive(Clone, Debug, Default)]
pub(super) struct Gauges {
    /// A path for each gauge.
    shared: Vec<Path>,
    /// For each target, a path for each gauge.
    private: Vec<Path>,
    /// Moment of an event of each gauge, as a part of the time between two.
    phases: Vec<f64>,
    /// For each target, luck of each part.
    pub parts: Vec<Stream>,
    /// The same of copies and probes, where they are drawn apart.
    pub parts_beside: Vec<Stream>,
    /// Part of all requests that falls to a pod of the stable version at the start.
    usual: f64,
}

/// A count that goes by a gauge: how large a part of the requests it counts, or what it adds up.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub gauge: usize,
    luck: Key,
    pub adds_up: bool,
    pub read: bool,
}

/// The families' gauges in their order, and what is counted by them: gauges of one luck count one thing.
pub(super) fn gauges(scenario: &Scenario, exposition: &Exposition) -> (Vec<Gauge>, Vec<Counted>) {
    let slot = scenario.observation.slot().as_millis();
    let (mut gauges, mut counted): (Vec<Gauge>, Vec<Counted>) = (Vec::new(), Vec::new());
    for (family, rule) in exposition
        .families
        .iter()
        .filter_map(|family| Some((family, family.gauge.as_ref()?)))
    {
        let meets = |fault: &Fault| {
            let all = |met: &GaugeFault| met.families.is_empty() || met.families.contains(&family.name);
            rule.can_fail() && fault.gauges.as_ref().is_some_and(all)
        };
        let luck = Key::new(&luck(family, rule, exposition));
        if matches!(family.counts, Counts::Part | Counts::Sum) && place(&counted, luck).is_none() {
            counted.push(Counted {
                gauge: gauges.len(),
                luck,
                adds_up: family.counts == Counts::Sum,
                read: false,
            });
        }
        gauges.push(Gauge {
            level: rule.healthy(scenario.service.gauge_level),
            walk: Walk::new(rule.noise.correlation, slot),
            luck,
            slower: match rule.follows {
                Follows::Latency(quantile) => {
                    super::latency::slower(scenario, &super::groups::groups(scenario), quantile)
                }
                _ => [Vec::new(), Vec::new()],
            },
            met: scenario.faults.iter().map(meets).collect(),
            rule: rule.clone(),
        });
    }
    (gauges, counted)
}

/// What luck goes by: the name, and the labels where several families share it.
fn luck(family: &Family, rule: &Rule, exposition: &Exposition) -> String {
    let alike = exposition
        .families
        .iter()
        .filter(|other| other.name == family.name);
    match &rule.luck {
        Some(luck) => luck.clone(),
        None if alike.count() == 1 => family.name.clone(),
        None => format!("{}{:?}", family.name, family.labels),
    }
}

/// The place of what is counted with this luck.
fn place(counted: &[Counted], luck: Key) -> Option<usize> {
    counted.iter().position(|counted| counted.luck == luck)
}

/// The place of what the family with gauge `gauge` counts.
pub(super) fn counted_by(gauges: &[Gauge], counted: &[Counted], gauge: usize) -> Option<usize> {
    place(counted, gauges[gauge].luck)
}

impl Gauge {
    /// The greatest of its values.
    pub fn most(&self) -> f64 {
        self.rule.ceiling.max(-self.rule.floor)
    }
}

impl World {
    pub(super) fn begin_gauges(&self, gauges: &mut Gauges, seed: Seed, stable_pods: u32) {
        let stream = seed.stream("gauge");
        gauges.shared.resize(self.gauges.len(), Path::default());
        gauges.phases.clear();
        for (gauge, path) in self.gauges.iter().zip(&mut gauges.shared) {
            path.begin(stream.keyed(gauge.luck), gauge.walk);
            let phase = seed.stream("phase of events").keyed(gauge.luck);
            gauges.phases.push(phase.at(0).uniform());
        }
        let of_pods = self
            .targets
            .iter()
            .flat_map(|target| self.gauges.iter().map(|gauge| (target.key, gauge)));
        gauges
            .private
            .resize(self.targets.len() * self.gauges.len(), Path::default());
        for ((pod, gauge), path) in of_pods.zip(&mut gauges.private) {
            path.begin(stream.keyed(gauge.luck).keyed(pod), gauge.walk);
        }
        let parts = seed.stream("part");
        let of_pods = self.targets.iter().flat_map(|target| {
            let counted = self.counted.iter();
            counted.map(move |counted| parts.keyed(counted.luck).keyed(target.key))
        });
        gauges.parts.clear();
        gauges.parts.extend(of_pods);
        gauges.parts_beside.clear();
        if self.two_clocks {
            let beside = gauges.parts.iter().map(|luck| luck.keyed(BESIDE));
            gauges.parts_beside.extend(beside);
        }
        gauges.usual = 1.0 / f64::from(stable_pods.max(1));
    }

    /// What gauge number `n` shows on a target at `edge`: its value in the slot before, of which all is known whoever
    /// looks when.
    pub(super) fn shown(&self, state: &mut WorldState, target: usize, n: usize, edge: i64) -> f64 {
        let gauge = &self.gauges[n];
        let slot = edge - 1;
        let change = state.change_in(slot);
        let pod = &self.targets[target];
        if gauge.rule.follows == Follows::Pods {
            // The pod that shows it is one of them.
            return f64::from(change.pods[pod.arm as usize].max(1));
        }
        let slot = self.frozen(state, gauge, target, slot).unwrap_or(slot);
        let value = if gauge.rule.stamp {
            let every = self.median(state, gauge, target, slot).max(f64::MIN_POSITIVE);
            let now = ((slot + 1) * self.slot) as f64 / 1000.0;
            let phase = state.gauges.phases[n];
            (libm::floor(now / every - phase) + phase) * every
        } else {
            self.value(state, target, n, slot)
        };
        let value = if gauge.rule.rest {
            gauge.rule.ceiling - value
        } else {
            value
        };
        if gauge.rule.whole {
            libm::round(value)
        } else {
            value
        }
    }

    /// The value itself: a part for counts, before it is rounded or turned round to be shown.
    fn value(&self, state: &mut WorldState, target: usize, n: usize, slot: i64) -> f64 {
        let gauge = &self.gauges[n];
        let rule = &gauge.rule;
        let slot = self.frozen(state, gauge, target, slot).unwrap_or(slot);
        let median = self.median(state, gauge, target, slot);
        let mut z = 0.0;
        if rule.noise.shared > 0.0 {
            z += rule.noise.shared * state.gauges.shared[n].at(slot);
        }
        if rule.noise.private > 0.0 {
            let own = target * self.gauges.len() + n;
            z += rule.noise.private * state.gauges.private[own].at(slot);
        }
        let width = rule.ceiling - rule.floor;
        let at = (median - rule.floor) / width;
        if z == 0.0 || width <= 0.0 || at <= 0.0 || at >= 1.0 {
            return median;
        }
        let up = at * libm::exp(z);
        rule.floor + width * (up / (1.0 - at + up)).clamp(0.0, 1.0)
    }

    /// Where it hovers in `slot`: its level, moved by what it follows and by what is wrong.
    fn median(&self, state: &mut WorldState, gauge: &Gauge, target: usize, slot: i64) -> f64 {
        let rule = &gauge.rule;
        let mut change = state.change_in(slot);
        if self.has_beside(state) {
            change = self.met(state, &change, slot);
        }
        let pod = &self.targets[target];
        let (best, worst) = (rule.best(), rule.worst());
        let times = self.times(state, gauge, target, &change, slot);
        let mut median = (best + times * (gauge.level - best)).clamp(rule.floor, rule.ceiling);
        if pod.arm == Arm::Stable || !rule.can_fail() {
            return median;
        }
        if let Some(cold) = self.scenario.cold_start
            && cold.gauges > 0.0
            && change.cold > 0.0
        {
            median += cold.gauges * self.faded(&change, slot) * (worst - median);
        }
        let calendar = self.calendar_for(state, &change);
        for (number, (fault, _)) in self
            .scenario
            .faults
            .iter()
            .zip(&gauge.met)
            .enumerate()
            .filter(|(_, (_, met))| **met)
        {
            let meets = super::circumstances::part(fault, pod.number()).is_some()
                && change.share > fault.above
                && calendar.holds(number, slot);
            let Some(GaugeFault { course, .. }) = fault.gauges.as_ref().filter(|_| meets) else {
                continue;
            };
            match course {
                Course::Beyond(part) => {
                    let limit = rule.limit.unwrap_or(gauge.level);
                    let there = limit + part * (worst - limit);
                    let farther = (there - median) * (worst - best) > 0.0;
                    median += f64::from(u8::from(farther)) * calendar.height(number, slot) * (there - median);
                }
                Course::Leaks(_) | Course::Saturates(_) => {
                    median += self.progress(number, state, &change, slot, pod.number()) * (worst - median);
                }
                Course::Stuck => {}
            }
        }
        median.clamp(rule.floor, rule.ceiling)
    }

    /// How many times as far from its best value it is as usual, by what it follows.
    fn times(&self, state: &mut WorldState, gauge: &Gauge, target: usize, change: &Change, slot: i64) -> f64 {
        let pod = &self.targets[target];
        let met = |state: &mut WorldState| match pod.arm {
            Arm::Canary => {
                let noise = self.noise.at(&mut state.paths, slot).canary;
                let met = |group| self.on_canary(state, change, slot, noise, (pod.number(), group), true);
                (self.of_any(Arm::Canary, met), noise)
            }
            Arm::Stable => {
                let noise = self.noise.stable(&mut state.paths, slot);
                let met = |group| self.on_stable(state, slot, noise, group);
                (self.of_any(Arm::Stable, met), noise)
            }
        };
        match gauge.rule.follows {
            Follows::Nothing | Follows::Pods => 1.0,
            Follows::Load(power) => {
                let share = match pod.arm {
                    Arm::Canary => change.share,
                    Arm::Stable => 1.0 - change.share,
                };
                let share = share * change.part_beside(pod.arm, pod.number());
                let pods = f64::from(change.pods_beside(pod.arm, pod.number()).max(1));
                let cell = self.noise.at(&mut state.paths, slot);
                let usual = self.noise.mean_rate() * state.gauges.usual;
                let besides = match pod.arm {
                    Arm::Canary if !pod.in_crew => self.load_beside(state, change, slot, cell.rate),
                    Arm::Canary | Arm::Stable => 0.0,
                };
                let load = if usual > 0.0 && besides > 0.0 {
                    let users = if Self::is_silent(state, slot) {
                        0.0
                    } else {
                        cell.rate * share
                    };
                    (users + besides) / pods / usual
                } else if Self::is_silent(state, slot) {
                    0.0
                } else if usual > 0.0 {
                    cell.rate * share / pods / usual
                } else {
                    1.0
                };
                libm::pow(load.max(0.0), power)
            }
            Follows::Latency(_) => gauge.slower[pod.arm as usize][met(state).0.slowed],
            Follows::Errors => {
                let (met, noise) = met(state);
                let usual = self.scenario.service.errors * noise;
                if usual > 0.0 { met.errors / usual } else { 1.0 }
            }
        }
    }

    /// The slot in which the gauge stopped moving, the last before its pod began to serve, if a fault has stopped it.
    fn frozen(&self, state: &WorldState, gauge: &Gauge, target: usize, slot: i64) -> Option<i64> {
        let pod = &self.targets[target];
        let calendar = match self.has_beside(state) {
            true => self.calendar_for(state, &self.met(state, &state.change_in(slot), slot)),
            false => self.calendar(state),
        };
        let mut faults = self.scenario.faults.iter().zip(&gauge.met).enumerate();
        let stopped = faults.find(|(n, (fault, met))| {
            let stuck = |fault: &GaugeFault| fault.course == Course::Stuck;
            let here = pod.arm == Arm::Canary && super::circumstances::part(fault, pod.number()).is_some();
            **met && here && fault.gauges.as_ref().is_some_and(stuck) && calendar.holds(*n, slot)
        });
        let serves = |change: &Change| change.serves(Arm::Canary, pod.number());
        let (n, _) = stopped?;
        let began = since(&state.changes, slot, serves)?;
        Some(self.not_before(n, calendar, began) - 1)
    }

    /// Whether some gauge shows fault number `n`.
    pub(super) fn is_gauged(&self, n: usize) -> bool {
        self.gauges.iter().any(|gauge| gauge.met[n])
    }

    /// Adds what a pod counts by gauges in `slot`, of so many requests.
    pub(super) fn count_by_gauges(
        &self,
        state: &mut WorldState,
        target: usize,
        slot: i64,
        requests: Option<u32>,
    ) {
        for (n, counted) in self
            .counted
            .iter()
            .enumerate()
            .filter(|(_, counted)| counted.read)
        {
            if counted.adds_up != requests.is_none() {
                continue;
            }
            let value = self.value(state, target, counted.gauge, slot);
            let more = match requests {
                Some(requests) => {
                    let luck = state.gauges.parts[target * self.counted.len() + n];
                    i64::from(luck.at(slot).binomial(requests, value.clamp(0.0, 1.0)))
                }
                None => self.in_slot(value),
            };
            state.pods[target].tally[What::Counted(self.bounds + n).place()] += more;
        }
    }

    /// What a value adds up to in a slot, in a tally's units.
    fn in_slot(&self, value: f64) -> i64 {
        libm::round(value * self.slot as f64 / 1000.0 * super::target::PER_SECOND) as i64
    }

    /// What a pod has counted by gauges after so many requests in so many seconds, all as expected.
    pub(super) fn age_by_gauges(&self, tally: &mut [i64], requests: f64, seconds: f64) {
        for (n, counted) in self.counted.iter().enumerate() {
            let level = self.gauges[counted.gauge].level;
            let (of, scale) = if counted.adds_up {
                (seconds, super::target::PER_SECOND)
            } else {
                (libm::round(requests), 1.0)
            };
            tally[What::Counted(self.bounds + n).place()] = libm::round(of * level * scale) as i64;
        }
    }
}
