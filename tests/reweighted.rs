//! Worlds over a recording: sums are kept, splits are exact, and the same address gives the same bytes.

use std::sync::Arc;

use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Prepared, Request, Seeds, Source, prepare_over};
use coalmine::policy;
use coalmine::policy::argo::spec::Policy;
use coalmine::recording::{self, Builder, Recording};
use coalmine::scenario::inference::{Selected, selected};
use coalmine::scenario::recorded::{Mapping, over, wanted};
use coalmine::scenario::{Fault, Limits, Scenario, standard};
use coalmine::seed::Seed;
use coalmine::series::{AsOf, Labels, Samples, is_stale};
use coalmine::units::{Duration, Share, Timestamp};
use coalmine::world::{Past, Traffic, World, WorldState};
use coalmine::{ledger, score};
use proptest::prelude::*;

/// Scrapes of the recordings below, 15 s apart.
const SCRAPES: i64 = 400;

/// A policy that reads `query` on the canary's pods alone.
fn document(query: &str) -> String {
    format!(
        r#"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{ name: web }}
spec:
  replicas: 4
  strategy:
    canary:
      canaryService: web-canary
      stableService: web
      trafficRouting: {{ nginx: {{ stableIngress: web }} }}
      analysis:
        templates: [{{ templateName: health }}]
        args:
          - name: canary-hash
            valueFrom: {{ podTemplateHashValue: Latest }}
      steps: [{{ setWeight: 20 }}, {{ pause: {{ duration: 10m }} }}, {{ setWeight: 50 }}, {{ pause: {{ duration: 10m }} }}]
  selector: {{ matchLabels: {{ app: web }} }}
  template:
    metadata: {{ labels: {{ app: web }} }}
    spec: {{ containers: [{{ name: web, image: web }}] }}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{ name: health }}
spec:
  args: [{{ name: canary-hash }}]
  metrics:
    - name: errors
      interval: 1m
      initialDelay: 1m
      failureLimit: 1
      failureCondition: len(result) > 0 && result[0] > 0.02
      provider:
        prometheus:
          address: http://prometheus:9090
          query: |
            {}
"#,
        query.replace('\n', " ")
    )
}

const ERRORS: &str = r#"sum(rate(requests_total{version="{{args.canary-hash}}", status=~"5.."}[2m])) / sum(rate(requests_total{version="{{args.canary-hash}}"}[2m]))"#;
const SLOW: &str =
    r#"histogram_quantile(0.9, sum by (le) (rate(seconds_bucket{version="{{args.canary-hash}}"}[2m])))"#;

fn documents(query: &str) -> Documents {
    let mut documents = Documents::default();
    documents.add("web.yaml", document(query).as_str());
    documents
}

fn load(query: &str) -> Policy {
    let loaded = policy::load(&documents(query), &Documents::default());
    loaded.policies.into_iter().next().expect("it is a policy")
}

/// A service of one instance: requests by status, and a histogram of them; `waves`: rate and errors come in waves.
fn recording(waves: bool) -> Recording {
    let mut builder = Builder::default();
    let series =
        |builder: &mut Builder, labels: &[(&str, &str)]| builder.series(Labels::new(labels.iter().copied()));
    let ok = series(
        &mut builder,
        &[
            ("__name__", "requests_total"),
            ("instance", "a"),
            ("status", "200"),
        ],
    );
    let failed = series(
        &mut builder,
        &[
            ("__name__", "requests_total"),
            ("instance", "a"),
            ("status", "500"),
        ],
    );
    let buckets = ["0.1", "0.5", "+Inf"].map(|le| {
        series(
            &mut builder,
            &[("__name__", "seconds_bucket"), ("instance", "a"), ("le", le)],
        )
    });
    let count = series(&mut builder, &[("__name__", "seconds_count"), ("instance", "a")]);
    let sum = series(&mut builder, &[("__name__", "seconds_sum"), ("instance", "a")]);
    let (traffic, errors, latency) = (Seed(5).stream("a"), Seed(5).stream("b"), Seed(5).stream("c"));
    let mut totals = [1000_u32, 10, 500, 800, 1010];
    let mut seconds = 300.0;
    for scrape in 0..SCRAPES {
        let wave = if waves && (scrape / 40) % 2 == 1 { 3.0 } else { 1.0 };
        let all = traffic.at(scrape).poisson(60.0 * wave);
        let bad = errors.at(scrape).binomial(all, 0.005 * wave);
        let fast = latency.at(2 * scrape).binomial(all, 0.6);
        let middle = latency.at(2 * scrape + 1).binomial(all - fast, 0.7);
        for (total, more) in totals.iter_mut().zip([all - bad, bad, fast, fast + middle, all]) {
            *total += more;
        }
        seconds += 0.05 * f64::from(fast) + 0.25 * f64::from(middle) + 0.75 * f64::from(all - fast - middle);
        let time = 1_700_000_000_000 + scrape * 15_000;
        for (series, total) in [ok, failed, buckets[0], buckets[1], buckets[2]]
            .into_iter()
            .zip(totals)
        {
            builder.push(series, time, f64::from(total));
        }
        builder.push(count, time, f64::from(totals[4]));
        builder.push(sum, time, seconds);
    }
    builder.build().expect("there are samples")
}

