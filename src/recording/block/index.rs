//! The file `index`: symbols, series with their chunks, postings. Versions 2 and 3, which are read alike.

use super::Damage;
use super::cursor::Cursor;

const MAGIC: [u8; 4] = [0xba, 0xaa, 0xd7, 0x00];
const HEADER: usize = 5;
const CONTENTS: usize = 52;
/// Entries of series begin at multiples of this; a series is referred to by its multiple.
const ALIGN: usize = 16;

/// An index: its bytes, and where things are in them. Nothing is copied; labels are ordinals of symbols.
#[derive(Debug)]
pub struct Index {
    bytes: Vec<u8>,
    version: u8,
    /// Start and length of each symbol.
    symbols: Vec<(u32, u32)>,
    /// The references of all series, each a sixteenth of an offset.
    series: Vec<u64>,
    /// What is wrong with parts that can be done without.
    damaged: Vec<Damage>,
}

/// One series of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What tombstones call the series.
    pub reference: u64,
    /// Symbols of names and values.
    pub labels: Vec<(u32, u32)>,
    /// Its chunks, in the order of time.
    pub chunks: Vec<Chunk>,
}

/// Where a chunk lies and the times [ms] of its first and last sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Time of the first sample.
    pub first: i64,
    /// Time of the last sample.
    pub last: i64,
    /// Segment (from 0) in the upper half, byte in its file in the lower one.
    pub reference: u64,
}

impl Index {
    /// Reads what leads to the series. Where the table of contents or the postings are damaged the series are looked
    /// for one by one, and [`Self::damaged`] says so.
    ///
    /// # Errors
    ///
    /// It is no index, an unknown version, or without symbols that can be trusted.
    pub fn read(bytes: Vec<u8>) -> Result<Self, Damage> {
        if !bytes.starts_with(&MAGIC) {
            return Err(Damage::new(
                0,
                "this is not an index: it would begin with ba aa d7 00",
            ));
        }
        let version = *bytes.get(4).ok_or_else(|| Damage::new(4, "the file ends"))?;
        if !matches!(version, 2 | 3) {
            return Err(Damage::new(
                4,
                format!("index version {version} is not read, only 2 and 3"),
            ));
        }
        let mut damaged = Vec::new();
        let contents = contents(&bytes).map_err(|damage| damaged.push(damage)).ok();
        let symbols_at = contents.as_ref().map_or(HEADER, |contents| contents.symbols);
        let (symbols, symbols_end) = symbols(&bytes, symbols_at)?;
        let mut index = Self {
            bytes,
            version,
            symbols,
            series: Vec::new(),
            damaged: Vec::new(),
        };
        let listed = contents
            .as_ref()
            .map(|contents| index.postings(contents.postings_table));
        index.series = match listed {
            Some(Ok(series)) => series,
            other => {
                damaged.extend(other.and_then(Result::err));
                let end = contents.map_or(index.bytes.len(), |contents| contents.series_end);
                index.scan(symbols_end, end)
            }
        };
        index.damaged = damaged;
        Ok(index)
    }

    /// The version that the file states.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// What was wrong with parts that were done without.
    pub fn damaged(&self) -> &[Damage] {
        &self.damaged
    }

    /// Number of symbols.
    pub fn symbols(&self) -> usize {
        self.symbols.len()
    }

    /// The text of a symbol; `None` when there is none of that number, or it is not UTF-8.
    pub fn symbol(&self, number: u32) -> Option<&str> {
        let (start, length) = *self.symbols.get(number as usize)?;
        let bytes = &self.bytes[start as usize..][..length as usize];
        std::str::from_utf8(bytes).ok()
    }

    /// The number of a symbol. Symbols are sorted.
    pub fn number(&self, symbol: &str) -> Option<u32> {
        let text = |&(start, length): &(u32, u32)| &self.bytes[start as usize..][..length as usize];
        let found = self
            .symbols
            .binary_search_by(|at| text(at).cmp(symbol.as_bytes()));
        found.ok().map(|number| number as u32)
    }

