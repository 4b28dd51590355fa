//! The file `index` of a block, as it comes and with its checksums made right, so that what lies behind them is reached.
#![no_main]

use coalmine::recording::block::index::{Entry, Index};
use coalmine_fuzz::{heal, modestly};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    modestly(data, || walk(data.to_vec()));
    let mut healed = data.to_vec();
    if heal::index(&mut healed).is_some() {
        modestly(data, || walk(healed));
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