struct Staged {
    past: Arc<Past>,
    selected: Vec<Selected>,
    service: Scenario,
}

fn staged(recording: &Recording, query: &str) -> Staged {
    let policy = load(query);
    let selected = selected(&policy);
    let exposition = coalmine::scenario::inference::infer(&[&policy], &Default::default()).exposition;
    let past = Past::new(
        recording,
        &wanted(&selected, &exposition),
        &[],
        &Mapping::default(),
    );
    let service = over(&standard(&Limits::default()), &past.measured());
    Staged {
        past: Arc::new(past),
        selected,
        service,
    }
}

/// Values of all series at the end of a trial with these shares, absent ones as zero, by their labels.
fn played(world: &World, seed: u64, shares: &[(i64, f64)], until: i64) -> Vec<(String, f64)> {
    let mut state = WorldState::default();
    let mut samples = Samples::new(world.layout());
    let traffic = |share: f64| Traffic {
        share: Share::new(share),
        canary_pods: u32::from(share > 0.0),
        stable_pods: 1,
    };
    world.begin(&mut state, Seed(seed), traffic(0.0));
    for &(at, share) in shares {
        world.traffic(&mut state, Timestamp::from_secs(at), traffic(share));
    }
    let until = Timestamp::from_secs(until);
    world.advance(&mut state, until, Timestamp::ZERO, &mut samples);
    let view = AsOf::new(&samples, until, until);
    let last = |id| {
        view.column(id)
            .values
            .last()
            .copied()
            .filter(|value| !is_stale(*value))
            .unwrap_or(0.0)
    };
    let first = |id| {
        view.column(id)
            .values
            .iter()
            .copied()
            .find(|value| !is_stale(*value))
            .unwrap_or(0.0)
    };
    let canary = |labels: &Labels| labels.get("version") == Some(CANARY);
    world
        .layout()
        .series()
        .map(|(id, labels)| {
            // The canary begins at nothing; of the stable version what it had counted before is taken off.
            let before = if canary(labels) { 0.0 } else { first(id) };
            (labels.to_string(), last(id) - before)
        })
        .collect()
}

const CANARY: &str = "6c8b5f7d94";

fn of(values: &[(String, f64)], parts: &[&str]) -> f64 {
    let found = values
        .iter()
        .filter(|(labels, _)| parts.iter().all(|part| labels.contains(part)));
    found.map(|(_, value)| value).sum()
}

fn both(query: &str) -> String {
    format!(
        "{query} + sum(rate(requests_total[5m])) + sum(rate(seconds_sum[5m])) + \
         sum(rate(seconds_count{{version=\"{{{{args.canary-hash}}}}\"}}[5m])) + sum(rate(seconds_bucket[5m]))"
    )
}

