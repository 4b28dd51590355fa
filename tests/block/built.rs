//! Blocks built byte by byte, for what no real one shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use coalmine::diagnostic::{Finding, Severity};
use coalmine::recording::{Keep, Recording, block};
use coalmine::series::{MatchOp, Matcher, STALE};
use coalmine::units::{TimeRange, Timestamp};
use proptest::prelude::*;

use crate::write::{Chunk, Plan, Temp, xor};

type Samples = Vec<(i64, f64)>;

/// Samples by their labels as shown, values as bits.
fn dump(recording: &Recording) -> BTreeMap<String, Vec<(i64, u64)>> {
    let ids = recording.layout.series();
    ids.map(|(id, labels)| {
        let samples = recording.series(id).map(|(time, value)| (time, value.to_bits()));
        (labels.to_string(), samples.collect())
    })
    .collect()
}

fn open(path: &Path) -> (Recording, Vec<Finding>) {
    block::open(path, &Keep::default()).unwrap()
}

fn bits(samples: &[(i64, f64)]) -> Vec<(i64, u64)> {
    samples
        .iter()
        .map(|&(time, value)| (time, value.to_bits()))
        .collect()
}

fn line(count: i64) -> Samples {
    (0..count).map(|n| (n * 10, n as f64)).collect()
}

fn decode(data: &[u8]) -> Result<Samples, block::xor::Malformed> {
    let (mut times, mut values) = (Vec::new(), Vec::new());
    block::xor::decode(data, &mut times, &mut values)?;
    Ok(times.into_iter().zip(values).collect())
}

#[test]
fn chunk_bytes_by_hand() {
    // Count 3; varint 10 (zigzag 20); 1.0; delta 10; value bit 0; time 0, value 10 would reuse an unset window.
    let head = [&[0, 3, 20][..], &1f64.to_bits().to_be_bytes(), &[10]].concat();
    // 0 (same) | 0 (dod 0) 0 (same) | padding.
    assert_eq!(
        decode(&[&head[..], &[0b0000_0000]].concat()),
        Ok(vec![(10, 1.0), (20, 1.0), (30, 1.0)])
    );
    // Value 11, L=1, M=1: bit 62 flips, 1.0 becomes 2^-511·2… by its bits; then dod 1 behind 10, same value.
    // 11 00001 0|00001 1 10|0000 0000|0000 01 0 0
    let packed = [0b1100_0010, 0b0000_1110, 0b0000_0000, 0b0000_0100];
    let flipped = f64::from_bits(1f64.to_bits() ^ 1 << 62);
    assert_eq!(
        decode(&[&head[..], &packed].concat()),
        Ok(vec![(10, 1.0), (20, flipped), (31, flipped)])
    );
    // The same, one byte short.
    assert!(decode(&[&head[..], &packed[..3]].concat()).is_err());
    // L=31 and M=40 reach beyond a value: 11 11111 1|01000 …
    assert!(decode(&[&head[..], &[0b1111_1111, 0b0100_0000, 0, 0, 0, 0, 0, 0]].concat()).is_err());
    // A count that the bytes deny.
    assert!(decode(&[0xff, 0xff, 20, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0]).is_err());
    assert_eq!(decode(&[0, 0]), Ok(vec![]));
    assert!(decode(&[0]).is_err() && decode(&[]).is_err());
}

#[test]
fn times_of_every_width_and_their_edges() {
    let dods = [
        0,
        1,
        -1,
        8192,
        -8191,
        8193,
        -8192,
        65536,
        -65535,
        65537,
        -65536,
        524_288,
        -524_287,
        524_289,
        -524_288,
        1 << 40,
        -(1 << 40),
        0,
    ];
    let (mut time, mut delta) = (-2_000_000_000_000i64, 1 << 41);
    let mut samples = vec![(time, 1.0)];
    time += delta;
    samples.push((time, 1.0));
    for dod in dods {
        delta += dod;
        time += delta;
        samples.push((time, 1.0));
    }
    assert_eq!(decode(&xor(&samples)), Ok(samples));
}

#[test]
fn values_keep_their_bits() {
    let values = [
        1.0,
        STALE,
        f64::from_bits(0x7ff8_0000_0000_0001),
        f64::from_bits(0xfff8_dead_beef_0001),
        -0.0,
        0.0,
        f64::INFINITY,
        f64::MIN_POSITIVE / 3.0,
        -1e300,
        -1e300,
        f64::from_bits(1),
        f64::from_bits(u64::MAX),
    ];
    let samples: Samples = (0..).map(|n| n * 15_000).zip(values).collect();
    let temp = Temp::new("bits");
    for count in 1..=samples.len() {
        let samples = &samples[..count];
        let folder = Plan::new("01A", (0, 1 << 40))
            .with(&[("__name__", "a")], samples, 120)
            .write(&temp.0);
        assert_eq!(dump(&open(&folder).0)["a"], bits(samples));
    }
}

