//! What each version shows: a target for every recorded instance, with the series that some query reads.

use super::family::{LevelOf, UNIT};
use super::past::Past;
use crate::scenario::exposition::{Arm, LabelRule};
use crate::scenario::inference::Selected;
use crate::series::{AxisId, Labels, Layout, SeriesId};

/// One version on one recorded target.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub arm: Arm,
    /// The recorded target.
    pub of: usize,
    pub key: crate::seed::Key,
    pub axis: AxisId,
    pub columns: Vec<Column>,
    pub read: bool,
}

/// How the value of one series comes about.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub series: SeriesId,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    /// A place of the tally, in units of the series; and, where the series is born by use, the place of its requests.
    Tally {
        at: usize,
        scale: f64,
        born_at: Option<usize>,
    },
    /// A gauge, by its number among the levels.
    Gauge(usize),
}

/// Where a class, or an amount, stands in a tally: requests, then requests within each bound, then the sum.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// By family and class.
    pub classes: Vec<Vec<usize>>,
    /// By level; gauges have none.
    pub levels: Vec<Option<usize>>,
    pub width: usize,
}

impl Places {
    pub fn of(past: &Past) -> Self {
        let mut places = Self::default();
        for family in &past.families {
            let mut own = Vec::new();
            for class in &family.classes {
                own.push(places.width);
                places.width += 2 + class.bounds.len();
            }
            places.classes.push(own);
        }
        for level in &past.levels {
            let amount = matches!(level.of, LevelOf::Amount(_));
            places.levels.push(amount.then_some(places.width));
            places.width += usize::from(amount);
        }
        places
    }
}

/// The targets of both versions, with the series that `selected` read. Labels that tell the versions apart get the
/// values that the policy has for them; where none does, and both would be one series, a label `arm` does.
pub(super) fn targets(
    layout: &mut Layout,
    past: &Past,
    places: &Places,
    selected: &[Selected],
) -> Vec<Target> {
    let mut targets = Vec::new();
    for arm in [Arm::Canary, Arm::Stable] {
        for (number, recorded) in past.targets.iter().enumerate() {
            let shown = shown(past, places, arm, number);
            let read: Vec<(Labels, What)> = shown
                .into_iter()
                .filter_map(|(labels, what)| Some((as_read(&labels, arm, &recorded.name, selected)?, what)))
                .collect();
            if read.is_empty() {
                continue;
            }
            let axis = layout.add_axis();
            let columns = read
                .into_iter()
                .map(|(labels, what)| Column {
                    series: layout.add_series(axis, labels),
                    what,
                })
                .collect();
            let name = match arm {
                Arm::Canary => format!("canary {}", recorded.name),
                Arm::Stable => format!("stable {}", recorded.name),
            };
            targets.push(Target {
                arm,
                of: number,
                key: crate::seed::Key::new(&name),
                axis,
                columns,
                read: true,
            });
        }
    }
    targets
}

/// All series of a version on a recorded target, whoever reads them.
fn shown(past: &Past, places: &Places, arm: Arm, target: usize) -> Vec<(Labels, What)> {
    let mut shown = Vec::new();
    let there = |place: super::family::Place| place.target == target && place.arm.is_none_or(|of| of == arm);
    for (family, own) in past
        .families
        .iter()
        .zip(&places.classes)
        .filter(|(family, _)| there(family.place))
    {
        for (class, &at) in family.classes.iter().zip(own) {
            let born_at = class.born_by_use.then_some(at);
            let tally = |at: usize, scale: f64| What::Tally { at, scale, born_at };
            let mut add = |suffix: &str, le: Option<&str>, what: What| {
                let mut labels = class
                    .labels
                    .with(Labels::NAME, &format!("{}{suffix}", family.name));
                if let Some(le) = le {
                    labels = labels.with("le", le);
                }
                shown.push((labels, what));
            };
            if !family.timed {
                add("", None, tally(at, 1.0));
                continue;
            }
            for (bucket, (_, le)) in class.bounds.iter().enumerate() {
                add("_bucket", Some(le), tally(at + 1 + bucket, 1.0));
            }
            if !class.bounds.is_empty() {
                add("_bucket", Some("+Inf"), tally(at, 1.0));
            }
            add("_count", None, tally(at, 1.0));
            if !class.sums.is_empty() {
                add("_sum", None, tally(at + 1 + class.bounds.len(), 1.0 / UNIT));
            }
        }
    }
    for (number, level) in past
        .levels
        .iter()
        .enumerate()
        .filter(|(_, level)| there(level.place))
    {
        let what = match places.levels[number] {
            Some(at) => What::Tally {
                at,
                scale: 1.0 / UNIT,
                born_at: None,
            },
            None => What::Gauge(number),
        };
        shown.push((level.labels.clone(), what));
    }
    shown
}

/// The labels of a series on a version as the policy sees it; absent if no selector reads it.
fn as_read(labels: &Labels, arm: Arm, instance: &str, selected: &[Selected]) -> Option<Labels> {
    let name = labels.name()?;
    let value = |label: &str| labels.get(label).unwrap_or("").to_owned();
    let mut readers = selected
        .iter()
        .filter(|one| one.name == name && one.accepts(value))
        .peekable();
    readers.peek()?;
    let mut known = labels.clone();
    let mut told = false;
    for rule in readers.flat_map(|one| &one.telling) {
        known = known.with(&rule.name, &of_arm(rule, arm, labels, instance));
        told = true;
    }
    if !told {
        let word = match arm {
            Arm::Canary => "canary",
            Arm::Stable => "stable",
        };
        let free = if labels.get("arm").is_none() {
            "arm"
        } else {
            "coalmine_arm"
        };
        known = known.with(free, word);
    }
    Some(known)
}

fn of_arm(rule: &LabelRule, arm: Arm, labels: &Labels, instance: &str) -> String {
    let value = match arm {
        Arm::Canary => &rule.canary,
        Arm::Stable => &rule.stable,
    };
    let pod = labels.get("pod").unwrap_or(instance);
    let plain: String = pod
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    value.replace("{pod}", plain.trim_matches('-'))
}
