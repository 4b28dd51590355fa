//! Time goes on: changes take effect, thirds of slots are drawn, scrapes pushed.

use super::state::{Life, Pod, State};
use super::world::World;
use crate::scenario::exposition::Arm;
use crate::series::{STALE, Samples};
use crate::units::{Duration, Timestamp};

impl World {
    /// Pushes all scrapes up to `until` that lie after `since`, the earliest moment that this or any later look reaches
    /// back to. Traffic up to `until` must have been told.
    pub fn advance(&self, state: &mut State, until: Timestamp, since: Timestamp, samples: &mut Samples) {
        let last = until.as_millis().div_euclid(self.third);
        let mut next = match state.next {
            Some(next) => next,
            None => self.run_up(state, since),
        };
        loop {
            self.apply(state, next);
            self.scrape(state, next, until, samples);
            if next >= last {
                break;
            }
            let change = state.changes[state.applied.max(1) - 1];
            self.draw(state, &change, next);
            next += 1;
        }
        state.next = Some(next);
    }

    /// Goes back as far as `since` and returns the first third from there. It is the counts at the trial's start that
    /// are known: what comes before is taken off.
    fn run_up(&self, state: &mut State, since: Timestamp) -> i64 {
        let after = (since + Duration::from_millis(1)).min(Timestamp::ZERO);
        let oldest = Timestamp::ZERO - crate::world::World::PAST;
        let slot = after.max(oldest).as_millis().div_euclid(3 * self.third);
        for n in 0..state.pods.len() {
            self.schedule(&mut state.pods[n], after);
        }
        let before = super::state::Change {
            third: i64::MIN,
            at: oldest,
            share: 0.0,
            then: 0.0,
            pods: [0, state.changes[0].pods[1]],
            cold: 0.0,
        };
        for third in 3 * slot..0 {
            self.draw(state, &before, third);
        }
        let stable = &mut state.tallies[Arm::Stable as usize];
        for (now, known) in stable.iter_mut().zip(&self.at_start) {
            *now = known.saturating_sub(now.saturating_sub(*known));
        }
        state.tallies[Arm::Canary as usize].fill(0);
        if slot < 0 {
            state.changes.insert(0, before);
            state.applied = 1;
        }
        3 * slot
    }

    /// Lets all changes up to `edge` take effect.
    fn apply(&self, state: &mut State, edge: i64) {
        while let Some(change) = state
            .changes
            .get(state.applied)
            .filter(|change| change.third <= edge)
        {
            let change = *change;
            for (target, pod) in self.targets.iter().zip(&mut state.pods) {
                let serves = change.pods[target.arm as usize] > 0;
                match (pod.life, serves) {
                    (Life::Serving, true) | (Life::Absent | Life::Gone, false) => {}
                    (Life::Serving, false) => pod.life = Life::Gone,
                    (Life::Absent | Life::Gone, true) => {
                        pod.life = Life::Serving;
                        self.schedule(pod, change.at);
                    }
                }
            }
            for arm in [Arm::Canary, Arm::Stable] {
                let before = state
                    .applied
                    .checked_sub(1)
                    .map(|n| state.changes[n].pods[arm as usize]);
                if change.pods[arm as usize] > 0 && before == Some(0) {
                    state.tallies[arm as usize].fill(0);
                }
            }
            state.applied += 1;
        }
    }

    /// Pushes all scrapes that read the counters at `edge` and come by `until`. Where the recording has no scrape there
    /// is none, on both versions.
    fn scrape(&self, state: &mut State, edge: i64, until: Timestamp, samples: &mut Samples) {
        for (n, target) in self.targets.iter().enumerate() {
            loop {
                let pod = state.pods[n];
                if !target.read || pod.life == Life::Absent || pod.edge > edge || pod.time > until.as_millis()
                {
                    break;
                }
                let slot = self.past.at(&mut state.path, pod.time.div_euclid(3 * self.third));
                let gone = pod.life == Life::Gone;
                if gone || self.past.targets[target.of].scraped[slot] {
                    let tally = &state.tallies[target.arm as usize];
                    let value = |column: &super::target::Column| {
                        if gone {
                            STALE
                        } else {
                            self.value(column.what, tally, slot)
                        }
                    };
                    samples.push(target.axis, pod.time, target.columns.iter().map(value));
                }
                if gone {
                    state.pods[n].life = Life::Absent;
                }
                self.place(&mut state.pods[n], pod.scrape + 1);
            }
        }
    }

    /// Makes the first scrape at or after `from`, and after all that were, the next.
    fn schedule(&self, pod: &mut Pod, from: Timestamp) {
        let interval = 3 * self.third;
        let scrape = -(pod.phase - from.as_millis()).div_euclid(interval);
        self.place(pod, scrape.max(pod.scrape));
    }

    fn place(&self, pod: &mut Pod, scrape: i64) {
        let time = pod.phase + scrape * 3 * self.third;
        (pod.scrape, pod.time, pod.edge) = (scrape, time, time.div_euclid(self.third));
    }
}
