//! Promises of synthetic worlds: common luck, the right law, no dependence on what is read.

use coalmine::scenario::exposition::{
    Arm, Counts, Exposition, Family, Histogram, LabelRule, OutcomeLabel, RouteLabel,
};
use coalmine::scenario::{
    Arrivals, BATTERY_OF_BITES, Fault, Limits, Part, Scenario, battery_of_bites, standard,
};
use coalmine::seed::{Seed, normal_cdf};
use coalmine::series::{AsOf, Samples, SeriesId, is_stale};
use coalmine::units::{Duration, Share, Timestamp};
use coalmine::world::{Milestone, Pods, Traffic, World, WorldState};
use proptest::prelude::*;

const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

fn family(name: &str, outcome: bool, histogram: bool) -> Family {
    let status = OutcomeLabel {
        label: "status".into(),
        success: "200".into(),
        failure: "500".into(),
    };
    let rule = |name: &str, canary: &str, stable: &str| LabelRule {
        name: name.into(),
        canary: canary.into(),
        stable: stable.into(),
    };
    Family {
        name: name.into(),
        counts: Counts::Requests,
        gauge: None,
        histogram: histogram.then(|| Histogram {
            bounds: BOUNDS.to_vec(),
            per_second: 1.0,
            median: None,
        }),
        outcome: outcome.then_some(status),
        labels: vec![rule("version", "canary", "stable"), rule("pod", "{pod}", "{pod}")],
        arms: vec![Arm::Canary, Arm::Stable],
    }
}

fn exposition() -> Exposition {
    Exposition {
        families: vec![
            family("requests_total", true, false),
            family("seconds", false, true),
        ],
        routes: Vec::new(),
    }
}

/// The same; where a world tells routes apart, requests show them.
fn by_route() -> Exposition {
    let label = RouteLabel {
        family: "requests_total".into(),
        label: "handler".into(),
        asked: None,
    };
    Exposition {
        routes: vec![label],
        ..exposition()
    }
}

/// One of the worlds that people were bitten by; after the last, the plain one.
fn bite(number: usize) -> Scenario {
    let mut worlds = battery_of_bites(&plain()).into_iter().map(|(_, world)| world);
    worlds.nth(number).unwrap_or_else(plain)
}

fn plain() -> Scenario {
    standard(&Limits::default())
}

fn steps(canary_pods: u32, stable_pods: u32, shares: &[(i64, f64)]) -> Vec<(Timestamp, Traffic)> {
    let traffic = |&(second, share): &(i64, f64)| {
        let traffic = Traffic {
            share: Share::new(share),
            canary_pods,
            stable_pods,
        };
        (Timestamp::from_secs(second), traffic)
    };
    shares.iter().map(traffic).collect()
}

/// Plays share history `traffic` to `end`, looking every 30 s at the last five minutes.
fn play(world: &World, seed: u64, traffic: &[(Timestamp, Traffic)], end: Timestamp) -> (WorldState, Samples) {
    let (mut state, mut samples) = (WorldState::default(), Samples::new(world.layout()));
    world.begin(&mut state, Seed(seed), traffic[0].1);
    let mut rest = traffic[1..].iter().peekable();
    let mut now = Timestamp::ZERO;
    while now <= end {
        while let Some((at, traffic)) = rest.next_if(|(at, _)| *at <= now) {
            world.traffic(&mut state, *at, *traffic);
        }
        world.advance(&mut state, now, now - Duration::from_mins(5), &mut samples);
        now = now + Duration::from_secs(30);
    }
    (state, samples)
}

fn series(world: &World, labels: &[(&str, &str)]) -> SeriesId {
    let mut found = world
        .layout()
        .series()
        .filter(|(_, have)| labels.iter().all(|(n, v)| have.get(n) == Some(v)));
    let id = found.next().unwrap_or_else(|| panic!("no series {labels:?}")).0;
    assert!(found.next().is_none(), "{labels:?} is not one series");
    id
}

fn column(samples: &Samples, id: SeriesId) -> (Vec<i64>, Vec<u64>) {
    let column = AsOf::new(samples, Timestamp::MAX, Timestamp::MAX).column(id);
    (
        column.times.to_vec(),
        column.values.iter().map(|value| value.to_bits()).collect(),
    )
}

