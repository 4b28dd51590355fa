use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::{Builder, Recording, openmetrics, stale};
use crate::diagnostic::Finding;

/// Largest text that is read, unpacked: a file that unpacks to more is not a recording but an attack.
const LIMIT: u64 = 4 << 30;

/// Names that a stale-mark side file may have beside a recording.
const STALE_FILES: [&str; 2] = ["stale_markers.csv", "stale_markers.csv.gz"];

/// Reads the bytes of a recording: gzip is recognised by its first two bytes, whatever the file is called.
///
/// # Errors
///
/// A finding that names the file, the line where there is one, and what was expected.
pub fn read(
    name: &str,
    bytes: &[u8],
    stale_marks: Option<(&str, &[u8])>,
) -> Result<(Recording, Vec<Finding>), Finding> {
    let mut builder = Builder::default();
    let text = text(name, bytes)?;
    openmetrics::read(&text, &mut builder).map_err(|bad| {
        Finding::error(format!("line {} is not a sample: expected {}", bad.line, bad.expected))
            .about(format!("{name}:{}", bad.line))
            .help("write samples as name{label=\"value\"} VALUE TIMESTAMP, as `promtool tsdb dump-openmetrics` does")
    })?;
    if let Some((name, bytes)) = stale_marks {
        let text = self::text(name, bytes)?;
        stale::read(&text, &mut builder).map_err(|bad| {
            Finding::error(format!(
                "line {} is not a stale mark: expected {}",
                bad.line, bad.expected
            ))
            .about(format!("{name}:{}", bad.line))
        })?;
    }
    let Some(recording) = builder.build() else {
        return Err(Finding::error("there is no sample in it")
            .about(name)
            .help("a recording is OpenMetrics or Prometheus text with a timestamp on every sample"));
    };
    let mut findings = Vec::new();
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
    Ok((recording, findings))
}

/// Opens a recording on disk: a file, or a folder that holds one file `*.om`, `*.om.gz`, `*.prom` or `*.txt`; a side
/// file `stale_markers.csv` (or `.gz`) beside it is read too.
///
/// # Errors
///
/// A finding: a file is absent or cannot be read, or there is no recording in the folder, or more than one.
pub fn open(path: &Path) -> Result<(Recording, Vec<Finding>), Finding> {
    let file = if path.is_dir() {
        recording_in(path)?
    } else {
        path.to_owned()
    };
    let name = file.display().to_string();
    let bytes = load(&file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let marks = STALE_FILES
        .map(|name| folder.join(name))
        .into_iter()
        .find(|path| path.is_file());
    match marks {
        Some(marks) => {
            let marks_name = marks.display().to_string();
            read(&name, &bytes, Some((&marks_name, &load(&marks)?)))
        }
        None => read(&name, &bytes, None),
    }
}

fn recording_in(folder: &Path) -> Result<PathBuf, Finding> {
    let name = folder.display().to_string();
    let entries = fs::read_dir(folder).map_err(|error| Finding::error(error.to_string()).about(&name))?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| {
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let stem = file.strip_suffix(".gz").unwrap_or(&file);
        [".om", ".prom", ".openmetrics"]
            .iter()
            .any(|ending| stem.ends_with(ending))
            && path.is_file()
    });
    files.sort();
    match files.as_slice() {
        [one] => Ok(one.clone()),
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

fn load(path: &Path) -> Result<Vec<u8>, Finding> {
    fs::read(path)
        .map_err(|error| Finding::error(format!("cannot be read: {error}")).about(path.display().to_string()))
}

fn text(name: &str, bytes: &[u8]) -> Result<String, Finding> {
    let plain = if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let read = MultiGzDecoder::new(bytes).take(LIMIT).read_to_end(&mut plain);
        read.map_err(|error| Finding::error(format!("is gzip but cannot be unpacked: {error}")).about(name))?;
        if plain.len() as u64 == LIMIT {
            return Err(Finding::error("unpacks to more than 4 GiB")
                .about(name)
                .help("cut the recording to the hours that matter"));
        }
        plain
    } else {
        bytes.to_vec()
    };
    String::from_utf8(plain).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Finding::error(format!("is not text: byte {at} is not UTF-8"))
            .about(name)
            .help("a recording is OpenMetrics or Prometheus text, plain or gzip")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_are_findings() {
        for (bytes, message) in [
            (&b""[..], "there is no sample in it"),
            (b"\x1f\x8b\x08\x00junk", "is gzip but cannot be unpacked"),
            (b"\xff\xfe\x00", "is not text: byte 0"),
            (b"a 1\n", "line 1 is not a sample"),
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
