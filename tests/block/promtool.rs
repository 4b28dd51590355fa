//! The same blocks read by a real promtool, where one is installed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use coalmine::recording::{Keep, block};
use coalmine::series::STALE;

use crate::common::shared;
use crate::write::{Plan, Temp};

type Dump = BTreeMap<String, Vec<(i64, f64)>>;

fn promtool(arguments: &[&str], folder: &Path) -> Option<String> {
    let output = Command::new("promtool").args(arguments).arg(folder).output();
    let Ok(output) = output else {
        println!("skipped: there is no promtool");
        return None;
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

/// `{__name__="a", b="c"} value time`, one sample a line.
fn theirs(folder: &Path) -> Option<Dump> {
    // It opens a folder only beside a log.
    fs::create_dir_all(folder.join("wal")).unwrap();
    let text = promtool(&["tsdb", "dump"], folder)?;
    let mut dump = Dump::new();
    for line in text.lines() {
        let (rest, time) = line.rsplit_once(' ').unwrap();
        let (labels, value) = rest.rsplit_once(' ').unwrap();
        let samples = dump.entry(labels.to_owned()).or_default();
        samples.push((time.parse().unwrap(), value.parse().unwrap()));
    }
    Some(dump)
}

fn ours(folder: &Path) -> Dump {
    let (recording, _) = block::open(folder, &Keep::default()).unwrap();
    let ids = recording.layout.series();
    ids.map(|(id, labels)| {
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        (
            format!("{{{}}}", labels.join(", ")),
            recording.series(id).collect(),
        )
    })
    .collect()
}

fn compare(ours: &Dump, theirs: &Dump) {
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    let mut samples = 0;
    for (labels, ours) in ours {
        let theirs = &theirs[labels];
        assert_eq!(ours.len(), theirs.len(), "{labels}");
        for (ours, theirs) in ours.iter().zip(theirs) {
            let equal = ours.1.to_bits() == theirs.1.to_bits() || ours.1.is_nan() && theirs.1.is_nan();
            assert!(ours.0 == theirs.0 && equal, "{labels}: {ours:?} {theirs:?}");
            samples += 1;
        }
    }
    println!(
        "promtool tsdb dump: {} series, {samples} samples, all equal",
        ours.len()
    );
}

/// A small generator of its own: the test's worlds must not move with a dependency.
fn draws(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

#[test]
fn blocks_made_by_promtool_are_read_as_it_reads_them() {
    let temp = Temp::new("promtool-made");
    let mut below = draws(7);
    let mut text = String::new();
    for pod in 0..12 {
        let mut value = 0;
        writeln!(text, "# TYPE m{pod} gauge").unwrap();
        // Five hours: several blocks; scrapes that are late, missed, far apart.
        let mut time = 1_700_000_000_000i64;
        while time < 1_700_018_000_000 {
            let shown = match below(6) {
                0 => "NaN".to_owned(),
                1 => format!("{}.{}", below(1000), below(1000)),
                2 => "+Inf".to_owned(),
                _ => value.to_string(),
            };
            value += below(50);
            writeln!(
                text,
                "m{pod}{{pod=\"p-{pod}\",zone=\"süd\"}} {shown} {}.{:03}",
                time / 1000,
                time % 1000
            )
            .unwrap();
            time += match below(20) {
                0 => 15_000 + below(5000) as i64,
                1 => 400_000,
                2 => 1,
                _ => 15_000,
            };
        }
    }
    text += "# EOF\n";
    let source = temp.0.join("source.om");
    fs::write(&source, text).unwrap();
    let data = temp.0.join("data");
    let made = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([&source, &data])
        .output();
    let Ok(made) = made else {
        return println!("skipped: there is no promtool");
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let Some(theirs) = theirs(&data) else { return };
    compare(&ours(&data), &theirs);
}

#[test]
fn blocks_made_here_are_read_by_promtool_as_we_do() {
    let temp = Temp::new("promtool-reads");
    let mut below = draws(11);
    for (ulid, from) in [
        ("01HAAAAAAAAAAAAAAAAAAAAAAA", 1_700_000_000_000i64),
        ("01HBBBBBBBBBBBBBBBBBBBBBBB", 1_700_010_000_000),
    ] {
        let mut plan = Plan::new(ulid, (from, from + 9_000_000));
        plan.chunks_in_a_segment = 7;
        for n in 0..9 {
            let mut time = from;
            let samples: Vec<_> = (0..200)
                .map(|_| {
                    time += [1, 15_000, 15_000, 15_008, 30_000, 70_000, 500][below(7) as usize];
                    let value = [
                        STALE,
                        -0.5,
                        1e300,
                        below(100) as f64,
                        f64::from_bits(below(1 << 31) << 20),
                    ];
                    (time, value[below(5) as usize])
                })
                .collect();
            let name = format!("n{n}");
            plan = plan.with(
                &[("__name__", "made"), ("n", &name), ("ö", "日本")],
                &samples,
                120,
            );
        }
        plan.tombstones = vec![
            (2, from + 100_000, from + 900_000),
            (5, i64::MIN / 2, from + 30_000),
        ];
        plan.write(&temp.0);
    }
    let Some(theirs) = theirs(&temp.0) else { return };
    compare(&ours(&temp.0), &theirs);
}

#[test]
fn real_blocks_are_read_as_promtool_reads_them() {
    for name in ["highload", "promscale", "vm-snapshot"] {
        let Some(folder) = shared(&format!("data/tsdb-block/{name}")) else {
            return;
        };
        let temp = Temp::new(&format!("promtool-{name}"));
        copy(&folder, &temp.0);
        let Some(theirs) = theirs(&temp.0) else { return };
        compare(&ours(&folder), &theirs);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::write(to, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}
