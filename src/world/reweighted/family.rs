//! The series of one metric on one instance, as classes of requests.

use std::collections::BTreeMap;

use super::count::{Counted, are_whole};
use super::past::Load;
use crate::scenario::exposition::Arm;
use crate::scenario::inference::tells_ending;
use crate::scenario::recorded::{Ending, Wanted};
use crate::seed::Key;
use crate::series::{Labels, SeriesId};

/// Suffixes of a histogram's or summary's series.
pub(super) const PARTS: [&str; 3] = ["_bucket", "_sum", "_count"];
/// More requests than this in one slot of one class are not told apart any more.
pub(super) const MOST: f64 = 1e7;
/// Sums are kept in whole parts of this size, so that differences of them are exact.
pub(super) const UNIT: f64 = 1_048_576.0;

/// Where something was recorded: its target, and the version where the recording tells versions apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub target: usize,
    pub arm: Option<Arm>,
}

/// Requests counted under one name on one target.
#[derive(Clone, Debug)]
pub(super) struct Family {
    /// Name of the counter; of a histogram or summary its stem.
    pub name: String,
    pub place: Place,
    /// Whether it is a histogram or a summary.
    pub timed: bool,
    /// The classes, those of failures first: all families of a target count their requests in this order, so the same
    /// requests fall to the canary in all of them.
    pub classes: Vec<Class>,
}

/// Requests of one kind: a counter's series, or the series of a histogram that differ by `le` alone.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// Labels, without name and `le`.
    pub labels: Labels,
    pub key: Key,
    pub ending: Ending,
    /// Requests by slot.
    pub counts: Vec<u32>,
    /// Upper bounds, finite ones only, ascending, and as they stand in `le`.
    pub bounds: Vec<(f64, String)>,
    /// Of a histogram: requests of slot and bucket, `bounds.len() + 1` to a slot.
    pub buckets: Vec<u32>,
    /// Sum by slot, in parts of [`UNIT`]; empty where there is none.
    pub sums: Vec<i64>,
    /// Its series do not exist before their first request.
    pub born_by_use: bool,
    /// Its series were seen at zero: they are there before they count anything.
    pub seen_at_zero: bool,
    /// The class to which requests go that are made to fail.
    pub partner: Option<usize>,
}

/// What is no count of requests: a gauge, or an amount that is shared out in proportion.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub labels: Labels,
    pub place: Place,
    pub of: LevelOf,
}

#[derive(Clone, Debug)]
pub(super) enum LevelOf {
    /// Values by slot.
    Gauge(Vec<f64>),
    /// Increments by slot, in parts of [`UNIT`].
    Amount(Vec<i64>),
}

impl Family {
    /// All requests of a slot.
    pub fn total(&self, slot: usize) -> u32 {
        self.classes
            .iter()
            .fold(0, |sum, class| sum.saturating_add(class.counts[slot]))
    }
}

impl Class {
    /// Buckets of a slot: empty for what is no histogram.
    pub fn buckets(&self, slot: usize) -> &[u32] {
        if self.bounds.is_empty() {
            return &[];
        }
        let width = self.bounds.len() + 1;
        &self.buckets[slot * width..(slot + 1) * width]
    }

    /// Failures of the same kind that nothing was counted of.
    fn empty(&self, labels: Labels) -> Self {
        Self {
            bounds: self.bounds.clone(),
            buckets: vec![0; self.buckets.len()],
            sums: vec![0; self.sums.len()],
            born_by_use: true,
            ..Self::new(labels, Ending::Failure, self.counts.len())
        }
    }

    fn new(labels: Labels, ending: Ending, slots: usize) -> Self {
        Self {
            key: Key::new(&labels.to_string()),
            labels,
            ending,
            counts: vec![0; slots],
            bounds: Vec::new(),
            buckets: Vec::new(),
            sums: Vec::new(),
            born_by_use: false,
            seen_at_zero: false,
            partner: None,
        }
    }
}

/// The stem of a histogram's or summary's name, if others of its parts were recorded too.
pub(super) fn stem(name: &str, is_recorded: impl Fn(&str) -> bool) -> Option<String> {
    let part = PARTS.into_iter().find(|part| name.ends_with(part))?;
    let stem = name.strip_suffix(part)?;
    let others = PARTS.into_iter().filter(|other| *other != part);
    let known = part == "_bucket"
        || others
            .into_iter()
            .any(|other| is_recorded(&format!("{stem}{other}")));
    known.then(|| stem.to_owned())
}