    /// References of all series, in the order of the file.
    pub fn series(&self) -> &[u64] {
        &self.series
    }

    /// Reads the entry of a series into `entry`; of its chunks only those that `keep` (by first and last time).
    ///
    /// # Errors
    ///
    /// The entry is damaged.
    pub fn entry(
        &self,
        reference: u64,
        entry: &mut Entry,
        keep: impl Fn(i64, i64) -> bool,
    ) -> Result<(), Damage> {
        let at = usize::try_from(reference)
            .ok()
            .and_then(|reference| reference.checked_mul(ALIGN));
        let at = at.unwrap_or(usize::MAX);
        let body = self.body(at).ok_or_else(|| {
            Damage::new(
                at,
                "the entry of a series ends too early or its checksum is wrong",
            )
        })?;
        entry.reference = reference;
        fill(body, entry, keep).ok_or_else(|| Damage::new(at, "the entry of a series is malformed"))
    }

    /// The checked bytes of an entry.
    fn body(&self, at: usize) -> Option<&[u8]> {
        let mut cursor = Cursor::new(self.bytes.get(at..)?);
        let body = cursor.counted()?;
        (crc32c::crc32c(body) == cursor.u32()?).then_some(body)
    }

    /// All series, by the postings list of the empty label.
    fn postings(&self, table: usize) -> Result<Vec<u64>, Damage> {
        let name = "postings offset table";
        let mut cursor = Cursor::new(section(&self.bytes, table, name)?);
        let malformed = |what: &str| Damage::new(table, format!("the {name} {what}"));
        let count = cursor.u32().ok_or_else(|| malformed("ends too early"))?;
        for _ in 0..count {
            let entry = (
                cursor.uvarint(),
                cursor.counted(),
                cursor.counted(),
                cursor.uvarint(),
            );
            let (Some(2), Some(name), Some(value), Some(offset)) = entry else {
                return Err(malformed("is malformed"));
            };
            if name.is_empty() && value.is_empty() {
                return self.posting(usize::try_from(offset).unwrap_or(usize::MAX));
            }
        }
        Err(malformed("does not list all series"))
    }

    fn posting(&self, at: usize) -> Result<Vec<u64>, Damage> {
        let name = "postings list of all series";
        let mut cursor = Cursor::new(section(&self.bytes, at, name)?);
        let count = cursor.u32();
        let references = cursor.rest().as_chunks::<4>();
        if count.map(|count| count as usize) != Some(references.0.len()) || !references.1.is_empty() {
            return Err(Damage::new(
                at,
                format!("the {name} has not the length it states"),
            ));
        }
        let references = references.0.iter();
        let references: Vec<_> = references
            .map(|&reference| u64::from(u32::from_be_bytes(reference)))
            .collect();
        if !references.is_sorted_by(|one, next| one < next) {
            return Err(Damage::new(at, format!("the {name} does not ascend")));
        }
        Ok(references)
    }

    /// Looks for entries with a right checksum at every place where one may begin.
    fn scan(&self, from: usize, end: usize) -> Vec<u64> {
        let mut found = Vec::new();
        let mut at = from.next_multiple_of(ALIGN);
        while at < end.min(self.bytes.len()) {
            match self.body(at) {
                Some(body) if !body.is_empty() => {
                    found.push((at / ALIGN) as u64);
                    at += body.len();
                }
                _ => {}
            }
            at = (at + 1).next_multiple_of(ALIGN);
        }
        found
    }
}

/// What the last bytes of an index say about the others.
struct Contents {
    symbols: usize,
    /// Where the section behind the series begins.
    series_end: usize,
    postings_table: usize,
}

