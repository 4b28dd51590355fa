//! A trial begins: streams, faults, and pods that have served before.

use super::clock::BESIDE;
use super::crew::Crews;
use super::state::{Life, Pod, PodStreams, Streams, Traffic, WorldState};
use super::target::What;
use super::world::World;
use crate::scenario::exposition::Arm;
use crate::seed::Seed;
use crate::units::Timestamp;

impl World {
    /// Begins a trial at moment zero. The stable version has served all requests up to then, on as many pods as `at_start`
    /// says.
    pub fn begin(&self, state: &mut WorldState, seed: Seed, at_start: Traffic) {
        self.noise.begin(&mut state.paths, seed);
        state.streams = Streams {
            traffic: seed.stream("traffic"),
            share: seed.stream("share"),
            probes: seed.stream("probes"),
            mirrors: seed.stream("mirrors"),
            clients: seed.stream("clients"),
            crews: ["canary", "stable"].map(|arm| seed.stream("crew").named(arm)),
        };
        let faults = &self.scenario.faults;
        state.begins.begin(faults, seed, self.slot);
        self.begin_beside(state, seed);
        state.silence = self.silence(seed);
        state.disturbed.clear();
        let start = seed.stream("disturbance");
        state
            .disturbed
            .extend(self.scenario.disturbances.iter().map(|disturbance| {
                let within = disturbance.within.as_millis() as f64 / self.slot as f64;
                libm::floor(start.named(&disturbance.name).at(0).uniform() * within) as i64
            }));
        state.changes.clear();
        state.crews = Crews::default();
        state.applied = 0;
        state.started = None;
        state.next = None;
        self.begin_pods(state, seed, at_start.stable_pods);
        self.begin_gauges(&mut state.gauges, seed, at_start.stable_pods);
        self.traffic(state, Timestamp::ZERO, at_start);
    }

    fn begin_pods(&self, state: &mut WorldState, seed: Seed, stable: u32) {
        state.pods.resize(self.targets.len(), Pod::default());
        let phase = seed.stream("scrape phase");
        let streams = PodStreams {
            split: seed.stream("pods"),
            routes: seed.stream("routes"),
            errors: seed.stream("errors"),
            latency: [
                seed.stream("latency of successes"),
                seed.stream("latency of failures"),
            ],
            jitter: seed.stream("scrape jitter"),
            missed: seed.stream("missed scrapes"),
        };
        let interval = self.scenario.observation.scrape_interval.as_millis() as f64;
        for (target, pod) in self.targets.iter().zip(&mut state.pods) {
            pod.streams = streams.keyed(target.key);
            if self.two_clocks {
                pod.streams_beside = pod.streams.keyed(BESIDE);
            }
            pod.phase = libm::floor(phase.keyed(target.key).at(0).uniform() * interval) as i64;
            pod.scrape = i64::MIN;
            pod.gaps.clear();
            pod.tally.clear();
            pod.tally.resize(self.width(), 0);
            let serves = target.arm == Arm::Stable && !target.in_crew && target.index < stable;
            pod.life = if serves { Life::Serving } else { Life::Absent };
            if serves && self.scenario.observation.counters_start_at.is_none() {
                let days = 1.0 + 2.0 * seed.stream("age").keyed(target.key).at(0).uniform();
                let requests = days * 86_400.0 * self.scenario.traffic.rate / f64::from(stable);
                self.age(&mut pod.tally, requests);
                self.age_by_gauges(&mut pod.tally, requests, days * 86_400.0);
            }
        }
    }

    /// What a pod has counted after `requests` requests, all as expected.
    fn age(&self, tally: &mut [i64], requests: f64) {
        for (number, (group, tally)) in self
            .groups
            .iter()
            .zip(tally.chunks_exact_mut(2 * self.half()))
            .enumerate()
        {
            let requests = requests * group.parts[Arm::Stable as usize];
            let failures = libm::round(requests * group.errors);
            let shape = self.shape(number, 0);
            let (of_successes, of_failures) = tally.split_at_mut(self.half());
            for (half, count) in [
                (of_successes, libm::round(requests) - failures),
                (of_failures, failures),
            ] {
                half[What::Requests.place()] = count as i64;
                half[What::Time.place()] = libm::round(count * shape.mean) as i64;
                for (bound, part) in shape.within.iter().enumerate() {
                    half[What::Within(bound).place()] = libm::round(count * part) as i64;
                }
            }
        }
    }
}
