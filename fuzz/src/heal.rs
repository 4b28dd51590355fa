//! Checksums of a block made right, so that what lies behind them is reached.

/// The table of contents ends the file.
const CONTENTS: usize = 52;

/// Of the file `index`: table of contents, symbols, postings, the entries of series.
pub fn index(bytes: &mut [u8]) -> Option<()> {
    let at = bytes.len().checked_sub(CONTENTS)?;
    let table = at..bytes.len() - 4;
    let sum = crc32c::crc32c(&bytes[table.clone()]).to_be_bytes();
    bytes[table.end..].copy_from_slice(&sum);
    let offsets = bytes[table].as_chunks::<8>().0.to_vec();
    let offset = |n: usize| usize::try_from(u64::from_be_bytes(*offsets.get(n)?)).ok();
    for at in [offset(0), offset(5)] {
        section(bytes, at?)?;
    }
    if let (Some(mut at), Some(end)) = (offset(1), offset(2)) {
        while at < end && counted(bytes, at, 0).is_some() {
            at = (at + 1).next_multiple_of(16);
        }
    }
    let mut postings = offset(4)?;
    while let Some(end) = section(bytes, postings) {
        postings = end.next_multiple_of(4);
    }
    Some(())
}

/// Of a file in `chunks/`: each chunk's, which covers the byte of its encoding too.
pub fn segment(bytes: &mut [u8]) -> Option<()> {
    let mut at = 8;
    loop {
        at = counted(bytes, at, 1)?;
    }
}

/// Of the file `tombstones`.
pub fn tombstones(bytes: &mut [u8]) -> Option<()> {
    let end = bytes.len().checked_sub(4)?;
    let sum = crc32c::crc32c(bytes.get(5..end)?).to_be_bytes();
    bytes[end..].copy_from_slice(&sum);
    Some(())
}

/// A length of four bytes, as many bytes, their checksum. Where it ends.
fn section(bytes: &mut [u8], at: usize) -> Option<usize> {
    let length = u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?) as usize;
    sum(bytes, at.checked_add(4)?, length)
}

/// A length as varint, as many bytes and `more`, their checksum. Where it ends.
fn counted(bytes: &mut [u8], at: usize, more: usize) -> Option<usize> {
    let mut length = 0usize;
    for (n, &byte) in bytes.get(at..)?.iter().take(4).enumerate() {
        length |= usize::from(byte & 127) << (7 * n);
        if byte < 128 {
            return sum(bytes, at + n + 1, length + more);
        }
    }
    None
}

fn sum(bytes: &mut [u8], at: usize, length: usize) -> Option<usize> {
    let end = at.checked_add(length)?;
    let sum = crc32c::crc32c(bytes.get(at..end)?);
    *bytes.get_mut(end..)?.first_chunk_mut()? = sum.to_be_bytes();
    Some(end + 4)
}