#[test]
fn what_both_versions_count_is_what_was_recorded() {
    let recording = recording(true);
    let staged = staged(&recording, &both(ERRORS));
    let world = World::over(&staged.service, &staged.past, &staged.selected);
    for seed in 1..=20 {
        let at = |share: f64| played(&world, seed, &[(1, share)], 1800);
        let (none, half, more) = (at(0.0), at(0.4), at(0.7));
        for parts in [
            &["requests_total", "200"][..],
            &["requests_total", "500"],
            &["seconds_count"],
            &["le=\"0.5\""],
            &["le=\"+Inf\""],
        ] {
            // The last scrape of either version reads another moment: one slot of difference at most.
            let slack = 400.0;
            let (all, split) = (of(&none, parts), of(&half, parts));
            assert!((all - split).abs() <= slack, "{parts:?}: {all} {split}");
        }
        let canary = |values: &[(String, f64)]| of(values, &["requests_total", CANARY]);
        assert!(
            canary(&half) <= canary(&more),
            "a greater share brings no fewer requests"
        );
        assert_eq!(canary(&none), 0.0);
        // One request in a counter is one in the histogram.
        assert_eq!(canary(&half), of(&half, &["seconds_count", CANARY]));
    }
}

#[test]
fn the_canary_gets_its_share_with_the_variance_of_single_requests() {
    let recording = recording(false);
    let staged = staged(&recording, ERRORS);
    let world = World::over(&staged.service, &staged.past, &staged.selected);
    let share = 0.3;
    let trials = 600;
    let (mut off, mut squares, mut expected) = (0.0, 0.0, 0.0);
    for seed in 0..trials {
        let some = of(
            &played(&world, seed, &[(0, share)], 600),
            &["requests_total", CANARY],
        );
        let all = of(
            &played(&world, seed, &[(0, 1.0)], 600),
            &["requests_total", CANARY],
        );
        off += some - share * all;
        squares += (some - share * all) * (some - share * all);
        expected += all * share * (1.0 - share);
    }
    let error = libm::sqrt(expected) / f64::from(trials as u32);
    assert!((off / trials as f64).abs() < 4.0 * error, "{off}");
    assert!(
        (squares / expected - 1.0).abs() < 4.0 * libm::sqrt(2.0 / trials as f64),
        "{squares} {expected}"
    );
}

/// Given how many requests the canary gets, how many of the failures are among them is hypergeometric: tested through
/// the probability integral, which must be uniform.
#[test]
fn errors_of_the_canary_are_hypergeometric() {
    let recording = recording(false);
    let staged = staged(&recording, ERRORS);
    let world = World::over(&staged.service, &staged.past, &staged.selected);
    let choose = |n: f64, k: f64| libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    let mut cells = [0.0; 10];
    let trials: i64 = 2000;
    for seed in 0..trials {
        let split = |share: f64| {
            let values = played(&world, seed as u64, &[(0, share)], 300);
            (of(&values, &[CANARY]), of(&values, &["500", CANARY]))
        };
        let ((n, x), (all, failed)) = (split(0.4), split(1.0));
        let mass = |k: f64| {
            if k < 0.0 || k > failed || n - k > all - failed {
                return 0.0;
            }
            libm::exp(choose(failed, k) + choose(all - failed, n - k) - choose(all, n))
        };
        let below: f64 = (0..x as u32).map(|k| mass(f64::from(k))).sum();
        let at = below + mass(x) * Seed(77).stream("integral").at(seed).uniform();
        cells[((at * 10.0) as usize).min(9)] += 1.0;
    }
    let expected = trials as f64 / 10.0;
    let statistic: f64 = cells
        .iter()
        .map(|seen| (seen - expected) * (seen - expected) / expected)
        .sum();
    // The 99.9 % point of chi-square with nine degrees of freedom.
    assert!(statistic < 27.88, "{statistic}: {cells:?}");
}

