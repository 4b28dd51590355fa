use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::family::{Family, Kind};
use crate::recording::Recording;
use crate::series::SeriesId;

/// What a canary policy usually reads: outcomes of requests, how long they took, and which version answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Needs {
    /// Counters whose labels tell failures from successes.
    pub outcomes: Vec<ErrorFamily>,
    /// Histograms, from which quantiles can be asked.
    pub histograms: Vec<String>,
    /// Labels that can tell versions apart.
    pub versions: Vec<VersionLabel>,
}

/// A counter and the label that tells how requests ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorFamily {
    /// The series' name.
    pub name: String,
    /// The label.
    pub label: String,
    /// Its values, at most ten.
    pub values: Vec<String>,
}

/// A label that can tell versions apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VersionLabel {
    /// The label.
    pub label: String,
    /// Its values, at most ten, each with its number of series.
    pub values: BTreeMap<String, usize>,
    /// How many values it has.
    pub distinct: usize,
    /// Whether two of them were recorded at the same time: versions side by side, as a canary is.
    pub side_by_side: bool,
}

/// Labels that say how a request ended.
const OUTCOMES: [&str; 10] = [
    "code",
    "status",
    "status_code",
    "response_code",
    "http_status",
    "http_status_code",
    "grpc_code",
    "outcome",
    "result",
    "classification",
];

/// Labels that say a version by their name.
const VERSIONS: [&str; 14] = [
    "version",
    "app_version",
    "destination_version",
    "service_version",
    "release",
    "revision",
    "track",
    "arm",
    "rollouts_pod_template_hash",
    "pod_template_hash",
    "hash",
    "commit",
    "image",
    "image_tag",
];

/// Words in a label's values that say a version.
const WORDS: [&str; 4] = ["canary", "stable", "preview", "primary"];

/// Values shown of a label.
const SHOWN: usize = 10;

pub(super) fn of(recording: &Recording, families: &[Family]) -> Needs {
    let mut labels: BTreeMap<&str, BTreeMap<&str, Vec<SeriesId>>> = BTreeMap::new();
    let mut outcomes: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (id, series) in recording.layout.series() {
        let counts = series
            .name()
            .filter(|name| name.ends_with("_total") || name.ends_with("_count"));
        for (label, value) in series.iter() {
            labels
                .entry(label)
                .or_default()
                .entry(value)
                .or_default()
                .push(id);
            if let Some(name) = counts.filter(|_| OUTCOMES.contains(&label)) {
                outcomes.entry((name, label)).or_default().insert(value);
            }
        }
    }
    let outcomes = outcomes.into_iter().map(|((name, label), values)| ErrorFamily {
        name: name.to_owned(),
        label: label.to_owned(),
        values: values.into_iter().take(SHOWN).map(str::to_owned).collect(),
    });
    let histograms = families.iter().filter(|family| family.kind == Kind::Histogram);
    let versions = labels
        .iter()
        .filter(|(label, values)| {
            let said = |value: &&str| WORDS.iter().any(|word| value.contains(word));
            VERSIONS.contains(label) || **label != "__name__" && values.keys().any(said)
        })
        .map(|(label, values)| VersionLabel {
            label: (*label).to_owned(),
            distinct: values.len(),
            side_by_side: side_by_side(recording, values),
            values: values
                .iter()
                .take(SHOWN)
                .map(|(value, series)| ((*value).to_owned(), series.len()))
                .collect(),
        });
    Needs {
        outcomes: outcomes.collect(),
        histograms: histograms.map(|family| family.name.clone()).collect(),
        versions: versions.collect(),
    }
}

/// Whether the times of two values overlap.
fn side_by_side(recording: &Recording, values: &BTreeMap<&str, Vec<SeriesId>>) -> bool {
    let mut spans: Vec<(i64, i64)> = values
        .values()
        .filter_map(|series| {
            let ends = series.iter().filter_map(|&id| {
                let mut times = recording.series(id).map(|(time, _)| time);
                let first = times.next()?;
                Some((first, times.last().unwrap_or(first)))
            });
            ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
        })
        .collect();
    spans.sort_unstable();
    spans.windows(2).any(|pair| pair[1].0 < pair[0].1)
}

#[cfg(test)]
mod tests {
    use crate::recording::{read, survey::Survey};

    #[test]
    fn finds_outcomes_histograms_and_versions() {
        let text = "load 15s\nreq_total{code=\"200\",version=\"1\"} 1x4\nreq_total{code=\"500\",version=\"2\"} _x5 1x4\n\
                    lat_bucket{le=\"1\",service=\"x-canary\"} 1x9\nlat_bucket{le=\"1\",service=\"x\"} 1x9\n";
        let needs = Survey::of(&read("file", text.as_bytes(), None).unwrap().0).needs;
        assert_eq!(needs.outcomes[0].name, "req_total");
        assert_eq!(needs.outcomes[0].values, ["200", "500"]);
        assert_eq!(needs.histograms, ["lat"]);
        let versions: Vec<_> = needs
            .versions
            .iter()
            .map(|version| (version.label.as_str(), version.distinct, version.side_by_side))
            .collect();
        assert_eq!(versions, [("service", 2, true), ("version", 2, false)]);
    }
}
