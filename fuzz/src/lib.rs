//! What several targets need: memory that is counted, and blocks whose checksums are made right.

use std::alloc::System;

use cap::Cap;

pub mod heal;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Reads `bytes` with no more memory than they justify: asking for more than 256 MiB and a thousandfold of them ends the
/// program, which is a finding.
pub fn modestly<T>(bytes: &[u8], read: impl FnOnce() -> T) -> T {
    let justified = (256 << 20) + 1024 * bytes.len();
    MEMORY
        .set_limit(MEMORY.allocated() + justified)
        .expect("there is room for what is held");
    let read = read();
    MEMORY.set_limit(usize::MAX).expect("without limit");
    read
}