#[test]
fn injected_failures_and_slow_downs_have_their_means() {
    let recording = recording(false);
    let staged = staged(&recording, &both(ERRORS));
    let recorded = staged.service.service.errors;
    let level = 0.05;
    let with = |fault: Fault| {
        let scenario = Scenario {
            faults: vec![fault],
            ..staged.service.clone()
        };
        World::over(&scenario, &staged.past, &staged.selected)
    };
    let (mut requests, mut failures, mut stable_failures, mut stable, mut slow, mut fast) =
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let mut sums = [0.0; 2];
    let failing = with(Fault {
        errors: level,
        ..Fault::default()
    });
    let slowed = with(Fault {
        latency: 2.0,
        ..Fault::default()
    });
    let plain = World::over(&staged.service, &staged.past, &staged.selected);
    for seed in 0..60 {
        let values = played(&failing, seed, &[(0, 0.5)], 1800);
        requests += of(&values, &["requests_total", CANARY]);
        failures += of(&values, &["requests_total", CANARY, "500"]);
        stable += of(&values, &["requests_total", "5d4f9c7b68"]);
        stable_failures += of(&values, &["requests_total", "5d4f9c7b68", "500"]);
        let values = played(&slowed, seed, &[(0, 0.5)], 1800);
        slow += of(&values, &["seconds_bucket", CANARY, "le=\"0.1\""]);
        sums[1] += of(&values, &["seconds_sum", CANARY]);
        let values = played(&plain, seed, &[(0, 0.5)], 1800);
        fast += of(&values, &["seconds_bucket", CANARY, "le=\"0.1\""]);
        sums[0] += of(&values, &["seconds_sum", CANARY]);
    }
    let near = |found: f64, wanted: f64, n: f64| {
        (found - wanted).abs() < 4.5 * libm::sqrt(wanted * (1.0 - wanted) / n)
    };
    assert!(
        near(failures / requests, level, requests),
        "{} of {requests}",
        failures / requests
    );
    assert!(
        near(stable_failures / stable, recorded, stable),
        "{} {recorded}",
        stable_failures / stable
    );
    // Of the first bucket, from half its bound on, uniform in the logarithm: doubled, nothing stays within.
    assert!(slow < 1.0 && fast > 1000.0, "{slow} {fast}");
    assert!((sums[1] / sums[0] - 2.0).abs() < 0.01, "{sums:?}");
}

#[test]
fn blocks_keep_what_neighbours_have_in_common() {
    let recording = recording(true);
    let staged = staged(&recording, ERRORS);
    let world = World::over(&staged.service, &staged.past, &staged.selected);
    // Waves of 40 slots: blocks are at least ten correlation times long.
    assert!(
        staged.past.block() >= Duration::from_mins(25),
        "{}",
        staged.past.block()
    );
    let mut state = WorldState::default();
    let mut samples = Samples::new(world.layout());
    let (mut products, mut squares) = (0.0, 0.0);
    for seed in 0..40 {
        samples.clear();
        let traffic = Traffic {
            share: Share::ALL,
            canary_pods: 1,
            stable_pods: 0,
        };
        world.begin(&mut state, Seed(seed), traffic);
        let until = Timestamp::from_secs(3000);
        world.advance(&mut state, until, Timestamp::ZERO, &mut samples);
        let view = AsOf::new(&samples, until, until);
        let (id, _) = world
            .layout()
            .series()
            .find(|(_, labels)| labels.get("status") == Some("200"))
            .expect("it is shown");
        let counts: Vec<f64> = view
            .column(id)
            .values
            .windows(2)
            .map(|pair| pair[1] - pair[0] - 120.0)
            .collect();
        products += counts.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>();
        squares += counts.iter().map(|count| count * count).sum::<f64>();
    }
    // Recorded: levels of 60 and 180, so 3600 of 3600 + 120 is shared by neighbours, but at the edges of waves.
    let found = products / squares;
    assert!((0.85..1.0).contains(&found), "{found}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn how_often_one_looks_changes_nothing(seed: u64, looks in prop::collection::vec(1_i64..1200, 1..6), share in 0.0..1.0_f64) {
        let staged = staged(&recording(true), &both(SLOW));
        let world = World::over(&staged.service, &staged.past, &staged.selected);
        let traffic = |share: f64| Traffic { share: Share::new(share), canary_pods: u32::from(share > 0.0), stable_pods: 1 };
        let play = |looks: &[i64]| {
            let mut state = WorldState::default();
            let mut samples = Samples::new(world.layout());
            world.begin(&mut state, Seed(seed), traffic(0.0));
            world.traffic(&mut state, Timestamp::from_secs(20), traffic(share));
            for &look in looks {
                world.advance(&mut state, Timestamp::from_secs(look), Timestamp::from_secs(-300), &mut samples);
            }
            format!("{samples:?}")
        };
        let mut several = looks;
        several.push(1200);
        several.sort_unstable();
        prop_assert_eq!(play(&several), play(&[1200]));
    }
}

