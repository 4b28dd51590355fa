//! The file `index` of a block, as it comes and with the checksums of its sections made right, so that what lies
//! behind them is reached.
#![no_main]

use coalmine::recording::block::index::{Entry, Index};
use libfuzzer_sys::fuzz_target;

const CONTENTS: usize = 52;

fuzz_target!(|data: &[u8]| {
    walk(data.to_vec());
    let mut healed = data.to_vec();
    if heal(&mut healed).is_some() {
        walk(healed);
    }
});

/// Reads what a recording reads.
fn walk(bytes: Vec<u8>) {
    let Ok(index) = Index::read(bytes) else { return };
    let mut entry = Entry::default();
    for &reference in index.series() {
        if index.entry(reference, &mut entry, |_, _| true).is_ok() {
            for &(name, value) in &entry.labels {
                let _ = (index.symbol(name), index.symbol(value));
            }
        }
    }
    let _ = index.number("__name__");
}

/// Table of contents, symbols, postings table.
fn heal(bytes: &mut [u8]) -> Option<()> {
    let at = bytes.len().checked_sub(CONTENTS)?;
    let table = at..bytes.len() - 4;
    let sum = crc32c::crc32c(&bytes[table.clone()]).to_be_bytes();
    bytes[table.end..].copy_from_slice(&sum);
    let offsets = bytes[table].as_chunks::<8>().0.to_vec();
    for section in [0, 5] {
        let at = usize::try_from(u64::from_be_bytes(*offsets.get(section)?)).ok()?;
        let length = u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?) as usize;
        let body = at.checked_add(4)?..at.checked_add(4)?.checked_add(length)?;
        let sum = crc32c::crc32c(bytes.get(body.clone())?);
        *bytes.get_mut(body.end..)?.first_chunk_mut()? = sum.to_be_bytes();
    }
    Some(())
}