fn values(samples: &Samples, id: SeriesId) -> Vec<f64> {
    AsOf::new(samples, Timestamp::MAX, Timestamp::MAX)
        .column(id)
        .values
        .to_vec()
}

fn all(world: &World, samples: &Samples) -> Vec<(Vec<i64>, Vec<u64>)> {
    world
        .layout()
        .series()
        .map(|(id, _)| column(samples, id))
        .collect()
}

/// `rate` as Prometheus computes it from the samples in (now − window, until], cut at the counter's zero.
fn rate(samples: &Samples, id: SeriesId, now: Timestamp, until: Timestamp, window: Duration) -> Option<f64> {
    let column = AsOf::new(samples, now, until).column(id);
    let column = column.between((now - window).as_millis(), until.as_millis());
    let seen: Vec<(f64, f64)> = column
        .times
        .iter()
        .zip(column.values)
        .filter(|(_, value)| !is_stale(**value))
        .map(|(&time, &value)| (time as f64 / 1000.0, value))
        .collect();
    let (&(first, low), &(last, high)) = (seen.first()?, seen.last()?);
    if seen.len() < 2 {
        return None;
    }
    let resets: f64 = seen
        .windows(2)
        .filter(|pair| pair[1].1 < pair[0].1)
        .map(|pair| pair[0].1)
        .sum();
    let increase = high - low + resets;
    let (mut start, mut end) = (first - (now - window).as_secs_f64(), now.as_secs_f64() - last);
    let sampled = last - first;
    let spacing = sampled / (seen.len() - 1) as f64;
    if start >= spacing * 1.1 {
        start = spacing / 2.0;
    }
    if increase > 0.0 && low >= 0.0 {
        start = start.min(sampled * (low / increase));
    }
    if end >= spacing * 1.1 {
        end = spacing / 2.0;
    }
    Some(increase * ((sampled + start + end) / sampled / window.as_secs_f64()))
}

#[test]
fn counters_rise_and_histograms_agree_with_themselves() {
    let world = World::new(&plain(), &exposition(), &Pods::numbered(2, 3));
    let traffic = steps(2, 3, &[(0, 0.0), (60, 0.2), (300, 0.5)]);
    let (_, samples) = play(&world, 3, &traffic, Timestamp::from_secs(900));
    for pod in ["canary-0", "canary-1", "stable-0", "stable-2"] {
        let of = |name: &str, le: &str| {
            values(
                &samples,
                series(&world, &[("__name__", name), ("pod", pod), ("le", le)]),
            )
        };
        let mut below = vec![0.0; of("seconds_bucket", "+Inf").len()];
        for le in BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]) {
            let bucket = of("seconds_bucket", &le);
            assert!(bucket.is_sorted(), "{pod} {le}");
            assert!(below.iter().zip(&bucket).all(|(a, b)| a <= b), "{pod} {le}");
            below = bucket;
        }
        assert_eq!(
            below,
            values(
                &samples,
                series(&world, &[("__name__", "seconds_count"), ("pod", pod)])
            )
        );
        let ok = values(
            &samples,
            series(
                &world,
                &[("__name__", "requests_total"), ("pod", pod), ("status", "200")],
            ),
        );
        let bad = values(
            &samples,
            series(
                &world,
                &[("__name__", "requests_total"), ("pod", pod), ("status", "500")],
            ),
        );
        let sums = ok
            .iter()
            .zip(&bad)
            .map(|(a, b)| a + if is_stale(*b) { 0.0 } else { *b });
        let born = below
            .iter()
            .zip(ok.iter().zip(sums))
            .filter(|(_, (ok, _))| !is_stale(**ok));
        assert!(born.clone().count() > 40);
        born.for_each(|(count, (_, sum))| assert_eq!(*count, sum, "{pod}"));
        let sum = values(
            &samples,
            series(&world, &[("__name__", "seconds_sum"), ("pod", pod)]),
        );
        assert!(sum.is_sorted());
    }
}

