//! A recording on disk, or in memory: where its files are, and what lies beside them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::intake::Intake;
use super::source::Source;
use super::take::{finish, take, take_marks};
use super::{Keep, Mapping, Recording, block, compact};
use crate::diagnostic::Finding;

/// Names that a stale-mark side file may have beside a recording.
const STALE_FILES: [&str; 2] = ["stale_markers.csv", "stale_markers.csv.gz"];

/// Reads the bytes of a recording: its form and packing are told by its first bytes, whatever the file is called.
///
/// # Errors
///
/// A finding that names the file, the line where there is one, and what was expected.
pub fn read(
    name: &str,
    bytes: &[u8],
    stale_marks: Option<(&str, &[u8])>,
) -> Result<(Recording, Vec<Finding>), Finding> {
    let keep = Keep::default();
    let mut intake = Intake::new(&keep);
    let mut findings = take(name, bytes, &Mapping::default(), &mut intake)?;
    if let Some((name, bytes)) = stale_marks {
        take_marks(name, bytes, &mut intake, false)?;
    }
    let recording = finish(name, intake, &mut findings)?;
    Ok((recording, findings))
}

/// Opens a recording on disk, of whatever form, and keeps what is wanted of it. A folder is a compact recording, a block
/// or data directory of Prometheus, or holds one file of a recording; a side file `stale_markers.csv` (or `.gz`) beside a text is read too.
///
/// # Errors
///
/// A finding: a file is absent or cannot be read, or there is no recording in the folder, or more than one.
pub fn open(path: &Path, keep: &Keep) -> Result<(Recording, Vec<Finding>), Finding> {
    open_with(path, keep, None)
}

/// As [`open`], with a word on what the columns of a table mean, or what series without a name are called. Without
/// one, it is read from `FILE.columns.json` beside the file, where there is such a file.
///
/// # Errors
///
/// As [`open`].
pub fn open_with(
    path: &Path,
    keep: &Keep,
    columns: Option<&Mapping>,
) -> Result<(Recording, Vec<Finding>), Finding> {
    if compact::is_compact(path) {
        return compact::read(path, keep);
    }
    if block::is_block(path) || path.is_dir() && block::is_data_dir(path) {
        return block::open(path, keep);
    }
    let file = if path.is_dir() {
        recording_in(path)?
    } else {
        path.to_owned()
    };
    let name = file.display().to_string();
    let mut intake = Intake::new(keep);
    let beside;
    let columns = match columns {
        Some(columns) => columns,
        None => {
            beside = columns_beside(&file)?;
            &beside
        }
    };
    let mut findings = take(&name, load(&file)?, columns, &mut intake)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let marks = STALE_FILES
        .map(|name| folder.join(name))
        .into_iter()
        .find(|path| path.is_file());
    if let Some(marks) = marks {
        take_marks(&marks.display().to_string(), load(&marks)?, &mut intake, false)?;
    }
    let recording = finish(&name, intake, &mut findings)?;
    Ok((recording, findings))
}

/// The mapping of columns beside a table, if there is one.
fn columns_beside(file: &Path) -> Result<Mapping, Finding> {
    let mut path = file.as_os_str().to_owned();
    path.push(".columns.json");
    let path = PathBuf::from(path);
    if !path.is_file() {
        return Ok(Mapping::default());
    }
    let name = path.display().to_string();
    let text = Source::new(&name, load(&path)?)?.whole()?;
    serde_json::from_slice(&text).map_err(|error| {
        Finding::error(format!("is no mapping of columns: {error}"))
            .about(format!("{name}:{}", error.line()))
            .help("expected {\"time\", \"value\", \"name\", \"series\", \"labels\": […], \"metric\"}, each where needed")
    })
}

/// Endings, without that of a packing, of files that are recordings; later ones only where there is no earlier one.
const ENDINGS: [&[&str]; 3] = [
    &[".om", ".prom", ".openmetrics"],
    &[".parquet", ".csv", ".tsv"],
    &[".json"],
];

/// Files that tell of a recording and are none.
const BESIDE: [&str; 4] = [
    "ground_truth.json",
    "metadata.json",
    ".columns.json",
    "stale_markers.csv",
];

fn recording_in(folder: &Path) -> Result<PathBuf, Finding> {
    let name = folder.display().to_string();
    let entries = fs::read_dir(folder).map_err(|error| Finding::error(error.to_string()).about(&name))?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.is_file());
    files.sort();
    let of = |endings: &[&str]| -> Vec<&PathBuf> {
        let ends = |path: &&PathBuf| {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let packed = [".gz", ".zst"]
                .iter()
                .find_map(|ending| file.strip_suffix(ending));
            let stem = packed.unwrap_or(&file);
            let any = |endings: &[&str]| endings.iter().any(|ending| stem.ends_with(ending));
            any(endings) && !any(&BESIDE)
        };
        files.iter().filter(ends).collect()
    };
    let found = ENDINGS
        .iter()
        .map(|endings| of(endings))
        .find(|found| !found.is_empty());
    match found.unwrap_or_default().as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Finding::error("there is no recording in this folder")
            .about(name)
            .help("expected a file *.om, *.prom, *.openmetrics, *.csv, *.parquet or *.json, packed or not")),
        several => {
            let names: Vec<_> = several.iter().map(|path| path.display().to_string()).collect();
            Err(Finding::error("there are several recordings in this folder")
                .about(name)
                .help(format!("name one of them: {}", names.join(", "))))
        }
    }
}

pub(super) fn load(path: &Path) -> Result<File, Finding> {
    let unreadable =
        |error| Finding::error(format!("cannot be read: {error}")).about(path.display().to_string());
    File::open(path).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_are_findings() {
        for (bytes, message) in [
            (&b""[..], "there is no sample in it"),
            (b"\x1f\x8b\x08\x00junk", "is gzip but cannot be unpacked"),
            (b"\xff\xfe\x00", "is not text"),
            (b"a 1\n", "line 1 is not a sample"),
            (
                b"a{b=\"\xff\"} 1 1\n",
                "line 1 is not a sample: expected a series in UTF-8",
            ),
        ] {
            let finding = read("file", bytes, None).unwrap_err();
            assert!(finding.message.starts_with(message), "{}", finding.message);
        }
    }

    #[test]
    fn every_form_of_the_same_samples_is_the_same_recording() {
        let forms = [
            "up{job=\"a\"} 1 0.000\nup{job=\"a\"} 2 15.000\n# EOF",
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"up\",\
             \"job\":\"a\"},\"values\":[[0,\"1\"],[15,\"2\"]]}]}}",
            "time,name,job,value\n0,up,a,1\n15,up,a,2\n",
            "timestamp_ms;\"up{job=\"\"a\"\"}\"\n0;1\n15000;2\n",
            "time\tup{job=\"a\"}\n1970-01-01T00:00:00Z\t1\n1970-01-01T00:00:15Z\t2\n",
            "load 15s\n  up{job=\"a\"} 1+1x1\n",
            "tests:\n- interval: 15s\n  input_series:\n  - series: up{job=\"a\"}\n    values: 1 2\n",
        ];
        let digests: Vec<_> = forms
            .iter()
            .map(|text| crate::recording::digest(&read("file", text.as_bytes(), None).unwrap().0))
            .collect();
        assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
    }

    #[test]
    fn unordered_and_repeated_samples_are_said() {
        let (_, findings) = read("file", b"a 1 3\na 2 2\na 3 3\n# EOF", None).unwrap();
        assert_eq!(findings.len(), 2);
    }
}
