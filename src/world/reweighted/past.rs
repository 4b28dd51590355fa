//! What was recorded, slot by slot: shared by all trials.

use std::collections::BTreeMap;

use super::count;
use super::dispersion::Dispersion;
use super::family::{self, Family, Level};
use super::grid::{Grid, Scrapes};
use super::path::Clock;
use super::versions::Pair;
use crate::recording::Recording;
use crate::scenario::exposition::{Arm, LabelRule};
use crate::scenario::recorded::{Ending, Mapping, Wanted};
use crate::seed::Key;
use crate::series::{Labels, SeriesId};
use crate::stats::block_length;
use crate::units::Duration;

/// Length of a day [ms].
const DAY: i64 = 86_400_000;

/// The past of a service: what it counted in every slot of a recording.
#[derive(Clone, Debug)]
pub struct Past {
    pub(super) grid: Grid,
    /// Day of each slot, counted from 0; days begin 24 hours apart from the recording's start.
    pub(super) days: Vec<u32>,
    pub(super) targets: Vec<PastTarget>,
    pub(super) families: Vec<Family>,
    pub(super) levels: Vec<Level>,
    /// Requests and failures of each slot, all targets together.
    pub(super) requests: Vec<u32>,
    pub(super) failures: Vec<u32>,
    /// Mean length of a block, in slots.
    pub(super) block: f64,
    /// Metrics that were recorded for both versions.
    pub(super) pairs: Vec<Pair>,
    /// Slots by time of day, where there are enough.
    pub(super) clock: Option<Clock>,
    /// Whether some instances tell that requests do not fall one by one.
    pub(super) dispersion: Option<Dispersion>,
}

/// A target of the recording: one instance.
#[derive(Clone, Debug)]
pub(super) struct PastTarget {
    pub name: String,
    pub key: Key,
    /// Slots in which it was scraped.
    pub scraped: Vec<bool>,
    /// Times between neighbouring scrapes [ms], gaps left out.
    pub apart: Vec<i64>,
    /// The family that counts all its requests, and the one that counts failures where that does not tell.
    pub requests: Option<usize>,
    pub failures: Option<usize>,
}

/// A metric to load: as the policy calls it, and as the recording does.
pub(super) struct Load<'a> {
    pub wanted: &'a Wanted,
    /// The stem of a histogram or summary.
    pub stem: Option<String>,
    /// Series: recorded name, labels as the policy knows them, target.
    pub series: Vec<(String, Labels, SeriesId, usize)>,
}

impl Past {
    /// The past that `recording` holds of the metrics `wanted`. `telling` are the labels by which policies tell the
    /// versions apart: where series carry them with the policies' values, both versions were recorded.
    pub fn new(recording: &Recording, wanted: &[Wanted], telling: &[LabelRule], mapping: &Mapping) -> Self {
        let names: Vec<&str> = recording
            .layout
            .series()
            .filter_map(|(_, labels)| labels.name())
            .collect();
        let mut targets: BTreeMap<String, usize> = BTreeMap::new();
        let mut series_of: Vec<Vec<SeriesId>> = Vec::new();
        let mut loads: Vec<Load<'_>> = Vec::new();
        for wanted in wanted {
            let stem = family::stem(&wanted.name, |part| {
                names.contains(&mapping.recorded(part).as_str())
            });
            if stem.is_some() && loads.iter().any(|load| load.stem == stem) {
                continue;
            }
            let own: Vec<String> = match &stem {
                Some(stem) => family::PARTS.iter().map(|part| format!("{stem}{part}")).collect(),
                None => vec![wanted.name.clone()],
            };
            let mut load = Load {
                wanted,
                stem,
                series: Vec::new(),
            };
            for name in own {
                let recorded = mapping.recorded(&name);
                for (id, labels) in recording
                    .layout
                    .series()
                    .filter(|(_, labels)| labels.name() == Some(&recorded))
                {
                    let fresh = targets.len();
                    let target = *targets.entry(target_name(labels)).or_insert(fresh);
                    series_of.resize_with(targets.len(), Vec::new);
                    series_of[target].push(id);
                    load.series
                        .push((name.clone(), mapping.as_known(&name, labels), id, target));
                }
            }
            loads.push(load);
        }
        let (grid, scrapes) = Grid::new(recording, &series_of);
        let mut past = Self {
            days: days(&grid),
            targets: Vec::new(),
            families: Vec::new(),
            levels: Vec::new(),
            requests: vec![0; grid.len()],
            failures: vec![0; grid.len()],
            block: 1.0,
            pairs: Vec::new(),
            clock: Clock::of(&grid),
            dispersion: None,
            grid,
        };
        for load in &loads {
            past.load(recording, load, telling, &scrapes);
        }
        let mut names: Vec<(&String, &usize)> = targets.iter().collect();
        names.sort_by_key(|(_, number)| **number);
        for (name, &number) in names {
            past.add_target(name, &scrapes[number], number);
        }
        past.sum_up();
        past.pairs = Pair::of(&past.families);
        past
    }

