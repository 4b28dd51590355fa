use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::clip::{bounds, bury, trim};
use super::index::{Chunk, Entry, Index};
use super::losses::Losses;
use super::meta::Meta;
use super::segment::Segment;
use super::select::Select;
use super::tombstone::Tombstones;
use super::xor;
use crate::diagnostic::Finding;
use crate::recording::Keep;
use crate::series::Labels;

/// One block, its index read and its chunks not yet.
#[derive(Debug)]
pub(super) struct Block {
    folder: PathBuf,
    meta: Meta,
    segments: BTreeMap<u64, Result<Segment, String>>,
    tombstones: Tombstones,
    /// What was found on the way.
    pub findings: Vec<Finding>,
    losses: Losses,
}

/// One wanted series of a block.
#[derive(Debug)]
pub(super) struct Series {
    pub labels: Labels,
    reference: u64,
    chunks: Vec<Chunk>,
}

impl Block {
    /// Opens a block and lists its wanted series, in the order of the file.
    ///
    /// # Errors
    ///
    /// A finding: it is damaged, downsampled or of an unknown version.
    pub fn open(folder: &Path, meta: Meta, keep: &Keep) -> Result<(Self, Vec<Series>), Finding> {
        let resolution = meta.thanos.downsample.resolution;
        if resolution != 0 {
            return Err(Finding::error(format!(
                "its samples are aggregates of {} s, not what was scraped",
                resolution / 1000
            ))
            .about(folder.display().to_string())
            .help(
                "take the raw block of the same hours (resolution 0): averages hide what a canary looks for",
            ));
        }
        let path = folder.join("index");
        let name = path.display().to_string();
        let bytes = fs::read(&path)
            .map_err(|error| Finding::error(format!("cannot be read: {error}")).about(&name))?;
        let index = Index::read(bytes).map_err(|damage| {
            Finding::error(damage.to_string())
                .about(&name)
                .help("copy the block once more; `promtool tsdb analyze` says whether the original is whole")
        })?;
        let mut block = Self {
            folder: folder.to_owned(),
            segments: segments(folder),
            tombstones: Tombstones::default(),
            findings: Vec::new(),
            losses: Losses::default(),
            meta,
        };
        for damage in index.damaged() {
            block.findings.push(
                Finding::warning(damage.to_string())
                    .about(&name)
                    .help("the series were looked for one by one; those that are damaged are missing"),
            );
        }
        if index.version() == 3 {
            block.findings.push(
                Finding::note("index version 3 was read as version 2, as Prometheus does")
                    .about(&name)
                    .help("compare with `promtool tsdb dump` if a figure surprises"),
            );
        }
        block.read_tombstones();
        let series = block.list(&index, &name, keep);
        Ok((block, series))
    }

    fn read_tombstones(&mut self) {
        let path = self.folder.join("tombstones");
        let read = match fs::read(&path) {
            // Blocks of an object store may have none.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => Err(format!("cannot be read: {error}")),
            Ok(bytes) => Tombstones::read(&bytes).map_err(|damage| damage.to_string()),
        };
        match read {
            Ok(tombstones) => self.tombstones = tombstones,
            Err(what) => self.findings.push(
                Finding::warning(what)
                    .about(path.display().to_string())
                    .help("samples that were deleted from this block are read as if they had not been"),
            ),
        }
    }

    /// The wanted series with those of their chunks that may hold wanted samples.
    fn list(&mut self, index: &Index, name: &str, keep: &Keep) -> Vec<Series> {
        let external: Vec<_> = self.meta.external().collect();
        let mut select = Select::new(keep, index, &external);
        let (first, end) = bounds(&self.meta, keep);
        let mut texts: Vec<Option<Arc<str>>> = vec![None; index.symbols()];
        let mut text = |symbol: u32| {
            let known = texts.get_mut(symbol as usize)?;
            if known.is_none() {
                *known = index.symbol(symbol).map(Arc::from);
            }
            known.clone()
        };
        let mut listed = Vec::new();
        let mut entry = Entry::default();
        for &reference in index.series() {
            let wanted = |from: i64, to: i64| from < end && to >= first;
            if let Err(damage) = index.entry(reference, &mut entry, wanted) {
                self.losses.tell(&mut self.findings, || {
                    Finding::warning(format!("{damage}; the series is left out")).about(name)
                });
                continue;
            }
            if entry.chunks.is_empty() || !select.wants(&entry, index) {
                continue;
            }
            let own = entry.labels.iter();
            let own: Option<Vec<_>> = own
                .map(|&(name, value)| Some((text(name)?, text(value)?)))
                .collect();
            let Some(own) = own else {
                self.losses.tell(&mut self.findings, || {
                    Finding::warning(format!(
                        "byte {}: a label of the series is not in the symbol table, or not UTF-8; the series is left out",
                        reference * 16
                    ))
                    .about(name)
                });
                continue;
            };
            let external = external.iter().map(|&(name, value)| (name.into(), value.into()));
            listed.push(Series {
                labels: Labels::new(own.into_iter().chain(external)),
                reference,
                chunks: std::mem::take(&mut entry.chunks),
            });
        }
        listed
    }

    /// Appends the wanted samples of a series.
    pub fn read(&mut self, series: &Series, keep: &Keep, times: &mut Vec<i64>, values: &mut Vec<f64>) {
        let (first, end) = bounds(&self.meta, keep);
        for chunk in &series.chunks {
            let from = times.len();
            let Err(lost) = self.decode(*chunk, times, values) else {
                trim(first, end, from, times, values);
                bury(self.tombstones.of(series.reference), from, times, values);
                continue;
            };
            let at = chunk.reference & u64::from(u32::MAX);
            let path = self.segment_path(chunk.reference);
            self.losses.tell(&mut self.findings, || {
                let what = format!("byte {at}: {lost}; {} has a gap there", series.labels);
                Finding::warning(what)
                    .about(path)
                    .help("copy the block once more, or take a snapshot; what is whole was read")
            });
        }
    }

    /// Appends the samples of one chunk; of a kind that is not read, nothing.
    fn decode(&mut self, chunk: Chunk, times: &mut Vec<i64>, values: &mut Vec<f64>) -> Result<(), String> {
        let segment = match self.segments.get_mut(&(chunk.reference >> 32)) {
            Some(Ok(segment)) => segment,
            Some(Err(what)) => return Err(format!("the file {what}")),
            None => return Err("the file is missing".into()),
        };
        let at = chunk.reference & u64::from(u32::MAX);
        match segment.chunk(at)? {
            (1, data) => xor::decode(data, times, values).map_err(|bad| format!("the chunk {}", bad.0)),
            (encoding, _) => {
                self.losses.unread(encoding);
                Ok(())
            }
        }
    }

    fn segment_path(&self, reference: u64) -> String {
        let number = (reference >> 32) + 1;
        self.folder
            .join("chunks")
            .join(format!("{number:06}"))
            .display()
            .to_string()
    }

    /// All that was found, when all was read.
    pub fn finish(mut self) -> Vec<Finding> {
        let about = self.folder.display().to_string();
        self.findings.extend(self.losses.findings(&about));
        self.findings
    }
}

/// The files of chunks by the number that references give them: 000001 is 0.
fn segments(folder: &Path) -> BTreeMap<u64, Result<Segment, String>> {
    let entries = fs::read_dir(folder.join("chunks"))
        .into_iter()
        .flatten()
        .flatten();
    let numbered = entries.filter_map(|entry| {
        let number: u64 = entry.file_name().to_str()?.parse().ok()?;
        Some((number.checked_sub(1)?, Segment::open(&entry.path())))
    });
    numbered.collect()
}
