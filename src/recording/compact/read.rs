//! A recording, in: checked before it is unpacked.

use std::io::Read as _;
use std::path::Path;

use super::folder::{MARKS, PARQUET, TEXT, sha256};
use super::{CompactManifest, read_manifest};
use crate::diagnostic::Finding;
use crate::recording::intake::Intake;
use crate::recording::{Keep, Mapping, Recording, file, take};

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
        take::take(&file, &*bytes, &Mapping::default(), &mut intake)?;
    } else {
        let (file, bytes) = unchanged(&manifest, path, TEXT)?;
        take::take(&file, &*bytes, &Mapping::default(), &mut intake)?;
        if manifest.stale_marks > 0 {
            let (file, bytes) = unchanged(&manifest, path, MARKS)?;
            take::take_marks(&file, &*bytes, &mut intake, true)?;
        }
    }
    let recording = take::finish(&name, intake, &mut Vec::new())?;
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