fn prepared(recording: &Recording, query: &str, request: &Request) -> (Documents, Prepared) {
    let documents = documents(query);
    let prepared = prepare_over(&documents, &Documents::default(), request, Some(recording));
    (documents, prepared)
}

fn request(recording: &Recording) -> Request {
    Request {
        recording: Some(Source {
            name: "r.om".into(),
            digest: recording::digest(recording),
        }),
        ..Request::default()
    }
}

#[test]
fn threads_change_nothing_and_figures_have_two_intervals() {
    let recording = recording(true);
    let (documents, prepared) = prepared(&recording, ERRORS, &request(&recording));
    assert_eq!(
        (prepared.refused, prepared.wrong_call),
        (0, false),
        "{:?}",
        prepared.findings
    );
    let names: Vec<&str> = prepared
        .plan
        .worlds
        .iter()
        .map(|world| world.scenario.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "as recorded",
            "cold start",
            "errors +0.5 %",
            "errors +2 %",
            "errors +10 %"
        ]
    );
    let play = |threads| {
        let seeds = Seeds {
            threads: Some(threads),
            ..Seeds::first(24)
        };
        prepared.plan.play(&seeds).expect("it can be played")
    };
    let rows = |results: &coalmine::experiment::Results| {
        let rows: Vec<ledger::Row> = results
            .in_order(&prepared.plan)
            .map(|(address, outcome)| ledger::Row::new(address, outcome))
            .collect();
        ledger::digest(rows).to_string()
    };
    let (one, four) = (play(1), play(4));
    assert_eq!(rows(&one), rows(&four));
    let table = score::played(&documents, &prepared, &one);
    for figure in table.rows.iter().flat_map(|row| &row.figures) {
        let between = figure.number.between_days().expect("every figure has it");
        assert_eq!((between.days, between.low), (1, None));
    }
    assert!(
        table
            .rows
            .iter()
            .all(|row| { row.caveats.contains(&score::Caveat::NoFeedback) })
    );
    let first = &table.rows[0].figures[0];
    let said = score::words::number(first.unit, &first.number).between_days;
    assert_eq!(said, "one day: cannot say");
    // The same documents over another recording are other trials.
    let other = recording_of_two_days();
    let (_, elsewhere) = self::prepared(&other, ERRORS, &request(&other));
    assert_ne!(prepared.plan.worlds[0].digest, elsewhere.plan.worlds[0].digest);
    let results = elsewhere
        .plan
        .play(&Seeds {
            threads: Some(2),
            ..Seeds::first(40)
        })
        .expect("it can be played");
    let table = score::played(&documents, &elsewhere, &results);
    let figure = &table.rows[0].figures[0];
    let between = figure.number.between_days().expect("it is there");
    assert!(between.days == 2 && between.low.is_some() && between.high.is_some());
    assert!(
        between.high.expect("two days") - between.low.expect("two days")
            > 2.0 * figure.number.of_trials().half_width()
    );
}

fn recording_of_two_days() -> Recording {
    let first = recording(false);
    let mut builder = Builder::default();
    for (id, labels) in first.layout.series() {
        let series = builder.series(labels.clone());
        for day in 0..2 {
            for (time, value) in first.series(id) {
                builder.push(series, time + day * 86_400_000, value + 1e5 * day as f64);
            }
        }
    }
    builder.build().expect("there are samples")
}

