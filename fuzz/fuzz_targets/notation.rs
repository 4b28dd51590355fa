//! promtool's series notation: `load` blocks, the YAML of rule tests; the first byte chooses a beginning.
#![no_main]

use coalmine_fuzz::modestly;
use libfuzzer_sys::fuzz_target;

const BEGINNINGS: [&str; 4] = [
    "",
    "load 15s\n  ",
    "tests:\n- interval: 15s\n  input_series:\n",
    "load 1m\n  up{job=\"a\"} ",
];

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let text = [BEGINNINGS[usize::from(first) % BEGINNINGS.len()].as_bytes(), rest].concat();
    let _ = modestly(&text, || coalmine::recording::read("fuzz", &text, None));
});
