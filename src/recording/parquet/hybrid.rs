//! Runs of equal numbers and numbers packed by bits, mixed: definition levels, places in a dictionary, truths.

use super::bits::{packed, varint};

/// The first `count` numbers of `width` bits, 32 at most. Room for `count` was made before.
///
/// # Errors
///
/// The bytes end before them; in words.
pub(super) fn decode(mut bytes: &[u8], width: u32, count: usize) -> Result<Vec<u32>, String> {
    let ends = || format!("runs end before their {count} values");
    let size = width.div_ceil(8) as usize;
    let mut numbers = Vec::with_capacity(count);
    while numbers.len() < count {
        let (header, rest) = varint(bytes).ok_or_else(ends)?;
        let left = count - numbers.len();
        let run = usize::try_from(header >> 1).unwrap_or(usize::MAX);
        bytes = if header & 1 == 0 {
            let (value, rest) = rest.split_at_checked(size).ok_or_else(ends)?;
            let mut four = [0; 4];
            four[..size].copy_from_slice(value);
            let value = u32::from_le_bytes(four);
            numbers.extend(std::iter::repeat_n(value, run.min(left)));
            rest
        } else {
            // Groups of eight; some writers leave out the end of the last one.
            let stated = run.saturating_mul(8);
            let taken = stated.min(left);
            let (values, rest) = rest.split_at(rest.len().min(run.saturating_mul(width as usize)));
            if (values.len() as u64) * 8 < taken as u64 * u64::from(width) {
                return Err(ends());
            }
            numbers.extend(packed(values, width).take(taken).map(|number| number as u32));
            rest
        };
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_numbers() {
        // Run of 5 times 6; one group of eight: 0 to 7, three bits each (Encodings.md).
        let bytes = [10, 6, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let all = [6, 6, 6, 6, 6, 0, 1, 2, 3, 4, 5, 6, 7];
        for count in 0..=all.len() {
            assert_eq!(decode(&bytes, 3, count).unwrap(), all[..count]);
        }
        assert!(decode(&bytes, 3, 14).is_err());
        assert!(decode(&bytes[..4], 3, 13).is_err());
        assert_eq!(decode(&[4], 0, 2), Ok(vec![0, 0]));
        assert_eq!(decode(&[2, 1, 2, 3, 4], 32, 1), Ok(vec![0x0403_0201]));
    }

    #[test]
    fn a_run_that_states_too_much_gives_what_is_asked() {
        let bytes = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x01, 1];
        assert_eq!(decode(&bytes, 1, 3), Ok(vec![1, 0, 0]));
        assert!(decode(&bytes, 1, 9).is_err());
        let bytes = [0xfe, 0xff, 0xff, 0xff, 0x0f, 1];
        assert_eq!(decode(&bytes, 1, 3), Ok(vec![1; 3]));
    }
}
