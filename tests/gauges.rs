//! Promises of gauges: bounds, law, common luck, no dependence on who looks; and what faults do to them.

use coalmine::scenario::exposition::{Arm, Counts, Exposition, Family, LabelRule};
use coalmine::scenario::{
    Better, ColdStart, Course, Fault, Follows, Gauge, GaugeFault, Limits, Noise, Scenario, standard,
};
use coalmine::seed::Seed;
use coalmine::series::{AsOf, Samples, SeriesId, is_stale};
use coalmine::units::{Duration, Share, Timestamp};
use coalmine::world::{Pods, Traffic, World, WorldState};
use proptest::prelude::*;

fn family(name: &str, counts: Counts, gauge: Gauge) -> Family {
    let rule = |name: &str, canary: &str, stable: &str| LabelRule {
        name: name.into(),
        canary: canary.into(),
        stable: stable.into(),
    };
    Family {
        name: name.into(),
        counts,
        gauge: Some(gauge),
        histogram: None,
        outcome: None,
        labels: vec![rule("version", "canary", "stable"), rule("pod", "{pod}", "{pod}")],
        arms: vec![Arm::Canary, Arm::Stable],
    }
}

fn queue() -> Gauge {
    Gauge {
        limit: Some(1000.0),
        follows: Follows::Nothing,
        ..Gauge::hovering(0.0, 2000.0)
    }
}

fn requests() -> Family {
    Family {
        gauge: None,
        counts: Counts::Requests,
        ..family("requests_total", Counts::Requests, queue())
    }
}

fn hits(rest: bool) -> Family {
    let gauge = Gauge {
        limit: Some(0.8),
        better: Better::High,
        luck: Some("cache".into()),
        rest,
        ..Gauge::hovering(0.0, 1.0)
    };
    family(
        if rest { "misses_total" } else { "hits_total" },
        Counts::Part,
        gauge,
    )
}

fn plain() -> Scenario {
    standard(&Limits::default())
}

fn world(scenario: &Scenario, families: Vec<Family>, canary: usize, stable: usize) -> World {
    World::new(
        scenario,
        &Exposition {
            families,
            routes: Vec::new(),
        },
        &Pods::numbered(canary, stable),
    )
}

type Steps<'s> = &'s [(i64, f64, u32, u32)];

/// Plays (second, share, canary pods, stable pods) to `end`, looking every `look` at the last five minutes.
fn play(world: &World, seed: u64, steps: Steps<'_>, end: i64, look: i64) -> Samples {
    let (mut state, mut samples) = (WorldState::default(), Samples::new(world.layout()));
    let traffic = |&(_, share, canary_pods, stable_pods): &(i64, f64, u32, u32)| Traffic {
        share: Share::new(share),
        canary_pods,
        stable_pods,
    };
    world.begin(&mut state, Seed(seed), traffic(&steps[0]));
    let mut rest = steps[1..].iter().peekable();
    for now in (0..=end).step_by(look as usize) {
        while let Some(step) = rest.next_if(|step| step.0 <= now) {
            world.traffic(&mut state, Timestamp::from_secs(step.0), traffic(step));
        }
        let now = Timestamp::from_secs(now);
        world.advance(&mut state, now, now - Duration::from_mins(5), &mut samples);
    }
    samples
}

fn series(world: &World, name: &str, pod: &str) -> SeriesId {
    let mut found = world.layout().series();
    let is = |labels: &coalmine::series::Labels| {
        labels.get("__name__") == Some(name) && labels.get("pod") == Some(pod)
    };
    found
        .find(|(_, labels)| is(labels))
        .unwrap_or_else(|| panic!("no {name} on {pod}"))
        .0
}

/// Seconds and values that are there.
fn values(samples: &Samples, id: SeriesId) -> Vec<(f64, f64)> {
    let column = AsOf::new(samples, Timestamp::MAX, Timestamp::MAX).column(id);
    let times = column.times.iter().map(|&time| time as f64 / 1000.0);
    let pairs = times.zip(column.values.iter().copied());
    pairs.filter(|(_, value)| !is_stale(*value)).collect()
}

const CANARY: Steps<'static> = &[
    (0, 0.0, 0, 4),
    (60, 0.1, 1, 4),
    (600, 0.5, 2, 4),
    (1200, 1.0, 4, 4),
];

