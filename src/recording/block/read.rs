use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::index::{Chunk, Entry, Index};
use super::meta::Meta;
use super::segment::Segment;
use super::select::Select;
use super::tombstone::Tombstones;
use super::xor;
use crate::diagnostic::Finding;
use crate::recording::Keep;
use crate::series::Labels;

/// Findings about single chunks and series of one block that are told one by one; more are counted.
const TOLD: usize = 5;

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

/// What could not be decoded.
#[derive(Debug, Default)]
struct Losses {
    told: usize,
    untold: usize,
    histograms: usize,
    /// Chunks of an encoding that is not read, and the last such encoding.
    unknown: (usize, u8),
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
                .help("copy the block once more, or take a snapshot: a running server verifies it with `promtool tsdb analyze`")
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
        let mut select = Select::new(keep, index, external.iter().copied());
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
            (2 | 3 | 5 | 6, _) => {
                self.losses.histograms += 1;
                Ok(())
            }
            (encoding, _) => {
                self.losses.unknown.0 += 1;
                self.losses.unknown.1 = encoding;
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
    pub fn finish(self) -> Vec<Finding> {
        let Self {
            folder,
            mut findings,
            losses,
            ..
        } = self;
        let about = folder.display().to_string();
        if losses.untold > 0 {
            findings
                .push(Finding::warning(format!("{} more losses of this kind", losses.untold)).about(&about));
        }
        if losses.histograms > 0 {
            findings.push(
                Finding::warning(format!(
                    "{} chunks hold native histograms: they are left out",
                    losses.histograms
                ))
                .about(&about)
                .help("only float samples are read: have targets scraped with `always_scrape_classic_histograms: true` for the `_bucket` series that queries of canaries use"),
            );
        }
        if let (count @ 1.., encoding) = losses.unknown {
            let help = match encoding {
                4 => {
                    "the server writes XOR2 chunks: switch that feature off, or write text with `promtool tsdb dump-openmetrics`"
                }
                0xff => "these are downsampled aggregates: take the raw block of the same hours",
                _ => "write text with the server's own `promtool tsdb dump-openmetrics` and read that",
            };
            findings.push(
                Finding::warning(format!(
                    "{count} chunks are of encoding {encoding}, which is not read: they are left out"
                ))
                .about(&about)
                .help(help),
            );
        }
        findings
    }
}

impl Losses {
    fn tell(&mut self, findings: &mut Vec<Finding>, finding: impl FnOnce() -> Finding) {
        if self.told < TOLD {
            self.told += 1;
            findings.push(finding());
        } else {
            self.untold += 1;
        }
    }
}

/// First wanted time [ms] and the first one after all that is wanted.
fn bounds(meta: &Meta, keep: &Keep) -> (i64, i64) {
    match keep.range {
        Some(range) => (
            range.start.as_millis().max(meta.min_time),
            range.end.as_millis().min(meta.max_time),
        ),
        None => (meta.min_time, meta.max_time),
    }
}

/// Drops samples behind `from` whose time is not in `first..end`.
fn trim(first: i64, end: i64, from: usize, times: &mut Vec<i64>, values: &mut Vec<f64>) {
    let inside = |time: i64| (first <= time) & (time < end);
    if !times[from..].iter().fold(true, |all, &time| all & inside(time)) {
        retain(from, times, values, inside);
    }
}

/// Drops samples behind `from` that were deleted.
fn bury(deleted: &[(i64, i64)], from: usize, times: &mut Vec<i64>, values: &mut Vec<f64>) {
    if deleted.is_empty() {
        return;
    }
    retain(from, times, values, |time| {
        let before = deleted.partition_point(|&(first, _)| first <= time);
        before == 0 || deleted[before - 1].1 < time
    });
}

fn retain(from: usize, times: &mut Vec<i64>, values: &mut Vec<f64>, keep: impl Fn(i64) -> bool) {
    let mut to = from;
    for at in from..times.len() {
        if keep(times[at]) {
            (times[to], values[to]) = (times[at], values[at]);
            to += 1;
        }
    }
    times.truncate(to);
    values.truncate(to);
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
