//! What is left of a slot when some of its requests have gone: an urn for each class.

use super::family::Class;
use super::shape::ends;
use super::state::Pool;
use crate::seed::Stream;

/// Where the buckets of a class rest in the pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resting {
    buckets: usize,
    /// Number of buckets, the last one without bound too.
    pub width: usize,
    sum: usize,
    has_sum: bool,
}

impl Pool {
    /// The rest of a class in its slot: all of it in the slot's first third.
    pub fn of(&mut self, place: usize, class: &Class, slot: usize, third: i64) -> Resting {
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
    pub fn urn(self, pool: &mut Pool, stream: Stream, draw: i64, count: u32) {
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
    pub fn part_of_sum(self, pool: &mut Pool, count: u32, bounds: &[f64]) -> i64 {
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
pub(super) fn take(from: &mut [u32], to: &mut [u32], stream: Stream, draw: i64, count: u32) {
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