#[test]
fn a_gauge_has_the_moments_and_the_correlation_it_states() {
    let noise = Noise {
        shared: 0.3,
        private: 0.4,
        correlation: Duration::from_mins(5),
    };
    let gauge = Gauge { noise, ..queue() };
    let world = world(&plain(), vec![family("depth", Counts::Nothing, gauge)], 0, 2);
    let [one, two] = ["stable-0", "stable-1"].map(|pod| series(&world, "depth", pod));
    // Log-odds of the place between floor and ceiling, five minutes apart (ten cells of noise, 20 scrapes).
    let odds = |value: f64| libm::log(value / (2000.0 - value));
    let level = odds(600.0);
    let (n, mut sums) = (4000, [0.0; 4]);
    for seed in 0..n {
        let samples = play(&world, seed, &[(0, 0.0, 0, 2)], 600, 600);
        let of = |id| -> Vec<f64> {
            values(&samples, id)
                .iter()
                .map(|(_, v)| odds(*v) - level)
                .collect()
        };
        let (one, two) = (of(one), of(two));
        let last = one.len() - 1;
        for (sum, x) in sums.iter_mut().zip([
            one[last],
            one[last] * one[last],
            one[last] * one[last - 20],
            one[last] * two[two.len() - 1],
        ]) {
            *sum += x / n as f64;
        }
    }
    // Variance 0.09 + 0.16; covariances have an sd of at most 0.25 × sqrt(2): 5 standard errors.
    let within = |value: f64, expected: f64, sd: f64| {
        assert!(
            (value - expected).abs() < 5.0 * sd / libm::sqrt(n as f64),
            "{value} is not near {expected}"
        );
    };
    within(sums[0], 0.0, 0.5);
    within(sums[1], 0.25, 0.3536);
    within(sums[2], 0.25 * libm::exp(-1.0), 0.3536);
    within(sums[3], 0.09, 0.3536);
}

#[test]
fn only_what_follows_the_load_depends_on_the_share() {
    let loaded = Gauge {
        follows: Follows::Load(1.0),
        ..queue()
    };
    let families = vec![
        family("depth", Counts::Nothing, queue()),
        family("pool", Counts::Nothing, loaded),
    ];
    let world = world(&plain(), families, 1, 4);
    let [low, high] = [0.2, 0.4].map(|share| play(&world, 5, &[(0, 0.0, 0, 4), (30, share, 1, 4)], 900, 30));
    for pod in ["canary-0", "stable-2"] {
        let depth = series(&world, "depth", pod);
        assert_eq!(values(&low, depth), values(&high, depth));
        let pool = series(&world, "pool", pod);
        let pairs = values(&low, pool).into_iter().zip(values(&high, pool));
        let after: Vec<_> = pairs.filter(|(low, _)| low.0 > 60.0).collect();
        assert!(after.len() > 40);
        for ((_, low), (_, high)) in after {
            assert!(
                if pod == "canary-0" { high > low } else { high < low },
                "{pod}: {low} {high}"
            );
        }
    }
}

#[test]
fn hits_and_misses_are_all_requests_and_their_ratio_is_the_gauge() {
    let world = world(&plain(), vec![requests(), hits(false), hits(true)], 1, 2);
    let steps: Steps<'_> = &[(0, 0.0, 0, 2), (60, 0.5, 1, 2)];
    let (mut of_hits, mut of_all) = (0.0, 0.0);
    for seed in 0..40 {
        let samples = play(&world, seed, steps, 1800, 60);
        for pod in ["canary-0", "stable-0"] {
            let of = |name| values(&samples, series(&world, name, pod));
            let (all, hits, misses) = (of("requests_total"), of("hits_total"), of("misses_total"));
            for ((all, hits), misses) in all.iter().zip(&hits).zip(&misses) {
                assert_eq!(all.1, hits.1 + misses.1);
            }
            of_hits += hits[hits.len() - 1].1 - hits[0].1;
            of_all += all[all.len() - 1].1 - all[0].1;
        }
    }
    // 60 % of the way from 1 to 0.8; the noise is symmetric in the log-odds, so nearly so in the mean.
    assert!((of_hits / of_all - 0.88).abs() < 0.003, "{}", of_hits / of_all);
}

