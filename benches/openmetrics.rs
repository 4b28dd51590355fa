//! How fast OpenMetrics text becomes a recording: bytes of text a second, unpacked, on one core.
#![allow(missing_docs, reason = "criterion's macros write functions without docs")]
#![allow(clippy::print_stderr, reason = "a skip is said aloud")]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use coalmine::recording;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// A real recording: the one beside the checkout, or the cut of it that ships with the project.
fn real() -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places: [PathBuf; 2] = [
        root.join("../shared/data/highload-deploys/metrics.om.gz"),
        root.join("data/highload-deploys/metrics.om.gz"),
    ];
    let file = places
        .iter()
        .find(|path| path.is_file())
        .expect("one ships with the project");
    eprintln!("real: {}", file.display());
    let mut text = Vec::new();
    let packed = std::fs::read(file).expect("it is there");
    flate2::read::MultiGzDecoder::new(&packed[..])
        .read_to_end(&mut text)
        .expect("it is gzip");
    text
}

/// Scrapes of `series` series, one scrape after the other: the order in which targets expose.
fn scrapes(series: usize, scrapes: usize) -> Vec<u8> {
    let mut text = String::new();
    for scrape in 0..scrapes {
        for n in 0..series {
            writeln!(
                text,
                "http_request_duration_seconds_bucket{{job=\"shop\",instance=\"10.0.0.{}:8080\",code=\"200\",le=\"{}\"}} {} {}",
                n % 50,
                n / 50,
                scrape * (n + 1),
                1_758_131_137 + scrape * 15
            )
            .expect("a String takes all");
        }
    }
    text.push_str("# EOF\n");
    text.into_bytes()
}

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("openmetrics");
    group.sample_size(10);
    let texts = [
        ("real, series by series", real()),
        ("600 series, scrape by scrape", scrapes(600, 200)),
        ("20000 series, scrape by scrape", scrapes(20_000, 10)),
    ];
    for (name, text) in &texts {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("plain", name), text, |bencher, text| {
            bencher.iter_batched(
                || (),
                |()| recording::read("bench", text, None).expect("it is a recording"),
                BatchSize::LargeInput,
            );
        });
    }
    let (name, text) = &texts[0];
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text).expect("memory takes all");
    let packed = packed.finish().expect("memory takes all");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_with_input(BenchmarkId::new("gzip", name), &packed, |bencher, packed| {
        bencher.iter_batched(
            || (),
            |()| recording::read("bench", packed, None).expect("it is a recording"),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
