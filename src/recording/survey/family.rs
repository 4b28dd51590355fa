use std::collections::BTreeMap;

use serde::Serialize;

use super::rhythm::{Rhythm, Rhythms};
use crate::recording::Recording;
use crate::series::{Labels, SeriesId, is_stale};

/// What a family of series is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Only grows, and starts anew.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Buckets with `le`, a sum and a count.
    Histogram,
    /// A sum and a count, perhaps quantiles.
    Summary,
}

/// What the kind was taken from; recordings do not carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Guess {
    /// The ending of the name and the labels.
    Name,
    /// The values.
    Values,
}

/// Series of one name; a histogram's or summary's several names are one family.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// What it is taken for.
    pub kind: Kind,
    /// Why.
    pub guessed_by: Guess,
    /// Series.
    pub series: usize,
    /// When its samples came, summed over its series.
    #[serde(flatten)]
    pub rhythm: Rhythm,
    /// Times a counter started anew, summed over its series; `null` for gauges.
    pub resets: Option<usize>,
}

/// Endings of the names that a histogram or a summary has.
const PARTS: [&str; 3] = ["_bucket", "_sum", "_count"];

/// Endings of the names of gauges; moments only grow, and are none the less no counters.
const GAUGES: [&str; 6] = [
    "_created",
    "_time_seconds",
    "_timestamp_seconds",
    "_info",
    "_max",
    "_min",
];

/// What Prometheus itself says of each scrape.
const SCRAPES: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// Steps up, without one down, from which on values alone make a counter.
const STEPS: usize = 10;

pub(super) fn all(recording: &Recording) -> Vec<Family> {
    let mut names: BTreeMap<&str, Vec<SeriesId>> = BTreeMap::new();
    for (id, labels) in recording.layout.series() {
        names.entry(labels.name().unwrap_or("")).or_default().push(id);
    }
    let has = |base: &str, ending: &str| names.contains_key(format!("{base}{ending}").as_str());
    let mut families: BTreeMap<String, (Option<Kind>, Vec<SeriesId>)> = BTreeMap::new();
    for (name, series) in &names {
        let base = PARTS.iter().find_map(|ending| name.strip_suffix(ending));
        let compound = base.and_then(|base| {
            if has(base, "_bucket") {
                Some((base, Kind::Histogram))
            } else if has(base, "_sum") && has(base, "_count") {
                Some((base, Kind::Summary))
            } else {
                None
            }
        });
        let quantiles = series
            .iter()
            .any(|&id| recording.layout.labels(id).get("quantile").is_some());
        let (name, kind) = match compound {
            Some((base, kind)) => (base, Some(kind)),
            None if quantiles && has(name, "_sum") => (*name, Some(Kind::Summary)),
            None if name.ends_with("_total") || name.ends_with("_count") => (*name, Some(Kind::Counter)),
            None if GAUGES.iter().any(|ending| name.ends_with(ending)) || SCRAPES.contains(name) => {
                (*name, Some(Kind::Gauge))
            }
            None => (*name, None),
        };
        let family = families.entry(name.to_owned()).or_default();
        family.0 = family.0.max(kind);
        family.1.extend(series);
    }
    let families = families.into_iter();
    families
        .map(|(name, (kind, series))| one(recording, name, kind, &series))
        .collect()
}

fn one(recording: &Recording, name: String, kind: Option<Kind>, series: &[SeriesId]) -> Family {
    let mut rhythms = Rhythms::default();
    let (mut up, mut down, mut resets) = (0, 0, 0);
    for &id in series {
        rhythms.add(recording.series(id));
        let values = recording.series(id).map(|(_, value)| value);
        let (rises, falls) = steps(values);
        up += rises;
        down += falls;
        if is_cumulative(recording.layout.labels(id)) {
            resets += falls;
        }
    }
    let (kind, guessed_by) = match kind {
        Some(kind) => (kind, Guess::Name),
        None if up >= STEPS && down == 0 => (Kind::Counter, Guess::Values),
        None => (Kind::Gauge, Guess::Values),
    };
    Family {
        name,
        kind,
        guessed_by,
        series: series.len(),
        rhythm: rhythms.finish(),
        resets: (kind != Kind::Gauge).then_some(resets),
    }
}

/// Whether a series can start anew; the quantiles of a summary only go up and down.
fn is_cumulative(labels: &Labels) -> bool {
    labels.get("quantile").is_none()
}

/// How often values rose and fell.
fn steps(values: impl Iterator<Item = f64>) -> (usize, usize) {
    let (mut up, mut down) = (0, 0);
    let mut before: Option<f64> = None;
    for value in values.filter(|&value| !is_stale(value)) {
        if let Some(before) = before {
            up += usize::from(value > before);
            down += usize::from(value < before);
        }
        before = Some(value);
    }
    (up, down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::read;

    fn families(text: &str) -> Vec<Family> {
        let text = format!("load 15s\n{text}\n");
        all(&read("file", text.as_bytes(), None).unwrap().0)
    }

    #[test]
    fn names_and_values_say_the_kind() {
        let found = families(
            "a_total 0 5 3 _ 4 stale 1\nb_bucket{le=\"1\"} 1x3\nb_sum 1x3\nb_count 1+1x3\nc_sum 1x3\nc_count 1x3\n\
             c{quantile=\"0.5\"} 3 2 1 2\nd 3 4 3\ne 0+1x12\nf_total 1",
        );
        let kinds: Vec<_> = found
            .iter()
            .map(|family| {
                (
                    family.name.as_str(),
                    family.kind,
                    family.guessed_by,
                    family.series,
                )
            })
            .collect();
        assert_eq!(
            kinds,
            [
                ("a_total", Kind::Counter, Guess::Name, 1),
                ("b", Kind::Histogram, Guess::Name, 3),
                ("c", Kind::Summary, Guess::Name, 3),
                ("d", Kind::Gauge, Guess::Values, 1),
                ("e", Kind::Counter, Guess::Values, 1),
                ("f_total", Kind::Counter, Guess::Name, 1),
            ]
        );
        let resets: Vec<_> = found.iter().map(|family| family.resets).collect();
        assert_eq!(resets, [Some(2), Some(0), Some(0), None, Some(0), Some(0)]);
        assert_eq!(found[0].rhythm.stale_marks, 1);
    }
}
