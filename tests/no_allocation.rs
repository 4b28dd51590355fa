//! The hot loop allocates nothing once a scratch has been used; a trial allocates nothing after a worker's first.

#[path = "common/bench_case.rs"]
mod bench_case;

use std::alloc::System;
use std::hint::black_box;
use std::sync::Mutex;

use coalmine::promql::{Plan, Settings, Trail, Value, parse};
use coalmine::seed::Seed;
use coalmine::series::{AsOf, Labels, Layout, STALE, Samples};
use coalmine::simulator::{Actor, Ending, Stage};
use coalmine::units::{Duration, Timestamp};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const QUERIES: [&str; 14] = [
    r#"sum(rate(x{code=~"5.."}[1m])) / sum(rate(x[1m]))"#,
    "histogram_quantile(0.95, sum by (le) (rate(b[1m])))",
    "histogram_fraction(0, 0.2, sum by (le) (rate(b[1m])))",
    r#"(sum(rate(x{code="500"}[1m])) or vector(0)) / clamp_min(sum(rate(x[1m])), 1)"#,
    "sum by (pod) (rate(x[1m])) / on (pod) group_left sum by (pod) (rate(x[5m]))",
    r#"x > on (pod, code) x offset 1m and ignoring (code) x{code="200"} unless x{code="500"} > 1e9"#,
    "max_over_time((sum(rate(x[1m])) / 2)[5m:30s])",
    "avg_over_time(sum_over_time(x[1m:15s])[5m:1m])",
    "topk(2, sum by (code) (increase(x[2m])))",
    "sort_desc(quantile by (code) (0.9, x))",
    "quantile_over_time(0.5, x[5m]) + stddev_over_time(x[5m]) + predict_linear(x[5m], 60)",
    "absent(nothing) * scalar(count(x)) + time()",
    "label_replace(x, \"c\", \"$1\", \"code\", \"(.).*\") + on (pod, code) x @ 100",
    "x[5m]",
];

fn counters() -> (Layout, Samples) {
    let mut layout = Layout::default();
    let axes: Vec<_> = ["a", "b", "c"]
        .iter()
        .map(|pod| {
            let axis = layout.add_axis();
            for code in ["200", "404", "500"] {
                layout.add_series(
                    axis,
                    Labels::new([("__name__", "x"), ("pod", pod), ("code", code)]),
                );
            }
            for le in ["0.1", "0.5", "1", "+Inf"] {
                layout.add_series(axis, Labels::new([("__name__", "b"), ("pod", pod), ("le", le)]));
            }
            axis
        })
        .collect();
    let mut samples = Samples::new(&layout);
    for (phase, axis) in (0i64..).zip(axes) {
        for n in 0..80i64 {
            // Every 13th scrape finds one series gone; pods restart at different times.
            let values = (0..7i64).map(|series| match (n + series) % 13 {
                0 => STALE,
                _ => ((n % (40 + phase)) * (3 + series)) as f64,
            });
            samples.push(
                axis,
                n * 15_000 + phase * 1234,
                values.collect::<Vec<_>>().into_iter(),
            );
        }
    }
    (layout, samples)
}

/// Evaluates at ascending moments and gives the number of elements seen.
fn trial(plan: &Plan, samples: &Samples, scratch: &mut coalmine::promql::Scratch) -> usize {
    (0..40)
        .map(|look| {
            let now = Timestamp::from_secs(look * 30);
            match plan.evaluate(AsOf::new(samples, now, now), now, scratch) {
                Ok(Value::Vector(vector)) => vector.len(),
                Ok(Value::Matrix(matrix)) => matrix.iter().map(|(_, times, _)| times.len()).sum(),
                Ok(Value::Scalar(_) | Value::Text(_)) => 1,
                Err(error) => panic!("{error}"),
            }
        })
        .sum()
}

/// The allocator counts for all threads: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn only_the_first_trial_allocates() {
    let _alone = ALONE.lock();
    let (layout, samples) = counters();
    for query in QUERIES {
        let plan = Plan::new(&parse(query).unwrap(), &layout, &Settings::default()).unwrap();
        let mut scratch = plan.scratch();
        let first = trial(&plan, &samples, &mut scratch);
        assert!(first > 0, "{query} is answered");
        // The test harness has a thread of its own that allocates now and then: the best of a few rounds counts.
        let rounds = (0..5).map(|_| {
            let region = Region::new(ALLOCATOR);
            assert_eq!(trial(&plan, &samples, &mut scratch), first, "{query}");
            let change = region.change();
            change.allocations + change.reallocations
        });
        assert_eq!(rounds.min(), Some(0), "{query}");
    }
}

