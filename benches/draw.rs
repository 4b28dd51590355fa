//! Time of one addressed draw.

use std::hint::black_box;

use coalmine::seed::{Cuts, Seed, normal_cdf};
use criterion::{Criterion, criterion_group, criterion_main};

fn draw(c: &mut Criterion) {
    let stream = Seed(1).stream("bench").named("canary-0");
    let mut group = c.benchmark_group("draw");
    let mut slot = 0_i64;
    let mut next = move || {
        slot += 1;
        stream.at(slot)
    };
    group.bench_function("place", |b| b.iter(|| black_box(next())));
    group.bench_function("uniform", |b| b.iter(|| next().uniform()));
    group.bench_function("normal", |b| b.iter(|| next().normal()));
    for mean in [3.0, 100.0, 250.0, 25_000.0] {
        group.bench_function(format!("poisson of {mean}"), |b| {
            b.iter(|| next().poisson(black_box(mean)));
        });
    }
    for (n, p) in [(10, 0.01), (100, 0.01), (100, 0.1), (250, 0.2), (25_000, 0.2)] {
        group.bench_function(format!("binomial {n} of {p}"), |b| {
            b.iter(|| next().binomial(black_box(n), black_box(p)));
        });
    }
    let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0_f64];
    let cuts = Cuts::new(&bounds.map(|bound| normal_cdf(libm::log(bound / 0.0537) / 0.8)));
    for n in [10, 90, 250, 25_000] {
        let mut counts = [0_u32; 11];
        group.bench_function(format!("12 buckets of {n}"), |b| {
            b.iter(|| {
                cuts.count(next(), black_box(n), |cut, count| counts[cut] += count);
                black_box(counts)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, draw);
criterion_main!(benches);
