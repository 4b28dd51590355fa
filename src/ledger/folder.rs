use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::row::Lines;
use super::{FORMAT, Manifest, Row, part};

/// How the parts of a ledger are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    JsonLines,
    /// Parquet, zstd left out: plain pages, readable everywhere.
    #[cfg(feature = "tabular")]
    Parquet,
}

impl Format {
    /// How the name of a part ends.
    const fn ending(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            #[cfg(feature = "tabular")]
            Self::Parquet => "parquet",
        }
    }
}

impl Default for Format {
    /// Parquet where it is built in, JSON lines otherwise.
    fn default() -> Self {
        #[cfg(feature = "tabular")]
        return Self::Parquet;
        #[cfg(not(feature = "tabular"))]
        return Self::JsonLines;
    }
}

/// A ledger that cannot be written or read.
#[derive(Debug)]
pub enum LedgerError {
    /// A file or folder.
    File(PathBuf, io::Error),
    /// A manifest that is not one.
    Manifest(PathBuf, String),
    /// A folder that holds something else.
    Taken(PathBuf),
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Taken(path) => {
                write!(
                    f,
                    "{} is no place for a ledger: it holds something else, which stays",
                    path.display()
                )
            }
            Self::Manifest(path, error) => {
                write!(f, "{} is not a ledger's manifest: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for LedgerError {}

/// Name of the manifest.
const MANIFEST: &str = "manifest.json";

/// Rows of one part, about: no seed is split between parts.
const ROWS_A_PART: usize = 100_000;

/// Writes a ledger to `folder`, replacing the one that lies there. `rows` are in the plan's order, seed by seed;
/// `rows_a_seed` of them belong to one seed, and no seed is split between parts. They are written as they come: few of
/// them are in memory at once. The manifest's parts and its digest of outcomes are filled in.
///
/// # Errors
///
/// A file cannot be written; what lay in `folder` before is then still there.
pub fn write(
    folder: &Path,
    mut manifest: Manifest,
    rows: impl IntoIterator<Item = Row>,
    rows_a_seed: usize,
    format: Format,
) -> Result<(), LedgerError> {
    check_place(folder)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| LedgerError::File(path, error)
    };
    let unfinished = beside(folder, "unfinished");
    remove(&unfinished).map_err(failed(&unfinished))?;
    fs::create_dir_all(&unfinished).map_err(failed(&unfinished))?;

    let rows_a_part = (ROWS_A_PART / rows_a_seed.max(1)).max(1) * rows_a_seed.max(1);
    let mut rows = rows.into_iter().peekable();
    let mut lines = Lines::default();
    manifest.parts.clear();
    while rows.peek().is_some() {
        let name = format!("part-{:05}.{}", manifest.parts.len(), format.ending());
        let path = unfinished.join(&name);
        part::write(&path, rows.by_ref().take(rows_a_part), format, &mut lines).map_err(failed(&path))?;
        manifest.parts.push(name);
    }
    manifest.outcomes = lines.digest();
    let path = unfinished.join(MANIFEST);
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest is plain data");
    fs::write(&path, text + "\n").map_err(|error| LedgerError::File(path.clone(), error))?;

    let replaced = beside(folder, "replaced");
    remove(&replaced).map_err(failed(&replaced))?;
    if folder.exists() {
        fs::rename(folder, &replaced).map_err(failed(folder))?;
    }
    if let Err(error) = fs::rename(&unfinished, folder) {
        // What lay there before goes back; if that fails too, it still lies beside.
        let _ = fs::rename(&replaced, folder);
        return Err(LedgerError::File(folder.to_owned(), error));
    }
    remove(&replaced).map_err(failed(&replaced))
}

/// Whether a ledger can be written to `folder`: nothing is there, or an empty folder, or another ledger.
///
/// # Errors
///
/// Something else is there: it is never deleted.
pub fn check_place(folder: &Path) -> Result<(), LedgerError> {
    if folder.file_name().is_none() || folder.exists() && !is_ledger(folder) {
        return Err(LedgerError::Taken(folder.to_owned()));
    }
    Ok(())
}

/// Whether a folder holds nothing but a ledger; an empty one does.
fn is_ledger(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    let files: Vec<_> = entries.map_while(Result::ok).map(|entry| entry.path()).collect();
    files.is_empty() || files.iter().all(|file| is_part(file)) && folder.join(MANIFEST).is_file()
}

/// Whether a file is one that a ledger is made of.
fn is_part(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let part = name.starts_with("part-") && (name.ends_with(".jsonl") || name.ends_with(".parquet"));
    file.is_file() && (part || name == MANIFEST)
}

/// Removes a ledger, file by file, and nothing else.
fn remove(folder: &Path) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if is_part(&file) {
            fs::remove_file(file)?;
        }
    }
    fs::remove_dir(folder)
}

/// A folder beside `folder`, called as it with an ending.
fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    folder.with_file_name(name)
}

/// Reads the manifest of the ledger in `folder`.
///
/// # Errors
///
/// It is absent, is not a manifest, or has a format this version does not know.
pub fn read_manifest(folder: &Path) -> Result<Manifest, LedgerError> {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|error| LedgerError::File(path.clone(), error))?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|error| LedgerError::Manifest(path.clone(), error.to_string()))?;
    if manifest.format != FORMAT {
        let reason = format!("its format is {}, this version reads {FORMAT}", manifest.format);
        return Err(LedgerError::Manifest(path, reason));
    }
    Ok(manifest)
}
