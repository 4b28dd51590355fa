//! Damaged blocks: what is whole is read, what is not is named, nothing panics.

use std::fs;
use std::path::{Path, PathBuf};

use coalmine::diagnostic::{Finding, Severity};
use coalmine::recording::{Keep, Recording, block};
use proptest::prelude::*;

use crate::common::shared;
use crate::write::{Plan, Temp};

const RANGE: (i64, i64) = (0, 10_000);

/// Three series of four chunks of ten samples, two chunks a segment.
fn small(parent: &Path) -> PathBuf {
    let mut plan = Plan::new("01A", RANGE);
    plan.chunks_in_a_segment = 6;
    for name in ["a", "b", "c"] {
        let samples: Vec<_> = (0..40).map(|n| (n * 100, n as f64)).collect();
        plan = plan.with(&[("__name__", name), ("job", "x")], &samples, 10);
    }
    plan.write(parent)
}

fn open(path: &Path) -> (Recording, Vec<Finding>) {
    block::open(path, &Keep::default()).unwrap()
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

fn cut(path: &Path, length: usize) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..length]).unwrap();
}

/// Where chunks begin in a segment: `(offset, length of all of it)`.
fn chunks(path: &Path) -> Vec<(usize, usize)> {
    let bytes = fs::read(path).unwrap();
    let mut found = Vec::new();
    let mut at = 8;
    while at < bytes.len() {
        // All data here is shorter than 128 bytes: its length takes one byte.
        let length = 1 + 1 + usize::from(bytes[at]) + 4;
        found.push((at, length));
        at += length;
    }
    found
}

#[test]
fn a_flipped_bit_names_file_byte_and_series() {
    let temp = Temp::new("flip");
    let folder = small(&temp.0);
    let segment = folder.join("chunks/000001");
    let (at, length) = chunks(&segment)[4];
    for byte in at + 1..at + length {
        flip(&segment, byte);
        let (recording, findings) = open(&folder);
        assert_eq!(recording.count, 110);
        let [finding] = &findings[..] else {
            panic!("{findings:?}");
        };
        assert_eq!(
            finding.message,
            format!("byte {at}: the checksum of the chunk is wrong; b{{job=\"x\"}} has a gap there")
        );
        assert!(finding.about.as_ref().unwrap().ends_with("01A/chunks/000001"));
        assert_eq!(finding.severity, Severity::Warning);
        flip(&segment, byte);
    }
    assert_eq!(open(&folder).0.count, 120);
}

#[test]
fn of_cut_chunks_the_whole_ones_are_read() {
    let temp = Temp::new("cut");
    let folder = small(&temp.0);
    let segment = folder.join("chunks/000002");
    let (at, length) = chunks(&segment)[5];
    cut(&segment, at + length - 1);
    let (recording, findings) = open(&folder);
    assert_eq!((recording.count, findings.len()), (110, 1));
    assert!(
        findings[0]
            .message
            .starts_with(&format!("byte {at}: the file ends before the chunk does; c{{"))
    );
    cut(&segment, 8);
    let (recording, findings) = open(&folder);
    assert_eq!((recording.count, findings.len()), (60, 6));
    assert_eq!(findings[5].message, "1 more losses of this kind");
    cut(&segment, 3);
    assert!(
        open(&folder).1[0]
            .message
            .contains("the file is not a file of chunks")
    );
    fs::remove_file(&segment).unwrap();
    let (recording, findings) = open(&folder);
    assert_eq!(recording.count, 60);
    assert!(findings[0].message.contains("the file is missing"));
    fs::remove_dir_all(folder.join("chunks")).unwrap();
    let finding = block::open(&folder, &Keep::default()).unwrap_err();
    assert!(
        finding
            .help
            .iter()
            .any(|help| help.contains("the file is missing")),
        "{finding:?}"
    );
}

#[test]
fn an_index_without_its_end_still_gives_its_series() {
    let temp = Temp::new("index-cut");
    let folder = small(&temp.0);
    let index = folder.join("index");
    let whole = fs::read(&index).unwrap();
    let read = block::index::Index::read(whole.clone()).unwrap();
    let last = 16 * *read.series().last().unwrap() as usize;
    for length in 0..whole.len() {
        fs::write(&index, &whole[..length]).unwrap();
        match block::open(&folder, &Keep::default()) {
            Ok((recording, findings)) => {
                assert!(length > last - 64, "{length}");
                let series = recording.layout.series().len();
                assert_eq!(recording.count, 40 * series);
                assert!(series == 3 || length < last + 60, "{length}");
                assert!(
                    findings[0].message.contains("the table of contents"),
                    "{findings:?}"
                );
                assert!(findings[0].about.as_ref().unwrap().ends_with("01A/index"));
            }
            Err(finding) => assert!(length < last, "{length} {finding:?}"),
        }
    }
}

