//! How fast blocks are read: chunks alone by the kind of series, whole blocks by their size, a real one.
#![allow(missing_docs, reason = "the macros make functions without any")]

#[path = "../tests/block/write.rs"]
#[allow(dead_code, reason = "tests use the rest")]
mod write;

use std::hint::black_box;
use std::path::{Path, PathBuf};

use coalmine::recording::{Keep, block};
use coalmine::series::{MatchOp, Matcher};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use write::{Plan, Temp, xor};

const START: i64 = 1_757_678_400_000;

/// A small generator of its own.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Two hours at 15 s, times off by `jitter` ms, and values of a kind.
fn samples(kind: &str, seed: u64, count: usize) -> Vec<(i64, f64)> {
    let mut draws = Draws(seed);
    let mut value = draws.below(1000) as f64;
    let jitter = if kind == "jittered counter" { 8 } else { 0 };
    (0..count as i64)
        .map(|n| {
            match kind {
                "constant" => {}
                "gauge" => value = draws.below(1_000_000) as f64 / 1000.0,
                "random" => value = f64::from_bits(0x3ff0_0000_0000_0000 | draws.below(1 << 31) << 20),
                _ => value += draws.below(40) as f64,
            }
            (START + n * 15_000 + draws.below(jitter + 1) as i64, value)
        })
        .collect()
}

/// Chunks as a server cuts them, in memory.
fn chunks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("block/chunk of 120");
    for kind in ["constant", "counter", "jittered counter", "gauge", "random"] {
        let chunks: Vec<_> = (0..200).map(|seed| xor(&samples(kind, seed, 120))).collect();
        group.throughput(Throughput::Elements(120 * chunks.len() as u64));
        let (mut times, mut values) = (Vec::new(), Vec::new());
        group.bench_function(kind, |bencher| {
            bencher.iter(|| {
                for chunk in &chunks {
                    times.clear();
                    values.clear();
                    block::xor::decode(black_box(chunk), &mut times, &mut values).unwrap();
                }
                black_box(&values);
            });
        });
    }
    group.finish();
}

/// Two hours of counters, a pod a target, with their labels.
fn plan(series: usize) -> Plan {
    let mut plan = Plan::new("01BENCHBENCHBENCHBENCHBENC", (START, START + 7_200_000));
    for n in 0..series {
        let pod = format!("checkout-{}", n / 50);
        let path = format!("/api/v1/orders/{}", n % 50);
        let labels = [
            ("__name__", "http_requests_total"),
            ("job", "checkout"),
            ("path", path.as_str()),
            ("pod", pod.as_str()),
        ];
        plan = plan.with(&labels, &samples("counter", n as u64, 480), 120);
    }
    plan
}

/// Blocks from disk to a recording: index, labels, checksums, chunks, shared axes.
fn blocks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("block/open");
    group.sample_size(20);
    let temp = Temp::new("bench");
    for series in [100, 1000, 10_000] {
        let folder = plan(series).write(&temp.0.join(series.to_string()));
        group.throughput(Throughput::Elements(480 * series as u64));
        group.bench_with_input(
            BenchmarkId::new("counters", series),
            &folder,
            |bencher, folder| {
                bencher.iter(|| block::open(black_box(folder), &Keep::default()).unwrap());
            },
        );
    }
    let folder = temp.0.join("10000");
    let keep = Keep {
        selectors: Some(vec![vec![
            Matcher::new("pod", MatchOp::Equal, "checkout-7").expect("plain"),
        ]]),
        range: None,
    };
    group.throughput(Throughput::Elements(480 * 50));
    group.bench_function("50 of 10000 counters", |bencher| {
        bencher.iter(|| block::open(black_box(&folder), &keep).unwrap());
    });
    for name in [
        "highload/01K4Z71KXGH3QCH7Z9NRN391WR",
        "promscale/01FYTKEKPV5PX2F92Q3V5AV8RK",
    ] {
        if let Some(folder) = real(name) {
            let (recording, _) = block::open(&folder, &Keep::default()).unwrap();
            group.throughput(Throughput::Elements(recording.count as u64));
            group.bench_with_input(BenchmarkId::new("real", name), &folder, |bencher, folder| {
                bencher.iter(|| block::open(black_box(folder), &Keep::default()).unwrap());
            });
        }
    }
    group.finish();
}

/// A real block, where the facts lie beside the checkout.
fn real(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/tsdb-block")
        .join(name);
    folder.is_dir().then_some(folder)
}

criterion_group!(benches, chunks, blocks);
criterion_main!(benches);
