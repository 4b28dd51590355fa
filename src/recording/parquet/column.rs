//! The values of one column in one group of rows.

use std::borrow::Cow;

use super::footer::Chunk;
use super::kind::{Kind, Meaning, Physical};
use super::page::{Content, Holds, Page};
use super::plain::{self, Texts, Values};
use super::room::Room;
use super::schema::Leaf;
use super::{hybrid, unpack};
use crate::recording::damage::Damage;

/// No value.
const NULL: u32 = u32::MAX;

/// Values, and which of them a row has.
#[derive(Clone, Debug)]
pub(super) struct Column {
    kind: Kind,
    values: Values,
    rows: Vec<u32>,
}

impl Column {
    /// Reads a column, which is no list and no struct, page by page.
    ///
    /// # Errors
    ///
    /// It is damaged or kept in a way that is not read, by byte and name.
    pub fn read(
        file: &[u8],
        leaf: &Leaf,
        kind: Kind,
        chunk: &Chunk,
        room: &mut Room,
    ) -> Result<Self, Damage> {
        if let Some(elsewhere) = chunk.elsewhere {
            return Err(Damage::new(chunk.start, elsewhere));
        }
        let stated = |what| Damage::new(chunk.start, what);
        room.take(chunk.values, 4).map_err(stated)?;
        let mut column = Self {
            kind,
            values: Values::none(kind.physical),
            rows: Vec::with_capacity(chunk.values),
        };
        let mut dictionary = None;
        let mut at = chunk.start;
        while column.rows.len() < chunk.values {
            let page = Page::read(file, at, chunk.end)?;
            at = page.end;
            if let Some(content) = page.content {
                let left = chunk.values - column.rows.len();
                column
                    .page(
                        &page,
                        content,
                        leaf.optional,
                        chunk.codec,
                        left,
                        &mut dictionary,
                        room,
                    )
                    .map_err(|what| Damage::new(page.start, what))?;
            }
        }
        Ok(column)
    }

