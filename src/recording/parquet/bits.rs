/// Numbers of `width` bits each, one after the other from the lowest bit of the first byte; zeros behind the end.
///
/// `width` is 64 at most.
pub(super) fn packed(bytes: &[u8], width: u32) -> impl Iterator<Item = u64> {
    let mask = if width >= 64 { u64::MAX } else { (1 << width) - 1 };
    let width = width as usize;
    (0..).map(move |n: usize| {
        let bit = n * width;
        let start = (bit / 8).min(bytes.len());
        let end = (start + 9).min(bytes.len());
        let mut nine = [0; 16];
        nine[..end - start].copy_from_slice(&bytes[start..end]);
        (u128::from_le_bytes(nine) >> (bit % 8)) as u64 & mask
    })
}

/// An unsigned varint of 64 bits at most, and what follows it.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (n, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 127).checked_shl(7 * n as u32)?;
        if byte < 128 {
            return Some((value, &bytes[n + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_across_bytes() {
        // The example of Encodings.md: 0 to 7 in three bits each.
        let bytes = [0b1000_1000, 0b1100_0110, 0b1111_1010];
        assert!(packed(&bytes, 3).take(8).eq(0..8));
        assert!(packed(&bytes, 0).take(3).eq([0; 3]));
        assert_eq!(
            packed(&[1, 0, 0, 0, 0, 0, 0, 128, 7], 64).next(),
            Some(1 << 63 | 1)
        );
        // 16 bits are left behind the first 61 of 72, less 5: 0x8080 >> 5.
        assert_eq!(packed(&[0x80; 9], 61).nth(1), Some(0x404));
        assert_eq!(varint(&[0xac, 0x02, 9]), Some((300, &[9][..])));
        assert_eq!(varint(&[0x80; 12]), None);
    }
}
