//! Values of a page before anything is known of their meaning.

use super::kind::Physical;
use super::room::Room;
use super::{bits, delta, hybrid};

/// Values that are there, one kind of them.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Whole(Vec<i64>),
    Real(Vec<f64>),
    Texts(Texts),
}

/// Texts, end to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    /// Appends the text that begins with `front` and ends with `back`.
    pub fn push(&mut self, front: &[u8], back: &[u8], room: &mut Room) -> Result<(), String> {
        room.take(front.len() + back.len() + 8, 1)
            .map_err(|_| "its texts are longer than a file of this length holds")?;
        self.bytes.extend_from_slice(front);
        self.bytes.extend_from_slice(back);
        self.ends.push(self.bytes.len());
        Ok(())
    }

    /// The text of this number, which has to be there.
    #[cfg(test)]
    pub fn get(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[number]]
    }

    /// All bytes, and where each text ends in them.
    pub fn into_parts(self) -> (Vec<u8>, Vec<usize>) {
        (self.bytes, self.ends)
    }
}

impl Values {
    /// No values, of the kind that these bytes become.
    pub fn none(kind: Physical) -> Self {
        match kind {
            Physical::Float | Physical::Double => Self::Real(Vec::new()),
            Physical::Bytes | Physical::Fixed(_) => Self::Texts(Texts::default()),
            _ => Self::Whole(Vec::new()),
        }
    }

    /// Takes over values of the same kind.
    pub fn append(&mut self, more: Self) {
        match (self, more) {
            (Self::Whole(values), Self::Whole(more)) => values.extend(more),
            (Self::Real(values), Self::Real(more)) => values.extend(more),
            (Self::Texts(texts), Self::Texts(more)) => {
                let before = texts.bytes.len();
                texts.bytes.extend(more.bytes);
                texts.ends.extend(more.ends.into_iter().map(|end| before + end));
            }
            _ => unreachable!("a column's values are of one kind"),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Whole(values) => values.len(),
            Self::Real(values) => values.len(),
            Self::Texts(texts) => texts.ends.len(),
        }
    }
}

/// The `count` values of a page in an encoding other than that by dictionary.
///
/// # Errors
///
/// What is wrong, in words: an unknown encoding, or not so many values.
pub(super) fn decode(
    encoding: i64,
    kind: Physical,
    bytes: &[u8],
    count: usize,
    room: &mut Room,
) -> Result<Values, String> {
    room.take(count, 8)?;
    let values = match (encoding, kind) {
        (0, _) => plain(kind, bytes, count, room)?,
        (3, Physical::Truth) => {
            let (length, runs) = bytes.split_first_chunk().ok_or("its truths end too early")?;
            let runs = runs.get(..u32::from_le_bytes(*length) as usize);
            let runs = runs.ok_or("its truths reach beyond their page")?;
            Values::Whole(
                hybrid::decode(runs, 1, count)?
                    .into_iter()
                    .map(i64::from)
                    .collect(),
            )
        }
        (5, Physical::Int32 | Physical::Int64) => {
            let (mut integers, _) = delta::integers(bytes, count)?;
            if kind == Physical::Int32 {
                // Differences wrap in the column's own width.
                integers
                    .iter_mut()
                    .for_each(|integer| *integer = i64::from(*integer as i32));
            }
            Values::Whole(integers)
        }
        (6, Physical::Bytes) => Values::Texts(delta::texts(bytes, count, room)?),
        (7, Physical::Bytes) => Values::Texts(delta::fronts(bytes, count, room)?),
        (9, Physical::Int32 | Physical::Float) => plain(kind, &woven::<4>(bytes, count)?, count, room)?,
        (9, Physical::Int64 | Physical::Double) => plain(kind, &woven::<8>(bytes, count)?, count, room)?,
        _ => return Err(format!("encoding {encoding} of such values is not read")),
    };
    match values.len() == count {
        true => Ok(values),
        false => Err(format!(
            "{count} values are stated, and {} are there",
            values.len()
        )),
    }
}

fn plain(kind: Physical, mut bytes: &[u8], count: usize, room: &mut Room) -> Result<Values, String> {
    let whole =
        |of: &dyn Fn(&[u8]) -> i64, size| cut(bytes, count, size).map(|cells| cells.map(of).collect());
    Ok(match kind {
        Physical::Truth => {
            if bytes.len() < count.div_ceil(8) {
                return Err(format!("the page ends before its {count} values"));
            }
            Values::Whole(bits::packed(bytes, 1).take(count).map(|bit| bit as i64).collect())
        }
        Physical::Int32 => Values::Whole(whole(&|cell| i64::from(i32::from_le_bytes(first(cell))), 4)?),
        Physical::Int64 => Values::Whole(whole(&|cell| i64::from_le_bytes(first(cell)), 8)?),
        Physical::Int96 => Values::Whole(whole(&nanoseconds, 12)?),
        Physical::Float => Values::Real(
            cut(bytes, count, 4)?
                .map(|cell| f64::from(f32::from_le_bytes(first(cell))))
                .collect(),
        ),
        Physical::Double => Values::Real(
            cut(bytes, count, 8)?
                .map(|cell| f64::from_le_bytes(first(cell)))
                .collect(),
        ),
        Physical::Bytes => {
            let mut texts = Texts::default();
            for _ in 0..count {
                let text = bytes
                    .split_first_chunk()
                    .and_then(|(length, rest)| rest.split_at_checked(u32::from_le_bytes(*length) as usize));
                let (text, rest) = text.ok_or("a text reaches beyond its page")?;
                texts.push(&[], text, room)?;
                bytes = rest;
            }
            Values::Texts(texts)
        }
        Physical::Fixed(_) => return Err("bytes of a fixed length are not read".into()),
    })
}

