//! The shape of the house: imports point one way, no room is empty, and words stay what they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The rooms in building order, as `lib.rs` lists them.
fn rooms() -> Vec<String> {
    let front_page = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let line = Regex::new(r"(?m)^pub mod (\w+);").unwrap();
    line.captures_iter(&front_page)
        .map(|found| found[1].to_owned())
        .collect()
}

/// The room a source file belongs to: the first part of its path under `src`.
fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let first = inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn imports_point_one_way() {
    let rooms = rooms();
    let height: BTreeMap<_, _> = rooms
        .iter()
        .enumerate()
        .map(|(height, room)| (room.as_str(), height))
        .collect();
    let used = Regex::new(r"\bcrate::(?:(\w+)|\{([^}]*)\})").unwrap();
    let mut upward = Vec::new();
    for path in rust_files(&root().join("src")) {
        let room = room_of(&path);
        let Some(&own) = height.get(room.as_str()) else {
            assert!(
                room == "lib" || room == "main",
                "{} belongs to no room of lib.rs",
                path.display()
            );
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for found in used.captures_iter(line) {
                let names = found.get(1).or(found.get(2)).unwrap().as_str();
                for name in names.split(',') {
                    let name = name.trim().split("::").next().unwrap_or("").trim();
                    if height.get(name).is_some_and(|&other| other > own) {
                        upward.push(format!("{}:{}: {room} uses {name}", path.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(
        upward.is_empty(),
        "a room uses only what stands above it in lib.rs:\n{}",
        upward.join("\n")
    );
}

#[test]
fn every_room_has_a_front_door() {
    for room in rooms() {
        let folder = root().join("src").join(&room);
        let door = if folder.is_dir() {
            folder.join("mod.rs")
        } else {
            folder.with_extension("rs")
        };
        let text =
            fs::read_to_string(&door).unwrap_or_else(|_| panic!("{} has no front door", door.display()));
        assert!(
            text.starts_with("//!"),
            "{} opens with a paragraph that says what the room is",
            door.display()
        );
    }
}

/// Crates that may be named in one place only.
#[test]
fn guests_stay_in_their_rooms() {
    let allowed: [(&str, &[&str]); 8] = [
        (
            "polars",
            &["src/ledger/parquet.rs", "src/recording/parquet/write.rs"],
        ),
        ("plotters", &["src/report/charts/"]),
        ("clap", &["src/cli/"]),
        ("indicatif", &["src/cli/"]),
        ("annotate_snippets", &["src/cli/"]),
        ("ureq", &["src/recording/live/"]),
        ("saphyr_parser", &["src/yaml/"]),
        ("rand_distr", &["src/seed", "src/stats/"]),
    ];
    for path in rust_files(&root().join("src")) {
        let name = path
            .strip_prefix(root())
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap();
        for (guest, rooms) in allowed {
            let named = text.lines().any(|line| {
                !line.trim_start().starts_with("//")
                    && (line.contains(&format!("{guest}::")) || line.contains(&format!("use {guest}")))
            });
            assert!(
                !named || rooms.iter().any(|room| name.starts_with(room)),
                "{name} names {guest}; it lives in {rooms:?}"
            );
        }
    }
}

/// Files are read and written in `recording`, `ledger`, `report` and `cli` only.
#[test]
fn files_are_touched_in_four_rooms_only() {
    for path in rust_files(&root().join("src")) {
        let room = room_of(&path);
        if ["recording", "ledger", "report", "cli", "main"].contains(&room.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let own = text.split("#[cfg(test)]").next().unwrap_or("");
        for word in ["std::fs", "File::open", "std::net", "std::env::var"] {
            assert!(!own.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn the_project_speaks_of_itself_alone() {
    let forbidden = Regex::new(r"(?i)/(home|root|tmp|work)/|todo!|unimplemented!|\bFIXME\b|\bXXX\b").unwrap();
    let mut places = Vec::new();
    let texts =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name));
    for path in rust_files(&root().join("src")).into_iter().chain(texts) {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            if forbidden.is_match(line) {
                places.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    assert!(places.is_empty(), "{}", places.join("\n"));
}