#[test]
fn what_was_not_recorded_is_a_finding_that_says_what_is_there() {
    let recording = recording(false);
    let query = ERRORS.replace("requests_total", "http_requests_total");
    let (_, refused) = prepared(&recording, &query, &request(&recording));
    assert_eq!(refused.refused, 1);
    let error = |prepared: &Prepared| {
        let mut findings = prepared.findings.iter();
        findings
            .find(|finding| finding.severity == Severity::Error)
            .cloned()
            .expect("there is an error")
    };
    let finding = error(&refused);
    assert_eq!(finding.message, "the recording has no http_requests_total");
    assert!(
        finding.help[0].contains("--map 'http_requests_total=requests_total'"),
        "{:?}",
        finding.help
    );
    let mapped = Request {
        map: vec!["http_requests_total=requests_total".into()],
        ..request(&recording)
    };
    let (_, mapped) = prepared(&recording, &query, &mapped);
    assert_eq!(mapped.refused, 0, "{:?}", mapped.findings);

    let query = ERRORS.replace("status=~", "route=\"front\", status=~");
    let (_, refused) = prepared(&recording, &query, &request(&recording));
    assert!(
        error(&refused).help[0].contains("--map 'route=\"front\"=instance=\"a\"'"),
        "{:?}",
        refused.findings
    );
    let rule = Request {
        map: vec!["route=\"front\"=instance=\"a\"".into()],
        ..request(&recording)
    };
    assert_eq!(prepared(&recording, &query, &rule).1.refused, 0);
    let wrong = Request {
        map: vec!["what".into()],
        ..request(&recording)
    };
    assert!(prepared(&recording, ERRORS, &wrong).1.wrong_call);
}

/// Counters of production with hardly an error: what no release did is hardly ever rolled back.
#[test]
fn a_production_front_end_without_incident_is_left_alone() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/nginx-plus-status");
    let (recording, _) = recording::open(&folder, &recording::Keep::default()).expect("it reads");
    let name = "nginx_server_zone_responses_total";
    let query = ERRORS
        .replace("requests_total", name)
        .replace("status=~\"5..\"", "code=\"5xx\"")
        .replace("[2m]", "[10m]");
    let (documents, prepared) = prepared(&recording, &query, &request(&recording));
    assert_eq!(prepared.refused, 0, "{:?}", prepared.findings);
    let seeds = Seeds::first(100);
    let results = prepared.plan.play(&seeds).expect("it can be played");
    let table = score::played(&documents, &prepared, &results);
    let row = table.row(0, 0).expect("as recorded");
    assert!(
        row.figures[0]
            .number
            .between_days()
            .is_some_and(|between| between.days == 1 && between.low.is_none())
    );
    // 3 failures among 1,140 requests: some canary of a few dozen requests meets one.
    assert!(row.figures[0].number.point() < 0.3, "{:?}", row.figures[0].number);
}

/// Both versions, a fifth of the requests on the canary; failures of both come in waves of `sd`, whatever serves.
fn both_versions(seconds: i64, seed: u64) -> Recording {
    let mut builder = Builder::default();
    let mut series = |version: &str, status: &str| {
        let instance = if version == "canary" { "c" } else { "s" };
        let labels = [
            ("__name__", "requests_total"),
            ("instance", instance),
            ("role", version),
            ("status", status),
        ];
        builder.series(Labels::new(labels))
    };
    let ids = [
        ["canary", "200"],
        ["canary", "500"],
        ["stable", "200"],
        ["stable", "500"],
    ]
    .map(|[version, status]| series(version, status));
    let streams = ["a", "b", "c", "d"].map(|name| Seed(seed).stream(name));
    let mut totals = [0.0; 4];
    let mut wave = 0.0;
    for scrape in 0..seconds / 15 {
        // Correlated over about 17 slots, log-sd 0.5.
        wave = 0.94 * wave + libm::sqrt(1.0 - 0.94 * 0.94) * 0.5 * streams[3].at(scrape).normal();
        let errors = 0.02 * libm::exp(wave);
        for (arm, mean) in [(0, 200.0), (1, 800.0)] {
            let all = streams[arm].at(scrape).poisson(mean);
            let bad = streams[2].at(2 * scrape + arm as i64).binomial(all, errors);
            totals[2 * arm] += f64::from(all - bad);
            totals[2 * arm + 1] += f64::from(bad);
        }
        for (id, total) in ids.into_iter().zip(totals) {
            builder.push(id, scrape * 15_000, total);
        }
    }
    builder.build().expect("there are samples")
}

