//! Parquet files, as they come and with the length of the footer made right.
#![no_main]

use coalmine_fuzz::modestly;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // Whatever it begins with: another form has another target.
    let mut file = [b"PAR1", data.get(4..).unwrap_or(&[])].concat();
    let _ = modestly(&file, || coalmine::recording::read("fuzz", &file, None));
    // A footer of the length that the file had before it was changed, behind what was put in or left out.
    if let Some(at) = file.len().checked_sub(8).filter(|at| *at > 8) {
        let stated = u32::from_le_bytes(*file[at..].first_chunk().expect("eight bytes")) as usize;
        let length = stated.clamp(1, at - 4) as u32;
        file[at..].copy_from_slice(&[&length.to_le_bytes()[..], b"PAR1"].concat());
        let _ = modestly(&file, || coalmine::recording::read("fuzz", &file, None));
    }
});
