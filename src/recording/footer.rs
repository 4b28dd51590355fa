//! Whether a Parquet file's footer can be true.
//!
//! The footer states counts and sizes, and a reader that believes them makes room for them. A damaged one may state more
//! than any memory holds, and what is asked of the allocator then cannot be taken back. So before anybody believes it the
//! footer is walked once (Thrift's compact protocol: field headers, zigzag varints, lists), and numbers that a file of
//! this length cannot need are refused.

/// Values in a byte that packing may reach: a constant column in row groups of 2^18 rows comes to some thousand.
const PACKED: u64 = 1 << 14;

/// Deepest nesting; the footer's own is six.
const DEPTH: u32 = 24;

/// Whether the numbers in the footer of `file` are ones that a file of its length can need.
pub(super) fn is_plausible(file: &[u8]) -> bool {
    let Some((rest, b"PAR1")) = file.split_last_chunk() else {
        return false;
    };
    let Some((rest, length)) = rest.split_last_chunk() else {
        return false;
    };
    let length = u32::from_le_bytes(*length) as usize;
    let Some(start) = rest.len().checked_sub(length) else {
        return false;
    };
    let mut walk = Walk {
        bytes: &rest[start..],
        most: (file.len() as u64).saturating_mul(PACKED).saturating_add(1 << 20),
    };
    walk.fields(DEPTH).is_some()
}

/// What is left of the footer. Every step is `None` where it ends too early or states too much.
struct Walk<'a> {
    bytes: &'a [u8],
    most: u64,
}

impl Walk<'_> {
    fn fields(&mut self, depth: u32) -> Option<()> {
        loop {
            let header = self.byte()?;
            if header == 0 {
                return Some(());
            }
            if header >> 4 == 0 {
                self.varint()?;
            }
            // A boolean field is its own header.
            if !matches!(header & 15, 1 | 2) {
                self.value(header & 15, depth)?;
            }
        }
    }

    fn value(&mut self, kind: u8, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            1..=3 => self.byte().map(drop),
            4..=6 => {
                let zigzag = self.varint()?;
                let size = (zigzag >> 1) + (zigzag & 1);
                (size <= self.most).then_some(())
            }
            7 => self.skip(8),
            8 => {
                let length = self.varint()?;
                self.skip(length)
            }
            9 | 10 => {
                let header = self.byte()?;
                let length = match header >> 4 {
                    15 => self.varint()?,
                    short => u64::from(short),
                };
                // Every element takes a byte at least.
                self.holds(length)?;
                (0..length).try_for_each(|_| self.value(header & 15, depth))
            }
            11 => {
                let length = self.varint()?;
                if length == 0 {
                    return Some(());
                }
                self.holds(length)?;
                let kinds = self.byte()?;
                (0..length).try_for_each(|_| {
                    self.value(kinds >> 4, depth)?;
                    self.value(kinds & 15, depth)
                })
            }
            12 => self.fields(depth),
            _ => None,
        }
    }

    fn holds(&self, bytes: u64) -> Option<()> {
        (bytes <= self.bytes.len() as u64).then_some(())
    }

    fn skip(&mut self, bytes: u64) -> Option<()> {
        self.holds(bytes)?;
        self.bytes = &self.bytes[bytes as usize..];
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(footer: &[u8]) -> Vec<u8> {
        [footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat()
    }

    #[test]
    fn walks_structs_lists_and_numbers() {
        // Field 1: i32 1; field 3: i64 300; field 4: a list of two structs with a text each; field 5: a boolean.
        let footer = b"\x15\x02\x26\xd8\x04\x19\x2c\x18\x01a\x00\x18\x02bc\x00\x11\x00";
        assert!(is_plausible(&file(footer)));
        for cut in 0..footer.len() {
            assert!(!is_plausible(&file(&footer[..cut])), "{cut}");
        }
    }

    #[test]
    fn refuses_what_no_file_of_this_length_needs() {
        let rows = b"\x36\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x00";
        let list = b"\x19\xfc\xff\xff\xff\x7f\x00";
        let text = b"\x18\xff\xff\xff\x7f\x00";
        for footer in [&rows[..], list, text, b"\x1c\x1c\x1c", b"\x1f\x00"] {
            assert!(!is_plausible(&file(footer)), "{footer:?}");
        }
        let nested: Vec<u8> = [0x1c].repeat(1000);
        assert!(!is_plausible(&file(&nested)));
        assert!(!is_plausible(b"PAR1") && !is_plausible(b"\xff\xff\xff\xffPAR1"));
    }
}
