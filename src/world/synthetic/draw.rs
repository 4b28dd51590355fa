//! One slot's requests: how many, to which arm, to which pod, how they ended, how long they took.

use super::circumstances::Circumstances;
use super::groups::Group;
use super::state::{Change, Pod, WorldState};
use super::target::What;
use super::world::World;
use crate::scenario::Arrivals;
use crate::scenario::exposition::Arm;
use crate::seed::{Key, Stream};

/// Whole numbers reached by products that should be whole are not to be missed by a digit.
pub(super) const EXACT: f64 = 1e-9;

/// How much of a slot is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Everything that is read.
    All,
    /// Requests and failures, on pods some of whose series may not exist yet.
    Births,
    /// What one pod (by its target's number) lacks: how long requests took and, if so noted, requests and failures.
    Gap(usize, bool),
}

/// What falls to an arm in a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    arm: Arm,
    /// Whether it is the arm's crew that has it.
    to_crew: bool,
    requests: u32,
    /// Requests of clients who fail whatever they ask, on the arm's first pod.
    failing: u32,
    pods: u32,
    slot: i64,
}

/// Requests of a slot that meet the same, and what their luck goes by besides their pod.
#[derive(Clone, Copy, Debug)]
struct Lot {
    slot: i64,
    requests: u32,
    group: usize,
    key: Option<Key>,
}

/// Luck of the requests of clients who come besides.
const CLIENTS: Key = Key::new("clients");

impl World {
    /// Draws a slot and adds it to the tallies of the pods that are read.
    pub(super) fn draw(&self, state: &mut WorldState, change: &Change, slot: i64, extent: Extent) {
        let cell = self.noise.at(&mut state.paths, slot);
        let [canary, stable] = self.requests(state, change, slot, cell.rate);
        let failing = match self.has_clients {
            true => self.of_clients(state, change, slot),
            false => [0, 0],
        };
        let mut more = 0;
        let met;
        let change = if self.has_beside(state) {
            more = self.beside(state, change, slot, canary + stable, cell.rate);
            met = self.met(state, change, slot);
            if self.two_clocks {
                self.draw_beside(state, &met, slot, more, extent);
                more = 0;
                change
            } else {
                &met
            }
        } else {
            change
        };
        if self.reads_counted {
            self.add_up(state, change, slot, extent);
        }
        if self.reads[0] && canary + more + failing[0] > 0 {
            let met = |state: &WorldState, pod, group| {
                self.on_canary(state, change, slot, cell.canary, (pod, group), true)
            };
            let (own, crew) = self.loads(state, change, Arm::Canary, slot, [canary, more, failing[0]]);
            self.share_out(state, own, extent, met);
            if let Some(crew) = crew {
                self.share_out(state, crew, extent, met);
            }
        }
        if self.reads[1] && stable + failing[1] > 0 {
            let noise = self.noise.stable(&mut state.paths, slot);
            let met = |state: &WorldState, _, group| self.on_stable(state, slot, noise, group);
            let (own, crew) = self.loads(state, change, Arm::Stable, slot, [stable, 0, failing[1]]);
            self.share_out(state, own, extent, met);
            if let Some(crew) = crew {
                self.share_out(state, crew, extent, met);
            }
        }
    }

    /// What falls to a version's own pods, and to its crew: requests, `more` that keep to its own pods, and those of clients
    /// who fail.
    pub(super) fn loads(
        &self,
        state: &WorldState,
        change: &Change,
        arm: Arm,
        slot: i64,
        [requests, more, failing]: [u32; 3],
    ) -> (Load, Option<Load>) {
        let load = |to_crew, requests, failing, pods: [u32; 2]| Load {
            arm,
            to_crew,
            requests,
            failing,
            pods: pods[arm as usize],
            slot,
        };
        if change.crews.pods[arm as usize] == 0 {
            return (load(false, requests + more, failing, change.pods), None);
        }
        let luck = state.streams.crews[arm as usize];
        let crew = self.to_crew(luck, change, arm, slot, requests);
        // Without pods of its own it is the crew that clients keep to.
        let [of_own, of_crew] = match change.pods[arm as usize] {
            0 => [0, failing],
            _ => [failing, 0],
        };
        (
            load(false, requests - crew + more, of_own, change.pods),
            Some(load(true, crew, of_crew, change.crews.pods)),
        )
    }

    /// Requests of a slot on the canary and on the stable version. The sum does not depend on the share.
    fn requests(&self, state: &WorldState, change: &Change, slot: i64, rate: f64) -> [u32; 2] {
        let (all, canary) = match self.scenario.traffic.arrivals {
            _ if Self::is_silent(state, slot) => (0, 0),
            Arrivals::Poisson => {
                let all = state.streams.traffic.at(slot).poisson(rate);
                (all, state.streams.share.at(slot).binomial(all, change.share))
            }
            Arrivals::Constant => {
                let by = |edge: i64| libm::floor(rate * edge as f64 + EXACT);
                let on_canary = |edge: i64| libm::floor(change.share * by(edge) + EXACT);
                let between = |count: &dyn Fn(i64) -> f64| (count(slot + 1) - count(slot)) as u32;
                (between(&by), between(&on_canary))
            }
        };
        [canary, all - canary.min(all)]
    }

