//! Numbers by their differences, in blocks that state their smallest one; texts by their lengths, or by what they share
//! with the text before.

use super::bits::{packed, varint};
use super::plain::Texts;
use super::room::Room;

/// Integers, `most` at most, and the bytes behind them. Room for `most` was made before.
///
/// # Errors
///
/// What is wrong, in words.
pub(super) fn integers(bytes: &[u8], most: usize) -> Result<(Vec<i64>, &[u8]), String> {
    let mut rest = bytes;
    let mut number = || {
        let (number, behind) = varint(rest).ok_or("differences end in their header")?;
        rest = behind;
        Ok::<u64, String>(number)
    };
    let (block, parts, count, first) = (number()?, number()?, number()?, number()?);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if count > most {
        return Err(format!("differences state {count} values where {most} are left"));
    }
    let part = block.checked_div(parts).unwrap_or(0);
    if part == 0 || part % 8 != 0 || block % parts != 0 || block > 1 << 24 {
        return Err(format!("differences come in blocks of {block} in {parts} parts"));
    }
    let part = part as usize;
    let mut value = unzigzag(first);
    let mut integers = Vec::with_capacity(count);
    if count > 0 {
        integers.push(value);
    }
    let ends = || format!("differences end before their {count} values");
    while integers.len() < count {
        let (smallest, behind) = varint(rest).ok_or_else(ends)?;
        let smallest = unzigzag(smallest);
        let (widths, mut behind) = behind.split_at_checked(parts as usize).ok_or_else(ends)?;
        for &width in widths {
            let left = count - integers.len();
            if left == 0 {
                break;
            }
            if width > 64 {
                return Err(format!("a difference has {width} bits"));
            }
            let width = u32::from(width);
            // Some writers leave out the end of the last part.
            let (values, next) = behind.split_at(behind.len().min(part / 8 * width as usize));
            let taken = left.min(part);
            if values.len() * 8 < taken * width as usize {
                return Err(ends());
            }
            for difference in packed(values, width).take(taken) {
                value = value.wrapping_add(smallest).wrapping_add(difference as i64);
                integers.push(value);
            }
            behind = next;
        }
        rest = behind;
    }
    Ok((integers, rest))
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Texts: all lengths, then all bytes.
///
/// # Errors
///
/// What is wrong, in words.
pub(super) fn texts(bytes: &[u8], most: usize, room: &mut Room) -> Result<Texts, String> {
    let (lengths, mut rest) = integers(bytes, most)?;
    let mut texts = Texts::default();
    for length in lengths {
        let text = usize::try_from(length)
            .ok()
            .and_then(|length| rest.split_at_checked(length));
        let (text, behind) = text.ok_or("a text reaches beyond its page")?;
        texts.push(&[], text, room)?;
        rest = behind;
    }
    Ok(texts)
}

/// Texts: how many bytes each begins with of the one before, then what follows these.
///
/// # Errors
///
/// What is wrong, in words.
pub(super) fn fronts(bytes: &[u8], most: usize, room: &mut Room) -> Result<Texts, String> {
    let (shared, rest) = integers(bytes, most)?;
    let (lengths, mut rest) = integers(rest, most)?;
    if shared.len() != lengths.len() {
        return Err("texts have not as many beginnings as endings".into());
    }
    let mut texts = Texts::default();
    let mut before: Vec<u8> = Vec::new();
    for (shared, length) in shared.into_iter().zip(lengths) {
        let shared = usize::try_from(shared)
            .ok()
            .filter(|&shared| shared <= before.len());
        let shared = shared.ok_or("a text shares more than the one before has")?;
        let ending = usize::try_from(length)
            .ok()
            .and_then(|length| rest.split_at_checked(length));
        let (ending, behind) = ending.ok_or("a text reaches beyond its page")?;
        texts.push(&before[..shared], ending, room)?;
        before.truncate(shared);
        before.extend_from_slice(ending);
        rest = behind;
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_format() {
        // Encodings.md: 1 to 5, then 7, 5, 3, 1, 2, 3, 4, 5; blocks of 128 in 4 parts here.
        let steady = [0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0];
        assert_eq!(integers(&steady, 5), Ok((vec![1, 2, 3, 4, 5], &[][..])));
        // First 7; smallest difference -2; differences less that: 0 0 0 3 3 3 3, two bits each.
        let mut down = vec![0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0b0011_1111];
        down.resize(10 + 8, 0);
        down.push(9);
        assert_eq!(integers(&down, 8), Ok((vec![7, 5, 3, 1, 2, 3, 4, 5], &[9][..])));
        assert!(integers(&down, 7).is_err());
        for cut in 0..12 {
            assert!(integers(&down[..cut], 8).is_err(), "{cut}");
        }
        for header in [
            [0x80, 1, 0, 5, 2],
            [0, 4, 4, 5, 2],
            [0x81, 1, 4, 5, 2],
            [4, 4, 4, 5, 2],
        ] {
            assert!(integers(&header, 5).is_err());
        }
    }

    #[test]
    fn texts_by_lengths_and_by_beginnings() {
        let mut room = Room::new(0);
        // Lengths 1 and 2: first 1, smallest difference 1.
        let lengths = [0x80, 1, 4, 2, 2, 2, 0, 0, 0, 0];
        let found = texts(&[&lengths[..], b"abb"].concat(), 2, &mut room).unwrap();
        assert_eq!((found.get(0), found.get(1)), (&b"a"[..], &b"bb"[..]));
        assert!(texts(&[&lengths[..], b"ab"].concat(), 2, &mut room).is_err());
        // Shared 0 and 1.
        let shared = [0x80, 1, 4, 2, 0, 2, 0, 0, 0, 0];
        let found = fronts(&[&shared[..], &lengths, b"abb"].concat(), 2, &mut room).unwrap();
        assert_eq!((found.get(0), found.get(1)), (&b"a"[..], &b"abb"[..]));
        let before_all = [0x80, 1, 4, 2, 2, 2, 0, 0, 0, 0];
        assert!(fronts(&[&before_all[..], &lengths, b"abb"].concat(), 2, &mut room).is_err());
    }
}