#[test]
fn a_series_is_born_at_its_first_request() {
    let scenario = Scenario {
        faults: vec![Fault {
            errors: 0.05,
            ..Fault::default()
        }],
        ..plain()
    };
    let world = World::new(&scenario, &exposition(), &Pods::numbered(1, 1));
    let (_, samples) = play(
        &world,
        5,
        &steps(1, 1, &[(0, 0.0), (120, 0.02)]),
        Timestamp::from_secs(900),
    );
    let failures = series(
        &world,
        &[
            ("__name__", "requests_total"),
            ("version", "canary"),
            ("status", "500"),
        ],
    );
    let count = series(&world, &[("__name__", "seconds_count"), ("version", "canary")]);
    let (failures, count) = (values(&samples, failures), values(&samples, count));
    let born = failures
        .iter()
        .position(|value| !is_stale(*value))
        .expect("20 errors are expected");
    assert!(born > 7, "no request before 120 s");
    assert!(failures[born] >= 1.0);
    assert!(failures[born..].is_sorted());
    // What has no outcome is there from the pod's first scrape on.
    assert_eq!(count[0], 0.0);
    assert!(is_stale(failures[0]));
}

#[test]
fn pods_come_with_empty_counters_and_go_with_a_stale_marker() {
    let world = World::new(&plain(), &exposition(), &Pods::numbered(2, 1));
    let with = |second, share, canary_pods| {
        let traffic = Traffic {
            share: Share::new(share),
            canary_pods,
            stable_pods: 1,
        };
        (Timestamp::from_secs(second), traffic)
    };
    let traffic = [
        with(0, 0.0, 0),
        with(60, 0.5, 1),
        with(180, 0.5, 2),
        with(360, 0.5, 1),
        with(600, 0.0, 0),
    ];
    let (_, samples) = play(&world, 9, &traffic, Timestamp::from_secs(900));
    let id = series(&world, &[("__name__", "seconds_count"), ("pod", "canary-1")]);
    let column = AsOf::new(&samples, Timestamp::MAX, Timestamp::MAX).column(id);
    assert!(column.times[0] >= 180_000 && column.times[0] < 195_100);
    let (last, before) = column.values.split_last().unwrap();
    assert!(is_stale(*last) && before.iter().all(|value| !is_stale(*value)));
    let end = *column.times.last().unwrap();
    assert!((359_900..375_100).contains(&end), "{end}");
}

#[test]
fn missed_scrapes_leave_stale_markers() {
    let mut scenario = plain();
    scenario.observation.missed = 0.1;
    let world = World::new(&scenario, &exposition(), &Pods::numbered(1, 1));
    let (mut missed, mut all) = (0, 0);
    for seed in 0..40 {
        let (_, samples) = play(&world, seed, &steps(1, 1, &[(0, 0.5)]), Timestamp::from_secs(900));
        let count = values(
            &samples,
            series(&world, &[("__name__", "seconds_count"), ("version", "stable")]),
        );
        missed += count.iter().filter(|value| is_stale(**value)).count();
        all += count.len();
    }
    let (ratio, sd) = (missed as f64 / all as f64, (0.09 / all as f64).sqrt());
    assert!((ratio - 0.1).abs() < 4.0 * sd, "{ratio}");
}

#[test]
fn a_window_of_requests_has_the_mean_and_the_variance_of_the_model() {
    // Rate 20/s, log-variance 0.09, correlation time 120 s, window 300 s: mean 6000, variance 1694069.
    let mut scenario = plain();
    scenario.traffic.rate = 20.0;
    scenario.traffic.noise = 0.3;
    scenario.traffic.daily = 0.0;
    scenario.service.noise.correlation = Duration::from_secs(120);
    scenario.observation.jitter = Duration::ZERO;
    let exposition = Exposition {
        families: vec![family("requests_total", false, false)],
        routes: Vec::new(),
    };
    let world = World::new(&scenario, &exposition, &Pods::numbered(1, 1));
    let stable = series(&world, &[("version", "stable")]);
    let world = world.reading(&[stable]);
    let n = 8000;
    let (mut state, mut samples) = (WorldState::default(), Samples::new(world.layout()));
    let (mut sum, mut squares) = (0.0, 0.0);
    for seed in 0..n {
        samples.clear();
        world.begin(&mut state, Seed(seed), steps(1, 1, &[(0, 0.0)])[0].1);
        let moment = Timestamp::from_secs(320);
        world.advance(&mut state, moment, Timestamp::ZERO, &mut samples);
        let values = values(&samples, stable);
        let count = values[20] - values[0];
        sum += count / n as f64;
        squares += count * count / n as f64;
    }
    let variance = squares - sum * sum;
    let error = (1.694e6 / n as f64).sqrt();
    assert!((sum - 6000.0).abs() < 4.0 * error, "mean {sum}");
    assert!((variance / 1_694_069.0 - 1.0).abs() < 0.08, "variance {variance}");
}