    fn load(&mut self, recording: &Recording, load: &Load<'_>, telling: &[LabelRule], scrapes: &[Scrapes]) {
        let mut by_place: BTreeMap<(usize, Option<Arm>), Vec<family::Named>> = BTreeMap::new();
        for (name, labels, id, target) in &load.series {
            let (arm, labels) = version(labels, telling);
            by_place
                .entry((*target, arm))
                .or_default()
                .push((name.clone(), labels, *id));
        }
        let mut families = Vec::new();
        for ((target, arm), series) in by_place {
            let counted = |id: SeriesId| count::increments(recording, id, &self.grid, &scrapes[target]);
            let values = |id: SeriesId| count::values(recording, id, &self.grid, &scrapes[target]);
            let place = family::Place { target, arm };
            let made = family::make(load, place, &series, self.grid.len(), counted, values);
            families.extend(made.families);
            self.levels.extend(made.levels);
        }
        family::complete(&mut families, load.wanted);
        self.families.extend(families);
    }

    fn add_target(&mut self, name: &str, scrapes: &Scrapes, number: usize) {
        let mut scraped = vec![false; self.grid.len()];
        for &cell in scrapes.cells() {
            if let Some(slot) = self.grid.slot(cell) {
                scraped[slot] = true;
            }
        }
        let own = || {
            self.families
                .iter()
                .enumerate()
                .filter(|(_, family)| family.place.target == number)
        };
        let has = |family: &Family, ending: Ending| family.classes.iter().any(|class| class.ending == ending);
        // Of several the one that counts most: all requests are more than a part of them.
        let most = |wanted: &dyn Fn(&Family) -> bool| {
            let found = own().filter(|(_, family)| wanted(family));
            let total = |family: &Family| -> u64 {
                let classes = family.classes.iter();
                classes
                    .flat_map(|class| &class.counts)
                    .map(|&count| u64::from(count))
                    .sum()
            };
            found.rev().max_by_key(|(_, family)| total(family))
        };
        let telling = most(&|family| has(family, Ending::Success));
        let all = most(&|family| has(family, Ending::Any));
        let failures = most(&|family| !has(family, Ending::Success) && has(family, Ending::Failure));
        let (requests, failures) = match (telling, all) {
            (Some((telling, _)), _) => (Some(telling), None),
            (None, Some((all, _))) => (Some(all), failures.map(|(failures, _)| failures)),
            (None, None) => (None, None),
        };
        self.targets.push(PastTarget {
            name: name.to_owned(),
            key: Key::new(name),
            scraped,
            apart: scrapes
                .apart()
                .filter(|&apart| 2 * apart <= 3 * self.grid.interval)
                .collect(),
            requests,
            failures,
        });
    }