#[test]
fn every_flipped_bit_of_an_index_is_noticed() {
    let temp = Temp::new("index-flip");
    let folder = small(&temp.0);
    let index = folder.join("index");
    let whole = fs::read(&index).unwrap();
    let read = block::index::Index::read(whole.clone()).unwrap();
    let series: Vec<_> = read
        .series()
        .iter()
        .map(|&reference| 16 * reference as usize)
        .collect();
    let mut unnoticed = Vec::new();
    for at in 0..whole.len() {
        flip(&index, at);
        match block::open(&folder, &Keep::default()) {
            Ok((recording, findings)) => {
                assert!(recording.count <= 120);
                if findings.is_empty() {
                    assert_eq!(recording.count, 120);
                    unnoticed.push(at);
                }
            }
            Err(finding) => assert!(
                finding.about.is_some() && finding.message.contains("byte"),
                "{finding:?}"
            ),
        }
        fs::write(&index, &whole).unwrap();
    }
    // Padding between entries, and postings of single labels, are never read.
    let postings = unnoticed.iter().filter(|&&at| at > series[2]).count();
    let padding = unnoticed.len() - postings;
    assert!(padding <= 16 * series.len(), "{padding} of {unnoticed:?}");
    assert!(!unnoticed.iter().any(|&at| at < 5 || at >= whole.len() - 52));
}

#[test]
fn postings_that_repeat_a_series_are_not_followed() {
    let temp = Temp::new("postings");
    let folder = small(&temp.0);
    let path = folder.join("index");
    let mut bytes = fs::read(&path).unwrap();
    let index = block::index::Index::read(bytes.clone()).unwrap();
    let list: Vec<u8> = index
        .series()
        .iter()
        .flat_map(|&reference| (reference as u32).to_be_bytes())
        .collect();
    let body = [&3u32.to_be_bytes()[..], &list].concat();
    let at = bytes
        .windows(body.len())
        .position(|window| window == body)
        .unwrap();
    bytes.copy_within(at + 4..at + 8, at + 8);
    let sum = crc32c::crc32c(&bytes[at..at + body.len()]).to_be_bytes();
    bytes[at + body.len()..][..4].copy_from_slice(&sum);
    fs::write(&path, bytes).unwrap();
    let (recording, findings) = open(&folder);
    assert_eq!((recording.count, findings.len()), (120, 1));
    assert!(
        findings[0]
            .message
            .ends_with("the postings list of all series does not ascend")
    );
}

#[test]
fn a_chunk_that_is_named_again_and_again_is_not_read_as_often() {
    let temp = Temp::new("again");
    let samples: Vec<_> = (0..1000).map(|n| (n, 1.0)).collect();
    let mut plan = Plan::new("01A", RANGE).with(&[("__name__", "a")], &samples, 10);
    plan.first_chunk_only = true;
    // All chunks are as long as the first one: the file holds as many bytes as are asked for.
    assert_eq!(open(&plan.write(&temp.0)).0.count, 10);
    let mut plan = plan.with(&[("__name__", "b")], &samples, 1);
    // Every one of many small chunks is the large one that comes first.
    plan.series.values_mut().next().unwrap().truncate(1);
    let large: Vec<_> = (0..1000).map(|n| (n, 1.0)).collect();
    plan.series.values_mut().next().unwrap()[0] = crate::write::Chunk::of(&large);
    let (recording, findings) = open(&plan.write(&temp.0));
    assert!(recording.count <= 2000);
    let said = "byte 8: the index names more chunks than the file holds";
    assert!(findings[0].message.starts_with(said), "{findings:?}");
}

#[test]
fn tombstones_that_cannot_be_trusted_are_said() {
    let temp = Temp::new("stones");
    let folder = small(&temp.0);
    let path = folder.join("tombstones");
    flip(&path, 6);
    let (recording, findings) = open(&folder);
    assert_eq!((recording.count, findings.len()), (120, 1));
    assert_eq!(
        findings[0].message,
        "byte 5: the checksum of the tombstones is wrong"
    );
}

#[test]
fn one_bad_block_of_several_is_left_out() {
    let temp = Temp::new("several");
    small(&temp.0);
    let second = Plan::new("01B", (20_000, 30_000)).with(&[("__name__", "a")], &[(20_000, 1.0)], 10);
    let folder = second.write(&temp.0);
    flip(&folder.join("index"), 2);
    let (recording, findings) = open(&temp.0);
    assert_eq!(recording.count, 120);
    assert!(findings[0].message.contains("this is not an index"));
    assert_eq!(findings[0].severity, Severity::Error);
}

