//! Scoring must not dominate a run: a battery of sixteen worlds with a thousand trials each, and one long cell.
#![allow(missing_docs, reason = "the macros make functions without any")]

use std::hint::black_box;

use coalmine::score::{Cell, Policy, Reads, StaticFacts, World, score};
use coalmine::simulator::{Ending, Few, Outcome, Truth};
use coalmine::units::{Duration, Timestamp};
use criterion::{Criterion, criterion_group, criterion_main};

/// Harm begins at a minute; every fifth trial misses it, the others catch it at looks a minute apart.
fn outcome(seed: u64, harmful: bool) -> Outcome {
    let scattered = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let rolled_back = harmful && !scattered.is_multiple_of(5);
    let moment = Timestamp::from_secs(120 + 60 * (scattered % 11) as i64);
    Outcome {
        ending: if rolled_back {
            Ending::RolledBackByCheck
        } else {
            Ending::Promoted
        },
        truth: Truth {
            harmful,
            onset: harmful.then_some(Timestamp::from_secs(60)),
            healed: None,
        },
        rolled_back_at: rolled_back.then_some(moment),
        restore: rolled_back.then_some(Duration::from_secs(1)),
        promoted_at: (!rolled_back).then_some(moment),
        blast_radius: if harmful {
            (scattered % 1009) as f64 / 7.0
        } else {
            0.0
        },
        waits: 0,
        waited: Duration::ZERO,
        decided_by: rolled_back.then_some(0),
        checks: Few::default(),
        rolled_back_without: Few::repeat(false, 1),
    }
}

fn battery(policies: usize, worlds: usize, trials: u64) -> impl Fn() {
    let facts = StaticFacts {
        reads: Reads::Canary,
        cannot_pass: Vec::new(),
        cannot_fail: Vec::new(),
        own_pauses: Vec::new(),
        person: None,
    };
    let policy = |n| Policy {
        name: format!("policy {n}"),
        checks: vec!["errors".into()],
        facts: facts.clone(),
    };
    let policies: Vec<Policy> = (0..policies).map(policy).collect();
    let world = |n| World {
        name: format!("world {n}"),
        description: String::new(),
        harmful: n % 16 >= 7,
        within_limits: false,
        horizon: Duration::from_mins(75),
    };
    let worlds: Vec<World> = (0..worlds).map(|n| world(n + 16 - worlds)).collect();
    let seeds =
        |offset: usize, harmful| (0..trials).map(move |seed| outcome(seed + 10_007 * offset as u64, harmful));
    let outcomes: Vec<Vec<Vec<Outcome>>> = worlds
        .iter()
        .map(|world| {
            (0..policies.len())
                .map(|policy| seeds(policy, world.harmful).collect())
                .collect()
        })
        .collect();
    move || {
        let cell = |world, policy| Cell {
            policy,
            world,
            outcomes: &outcomes[world][policy],
            address: String::new(),
        };
        let cells: Vec<Cell<'_>> = (0..worlds.len())
            .flat_map(|world| (0..policies.len()).map(move |policy| cell(world, policy)))
            .collect();
        black_box(score(&policies, &worlds, &cells, 1));
    }
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("score");
    group.sample_size(10);
    group.bench_function("one policy, 16 worlds, 1,000 trials", |bencher| {
        bencher.iter(battery(1, 16, 1000));
    });
    group.bench_function("three policies, 16 worlds, 1,000 trials", |bencher| {
        bencher.iter(battery(3, 16, 1000));
    });
    group.bench_function("one policy, one world, 100,000 trials", |bencher| {
        bencher.iter(battery(1, 1, 100_000));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
