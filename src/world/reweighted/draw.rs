//! One third of a slot: its recorded requests fall to the versions, some are made to fail, some take longer.

use super::circumstances::Met;
use super::family::{Class, LevelOf};
use super::serve::add;
use super::split::Third;
use super::state::{Change, State};
use super::world::World;
use crate::scenario::exposition::Arm;
use crate::scenario::recorded::Ending;
use crate::seed::Place;

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
            points = u32::saturating_add(points, count);
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
            add(&mut state.tallies[0][*place], canary);
            add(&mut state.tallies[1][*place], part - canary);
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::policy::argo::spec::CheckId;
    use crate::recording::{Builder, Recording};
    use crate::scenario::exposition::{Exposition, LabelRule};
    use crate::scenario::inference::Selected;
    use crate::scenario::recorded::{Mapping, over, wanted};
    use crate::scenario::{Limits, standard};
    use crate::seed::Seed;
    use crate::series::Labels;
    use crate::units::{Share, Timestamp};
    use crate::world::Traffic;
    use crate::world::reweighted::{Past, State, World};

    const BOUNDS: [&str; 3] = ["0.1", "1", "+Inf"];

    /// Requests by status and a histogram of them, on one instance of each version.
    fn recording() -> Recording {
        let mut builder = Builder::default();
        for (version, rate) in [("canary", 40), ("stable", 160)] {
            let of = |name: &str, label: &str, value: &str| {
                Labels::new([
                    ("__name__", name),
                    ("version", version),
                    ("instance", version),
                    (label, value),
                ])
            };
            let statuses =
                ["200", "500"].map(|status| builder.series(of("requests_total", "status", status)));
            let buckets = BOUNDS.map(|le| builder.series(of("seconds_bucket", "le", le)));
            let sum = builder.series(of("seconds_sum", "le", ""));
            let luck = Seed(3).stream(version);
            let mut totals = [0.0; 6];
            for scrape in 0..60 {
                for (series, total) in statuses.iter().chain(&buckets).chain([&sum]).zip(totals) {
                    builder.push(*series, scrape * 15_000, total);
                }
                let all = rate + (luck.at(scrape).uniform() * 20.0) as i32;
                let parts = [all - 3, 3, all / 2, all - 5, all].map(f64::from);
                totals
                    .iter_mut()
                    .zip(parts)
                    .for_each(|(total, part)| *total += part);
                totals[5] += f64::from(all) * 0.25;
            }
        }
        builder.build().expect("there are samples")
    }

    fn world(telling: &[LabelRule]) -> World {
        let one = |name: &str| Selected {
            check: CheckId(0),
            at: 0..0,
            name: name.into(),
            matchers: Vec::new(),
            rated: true,
            telling: telling.to_vec(),
        };
        let selected = ["requests_total", "seconds_bucket"].map(one);
        let wanted = wanted(&selected, &Exposition::default());
        let past = Past::new(&recording(), &wanted, telling, &Mapping::default());
        let service = over(&standard(&Limits::default()), &past.measured());
        World::new(&service, &Arc::new(past), &selected)
    }

    /// To the last request, bucket and second, whatever the share, and however it changes.
    #[test]
    fn both_versions_together_count_what_was_recorded() {
        let rule = LabelRule {
            name: "version".into(),
            canary: "canary".into(),
            stable: "stable".into(),
        };
        for (telling, paired) in [(Vec::new(), false), (vec![rule], true)] {
            let world = world(&telling);
            assert_eq!(world.past.recorded_share().is_some(), paired);
            for seed in 0..10 {
                let mut state = State::default();
                let traffic = |share: f64| Traffic {
                    share: Share::new(share),
                    canary_pods: 1,
                    stable_pods: 1,
                };
                world.begin(&mut state, Seed(seed), traffic(0.1 * seed as f64));
                world.traffic(&mut state, Timestamp::from_secs(152), traffic(0.4));
                let mut recorded = vec![0; world.places.width];
                let thirds = 3 * 50;
                for third in 0..thirds {
                    let at = state.changes.partition_point(|change| change.third <= third);
                    let change = state.changes[at - 1];
                    world.draw(&mut state, &change, third);
                }
                for slot in 0..thirds / 3 {
                    let slot = world.past.at(&mut state.path, slot);
                    for (family, places) in world.past.families.iter().zip(&world.places.classes) {
                        for (class, &at) in family.classes.iter().zip(places) {
                            recorded[at] += i64::from(class.counts[slot]);
                            let mut below = 0;
                            for bucket in 0..class.bounds.len() {
                                below += i64::from(class.buckets(slot)[bucket]);
                                recorded[at + 1 + bucket] += below;
                            }
                            recorded[at + 1 + class.bounds.len()] +=
                                class.sums.get(slot).copied().unwrap_or(0);
                        }
                    }
                }
                let counted: Vec<i64> = (0..world.places.width)
                    .map(|at| state.tallies[0][at] + state.tallies[1][at] - world.at_start[at])
                    .collect();
                if paired {
                    // What moves to the other version ends as that version's requests do: only requests add up.
                    let all = |tally: &[i64], name: &str| -> i64 {
                        let families = world.past.families.iter().zip(&world.places.classes);
                        let own = families.filter(|(family, _)| family.name == name);
                        own.flat_map(|(_, places)| places).map(|&at| tally[at]).sum()
                    };
                    for name in ["requests_total", "seconds"] {
                        assert_eq!(all(&counted, name), all(&recorded, name), "seed {seed}: {name}");
                    }
                } else {
                    assert_eq!(counted, recorded, "seed {seed}");
                }
            }
        }
    }
}
