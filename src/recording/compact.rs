//! The compact recording: a folder that `import` writes and every command reads.
//!
//! ```text
//! recording.json         what it is, where it came from, what was asked, counts and digest
//! samples.parquet        series, timestamp_ms, value; stale marks are among the values
//! ```
//!
//! or, where Parquet is not built in, `samples.om.gz` and `stale_markers.csv.gz`. It is written under another name and
//! renamed, so that half of one is never left.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::intake::Intake;
use super::{Keep, Mapping, Recording, digest, file, openmetrics, stale};
use crate::diagnostic::Finding;
use crate::series::is_stale;
use crate::units::{TimeRange, Timestamp};

/// Grows when a reader of the format before could not read it.
const FORMAT: u32 = 1;
/// Name of the manifest.
const MANIFEST: &str = "recording.json";
/// Samples as OpenMetrics text.
const TEXT: &str = "samples.om.gz";
/// Their stale marks.
const MARKS: &str = "stale_markers.csv.gz";
/// Samples as Parquet.
const PARQUET: &str = "samples.parquet";

/// How the samples of a compact recording are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompactForm {
    /// OpenMetrics text and stale marks, both packed by gzip.
    Text,
    /// Parquet.
    #[cfg(feature = "tabular")]
    Parquet,
}

impl Default for CompactForm {
    /// Parquet where it is built in, text otherwise.
    fn default() -> Self {
        #[cfg(feature = "tabular")]
        return Self::Parquet;
        #[cfg(not(feature = "tabular"))]
        return Self::Text;
    }
}

/// What a compact recording says about itself. [`CompactManifest::new`] takes what its writer knows; [`write`] fills in
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
    /// [`digest()`] of all samples.
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
    fn counted(mut self, recording: &Recording) -> Self {
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

/// Writes a recording to the folder `path`, replacing the compact recording that lies there, and returns the manifest
/// as written.
///
/// # Errors
///
/// A finding: something else lies there, or a file cannot be written. What lay there before is then still there.
pub fn write(
    recording: &Recording,
    manifest: &CompactManifest,
    path: &Path,
) -> Result<CompactManifest, Finding> {
    write_as(recording, manifest, path, CompactForm::default())
}

/// As [`write`], in a form of choice.
///
/// # Errors
///
/// As [`write`].
pub fn write_as(
    recording: &Recording,
    manifest: &CompactManifest,
    path: &Path,
    form: CompactForm,
) -> Result<CompactManifest, Finding> {
    if path.file_name().is_none() || path.exists() && !is_ours(path) {
        return Err(
            Finding::error("is no place for a recording: it holds something else, which stays")
                .about(path.display().to_string())
                .help("name a folder that does not exist, or one with a recording to be replaced"),
        );
    }
    let mut manifest = manifest.clone().counted(recording);
    manifest.files.clear();
    let written = place(path, |folder| {
        match form {
            CompactForm::Text => {
                packed(&folder.join(TEXT), |out| openmetrics::write(recording, out))?;
                if manifest.stale_marks > 0 {
                    packed(&folder.join(MARKS), |out| stale::write(recording, out))?;
                }
            }
            #[cfg(feature = "tabular")]
            CompactForm::Parquet => super::parquet::write(recording, &folder.join(PARQUET))?,
        }
        for name in [TEXT, MARKS, PARQUET] {
            let file = folder.join(name);
            if file.is_file() {
                manifest.files.insert(name.to_owned(), sha256(&fs::read(file)?));
            }
        }
        let text = serde_json::to_string_pretty(&manifest)?;
        fs::write(folder.join(MANIFEST), text + "\n")
    });
    written.map_err(|error| {
        Finding::error(format!("cannot be written: {error}")).about(path.display().to_string())
    })?;
    Ok(manifest)
}

/// Fills a folder beside `path` and then puts it in its place.
fn place(path: &Path, fill: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let unfinished = beside(path, "unfinished");
    remove(&unfinished)?;
    fs::create_dir(&unfinished)?;
    if let Err(error) = fill(&unfinished) {
        // The first error is the one to tell.
        let _ = remove(&unfinished);
        return Err(error);
    }
    let replaced = beside(path, "replaced");
    remove(&replaced)?;
    if path.exists() {
        fs::rename(path, &replaced)?;
    }
    if let Err(error) = fs::rename(&unfinished, path) {
        // What lay there before goes back; if that fails too, it still lies beside.
        let _ = fs::rename(&replaced, path);
        return Err(error);
    }
    remove(&replaced)
}

/// A folder beside `path`, called as it with an ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// Whether a folder holds nothing but a compact recording; an empty one does.
fn is_ours(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    let mut names = entries.map_while(Result::ok).map(|entry| entry.file_name());
    names.all(|name| [MANIFEST, TEXT, MARKS, PARQUET].iter().any(|ours| name == *ours))
}

/// Removes a compact recording, file by file, and nothing else.
fn remove(folder: &Path) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for name in [MANIFEST, TEXT, MARKS, PARQUET] {
        let file = folder.join(name);
        if file.is_file() {
            fs::remove_file(file)?;
        }
    }
    fs::remove_dir(folder)
}

fn packed(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(GzEncoder::new(File::create(path)?, Compression::default()));
    write(&mut out)?;
    out.into_inner()?.finish()?;
    Ok(())
}

