use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::meta::Meta;
use super::read::{Block, Series};
use crate::diagnostic::{Finding, Severity};
use crate::recording::columns::{Columns, sort};
use crate::recording::{Keep, Recording};

/// Folders beside the blocks of a server that hold what is in no block yet.
const HEAD: [&str; 3] = ["wal", "wbl", "chunks_head"];
const SNAPSHOT: &str = "take a snapshot, which writes them into a block: \
     start the server with --web.enable-admin-api, run `curl -XPOST http://SERVER/api/v1/admin/tsdb/snapshot` \
     and read the folder it names under snapshots/";

/// Whether a folder is one block: it holds `meta.json` beside `index` or `chunks/`.
pub fn is_block(path: &Path) -> bool {
    path.join("meta.json").is_file() && (path.join("index").is_file() || path.join("chunks").is_dir())
}

/// Whether a folder is a server's data directory or a snapshot: it holds blocks, or a write-ahead log.
pub fn is_data_dir(path: &Path) -> bool {
    !blocks_in(path).is_empty() || HEAD.iter().any(|name| path.join(name).is_dir())
}

/// Reads a block, a data directory or a snapshot: of all its blocks the series and times that `keep` names.
///
/// Series of equal labels become one. Where blocks overlap (samples that came out of order) samples are sorted by
/// time; of equal times that of the block counts which begins later, or at equal beginnings was made later. The
/// reference leaves this open, and Prometheus itself answers so when a smaller block lies over a larger one.
///
/// # Errors
///
/// A finding: nothing in the folder can be read, or nothing of it is wanted.
pub fn open(path: &Path, keep: &Keep) -> Result<(Recording, Vec<Finding>), Finding> {
    let name = path.display().to_string();
    let mut findings = Vec::new();
    let mut blocks = Vec::new();
    let mut listed = Vec::new();
    let metas = metas(path, &mut findings)?;
    let ends = metas.iter().map(|(_, meta)| meta.max_time).max();
    for (folder, meta) in metas {
        match Block::open(&folder, meta, keep) {
            Ok((block, series)) => {
                let number = blocks.len();
                listed.extend(series.into_iter().map(|series| (series, number)));
                blocks.push(block);
            }
            Err(finding) => findings.push(finding),
        }
    }
    if blocks.is_empty()
        && let Some(first) = findings
            .iter()
            .position(|finding| finding.severity == Severity::Error)
    {
        return Err(findings.swap_remove(first));
    }
    findings.extend(head(path, ends, keep));
    let recording = merge(&mut blocks, listed, keep);
    for block in blocks {
        findings.extend(block.finish());
    }
    let Some(recording) = recording else {
        let mut nothing = Finding::error("there is no sample in it that is asked for").about(name);
        nothing.help = findings.iter().map(said).collect();
        return Err(nothing);
    };
    if recording.repeated > 0 {
        findings.push(
            Finding::note(format!(
                "{} samples repeat a time of their series in blocks that overlap",
                recording.repeated
            ))
            .about(name)
            .help("the one of the block that begins later was kept; Prometheus does not promise which one it shows"),
        );
    }
    Ok((recording, findings))
}

fn said(finding: &Finding) -> String {
    match &finding.about {
        Some(about) => format!("{about}: {}", finding.message),
        None => finding.message.clone(),
    }
}

/// Folders that are blocks, in no particular order of time.
fn blocks_in(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries.map(|entry| entry.path()).collect();
    folders.retain(|folder| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        !name.ends_with(".tmp-for-creation") && !name.ends_with(".tmp-for-deletion") && is_block(folder)
    });
    folders.sort();
    folders
}