#[test]
fn a_sum_grows_by_its_gauge_every_second() {
    let mut cores = Gauge::constant(0.25);
    cores.ceiling = 4.0;
    let world = world(
        &plain(),
        vec![family("cpu_seconds_total", Counts::Sum, cores)],
        1,
        1,
    );
    let samples = play(&world, 1, &[(0, 0.0, 0, 1), (60, 0.5, 1, 1)], 600, 60);
    let seen = values(&samples, series(&world, "cpu_seconds_total", "canary-0"));
    let (first, last) = (seen[0], seen[seen.len() - 1]);
    // A scrape reads the last edge of the grid, at most 5 s before it.
    assert!(((last.1 - first.1) - 0.25 * (last.0 - first.0)).abs() <= 0.25 * 5.0);
}

#[test]
fn a_leak_grows_with_the_pod_and_a_restart_ends_it() {
    let calm = Gauge {
        noise: Gauge::constant(0.0).noise,
        ..queue()
    };
    let course = Course::Leaks(Duration::from_mins(20));
    let gauges = Some(GaugeFault {
        families: Vec::new(),
        course,
    });
    let fault = Fault {
        gauges,
        errors: 0.1,
        ..Fault::default()
    };
    let scenario = Scenario {
        faults: vec![fault],
        ..plain()
    };
    let world = world(&scenario, vec![family("depth", Counts::Nothing, calm)], 1, 2);
    let steps: Steps<'_> = &[
        (0, 0.0, 0, 2),
        (60, 0.1, 1, 2),
        (660, 0.0, 0, 2),
        (720, 0.1, 1, 2),
    ];
    let samples = play(&world, 1, steps, 2400, 30);
    for (time, value) in values(&samples, series(&world, "depth", "canary-0")) {
        let began = if time < 700.0 { 60.0 } else { 720.0 };
        let edge = libm::floor(time / 5.0) * 5.0;
        let grown = ((edge - began) / 1200.0).min(1.0);
        assert!((value - (600.0 + 1400.0 * grown)).abs() < 1e-9, "{time}: {value}");
    }
    assert!(
        values(&samples, series(&world, "depth", "stable-1"))
            .iter()
            .all(|(_, v)| *v == 600.0)
    );

    // It harms nobody until it is at the ceiling, and 10 % of the canary's requests then.
    let mut state = WorldState::default();
    let traffic = |share, canary_pods| Traffic {
        share: Share::new(share),
        canary_pods,
        stable_pods: 2,
    };
    world.begin(&mut state, Seed(1), traffic(0.0, 0));
    world.traffic(&mut state, Timestamp::ZERO, traffic(0.5, 1));
    assert_eq!(world.blast_radius(&mut state, Timestamp::from_secs(1200)), 0.0);
    let harmed = world.blast_radius(&mut state, Timestamp::from_secs(4800));
    assert!((harmed / (3600.0 * 25.0 * 0.1) - 1.0).abs() < 0.6, "{harmed}");
    assert_eq!(world.onset(&state), Some(Timestamp::ZERO));
}

#[test]
fn saturation_follows_the_share_and_what_is_stuck_does_not_move() {
    let with = |course: Course, above: f64| {
        let gauges = Some(GaugeFault {
            families: vec!["depth".into()],
            course,
        });
        let fault = Fault {
            gauges,
            above,
            ..Fault::default()
        };
        Scenario {
            faults: vec![fault],
            ..plain()
        }
    };
    let seen = |scenario: &Scenario, name: &str| {
        let families = vec![
            family("depth", Counts::Nothing, queue()),
            family("other", Counts::Nothing, queue()),
        ];
        let world = world(scenario, families, 4, 4);
        values(
            &play(&world, 2, CANARY, 2400, 60),
            series(&world, name, "canary-0"),
        )
    };
    let healthy = seen(&plain(), "depth");
    let saturated = seen(&with(Course::Saturates(Duration::from_mins(5)), 0.5), "depth");
    for (healthy, saturated) in healthy.iter().zip(&saturated) {
        match healthy.0 {
            ..1200.0 => assert_eq!(healthy, saturated),
            1501.0.. => assert_eq!(saturated.1, 2000.0),
            _ => assert!(saturated.1 >= healthy.1),
        }
    }
    let beyond = seen(&with(Course::Beyond(0.2), 0.0), "depth");
    let mean = beyond.iter().map(|(_, value)| value).sum::<f64>() / beyond.len() as f64;
    assert!((mean / 1200.0 - 1.0).abs() < 0.1, "{mean}");
    let stuck = with(Course::Stuck, 0.0);
    let frozen = seen(&stuck, "depth");
    assert!(frozen.iter().all(|(_, value)| *value == frozen[0].1));
    assert_eq!(seen(&stuck, "other"), seen(&plain(), "other"));
}