/// Whether there is a compact recording in the folder `path`.
pub fn is_compact(path: &Path) -> bool {
    path.join(MANIFEST).is_file()
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

/// Reads what is wanted of the compact recording in the folder `path`.
///
/// # Errors
///
/// A finding: a file is absent or damaged, or what it holds is not what the manifest says.
pub fn read(path: &Path, keep: &Keep) -> Result<(Recording, Vec<Finding>), Finding> {
    let manifest = read_manifest(path)?;
    let name = path.display().to_string();
    let mut intake = Intake::new(keep);
    if path.join(PARQUET).is_file() {
        let (file, bytes) = unchanged(&manifest, path, PARQUET)?;
        file::take(&file, &*bytes, &Mapping::default(), &mut intake)?;
    } else {
        let (file, bytes) = unchanged(&manifest, path, TEXT)?;
        file::take(&file, &*bytes, &Mapping::default(), &mut intake)?;
        if manifest.stale_marks > 0 {
            let (file, bytes) = unchanged(&manifest, path, MARKS)?;
            file::take_marks(&file, &*bytes, &mut intake, true)?;
        }
    }
    let recording = file::finish(&name, intake, &mut Vec::new())?;
    let everything = keep.selectors.is_none() && keep.range.is_none();
    if everything {
        let found = manifest.clone().counted(&recording);
        if found != manifest {
            return Err(Finding::error(format!(
                "is not what its manifest says: {} series, {} samples, digest {}",
                found.series,
                found.samples,
                &found.sha256[..12]
            ))
            .about(name)
            .help(format!(
                "the manifest says {} series, {} samples, digest {}: a file was changed, import it again",
                manifest.series,
                manifest.samples,
                manifest.sha256.get(..12).unwrap_or(&manifest.sha256)
            )));
        }
    }
    Ok((recording, Vec::new()))
}

/// Path and bytes of a file of the recording, if they are those that were written.
fn unchanged(manifest: &CompactManifest, folder: &Path, name: &str) -> Result<(String, Vec<u8>), Finding> {
    let path = folder.join(name);
    let mut bytes = Vec::new();
    let read = file::load(&path)?.read_to_end(&mut bytes);
    let path = path.display().to_string();
    read.map_err(|error| Finding::error(format!("cannot be read: {error}")).about(&path))?;
    if manifest.files.get(name) != Some(&sha256(&bytes)) {
        return Err(Finding::error("is not the file that its manifest speaks of")
            .about(path)
            .help("it was damaged or changed: copy or import it again"));
    }
    Ok((path, bytes))
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Builder;
    use crate::series::Labels;

    fn recording() -> Recording {
        let mut builder = Builder::default();
        for (job, shift) in [("a", 0), ("b\"\n", 1)] {
            let series = builder.series(Labels::new([("__name__", "up"), ("job", job)]));
            for n in 0..50 {
                builder.push(series, n * 15_000 + shift, 0.1 * n as f64);
            }
            builder.push_stale(series, 800_000);
        }
        let ended = builder.series(Labels::new([("__name__", "ended.before")]));
        builder.push_stale(ended, 3);
        builder.build().unwrap()
    }

    fn forms() -> Vec<CompactForm> {
        let mut forms = vec![CompactForm::Text];
        forms.extend([CompactForm::default()]);
        forms
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("coalmine-compact-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_is_written_is_read_back_stale_marks_and_all() {
        let folder = folder("again");
        let path = folder.join("one");
        let origin = "prometheus at https://user:secret@example.org:9090/x?y=1";
        let manifest = CompactManifest::new(origin, vec!["up".into()], Vec::new(), None);
        for form in forms() {
            let written = write_as(&recording(), &manifest, &path, form).unwrap();
            assert_eq!(written.origin, "prometheus at https://example.org:9090/x?y=1");
            assert_eq!(
                (written.series, written.samples, written.stale_marks),
                (3, 100, 3)
            );
            let (again, findings) = read(&path, &Keep::default()).unwrap();
            assert!(findings.is_empty());
            assert_eq!(digest(&again), written.sha256);
            assert_eq!(read_manifest(&path).unwrap(), written);
            let names: Vec<_> = fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            assert_eq!(names, ["one"], "nothing is left beside it");
            // One bit of the samples.
            let file = path.join(written.files.keys().last().unwrap());
            let mut bytes = fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&file, bytes).unwrap();
            let finding = read(&path, &Keep::default()).unwrap_err();
            assert_eq!(finding.message, "is not the file that its manifest speaks of");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_was_changed_or_is_something_else_is_a_finding() {
        let folder = folder("changed");
        let path = folder.join("one");
        let manifest = CompactManifest::new("by hand", Vec::new(), Vec::new(), None);
        write_as(&recording(), &manifest, &path, CompactForm::Text).unwrap();
        let text = fs::read_to_string(path.join(MANIFEST)).unwrap();
        fs::write(
            path.join(MANIFEST),
            text.replace("\"sha256\": \"", "\"sha256\": \"0"),
        )
        .unwrap();
        let finding = read(&path, &Keep::default()).unwrap_err();
        assert!(finding.message.starts_with("is not what its manifest says"));
        fs::write(
            path.join(MANIFEST),
            text.replace("\"format\": 1", "\"format\": 7"),
        )
        .unwrap();
        assert!(
            read(&path, &Keep::default())
                .unwrap_err()
                .message
                .starts_with("its format is 7")
        );
        fs::write(path.join("mine.txt"), "mine").unwrap();
        assert!(write(&recording(), &manifest, &path).is_err());
        assert!(path.join("mine.txt").is_file());
        fs::remove_dir_all(folder).unwrap();
    }
}
