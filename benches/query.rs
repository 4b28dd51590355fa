//! One evaluation of the queries canaries ask most: a ratio of errors, and a quantile of latency.
#![allow(missing_docs, reason = "criterion's macros write the entry points")]

use std::hint::black_box;

use coalmine::promql::{Plan, Settings, Value, parse};
use coalmine::series::{AsOf, Labels, Layout, Samples};
use coalmine::units::Timestamp;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

/// Milliseconds between scrapes.
const INTERVAL: i64 = 15_000;
const SCRAPES: i64 = 240;
const BOUNDS: [&str; 12] = [
    "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf",
];

/// An hour of counters: per pod one axis, with a series for each of `labels`.
fn counters(pods: i64, labels: &[[(&str, &str); 2]]) -> (Layout, Samples) {
    let mut layout = Layout::default();
    let mut axes = Vec::new();
    for pod in 0..pods {
        let axis = layout.add_axis();
        let pod = format!("pod-{pod}");
        for pairs in labels {
            let pairs = pairs.iter().copied().chain([("pod", pod.as_str())]);
            layout.add_series(axis, Labels::new(pairs));
        }
        axes.push(axis);
    }
    let mut samples = Samples::new(&layout);
    for (pod, axis) in (0i64..).zip(axes) {
        for scrape in 0..SCRAPES {
            let time = scrape * INTERVAL + pod * 137 % INTERVAL;
            let values = (0..labels.len()).map(|n| (scrape * (20 + 7 * n as i64 + pod % 5)) as f64);
            samples.push(axis, time, values);
        }
    }
    (layout, samples)
}

fn evaluations(criterion: &mut Criterion, name: &str, query: &str, labels: &[[(&str, &str); 2]]) {
    let mut group = criterion.benchmark_group(name);
    for pods in [1, 10, 100] {
        let (layout, samples) = counters(pods, labels);
        let plan = Plan::new(&parse(query).unwrap(), &layout, &Settings::default()).unwrap();
        let mut scratch = plan.scratch();
        let mut at = 0;
        group.bench_function(BenchmarkId::from_parameter(format!("{pods} pods")), |bencher| {
            bencher.iter(|| {
                // A look every 30 s; after an hour the next trial begins.
                at = (at + 30_000) % (SCRAPES * INTERVAL);
                let now = Timestamp::from_millis(at);
                let view = AsOf::new(&samples, now, now);
                match plan.evaluate(view, now, &mut scratch) {
                    Ok(Value::Vector(vector)) => black_box(vector.values().iter().sum::<f64>()),
                    _ => f64::NAN,
                }
            });
        });
    }
}

fn ratio(criterion: &mut Criterion) {
    let query = r#"sum(rate(x{status=~"5.."}[1m])) / sum(rate(x[1m]))"#;
    let labels = [
        [("__name__", "x"), ("status", "200")],
        [("__name__", "x"), ("status", "500")],
    ];
    evaluations(criterion, "ratio", query, &labels);
}

fn quantile(criterion: &mut Criterion) {
    let query = "histogram_quantile(0.95, sum by (le) (rate(x_bucket[1m])))";
    let labels = BOUNDS.map(|bound| [("__name__", "x_bucket"), ("le", bound)]);
    evaluations(criterion, "quantile", query, &labels);
}

criterion_group!(benches, ratio, quantile);
criterion_main!(benches);