/// 41 moments of nine series, more than a sort that keeps the order of equals does in place.
#[test]
fn nor_does_a_range_query_allocate_again() {
    let _alone = ALONE.lock();
    let (layout, samples) = counters();
    let [start, end, step] = [600, 0, 15].map(Duration::from_secs);
    let trail = Trail { start, end, step };
    let now = Timestamp::from_secs(900);
    for query in ["rate(x[1m])", "max_over_time(x[1m:10s])", "time()"] {
        let plan = Plan::of(&parse(query).unwrap(), &layout, &Settings::default(), Some(trail)).unwrap();
        let (mut scratch, mut numbers) = (plan.scratch(), Vec::new());
        let mut ask = || {
            let view = AsOf::new(&samples, now, now);
            plan.evaluate_trail(view, now, &mut scratch, &mut numbers)
                .unwrap();
            numbers.len()
        };
        assert!(ask() > 40, "{query} is answered");
        assert_eq!(
            allocations(|| {
                black_box(ask());
            }),
            0,
            "{query}"
        );
    }
}

/// Allocations of `work`. The test harness has a thread of its own that allocates now and then: the best of a few rounds
/// counts.
fn allocations(mut work: impl FnMut()) -> usize {
    let rounds = (0..5).map(|_| {
        let region = Region::new(ALLOCATOR);
        work();
        let change = region.change();
        change.allocations + change.reallocations
    });
    rounds.min().unwrap_or(0)
}

/// What playing the same trials again allocates, beyond what their outcomes hold: those of policies with many checks have
/// a block of their own.
fn beyond_outcomes(stage: &Stage<'_>, actor: &mut Actor, seeds: u64) -> usize {
    let outcomes: Vec<_> = (1..=seeds).map(|seed| actor.play(stage, Seed(seed))).collect();
    let held = allocations(|| {
        for outcome in &outcomes {
            drop(black_box(outcome.clone()));
        }
    });
    let played = allocations(|| {
        for seed in 1..=seeds {
            black_box(actor.play(stage, Seed(seed)));
        }
    });
    played - held
}

/// Worlds of every other kind: gauges, many families with checks left out, and a recording.
#[test]
fn so_it_is_with_gauges_and_recordings() {
    let _alone = ALONE.lock();
    for (name, plan, seeds) in [
        ("corp-cockpit", bench_case::case("scenarios/corp-cockpit"), 3),
        (
            "unified-profile",
            bench_case::case("scenarios/unified-profile"),
            6,
        ),
        (
            "dark launch",
            bench_case::case("tests/manifests/21-dark-launch"),
            10,
        ),
        ("recorded", bench_case::recorded(), 10),
        ("experiment", bench_case::case("tests/manifests/22-experiment"), 4),
    ] {
        let mut rolled_back = 0;
        for policy in 0..plan.policies.len() {
            for (world, planned) in plan.worlds.iter().enumerate() {
                let stage = plan.stage(policy, world).unwrap();
                let mut actor = Actor::new(&stage);
                for seed in 1..=seeds {
                    let outcome = actor.play(&stage, Seed(seed));
                    rolled_back += u32::from(outcome.rolled_back_without.contains(&false));
                }
                let world = &planned.scenario.name;
                assert_eq!(beyond_outcomes(&stage, &mut actor, seeds), 0, "{name}, {world}");
            }
        }
        // Trials without a check are among them.
        assert!(rolled_back > 0, "{name}");
    }
}

/// Worlds in which trials of the case promote, are rolled back by failures, and ask again after errors; and all that
/// have a course of their own.
const WORLDS: [&str; 14] = [
    "plain",
    "errors 10 %",
    "latency × 3",
    "0.5 requests/s",
    "more of the slow route",
    "one failing client",
    "load test",
    "one bad endpoint",
    "harm in the second pause",
    "harm after promotion",
    "harm that heals",
    "a third of the weight",
    "traffic stops",
    "never ready",
];

#[test]
fn only_a_workers_first_trials_allocate() {
    let _alone = ALONE.lock();
    let plan = bench_case::plan(&WORLDS, None);
    let mut endings = Vec::new();
    for (world, name) in WORLDS.iter().enumerate() {
        let stage = plan.stage(0, world).unwrap();
        let mut whole = Actor::new(&stage);
        let drawn_whole = plan.stage(0, world).unwrap().eagerly();
        let mut actor = Actor::new(&stage);
        let play = |actor: &mut Actor, seed| actor.play(&stage, Seed(seed));
        for seed in 1..=30 {
            let outcome = play(&mut actor, seed);
            assert_eq!(outcome, whole.play(&drawn_whole, Seed(seed)), "seed {seed}");
            endings.push(outcome.ending);
        }
        let again = allocations(|| {
            for seed in 1..=30 {
                black_box(play(&mut actor, seed));
            }
        });
        assert_eq!(again, 0, "{name}");
    }
    for ending in [
        Ending::Promoted,
        Ending::RolledBackByCheck,
        Ending::RolledBackByErrors,
    ] {
        assert!(endings.contains(&ending), "{ending:?} is among them");
    }
}
