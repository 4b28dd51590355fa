//! The data of a chunk of float samples.
#![no_main]

use coalmine::recording::block::xor;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (mut times, mut values) = (vec![1], vec![1.0]);
    let decoded = xor::decode(data, &mut times, &mut values);
    let count = data
        .first_chunk()
        .map_or(0, |count| usize::from(u16::from_be_bytes(*count)));
    assert_eq!(times.len(), values.len());
    assert_eq!(times.len(), if decoded.is_ok() { 1 + count } else { 1 });
});