#[test]
fn segments_empty_series_and_labels_of_any_script() {
    let temp = Temp::new("segments");
    let names = ["a", "ä", "日本", "\u{1f426}", "z \"quoted\"\n"];
    let mut plan = Plan::new("01A", (-1000, 100_000)).with_chunk(
        &[("__name__", "no_sample"), ("chunk", "without samples")],
        Chunk::of(&[]),
    );
    plan.chunks_in_a_segment = 3;
    for (n, name) in names.into_iter().enumerate() {
        let samples: Samples = line(10 + n as i64)
            .into_iter()
            .map(|(time, value)| (time - 50, value))
            .collect();
        plan = plan.with(&[("__name__", "m"), ("wert", name)], &samples, 4);
    }
    plan = plan.with(&[("__name__", "no_chunk")], &[], 4);
    let folder = plan.write(&temp.0);
    assert!(folder.join("chunks/000005").exists());
    let (recording, findings) = open(&folder);
    assert_eq!(findings, []);
    assert_eq!(recording.layout.series().len(), names.len());
    assert_eq!(recording.first, Timestamp::from_millis(-50));
    for (id, labels) in recording.layout.series() {
        let n = names
            .iter()
            .position(|&name| Some(name) == labels.get("wert"))
            .unwrap();
        assert_eq!(recording.series(id).count(), 10 + n);
    }
    let keep = Keep {
        selectors: Some(vec![vec![
            Matcher::new("wert", MatchOp::Regex, "日.|\u{1f426}").unwrap(),
        ]]),
        range: Some(TimeRange {
            start: Timestamp::from_millis(-10),
            end: Timestamp::from_millis(40),
        }),
    };
    let (recording, _) = block::open(&folder, &keep).unwrap();
    assert_eq!((recording.layout.series().len(), recording.count), (2, 10));
}

#[test]
fn deleted_samples_are_gone() {
    let temp = Temp::new("tombstones");
    let mut plan = Plan::new("01A", (0, 1000))
        .with(&[("__name__", "a")], &line(20), 7)
        .with(&[("__name__", "b")], &line(20), 7);
    // Closed at both ends, overlapping, out of order; and one that reaches beyond all samples.
    plan.tombstones = vec![
        (1, 100, 130),
        (1, 30, 50),
        (1, 50, 65),
        (0, 110, i64::MAX),
        (0, i64::MIN, -1),
    ];
    let dump = dump(&open(&plan.write(&temp.0)).0);
    let times = |name: &str| dump[name].iter().map(|sample| sample.0 / 10).collect::<Vec<_>>();
    assert_eq!(times("a"), (0..11).collect::<Vec<_>>());
    assert_eq!(times("b"), [0, 1, 2, 7, 8, 9, 14, 15, 16, 17, 18, 19]);
}

#[test]
fn blocks_that_overlap_are_merged_by_time() {
    let temp = Temp::new("overlap");
    let labels = [("__name__", "a")];
    Plan::new("01C", (0, 200))
        .with(&labels, &line(10), 4)
        .write(&temp.0);
    // Out of order: begins later, so its samples win; reaches beyond its own block, where it is cut.
    let late: Samples = [(20, 22.0), (25, 25.0), (40, STALE), (95, 9.5), (100, 10.0)].to_vec();
    let mut second = Plan::new("01A", (20, 100)).with(&labels, &late, 3);
    second.extras = r#","hints":["from-out-of-order"]"#;
    second.write(&temp.0);
    let other = [("__name__", "b")];
    Plan::new("01B", (200, 300))
        .with(&other, &[(200, 1.0)], 2)
        .with(&labels, &[(290, 29.0)], 2)
        .write(&temp.0);
    let (recording, findings) = open(&temp.0);
    let dump = dump(&recording);
    let mut expected = line(10);
    (expected[2].1, expected[4].1) = (22.0, STALE);
    expected.insert(3, (25, 25.0));
    expected.extend([(95, 9.5), (290, 29.0)]);
    assert_eq!(dump["a"], bits(&expected));
    assert_eq!(dump["b"], bits(&[(200, 1.0)]));
    assert_eq!((recording.unordered, recording.repeated), (1, 2));
    assert!(
        findings[0].message.starts_with("2 samples repeat a time"),
        "{findings:?}"
    );
    assert_eq!(findings[0].severity, Severity::Note);
}