/// Counts grown from a fifth to three fifths of the traffic: dispersion 1 + r (D - 1), where multiplying gives r D.
#[test]
fn a_canary_with_more_than_it_was_recorded_with_varies_as_it_should() {
    let recording = both_versions(15 * 6000, 3);
    let query = r#"sum(rate(requests_total{role="canary", status="500"}[2m])) / sum(rate(requests_total{role="canary"}[2m])) + 0 * sum(rate(requests_total{role="stable"}[2m]))"#;
    let policy = load(query);
    let selected = selected(&policy);
    let exposition = coalmine::scenario::inference::infer(&[&policy], &Default::default()).exposition;
    let telling: Vec<_> = selected.iter().flat_map(|one| one.telling.clone()).collect();
    let past = Arc::new(Past::new(
        &recording,
        &wanted(&selected, &exposition),
        &telling,
        &Mapping::default(),
    ));
    let largest = past.recorded_share().expect("both were recorded");
    assert!((0.2..0.25).contains(&largest), "{largest}");
    let service = over(&standard(&Limits::default()), &past.measured());
    let world = World::over(&service, &past, &selected);
    // Increments of the canary's failures by slot, and of everything.
    let increments = |share: f64| {
        let (mut failures, mut requests) = (Vec::new(), Vec::new());
        let mut state = WorldState::default();
        let mut samples = Samples::new(world.layout());
        for seed in 0..20 {
            samples.clear();
            world.begin(
                &mut state,
                Seed(seed),
                Traffic {
                    share: Share::new(share),
                    canary_pods: 1,
                    stable_pods: 1,
                },
            );
            let until = Timestamp::from_secs(15 * 2000);
            world.advance(&mut state, until, Timestamp::ZERO, &mut samples);
            let view = AsOf::new(&samples, until, until);
            let of = |role: &str, status: &str| {
                let found = world.layout().series().find(|(_, labels)| {
                    labels.get("role") == Some(role) && labels.get("status") == Some(status)
                });
                let column = view.column(found.expect("it is shown").0);
                column
                    .values
                    .windows(2)
                    .map(|pair| pair[1] - pair[0])
                    .filter(|value| value.is_finite())
                    .collect::<Vec<f64>>()
            };
            let (bad, good) = (of("canary", "500"), of("canary", "200"));
            requests.extend(bad.iter().zip(&good).map(|(bad, good)| bad + good));
            failures.extend(bad);
        }
        (failures, requests)
    };
    let moments = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values
            .iter()
            .map(|value| (value - mean) * (value - mean))
            .sum::<f64>()
            / values.len() as f64;
        (mean, variance / mean)
    };
    let (as_recorded, _) = increments(0.2);
    let (less, _) = increments(0.05);
    let (more, requests) = increments(0.6);
    let (mean, dispersion) = moments(&as_recorded);
    let (mean_less, dispersion_less) = moments(&less);
    let (mean_more, dispersion_more) = moments(&more);
    assert!((mean_less / mean - 0.25).abs() < 0.02, "{mean_less} {mean}");
    let expected = 1.0 + 0.25 * (dispersion - 1.0);
    assert!(
        (dispersion_less / expected - 1.0).abs() < 0.1,
        "{dispersion_less} {expected}"
    );
    assert!((mean_more / mean - 3.0).abs() < 0.15, "{mean_more} {mean}");
    let (expected, multiplied) = (1.0 + 3.0 * (dispersion - 1.0), 3.0 * dispersion);
    assert!(
        (dispersion_more / expected - 1.0).abs() < 0.15,
        "{dispersion_more} {expected}"
    );
    assert!(
        dispersion_more < multiplied - 0.5 * (multiplied - expected),
        "{dispersion_more} {multiplied}"
    );
    assert!((moments(&requests).0 / 600.0 - 1.0).abs() < 0.02);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever a recording holds: nothing panics, and no counter that is shown ever falls.
    #[test]
    fn nothing_in_a_recording_can_stop_a_trial(
        samples in prop::collection::vec((0_usize..12, prop_oneof![-30_i64..400, any::<i64>()], prop_oneof![0.0..1e4, any::<f64>()]), 2..200),
        seed: u64,
        share in 0.0..1.0_f64,
    ) {
        let mut builder = Builder::default();
        let names = ["requests_total", "seconds_bucket", "seconds_sum", "seconds_count"];
        let series: Vec<usize> = (0..12)
            .map(|n: usize| {
                let labels = [("__name__", names[n % 4]), ("status", ["200", "500", ""][n / 4]), ("le", ["0.1", "+Inf", "x"][n % 3]), ("instance", ["a", "b"][n % 2])];
                builder.series(Labels::new(labels))
            })
            .collect();
        for (number, time, value) in samples {
            let time = if (-30..400).contains(&time) { time * 15_000 } else { time };
            builder.push(series[number], time, value);
        }
        let recording = builder.build().expect("there are samples");
        let staged = staged(&recording, &both(SLOW));
        if staged.past.is_empty() {
            return Ok(());
        }
        let fault = Fault { errors: 0.3, latency: 1.7, ..Fault::default() };
        let scenario = Scenario { faults: vec![fault], ..staged.service.clone() };
        let world = World::over(&scenario, &staged.past, &staged.selected);
        let mut state = WorldState::default();
        let mut samples = Samples::new(world.layout());
        world.begin(&mut state, Seed(seed), Traffic { share: Share::new(share), canary_pods: 1, stable_pods: 1 });
        let until = Timestamp::from_secs(600).min(Timestamp::ZERO + staged.past.length() + staged.past.length());
        world.advance(&mut state, until, Timestamp::ZERO, &mut samples);
        prop_assert!(world.blast_radius(&mut state, until) >= 0.0);
        let view = AsOf::new(&samples, until, until);
        for (id, labels) in world.layout().series() {
            let values: Vec<f64> = view.column(id).values.iter().copied().filter(|value| !is_stale(*value)).collect();
            prop_assert!(values.is_sorted(), "{labels}: {values:?}");
        }
    }

    #[test]
    fn no_rule_of_a_mapping_panics(rules in prop::collection::vec("[a-z_\"={}]{0,20}", 0..4)) {
        let _ = Mapping::parse(&rules);
    }
}

