//! The folder and the names of its files; how it is put in its place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Name of the manifest.
pub(super) const MANIFEST: &str = "recording.json";
/// Samples as OpenMetrics text.
pub(super) const TEXT: &str = "samples.om.gz";
/// Their stale marks.
pub(super) const MARKS: &str = "stale_markers.csv.gz";
/// Samples as Parquet.
pub(super) const PARQUET: &str = "samples.parquet";

/// Whether there is a compact recording in the folder `path`.
pub fn is_compact(path: &Path) -> bool {
    path.join(MANIFEST).is_file()
}

/// Fills a folder beside `path` and then puts it in its place.
pub(super) fn place(path: &Path, fill: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
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
pub(super) fn is_ours(folder: &Path) -> bool {
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

/// SHA-256 of the bytes of a file, as manifests write it.
pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
