//! Recordings of both versions side by side: requests move from one to the other as the share asks.
//!
//! The version that gets less than it had keeps each request with the ratio of the shares. What it loses goes to the
//! other, which so gets requests that it was never recorded with: they end as its own did around that time. Failures
//! among them are drawn from the rate that the recorded ones leave probable (a gamma prior with the kernel's mean and the
//! recorded dispersion D): so counts grown by a ratio r vary with dispersion 1 + r (D - 1), not r D.

use super::draw::Drawn;
use super::family::{Class, Family};
use super::past::Past;
use super::split::Third;
use super::state::{Change, State};
use super::world::World;
use crate::scenario::exposition::Arm;
use crate::scenario::recorded::Ending;
use crate::seed::Stream;

/// Slots to either side that a rate is estimated from.
const KERNEL: usize = 3;

/// The families of one metric on both versions.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// Families of the canary, and of the stable version.
    pub families: [Vec<usize>; 2],
    /// The canary's share of the requests around each slot.
    pub share: Vec<f64>,
    /// Dispersion of the failures of each version around their rate, at least 1.
    pub dispersion: [f64; 2],
}

impl Pair {
    /// The metrics of `families` that were recorded for both versions.
    pub fn of(families: &[Family]) -> Vec<Self> {
        let mut names: Vec<&str> = families.iter().map(|family| family.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
            .into_iter()
            .filter_map(|name| Self::named(name, families))
            .collect()
    }

    fn named(name: &str, families: &[Family]) -> Option<Self> {
        let of = |arm: Arm| -> Vec<usize> {
            let own = |family: &Family| family.name == name && family.place.arm == Some(arm);
            (0..families.len()).filter(|&at| own(&families[at])).collect()
        };
        let both = [of(Arm::Canary), of(Arm::Stable)];
        if both.iter().any(Vec::is_empty) {
            return None;
        }
        let slots = families[both[0][0]].classes.first()?.counts.len();
        let total = |arm: usize, slot: usize| -> f64 {
            both[arm]
                .iter()
                .map(|&family| f64::from(families[family].total(slot)))
                .sum()
        };
        let share = (0..slots)
            .map(|slot| {
                let around = around(slot, slots);
                let of = |arm: usize| around.clone().map(|slot| total(arm, slot)).sum::<f64>();
                let (canary, stable) = (of(0), of(1));
                if canary + stable > 0.0 {
                    canary / (canary + stable)
                } else {
                    0.5
                }
            })
            .collect();
        let dispersion = [0, 1].map(|arm: usize| {
            let failing = both[arm].iter().flat_map(|&family| &families[family].classes);
            let counts: Vec<&[u32]> = failing
                .filter(|class| class.ending == Ending::Failure)
                .map(|class| class.counts.as_slice())
                .collect();
            dispersion(&counts)
        });
        Some(Self {
            families: both,
            share,
            dispersion,
        })
    }
}

impl Past {
    /// Whether a family is drawn together with that of the other version.
    pub(super) fn is_paired(&self, family: usize) -> bool {
        self.pairs
            .iter()
            .any(|pair| pair.families.iter().any(|families| families.contains(&family)))
    }

    /// The largest share with which a canary was recorded; absent where no versions were told apart.
    pub fn recorded_share(&self) -> Option<f64> {
        self.pairs
            .iter()
            .flat_map(|pair| &pair.share)
            .copied()
            .max_by(f64::total_cmp)
    }
}

pub(super) fn around(slot: usize, slots: usize) -> core::ops::Range<usize> {
    slot.saturating_sub(KERNEL)..(slot + KERNEL + 1).min(slots)
}

/// Mean of `counts` around a slot.
pub(super) fn rate(counts: &[u32], slot: usize) -> f64 {
    let around = around(slot, counts.len());
    let length = around.len() as f64;
    counts[around].iter().map(|&count| f64::from(count)).sum::<f64>() / length
}

/// How much counts vary around their rate, in units of what single events would: the slot's own part in its rate taken
/// into account.
fn dispersion(counts: &[&[u32]]) -> f64 {
    let (mut squares, mut expected) = (0.0, 0.0);
    for counts in counts {
        for (slot, &count) in counts.iter().enumerate() {
            let mean = rate(counts, slot);
            let own = 1.0 / around(slot, counts.len()).len() as f64;
            squares += (f64::from(count) - mean) * (f64::from(count) - mean);
            expected += mean * (1.0 - own);
        }
    }
    if expected > 0.0 {
        (squares / expected).max(1.0)
    } else {
        1.0
    }
}

impl World {
    /// Draws a third of a slot of a metric that was recorded for both versions.
    pub(super) fn pair(&self, state: &mut State, pair: &Pair, change: &Change, drawn: &Drawn) {
        let (recorded, wanted) = (pair.share[drawn.slot], change.share);
        let giver = usize::from(wanted > recorded);
        let (had, gets) = if giver == 0 {
            (recorded, wanted)
        } else {
            (1.0 - recorded, 1.0 - wanted)
        };
        let keeps = if had > 0.0 { (gets / had).min(1.0) } else { 1.0 };
        let mut moved = 0;
        for &number in &pair.families[giver] {
            moved += self.give(state, number, giver, keeps, drawn);
        }
        let taker = 1 - giver;
        let grows = (1.0 - gets) / (1.0 - had).max(1e-9);
        for (n, &number) in pair.families[taker].iter().enumerate() {
            // What moves is shared out evenly among the instances.
            let left = (pair.families[taker].len() - n) as u32;
            let here = moved / left;
            moved -= here;
            self.receive(
                state,
                number,
                taker,
                here,
                grows - 1.0,
                pair.dispersion[taker],
                drawn,
            );
        }
    }

