use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::rhythm::{Rhythm, Rhythms};
use crate::recording::Recording;
use crate::series::{AxisId, SeriesId};

/// One scraped target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// Its `job`; empty: the label is absent.
    pub job: String,
    /// Its `instance`; empty: the label is absent.
    pub instance: String,
    /// Series.
    pub series: usize,
    /// When it was scraped: moments at which any of its series has a sample. Stale marks are those of all its series.
    #[serde(flatten)]
    pub rhythm: Rhythm,
}

#[derive(Default)]
struct Found {
    series: Vec<SeriesId>,
    axes: BTreeMap<AxisId, SeriesId>,
}

pub(super) fn all(recording: &Recording) -> Vec<Target> {
    let mut targets: BTreeMap<(&str, &str), Found> = BTreeMap::new();
    for (id, labels) in recording.layout.series() {
        let label = |name| labels.get(name).unwrap_or("");
        let name = (label("job"), label("instance"));
        if name == ("", "") {
            continue;
        }
        let target = targets.entry(name).or_default();
        target.series.push(id);
        target.axes.entry(recording.layout.place(id).0).or_insert(id);
    }
    let targets = targets.into_iter();
    targets
        .map(|((job, instance), found)| {
            let Found { series, axes } = found;
            let marks = |id| {
                let stale = |&(_, value): &(i64, f64)| crate::series::is_stale(value);
                recording.series(id).filter(stale).count()
            };
            let stale_marks: usize = series.iter().map(|&id| marks(id)).sum();
            // Series of one axis differ in stale marks at most.
            let times: BTreeSet<i64> = axes
                .values()
                .flat_map(|&id| recording.series(id).map(|(time, _)| time))
                .collect();
            let mut rhythms = Rhythms::default();
            rhythms.add(times.into_iter().map(|time| (time, 1.0)));
            Target {
                job: job.to_owned(),
                instance: instance.to_owned(),
                series: series.len(),
                rhythm: Rhythm {
                    stale_marks,
                    ..rhythms.finish()
                },
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::read;

    #[test]
    fn a_scrape_is_counted_once_however_many_series_it_has() {
        let text = "load 15s\na{job=\"x\",instance=\"1\"} 1x4 stale\nb{job=\"x\",instance=\"1\"} _ 1x3 stale\n\
                    a{job=\"x\",instance=\"2\"} 1x4\nc 1x4\n";
        let targets = all(&read("file", text.as_bytes(), None).unwrap().0);
        assert_eq!(targets.len(), 2);
        assert_eq!((targets[0].series, targets[0].rhythm.samples), (2, 6));
        assert_eq!(targets[0].rhythm.stale_marks, 2);
        assert_eq!(targets[1].rhythm.interval_ms, Some(15_000));
    }
}
