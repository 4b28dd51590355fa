//! Packed pages, out: snappy, lz4, gzip, zstd.

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use crate::recording::source::Frames;

/// The `size` bytes that `packed` stands for under the codec of this number. Room for them was made before.
///
/// # Errors
///
/// It does not unpack to that; or the codec is not read, by name.
pub(super) fn unpack(codec: i64, packed: &[u8], size: usize) -> Result<Cow<'_, [u8]>, String> {
    if size == 0 {
        return Ok(Cow::Borrowed(&[]));
    }
    let unpacked = match codec {
        0 if packed.len() == size => return Ok(Cow::Borrowed(packed)),
        0 => None,
        1 => snappy(packed, size),
        2 => stream(MultiGzDecoder::new(packed), size)?,
        6 => stream(Frames::new(packed), size)?,
        7 => lz4(packed, size),
        3 => return Err("it is packed by LZO, which is not read: write it with zstd".into()),
        4 => return Err("it is packed by brotli, which is not read: write it with zstd".into()),
        5 => {
            return Err(
                "it is packed by LZ4 in Hadoop's frames, which are not read: write it with zstd".into(),
            );
        }
        other => return Err(format!("codec {other} is unknown")),
    };
    match unpacked {
        Some(bytes) if bytes.len() == size => Ok(Cow::Owned(bytes)),
        _ => Err(format!("it does not unpack to the {size} bytes that are stated")),
    }
}

/// `None` where more comes out than `size`.
fn stream(unpacked: impl Read, size: usize) -> Result<Option<Vec<u8>>, String> {
    let mut bytes = Vec::new();
    let read = unpacked
        .take((size as u64).saturating_add(1))
        .read_to_end(&mut bytes);
    read.map_err(|error| format!("it cannot be unpacked: {error}"))?;
    Ok((bytes.len() <= size).then_some(bytes))
}

/// Snappy's block format: the length, then literals and copies.
fn snappy(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let (length, mut rest) = super::bits::varint(packed)?;
    if length != size as u64 {
        return None;
    }
    let mut out = Vec::new();
    while let Some((&tag, behind)) = rest.split_first() {
        // Lengths and offsets of up to four bytes, the lowest first.
        let number = |bytes: &[u8]| {
            bytes
                .iter()
                .rev()
                .fold(0usize, |number, &byte| number << 8 | usize::from(byte))
        };
        let upper = usize::from(tag >> 2);
        let (offset, length, behind) = match tag & 3 {
            0 => {
                let more = upper.saturating_sub(59);
                let (bytes, behind) = behind.split_at_checked(more)?;
                let length = 1 + if more == 0 { upper } else { number(bytes) };
                let (literal, behind) = behind.split_at_checked(length)?;
                extend(&mut out, literal, size)?;
                rest = behind;
                continue;
            }
            1 => {
                let (low, behind) = behind.split_at_checked(1)?;
                (usize::from(tag >> 5) << 8 | number(low), 4 + (upper & 7), behind)
            }
            wide => {
                let (bytes, behind) = behind.split_at_checked(if wide == 2 { 2 } else { 4 })?;
                (number(bytes), upper + 1, behind)
            }
        };
        rest = behind;
        copy(&mut out, offset, length, size)?;
    }
    Some(out)
}

/// LZ4's block format: literals and copies in turn.
fn lz4(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut rest = packed;
    let mut out = Vec::new();
    while let Some((&token, behind)) = rest.split_first() {
        rest = behind;
        let length = longer(&mut rest, token >> 4)?;
        let (literal, behind) = rest.split_at_checked(length)?;
        extend(&mut out, literal, size)?;
        // The last sequence is literals alone.
        let Some((offset, behind)) = behind.split_first_chunk() else {
            return behind.is_empty().then_some(out);
        };
        rest = behind;
        let length = longer(&mut rest, token & 15)?.checked_add(4)?;
        copy(&mut out, usize::from(u16::from_le_bytes(*offset)), length, size)?;
    }
    Some(out)
}

/// A length of four bits, which 15 continues with bytes, which 255 continues.
fn longer(rest: &mut &[u8], four: u8) -> Option<usize> {
    let mut length = usize::from(four);
    if four == 15 {
        loop {
            let (&byte, behind) = rest.split_first()?;
            *rest = behind;
            length = length.checked_add(usize::from(byte))?;
            if byte < 255 {
                break;
            }
        }
    }
    Some(length)
}

fn extend(out: &mut Vec<u8>, literal: &[u8], size: usize) -> Option<()> {
    if literal.len() > size - out.len() {
        return None;
    }
    out.extend_from_slice(literal);
    Some(())
}

/// Appends what stands `offset` bytes before the end; it may overlap what it makes.
fn copy(out: &mut Vec<u8>, offset: usize, length: usize, size: usize) -> Option<()> {
    if offset == 0 || length > size - out.len() {
        return None;
    }
    let start = out.len().checked_sub(offset)?;
    if length <= offset {
        out.extend_from_within(start..start + length);
    } else {
        out.extend_from_within(start..);
        for n in 0..length - offset {
            out.push(out[start + offset + n]);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn literals_and_copies() {
        // 'ab', then four bytes from two before (snappy: kind 1, lz4: the shortest copy), then 'c'.
        let cases: [(i64, &[u8]); 2] = [
            (1, &[7, 1 << 2, b'a', b'b', 1, 2, 0, b'c']),
            (7, &[0x20, b'a', b'b', 2, 0, 0x10, b'c']),
        ];
        for (codec, packed) in cases {
            assert_eq!(&*unpack(codec, packed, 7).unwrap(), b"abababc");
            for size in [1, 6, 8, usize::MAX] {
                assert!(unpack(codec, packed, size).is_err(), "{codec} {size}");
            }
            for cut in 0..packed.len() {
                assert!(unpack(codec, &packed[..cut], 7).is_err(), "{codec} {cut}");
            }
        }
        // Long forms: a literal of 61 bytes whose length takes a byte, a copy of 64 with an offset of two bytes.
        let text = [b'x'; 61];
        let long = [&[125, 60 << 2, 60][..], &text, &[63 << 2 | 2, 61, 0]].concat();
        assert_eq!(unpack(1, &long, 125).unwrap().len(), 125);
        // 15 and 255 and 0: 270 literals.
        let long = [&[0xf0, 255, 0][..], &[b'y'; 270]].concat();
        assert_eq!(unpack(7, &long, 270).unwrap().len(), 270);
    }

    #[test]
    fn gzip_and_zstd_and_what_is_not_read() {
        let text = [b'z'; 1000];
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&text).unwrap();
        let gzip = packed.finish().unwrap();
        let zstd = ruzstd::encoding::compress_to_vec(&text[..], ruzstd::encoding::CompressionLevel::Fastest);
        for (codec, packed) in [(2, gzip), (6, zstd)] {
            assert_eq!(&*unpack(codec, &packed, 1000).unwrap(), text);
            for size in [1, 999, 1001] {
                assert!(unpack(codec, &packed, size).is_err());
            }
        }
        for (codec, name) in [(3, "LZO"), (4, "brotli"), (5, "Hadoop"), (99, "99")] {
            assert!(unpack(codec, b"x", 1).unwrap_err().contains(name));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_unpack_or_do_not(packed in prop::collection::vec(any::<u8>(), 0..200), size in 0usize..5000) {
            for codec in 0..9 {
                let _ = unpack(codec, &packed, size);
            }
        }
    }
}