/// The blocks to be read, by their beginning.
fn metas(path: &Path, findings: &mut Vec<Finding>) -> Result<Vec<(PathBuf, Meta)>, Finding> {
    let folders = if is_block(path) {
        vec![path.to_owned()]
    } else {
        blocks_in(path)
    };
    if folders.is_empty() {
        return Err(no_block(path));
    }
    let mut metas = Vec::new();
    for folder in folders {
        match meta(&folder) {
            Ok(meta) if meta.compaction.deletable => {}
            Ok(meta) => metas.push((folder, meta)),
            Err(finding) => findings.push(finding),
        }
    }
    // A compacted block replaces its parents, which may lie there still.
    let replaced: BTreeSet<String> = metas
        .iter()
        .flat_map(|(_, meta)| meta.compaction.parents.iter().map(|parent| parent.ulid.clone()))
        .collect();
    metas.retain(|(_, meta)| !replaced.contains(&meta.ulid));
    metas.sort_by(|(_, one), (_, other)| (one.min_time, &one.ulid).cmp(&(other.min_time, &other.ulid)));
    Ok(metas)
}

fn meta(folder: &Path) -> Result<Meta, Finding> {
    let path = folder.join("meta.json");
    let name = path.display().to_string();
    let text =
        fs::read(&path).map_err(|error| Finding::error(format!("cannot be read: {error}")).about(&name))?;
    let meta: Meta = serde_json::from_slice(&text).map_err(|error| {
        Finding::error(format!("is not the description of a block: {error}"))
            .about(&name)
            .help("a block that was not written to its end has none; copy it once more, or leave it out")
    })?;
    if meta.version != 1 {
        return Err(Finding::error(format!(
            "version {} of meta.json is unknown, expected 1",
            meta.version
        ))
        .about(&name)
        .help("write text with the server's own `promtool tsdb dump-openmetrics` and read that"));
    }
    Ok(meta)
}

fn no_block(path: &Path) -> Finding {
    let name = path.display().to_string();
    if is_data_dir(path) {
        Finding::error(
            "there is no block yet: all samples are in the write-ahead log and the head, which are not read",
        )
        .about(name)
        .help(SNAPSHOT)
    } else {
        Finding::error("there is no block in this folder")
            .about(name)
            .help(
                "a block is a folder with meta.json, index and chunks/; a data directory holds such folders",
            )
    }
}

/// Says that newer samples lie beside the blocks, unless none of them is wanted.
fn head(path: &Path, ends: Option<i64>, keep: &Keep) -> Option<Finding> {
    let wanted = |end: i64| keep.range.is_none_or(|range| range.end.as_millis() > end);
    let written = |name: &&str| {
        let entries = fs::read_dir(path.join(name)).into_iter().flatten().flatten();
        let mut sizes = entries.filter_map(|entry| entry.metadata().ok());
        sizes.any(|file| file.is_dir() || file.len() > 0)
    };
    let found: Vec<_> = HEAD.into_iter().filter(written).collect();
    if found.is_empty() || !ends.is_none_or(wanted) {
        return None;
    }
    let newest = Finding::warning(format!(
        "the newest samples are in {} and not in a block: they are not read",
        found.join(", ")
    ));
    Some(newest.about(path.display().to_string()).help(SNAPSHOT))
}

/// All series of all blocks, each read in one piece.
fn merge(blocks: &mut [Block], mut listed: Vec<(Series, usize)>, keep: &Keep) -> Option<Recording> {
    // Stable: parts of one series stay in the order of their blocks.
    listed.sort_by(|(one, _), (other, _)| one.labels.cmp(&other.labels));
    let mut columns = Columns::default();
    let (mut times, mut values) = (Vec::new(), Vec::new());
    let (mut unordered, mut repeated) = (0, 0);
    for parts in listed.chunk_by(|(one, _), (other, _)| one.labels == other.labels) {
        times.clear();
        values.clear();
        for (series, block) in parts {
            blocks[*block].read(series, keep, &mut times, &mut values);
        }
        if !times.is_sorted_by(|one, next| one < next) {
            unordered += times.windows(2).filter(|pair| pair[1] < pair[0]).count();
            repeated += sort(&mut times, &mut values);
        }
        if !times.is_empty() {
            columns.add(parts[0].0.labels.clone(), &times, values.to_vec());
        }
    }
    columns.build(unordered, repeated)
}
