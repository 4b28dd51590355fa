//! Pages: a header in Thrift, and bytes.

use super::thrift::{FALSE, I32, STRUCT, Thrift};
use crate::recording::damage::Damage;

/// A page of a column.
#[derive(Clone, Debug)]
pub(super) struct Page<'a> {
    /// Where its bytes begin and end in the file, behind the header.
    pub start: usize,
    pub end: usize,
    /// The bytes.
    pub packed: &'a [u8],
    /// How many they are, unpacked.
    pub size: usize,
    /// What it holds; `None` for what nobody needs.
    pub content: Option<Content>,
}

/// What is in a page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Content {
    pub holds: Holds,
    /// Values, those that are null too.
    pub values: usize,
    pub encoding: i64,
}

/// In which form it holds its values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Holds {
    /// The values that pages of places refer to.
    Dictionary,
    /// Levels and values packed together; the encoding of the levels.
    #[default]
    Together,
    /// Levels first, never packed: so many bytes of repetition and of definition. Whether the values are packed.
    Apart(usize, usize, bool),
}

impl<'a> Page<'a> {
    /// The page at byte `at` of a column that ends before `end`.
    ///
    /// # Errors
    ///
    /// Its header is damaged, it reaches beyond the column, or has not the checksum that it states.
    pub fn read(file: &'a [u8], at: usize, end: usize) -> Result<Self, Damage> {
        let mut thrift = Thrift::new(file, at, end);
        let (mut kind_of_page, mut size, mut length, mut sum) = (None, None, None, None);
        let (mut together, mut dictionary, mut apart) = (None, None, None);
        let mut last = 0;
        while let Some((id, kind)) = thrift.field(&mut last)? {
            match (id, kind) {
                (1, I32) => kind_of_page = Some(thrift.integer()?),
                (2, I32) => size = Some(thrift.count()?),
                (3, I32) => length = Some(thrift.count()?),
                (4, I32) => sum = Some(thrift.integer()? as u32),
                (5, STRUCT) => together = Some(content(&mut thrift, Holds::Together)?),
                (7, STRUCT) => dictionary = Some(content(&mut thrift, Holds::Dictionary)?),
                (8, STRUCT) => apart = Some(content(&mut thrift, Holds::Apart(0, 0, true))?),
                _ => thrift.skip(kind)?,
            }
        }
        let (Some(size), Some(length)) = (size, length) else {
            return Err(Damage::new(at, "the header of a page states no length"));
        };
        let start = thrift.at();
        let packed = start.checked_add(length).filter(|&behind| behind <= end);
        let packed = packed.and_then(|behind| file.get(start..behind));
        let packed = packed
            .ok_or_else(|| Damage::new(at, format!("a page of {length} bytes reaches beyond its column")))?;
        if let Some(sum) = sum {
            let mut crc = flate2::Crc::new();
            crc.update(packed);
            if crc.sum() != sum {
                return Err(Damage::new(start, "the checksum of a page is wrong"));
            }
        }
        let content = match kind_of_page {
            Some(0) => together,
            Some(2) => dictionary,
            Some(3) => apart,
            // Indexes, and what later versions may bring.
            Some(_) => None,
            None => return Err(Damage::new(at, "the header of a page does not say what it is")),
        };
        if content.is_none() && matches!(kind_of_page, Some(0 | 2 | 3)) {
            return Err(Damage::new(at, "the header of a page does not say what is in it"));
        }
        Ok(Self {
            start,
            end: start + length,
            packed,
            size,
            content,
        })
    }
}

fn content(thrift: &mut Thrift<'_>, holds: Holds) -> Result<Content, Damage> {
    let mut content = Content {
        holds,
        ..Content::default()
    };
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        match (id, kind, &mut content.holds) {
            (1, I32, _) => content.values = thrift.count()?,
            (2, I32, Holds::Together | Holds::Dictionary) | (4, I32, Holds::Apart(..)) => {
                content.encoding = thrift.integer()?;
            }
            (5, I32, Holds::Apart(_, definition, _)) => *definition = thrift.count()?,
            (6, I32, Holds::Apart(repetition, ..)) => *repetition = thrift.count()?,
            (7, FALSE, Holds::Apart(_, _, packed)) => *packed = false,
            _ => thrift.skip(kind)?,
        }
    }
    Ok(content)
}