/// A series of a metric: its name, its labels, its number in the recording.
pub(super) type Named = (String, Labels, SeriesId);

/// What the series of a metric at one place are made into.
#[derive(Default)]
pub(super) struct Made {
    pub families: Vec<Family>,
    pub levels: Vec<Level>,
}

/// Makes families and levels of the series of one metric at one place.
pub(super) fn make(
    load: &Load<'_>,
    place: Place,
    series: &[Named],
    slots: usize,
    counted: impl Fn(SeriesId) -> Counted,
    values: impl Fn(SeriesId) -> Vec<f64>,
) -> Made {
    if let Some(stem) = &load.stem {
        return timed(load.wanted, stem, place, series, slots, counted);
    }
    let mut made = Made::default();
    let name = &load.wanted.name;
    let mut family = Family {
        name: name.clone(),
        place,
        timed: false,
        classes: Vec::new(),
    };
    for (_, labels, id) in series {
        let mut level = |of| {
            made.levels.push(Level {
                labels: labels.clone(),
                place,
                of,
            });
        };
        if !load.wanted.rated && !name.ends_with("_total") && !name.ends_with("_count") {
            level(LevelOf::Gauge(values(*id)));
            continue;
        }
        let Counted {
            by_slot,
            born_by_use,
            seen_at_zero,
        } = counted(*id);
        // Bytes come in lots: they are no requests, however whole their numbers are.
        if !are_whole(&by_slot) || name.contains("bytes") {
            level(LevelOf::Amount(
                by_slot.iter().map(|value| amount(*value)).collect(),
            ));
            continue;
        }
        let labels = labels.with(Labels::NAME, "");
        let mut class = Class::new(labels.clone(), load.wanted.ending(&labels), slots);
        class.counts = by_slot.iter().map(|value| libm::round(*value) as u32).collect();
        class.born_by_use = born_by_use;
        class.seen_at_zero = seen_at_zero;
        family.classes.push(class);
    }
    if !family.classes.is_empty() {
        made.families.push(family);
    }
    made
}

fn amount(value: f64) -> i64 {
    libm::round(value * UNIT).clamp(0.0, 9e15) as i64
}

/// A series of a histogram: its suffix, its bound, its number.
type Part<'a> = (&'a str, Option<&'a str>, SeriesId);

/// A histogram or a summary.
fn timed(
    wanted: &Wanted,
    stem: &str,
    place: Place,
    series: &[Named],
    slots: usize,
    counted: impl Fn(SeriesId) -> Counted,
) -> Made {
    let mut groups: BTreeMap<Labels, Vec<Part<'_>>> = Default::default();
    for (name, labels, id) in series {
        let own = labels.with(Labels::NAME, "").with("le", "");
        let part = name.strip_prefix(stem).unwrap_or("");
        groups.entry(own).or_default().push((part, labels.get("le"), *id));
    }
    let mut family = Family {
        name: stem.to_owned(),
        place,
        timed: true,
        classes: Vec::new(),
    };
    for (labels, parts) in groups {
        let mut class = Class::new(labels.clone(), wanted.ending(&labels), slots);
        let mut bounds: Vec<(f64, &str, SeriesId)> = parts
            .iter()
            .filter(|(part, ..)| *part == "_bucket")
            .filter_map(|(_, le, id)| Some(((*le)?.parse::<f64>().ok()?, (*le)?, *id)))
            .filter(|(bound, ..)| !bound.is_nan())
            .collect();
        bounds.sort_by(|a, b| a.0.total_cmp(&b.0));
        bounds.dedup_by(|a, b| a.0 == b.0);
        let of_part = |wanted: &str| {
            parts
                .iter()
                .find(|(part, ..)| *part == wanted)
                .map(|(.., id)| *id)
        };
        let infinite = bounds
            .last()
            .filter(|(bound, ..)| bound.is_infinite())
            .map(|(.., id)| *id);
        let Some(all) = infinite.or_else(|| of_part("_count")) else {
            continue;
        };
        let all = counted(all);
        class.born_by_use = all.born_by_use;
        class.seen_at_zero = all.seen_at_zero;
        class.counts = all
            .by_slot
            .iter()
            .map(|value| libm::round(*value).clamp(0.0, MOST) as u32)
            .collect();
        bounds.retain(|(bound, ..)| bound.is_finite());
        if !bounds.is_empty() {
            fill(&mut class, &bounds, &counted);
        }
        if let Some(sum) = of_part("_sum") {
            class.sums = counted(sum).by_slot.iter().map(|value| amount(*value)).collect();
        }
        family.classes.push(class);
    }
    let families = if family.classes.is_empty() {
        Vec::new()
    } else {
        vec![family]
    };
    Made {
        families,
        levels: Vec::new(),
    }
}

