//! The end of a file: its columns, and where their bytes are.

use super::room;
use super::schema::{Leaf, element, leaves};
use super::thrift::{BINARY, I32, I64, LIST, STRUCT, Thrift};
use crate::recording::damage::Damage;

/// What begins and ends a file.
const MAGIC: &[u8; 4] = b"PAR1";

/// What a file says of itself.
#[derive(Clone, Debug)]
pub(super) struct Footer {
    pub columns: Vec<Leaf>,
    pub groups: Vec<Group>,
}

/// Some rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub rows: usize,
    pub chunks: Vec<Chunk>,
}

/// The values of one column in one group of rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    /// Its bytes in the file.
    pub start: usize,
    pub end: usize,
    /// Values, those that are null too.
    pub values: usize,
    pub codec: i64,
    /// Why it cannot be read, if so.
    pub elsewhere: Option<&'static str>,
}

impl Footer {
    /// Reads the end of `file`.
    ///
    /// # Errors
    ///
    /// It is cut off or damaged, or states more than a file of this length holds.
    pub fn read(file: &[u8]) -> Result<Self, Damage> {
        let cut = || Damage::new(file.len(), "the file is cut off: it would end with PAR1");
        let (rest, magic) = file.split_last_chunk::<4>().ok_or_else(cut)?;
        let (rest, length) = rest.split_last_chunk::<4>().ok_or_else(cut)?;
        if magic != MAGIC {
            return Err(cut());
        }
        let length = u32::from_le_bytes(*length) as usize;
        let start = rest
            .len()
            .checked_sub(length)
            .filter(|&start| start >= MAGIC.len());
        let start = start.ok_or_else(|| {
            Damage::new(
                rest.len(),
                format!("the footer would have {length} bytes, more than the file"),
            )
        })?;
        let mut thrift = Thrift::new(file, start, rest.len());
        let (mut elements, mut groups) = (Vec::new(), Vec::new());
        let mut last = 0;
        while let Some((id, kind)) = thrift.field(&mut last)? {
            match (id, kind) {
                (2, LIST) => elements = structs(&mut thrift, element)?,
                (4, LIST) => groups = structs(&mut thrift, |thrift| group(thrift, start))?,
                _ => thrift.skip(kind)?,
            }
        }
        let (columns, chunks) = leaves(&elements, start)?;
        let mut cells = 0usize;
        for group in &groups {
            if group.chunks.len() != chunks {
                let what = format!(
                    "a group of rows has {} columns, the file {chunks}",
                    group.chunks.len()
                );
                return Err(Damage::new(start, what));
            }
            cells = group
                .chunks
                .iter()
                .fold(cells, |cells, chunk| cells.saturating_add(chunk.values));
        }
        if cells > room::cells(file.len()) {
            let what = format!(
                "{cells} values are stated, more than a file of {} bytes holds",
                file.len()
            );
            return Err(Damage::new(start, what));
        }
        Ok(Self { columns, groups })
    }
}

/// All structs of a list.
fn structs<'a, T>(
    thrift: &mut Thrift<'a>,
    mut read: impl FnMut(&mut Thrift<'a>) -> Result<T, Damage>,
) -> Result<Vec<T>, Damage> {
    let at = thrift.at();
    let (length, kind) = thrift.list()?;
    if kind != STRUCT && length > 0 {
        return Err(Damage::new(at, "a list holds something else than it should"));
    }
    // Not reserved: an element may take more memory than its one byte.
    let mut all = Vec::new();
    for _ in 0..length {
        all.push(read(thrift)?);
    }
    Ok(all)
}

fn group(thrift: &mut Thrift<'_>, footer: usize) -> Result<Group, Damage> {
    let mut group = Group::default();
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        match (id, kind) {
            (1, LIST) => group.chunks = structs(thrift, |thrift| chunk(thrift, footer))?,
            (3, I64) => group.rows = thrift.count()?,
            _ => thrift.skip(kind)?,
        }
    }
    Ok(group)
}

fn chunk(thrift: &mut Thrift<'_>, footer: usize) -> Result<Chunk, Damage> {
    let at = thrift.at();
    let mut chunk = Chunk::default();
    let (mut data, mut dictionary, mut length) = (None, None, None);
    let mut outer = 0;
    while let Some((id, kind)) = thrift.field(&mut outer)? {
        match (id, kind) {
            (1, BINARY) => {
                thrift.skip(kind)?;
                chunk.elsewhere = Some("it stands in another file");
            }
            (3, STRUCT) => {
                let mut last = 0;
                while let Some((id, kind)) = thrift.field(&mut last)? {
                    match (id, kind) {
                        (4, I32) => chunk.codec = thrift.integer()?,
                        (5, I64) => chunk.values = thrift.count()?,
                        (7, I64) => length = Some(thrift.count()?),
                        (9, I64) => data = Some(thrift.count()?),
                        (11, I64) => dictionary = Some(thrift.count()?),
                        _ => thrift.skip(kind)?,
                    }
                }
            }
            (8, STRUCT) => {
                thrift.skip(kind)?;
                chunk.elsewhere = Some("it is encrypted");
            }
            _ => thrift.skip(kind)?,
        }
    }
    if chunk.elsewhere.is_some() {
        return Ok(chunk);
    }
    let (Some(data), Some(length)) = (data, length) else {
        return Err(Damage::new(at, "a column has no place in the file"));
    };
    // Some writers state 0 where there is no dictionary.
    let dictionary = dictionary.filter(|&dictionary| dictionary > 0);
    chunk.start = dictionary.map_or(data, |dictionary| dictionary.min(data));
    chunk.end = chunk.start.saturating_add(length);
    if chunk.start < MAGIC.len() || chunk.end > footer {
        let what = format!(
            "a column would stand in the bytes {} to {}",
            chunk.start, chunk.end
        );
        return Err(Damage::new(at, what));
    }
    Ok(chunk)
}
