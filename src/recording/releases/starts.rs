//! Processes that started anew.

use super::Sign;
use super::sighting::{CLOSE, Sighting, Thing};
use super::versions::within;
use crate::recording::Recording;
use crate::series::{Labels, SeriesId};
use crate::units::{Duration, Timestamp};

/// When a process started, as it says itself [s since 1970].
pub(super) const NAME: &str = "process_start_time_seconds";

/// Labels that tell which target a series comes from.
const TARGET: [&str; 4] = ["job", "instance", "namespace", "pod"];

/// Process starts of the targets that `series` come from: a new value of `process_start_time_seconds`, or a new target
/// whose process began in the recording (or up to five minutes before it).
pub(super) fn starts(recording: &Recording, series: &[SeriesId]) -> Vec<Sighting> {
    let mut targets: Vec<Labels> = series
        .iter()
        .map(|&id| recording.layout.labels(id).filter(|name| TARGET.contains(&name)))
        .filter(|target| !target.is_empty())
        .collect();
    targets.sort();
    targets.dedup();
    let processes: Vec<(SeriesId, &Labels)> = recording
        .layout
        .series()
        .filter(|(_, labels)| labels.name() == Some(NAME))
        .filter(|(_, labels)| targets.iter().any(|target| is_of(labels, target)))
        .collect();
    let ids: Vec<SeriesId> = processes.iter().map(|(id, _)| *id).collect();
    let all = ids
        .iter()
        .flat_map(|&id| recording.series(id).next())
        .map(|(time, _)| time);
    let Some(began) = all.min().map(Timestamp::from_millis) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (id, labels) in processes {
        // The process before, and the moment of its last sample.
        let mut before: Option<(f64, Timestamp)> = None;
        let samples = recording.series(id).filter(|(_, value)| value.is_finite());
        for (time, value) in samples {
            let time = Timestamp::from_millis(time);
            let another = match before {
                // Seen for the first time, it may have run for long.
                None => moment(value) >= began - CLOSE,
                Some((known, _)) => (known - value).abs() > JITTER,
            };
            if another {
                // What a process says of itself is believed as far as it fits what was seen.
                let earliest = before.map_or(recording.first, |(_, last)| last);
                let at = moment(value).clamp(earliest.min(time), time);
                found.push(Sighting {
                    at,
                    thing: Thing::Target(labels.filter(|name| name != Labels::NAME)),
                    sign: Sign::Starts {
                        started: 1,
                        before: ids.iter().filter(|&&id| runs(recording, id, at)).count(),
                    },
                });
            }
            before = Some((value, time));
        }
    }
    found
}

/// A process may tell its own start with some noise; more [s] is another start.
const JITTER: f64 = 0.5;

fn runs(recording: &Recording, series: SeriesId, at: Timestamp) -> bool {
    within(recording, series, at - Duration::from_millis(1), CLOSE) > 0
}

/// Whether a series comes from `target`: they have a label in common, and none of them differs.
fn is_of(labels: &Labels, target: &Labels) -> bool {
    let both = || {
        target
            .iter()
            .filter_map(|(name, value)| Some((labels.get(name)?, value)))
    };
    both().next().is_some() && both().all(|(own, value)| own == value)
}

fn moment(seconds: f64) -> Timestamp {
    // Out of range saturates, and is clamped to what was seen.
    Timestamp::from_millis((seconds * 1000.0).round() as i64)
}