#[test]
fn what_is_new_is_far_from_its_best_for_a_while() {
    let mut scenario = plain();
    scenario.cold_start = Some(ColdStart {
        errors: 0.0,
        fading: Duration::from_secs(60),
        gauges: 0.5,
    });
    let calm = Gauge {
        noise: Gauge::constant(0.0).noise,
        ..queue()
    };
    let world = world(&scenario, vec![family("depth", Counts::Nothing, calm)], 1, 2);
    let samples = play(
        &world,
        1,
        &[(0, 0.0, 0, 2), (60, 0.1, 1, 2), (600, 0.2, 1, 2)],
        1000,
        30,
    );
    let seen = values(&samples, series(&world, "depth", "canary-0"));
    let near = |at: f64| seen.iter().find(|(time, _)| *time >= at).unwrap().1;
    // Half of the way from 600 to 2000, less what has faded; at the second step half of the traffic is new.
    assert!(near(66.0) > 1100.0 && near(550.0) < 601.0);
    assert!((850.0..960.0).contains(&near(606.0)), "{}", near(606.0));
}

#[test]
fn a_time_stamp_is_never_older_than_its_level_unless_it_is_stuck() {
    let beat = Gauge {
        stamp: true,
        ..queue()
    };
    let stuck = GaugeFault {
        families: Vec::new(),
        course: Course::Stuck,
    };
    let mut broken = plain();
    broken.faults = vec![Fault {
        gauges: Some(stuck),
        ..Fault::default()
    }];
    for (scenario, sound) in [(plain(), true), (broken, false)] {
        let world = world(
            &scenario,
            vec![family("beat", Counts::Nothing, beat.clone())],
            1,
            2,
        );
        let samples = play(&world, 3, &[(0, 0.0, 0, 2), (60, 0.1, 1, 2)], 4000, 60);
        let ages = |pod: &str| -> Vec<f64> {
            let seen = values(&samples, series(&world, "beat", pod));
            seen.iter().map(|(time, value)| time - value).collect()
        };
        for age in ages("stable-0") {
            assert!((0.0..=605.0).contains(&age), "{age}");
        }
        let oldest = ages("canary-0").into_iter().fold(0.0, f64::max);
        assert_eq!(oldest <= 605.0, sound, "{oldest}");
    }
}

#[test]
fn gauges_follow_latency_errors_and_pods() {
    let following = |follows| Gauge {
        follows,
        noise: Gauge::constant(0.0).noise,
        ..queue()
    };
    let families = || {
        vec![
            family("p95", Counts::Nothing, following(Follows::Latency(0.95))),
            family("errors", Counts::Nothing, following(Follows::Errors)),
            family("replicas", Counts::Nothing, following(Follows::Pods)),
        ]
    };
    let mut scenario = plain();
    scenario.faults = vec![Fault {
        latency: 1.5,
        errors: 0.002,
        ..Fault::default()
    }];
    let world = world(&scenario, families(), 4, 4);
    let samples = play(&world, 1, CANARY, 1800, 60);
    let last = |name, pod| values(&samples, series(&world, name, pod)).last().unwrap().1;
    assert!((last("p95", "canary-1") - 900.0).abs() < 1e-6);
    assert_eq!(last("p95", "stable-1"), 600.0);
    // Twice the errors of 0.1 %.
    assert!((last("errors", "canary-0") - 1200.0).abs() < 1e-6);
    assert_eq!(
        (last("replicas", "canary-0"), last("replicas", "stable-0")),
        (4.0, 4.0)
    );
    let names = world
        .layout()
        .series()
        .filter(|(_, labels)| labels.get("__name__") == Some("replicas"));
    assert_eq!(names.count(), 2);
}

