//! What several test files share.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::print_stdout, reason = "a skip is said aloud")]

use std::path::PathBuf;

/// A file or folder of the facts that live beside the checkout, or `None`, said aloud, where they are absent.
///
/// # Panics
///
/// If it is absent and `COALMINE_REQUIRE_SHARED=1`.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(path);
    if found.exists() {
        return Some(found);
    }
    let required = std::env::var("COALMINE_REQUIRE_SHARED").is_ok_and(|value| value == "1");
    assert!(
        !required,
        "{path} is required (COALMINE_REQUIRE_SHARED=1) and not beside the checkout"
    );
    println!("skipped: {path} is not beside the checkout");
    None
}

/// Whether a program is installed; said aloud where it is not.
///
/// # Panics
///
/// If it is not and `COALMINE_REQUIRE_SHARED=1`.
pub fn program(name: &str) -> bool {
    let found = std::process::Command::new(name).arg("--version").output().is_ok();
    let required = std::env::var("COALMINE_REQUIRE_SHARED").is_ok_and(|value| value == "1");
    assert!(
        found || !required,
        "{name} is required (COALMINE_REQUIRE_SHARED=1) and not installed"
    );
    if !found {
        println!("skipped: there is no {name}");
    }
    found
}
