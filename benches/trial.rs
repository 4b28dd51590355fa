//! Trials of `scenarios/param-kernel-bench`: what one costs and consists of, where it is harmless, where it is rolled back
//! and where errors are asked again; and trials a second over the whole battery against threads, against the horizon, and
//! with everything drawn.
//!
//! With `--features count-draws` the draws of a trial are counted too, at a few per cent of its time.
#![allow(missing_docs, reason = "the macros make functions without any")]
#![allow(
    clippy::print_stdout,
    reason = "what a trial consists of is said beside its time"
)]

#[path = "../tests/common/bench_case.rs"]
mod bench_case;

use std::alloc::System;
use std::hint::black_box;
use std::time::Duration as WallTime;

use coalmine::experiment::{Plan, Seeds};
use coalmine::seed::Seed;
use coalmine::series::{AsOf, is_stale};
use coalmine::simulator::{Actor, Outcome, Stage, Troupe};
use coalmine::units::{Duration, Timestamp};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The battery's worlds that are played alone: harmless, rolled back, asked again and again for want of requests.
const WORLDS: [&str; 3] = ["plain", "errors 10 %", "0.5 requests/s"];

/// What a trial consists of.
#[derive(Clone, Copy, Debug, Default)]
struct Anatomy {
    draws: f64,
    samples: f64,
    looks: f64,
    allocations: f64,
}

/// Draws of this thread so far, if they are counted.
fn draws() -> u64 {
    #[cfg(feature = "count-draws")]
    return coalmine::seed::draws();
    #[cfg(not(feature = "count-draws"))]
    0
}

impl Anatomy {
    /// The mean of a hundred trials, the trials without each check among them.
    fn of(stage: &Stage<'_>) -> Self {
        const TRIALS: u64 = 100;
        let mut actor = Actor::new(stage);
        for seed in 1..=TRIALS {
            black_box(actor.play(stage, Seed(seed)));
        }
        let region = Region::new(ALLOCATOR);
        let before = draws();
        for seed in 1..=TRIALS {
            black_box(actor.play(stage, Seed(seed)));
        }
        let draws = draws() - before;
        let change = region.change();
        // Looks and samples are told of the trial itself.
        let (mut looks, mut samples) = (0, 0);
        for seed in 1..=TRIALS {
            let outcome = actor.play_once(stage, Seed(seed), &mut ());
            looks += outcome.checks.iter().map(|check| check.looks).sum::<u32>();
            samples += scraped(stage, &actor);
        }
        let mean = |count: f64| count / TRIALS as f64;
        Self {
            draws: mean(draws as f64),
            samples: mean(samples as f64),
            looks: mean(f64::from(looks)),
            allocations: mean((change.allocations + change.reallocations) as f64),
        }
    }

    fn say(&self, name: &str) {
        let Self {
            draws,
            samples,
            looks,
            allocations,
        } = self;
        let draws = if cfg!(feature = "count-draws") {
            format!("{draws:.0} draws, ")
        } else {
            String::new()
        };
        println!("{name}: {draws}{samples:.0} samples, {looks:.1} looks, {allocations} allocations a trial");
    }
}

/// Samples that the last trial scraped.
fn scraped(stage: &Stage<'_>, actor: &Actor) -> usize {
    let seen = AsOf::new(actor.samples(), Timestamp::MAX, Timestamp::MAX);
    let of = |id| {
        let values = seen.column(id).between(i64::MIN, i64::MAX).values;
        values.iter().filter(|&&value| !is_stale(value)).count()
    };
    stage.world().layout().series().map(|(id, _)| of(id)).sum()
}

fn one(c: &mut Criterion) {
    println!("an outcome is {} bytes", size_of::<Outcome>());
    let battery = bench_case::plan(&["battery"], None);
    for (world, planned) in battery.worlds.iter().enumerate() {
        Anatomy::of(&battery.stage(0, world).unwrap()).say(&planned.scenario.name);
    }
    let plan = bench_case::plan(&WORLDS, None);
    let mut group = c.benchmark_group("one trial");
    group
        .warm_up_time(WallTime::from_secs(1))
        .measurement_time(WallTime::from_secs(3));
    for (world, planned) in plan.worlds.iter().enumerate() {
        let name = planned.scenario.name.as_str();
        let stage = plan.stage(0, world).unwrap();
        for (how, stage) in [
            ("", stage),
            (", all drawn", plan.stage(0, world).unwrap().eagerly()),
        ] {
            let mut actor = Actor::new(&stage);
            let mut seed = 0;
            group.bench_function(format!("{name}{how}"), |b| {
                b.iter(|| {
                    seed += 1;
                    black_box(actor.play_once(&stage, Seed(seed), &mut ()))
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

/// What a trial costs in each world, those that are played by name among them.
fn each(c: &mut Criterion) {
    let plan = bench_case::plan(&["battery"], None);
    let mut group = c.benchmark_group("a trial in each world");
    group
        .sample_size(20)
        .warm_up_time(WallTime::from_millis(300))
        .measurement_time(WallTime::from_secs(1));
    for (world, planned) in plan.worlds.iter().enumerate() {
        let stage = plan.stage(0, world).unwrap();
        let mut actor = Actor::new(&stage);
        let mut seed = 0;
        group.bench_function(planned.scenario.name.as_str(), |b| {
            b.iter(|| {
                seed += 1;
                black_box(actor.play_once(&stage, Seed(seed), &mut ()))
            });
        });
    }
    group.finish();
}

/// Plays the first seeds of the whole battery.
fn play(plan: &Plan, threads: usize, seeds: u64) -> u64 {
    let seeds = Seeds {
        threads: Some(threads),
        ..Seeds::first(seeds)
    };
    plan.play(&seeds).unwrap().seeds
}

fn many(c: &mut Criterion) {
    const SEEDS: u64 = 100;
    let mut group = c.benchmark_group("the battery");
    group.sample_size(10);
    let plan = bench_case::plan(&[], None);
    let trials = SEEDS * plan.worlds.len() as u64;
    group.throughput(Throughput::Elements(trials));
    for threads in [1, 2] {
        group.bench_function(BenchmarkId::new("threads", threads), |b| {
            b.iter(|| play(&plan, threads, SEEDS));
        });
    }
    for hours in [1, 4, 12] {
        let plan = bench_case::plan(&[], Some(Duration::from_mins(60 * hours)));
        group.bench_function(BenchmarkId::new("one thread, hours to the horizon", hours), |b| {
            b.iter(|| play(&plan, 1, SEEDS));
        });
    }
    let stages = || (0..plan.worlds.len()).map(|world| plan.stage(0, world).unwrap());
    for (how, stages) in [
        ("drawn where it is read", stages().collect::<Vec<_>>()),
        ("all drawn", stages().map(Stage::eagerly).collect()),
    ] {
        let mut troupe = Troupe::new(&stages);
        group.bench_function(format!("one thread, {how}"), |b| {
            b.iter(|| {
                for seed in 1..=SEEDS {
                    troupe.play(&stages, Seed(seed)).for_each(|outcome| {
                        black_box(outcome);
                    });
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, one, each, many);
criterion_main!(benches);
