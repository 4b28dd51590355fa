//! One slot's requests: how many, to which arm, to which pod, how they ended, how long they took.

use super::circumstances::Circumstances;
use super::state::{Change, Pod, WorldState};
use super::target::What;
use super::world::World;
use crate::scenario::Arrivals;
use crate::scenario::exposition::Arm;

/// Whole numbers reached by products that should be whole are not to be missed by a digit.
const EXACT: f64 = 1e-9;

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
struct Load {
    arm: Arm,
    requests: u32,
    pods: u32,
    slot: i64,
}

impl World {
    /// Draws a slot and adds it to the tallies of the pods that are read.
    pub(super) fn draw(&self, state: &mut WorldState, change: &Change, slot: i64, extent: Extent) {
        let cell = self.noise.at(&mut state.paths, slot);
        let [canary, stable] = self.requests(state, change, slot, cell.rate);
        let (probes, tested) = self.probes(state, change, slot);
        let (canary, change) = (canary + probes, &tested);
        if self.reads_counted {
            self.add_up(state, change, slot, extent);
        }
        if self.reads[0] && canary > 0 {
            let share = Load {
                arm: Arm::Canary,
                requests: canary,
                pods: change.pods[0],
                slot,
            };
            self.share_out(state, share, extent, |state, pod| {
                self.on_canary(state, change, slot, cell.canary, pod, true)
            });
        }
        if self.reads[1] && stable > 0 {
            let share = Load {
                arm: Arm::Stable,
                requests: stable,
                pods: change.pods[1],
                slot,
            };
            let noise = self.noise.stable(&mut state.paths, slot);
            self.share_out(state, share, extent, |state, _| {
                self.on_stable(state, slot, noise)
            });
        }
    }

    /// Requests of a slot that test a canary which no user reaches yet, and the change as they meet it: whatever is wrong
    /// with the release from its first request on is wrong for them.
    fn probes(&self, state: &WorldState, change: &Change, slot: i64) -> (u32, Change) {
        let rate = self.scenario.traffic.probes;
        if rate <= 0.0 || change.share > 0.0 || change.pods[0] == 0 {
            return (0, *change);
        }
        let mean = rate * self.slot as f64 / 1000.0;
        let probes = state.streams.probes.at(slot).poisson(mean);
        let share = f64::MIN_POSITIVE;
        (probes, Change { share, ..*change })
    }

    /// Requests of a slot on the canary and on the stable version. The sum does not depend on the share.
    fn requests(&self, state: &WorldState, change: &Change, slot: i64, rate: f64) -> [u32; 2] {
        let (all, canary) = match self.scenario.traffic.arrivals {
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

    fn share_out(
        &self,
        state: &mut WorldState,
        load: Load,
        extent: Extent,
        met: impl Fn(&WorldState, u32) -> Circumstances,
    ) {
        let Load {
            arm,
            requests,
            pods,
            slot,
        } = load;
        let mut rest = requests;
        for (n, target) in self.targets.iter().enumerate() {
            if target.arm != arm || target.index >= pods {
                continue;
            }
            let left = pods - target.index;
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
            if target.read && count > 0 && parts != (false, false) {
                let met = met(state, target.index);
                self.serve(&mut state.pods[n], slot, count, met, parts);
                if parts.1 && self.reads_counted {
                    self.count_by_gauges(state, n, slot, Some(count));
                }
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
            if wanted && target.read && target.index < change.pods[target.arm as usize] {
                self.count_by_gauges(state, n, slot, None);
            }
        }
    }

    /// Adds requests of a slot to a pod's tally: their number if `counts`, how long they took if `latency`.
    fn serve(
        &self,
        pod: &mut Pod,
        slot: i64,
        requests: u32,
        met: Circumstances,
        (counts, latency): (bool, bool),
    ) {
        let failures = pod.streams.errors.at(slot).binomial(requests, met.errors);
        let shape = &self.shapes[met.shape];
        let (of_successes, of_failures) = pod.tally.split_at_mut(self.half());
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
            let place = stream.at(slot);
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