    #[allow(clippy::too_many_arguments, reason = "what a page is read by, once")]
    fn page(
        &mut self,
        page: &Page<'_>,
        content: Content,
        optional: bool,
        codec: i64,
        left: usize,
        dictionary: &mut Option<usize>,
        room: &mut Room,
    ) -> Result<(), String> {
        let Content { values, encoding, .. } = content;
        room.take(page.size, 1).map_err(|_| {
            format!(
                "a page of {} bytes is stated, more than a file of this length holds",
                page.size
            )
        })?;
        if content.holds == Holds::Dictionary {
            if dictionary.is_some() || self.values.len() > 0 {
                return Err("a second dictionary, or one behind its values".into());
            }
            let bytes = unpack::unpack(codec, page.packed, page.size)?;
            // Dictionaries are plain, whichever of its two names that has.
            self.values = plain::decode(0, self.kind.physical, &bytes, values, room)?;
            *dictionary = Some(values);
            return Ok(());
        }
        if values == 0 {
            return Ok(());
        }
        if values > left {
            return Err(format!("{values} values are stated where {left} are left"));
        }
        let (levels, bytes): (Option<Vec<u32>>, Cow<'_, [u8]>) = match content.holds {
            Holds::Apart(repetition, definition, packed) => {
                let levels = repetition
                    .checked_add(definition)
                    .filter(|&levels| levels <= page.size);
                let split = levels.and_then(|levels| page.packed.split_at_checked(levels));
                let (levels, rest) = split.ok_or("levels reach beyond their page")?;
                let size = page.size - levels.len();
                let bytes = unpack::unpack(if packed { codec } else { 0 }, rest, size)?;
                let levels = match optional {
                    true => Some(hybrid::decode(&levels[repetition..], 1, values)?),
                    false => None,
                };
                (levels, bytes)
            }
            _ => {
                let bytes = unpack::unpack(codec, page.packed, page.size)?;
                if optional {
                    let levels = bytes.split_first_chunk().and_then(|(length, rest)| {
                        let length = u32::from_le_bytes(*length) as usize;
                        Some((rest.get(..length)?, 4 + length))
                    });
                    let (levels, behind) = levels.ok_or("levels reach beyond their page")?;
                    let levels = hybrid::decode(levels, 1, values)?;
                    let values = match bytes {
                        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[behind..]),
                        Cow::Owned(mut bytes) => {
                            bytes.drain(..behind);
                            Cow::Owned(bytes)
                        }
                    };
                    (Some(levels), values)
                } else {
                    (None, bytes)
                }
            }
        };
        let present = levels
            .as_ref()
            .map_or(values, |levels| levels.iter().filter(|&&level| level > 0).count());
        let mut places = self
            .places(encoding, &bytes, present, *dictionary, room)?
            .into_iter();
        match levels {
            None => self.rows.extend(places),
            Some(levels) => self.rows.extend(levels.into_iter().map(|level| match level {
                0 => NULL,
                _ => places.next().unwrap_or(NULL),
            })),
        }
        Ok(())
    }

    /// Takes the `count` values of a page in, and says which they are.
    fn places(
        &mut self,
        encoding: i64,
        bytes: &[u8],
        count: usize,
        dictionary: Option<usize>,
        room: &mut Room,
    ) -> Result<Vec<u32>, String> {
        room.take(count, 4)?;
        if matches!(encoding, 2 | 8) {
            let entries = dictionary.ok_or("places in a dictionary, and there is none")?;
            if count == 0 {
                return Ok(Vec::new());
            }
            let (&width, runs) = bytes.split_first().ok_or("the page ends before its values")?;
            if width > 32 {
                return Err(format!("places of {width} bits"));
            }
            let places = hybrid::decode(runs, u32::from(width), count)?;
            return match places.iter().find(|&&place| place as usize >= entries) {
                Some(place) => Err(format!("value {place} of a dictionary of {entries}")),
                None => Ok(places),
            };
        }
        let first = self.values.len();
        let values = plain::decode(encoding, self.kind.physical, bytes, count, room)?;
        self.values.append(values);
        match u32::try_from(self.values.len()) {
            Ok(end) if end < NULL => Ok((first as u32..end).collect()),
            _ => Err("more values than a group of rows holds".into()),
        }
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Which value a row has, if any.
    pub fn place(&self, row: usize) -> Option<usize> {
        self.rows
            .get(row)
            .filter(|&&place| place != NULL)
            .map(|&place| place as usize)
    }

    /// The number in a row; of times, the number that is written for them.
    pub fn number(&self, row: usize) -> Option<f64> {
        let place = self.place(row)?;
        match &self.values {
            Values::Whole(values) => Some(self.whole(values[place])),
            Values::Real(values) => Some(values[place]),
            Values::Texts(_) => None,
        }
    }

    fn whole(&self, value: i64) -> f64 {
        match (self.kind.meaning, self.kind.physical) {
            (Meaning::Unsigned, Physical::Int32) => f64::from(value as u32),
            (Meaning::Unsigned, _) => value as u64 as f64,
            _ => value as f64,
        }
    }

    /// Its values as texts, by place; `None` where one is no UTF-8. Texts are taken out of it.
    pub fn words(&mut self, room: &mut Room) -> Option<Words> {
        let kind = self.kind;
        let mut texts = Texts::default();
        let mut push = |text: String| texts.push(&[], text.as_bytes(), room).ok();
        match &mut self.values {
            Values::Texts(found) => return Words::of(std::mem::take(found)),
            Values::Real(values) => values.iter().try_for_each(|value| push(format!("{value:?}")))?,
            Values::Whole(values) => values.iter().try_for_each(|&value| {
                push(match (kind.meaning, kind.physical) {
                    (_, Physical::Truth) => (value != 0).to_string(),
                    (Meaning::Unsigned, Physical::Int32) => (value as u32).to_string(),
                    (Meaning::Unsigned, _) => (value as u64).to_string(),
                    _ => value.to_string(),
                })
            })?,
        }
        Words::of(texts)
    }
}

/// Texts in UTF-8, end to end.
#[derive(Clone, Debug)]
pub(super) struct Words {
    text: String,
    ends: Vec<usize>,
}

impl Words {
    fn of(texts: Texts) -> Option<Self> {
        let (bytes, ends) = texts.into_parts();
        let text = String::from_utf8(bytes).ok()?;
        ends.iter()
            .all(|&end| text.is_char_boundary(end))
            .then_some(Self { text, ends })
    }

    /// The text of this number, which has to be there.
    pub fn get(&self, number: usize) -> &str {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[number]]
    }
}