fn any_gauge() -> impl Strategy<Value = Gauge> {
    let follows = prop::sample::select(vec![
        Follows::Nothing,
        Follows::Load(1.5),
        Follows::Latency(0.9),
        Follows::Errors,
    ]);
    let better = prop::sample::select(vec![Better::Low, Better::High]);
    (
        -10.0..10.0_f64,
        0.0..2000.0_f64,
        0.0..=1.0_f64,
        better,
        follows,
        (0.0..3.0_f64, 0.0..3.0_f64),
        any::<bool>(),
    )
        .prop_map(
            |(floor, width, limit, better, follows, (shared, private), rest)| Gauge {
                limit: Some(floor + limit * width),
                better,
                follows,
                rest,
                noise: Noise {
                    shared,
                    private,
                    correlation: Duration::from_mins(2),
                },
                ..Gauge::hovering(floor, floor + width)
            },
        )
}

fn any_fault() -> impl Strategy<Value = Fault> {
    let course = prop::sample::select(vec![
        Course::Beyond(0.5),
        Course::Leaks(Duration::from_mins(10)),
        Course::Saturates(Duration::from_mins(3)),
        Course::Stuck,
    ]);
    (
        course,
        0.0..0.9_f64,
        0.0..0.2_f64,
        prop::sample::select(vec![1.0, 2.0]),
    )
        .prop_map(|(course, above, errors, latency)| Fault {
            above,
            errors,
            latency,
            gauges: Some(GaugeFault {
                families: Vec::new(),
                course,
            }),
            ..Fault::default()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_gauge_stays_between_its_ends(seed: u64, gauge in any_gauge(), fault in any_fault()) {
        let scenario = Scenario { faults: vec![fault], ..plain() };
        let (floor, ceiling) = if gauge.rest {
            (0.0, gauge.ceiling - gauge.floor)
        } else {
            (gauge.floor, gauge.ceiling)
        };
        let world = world(&scenario, vec![family("g", Counts::Nothing, gauge)], 4, 4);
        let samples = play(&world, seed, CANARY, 1800, 60);
        for (id, _) in world.layout().series() {
            for (_, value) in values(&samples, id) {
                prop_assert!((floor..=ceiling).contains(&value), "{value}");
            }
        }
    }

    #[test]
    fn lazy_is_eager_and_who_looks_changes_nothing(
        seed: u64, gauge in any_gauge(), fault in any_fault(), look in 1..40_i64,
    ) {
        let scenario = Scenario { faults: vec![fault], ..plain() };
        let families = vec![
            requests(), hits(false), hits(true), family("g", Counts::Nothing, gauge.clone()),
            family("s", Counts::Sum, Gauge { floor: 0.0, ceiling: 4.0, limit: Some(1.0), ..gauge }),
        ];
        let eager = world(&scenario, families.clone(), 4, 4);
        let lazy = eager.clone().lazily(false);
        let (all, some) = (play(&eager, seed, CANARY, 1800, 15), play(&lazy, seed, CANARY, 1800, look * 15));
        for (id, labels) in eager.layout().series() {
            let (all, some) = (values(&all, id), values(&some, id));
            let gauge = labels.get("__name__") == Some("g");
            let of: std::collections::BTreeMap<u64, f64> =
                all.iter().map(|(time, value)| (time.to_bits(), *value)).collect();
            let mut before: Option<(f64, f64)> = None;
            for (time, value) in some {
                let whole = of[&time.to_bits()];
                prop_assert!(!gauge || whole.to_bits() == value.to_bits());
                // Counters agree in what they rise by inside a window.
                if let Some((at, earlier)) = before && time - at < 16.0 {
                    prop_assert_eq!(value - earlier, whole - of[&at.to_bits()]);
                }
                before = Some((time, value));
            }
        }
        // The gauge alone: the same bits.
        let alone = world(&scenario, vec![eager_family(&families)], 4, 4);
        let only = play(&alone, seed, CANARY, 1800, 120);
        for (id, labels) in alone.layout().series() {
            let same = eager.layout().series().find(|(_, other)| *other == labels).unwrap().0;
            let of: std::collections::BTreeMap<u64, u64> =
                values(&all, same).iter().map(|(time, value)| (time.to_bits(), value.to_bits())).collect();
            for (time, value) in values(&only, id) {
                if let Some(known) = of.get(&time.to_bits()) {
                    prop_assert_eq!(*known, value.to_bits());
                }
            }
        }
    }
}

fn eager_family(families: &[Family]) -> Family {
    families[3].clone()
}