#[test]
fn a_compacted_block_replaces_its_parents_and_refuse_is_left_out() {
    let temp = Temp::new("parents");
    let labels = [("__name__", "a")];
    Plan::new("01A", (0, 100))
        .with(&labels, &[(0, 1.0), (10, 1.0)], 4)
        .write(&temp.0);
    let mut compacted = Plan::new("01B", (0, 100)).with(&labels, &[(0, 2.0)], 4);
    compacted.extras = r#","compaction":{"level":2,"parents":[{"ulid":"01A","minTime":0,"maxTime":100}]}"#;
    let folder = compacted.write(&temp.0);
    // JSON with a member twice is refused: replace the first one.
    let meta = fs::read_to_string(folder.join("meta.json")).unwrap();
    let meta = meta.replacen(r#""compaction":{"level":1,"sources":["01B"]},"#, "", 1);
    fs::write(folder.join("meta.json"), meta).unwrap();
    Plan::new("01D", (0, 100))
        .with(&labels, &[(30, 3.0)], 4)
        .write(&temp.0);
    fs::rename(temp.0.join("01D"), temp.0.join("01D.tmp-for-deletion")).unwrap();
    fs::create_dir(temp.0.join("01E")).unwrap();
    assert_eq!(dump(&open(&temp.0).0)["a"], bits(&[(0, 2.0)]));
}

#[test]
fn stores_add_labels_and_matchers_see_them() {
    let temp = Temp::new("thanos");
    let mut plan = Plan::new("01A", (0, 1000))
        .with(&[("__name__", "a"), ("replica", "own")], &line(3), 120)
        .with(&[("__name__", "b")], &line(3), 120);
    plan.extras = r#","thanos":{"version":1,"labels":{"cluster":"eu","replica":"A","__compactor_shard_id__":"1_of_4","empty":""},
        "downsample":{"resolution":0},"source":"compactor","files":[{"rel_path":"index","size_bytes":1}]}"#;
    let folder = plan.write(&temp.0);
    fs::remove_file(folder.join("tombstones")).unwrap();
    let (recording, findings) = open(&folder);
    assert_eq!(findings, []);
    let names: Vec<_> = dump(&recording).into_keys().collect();
    assert_eq!(
        names,
        [
            r#"a{cluster="eu", replica="A"}"#,
            r#"b{cluster="eu", replica="A"}"#
        ]
    );
    let matcher = |name: &str, value: &str| Matcher::new(name, MatchOp::Equal, value).unwrap();
    let count = |selectors: Vec<Vec<Matcher>>| {
        let keep = Keep {
            selectors: Some(selectors),
            range: None,
        };
        block::open(&folder, &keep).map_or(0, |(recording, _)| recording.layout.series().len())
    };
    assert_eq!(
        count(vec![vec![matcher("cluster", "eu"), matcher("__name__", "a")]]),
        1
    );
    assert_eq!(count(vec![vec![matcher("replica", "own")]]), 0);
    assert_eq!(
        count(vec![
            vec![matcher("replica", "A")],
            vec![matcher("cluster", "us")]
        ]),
        2
    );
    assert_eq!(count(vec![vec![matcher("__compactor_shard_id__", "")]]), 2);
}

#[test]
fn what_is_not_read_is_said_with_what_to_do() {
    let temp = Temp::new("unread");
    let strange = |encoding| Chunk {
        encoding,
        ..Chunk::of(&line(3))
    };
    let plan = Plan::new("01A", (0, 1000))
        .with(&[("__name__", "a")], &line(3), 120)
        .with_chunk(&[("__name__", "latency")], strange(2))
        .with_chunk(&[("__name__", "size")], strange(3))
        .with_chunk(&[("__name__", "x")], strange(4));
    let (recording, findings) = open(&plan.write(&temp.0));
    assert_eq!(recording.layout.series().len(), 1);
    let said: Vec<_> = findings
        .iter()
        .map(|finding| (&*finding.message, &*finding.help[0]))
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].0.starts_with("2 chunks hold native histograms") && said[0].1.contains("classic"));
    assert!(said[1].0.starts_with("1 chunks are of encoding 4") && said[1].1.contains("XOR2"));

    let refused = |extras: &'static str, version: u8| {
        let mut plan = plan.clone();
        (plan.ulid, plan.extras, plan.index_version) = ("01B", extras, version);
        block::open(&plan.write(&temp.0), &Keep::default())
    };
    let (_, findings) = refused("", 3).unwrap();
    assert!(
        findings[0]
            .message
            .starts_with("index version 3 was read as version 2")
    );
    for (extras, version, message) in [
        ("", 1, "byte 4: index version 1 is not read"),
        (
            r#","thanos":{"downsample":{"resolution":300000}}"#,
            2,
            "its samples are aggregates of 300 s",
        ),
    ] {
        let finding = refused(extras, version).unwrap_err();
        assert!(finding.message.starts_with(message), "{}", finding.message);
        assert!(finding.about.is_some());
    }
    let folder = plan.write(&temp.0);
    for (meta, message) in [
        (
            r#"{"minTime":0,"maxTime":1,"version":2}"#,
            "version 2 of meta.json is unknown",
        ),
        (
            r#"{"version":1}"#,
            "is not the description of a block: missing field",
        ),
        ("{", "is not the description of a block"),
    ] {
        fs::write(folder.join("meta.json"), meta).unwrap();
        let finding = block::open(&folder, &Keep::default()).unwrap_err();
        assert!(finding.message.starts_with(message), "{}", finding.message);
    }
}

