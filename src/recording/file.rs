use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::answer::{self, Refused};
use super::bad::BadLine;
use super::cells::{self, Failure as CellFailure};
use super::clock::Clock;
use super::form::Form;
use super::intake::Intake;
use super::openmetrics::{self, Failure, Unit};
use super::source::Source;
use super::table::Unclear;
use super::{Keep, Mapping, Recording, block, compact, notation, parquet, rule_tests, stale};
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

/// Takes all samples of a file in, and says what was taken for what.
///
/// # Errors
///
/// As [`read`].
pub(super) fn take(
    name: &str,
    bytes: impl Read,
    columns: &Mapping,
    intake: &mut Intake<'_>,
) -> Result<Vec<Finding>, Finding> {
    let source = Source::new(name, bytes)?;
    let form = Form::of(&source.head).ok_or_else(|| {
        Finding::error("is not text, nor any other form of recording that is known")
            .about(name)
            .help(FORMS)
    })?;
    match form {
        Form::Text => take_text(source, intake),
        Form::Answer => take_answer(source, columns, intake),
        Form::Cells(delimiter) => take_cells(source, delimiter, columns, intake),
        Form::Parquet => take_parquet(source, columns, intake),
        Form::Loads | Form::RuleTests => take_notation(source, form, intake),
    }
}

/// What a recording may be.
const FORMS: &str = "a recording is OpenMetrics or Prometheus text with timestamps, an answer of Prometheus' HTTP API, \
                     CSV, Parquet, promtool's series notation, or a compact recording";

fn take_text(source: Source<'_>, intake: &mut Intake<'_>) -> Result<Vec<Finding>, Finding> {
    let name = source.name;
    let (mut text, unreadable) = source.stream();
    let unit = openmetrics::read(&mut text, intake).map_err(|failure| match failure {
        Failure::Io(error) => unreadable(&error),
        Failure::Line(bad) => bad.finding(name, "a sample").help(
            "write samples as name{label=\"value\"} VALUE TIMESTAMP, as `promtool tsdb dump-openmetrics` does",
        ),
    })?;
    let said = match unit {
        None => return Ok(Vec::new()),
        Some(Unit::Seconds) => "seconds",
        Some(Unit::Milliseconds) => "milliseconds",
    };
    Ok(vec![
        Finding::note(format!("timestamps were read as {said}"))
            .about(name)
            .help("a text that ends in '# EOF' is OpenMetrics, whose timestamps are seconds"),
    ])
}

fn take_answer(
    source: Source<'_>,
    columns: &Mapping,
    intake: &mut Intake<'_>,
) -> Result<Vec<Finding>, Finding> {
    let name = source.name;
    let text = source.whole()?;
    answer::read(&text, columns.metric.as_deref(), intake).map_err(|refused| match refused {
        Refused::Line(bad) => bad.finding(name, "part of an answer"),
        Refused::Whole(message, help) => Finding::error(message).about(name).help(help),
    })?;
    Ok(Vec::new())
}

fn take_cells(
    source: Source<'_>,
    delimiter: u8,
    columns: &Mapping,
    intake: &mut Intake<'_>,
) -> Result<Vec<Finding>, Finding> {
    let name = source.name;
    let (text, unreadable) = source.stream();
    let read = cells::read(text, delimiter, columns, intake).map_err(|failure| match failure {
        CellFailure::Io(error) => unreadable(&error),
        CellFailure::Line(bad) => bad.finding(name, "a row of samples").help(
            "what the columns mean can be said: --columns time=COLUMN,value=COLUMN,name=COLUMN,labels=A+B",
        ),
        CellFailure::Columns(unclear) => about_columns(name, unclear),
    })?;
    Ok(said(name, read))
}

fn take_parquet(
    source: Source<'_>,
    columns: &Mapping,
    intake: &mut Intake<'_>,
) -> Result<Vec<Finding>, Finding> {
    let name = source.name;
    let read = parquet::read(&source.whole()?, columns, intake);
    Ok(said(name, read.map_err(|unclear| about_columns(name, unclear))?))
}

fn about_columns(name: &str, (message, help): Unclear) -> Finding {
    Finding::error(message).about(name).help(help)
}

/// How the times of a table were read.
fn said(name: &str, read: Option<(String, Clock)>) -> Vec<Finding> {
    let note = |(header, clock): (String, Clock)| {
        Finding::note(format!(
            "times in column {header:?} were read as {}",
            clock.said()
        ))
        .about(name)
    };
    read.map(note).into_iter().collect()
}

fn take_notation(source: Source<'_>, form: Form, intake: &mut Intake<'_>) -> Result<Vec<Finding>, Finding> {
    let name = source.name;
    let text = String::from_utf8(source.whole()?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Finding::error(format!("is not text: byte {at} is not UTF-8")).about(name)
    })?;
    let bad = |bad: BadLine| bad.finding(name, "promtool's series notation");
    if form == Form::RuleTests {
        rule_tests::read(&text, intake).map_err(bad)?;
        return Ok(Vec::new());
    }
    let passed_over = notation::read(&text, intake).map_err(bad)?;
    Ok(match passed_over {
        0 => Vec::new(),
        n => vec![
            Finding::note(format!("{n} evaluations were passed over"))
                .about(name)
                .help("only the series of 'load' are a recording"),
        ],
    })
}

/// Takes stale marks in from a side file.
///
/// # Errors
///
/// As [`read`].
pub(super) fn take_marks(
    name: &str,
    bytes: impl Read,
    intake: &mut Intake<'_>,
    unknown: bool,
) -> Result<(), Finding> {
    let (text, _) = Source::new(name, bytes)?.stream();
    stale::read(text, intake, unknown).map_err(|bad: BadLine| bad.finding(name, "a stale mark"))
}

/// The recording of all that was taken in; what is odd about it is said.
///
/// # Errors
///
/// There is no sample.
pub(super) fn finish(
    name: &str,
    intake: Intake<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Recording, Finding> {
    let seen = intake.seen();
    let Some(recording) = intake.finish() else {
        if seen > 0 {
            return Err(Finding::error(format!("none of its {seen} samples is wanted"))
                .about(name)
                .help("no series in it passes the selectors inside the range of time"));
        }
        return Err(Finding::error("there is no sample in it").about(name).help(FORMS));
    };
    if recording.unordered > 0 {
        findings.push(
            Finding::warning(format!(
                "{} samples came after a newer one of their series",
                recording.unordered
            ))
            .about(name)
            .help("they were sorted in; Prometheus itself would have refused them"),
        );
    }
    if recording.repeated > 0 {
        findings.push(
            Finding::warning(format!(
                "{} samples repeat a time of their series",
                recording.repeated
            ))
            .about(name)
            .help("the last one in the file was kept"),
        );
    }
    Ok(recording)
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