fn contents(bytes: &[u8]) -> Result<Contents, Damage> {
    let at = bytes.len().saturating_sub(CONTENTS);
    let damage = |what| Damage::new(at, format!("the table of contents {what}"));
    if at < HEADER {
        return Err(damage("is missing: the file is cut off"));
    }
    let (table, sum) = bytes[at..].split_at(CONTENTS - 4);
    if crc32c::crc32c(table).to_be_bytes() != sum {
        return Err(damage("has a wrong checksum: the file is cut off or damaged"));
    }
    let mut cursor = Cursor::new(table);
    let mut offset = || cursor.u64().and_then(|offset| usize::try_from(offset).ok());
    let offsets: [Option<usize>; 6] = std::array::from_fn(|_| offset());
    let [
        Some(symbols),
        Some(series),
        label_indices,
        _,
        postings,
        Some(postings_table),
    ] = offsets
    else {
        return Err(damage("points outside the file"));
    };
    let behind = [label_indices, postings, Some(postings_table), Some(at)];
    let series_end = behind.into_iter().flatten().filter(|&end| end > series).min();
    Ok(Contents {
        symbols,
        series_end: series_end.unwrap_or(at),
        postings_table,
    })
}

/// The checked bytes of a section: a length, as many bytes, their checksum.
fn section<'a>(bytes: &'a [u8], at: usize, name: &str) -> Result<&'a [u8], Damage> {
    let mut cursor = Cursor::new(bytes.get(at..).unwrap_or(&[]));
    let length = cursor.u32();
    let body = length.and_then(|length| cursor.take(length as usize));
    let (Some(body), Some(sum)) = (body, cursor.u32()) else {
        return Err(Damage::new(
            at,
            format!("the {name} reaches beyond the end of the file"),
        ));
    };
    if crc32c::crc32c(body) != sum {
        return Err(Damage::new(at, format!("the checksum of the {name} is wrong")));
    }
    Ok(body)
}

/// Start and length of each symbol, and where their section ends.
fn symbols(bytes: &[u8], at: usize) -> Result<(Vec<(u32, u32)>, usize), Damage> {
    let body = section(bytes, at, "symbol table")?;
    let malformed = || Damage::new(at, "the symbol table is malformed");
    let mut cursor = Cursor::new(body);
    let count = cursor.u32().ok_or_else(malformed)? as usize;
    // A symbol takes a byte at least.
    if count > cursor.rest().len() {
        return Err(malformed());
    }
    let mut symbols = Vec::with_capacity(count);
    for _ in 0..count {
        let symbol = cursor.counted().ok_or_else(malformed)?;
        let start = at + 4 + body.len() - cursor.rest().len() - symbol.len();
        // Sections are shorter than 4 GiB and symbols come first: offsets that do not fit are no symbols.
        let start = u32::try_from(start).map_err(|_| malformed())?;
        symbols.push((start, symbol.len() as u32));
    }
    Ok((symbols, at + 4 + body.len() + 4))
}

/// Labels and chunks of a series. A count that the bytes deny ends in `None` before anything is reserved for it.
fn fill(body: &[u8], entry: &mut Entry, keep: impl Fn(i64, i64) -> bool) -> Option<()> {
    let mut cursor = Cursor::new(body);
    entry.labels.clear();
    entry.chunks.clear();
    for _ in 0..cursor.uvarint()? {
        let name = u32::try_from(cursor.uvarint()?).ok()?;
        let value = u32::try_from(cursor.uvarint()?).ok()?;
        entry.labels.push((name, value));
    }
    let (mut last, mut reference) = (0i64, 0u64);
    for n in 0..cursor.uvarint()? {
        let first = if n == 0 {
            cursor.varint()?
        } else {
            last.wrapping_add(cursor.uvarint()? as i64)
        };
        last = first.wrapping_add(cursor.uvarint()? as i64);
        reference = if n == 0 {
            cursor.uvarint()?
        } else {
            reference.wrapping_add_signed(cursor.varint()?)
        };
        if keep(first, last) {
            entry.chunks.push(Chunk {
                first,
                last,
                reference,
            });
        }
    }
    Some(())
}
