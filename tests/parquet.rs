//! Parquet of other people: every way to write the same samples is the same recording, and no damage is more than a
//! finding.

use std::alloc::System;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use coalmine::diagnostic::Finding;
use coalmine::recording::{Recording, digest, read};
use proptest::prelude::*;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What is counted is counted for one test at a time.
static ONE_BY_ONE: Mutex<()> = Mutex::new(());

/// Memory that a file of some kilobytes may ask for, all that was given back on the way counted too.
const MOST: usize = 512 << 20;

const FILES: [&str; 5] = [
    "gzip-int96-groups",
    "lz4-wide",
    "plain-checksums",
    "snappy-dictionary",
    "zstd-delta-pages-2",
];

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet");
    fs::read(folder.join(name).with_extension("parquet")).unwrap()
}

/// The samples that `tests/parquet/write.py` wrote.
fn written() -> Recording {
    let mut text = String::from("timestamp_ms,name,job,code,value\n");
    for n in 0..14i64 {
        for (job, code) in [("shop", 200), ("shop", 500), ("", 404)] {
            if n % 7 != 5 {
                let time = 1_758_131_137_383 + 15_000 * n;
                let value = (n * code) as f64 / 8.0;
                text.push_str(&format!("{time},http_requests_total,{job},{code},{value}\n"));
            }
        }
    }
    read("table", text.as_bytes(), None).unwrap().0
}

/// A recording, or a finding that names the file; within memory either way.
fn survives(bytes: &[u8]) -> Result<Recording, Finding> {
    let region = Region::new(ALLOCATOR);
    let found = read("some.parquet", bytes, None);
    let taken = region.change().bytes_allocated;
    assert!(taken < MOST, "{taken} bytes for a file of {}", bytes.len());
    match found {
        Ok((recording, _)) => Ok(recording),
        Err(finding) => {
            let about = finding.about.as_deref().unwrap_or_default();
            assert!(about.starts_with("some.parquet"), "{finding:?}");
            Err(finding)
        }
    }
}

#[test]
fn every_way_to_write_samples_is_the_same_recording() {
    let expected = digest(&written());
    for name in FILES {
        let (recording, _) =
            read(name, &file(name), None).unwrap_or_else(|finding| panic!("{name}: {finding:?}"));
        assert_eq!(recording.count, 3 * 12, "{name}");
        assert_eq!(digest(&recording), expected, "{name}");
    }
}

/// Every byte of every file: a bit of it, its highest bit, both ends.
#[test]
fn a_change_of_any_byte_is_a_finding_at_worst() {
    let _alone = ONE_BY_ONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    for name in FILES {
        let whole = file(name);
        let mut bytes = whole.clone();
        let mut refused = 0;
        for at in 0..whole.len() {
            let was = whole[at];
            for with in [was ^ (1 << (at % 7)), was ^ 128, 0, 255] {
                bytes[at] = with;
                refused += usize::from(survives(&bytes).is_err());
            }
            bytes[at] = was;
        }
        // A file whose pages are packed, or summed, notices most of it.
        assert!(
            refused > whole.len() / 2,
            "{name}: {refused} of {}",
            4 * whole.len()
        );
    }
}

#[test]
fn what_is_wrong_is_told_with_its_column_and_its_byte() {
    let whole = file("plain-checksums");
    // The first page's header is short; a byte in the middle of the file lies in some page.
    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 1;
    let finding = survives(&bytes).unwrap_err();
    assert!(
        finding
            .message
            .starts_with("is Parquet but cannot be read: column \"")
            && finding.message.contains("\", group 1 of rows, byte ")
            && finding.message.ends_with(": the checksum of a page is wrong"),
        "{}",
        finding.message
    );
    let finding = survives(&whole[..whole.len() - 1]).unwrap_err();
    assert!(
        finding.message.contains("the footer, byte "),
        "{}",
        finding.message
    );
    let finding = survives(b"PAR1").unwrap_err();
    assert!(finding.message.contains("cut off"), "{}", finding.message);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn damage_in_several_places_is_a_finding_at_worst(
        number in 0..FILES.len(),
        changes in prop::collection::vec((0.0..1.0, any::<u8>()), 1..6),
        cut in 0.0..1.3,
        moved in (0.0..1.0, 0.0..1.0, 0usize..40),
    ) {
        let _alone = ONE_BY_ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut bytes = file(FILES[number]);
        let place = |part: f64, length: usize| ((part * length as f64) as usize).min(length - 1);
        for (part, with) in changes {
            let at = place(part, bytes.len());
            bytes[at] = with;
        }
        let (from, to) = (place(moved.0, bytes.len()), place(moved.1, bytes.len()));
        let piece = bytes[from..(from + moved.2).min(bytes.len())].to_vec();
        bytes.splice(to..to, piece);
        bytes.truncate((cut * bytes.len() as f64) as usize);
        let _ = survives(&bytes);
    }
}

/// Footers that are whole and state what is not so: numbers in the place of others.
#[test]
fn numbers_beyond_the_file_are_findings() {
    let _alone = ONE_BY_ONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    for name in FILES {
        let whole = file(name);
        let length = u32::from_le_bytes(whole[whole.len() - 8..whole.len() - 4].try_into().unwrap()) as usize;
        let start = whole.len() - 8 - length;
        for at in start..whole.len() - 8 {
            for varint in [
                &[0xfe, 0xff, 0xff, 0xff, 0x0f][..],
                &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
                &[0x80, 0x80, 0x80, 0x08],
            ] {
                let footer = [&whole[start..at], varint, &whole[at + 1..whole.len() - 8]].concat();
                let bytes = [
                    &whole[..start],
                    &footer,
                    &(footer.len() as u32).to_le_bytes(),
                    b"PAR1",
                ]
                .concat();
                let _ = survives(&bytes);
            }
        }
    }
}

/// A recording written here comes back bit by bit, whichever build reads it.
#[cfg(feature = "tabular")]
#[test]
fn what_polars_wrote_is_read_bit_by_bit() {
    use coalmine::recording::{CompactForm, CompactManifest, Keep, compact, open};

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("parquet-round-trip");
    let _ = fs::remove_dir_all(&folder);
    let mut text = String::new();
    for n in 0..5000u32 {
        let value = match n % 5 {
            0 => f64::NAN,
            1 => -0.0,
            2 => f64::INFINITY,
            _ => f64::from(n) * 0.1,
        };
        text.push_str(&format!("a{{b=\"{}\"}} {value:?} {n}.25\n", n % 3));
    }
    text.push_str("# EOF\n");
    let (recording, _) = read("text", text.replace("inf", "Inf").as_bytes(), None).unwrap();
    let manifest = CompactManifest::new("a test", Vec::new(), Vec::new(), None);
    compact::write_as(&recording, &manifest, &folder, CompactForm::Parquet).unwrap();
    let (again, _) = open(&folder, &Keep::default()).unwrap();
    assert_eq!(digest(&again), digest(&recording));
    let bytes = fs::read(folder.join("samples.parquet")).unwrap();
    for at in 0..bytes.len().min(4000) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x41;
        let _ = survives(&damaged);
    }
}
