//! Time goes on: changes take effect, slots are drawn, scrapes pushed.

use super::crew::Crews;
use super::draw::Extent;
use super::state::{Change, Life, Pod, WorldState};
use super::world::World;
use crate::series::{STALE, Samples};
use crate::units::{Duration, Timestamp};

/// No look reaches further back before a trial's start: before that, nobody had scraped.
const OLDEST: Timestamp = Timestamp::from_secs(-26 * 3600);

impl World {
    /// How much of the past a simulated service has: looks that reach further back see nothing there.
    pub const PAST: Duration = Duration::from_secs(26 * 3600);
}

impl World {
    /// Pushes all scrapes up to `until` that lie after `since`.
    ///
    /// `since` is the earliest moment that this or any later look can reach back to (the moment of looking minus the
    /// longest range, lookback and offset of all checks): what lies before the first of them is never drawn. Traffic up
    /// to `until` must have been told. Without a call nothing is drawn, so a rollout that nobody looks at any more costs
    /// nothing.
    pub fn advance(&self, state: &mut WorldState, until: Timestamp, since: Timestamp, samples: &mut Samples) {
        let last = until.as_millis().div_euclid(self.slot);
        let mut next = match state.next {
            Some(next) => next,
            None => self.run_up(state, since.max(OLDEST), samples),
        };
        if self.lazy {
            next = self.leap(state, next, last, since, samples);
        }
        loop {
            self.apply(state, next, samples);
            self.scrape(state, next, until, &mut |state, target, time, seen| {
                let tally = core::mem::take(&mut state.pods[target].tally);
                self.push(state, samples, target, time, seen.then_some(&tally));
                state.pods[target].tally = tally;
            });
            if next >= last {
                break;
            }
            let change = state.changes[state.applied - 1];
            self.draw(state, &change, next, Extent::All);
            next += 1;
        }
        state.next = Some(next);
        if self.lazy {
            self.mend(state, since, samples);
        }
    }

    /// Draws what the stable version did before the trial's start, as far back as `since`, and returns slot 0. It is the
    /// counts at the start that are known; so the rows wait until all increments up to there are.
    fn run_up(&self, state: &mut WorldState, since: Timestamp, samples: &mut Samples) -> i64 {
        let after = (since + Duration::from_millis(1)).min(Timestamp::ZERO);
        let mut first = 0;
        let mut run_up = core::mem::take(&mut state.run_up);
        run_up.clear();
        for (target, pod) in self.targets.iter().zip(&mut state.pods) {
            run_up.known.extend_from_slice(&pod.tally);
            self.schedule(pod, after);
            if target.read && pod.life == Life::Serving {
                first = first.min(pod.edge);
            }
        }
        let before = Change {
            slot: i64::MIN,
            at: OLDEST,
            share: 0.0,
            then: 0.0,
            pods: [0, state.changes[0].pods[1]],
            crews: Crews::default(),
            cold: 0.0,
            beside: false,
        };
        for slot in first..0 {
            self.scrape(state, slot, Timestamp::MAX, &mut |state, target, time, seen| {
                run_up.rows.push((target, time, seen));
                let tally = if seen { &state.pods[target].tally[..] } else { &[] };
                run_up.tallies.extend_from_slice(tally);
            });
            self.draw(state, &before, slot, Extent::All);
        }
        let width = self.width();
        let mut at = 0;
        for &(target, time, seen) in &run_up.rows {
            if !seen {
                self.push(state, samples, target, time, None);
                continue;
            }
            let row = &mut run_up.tallies[at..at + width];
            let known = &run_up.known[target * width..][..width];
            for ((value, end), known) in row.iter_mut().zip(&state.pods[target].tally).zip(known) {
                *value -= end - known;
            }
            self.push(state, samples, target, time, Some(row));
            at += width;
        }
        for (pod, known) in state.pods.iter_mut().zip(run_up.known.chunks_exact(width)) {
            pod.tally.copy_from_slice(known);
        }
        state.run_up = run_up;
        0
    }

