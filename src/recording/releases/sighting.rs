use std::collections::BTreeSet;

use super::{Release, Sign};
use crate::series::Labels;
use crate::units::{Duration, Timestamp};

/// Signs so close to each other, one after the other, tell of one release; and after so long without a sample Prometheus
/// answers no instant query (its lookback).
pub(super) const CLOSE: Duration = Duration::from_mins(5);

/// What is first seen so soon after the beginning of a recording may have been there before.
pub(super) const BEGINNING: Duration = Duration::from_mins(2);

/// One sign, and when.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) at: Timestamp,
    /// What changed: a release changes it once.
    pub(super) thing: Thing,
    pub(super) sign: Sign,
}

/// What changes with a release, and once only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    /// A label or a metric of a controller.
    Named(String),
    /// A process.
    Target(Labels),
}

/// Sightings that tell of one release each: close to each other, and nothing that changes twice.
pub(super) fn grouped(mut sightings: Vec<Sighting>) -> Vec<Vec<Sighting>> {
    sightings.sort_by(|one, other| (one.at, &one.thing).cmp(&(other.at, &other.thing)));
    let mut groups: Vec<Vec<Sighting>> = Vec::new();
    let mut changed: BTreeSet<Thing> = BTreeSet::new();
    for sighting in sightings {
        let last = groups.last_mut().filter(|group| {
            let close = group.last().is_some_and(|last| sighting.at - last.at <= CLOSE);
            close && !changed.contains(&sighting.thing)
        });
        match last {
            Some(group) => {
                changed.insert(sighting.thing.clone());
                group.push(sighting);
            }
            None => {
                changed = BTreeSet::from([sighting.thing.clone()]);
                groups.push(vec![sighting]);
            }
        }
    }
    groups
}

/// The release that a group tells of; its end and its name are not known yet.
pub(super) fn release(group: &[Sighting]) -> Release {
    let at = group.first().map_or(Timestamp::ZERO, |first| first.at);
    let mut signs: Vec<Sign> = Vec::new();
    let (mut started, mut before) = (0, 0);
    for sighting in group {
        match &sighting.sign {
            Sign::Starts { before: ran, .. } => {
                started += 1;
                before = before.max(*ran);
            }
            other if !signs.contains(other) => signs.push(other.clone()),
            _ => {}
        }
    }
    if started > 0 {
        signs.push(Sign::Starts { started, before });
    }
    // A stable sort: signs of equal strength keep the order of time.
    signs.sort_by_key(Sign::is_weak);
    Release {
        id: String::new(),
        at,
        until: at,
        signs,
    }
}
