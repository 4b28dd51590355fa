//! Real blocks decode to the hashes that were written down when they were collected.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use coalmine::recording::{Keep, Recording, block};
use coalmine::series::{AsOf, MatchOp, Matcher, SeriesId, is_stale};
use coalmine::units::{TimeRange, Timestamp};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::common::shared;

#[derive(Deserialize)]
struct Expected {
    series: usize,
    samples: usize,
    stale_markers: usize,
    sha256: String,
    sample_series: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    labels: BTreeMap<String, String>,
    samples: usize,
    first: (i64, String),
    last: (i64, String),
}

type Dump = BTreeMap<String, Vec<(i64, f64)>>;

/// All samples by the compact JSON of their labels.
fn dump(recording: &Recording) -> Dump {
    let ids = recording.layout.series();
    ids.map(|(id, labels)| {
        let labels: BTreeMap<_, _> = labels.iter().collect();
        (
            serde_json::to_string(&labels).unwrap(),
            recording.series(id).collect(),
        )
    })
    .collect()
}

fn hash(dump: &Dump) -> String {
    let mut hasher = Sha256::new();
    for (labels, samples) in dump {
        let mut text = format!("{labels}\n");
        for (time, value) in samples {
            writeln!(text, "{time} {:016x}", value.to_bits()).unwrap();
        }
        hasher.update(text);
    }
    hasher.finalize().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[test]
fn real_blocks_decode_to_their_hashes() {
    let Some(folder) = shared("data/tsdb-block") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: BTreeMap<String, Expected> = serde_json::from_str(&text).unwrap();
    assert!(!expected.is_empty());
    for (name, expected) in expected {
        let path = folder.join(&name);
        assert!(block::is_block(&path), "{name}");
        let (recording, findings) = block::open(&path, &Keep::default()).unwrap();
        assert!(findings.is_empty(), "{name}: {findings:?}");
        let dump = dump(&recording);
        let stale = dump
            .values()
            .flatten()
            .filter(|(_, value)| is_stale(*value))
            .count();
        assert_eq!(
            (dump.len(), recording.count, stale),
            (expected.series, expected.samples, expected.stale_markers),
            "{name}"
        );
        for known in &expected.sample_series {
            let samples = &dump[&serde_json::to_string(&known.labels).unwrap()];
            assert_eq!(samples.len(), known.samples, "{name} {:?}", known.labels);
            for (sample, (time, value)) in [
                (samples[0], &known.first),
                (samples[samples.len() - 1], &known.last),
            ] {
                assert_eq!(sample.0, *time, "{name} {:?}", known.labels);
                let value: f64 = value.parse().unwrap();
                assert!(
                    sample.1 == value || (sample.1.is_nan() && value.is_nan()),
                    "{name} {:?}",
                    known.labels
                );
            }
        }
        assert_eq!(hash(&dump), expected.sha256, "{name}");
        println!(
            "{name}: {} series, {} samples equal their hash",
            dump.len(),
            recording.count
        );
    }
}

#[test]
fn a_wish_reads_what_filtering_all_would_leave() {
    let Some(folder) = shared("data/tsdb-block/highload/01K4Z71KXGH3QCH7Z9NRN391WR") else {
        return;
    };
    let (all, _) = block::open(&folder, &Keep::default()).unwrap();
    let all = dump(&all);
    let matcher = |name: &str, op, value: &str| Matcher::new(name, op, value).unwrap();
    let (start, end) = (1_757_680_000_000, 1_757_681_234_567);
    let keep = Keep {
        selectors: Some(vec![
            vec![
                matcher("__name__", MatchOp::Regex, "executor_.*"),
                matcher("name", MatchOp::NotEqual, "metrics-dispatcher"),
                matcher("absent", MatchOp::Equal, ""),
            ],
            vec![matcher("__name__", MatchOp::Equal, "up")],
            vec![matcher("no_such_label", MatchOp::Regex, ".+")],
        ]),
        range: Some(TimeRange {
            start: Timestamp::from_millis(start),
            end: Timestamp::from_millis(end),
        }),
    };
    let (some, _) = block::open(&folder, &keep).unwrap();
    let some = dump(&some);
    let filtered: Dump = all
        .into_iter()
        .filter(|(labels, _)| {
            let labels: BTreeMap<String, String> = serde_json::from_str(labels).unwrap();
            let name = &labels["__name__"];
            name == "up"
                || (name.starts_with("executor_")
                    && labels.get("name").is_none_or(|name| name != "metrics-dispatcher"))
        })
        .map(|(labels, samples)| {
            let inside = samples
                .into_iter()
                .filter(|(time, _)| (start..end).contains(time));
            (labels, inside.collect::<Vec<_>>())
        })
        .filter(|(_, samples)| !samples.is_empty())
        .collect();
    assert!(filtered.len() > 10);
    assert_eq!(hash(&some), hash(&filtered));
}

#[test]
fn series_scraped_together_share_their_times() {
    let Some(folder) = shared("data/tsdb-block/highload") else {
        return;
    };
    assert!(block::is_data_dir(&folder));
    let (recording, _) = block::open(&folder, &Keep::default()).unwrap();
    let view = AsOf::new(&recording.samples, recording.last, recording.last);
    let rows: usize = (0..recording.layout.axes())
        .map(|axis| view.axis(coalmine::series::AxisId(axis as u32)).times().len())
        .sum();
    let samples: usize = (0..recording.layout.series().len())
        .map(|series| view.column(SeriesId(series as u32)).values.len())
        .sum();
    assert_eq!(samples, recording.count);
    println!("{samples} samples on {rows} times");
    assert!(rows * 8 < samples);
}
