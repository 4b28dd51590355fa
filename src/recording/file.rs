use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::answer::{self, Refused};
use super::bad::BadLine;
use super::form::Form;
use super::intake::Intake;
use super::openmetrics::{self, Failure, Unit};
use super::source::Source;
use super::{Keep, Recording, compact, stale};
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
    let mut findings = take(name, bytes, &mut intake)?;
    if let Some((name, bytes)) = stale_marks {
        take_marks(name, bytes, &mut intake, false)?;
    }
    let recording = finish(name, intake, &mut findings)?;
    Ok((recording, findings))
}

/// Opens a recording on disk, of whatever form, and keeps what is wanted of it. A folder is a compact recording or
/// holds one file of a recording; a side file `stale_markers.csv` (or `.gz`) beside a text is read too.
///
/// # Errors
///
/// A finding: a file is absent or cannot be read, or there is no recording in the folder, or more than one.
pub fn open(path: &Path, keep: &Keep) -> Result<(Recording, Vec<Finding>), Finding> {
    if compact::is_compact(path) {
        return compact::read(path, keep);
    }
    let file = if path.is_dir() {
        recording_in(path)?
    } else {
        path.to_owned()
    };
    let name = file.display().to_string();
    let mut intake = Intake::new(keep);
    let mut findings = take(&name, load(&file)?, &mut intake)?;
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

/// Takes all samples of a file in, and says what was taken for what.
///
/// # Errors
///
/// As [`read`].
pub(super) fn take(name: &str, bytes: impl Read, intake: &mut Intake<'_>) -> Result<Vec<Finding>, Finding> {
    let source = Source::new(name, bytes)?;
    let Some(form) = Form::of(&source.head) else {
        return Err(
            Finding::error("is not text, nor any other form of recording that is known")
                .about(name)
                .help(FORMS),
        );
    };
    match form {
        Form::Text => take_text(source, intake),
        Form::Answer => take_answer(source, intake),
        other => Err(
            Finding::error(format!("a recording as {other:?} cannot be read by this version"))
                .about(name)
                .help(FORMS),
        ),
    }
}

const FORMS: &str = "a recording is OpenMetrics or Prometheus text with timestamps";

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

fn take_answer(source: Source<'_>, intake: &mut Intake<'_>) -> Result<Vec<Finding>, Finding> {
    let name = source.name;
    let text = source.whole()?;
    answer::read(&text, None, intake).map_err(|refused| match refused {
        Refused::Line(bad) => bad.finding(name, "part of an answer"),
        Refused::Whole(message, help) => Finding::error(message).about(name).help(help),
    })?;
    Ok(Vec::new())
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

/// Endings, without that of a packing, of files that are recordings, and of those that are only where no other is.
const ENDINGS: [&[&str]; 1] = [&[".om", ".prom", ".openmetrics"]];

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
            endings.iter().any(|ending| stem.ends_with(ending))
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
            .help("expected a file *.om, *.om.gz, *.prom or *.openmetrics")),
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
    fn unordered_and_repeated_samples_are_said() {
        let (_, findings) = read("file", b"a 1 3\na 2 2\na 3 3\n# EOF", None).unwrap();
        assert_eq!(findings.len(), 2);
    }
}