    /// Counts all requests, and what follows from how they vary.
    fn sum_up(&mut self) {
        for target in &self.targets {
            let same = |family: &Family, of: usize| {
                family.name == self.families[of].name && family.place.target == self.families[of].place.target
            };
            for family in &self.families {
                if target.requests.is_some_and(|of| same(family, of)) {
                    for class in &family.classes {
                        let failed = class.ending == Ending::Failure;
                        for (slot, &count) in class.counts.iter().enumerate() {
                            add(&mut self.requests[slot], count);
                            add(&mut self.failures[slot], if failed { count } else { 0 });
                        }
                    }
                }
                if target.failures.is_some_and(|of| same(family, of)) {
                    for class in &family.classes {
                        for (slot, &count) in class.counts.iter().enumerate() {
                            add(&mut self.failures[slot], count);
                        }
                    }
                }
            }
        }
        for (failures, requests) in self.failures.iter_mut().zip(&self.requests) {
            *failures = (*failures).min(*requests);
        }
        let block = |counts: &[u32]| {
            let counts: Vec<f64> = counts.iter().map(|&count| f64::from(count)).collect();
            let mean = counts.iter().sum::<f64>() / (counts.len() as f64).max(1.0);
            block_length(&counts, mean)
        };
        self.block = block(&self.requests).max(block(&self.failures));
        let shares: Vec<Vec<u32>> = self
            .targets
            .iter()
            .filter_map(|target| {
                let family = &self.families[target.requests?];
                Some((0..self.grid.len()).map(|slot| family.total(slot)).collect())
            })
            .collect();
        self.dispersion = Dispersion::of(&shares);
    }

    /// Time that was recorded, gaps left out.
    pub fn length(&self) -> Duration {
        Duration::from_millis(self.grid.len() as i64 * self.grid.interval)
    }

    /// Days that were recorded, each 24 hours from the recording's start.
    pub fn days(&self) -> usize {
        self.days.last().map_or(0, |&last| last as usize + 1)
    }

    /// Mean length of the blocks that a trial is made of.
    pub fn block(&self) -> Duration {
        Duration::from_millis((self.block * self.grid.interval as f64) as i64)
    }

    /// What instances of one service say about how requests fall to them; absent where there is one instance only.
    pub fn dispersion(&self) -> Option<Dispersion> {
        self.dispersion
    }

    /// Whether there is anything to draw.
    pub fn is_empty(&self) -> bool {
        self.grid.len() == 0
    }

    /// Instances that were scraped.
    pub fn instances(&self) -> usize {
        self.targets.len()
    }

    /// Requests that are drawn as one: they may stick together.
    pub(super) fn cluster(&self) -> u32 {
        self.dispersion.map_or(1, |dispersion| dispersion.cluster())
    }
}

fn add(sum: &mut u32, count: u32) {
    *sum = sum.saturating_add(count);
}

/// The instance that a series comes from.
fn target_name(labels: &Labels) -> String {
    let parts = ["job", "instance"].map(|name| labels.get(name).unwrap_or(""));
    parts.join("/")
}

/// The version that a series belongs to, as the recording has it, and its labels without what says so.
fn version(labels: &Labels, telling: &[LabelRule]) -> (Option<Arm>, Labels) {
    let is = |pattern: &str, value: &str| match pattern.split_once("{pod}") {
        Some((before, after)) => value.starts_with(before) && value.ends_with(after),
        None => pattern == value,
    };
    let told = telling.iter().find_map(|rule| {
        let value = labels.get(&rule.name)?;
        let arm = if is(&rule.canary, value) {
            Arm::Canary
        } else if is(&rule.stable, value) {
            Arm::Stable
        } else {
            return None;
        };
        Some((arm, rule))
    });
    match told {
        Some((arm, rule)) => (Some(arm), labels.with(&rule.name, "")),
        None => (None, labels.clone()),
    }
}

fn days(grid: &Grid) -> Vec<u32> {
    let Some(first) = (grid.len() > 0).then(|| grid.time(0)) else {
        return Vec::new();
    };
    let mut days = Vec::with_capacity(grid.len());
    let (mut last, mut number) = (0, 0);
    for slot in 0..grid.len() {
        let day = (grid.time(slot) - first) / DAY;
        if day != last {
            (last, number) = (day, number + 1);
        }
        days.push(number);
    }
    days
}