    /// Lets all changes up to `edge` take effect.
    pub(super) fn apply(&self, state: &mut WorldState, edge: i64, samples: &mut Samples) {
        while let Some(change) = state
            .changes
            .get(state.applied)
            .filter(|change| change.slot <= edge)
        {
            let change = *change;
            for (n, target) in self.targets.iter().enumerate() {
                let serves = change.serves(target.arm, target.number());
                if serves && state.pods[n].life != Life::Serving {
                    // What follows begins at 0 again: rows of the life before must show their full height.
                    self.fill(state, n, samples);
                }
                let pod = &mut state.pods[n];
                match (pod.life, serves) {
                    (Life::Serving, true) | (Life::Absent | Life::Gone, false) => {}
                    (Life::Serving, false) => {
                        pod.life = Life::Gone;
                        // Where no look reads, scrapes have not been kept count of.
                        let gone = Timestamp::from_millis(edge * self.slot);
                        if pod.time < gone.as_millis() {
                            self.schedule(pod, gone);
                        }
                    }
                    (Life::Absent | Life::Gone, true) => {
                        pod.life = Life::Serving;
                        pod.tally.fill(0);
                        self.schedule(pod, change.at);
                    }
                }
            }
            state.applied += 1;
        }
    }

    /// Hands out all scrapes that read the counters at `edge` and come by `until`: target, time, and whether the scrape
    /// sees the pod (it may fail, and the pod may have gone).
    fn scrape(
        &self,
        state: &mut WorldState,
        edge: i64,
        until: Timestamp,
        out: &mut impl FnMut(&mut WorldState, usize, i64, bool),
    ) {
        for (n, _) in self.targets.iter().enumerate().filter(|(_, target)| target.read) {
            loop {
                let pod = &state.pods[n];
                if pod.life == Life::Absent || pod.edge > edge || pod.time > until.as_millis() {
                    break;
                }
                let gone = pod.life == Life::Gone;
                let missed = self.scenario.observation.missed;
                let fails = gone || missed > 0.0 && pod.streams.missed.at(pod.scrape).happens(missed);
                out(state, n, state.pods[n].time, !fails);
                let pod = &mut state.pods[n];
                if gone {
                    pod.life = Life::Absent;
                }
                self.place(pod, pod.scrape + 1);
            }
        }
    }

    /// Makes the first scrape at or after `from`, and after all that were, the next.
    pub(super) fn schedule(&self, pod: &mut Pod, from: Timestamp) {
        let interval = self.scenario.observation.scrape_interval.as_millis().max(1);
        let scrape = (from.as_millis() - pod.phase).div_euclid(interval) - 1;
        self.place(pod, scrape.max(pod.scrape));
        while pod.time < from.as_millis() {
            self.place(pod, pod.scrape + 1);
        }
    }

    fn place(&self, pod: &mut Pod, scrape: i64) {
        let interval = self.scenario.observation.scrape_interval.as_millis().max(1);
        let jitter = self
            .scenario
            .observation
            .jitter
            .as_millis()
            .clamp(0, interval / 4) as f64;
        let mut time = pod.phase + scrape * interval;
        if jitter > 0.0 {
            time += libm::round((2.0 * pod.streams.jitter.at(scrape).uniform() - 1.0) * jitter) as i64;
        }
        (pod.scrape, pod.time, pod.edge) = (scrape, time, time.div_euclid(self.slot));
    }

    /// Adds a row: what `tally` and, at the edge before `time`, the gauges show; or none of it.
    fn push(
        &self,
        state: &mut WorldState,
        samples: &mut Samples,
        target: usize,
        time: i64,
        tally: Option<&[i64]>,
    ) {
        let mut shown = core::mem::take(&mut state.shown);
        shown.clear();
        let of = &self.targets[target];
        match tally {
            Some(tally) => {
                let (counts, gauges) = of.columns.split_at(of.counts);
                let start = self.scenario.observation.counters_start_at;
                shown.extend(counts.iter().map(|column| column.value(tally, start)));
                for column in gauges {
                    let gauge = column.gauge();
                    let edge = time.div_euclid(self.slot);
                    shown.push(gauge.map_or(STALE, |n| self.shown(state, target, n, edge)));
                }
            }
            None => shown.resize(of.columns.len(), STALE),
        }
        samples.push(of.axis, time, shown.iter().copied());
        state.shown = shown;
    }
}