/// A mutation of a file: flips, a cut, bytes put in from elsewhere in it.
#[derive(Clone, Debug)]
enum Mutation {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Splice(prop::sample::Index, prop::sample::Index, u8),
    Number(prop::sample::Index, u32),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => (any::<prop::sample::Index>(), 0u8..8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        1 => any::<prop::sample::Index>().prop_map(Mutation::Cut),
        2 => (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>())
            .prop_map(|(from, to, length)| Mutation::Splice(from, to, length)),
        1 => (any::<prop::sample::Index>(), prop_oneof![Just(u32::MAX), Just(1 << 31), any::<u32>()])
            .prop_map(|(at, number)| Mutation::Number(at, number)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    match mutation {
        Mutation::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
        Mutation::Cut(at) => bytes.truncate(at.index(length)),
        Mutation::Splice(from, to, count) => {
            let from = from.index(length);
            let part = bytes[from..length.min(from + usize::from(*count))].to_vec();
            let to = to.index(length);
            bytes.splice(to..to, part);
        }
        Mutation::Number(at, number) => {
            let at = at.index(length);
            for (byte, new) in bytes[at..].iter_mut().zip(number.to_be_bytes()) {
                *byte = new;
            }
        }
    }
}

/// Walks an index as a reader does.
fn walk(bytes: Vec<u8>) {
    if let Ok(index) = block::index::Index::read(bytes) {
        let mut entry = block::index::Entry::default();
        for &reference in index.series() {
            if index.entry(reference, &mut entry, |_, _| true).is_ok() {
                for &(name, value) in &entry.labels {
                    let _ = (index.symbol(name), index.symbol(value));
                }
            }
        }
        let _ = index.number("__name__");
    }
}

/// The checksums made right again, so that what lies behind them is reached.
fn heal(bytes: &mut [u8]) {
    let Some(at) = bytes.len().checked_sub(52) else {
        return;
    };
    let sum = crc32c::crc32c(&bytes[at..at + 48]).to_be_bytes();
    bytes[at + 48..].copy_from_slice(&sum);
    let offsets: Vec<_> = bytes[at..at + 48]
        .chunks(8)
        .map(|offset| u64::from_be_bytes(offset.try_into().unwrap()))
        .collect();
    for at in [offsets[0], offsets[5]] {
        let Ok(at) = usize::try_from(at) else { continue };
        let Some(length) = bytes.get(at..).and_then(|rest| rest.first_chunk()) else {
            continue;
        };
        let length = u32::from_be_bytes(*length) as usize;
        if let Some(sum) = bytes
            .get(at + 4..)
            .and_then(|rest| rest.get(..length))
            .map(crc32c::crc32c)
            && let Some(place) = bytes
                .get_mut(at + 4 + length..)
                .and_then(|rest| rest.first_chunk_mut())
        {
            *place = sum.to_be_bytes();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_never_panic(
        file in 0usize..4,
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let temp = Temp::new("mutate");
        let folder = small(&temp.0);
        let path = folder.join(["index", "chunks/000001", "tombstones", "meta.json"][file]);
        let mut bytes = fs::read(&path).unwrap();
        mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
        fs::write(&path, bytes).unwrap();
        if let Ok((recording, _)) = block::open(&folder, &Keep::default()) {
            prop_assert!(recording.count <= 120);
        }
    }

    #[test]
    fn mutated_real_indexes_never_panic(mutations in prop::collection::vec(mutation(), 1..6), healed: bool) {
        let Some(folder) = shared("data/tsdb-block/highload/01K4Z71KXGH3QCH7Z9NRN391WR") else {
            return Ok(());
        };
        let mut bytes = fs::read(folder.join("index")).unwrap();
        mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
        if healed {
            heal(&mut bytes);
        }
        walk(bytes);
    }

    #[test]
    fn mutated_real_chunks_never_panic(at in any::<prop::sample::Index>(), mutations in prop::collection::vec(mutation(), 1..4)) {
        let Some(folder) = shared("data/tsdb-block/highload/01K4Z71KXGH3QCH7Z9NRN391WR") else {
            return Ok(());
        };
        let bytes = fs::read(folder.join("chunks/000001")).unwrap();
        let at = at.index(bytes.len() - 1200);
        // A chunk in the middle and whatever follows it: the header of a chunk lies somewhere behind.
        let mut data = bytes[at..at + 1200].to_vec();
        mutations.iter().for_each(|mutation| mutate(&mut data, mutation));
        for start in 0..data.len().min(64) {
            let (mut times, mut values) = (Vec::new(), Vec::new());
            let _ = block::xor::decode(&data[start..], &mut times, &mut values);
            prop_assert_eq!(times.len(), values.len());
        }
    }
}
