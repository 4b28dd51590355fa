use std::collections::BTreeMap;

use super::Damage;
use super::cursor::Cursor;

const MAGIC: [u8; 4] = [0x01, 0x30, 0xba, 0x30];

/// Deleted times [ms] by series reference: closed intervals, ascending and apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tombstones(BTreeMap<u64, Vec<(i64, i64)>>);

impl Tombstones {
    /// The file `tombstones`. Its checksum covers the stones alone, not the five bytes before them.
    ///
    /// # Errors
    ///
    /// It is not such a file, or it is damaged.
    pub fn read(bytes: &[u8]) -> Result<Self, Damage> {
        let stones = bytes
            .strip_prefix(&MAGIC)
            .ok_or_else(|| Damage::new(0, "these are not tombstones: they would begin with 01 30 ba 30"))?;
        let (&version, stones) = stones
            .split_first()
            .ok_or_else(|| Damage::new(4, "the file ends"))?;
        if version != 1 {
            return Err(Damage::new(
                4,
                format!("version {version} is unknown, expected 1"),
            ));
        }
        let (stones, sum) = stones
            .split_last_chunk()
            .ok_or_else(|| Damage::new(5, "the file ends before its checksum"))?;
        if crc32c::crc32c(stones) != u32::from_be_bytes(*sum) {
            return Err(Damage::new(5, "the checksum of the tombstones is wrong"));
        }
        let mut by_series: BTreeMap<u64, Vec<(i64, i64)>> = BTreeMap::new();
        let mut cursor = Cursor::new(stones);
        while !cursor.rest().is_empty() {
            let at = 5 + stones.len() - cursor.rest().len();
            let (Some(series), Some(first), Some(last)) =
                (cursor.uvarint(), cursor.varint(), cursor.varint())
            else {
                return Err(Damage::new(at, "a tombstone ends too early"));
            };
            by_series.entry(series).or_default().push((first, last));
        }
        for intervals in by_series.values_mut() {
            intervals.sort_unstable();
            intervals.dedup_by(|next, kept| {
                let joined = next.0 <= kept.1.saturating_add(1);
                if joined {
                    kept.1 = kept.1.max(next.1);
                }
                joined
            });
        }
        Ok(Self(by_series))
    }

    /// What was deleted of a series.
    pub fn of(&self, series: u64) -> &[(i64, i64)] {
        self.0.get(&series).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(stones: &[u8]) -> Vec<u8> {
        let sum = crc32c::crc32c(stones).to_be_bytes();
        [&MAGIC[..], &[1], stones, &sum].concat()
    }

    #[test]
    fn an_empty_file_has_nine_bytes() {
        let bytes = [0x01, 0x30, 0xba, 0x30, 1, 0, 0, 0, 0];
        assert_eq!(Tombstones::read(&bytes), Ok(Tombstones::default()));
    }

    #[test]
    fn intervals_of_a_series_are_joined() {
        // Zigzag: 20 is 10, 40 is 20, 42 is 21, 60 is 30, 3 is -2.
        let stones = Tombstones::read(&file(&[7, 42, 60, 7, 20, 40, 9, 3, 0])).unwrap();
        assert_eq!(stones.of(7), [(10, 30)]);
        assert_eq!(stones.of(9), [(-2, 0)]);
        assert!(stones.of(8).is_empty());
    }

    #[test]
    fn damage_is_named_by_its_byte() {
        let whole = file(&[7, 20, 40]);
        let mut flipped = whole.clone();
        flipped[6] ^= 1;
        assert_eq!(Tombstones::read(&flipped).unwrap_err().at, 5);
        assert_eq!(Tombstones::read(&file(&[7, 20])).unwrap_err().at, 5);
        for cut in 0..whole.len() {
            assert!(Tombstones::read(&whole[..cut]).is_err());
        }
    }
}