#[test]
fn what_lies_in_the_head_is_said_with_how_to_take_a_snapshot() {
    let temp = Temp::new("head");
    assert!(!block::is_data_dir(&temp.0) && !block::is_block(&temp.0));
    let finding = block::open(&temp.0, &Keep::default()).unwrap_err();
    assert!(finding.message.starts_with("there is no block in this folder"));
    fs::create_dir(temp.0.join("wal")).unwrap();
    fs::write(temp.0.join("wal/00000000"), "x").unwrap();
    assert!(block::is_data_dir(&temp.0));
    let finding = block::open(&temp.0, &Keep::default()).unwrap_err();
    assert!(finding.message.starts_with("there is no block yet"));
    assert!(finding.help[0].contains("curl -XPOST"));
    Plan::new("01A", (0, 200))
        .with(&[("__name__", "a")], &line(10), 4)
        .write(&temp.0);
    let (_, findings) = open(&temp.0);
    assert!(findings[0].message.starts_with("the newest samples are in wal"));
    assert!(findings[0].help[0].contains("/api/v1/admin/tsdb/snapshot"));
    // Who asks for older samples only is not told.
    let keep = |end| Keep {
        selectors: None,
        range: Some(TimeRange {
            start: Timestamp::from_millis(0),
            end: Timestamp::from_millis(end),
        }),
    };
    assert_eq!(block::open(&temp.0, &keep(200)).unwrap().1, []);
    assert_eq!(block::open(&temp.0, &keep(201)).unwrap().1.len(), 1);
}

#[test]
fn nothing_wanted_is_an_error_and_an_empty_block_is_none() {
    let temp = Temp::new("nothing");
    let folder = Plan::new("01A", (0, 200)).write(&temp.0);
    let finding = block::open(&folder, &Keep::default()).unwrap_err();
    assert!(finding.message.starts_with("there is no sample in it"));
    Plan::new("01B", (0, 200))
        .with(&[("__name__", "a")], &line(10), 4)
        .write(&temp.0);
    let keep = Keep {
        selectors: Some(vec![vec![Matcher::new("__name__", MatchOp::Equal, "b").unwrap()]]),
        range: None,
    };
    assert!(block::open(&temp.0, &keep).is_err());
    assert_eq!(open(&temp.0).0.count, 10);
}

fn sample() -> impl Strategy<Value = (i64, u64)> {
    let step = prop_oneof![
        Just(15_000i64),
        1i64..20_000,
        1i64..700_000,
        1i64..1 << 45,
        Just(1),
    ];
    let value = prop_oneof![
        (0u64..100).prop_map(|n| (n as f64).to_bits()),
        any::<u64>(),
        any::<f64>().prop_map(f64::to_bits),
        Just(STALE.to_bits()),
    ];
    (step, value)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_packed_is_unpacked(first in -(1i64 << 50)..1 << 50, steps in prop::collection::vec(sample(), 0..150)) {
        let mut time = first;
        let samples: Samples = steps.into_iter().map(|(step, value)| {
            time += step;
            (time, f64::from_bits(value))
        }).collect();
        prop_assert_eq!(bits(&decode(&xor(&samples)).unwrap()), bits(&samples));
    }

    #[test]
    fn nothing_in_a_chunk_panics(data in prop::collection::vec(any::<u8>(), 0..300), count in 0u16..400) {
        let data = [&count.to_be_bytes()[..], &data].concat();
        if let Ok(samples) = decode(&data) {
            prop_assert_eq!(samples.len(), count as usize);
        }
    }
}
