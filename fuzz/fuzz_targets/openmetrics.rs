//! The bytes of a recording, of whatever form.
#![no_main]

use coalmine_fuzz::modestly;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = modestly(data, || coalmine::recording::read("fuzz", data, None));
});
