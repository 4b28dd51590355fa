//! One third of a slot: its recorded requests fall to the versions, some are made to fail, some take longer.

use super::circumstances::Met;
use super::family::{Class, LevelOf};
use super::shape::ends;
use super::split::Third;
use super::state::{Change, Pool, State};
use super::world::World;
use crate::scenario::exposition::Arm;
use crate::scenario::recorded::Ending;
use crate::seed::{Place, Stream};

/// What a target's requests came to, for the metrics that count a part of them.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// Requests that succeeded, of the canary and of the stable version.
    successes: [u32; 2],
    /// Failures that a metric of failures counts.
    failures: [u32; 2],
}

impl World {
    /// Draws a third of a slot and adds it to the tallies.
    pub(super) fn draw(&self, state: &mut State, change: &Change, third: i64) {
        let slot = self.past.at(&mut state.path, third.div_euclid(3));
        let arms = [Arm::Canary, Arm::Stable];
        let met = arms.map(|arm| self.met(state, change, third, arm, true));
        for target in 0..self.past.targets.len() {
            let streams = state.streams[target];
            let lots = Third {
                number: third.rem_euclid(3),
                thirds: streams.thirds.map(|stream| stream.at(third.div_euclid(3))),
                share: streams.share.at(third),
                to_canary: change.share,
                cluster: self.past.cluster(),
            };
            let failed = streams.failed.map(|stream| stream.at(third));
            let mut seen = Seen::default();
            for &family in &self.order[target] {
                let drawn = Drawn { slot, third, met };
                self.family(state, family, &lots, &drawn, &mut seen);
            }
            // What counts failures alone counts those that were made to fail too.
            if let (Some(_), Some(failures)) = (
                self.past.targets[target].requests,
                self.past.targets[target].failures,
            ) {
                self.add_failures(state, failures, &failed, &met, &seen);
            }
        }
        for pair in &self.past.pairs {
            self.pair(state, pair, change, &Drawn { slot, third, met });
        }
        self.levels(state, change, slot, third.rem_euclid(3));
    }

    fn family(&self, state: &mut State, number: usize, lots: &Third, drawn: &Drawn, seen: &mut Seen) {
        let family = &self.past.families[number];
        let target = &self.past.targets[family.place.target];
        let (mut points, mut here, mut taken) = (0, 0, 0);
        let mut succeeded = [0; 2];
        let mut sums = [[0; 2]; 2];
        for (at, class) in family.classes.iter().enumerate() {
            let count = class.counts[drawn.slot];
            if count == 0 {
                continue;
            }
            points += count;
            let (end, taken_to) = {
                let end = lots.within(points);
                (end, lots.taken(end))
            };
            let counts = match family.place.arm {
                None => [taken_to - taken, (end - here) - (taken_to - taken)],
                Some(Arm::Canary) => [end - here, 0],
                Some(Arm::Stable) => [0, end - here],
            };
            (here, taken) = (end, taken_to);
            let failing = usize::from(class.ending == Ending::Failure);
            for (sums, count) in sums.iter_mut().zip(counts) {
                sums[failing] += count;
            }
            self.class(state, (number, at), counts, drawn, &mut succeeded);
        }
        let others = sums.map(|of| of[0]);
        if target.requests == Some(number) {
            let [canary, stable] = seen.failures;
            seen.successes = [others[0].saturating_sub(canary), others[1].saturating_sub(stable)];
        }
        if target.failures == Some(number) {
            seen.failures = sums.map(|of| of[1]);
        }
    }

    /// Adds the requests of a class, `counts` of them on the canary and on the stable version.
    fn class(
        &self,
        state: &mut State,
        at: (usize, usize),
        counts: [u32; 2],
        drawn: &Drawn,
        succeeded: &mut [u32; 2],
    ) {
        let resting = self.rest(state, at.0, at.1, drawn);
        for arm in 0..2 {
            self.own(state, resting, at, arm, counts[arm], drawn, &mut succeeded[arm]);
        }
    }

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
        let around = super::versions::around(drawn.slot, class.counts.len());
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
        tally[place + width] += sum - of_failed;
        if let Some(partner) = partner {
            tally[partner + width] += of_failed;
        }
    }

    fn add_failures(
        &self,
        state: &mut State,
        family: usize,
        failed: &[Place; 2],
        met: &[Met; 2],
        seen: &Seen,
    ) {
        // Among several series of failures nothing says which: the one that counts most.
        let total = |class: &Class| class.counts.iter().map(|&count| u64::from(count)).sum::<u64>();
        let classes = self.past.families[family].classes.iter().enumerate();
        let Some((at, _)) = classes.rev().max_by_key(|(_, class)| total(class)) else {
            return;
        };
        let place = self.places.classes[family][at];
        for arm in 0..2 {
            if met[arm].fails > 0.0 {
                state.tallies[arm][place] +=
                    i64::from(failed[arm].binomial(seen.successes[arm], met[arm].fails));
            }
        }
    }

    /// Amounts go by share.
    fn levels(&self, state: &mut State, change: &Change, slot: usize, third: i64) {
        for (level, place) in self.past.levels.iter().zip(&self.places.levels) {
            let (LevelOf::Amount(increments), Some(place)) = (&level.of, place) else {
                continue;
            };
            let increment = increments[slot];
            let part = if third == 2 {
                increment - 2 * (increment / 3)
            } else {
                increment / 3
            };
            let canary = match level.place.arm {
                None => libm::round(part as f64 * change.share) as i64,
                Some(Arm::Canary) => part,
                Some(Arm::Stable) => 0,
            };
            state.tallies[0][*place] += canary;
            state.tallies[1][*place] += part - canary;
        }
    }
}

