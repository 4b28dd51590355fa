//! A recording, out: into a folder of its own.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::CompactManifest;
use super::folder::{MANIFEST, MARKS, PARQUET, TEXT, is_ours, place, sha256};
use crate::diagnostic::Finding;
use crate::recording::{Recording, openmetrics, stale};

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
            CompactForm::Parquet => crate::recording::parquet::write(recording, &folder.join(PARQUET))?,
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

fn packed(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(GzEncoder::new(File::create(path)?, Compression::default()));
    write(&mut out)?;
    out.into_inner()?.finish()?;
    Ok(())
}