    /// Requests of clients who come besides and fail whatever they ask, on the canary and on the stable version. Their
    /// sum does not depend on the share either.
    fn of_clients(&self, state: &WorldState, change: &Change, slot: i64) -> [u32; 2] {
        let mut failing = [0, 0];
        for (disturbance, &start) in self.scenario.disturbances.iter().zip(&state.disturbed) {
            let slots = (disturbance.length.as_millis() / self.slot).max(1);
            let at = slot - start;
            if disturbance.client == 0 || !(0..slots).contains(&at) {
                continue;
            }
            let by = |edge: i64| i64::from(disturbance.client) * edge / slots;
            let count = (by(at + 1) - by(at)) as u32;
            let keeps_to = |arm| !disturbance.arms.iter().any(|&other| other != arm);
            let canary = if keeps_to(Arm::Canary) {
                if change.share > 0.0 { count } else { 0 }
            } else if keeps_to(Arm::Stable) {
                if change.share < 1.0 { 0 } else { count }
            } else {
                let luck = state.streams.clients.named(&disturbance.name);
                luck.at(slot).binomial(count, change.share)
            };
            failing = [failing[0] + canary, failing[1] + count - canary];
        }
        failing
    }

    pub(super) fn share_out(
        &self,
        state: &mut WorldState,
        load: Load,
        extent: Extent,
        met: impl Fn(&WorldState, u32, usize) -> Circumstances,
    ) {
        let Load {
            arm,
            to_crew,
            requests,
            failing,
            pods,
            slot,
        } = load;
        let mut rest = requests;
        let places = &self.places[arm as usize][usize::from(to_crew)];
        for index in 0..pods.min(places.len() as u32) {
            let n = places.start + index as usize;
            let target = &self.targets[n];
            let left = pods - index;
            let count = match self.scenario.traffic.arrivals {
                _ if left == 1 => rest,
                Arrivals::Poisson => state.pods[n]
                    .streams
                    .split
                    .at(slot)
                    .binomial(rest, 1.0 / f64::from(left)),
                Arrivals::Constant => rest / left,
            };
            rest -= count;
            let parts = match extent {
                Extent::All => (true, self.reads_more()),
                Extent::Births => (self.is_unborn(target, &state.pods[n]), false),
                Extent::Gap(of, counts) => (counts && of == n, of == n),
            };
            if !target.read || parts == (false, false) {
                continue;
            }
            if index == 0 && failing > 0 {
                let lot = Lot {
                    slot,
                    requests: failing,
                    group: 0,
                    key: Some(CLIENTS),
                };
                self.serve(&mut state.pods[n], lot, Circumstances::FAILS, parts);
            }
            if count > 0 {
                let mut left = count;
                for (group, of) in self.groups.iter().enumerate().rev() {
                    let requests = match group {
                        0 => left,
                        _ => self.of_route(&state.pods[n], (slot, count), left, of, arm),
                    };
                    left -= requests;
                    let met = met(state, target.number(), group);
                    let lot = Lot {
                        slot,
                        requests,
                        group,
                        key: of.key,
                    };
                    self.serve(&mut state.pods[n], lot, met, parts);
                }
                if parts.1 && self.reads_counted {
                    self.count_by_gauges(state, n, slot, Some(count));
                }
            }
        }
    }

    /// How many of a pod's requests in a slot ask for a route, of those that are `left`.
    fn of_route(&self, pod: &Pod, (slot, all): (i64, u32), left: u32, group: &Group, arm: Arm) -> u32 {
        match self.scenario.traffic.arrivals {
            Arrivals::Poisson => {
                let luck = group
                    .key
                    .map_or(pod.streams.routes, |key| pod.streams.routes.keyed(key));
                luck.at(slot).binomial(left, group.given[arm as usize])
            }
            Arrivals::Constant => {
                let rate = group.parts[arm as usize] * f64::from(all);
                let by = |edge: i64| libm::floor(rate * edge as f64 + EXACT);
                ((by(slot + 1) - by(slot)) as u32).min(left)
            }
        }
    }

    /// Adds what pods count by gauges whether or not requests come.
    fn add_up(&self, state: &mut WorldState, change: &Change, slot: i64, extent: Extent) {
        for (n, target) in self.targets.iter().enumerate() {
            let wanted = match extent {
                Extent::All => true,
                Extent::Births => false,
                Extent::Gap(of, _) => of == n,
            };
            if wanted && target.read && change.serves(target.arm, target.number()) {
                self.count_by_gauges(state, n, slot, None);
            }
        }
    }

    /// Adds requests of a slot to a pod's tally: their number if `counts`, how long they took if `latency`.
    fn serve(&self, pod: &mut Pod, lot: Lot, met: Circumstances, (counts, latency): (bool, bool)) {
        let Lot {
            slot,
            requests,
            group,
            key,
        } = lot;
        let own = |stream: Stream| key.map_or(stream, |key| stream.keyed(key));
        let failures = own(pod.streams.errors).at(slot).binomial(requests, met.errors);
        let shape = self.shape(group, met.slowed);
        let tally = &mut pod.tally[group * 2 * self.half()..];
        let (of_successes, of_failures) = tally.split_at_mut(self.half());
        let [successes, fails] = pod.streams.latency;
        for (tally, count, stream) in [
            (of_successes, requests - failures, successes),
            (of_failures, failures, fails),
        ] {
            if count == 0 {
                continue;
            }
            if counts {
                tally[What::Requests.place()] += i64::from(count);
            }
            if !latency {
                continue;
            }
            let place = own(stream).at(slot);
            if self.reads_bounds {
                let within = &mut tally[What::Within(0).place()..];
                shape
                    .bounds
                    .count(place, count, |bound, below| within[bound] += i64::from(below));
            }
            if self.reads_time {
                let mut time = i64::from(count) * shape.last;
                shape.cells.count(place, count, |cell, below| {
                    time -= i64::from(below) * shape.rises[cell];
                });
                tally[What::Time.place()] += time;
            }
        }
    }
}
