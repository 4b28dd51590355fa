//! Requests of a class go to a version: some are made to fail, some take longer.

use super::draw::Drawn;
use super::pool::{Resting, take};
use super::state::State;
use super::versions::around;
use super::world::World;
use crate::scenario::recorded::Ending;
use crate::seed::{Cuts, Stream};

impl World {
    /// What is left of a class in its slot.
    pub(super) fn rest(&self, state: &mut State, family: usize, at: usize, drawn: &Drawn) -> Resting {
        let class = &self.past.families[family].classes[at];
        state.pool.of(
            self.places.classes[family][at],
            class,
            drawn.slot,
            drawn.third.rem_euclid(3),
        )
    }

    /// Takes requests of a class out of its slot and adds them to a version.
    #[allow(clippy::too_many_arguments, reason = "where, whose, how many, when")]
    pub(super) fn own(
        &self,
        state: &mut State,
        resting: Resting,
        at: (usize, usize),
        arm: usize,
        count: u32,
        drawn: &Drawn,
        succeeded: &mut u32,
    ) {
        if count == 0 {
            return;
        }
        let sum = self.taken(state, resting, at, 2 * drawn.third + arm as i64, count);
        self.serve(state, at, arm, count, sum, drawn, succeeded);
    }

    /// Takes requests of a class out of its slot that a version loses.
    #[allow(clippy::too_many_arguments, reason = "where, whose, how many, when")]
    pub(super) fn lose(
        &self,
        state: &mut State,
        resting: Resting,
        at: (usize, usize),
        arm: usize,
        count: u32,
        drawn: &Drawn,
    ) {
        if count > 0 {
            self.taken(state, resting, at, 2 * drawn.third + 1 - arm as i64, count);
        }
    }

    /// Buckets of so many requests go to the pool's `mine`; returns their sum.
    fn taken(
        &self,
        state: &mut State,
        resting: Resting,
        (family, at): (usize, usize),
        draw: i64,
        count: u32,
    ) -> i64 {
        let streams = state.classes[self.first_class[family] + at];
        if resting.width > 1 {
            resting.urn(&mut state.pool, streams.buckets, draw, count);
        }
        let bounds = &self.shapes.bounds[self.sets[family][at]];
        resting.part_of_sum(&mut state.pool, count, bounds)
    }

    /// Adds requests of a class that were not recorded for this version: they last as its own do around that time.
    pub(super) fn more(
        &self,
        state: &mut State,
        (family, at): (usize, usize),
        arm: usize,
        count: u32,
        drawn: &Drawn,
        succeeded: &mut u32,
    ) {
        if count == 0 {
            return;
        }
        let class = &self.past.families[family].classes[at];
        let streams = state.classes[self.first_class[family] + at];
        let width = class.bounds.len() + 1;
        let mine = &mut state.pool.mine;
        mine.clear();
        mine.resize(width, 0);
        let around = around(drawn.slot, class.counts.len());
        if width > 1 {
            let of = |bucket: usize| -> f64 {
                around
                    .clone()
                    .map(|slot| f64::from(class.buckets(slot)[bucket]))
                    .sum::<f64>()
            };
            let (mut left, mut mass) = (count, (0..width).map(of).sum::<f64>());
            for (bucket, mine) in mine.iter_mut().enumerate() {
                let place = streams
                    .more
                    .named("buckets")
                    .at(drawn.third * width as i64 + bucket as i64);
                let part = if mass > 0.0 { of(bucket) / mass } else { 1.0 };
                *mine = if bucket + 1 == width {
                    left
                } else {
                    place.binomial(left, part)
                };
                left -= *mine;
                mass -= of(bucket);
            }
        }
        let requests: f64 = around.clone().map(|slot| f64::from(class.counts[slot])).sum();
        let time: f64 = around
            .filter_map(|slot| class.sums.get(slot))
            .map(|&sum| sum as f64)
            .sum();
        let mean = if requests > 0.0 { time / requests } else { 0.0 };
        let sum = libm::round(mean * f64::from(count)) as i64;
        self.serve(state, (family, at), arm, count, sum, drawn, succeeded);
    }

    /// Adds requests of a class, whose buckets lie in the pool's `mine`, to a version: some are made to fail, some
    /// take longer.
    #[allow(clippy::too_many_arguments, reason = "where, whose, how many, when")]
    fn serve(
        &self,
        state: &mut State,
        (family, at): (usize, usize),
        arm: usize,
        count: u32,
        sum: i64,
        drawn: &Drawn,
        succeeded: &mut u32,
    ) {
        let class = &self.past.families[family].classes[at];
        let target = self.past.families[family].place.target;
        let place = self.places.classes[family][at];
        let streams = state.classes[self.first_class[family] + at];
        let met = drawn.met[arm];
        // Those that fail instead, in the row of all successes.
        let mut failed = 0;
        if class.ending == Ending::Success {
            let before = *succeeded;
            *succeeded += count;
            if met.fails > 0.0 {
                let luck = state.streams[target].failed[arm].at(drawn.third);
                failed = luck.binomial(*succeeded, met.fails) - luck.binomial(before, met.fails);
            }
        }
        let tally = &mut state.tallies[arm];
        let pool = &mut state.pool;
        tally[place] += i64::from(count - failed);
        let partner = class.partner.map(|partner| self.places.classes[family][partner]);
        if let Some(partner) = partner {
            tally[partner] += i64::from(failed);
        }
        let width = class.bounds.len() + 1;
        if width > 1 {
            let draw = 2 * drawn.third + arm as i64;
            pool.failed.clear();
            pool.failed.resize(width, 0);
            if failed > 0 {
                take(&mut pool.mine, &mut pool.failed, streams.failed, draw, failed);
            }
            let moves = &self.shapes.all[met.shape].moves[self.sets[family][at]];
            for (buckets, to) in [(&pool.mine, Some(place)), (&pool.failed, partner)] {
                let Some(to) = to else { continue };
                let slowed = (met.shape != 0).then_some((moves, streams.slowed));
                add_within(&mut tally[to + 1..to + width], buckets, slowed, draw, width);
            }
        }
        if class.sums.is_empty() {
            return;
        }
        let sum = match met.shape {
            0 => sum,
            shape => libm::round(sum as f64 * self.shapes.all[shape].mean) as i64,
        };
        let of_failed = libm::round(sum as f64 * f64::from(failed) / f64::from(count)) as i64;
        add(&mut tally[place + width], sum - of_failed);
        if let Some(partner) = partner {
            add(&mut tally[partner + width], of_failed);
        }
    }
}

/// Adds requests by bucket to what a tally holds within each bound; where they are slowed, each bucket's requests
/// wander on to later ones.
fn add_within(
    tally: &mut [i64],
    buckets: &[u32],
    slowed: Option<(&Vec<Cuts>, Stream)>,
    draw: i64,
    width: usize,
) {
    match slowed {
        None => {
            let mut below = 0;
            for (tally, &count) in tally.iter_mut().zip(buckets) {
                below += i64::from(count);
                *tally += below;
            }
        }
        Some((moves, stream)) => {
            for (bucket, (&count, cuts)) in buckets
                .iter()
                .zip(moves)
                .enumerate()
                .filter(|(_, (count, _))| **count > 0)
            {
                let place = stream.at(draw * width as i64 + bucket as i64);
                cuts.count(place, count, |bound, within| tally[bound] += i64::from(within));
            }
        }
    }
}

/// Sums are read from files: however large they are, they end nothing.
pub(super) fn add(tally: &mut i64, more: i64) {
    *tally = tally.saturating_add(more);
}
