//! Recordings in every form, as files: told by their content, read alike, and never a panic.
#![allow(clippy::print_stdout, reason = "what was compared is said aloud")]

mod common;
#[path = "promql/script.rs"]
#[allow(dead_code, reason = "each test file uses a part")]
mod script;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use coalmine::recording::{self, CompactForm, CompactManifest, Keep, Mapping, digest};
use coalmine::series::{MatchOp, Matcher};
use coalmine::units::{TimeRange, Timestamp};
use proptest::prelude::*;

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("forms").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/highload-deploys")
}

/// The first lines of the recording that ships with the project.
fn cut(lines: usize) -> String {
    let packed = fs::read(shipped().join("metrics.om.gz")).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&packed[..])
        .read_to_string(&mut text)
        .unwrap();
    let mut cut: String = text.lines().take(lines).flat_map(|line| [line, "\n"]).collect();
    cut.push_str("# EOF\n");
    cut
}

/// Written as a compact recording and read back: every bit, stale marks too; filtered while reading.
#[test]
fn a_real_recording_survives_the_compact_form() {
    let (whole, _) = recording::open(&shipped(), &Keep::default()).unwrap();
    let folder = fresh("compact").join("recording");
    let manifest = CompactManifest::new("the shipped recording", Vec::new(), Vec::new(), None);
    let mut forms = vec![CompactForm::Text];
    forms.push(CompactForm::default());
    for form in forms {
        let written = recording::compact::write_as(&whole, &manifest, &folder, form).unwrap();
        assert_eq!(written.samples + written.stale_marks, whole.count);
        assert_eq!(written.stale_marks, 594);
        let (again, findings) = recording::open(&folder, &Keep::default()).unwrap();
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(digest(&again), digest(&whole));
        let start = whole.first + (whole.last - whole.first) / 2;
        let up = Matcher::new("__name__", MatchOp::Regex, "http_server_.*").unwrap();
        let keep = Keep {
            selectors: Some(vec![vec![up]]),
            range: Some(TimeRange {
                start,
                end: Timestamp::MAX,
            }),
        };
        let (some, _) = recording::open(&folder, &keep).unwrap();
        assert!(some.first >= start && some.count < whole.count);
        let names = |labels: &coalmine::series::Labels| labels.name().unwrap().starts_with("http_server_");
        assert!(some.layout.series().all(|(_, labels)| names(labels)));
        let (direct, _) = recording::open(&shipped(), &keep).unwrap();
        assert_eq!(digest(&some), digest(&direct));
    }
}

/// The same file under names that say nothing, packed by any packer.
#[test]
fn content_says_the_form_and_names_do_not() {
    let folder = fresh("content");
    let text = cut(500);
    let expected = digest(&recording::read("text", text.as_bytes(), None).unwrap().0);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
    let zstd =
        ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    for (name, bytes) in [
        ("plain.csv", text.as_bytes().to_vec()),
        ("packed.json", gzip.finish().unwrap()),
        ("packed.om", zstd),
    ] {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        let (found, _) = recording::open(&path, &Keep::default()).unwrap();
        assert_eq!(digest(&found), expected, "{name}");
    }
}

#[test]
fn a_table_takes_its_mapping_from_the_call_or_from_beside_it() {
    let folder = fresh("mapping");
    let path = folder.join("table.csv");
    fs::write(&path, "when;what;pod;how much\n2025-09-17T17:45:37Z;up;a;1\n").unwrap();
    let finding = recording::open(&folder, &Keep::default()).unwrap_err();
    assert_eq!(finding.message, "no column is known to be the time");
    assert!(
        finding.help[0].contains("when, what, pod, how much"),
        "{finding:?}"
    );
    let mapping: Mapping = "time=when,value=how much,name=what".parse().unwrap();
    let (found, notes) = recording::open_with(&folder, &Keep::default(), Some(&mapping)).unwrap();
    assert_eq!(notes[0].message, "times in column \"when\" were read as RFC 3339");
    let sidecar = "{\"time\": \"when\", \"value\": \"how much\", \"name\": \"what\"}";
    fs::write(folder.join("table.csv.columns.json"), sidecar).unwrap();
    let (again, _) = recording::open(&folder, &Keep::default()).unwrap();
    assert_eq!(digest(&again), digest(&found));
    fs::write(folder.join("table.csv.columns.json"), "{\n\"when\": 3}").unwrap();
    let finding = recording::open(&folder, &Keep::default()).unwrap_err();
    assert!(finding.about.unwrap().ends_with("table.csv.columns.json:2"));
}

