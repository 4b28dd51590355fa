//! One trial of `scenarios/param-kernel-bench`, and many: what a trial costs, where it is harmless, where it is rolled
//! back and where errors are asked again; against threads and against the horizon.
#![allow(missing_docs, reason = "the macros make functions without any")]
#![allow(
    clippy::print_stdout,
    reason = "what a trial consists of is said beside its time"
)]

use std::alloc::System;
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use coalmine::diagnostic::Documents;
use coalmine::experiment::{Plan, Request, Seeds, prepare};
use coalmine::seed::Seed;
use coalmine::simulator::{Actor, Stage};
use coalmine::units::Duration;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The battery's worlds that are played: harmless, rolled back, asked again and again for want of requests.
const WORLDS: [&str; 3] = ["plain", "errors 10 %", "0.5 requests/s"];

fn plan(worlds: &[&str], horizon: Option<Duration>) -> Plan {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/param-kernel-bench");
    let mut documents = Documents::default();
    for name in [
        "analysis-template.yaml",
        "rollout.yaml",
        "scenario.yaml",
        "services.yaml",
    ] {
        documents.add(name, std::fs::read_to_string(folder.join(name)).unwrap());
    }
    let request = Request {
        worlds: worlds.iter().map(|&name| name.to_owned()).collect(),
        horizon,
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    assert_eq!(prepared.refused, 0);
    prepared.plan
}

/// Says what a trial of a world consists of, as a mean of a hundred.
fn anatomy(stage: &Stage<'_>, name: &str) {
    let mut actor = Actor::new(stage);
    for seed in 1..=100 {
        actor.play(stage, Seed(seed));
    }
    let (mut looks, mut rows) = (0, 0);
    let region = Region::new(ALLOCATOR);
    for seed in 1..=100 {
        let outcome = actor.play_once(stage, Seed(seed), None, &mut ());
        looks += outcome.checks.iter().map(|check| check.looks).sum::<u32>();
        rows += actor.samples().len();
    }
    let change = region.change();
    let allocations = change.allocations + change.reallocations;
    let mean = |count: f64| count / 100.0;
    println!(
        "{name}: {} evaluations, {} scrapes, {} allocations a trial",
        mean(f64::from(looks)),
        mean(rows as f64),
        mean(allocations as f64)
    );
}

fn one(c: &mut Criterion) {
    let plan = plan(&WORLDS, None);
    let mut group = c.benchmark_group("one trial");
    for (world, planned) in plan.worlds.iter().enumerate() {
        let name = planned.scenario.name.as_str();
        let stage = plan.stage(0, world).unwrap();
        anatomy(&stage, name);
        for (how, stage) in [
            ("", stage),
            (", all drawn", plan.stage(0, world).unwrap().eagerly()),
        ] {
            let mut actor = Actor::new(&stage);
            let mut seed = 0;
            group.bench_function(format!("{name}{how}"), |b| {
                b.iter(|| {
                    seed += 1;
                    black_box(actor.play_once(&stage, Seed(seed), None, &mut ()))
                });
            });
            group.bench_function(format!("{name}{how}, and without each check"), |b| {
                b.iter(|| {
                    seed += 1;
                    black_box(actor.play(&stage, Seed(seed)))
                });
            });
        }
    }
    group.finish();
}

fn many(c: &mut Criterion) {
    let stop = AtomicBool::new(false);
    let play = |plan: &Plan, threads: usize, count: u64| {
        let seeds = Seeds {
            first: 1,
            count,
            threads: Some(threads),
            stop: &stop,
            progress: &|_| {},
        };
        plan.play(&seeds).unwrap().seeds
    };
    let mut group = c.benchmark_group("trials");
    group.sample_size(10);
    for threads in [1, 2] {
        let plan = plan(&[], None);
        group.throughput(Throughput::Elements(100 * plan.worlds.len() as u64));
        group.bench_function(BenchmarkId::new("the battery, threads", threads), |b| {
            b.iter(|| play(&plan, threads, 100));
        });
    }
    for times in [1, 4] {
        let plan = plan(&WORLDS, Some(Duration::from_mins(59 * times)));
        group.throughput(Throughput::Elements(200 * plan.worlds.len() as u64));
        group.bench_function(BenchmarkId::new("three worlds, horizons", times), |b| {
            b.iter(|| play(&plan, 1, 200));
        });
    }
    group.finish();
}

criterion_group!(benches, one, many);
criterion_main!(benches);