/// `count` cells of `size` bytes.
fn cut(bytes: &[u8], count: usize, size: usize) -> Result<impl Iterator<Item = &[u8]>, String> {
    let cells = count.checked_mul(size).and_then(|length| bytes.get(..length));
    let cells = cells.ok_or_else(|| format!("the page ends before its {count} values"))?;
    Ok(cells.chunks_exact(size))
}

fn first<const N: usize>(cell: &[u8]) -> [u8; N] {
    *cell.first_chunk().expect("cells are cut to their size")
}

/// Nanoseconds since 1970 of an Int96; those of a day in another age wrap, and are no time that is looked for.
fn nanoseconds(cell: &[u8]) -> i64 {
    /// Of 1 January 1970.
    const JULIAN: i64 = 2_440_588;
    let in_day = i64::from_le_bytes(first(cell));
    let day = i64::from(i32::from_le_bytes(first(&cell[8..])));
    (day - JULIAN)
        .wrapping_mul(86_400_000_000_000)
        .wrapping_add(in_day)
}

/// Cells whose first bytes stand together, then their second ones, and so on.
fn woven<const N: usize>(bytes: &[u8], count: usize) -> Result<Vec<u8>, String> {
    if bytes.len() / N < count {
        return Err(format!("the page ends before its {count} values"));
    }
    let mut cells = Vec::with_capacity(N * count);
    for cell in 0..count {
        cells.extend((0..N).map(|byte| bytes[byte * count + cell]));
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(encoding: i64, kind: Physical, bytes: &[u8], count: usize) -> Result<Vec<i64>, String> {
        match decode(encoding, kind, bytes, count, &mut Room::new(0))? {
            Values::Whole(values) => Ok(values),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn plain_values_of_every_kind() {
        assert_eq!(whole(0, Physical::Truth, &[0b101], 3), Ok(vec![1, 0, 1]));
        assert_eq!(whole(0, Physical::Int32, &[255; 8], 2), Ok(vec![-1, -1]));
        assert_eq!(
            whole(0, Physical::Int64, &[1, 0, 0, 0, 0, 0, 0, 128], 1),
            Ok(vec![i64::MIN + 1])
        );
        // Julian day 2440589 is 2 January 1970.
        let day = [&5i64.to_le_bytes()[..], &2_440_589i32.to_le_bytes()].concat();
        assert_eq!(whole(0, Physical::Int96, &day, 1), Ok(vec![86_400_000_000_005]));
        assert_eq!(whole(3, Physical::Truth, &[2, 0, 0, 0, 6, 1], 3), Ok(vec![1; 3]));
        // 0x0102 and 0x0304, their low bytes first.
        assert_eq!(
            whole(9, Physical::Int32, &[2, 4, 1, 3, 0, 0, 0, 0], 2),
            Ok(vec![0x0102, 0x0304])
        );
        // The first is 2^31 - 1, the difference 1: it wraps.
        let wraps = [0x80, 1, 4, 2, 0xfe, 0xff, 0xff, 0xff, 0x0f, 2, 0, 0, 0, 0];
        assert_eq!(
            whole(5, Physical::Int32, &wraps, 2),
            Ok(vec![i64::from(i32::MAX), i64::from(i32::MIN)])
        );
        let texts = decode(0, Physical::Bytes, b"\x02\0\0\0ab\0\0\0\0", 2, &mut Room::new(0)).unwrap();
        assert!(matches!(texts, Values::Texts(texts) if texts.get(0) == b"ab" && texts.get(1).is_empty()));
    }

    #[test]
    fn fewer_values_than_stated_are_damage() {
        for (encoding, kind) in [
            (0, Physical::Truth),
            (0, Physical::Int32),
            (0, Physical::Double),
            (0, Physical::Int96),
            (0, Physical::Bytes),
            (0, Physical::Fixed(3)),
            (3, Physical::Truth),
            (5, Physical::Int64),
            (6, Physical::Bytes),
            (7, Physical::Bytes),
            (9, Physical::Float),
            (4, Physical::Int32),
        ] {
            for count in [1, 100, usize::MAX] {
                assert!(
                    decode(encoding, kind, &[], count, &mut Room::new(0)).is_err(),
                    "{encoding} {kind:?}"
                );
            }
        }
        let few = [0x80, 1, 4, 1, 2];
        assert_eq!(
            whole(5, Physical::Int64, &few, 2).unwrap_err(),
            "2 values are stated, and 1 are there"
        );
    }
}
