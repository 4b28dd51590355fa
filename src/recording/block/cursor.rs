/// Reads bytes from the front; every step answers `None` where they end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What was not read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(head)
    }

    pub fn u16(&mut self) -> Option<u16> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u16::from_be_bytes(*head))
    }

    pub fn u32(&mut self) -> Option<u32> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u32::from_be_bytes(*head))
    }

    pub fn u64(&mut self) -> Option<u64> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u64::from_be_bytes(*head))
    }

    /// Unsigned LEB128 of at most 64 bits.
    pub fn uvarint(&mut self) -> Option<u64> {
        let mut value = 0;
        for (n, &byte) in self.rest.iter().enumerate().take(10) {
            if n == 9 && byte > 1 {
                return None;
            }
            value |= u64::from(byte & 0x7f) << (7 * n);
            if byte < 0x80 {
                self.rest = &self.rest[n + 1..];
                return Some(value);
            }
        }
        None
    }

    /// Zigzag LEB128 of at most 64 bits.
    pub fn varint(&mut self) -> Option<i64> {
        let value = self.uvarint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A length as [`Self::uvarint`] and as many bytes.
    pub fn counted(&mut self) -> Option<&'a [u8]> {
        let count = self.uvarint()?;
        self.take(usize::try_from(count).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_varints_at_their_edges() {
        let max = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(Cursor::new(&max).uvarint(), Some(u64::MAX));
        assert_eq!(Cursor::new(&max).varint(), Some(i64::MIN));
        let mut beyond = max;
        beyond[9] = 2;
        assert_eq!(Cursor::new(&beyond).uvarint(), None);
        assert_eq!(Cursor::new(&max[..9]).uvarint(), None);
        assert_eq!(Cursor::new(&[0x80, 0x01]).uvarint(), Some(128));
        for (byte, value) in [(0, 0), (1, -1), (2, 1), (3, -2)] {
            assert_eq!(Cursor::new(&[byte]).varint(), Some(value));
        }
        assert_eq!(Cursor::new(&[3, 1, 2]).counted(), None);
    }
}
