//! The end of a file: its columns, and where their bytes are.

use super::kind::{Kind, Meaning, Physical};
use super::room;
use super::thrift::{BINARY, I32, I64, LIST, STRUCT, TRUE, Thrift};
use crate::recording::damage::Damage;

/// What begins and ends a file.
const MAGIC: &[u8; 4] = b"PAR1";

/// What a file says of itself.
#[derive(Clone, Debug)]
pub(super) struct Footer {
    pub columns: Vec<Leaf>,
    pub groups: Vec<Group>,
}

/// A column as people see it: what stands directly in a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    pub name: String,
    /// `None` for lists, maps and structs.
    pub kind: Option<Kind>,
    /// Whether a row may have none.
    pub optional: bool,
    /// Which of a group's chunks is (the first of) its own.
    pub chunk: usize,
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

/// A node of the schema, which is a tree written depth first.
#[derive(Debug, Default)]
struct Element {
    at: usize,
    physical: Option<i64>,
    length: usize,
    /// 0 required, 1 optional, 2 repeated.
    repetition: i64,
    name: String,
    children: usize,
    converted: Option<i64>,
    logical: Option<Meaning>,
}

fn element(thrift: &mut Thrift<'_>) -> Result<Element, Damage> {
    let mut element = Element {
        at: thrift.at(),
        ..Element::default()
    };
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        match (id, kind) {
            (1, I32) => element.physical = Some(thrift.integer()?),
            (2, I32) => element.length = thrift.count()?,
            (3, I32) => element.repetition = thrift.integer()?,
            (4, BINARY) => {
                let at = thrift.at();
                let name = std::str::from_utf8(thrift.bytes()?);
                name.map_err(|_| Damage::new(at, "the name of a column is not UTF-8"))?
                    .clone_into(&mut element.name);
            }
            (5, I32) => element.children = thrift.count()?,
            (6, I32) => element.converted = Some(thrift.integer()?),
            (10, STRUCT) => element.logical = logical(thrift)?,
            _ => thrift.skip(kind)?,
        }
    }
    Ok(element)
}

/// A union: its one field says which type it is.
fn logical(thrift: &mut Thrift<'_>) -> Result<Option<Meaning>, Damage> {
    let mut meaning = None;
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        meaning = Some(match (id, kind) {
            (8, STRUCT) => timestamp(thrift)?,
            (10, STRUCT) => integer(thrift)?,
            _ => {
                thrift.skip(kind)?;
                Meaning::logical(id)
            }
        });
    }
    Ok(meaning)
}

fn timestamp(thrift: &mut Thrift<'_>) -> Result<Meaning, Damage> {
    let mut meaning = Meaning::Other("times of an unknown unit");
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        if (id, kind) != (2, STRUCT) {
            thrift.skip(kind)?;
            continue;
        }
        let mut last = 0;
        while let Some((unit, kind)) = thrift.field(&mut last)? {
            thrift.skip(kind)?;
            meaning = match unit {
                1 => Meaning::Milliseconds,
                2 => Meaning::Microseconds,
                3 => Meaning::Nanoseconds,
                _ => meaning,
            };
        }
    }
    Ok(meaning)
}

fn integer(thrift: &mut Thrift<'_>) -> Result<Meaning, Damage> {
    let mut signed = true;
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        if id == 2 {
            signed = kind == TRUE;
        }
        thrift.skip(kind)?;
    }
    Ok(if signed { Meaning::Plain } else { Meaning::Unsigned })
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

/// The columns directly under the root, and how many chunks a group has.
fn leaves(elements: &[Element], footer: usize) -> Result<(Vec<Leaf>, usize), Damage> {
    let malformed = || Damage::new(footer, "its columns are no tree");
    let (root, mut rest) = elements.split_first().ok_or_else(malformed)?;
    let (mut leaves, mut chunks) = (Vec::new(), 0);
    for _ in 0..root.children.min(elements.len()) {
        let (element, behind) = rest.split_first().ok_or_else(malformed)?;
        let chunk = chunks;
        // How many elements of the subtree are still to come.
        let mut open = element.children;
        chunks += usize::from(element.children == 0);
        rest = behind;
        while open > 0 {
            let (inner, behind) = rest.split_first().ok_or_else(malformed)?;
            open = (open - 1).checked_add(inner.children).ok_or_else(malformed)?;
            chunks += usize::from(inner.children == 0);
            rest = behind;
        }
        let flat = element.children == 0 && element.repetition != 2;
        leaves.push(Leaf {
            name: element.name.clone(),
            kind: if flat { Some(kind(element)?) } else { None },
            optional: element.repetition == 1,
            chunk,
        });
    }
    if !rest.is_empty() {
        return Err(malformed());
    }
    Ok((leaves, chunks))
}

fn kind(element: &Element) -> Result<Kind, Damage> {
    let physical = element
        .physical
        .and_then(|number| Physical::of(number, element.length));
    let physical = physical
        .ok_or_else(|| Damage::new(element.at, format!("column {:?} has no known type", element.name)))?;
    let converted = element.converted.map(Meaning::converted);
    let meaning = match element.logical {
        Some(Meaning::Plain) | None => converted.unwrap_or(Meaning::Plain),
        Some(meaning) => meaning,
    };
    Ok(Kind { physical, meaning })
}
