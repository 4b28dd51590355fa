use super::Release;
use super::controllers::{self, controllers};
use super::sighting::{CLOSE, Sighting, grouped, release};
use super::starts::starts;
use super::versions::versions;
use super::watched::watched;
use crate::recording::Recording;
use crate::series::{Matcher, SeriesId};
use crate::units::{TimeRange, Timestamp};

/// Whose releases are looked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// Selectors of the series that the policies read, one list of matchers each.
    pub selectors: Vec<Vec<Matcher>>,
    /// Names of the policies' Rollouts, and so of what controllers tell of.
    pub rollouts: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The releases, by time.
    pub releases: Vec<Release>,
    /// When the series that the policies read have samples, ascending.
    pub watched: Vec<TimeRange>,
    /// Process starts, and changes of a Deployment, that came with no new version: no releases of their own, since the
    /// recording shows versions.
    pub restarts: usize,
}

/// The releases of a recording.
///
/// A new value of a label that holds a version, and what a controller tells of its rollouts, are strong signs; process
/// starts and the generation of a Deployment are weak ones, which make a release only where there is no strong sign in
/// the whole recording. Signs within five minutes of each other tell of one release, unless the same thing changes
/// twice. What is there in a series' first two minutes is no release.
pub fn find(recording: &Recording, subject: &Subject) -> Found {
    let series = read(recording, subject);
    let mut sightings = versions(recording, &series);
    sightings.extend(controllers(recording, &subject.rollouts));
    sightings.extend(starts(recording, &series));
    let (weak, strong): (Vec<Sighting>, Vec<Sighting>) = sightings
        .into_iter()
        .partition(|sighting| sighting.sign.is_weak());
    let (groups, restarts) = if strong.is_empty() {
        (grouped(weak), 0)
    } else {
        joined(grouped(strong), weak)
    };
    let watched = watched(recording, &series);
    let releases = groups.iter().map(|group| release(group)).collect();
    Found {
        releases: ended(releases, &watched, recording.last),
        watched,
        restarts,
    }
}

/// As [`find`], with releases that are told instead of found.
pub(super) fn told(recording: &Recording, subject: &Subject, releases: Vec<Release>) -> Found {
    let watched = watched(recording, &read(recording, subject));
    Found {
        releases: ended(releases, &watched, recording.last),
        watched,
        restarts: 0,
    }
}

/// The series that the policies read, what controllers tell left out.
fn read(recording: &Recording, subject: &Subject) -> Vec<SeriesId> {
    let reads = |matchers: &Vec<Matcher>, labels| matchers.iter().all(|matcher| matcher.matches(labels));
    let series = recording.layout.series();
    series
        .filter(|(_, labels)| !controllers::reads(labels))
        .filter(|(_, labels)| subject.selectors.iter().any(|matchers| reads(matchers, labels)))
        .map(|(id, _)| id)
        .collect()
}

/// Each weak sign with the release it is close to; how many are close to none.
fn joined(mut groups: Vec<Vec<Sighting>>, weak: Vec<Sighting>) -> (Vec<Vec<Sighting>>, usize) {
    let spans: Vec<(Timestamp, Timestamp)> = groups
        .iter()
        .map(|group| (group[0].at - CLOSE, group[group.len() - 1].at + CLOSE))
        .collect();
    let mut lonely = 0;
    for sighting in weak {
        let of = spans
            .iter()
            .position(|(from, to)| *from <= sighting.at && sighting.at <= *to);
        match of {
            // Behind the strong ones: a release begins with those.
            Some(of) => groups[of].push(sighting),
            None => lonely += 1,
        }
    }
    (groups, lonely)
}

/// Releases by time, each with its end and its name.
fn ended(mut releases: Vec<Release>, watched: &[TimeRange], last: Timestamp) -> Vec<Release> {
    releases.sort_by_key(|release| release.at);
    let next: Vec<Timestamp> = releases.iter().skip(1).map(|release| release.at).collect();
    for (number, release) in releases.iter_mut().enumerate() {
        let silence = watched
            .iter()
            .map(|stretch| stretch.end)
            .find(|end| *end > release.at);
        let end = silence.unwrap_or(last).max(release.at);
        release.until = next.get(number).map_or(end, |next| end.min(*next));
        if release.id.is_empty() {
            release.id = format!("r{:03}", number + 1);
        }
    }
    releases
}