/// Where and when a third is drawn, and what the canary's and the stable version's requests meet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    pub slot: usize,
    pub third: i64,
    pub met: [Met; 2],
}

/// Where the buckets of a class rest in the pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resting {
    buckets: usize,
    width: usize,
    sum: usize,
    has_sum: bool,
}

impl Pool {
    /// The rest of a class in its slot: all of it in the slot's first third.
    fn of(&mut self, place: usize, class: &Class, slot: usize, third: i64) -> Resting {
        let width = class.bounds.len() + 1;
        let needed = place + width + 1;
        if self.buckets.len() < needed {
            self.buckets.resize(needed, 0);
            self.sums.resize(needed, 0);
        }
        if third == 0 {
            if width > 1 {
                self.buckets[place..place + width].copy_from_slice(class.buckets(slot));
            } else {
                self.buckets[place] = class.counts[slot];
            }
            self.sums[place] = class.sums.get(slot).copied().unwrap_or(0);
        }
        Resting {
            buckets: place,
            width,
            sum: place,
            has_sum: !class.sums.is_empty(),
        }
    }
}

impl Resting {
    /// Takes `count` requests out of the pool into `mine`, bucket by bucket, as an urn would give them.
    fn urn(self, pool: &mut Pool, stream: Stream, draw: i64, count: u32) {
        let Pool { buckets, mine, .. } = pool;
        mine.clear();
        mine.resize(self.width, 0);
        take(
            &mut buckets[self.buckets..self.buckets + self.width],
            mine,
            stream,
            draw,
            count,
        );
    }

    /// The part of the slot's sum that belongs to `count` requests just taken: by how long their buckets last, where
    /// there are buckets, else alike.
    fn part_of_sum(self, pool: &mut Pool, count: u32, bounds: &[f64]) -> i64 {
        if self.width == 1 {
            let left = &mut pool.buckets[self.buckets];
            let before = *left;
            *left = before.saturating_sub(count);
            let part = if count >= before || !self.has_sum {
                pool.sums[self.sum]
            } else {
                libm::round(pool.sums[self.sum] as f64 * f64::from(count) / f64::from(before)) as i64
            };
            pool.sums[self.sum] -= part;
            return part;
        }
        let weigh = |counts: &[u32]| -> f64 {
            counts
                .iter()
                .enumerate()
                .map(|(bucket, &count)| f64::from(count) * typical(bounds, bucket))
                .sum()
        };
        let (mine, rest) = (
            weigh(&pool.mine),
            weigh(&pool.buckets[self.buckets..self.buckets + self.width]),
        );
        let part = if rest <= 0.0 {
            pool.sums[self.sum]
        } else {
            libm::round(pool.sums[self.sum] as f64 * mine / (mine + rest)) as i64
        };
        pool.sums[self.sum] -= part;
        part
    }
}

/// How long a request of a bucket typically takes.
fn typical(bounds: &[f64], bucket: usize) -> f64 {
    let (lower, upper) = ends(bounds, bucket);
    if upper.is_infinite() {
        lower * 1.5
    } else {
        libm::sqrt((lower * upper).max(0.0))
    }
}

/// Moves `count` of what is in `from` to `to`, each equally likely: multivariate hypergeometric.
fn take(from: &mut [u32], to: &mut [u32], stream: Stream, draw: i64, count: u32) {
    let mut all: u32 = from.iter().sum();
    let mut wanted = count.min(all);
    let width = from.len() as i64;
    for (bucket, (from, to)) in from.iter_mut().zip(to).enumerate() {
        if wanted == 0 {
            break;
        }
        let place = stream.at(draw * width + bucket as i64);
        let taken = place.hypergeometric(all, *from, wanted);
        all -= *from;
        wanted -= taken;
        *from -= taken;
        *to += taken;
    }
}

/// Adds requests by bucket to what a tally holds within each bound; where they are slowed, each bucket's requests
/// wander on to later ones.
fn add_within(
    tally: &mut [i64],
    buckets: &[u32],
    slowed: Option<(&Vec<crate::seed::Cuts>, Stream)>,
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
