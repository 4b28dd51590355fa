//! How long a condition takes to judge one answer.
#![allow(missing_docs, reason = "the macros make functions without any")]

use coalmine::policy::condition::{Answer, Condition};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn judge(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("condition");
    let cases: [(&str, &str, &[f64]); 5] = [
        ("one comparison", "result[0] < 0.05", &[0.01]),
        ("guarded", "len(result) == 0 || result[0] >= 0.95", &[0.99]),
        (
            "nan and band",
            "!isNaN(result[0]) && result[0] >= 0.9 && result[0] <= 1",
            &[0.95],
        ),
        ("all of four", "all(result, # < 500)", &[1.0, 2.0, 3.0, 4.0]),
        ("in a list", "result[0] in [0.95, 0.99, 1]", &[0.99]),
    ];
    for (name, text, values) in cases {
        let condition = Condition::new(text);
        let answer = Answer::Vector(values);
        group.bench_function(name, |bencher| {
            bencher.iter(|| condition.evaluate(std::hint::black_box(&answer)));
        });
    }
    group.bench_function("parse and compile", |bencher| {
        bencher.iter_batched(
            || "len(result) == 0 || result[0] >= 0.95",
            Condition::new,
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, judge);
criterion_main!(benches);
