//! The JSON of Prometheus' HTTP API, as `query` and `query_range` answer.
#![no_main]

use coalmine_fuzz::modestly;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    // Other forms have targets of their own.
    if !matches!(data.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Corpus::Reject;
    }
    let _ = modestly(data, || coalmine::recording::read("fuzz", data, None));
    Corpus::Keep
});