#[test]
fn nothing_wanted_and_nothing_there_are_told_apart() {
    let range = TimeRange {
        start: Timestamp::from_secs(0),
        end: Timestamp::from_secs(1),
    };
    let keep = Keep {
        selectors: None,
        range: Some(range),
    };
    let finding = recording::open(&shipped(), &keep).unwrap_err();
    assert_eq!(finding.message, "none of its 67311 samples is wanted");
}

/// Prometheus' own block, beside what that block holds by another program's count.
#[test]
fn blocks_are_opened_like_any_other_recording() {
    let Some(folder) = common::shared("data/tsdb-block/highload/01K4Z71KXGH3QCH7Z9NRN391WR") else {
        return;
    };
    let (block, _) = recording::open(&folder, &Keep::default()).unwrap();
    assert_eq!(block.layout.series().len(), 604);
    assert_eq!(block.count, 235_842);
}

/// An answer that VictoriaMetrics ships for its own tests.
#[test]
fn a_real_answer_is_read() {
    let Some(file) = common::shared("data/tsdb-block/vm-snapshot/expected_response.json") else {
        return;
    };
    let (found, _) = recording::open(&file, &Keep::default()).unwrap();
    assert_eq!((found.layout.series().len(), found.count), (2, 2));
    assert_eq!(found.first.as_millis(), 1_748_897_918_112);
}

/// Every `load` of Prometheus' own scripts, beside the reader that the script tests have.
#[test]
fn loads_of_prometheus_own_scripts_are_read() {
    let Some(folder) = common::shared("reference/promqltest") else {
        return;
    };
    let (mut loads, mut series, mut outside) = (0, 0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "test") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for block in text.split("\n\n").filter(|block| block.starts_with("load")) {
            let Ok(commands) = script::read(block) else {
                continue;
            };
            let Some(script::Kind::Load(load)) = commands.into_iter().next().map(|command| command.kind)
            else {
                continue;
            };
            let floats = load
                .series
                .iter()
                .all(|(_, values)| matches!(values, script::Sequence::Floats(_)));
            if !floats || load.with_native_histograms {
                assert!(
                    recording::read("load", block.as_bytes(), None).is_err(),
                    "{block}"
                );
                outside += 1;
                continue;
            }
            let mut builder = recording::Builder::default();
            for (labels, values) in &load.series {
                let script::Sequence::Floats(values) = values else {
                    continue;
                };
                let number = builder.series(labels.clone());
                for (n, value) in values.iter().enumerate() {
                    if let Some(value) = value {
                        builder.push(number, n as i64 * load.step, *value);
                    }
                }
            }
            let (ours, _) = recording::read("load", block.as_bytes(), None)
                .unwrap_or_else(|finding| panic!("{}: {}\n{block}", path.display(), finding.message));
            assert_eq!(digest(&ours), digest(&builder.build().unwrap()), "{block}");
            loads += 1;
            series += load.series.len();
        }
    }
    println!("promqltest: {loads} loads with {series} series read alike, {outside} with histograms refused");
    assert!(loads > 30);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// Real text, damaged anywhere, packed or not.
    #[test]
    fn real_text_with_damage_never_panics(
        at in 0.0..1.0,
        put in prop::collection::vec(any::<u8>(), 0..6),
        gone in 0usize..40,
        pack in any::<bool>(),
    ) {
        let mut bytes = cut(40).into_bytes();
        if pack {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut gzip, &bytes).unwrap();
            bytes = gzip.finish().unwrap();
        }
        let at = (at * bytes.len() as f64) as usize;
        let end = (at + gone).min(bytes.len());
        bytes.splice(at..end, put);
        let _ = recording::read("damaged", &bytes, None);
    }

    #[test]
    fn bytes_of_any_kind_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), head in 0usize..7) {
        let heads: [&[u8]; 7] = [b"", b"{\"data\":", b"time,value,name\n", b"PAR1", b"load 15s\n", b"tests:\n- input_series:\n", b"\x28\xb5\x2f\xfd"];
        let _ = recording::read("any", &[heads[head], &bytes].concat(), None);
    }
}