#[test]
fn latency_and_errors_have_their_laws() {
    let mut scenario = plain();
    scenario.service.noise.shared = 0.0;
    scenario.service.noise.private = 0.0;
    scenario.faults = vec![Fault {
        errors: 0.02,
        latency: 1.5,
        ..Fault::default()
    }];
    let latency = scenario.service.latency;
    let world = World::new(&scenario, &exposition(), &Pods::numbered(2, 1));
    let mut counts = [0.0; 4];
    for seed in 0..60 {
        let (_, samples) = play(&world, seed, &steps(2, 1, &[(0, 0.5)]), Timestamp::from_secs(900));
        for pod in ["canary-0", "canary-1"] {
            let last = |labels: &[(&str, &str)]| {
                let labels = [labels, &[("pod", pod)]].concat();
                *values(&samples, series(&world, &labels)).last().unwrap()
            };
            counts[0] += last(&[("__name__", "seconds_count")]);
            counts[1] += last(&[("__name__", "requests_total"), ("status", "500")]);
            counts[2] += last(&[("__name__", "seconds_bucket"), ("le", "0.1")]);
            counts[3] += last(&[("__name__", "seconds_sum")]);
        }
    }
    let n = counts[0];
    assert!(n > 1e6);
    let near = |part: f64, expected: f64| {
        let sd = (expected * (1.0 - expected) / n).sqrt();
        assert!((part - expected).abs() < 4.0 * sd, "{part} {expected}");
    };
    near(counts[1] / n, 0.02);
    near(
        counts[2] / n,
        normal_cdf(libm::log(0.1 / 1.5 / latency.median) / latency.sigma),
    );
    let mean = 1.5 * latency.median * libm::exp(latency.sigma * latency.sigma / 2.0);
    assert!((counts[3] / n / mean - 1.0).abs() < 0.005);
}

#[test]
fn constant_arrivals_are_exact() {
    let mut scenario = plain();
    scenario.traffic.rate = 20.0;
    scenario.traffic.arrivals = Arrivals::Constant;
    scenario.traffic.noise = 0.0;
    scenario.traffic.daily = 0.0;
    scenario.service.noise.shared = 0.0;
    scenario.service.noise.private = 0.0;
    scenario.observation.jitter = Duration::ZERO;
    scenario.observation.counters_start_at = Some(1e6);
    let world = World::new(&scenario, &exposition(), &Pods::numbered(1, 1));
    let (_, samples) = play(&world, 1, &steps(1, 1, &[(0, 0.1)]), Timestamp::from_secs(600));
    let canary = values(
        &samples,
        series(&world, &[("__name__", "seconds_count"), ("version", "canary")]),
    );
    assert!(canary.len() > 35);
    assert!(canary.windows(2).all(|pair| pair[1] - pair[0] == 30.0));
    assert!(canary[0] >= 1e6);
    let failures = series(
        &world,
        &[
            ("__name__", "requests_total"),
            ("version", "canary"),
            ("status", "500"),
        ],
    );
    assert!(values(&samples, failures)[0] >= 1e6);
    let stable = values(
        &samples,
        series(&world, &[("__name__", "seconds_count"), ("version", "stable")]),
    );
    // Before the start all 300 of 15 s are the stable version's.
    assert!(
        stable
            .windows(2)
            .all(|pair| [300.0, 270.0].contains(&(pair[1] - pair[0])) || pair[1] - pair[0] < 300.0)
    );
}