/// Fills the buckets of a class: what each bound counts more than the one below, and never more than there was.
fn fill(class: &mut Class, bounds: &[(f64, &str, SeriesId)], counted: &impl Fn(SeriesId) -> Counted) {
    let width = bounds.len() + 1;
    class.bounds = bounds
        .iter()
        .map(|(bound, le, _)| (*bound, (*le).to_owned()))
        .collect();
    class.buckets = vec![0; class.counts.len() * width];
    let mut below = vec![0_u32; class.counts.len()];
    for (bucket, (.., id)) in bounds.iter().enumerate() {
        for (slot, value) in counted(*id).by_slot.iter().enumerate() {
            let within = (libm::round(*value).clamp(0.0, MOST) as u32)
                .clamp(below[slot], class.counts[slot].max(below[slot]));
            class.buckets[slot * width + bucket] = within - below[slot];
            below[slot] = within;
        }
    }
    for (slot, (count, below)) in class.counts.iter().zip(below).enumerate() {
        class.buckets[slot * width + width - 1] = count - below;
    }
}

/// Puts the classes in order and gives every class of successes one that its requests go to when they are made to fail:
/// the recorded one, or one that nothing was counted in.
pub(super) fn complete(families: &mut [Family], wanted: &Wanted) {
    let failing = failing(families, wanted);
    for family in families.iter_mut() {
        if let Some((label, value)) = &failing {
            let known = |labels: &Labels| family.classes.iter().any(|class| class.labels == *labels);
            let successes = family
                .classes
                .iter()
                .filter(|class| class.ending == Ending::Success);
            let failed = successes.map(|class| (class, class.labels.with(label, value)));
            let made: Vec<Class> = failed
                .filter(|(_, failed)| !known(failed))
                .map(|(class, failed)| class.empty(failed))
                .collect();
            family.classes.extend(made);
        }
        family
            .classes
            .sort_by(|a, b| (a.ending, &a.labels).cmp(&(b.ending, &b.labels)));
        let Some((label, value)) = &failing else { continue };
        for at in 0..family.classes.len() {
            let class = &family.classes[at];
            if class.ending == Ending::Success {
                let failed = class.labels.with(label, value);
                let same = |other: &Class| {
                    other.labels == failed && other.ending == Ending::Failure && other.bounds == class.bounds
                };
                let partner = family.classes.iter().position(same);
                family.classes[at].partner = partner;
            }
        }
    }
}

/// The label that tells how requests ended, and the value that failures get: the recorded one that failed most often,
/// or the one that queries ask for.
fn failing(families: &[Family], wanted: &Wanted) -> Option<(String, String)> {
    let classes = || families.iter().flat_map(|family| &family.classes);
    if !classes().any(|class| class.ending == Ending::Success) {
        return None;
    }
    let label = wanted
        .failing
        .as_ref()
        .map(|(label, _)| label.clone())
        .or_else(|| {
            let mut labels = classes().flat_map(|class| class.labels.iter());
            labels
                .find(|(label, _)| tells_ending(label))
                .map(|(label, _)| label.to_owned())
        })?;
    let failed = classes().filter(|class| class.ending == Ending::Failure);
    let most = failed
        .filter_map(|class| {
            let count: u64 = class.counts.iter().map(|&count| u64::from(count)).sum();
            Some((count, class.labels.get(&label)?.to_owned()))
        })
        // What queries ask for comes first where nothing failed.
        .filter(|(count, _)| *count > 0 || wanted.failing.is_none())
        .max();
    let value = most
        .map(|(_, value)| value)
        .or_else(|| Some(wanted.failing.as_ref()?.1.clone()))?;
    Some((label, value))
}
