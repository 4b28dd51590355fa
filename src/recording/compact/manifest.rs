//! What a compact recording says about itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::folder::MANIFEST;
use crate::diagnostic::Finding;
use crate::recording::{Recording, digest};
use crate::series::is_stale;
use crate::units::{TimeRange, Timestamp};

/// Grows when a reader of the format before could not read it.
const FORMAT: u32 = 1;

/// What a compact recording says about itself. [`CompactManifest::new`] takes what its writer knows; [`write`](super::write) fills in
/// the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompactManifest {
    /// Of the format.
    pub format: u32,
    /// Version of the tool that wrote it.
    pub tool: String,
    /// Where the samples came from, in words. User names and passwords in addresses are taken out.
    pub origin: String,
    /// Queries whose series were asked for.
    pub queries: Vec<String>,
    /// Selectors that were asked for.
    pub selectors: Vec<String>,
    /// Range of time asked for [ms since 1970]: from, up to but not including.
    pub asked_ms: Option<(i64, i64)>,
    /// How the server that it came from answers queries; absent where nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promql: Option<Dialect>,
    /// Time of the first sample [ms since 1970].
    pub first_ms: i64,
    /// Time of the last sample [ms since 1970].
    pub last_ms: i64,
    /// Series.
    pub series: usize,
    /// Samples, without stale marks.
    pub samples: usize,
    /// Stale marks.
    pub stale_marks: usize,
    /// [`digest()`](crate::recording::digest()) of all samples.
    pub sha256: String,
    /// SHA-256 of the bytes of each file of samples, by its name: checked before anybody unpacks them.
    pub files: BTreeMap<String, String>,
}

/// How a server answers queries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// Whose semantics of PromQL it has: of Prometheus 2 or 3.
    pub generation: u32,
    /// How old the newest sample of a series may be [ms].
    pub lookback_ms: i64,
    /// The grid of a subquery that names none [ms].
    pub default_step_ms: i64,
}

impl CompactManifest {
    /// What the writer of a recording knows: its origin in words, the queries and selectors asked for, the time asked
    /// for.
    pub fn new(origin: &str, queries: Vec<String>, selectors: Vec<String>, asked: Option<TimeRange>) -> Self {
        Self {
            format: FORMAT,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            origin: without_secrets(origin),
            queries,
            selectors,
            asked_ms: asked.map(|range| (range.start.as_millis(), range.end.as_millis())),
            promql: None,
            first_ms: 0,
            last_ms: 0,
            series: 0,
            samples: 0,
            stale_marks: 0,
            sha256: String::new(),
            files: BTreeMap::new(),
        }
    }

    /// The time asked for.
    pub fn asked(&self) -> Option<TimeRange> {
        self.asked_ms.map(|(start, end)| TimeRange {
            start: Timestamp::from_millis(start),
            end: Timestamp::from_millis(end),
        })
    }

    /// The same words about what `recording` holds.
    pub(super) fn counted(mut self, recording: &Recording) -> Self {
        let series = recording.layout.series();
        self.series = series.len();
        self.stale_marks = series
            .flat_map(|(id, _)| recording.series(id))
            .filter(|&(_, value)| is_stale(value))
            .count();
        self.samples = recording.count - self.stale_marks;
        self.first_ms = recording.first.as_millis();
        self.last_ms = recording.last.as_millis();
        self.sha256 = digest(recording);
        self
    }
}

/// Takes `user:password@` out of every address in a text.
fn without_secrets(text: &str) -> String {
    let mut words = Vec::new();
    for word in text.split(' ') {
        let clean = word.split_once("://").and_then(|(scheme, rest)| {
            let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            let at = host.rfind('@')?;
            Some(format!("{scheme}://{}", &rest[at + 1..]))
        });
        words.push(clean.unwrap_or_else(|| word.to_owned()));
    }
    words.join(" ")
}

/// Reads the manifest of the compact recording in the folder `path`.
///
/// # Errors
///
/// A finding: it is absent, is none, or has a format that this version does not know.
pub fn read_manifest(path: &Path) -> Result<CompactManifest, Finding> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let file = path.join(MANIFEST);
    let name = file.display().to_string();
    let text = fs::read_to_string(&file)
        .map_err(|error| Finding::error(format!("cannot be read: {error}")).about(&name))?;
    let none = |error: serde_json::Error| {
        Finding::error(format!("is not the manifest of a recording: {error}"))
            .about(format!("{name}:{}", error.line()))
            .help("such folders are written by `coalmine import`")
    };
    let Version { format } = serde_json::from_str(&text).map_err(none)?;
    if format != FORMAT {
        return Err(
            Finding::error(format!("its format is {format}, this version reads {FORMAT}"))
                .about(&name)
                .help("import the recording again, or use the version that wrote it"),
        );
    }
    serde_json::from_str(&text).map_err(none)
}
