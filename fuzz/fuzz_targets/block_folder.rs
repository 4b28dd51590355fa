//! A whole block on disk: `meta.json`, `index`, `tombstones`, one file of chunks; as it comes and with the checksums made
//! right. Input: three lengths of four bytes, then the four files in the order meta, tombstones, chunks, index.
#![no_main]

use std::fs;
use std::path::{Path, PathBuf};

use coalmine::recording::{Keep, block};
use coalmine_fuzz::{heal, modestly};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(mut files) = split(data) else { return };
    let folder = folder();
    read(&folder, &files, data);
    let [_, tombstones, chunks, index] = &mut files;
    heal::tombstones(tombstones);
    heal::segment(chunks);
    heal::index(index);
    read(&folder, &files, data);
});

fn read(folder: &Path, files: &[Vec<u8>; 4], data: &[u8]) {
    for (name, bytes) in ["meta.json", "tombstones", "chunks/000001", "index"]
        .iter()
        .zip(files)
    {
        fs::write(folder.join(name), bytes).expect("the folder is ours");
    }
    let _ = modestly(data, || block::open(folder, &Keep::default()));
}

fn split(data: &[u8]) -> Option<[Vec<u8>; 4]> {
    let (lengths, mut rest) = data.split_at_checked(12)?;
    let mut files: [Vec<u8>; 4] = Default::default();
    let (lengths, _) = lengths.as_chunks::<4>();
    for (file, length) in files.iter_mut().zip(lengths) {
        let (one, others) = rest.split_at(rest.len().min(u32::from_le_bytes(*length) as usize));
        *file = one.to_vec();
        rest = others;
    }
    files[3] = rest.to_vec();
    Some(files)
}

/// In memory where the system has a place for that.
fn folder() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let base = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    let folder = base.join(format!("coalmine-fuzz-{}", std::process::id()));
    fs::create_dir_all(folder.join("chunks")).expect("a folder for the block");
    folder
}
