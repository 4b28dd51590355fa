//! Thrift's compact protocol: field headers, zigzag varints, texts, lists.

use crate::recording::damage::Damage;

pub(super) const TRUE: u8 = 1;
pub(super) const FALSE: u8 = 2;
pub(super) const I8: u8 = 3;
pub(super) const I16: u8 = 4;
pub(super) const I32: u8 = 5;
pub(super) const I64: u8 = 6;
pub(super) const DOUBLE: u8 = 7;
pub(super) const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
pub(super) const SET: u8 = 10;
pub(super) const MAP: u8 = 11;
pub(super) const STRUCT: u8 = 12;

/// Deepest nesting of what is passed over; Parquet's own is six.
const DEPTH: u32 = 24;

/// Reads a part of a file from its front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thrift<'a> {
    file: &'a [u8],
    at: usize,
    /// The first byte that is not its own.
    end: usize,
}

impl<'a> Thrift<'a> {
    /// Of the bytes `at..end`, `end` inside the file.
    pub fn new(file: &'a [u8], at: usize, end: usize) -> Self {
        let end = end.min(file.len());
        Self {
            file,
            at: at.min(end),
            end,
        }
    }

    /// The next byte's place in the file.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Number and type of the next field of a struct; `None` at its end. `last` is the number of the field before, 0 at
    /// first. The field's value has to be read or [skipped](Self::skip), unless it is a boolean: that is its type.
    pub fn field(&mut self, last: &mut i16) -> Result<Option<(i16, u8)>, Damage> {
        let header = self.byte()?;
        if header == 0 {
            return Ok(None);
        }
        *last = match header >> 4 {
            0 => {
                let at = self.at;
                i16::try_from(self.integer()?).map_err(|_| Damage::new(at, "a field has no such number"))?
            }
            step => last.wrapping_add(i16::from(step)),
        };
        Ok(Some((*last, header & 15)))
    }

    /// An integer of 16, 32 or 64 bits.
    pub fn integer(&mut self) -> Result<i64, Damage> {
        let zigzag = self.varint()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// An integer that is a count, a length or a place in the file.
    pub fn count(&mut self) -> Result<usize, Damage> {
        let at = self.at;
        let number = self.integer()?;
        usize::try_from(number).map_err(|_| Damage::new(at, format!("a count or an offset is {number}")))
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], Damage> {
        let at = self.at;
        let length = self.varint()?;
        self.take(at, length)
    }

    /// How many elements a list has, and of which type.
    pub fn list(&mut self) -> Result<(usize, u8), Damage> {
        let at = self.at;
        let header = self.byte()?;
        let length = match header >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        Ok((self.holds(at, length)?, header & 15))
    }

    /// Passes over a value.
    pub fn skip(&mut self, kind: u8) -> Result<(), Damage> {
        self.pass(kind, DEPTH)
    }

    fn pass(&mut self, kind: u8, depth: u32) -> Result<(), Damage> {
        let at = self.at;
        let depth = depth
            .checked_sub(1)
            .ok_or_else(|| Damage::new(at, "structures are nested too deep"))?;
        match kind {
            TRUE | FALSE => Ok(()),
            I8 => self.byte().map(drop),
            I16 | I32 | I64 => self.varint().map(drop),
            DOUBLE => self.take(at, 8).map(drop),
            BINARY => self.bytes().map(drop),
            LIST | SET => {
                let (length, kind) = self.list()?;
                (0..length).try_for_each(|_| self.element(kind, depth))
            }
            MAP => {
                let length = self.varint()?;
                if length == 0 {
                    return Ok(());
                }
                self.holds(at, length)?;
                let kinds = self.byte()?;
                (0..length).try_for_each(|_| {
                    self.element(kinds >> 4, depth)?;
                    self.element(kinds & 15, depth)
                })
            }
            STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    self.pass(kind, depth)?;
                }
                Ok(())
            }
            _ => Err(Damage::new(at, format!("there is no type {kind}"))),
        }
    }

    /// Inside a list a boolean takes a byte.
    fn element(&mut self, kind: u8, depth: u32) -> Result<(), Damage> {
        match kind {
            TRUE | FALSE => self.byte().map(drop),
            _ => self.pass(kind, depth),
        }
    }

    fn varint(&mut self) -> Result<u64, Damage> {
        let at = self.at;
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(value);
            }
        }
        Err(Damage::new(at, "a number has more than 64 bits"))
    }

    fn byte(&mut self) -> Result<u8, Damage> {
        if self.at >= self.end {
            return Err(Damage::new(self.at, "it ends too early"));
        }
        self.at += 1;
        Ok(self.file[self.at - 1])
    }

    /// That as many elements, each of a byte at least, can be there.
    fn holds(&self, at: usize, length: u64) -> Result<usize, Damage> {
        let length = usize::try_from(length).ok();
        let fits = length.filter(|&length| length <= self.end - self.at);
        fits.ok_or_else(|| Damage::new(at, "a length reaches beyond its end"))
    }

    fn take(&mut self, at: usize, length: u64) -> Result<&'a [u8], Damage> {
        let length = self.holds(at, length)?;
        self.at += length;
        Ok(&self.file[self.at - length..self.at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(bytes: &[u8]) -> Result<usize, Damage> {
        let mut thrift = Thrift::new(bytes, 0, bytes.len());
        thrift.skip(STRUCT).map(|()| thrift.at())
    }

    #[test]
    fn walks_structs_lists_and_numbers() {
        // Field 1: i32 1; field 3: i64 300; field 4: a list of two structs with a text each; field 5: a boolean.
        let whole = b"\x15\x02\x26\xd8\x04\x19\x2c\x18\x01a\x00\x18\x02bc\x00\x11\x00";
        assert_eq!(pass(whole), Ok(whole.len()));
        for cut in 0..whole.len() {
            assert!(pass(&whole[..cut]).is_err(), "{cut}");
        }
        let mut thrift = Thrift::new(whole, 0, whole.len());
        let mut last = 0;
        assert_eq!(thrift.field(&mut last), Ok(Some((1, I32))));
        assert_eq!(thrift.integer(), Ok(1));
        assert_eq!(thrift.field(&mut last), Ok(Some((3, I64))));
        assert_eq!(thrift.count(), Ok(300));
        assert_eq!(thrift.field(&mut last), Ok(Some((4, LIST))));
        assert_eq!(thrift.list(), Ok((2, STRUCT)));
    }

    #[test]
    fn refuses_what_the_bytes_deny() {
        let list = b"\x19\xfc\xff\xff\xff\x7f\x00";
        let text = b"\x18\xff\xff\xff\x7f\x00";
        for bytes in [&list[..], text, b"\x1c\x1c\x1c", b"\x1f\x00"] {
            assert!(pass(bytes).is_err(), "{bytes:?}");
        }
        let nested: Vec<u8> = [0x1c].repeat(1000);
        assert!(pass(&nested).unwrap_err().what.contains("too deep"));
        assert!(Thrift::new(b"\x01", 0, 1).count().is_err());
    }
}
