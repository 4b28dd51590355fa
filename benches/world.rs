//! Time of a synthetic world: one scrape, one trial's evidence, one trial's harm.

use std::hint::black_box;

use coalmine::scenario::exposition::{Arm, Counts, Exposition, Family, Histogram, LabelRule, OutcomeLabel};
use coalmine::scenario::{Fault, Limits, Scenario, standard};
use coalmine::seed::Seed;
use coalmine::series::{Samples, SeriesId};
use coalmine::units::{Duration, Share, Timestamp};
use coalmine::world::{Pods, Traffic, World, WorldState};
use criterion::{Criterion, criterion_group, criterion_main};

fn exposition() -> Exposition {
    let version = || LabelRule {
        name: "version".into(),
        canary: "canary".into(),
        stable: "stable".into(),
    };
    let family = |name: &str| Family {
        name: name.into(),
        counts: Counts::Requests,
        gauge: None,
        histogram: None,
        outcome: None,
        labels: vec![version()],
        arms: vec![Arm::Canary, Arm::Stable],
    };
    let outcome = OutcomeLabel {
        label: "status".into(),
        success: "200".into(),
        failure: "500".into(),
    };
    let bounds = vec![0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    Exposition {
        families: vec![
            Family {
                outcome: Some(outcome),
                ..family("requests_total")
            },
            Family {
                gauge: None,
                histogram: Some(Histogram {
                    bounds,
                    per_second: 1.0,
                    median: None,
                }),
                ..family("seconds")
            },
        ],
        routes: Vec::new(),
    }
}

/// Twenty minutes at 20 requests/s and a fifth for the canary, looked at every `every` seconds through `window`
/// seconds, from the first minute on.
fn trial(world: &World, state: &mut WorldState, samples: &mut Samples, seed: u64, every: i64, window: i64) {
    samples.clear();
    let traffic = Traffic {
        share: Share::new(0.2),
        canary_pods: 1,
        stable_pods: 1,
    };
    world.begin(state, Seed(seed), traffic);
    let mut now = Timestamp::from_secs(60);
    while now <= Timestamp::from_secs(1200) {
        let until = now - Duration::from_secs(2);
        world.advance(state, until, now - Duration::from_secs(window), samples);
        now = now + Duration::from_secs(every);
    }
}

fn world(c: &mut Criterion) {
    let mut scenario = standard(&Limits::default());
    scenario.traffic.rate = 20.0;
    scenario.faults = vec![Fault {
        errors: 0.02,
        ..Fault::default()
    }];
    let make = |scenario: &Scenario| World::new(scenario, &exposition(), &Pods::numbered(1, 1));
    let both = make(&scenario);
    let of = |keep: &dyn Fn(&coalmine::series::Labels) -> bool| -> Vec<SeriesId> {
        both.layout()
            .series()
            .filter(|(_, labels)| keep(labels))
            .map(|(id, _)| id)
            .collect()
    };
    let canary = both
        .clone()
        .reading(&of(&|labels| labels.get("version") == Some("canary")));
    let no_sum = both
        .clone()
        .reading(&of(&|labels| labels.name() != Some("seconds_sum")));
    let no_sum_canary = both.clone().reading(&of(&|labels| {
        labels.name() != Some("seconds_sum") && labels.get("version") == Some("canary")
    }));
    let errors = both.clone().reading(&of(&|labels| {
        labels.name() == Some("requests_total") && labels.get("version") == Some("canary")
    }));
    let (mut state, mut samples) = (WorldState::default(), Samples::new(both.layout()));
    let mut seed = 0;
    let mut group = c.benchmark_group("world");
    for (name, world) in [
        ("both arms with sums", &both),
        ("both arms", &no_sum),
        ("canary with sums", &canary),
        ("canary", &no_sum_canary),
        ("canary, errors", &errors),
    ] {
        for (every, window) in [(30, 60), (300, 60)] {
            group.bench_function(format!("{name}: every {every}s [{window}s]"), |b| {
                b.iter(|| {
                    seed += 1;
                    trial(black_box(world), &mut state, &mut samples, seed, every, window);
                });
            });
        }
    }
    group.bench_function("one scrape of both arms", |b| {
        let traffic = Traffic {
            share: Share::new(0.2),
            canary_pods: 1,
            stable_pods: 1,
        };
        let begin = |state: &mut WorldState, samples: &mut Samples| {
            samples.clear();
            no_sum.begin(state, Seed(1), traffic);
            Timestamp::ZERO
        };
        let mut now = begin(&mut state, &mut samples);
        b.iter(|| {
            now = now + Duration::from_secs(15);
            if now > Timestamp::from_secs(3600) {
                now = begin(&mut state, &mut samples);
            }
            no_sum.advance(&mut state, now, now, &mut samples);
        });
    });
    group.bench_function("harm of 50 minutes", |b| {
        let traffic = Traffic {
            share: Share::new(0.2),
            canary_pods: 1,
            stable_pods: 1,
        };
        b.iter(|| {
            seed += 1;
            both.begin(&mut state, Seed(seed), traffic);
            black_box(both.blast_radius(&mut state, Timestamp::from_secs(3000)))
        });
    });
    group.finish();
}

criterion_group!(benches, world);
criterion_main!(benches);