#[test]
fn harm_is_the_same_whether_drawn_or_not_and_stops_with_the_share() {
    let scenario = Scenario {
        faults: vec![Fault {
            errors: 0.1,
            ..Fault::default()
        }],
        ..plain()
    };
    let world = World::new(&scenario, &exposition(), &Pods::numbered(1, 1));
    let traffic = steps(1, 1, &[(0, 0.0), (60, 0.2), (600, 0.0)]);
    let end = Timestamp::from_secs(3600);
    let (mut drawn, _) = play(&world, 4, &traffic, end);
    let mut only_told = WorldState::default();
    world.begin(&mut only_told, Seed(4), traffic[0].1);
    traffic[1..]
        .iter()
        .for_each(|(at, traffic)| world.traffic(&mut only_told, *at, *traffic));
    let harmed = world.blast_radius(&mut only_told, end);
    assert_eq!(harmed, world.blast_radius(&mut drawn, end));
    assert_eq!(harmed, world.blast_radius(&mut drawn, Timestamp::from_secs(600)));
    assert_eq!(world.onset(&drawn), Some(Timestamp::from_secs(60)));
    // 540 s × 50/s × 0.2 × (0.1 − 0.001) × (1 − 0.01) = 529, give or take the noise.
    let mean: f64 = (0..400)
        .map(|seed| {
            world.begin(&mut only_told, Seed(seed), traffic[0].1);
            traffic[1..]
                .iter()
                .for_each(|(at, traffic)| world.traffic(&mut only_told, *at, *traffic));
            world.blast_radius(&mut only_told, end) / 400.0
        })
        .sum();
    assert!((mean / 529.3 - 1.0).abs() < 0.06, "{mean}");
}

#[test]
fn a_share_that_comes_within_a_slot_counts_from_its_own_moment() {
    let mut scenario = plain();
    scenario.faults = vec![Fault {
        errors: 0.1,
        ..Fault::default()
    }];
    (scenario.traffic.noise, scenario.traffic.daily) = (0.0, 0.0);
    scenario.observation.jitter = Duration::ZERO;
    let world = World::new(&scenario, &exposition(), &Pods::numbered(1, 1));
    let traffic = steps(1, 1, &[(0, 0.0), (12, 0.4), (604, 0.1), (607, 0.0)]);
    // A slot of 5 s and one of 1 s expect the same harm, whose first moment is the share's.
    let mut fine = scenario.clone();
    fine.observation.slot = Some(Duration::from_secs(1));
    let fine = World::new(&fine, &exposition(), &Pods::numbered(1, 1));
    let harm = |world: &World| {
        let mut state = WorldState::default();
        world.begin(&mut state, Seed(1), traffic[0].1);
        for (at, traffic) in &traffic[1..] {
            world.traffic(&mut state, *at, *traffic);
        }
        assert_eq!(world.onset(&state), Some(Timestamp::from_secs(12)));
        world.blast_radius(&mut state, Timestamp::from_secs(900))
    };
    let (coarse, fine) = (harm(&world), harm(&fine));
    assert!((coarse / fine - 1.0).abs() < 0.01, "{coarse} {fine}");
    // A scrape reads the last edge before it: from 12 s on 20 requests/s, 300 trials.
    let id = series(&world, &[("__name__", "seconds_count"), ("version", "canary")]);
    let (mut counted, mut expected) = (0.0, 0.0);
    for seed in 0..300 {
        let (_, samples) = play(&world, seed, &traffic[..2], Timestamp::from_secs(60));
        let view = AsOf::new(&samples, Timestamp::MAX, Timestamp::MAX);
        let column = view.column(id);
        let last = column.values.len() - 1;
        counted += column.values[last];
        expected += 20.0 * ((column.times[last] / 5000 * 5) as f64 - 12.0);
    }
    assert!(
        (counted / expected - 1.0_f64).abs() < 0.01,
        "{counted} {expected}"
    );
}