/// The whole way through the binary: a run, a fit, and the story of a trial that asks for its recording.
#[test]
fn the_commands_speak_of_the_recording() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = root.join("data/nginx-plus-status");
    let folder = std::env::temp_dir().join(format!("coalmine-reweighted-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let run = |arguments: &[&str]| {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_coalmine"))
            .args(arguments)
            .current_dir(&folder)
            .output()
            .expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    let (data, policy) = (
        data.display().to_string(),
        data.join("canary.yaml").display().to_string(),
    );
    let (code, table, talk) = run(&[
        "simulate",
        &policy,
        "--recording",
        &data,
        "--trials",
        "10",
        "--out",
        "md=table.md",
    ]);
    assert_eq!(code, Some(0), "{talk}");
    assert!(
        table.contains("one day: cannot say") && table.contains("42m32s recorded on 1 day"),
        "{table}"
    );
    let markdown = std::fs::read_to_string(folder.join("table.md")).expect("it was written");
    assert!(markdown.contains("one day: cannot say"), "{markdown}");
    let address = table
        .split_whitespace()
        .find(|word| word.matches(':').count() == 2 && word.len() > 26);
    let address = address.expect("a trial is offered");
    let (code, _, asks) = run(&["replay", address]);
    assert_eq!(code, Some(2));
    assert!(
        asks.contains("--recording nginx-plus-status (digest 96eebfc8f925)"),
        "{asks}"
    );
    let other = root.join("data/highload-deploys").display().to_string();
    let (code, _, refused) = run(&["replay", address, "--recording", &other]);
    assert!(
        code == Some(2) && refused.contains("wanted is 96eebfc8f925"),
        "{refused}"
    );
    let (code, story, talk) = run(&["replay", address, "--recording", &data]);
    assert!(
        code == Some(0) && story.contains("look at error-ratio"),
        "{story}{talk}"
    );
    let (code, fitted, talk) = run(&["scenario", &policy, "--from", &data]);
    assert!(
        code == Some(0) && fitted.contains("kind: Scenario"),
        "{fitted}{talk}"
    );
    std::fs::write(folder.join("service.yaml"), fitted).expect("it can be written");
    let (code, table, talk) = run(&["simulate", &policy, "--scenario", "service.yaml", "--trials", "2"]);
    assert!(
        code == Some(0) && table.contains("0.4467 requests/s"),
        "{table}{talk}"
    );
    std::fs::remove_dir_all(&folder).expect("it was ours");
}