    fn third_of(&self, state: &State, target: usize, share: f64, drawn: &Drawn) -> Third {
        let streams = state.streams[target];
        Third {
            number: drawn.third.rem_euclid(3),
            thirds: streams.thirds.map(|stream| stream.at(drawn.third.div_euclid(3))),
            share: streams.share.at(drawn.third),
            to_canary: share,
            cluster: self.past.cluster(),
        }
    }

    /// Keeps a part of a version's requests and returns how many it loses.
    fn give(&self, state: &mut State, number: usize, arm: usize, keeps: f64, drawn: &Drawn) -> u32 {
        let family = &self.past.families[number];
        // The stable version keeps those points that the canary does not take: the more it takes, the fewer are left.
        let to_canary = if arm == 0 { keeps } else { 1.0 - keeps };
        let lots = self.third_of(state, family.place.target, to_canary, drawn);
        let (mut points, mut here, mut taken, mut lost) = (0, 0, 0, 0);
        let mut succeeded = 0;
        for (at, class) in family.classes.iter().enumerate() {
            points = u32::saturating_add(points, class.counts[drawn.slot]);
            let end = lots.within(points);
            let taken_to = lots.taken(end);
            let (mine, first) = (end - here, taken_to - taken);
            (here, taken) = (end, taken_to);
            let kept = if arm == 0 { first } else { mine - first };
            lost += mine - kept;
            let resting = self.rest(state, number, at, drawn);
            self.own(state, resting, (number, at), arm, kept, drawn, &mut succeeded);
            self.lose(state, resting, (number, at), arm, mine - kept, drawn);
        }
        lost
    }

    /// Adds a version's own requests and `extra` more, `growth` times as many in the mean.
    #[allow(clippy::too_many_arguments, reason = "where, whose, how many, when")]
    fn receive(
        &self,
        state: &mut State,
        number: usize,
        arm: usize,
        extra: u32,
        growth: f64,
        dispersion: f64,
        drawn: &Drawn,
    ) {
        let family = &self.past.families[number];
        let lots = self.third_of(state, family.place.target, 1.0, drawn);
        let first = self.first_class[number];
        let (mut points, mut here, mut succeeded, mut left) = (0, 0, 0, extra);
        let rates = |class: &Class| rate(&class.counts, drawn.slot) / 3.0;
        let others = |from: usize| -> f64 {
            let others = family.classes[from..]
                .iter()
                .filter(|class| class.ending != Ending::Failure);
            others.map(rates).sum()
        };
        // Where nothing of it was recorded, all that comes ends as most of its requests do.
        let nothing = others(0) <= 0.0;
        let last = family
            .classes
            .iter()
            .rposition(|class| class.ending != Ending::Failure)
            .unwrap_or(family.classes.len().saturating_sub(1));
        for (at, class) in family.classes.iter().enumerate() {
            points = u32::saturating_add(points, class.counts[drawn.slot]);
            let end = lots.within(points);
            let mine = end - here;
            here = end;
            let resting = self.rest(state, number, at, drawn);
            self.own(state, resting, (number, at), arm, mine, drawn, &mut succeeded);
            let stream = state.classes[first + at].more;
            let place = stream.at(drawn.third);
            let more = if at == last {
                left
            } else if class.ending == Ending::Failure {
                failures(class, stream, growth, dispersion, drawn).min(left)
            } else if nothing {
                0
            } else {
                place.binomial(left, rates(class) / others(at).max(f64::MIN_POSITIVE))
            };
            left -= more;
            self.more(state, (number, at), arm, more, drawn, &mut succeeded);
        }
    }
}

/// Failures among requests that a class gets `growth` times as many more of, in a third of a slot.
fn failures(class: &Class, stream: Stream, growth: f64, dispersion: f64, drawn: &Drawn) -> u32 {
    let mean = rate(&class.counts, drawn.slot);
    let place = stream.named("of the slot").at(drawn.third.div_euclid(3));
    let of_slot = if dispersion > 1.0 {
        let known = mean / (dispersion - 1.0) + f64::from(class.counts[drawn.slot]);
        place.negative_binomial(growth * known * (dispersion - 1.0) / dispersion, known)
    } else {
        place.poisson(growth * mean)
    };
    let slot = drawn.third.div_euclid(3);
    let third = Third {
        number: drawn.third.rem_euclid(3),
        thirds: [
            stream.named("first third").at(slot),
            stream.named("second third").at(slot),
        ],
        share: place,
        to_canary: 0.0,
        cluster: 1,
    };
    third.within(of_slot)
}