#[test]
fn one_bad_pod_of_one_is_all_of_it() {
    let fault = |part| Scenario {
        faults: vec![Fault {
            errors: 0.1,
            part,
            ..Fault::default()
        }],
        ..plain()
    };
    let harm = |scenario: &Scenario, pods| {
        let world = World::new(scenario, &exposition(), &Pods::numbered(4, 1));
        let mut state = WorldState::default();
        world.begin(&mut state, Seed(1), steps(pods, 1, &[(0, 0.5)])[0].1);
        world.blast_radius(&mut state, Timestamp::from_secs(600))
    };
    let (one, every) = (fault(Part::Pods(1)), fault(Part::Requests(1.0)));
    assert_eq!(harm(&one, 1), harm(&every, 1));
    assert!((harm(&one, 4) / harm(&every, 4) - 0.25).abs() < 1e-12);
    assert!((harm(&fault(Part::Requests(0.25)), 4) / harm(&every, 4) - 0.25).abs() < 1e-12);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn equal_histories_show_equal_samples_whatever_else_is_read(
        seed: u64, first in 0.0..1.0_f64, second in 0.0..1.0_f64, missed in 0.0..0.3_f64,
    ) {
        let mut scenario = plain();
        scenario.observation.missed = missed;
        let pods = Pods::numbered(2, 2);
        let world = World::new(&scenario, &exposition(), &pods);
        let traffic = steps(2, 2, &[(0, 0.0), (60, first), (240, second)]);
        let end = Timestamp::from_secs(420);
        let (_, whole) = play(&world, seed, &traffic, end);
        // One series alone.
        let id = series(&world, &[("__name__", "seconds_bucket"), ("pod", "canary-1"), ("le", "0.25")]);
        let (_, alone) = play(&world.clone().reading(&[id]), seed, &traffic, end);
        prop_assert_eq!(column(&whole, id), column(&alone, id));
        // Another exposition: fewer bounds.
        let mut fewer = exposition();
        fewer.families.remove(0);
        fewer.families[0].histogram = Some(Histogram { bounds: vec![0.25, 1.0], per_second: 1.0, median: None });
        let other = World::new(&scenario, &fewer, &pods);
        let same = series(&other, &[("__name__", "seconds_bucket"), ("pod", "canary-1"), ("le", "0.25")]);
        let (_, seen) = play(&other, seed, &traffic, end);
        prop_assert_eq!(column(&whole, id), column(&seen, same));
        // Up to the second step another future makes no difference.
        let (_, parted) = play(&world, seed, &steps(2, 2, &[(0, 0.0), (60, first), (240, 0.0)]), end);
        for (a, b) in all(&world, &whole).iter().zip(&all(&world, &parted)) {
            let common = a.0.iter().take_while(|&&time| time < 240_000).count();
            prop_assert_eq!(&a.0[..common], &b.0[..common]);
            prop_assert_eq!(&a.1[..common], &b.1[..common]);
        }
    }

    #[test]
    fn the_total_does_not_depend_on_the_share_and_the_canary_grows_with_it(
        seed: u64, a in 0.0..1.0_f64, b in 0.0..1.0_f64, raised in 0.0..0.5_f64, of in 0..=BATTERY_OF_BITES.len(),
    ) {
        // Scrapes without phase: both arms read the same edges.
        let mut scenario = bite(of);
        scenario.observation.scrape_interval = Duration::from_secs(5);
        scenario.observation.slot = Some(Duration::from_secs(5));
        scenario.observation.jitter = Duration::ZERO;
        scenario.observation.counters_start_at = Some(0.0);
        let end = Timestamp::from_secs(300);
        let run = |share: f64, errors: f64| {
            let fault = Fault { errors, ..Fault::default() };
            let world = World::new(&Scenario { faults: vec![fault], ..scenario.clone() }, &exposition(), &Pods::numbered(1, 1));
            let (_, samples) = play(&world, seed, &steps(1, 1, &[(0, share)]), end);
            let of = |labels: &[(&str, &str)]| {
                let values = values(&samples, series(&world, labels));
                values[values.len() - 60..].to_vec()
            };
            let canary = of(&[("__name__", "seconds_count"), ("version", "canary")]);
            let stable = of(&[("__name__", "seconds_count"), ("version", "stable")]);
            let errors = of(&[("__name__", "requests_total"), ("version", "canary"), ("status", "500")]);
            (canary, stable, errors)
        };
        let slots = |counts: &[f64]| counts.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
        let (few, many) = (run(a.min(b), 0.01), run(a.max(b), 0.01));
        let worse = run(a.min(b), 0.01 + raised);
        for n in 0..59 {
            let total = |run: &(Vec<f64>, Vec<f64>, Vec<f64>)| slots(&run.0)[n] + slots(&run.1)[n];
            prop_assert_eq!(total(&few), total(&many));
            prop_assert!(slots(&few.0)[n] <= slots(&many.0)[n]);
            prop_assert!(slots(&few.2)[n] <= slots(&many.2)[n]);
            prop_assert!(slots(&few.2)[n] <= slots(&worse.2)[n]);
            prop_assert_eq!(slots(&few.0)[n], slots(&worse.0)[n]);
        }
    }

    #[test]
    fn more_share_never_means_less_harm(seed: u64, a in 0.0..1.0_f64, b in 0.0..1.0_f64, ramp in 0_i64..1000) {
        let fault = Fault { errors: 0.03, latency: 1.2, ramp: Duration::from_secs(ramp), ..Fault::default() };
        let world = World::new(&Scenario { faults: vec![fault], ..plain() }, &exposition(), &Pods::numbered(1, 1));
        let harm = |share: f64| {
            let mut state = WorldState::default();
            world.begin(&mut state, Seed(seed), steps(1, 1, &[(0, share)])[0].1);
            world.blast_radius(&mut state, Timestamp::from_secs(1800))
        };
        let (less, more) = (harm(a.min(b)), harm(a.max(b)));
        prop_assert!(0.0 <= less && less <= more);
    }

    #[test]
    fn what_is_drawn_late_or_never_changes_no_rate(
        seed: u64,
        errors in prop::sample::select(vec![0.0, 0.0005, 0.02]),
        requests in prop::sample::select(vec![0.5, 5.0, 50.0]),
        window in prop::sample::select(vec![30_i64, 60, 120]),
        pauses in prop::collection::vec(10_i64..400, 1..8),
        share in 0.01..1.0_f64,
        more in 1_u32..4,
        in_whole: bool,
        of in 0..=BATTERY_OF_BITES.len(),
        shown in prop::sample::select(vec![exposition(), by_route()]),
    ) {
        let mut scenario = bite(of);
        scenario.traffic.rate = requests;
        scenario.service.errors = errors;
        scenario.observation.missed = 0.05;
        let whole = World::new(&scenario, &shown, &Pods::numbered(3, 2));
        let lazy = whole.clone().lazily(in_whole);
        let with = |share: f64, canary_pods| Traffic { share: Share::new(share), canary_pods, stable_pods: 2 };
        let mut runs = [&whole, &lazy].map(|world| {
            let mut state = WorldState::default();
            world.begin(&mut state, Seed(seed), with(share, 1));
            (world, state, Samples::new(world.layout()))
        });
        let window = Duration::from_secs(window);
        let mut now = Timestamp::ZERO;
        for (n, pause) in pauses.into_iter().enumerate() {
            let change = now + Duration::from_secs(pause / 2);
            now = now + Duration::from_secs(pause);
            let until = now - Duration::from_secs(2);
            for (world, state, samples) in &mut runs {
                world.traffic(state, change, with(share, if n % 3 == 1 { more } else { 1 }));
                let length = Duration::from_secs(100);
                let pause = Milestone::Step { number: n as u32 + 1, pause: Some(n as u32 + 1), length };
                world.reach(state, change, if n < 4 { pause } else { Milestone::Promotion });
                world.advance(state, until, now - window, samples);
            }
            for (id, labels) in whole.layout().series() {
                let [eager, late] = [&runs[0].2, &runs[1].2].map(|samples| rate(samples, id, now, until, window));
                prop_assert_eq!(eager.map(f64::to_bits), late.map(f64::to_bits), "{} {:?} {:?}", labels, eager, late);
                let times = |samples| {
                    let column = AsOf::new(samples, now, until).column(id).between((now - window).as_millis(), until.as_millis());
                    // A rate passes over stale marks, so one that nobody reads need not be pushed.
                    let samples = column.times.iter().zip(column.values);
                    samples.filter(|(_, value)| !is_stale(**value)).map(|(time, _)| *time).collect::<Vec<_>>()
                };
                prop_assert_eq!(times(&runs[0].2), times(&runs[1].2), "{}", labels);
            }
        }
    }

    #[test]
    fn a_fork_goes_on_as_the_original(seed: u64, share in 0.0..1.0_f64) {
        let world = World::new(&plain(), &exposition(), &Pods::numbered(1, 2));
        let traffic = steps(1, 2, &[(0, 0.3)]);
        let (mut state, mut samples) = play(&world, seed, &traffic, Timestamp::from_secs(300));
        let (mut fork, mut copy) = (state.clone(), samples.clone());
        let next = steps(1, 2, &[(310, share)])[0];
        for (state, samples) in [(&mut state, &mut samples), (&mut fork, &mut copy)] {
            world.traffic(state, next.0, next.1);
            world.advance(state, Timestamp::from_secs(600), Timestamp::from_secs(300), samples);
        }
        prop_assert_eq!(all(&world, &samples), all(&world, &copy));
    }
}
