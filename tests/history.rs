//! Past releases as test cases: how each kind of sign finds them, what is known of them, what policies would have done.
#![cfg(feature = "cli")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;

use coalmine::diagnostic::{Documents, Finding};
use coalmine::history::{self, History};
use coalmine::policy::{self, argo::spec::Policy};
use coalmine::promql::Settings;
use coalmine::recording::releases::{Change, Found, Sign, find, labels, marks};
use coalmine::recording::{self, GroundTruth, Known, Recording};
use coalmine::series::{MatchOp, Matcher};
use coalmine::units::{Duration, Timestamp};

/// The recordings begin here [s].
const T0: i64 = 1_000_000;

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_secs(T0 + 60 * minute)
}

/// A recording as OpenMetrics text.
#[derive(Default)]
struct Text(String);

impl Text {
    /// A sample every 15 s of the minutes `from` up to, not including, `to`; `value` of the seconds since the beginning.
    fn series(&mut self, series: &str, from: i64, to: i64, value: impl Fn(i64) -> f64) -> &mut Self {
        for second in (from * 60..to * 60).step_by(15) {
            writeln!(self.0, "{series} {} {}", value(second), T0 + second).unwrap();
        }
        self
    }

    fn read(&self) -> Recording {
        let text = format!("{}# EOF\n", self.0);
        recording::read("synthetic", text.as_bytes(), None).unwrap().0
    }
}

/// A policy that looks every 30 s from the first minute on at the share of errors (10 % at most, three failures are too
/// many) for ten minutes; `matchers` select its requests, and `arguments` are those of its analysis.
fn shares(matchers: &str, arguments: &str) -> String {
    format!(
        r#"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: shop}}
spec:
  replicas: 4
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}}}
    spec: {{containers: [{{name: shop, image: "shop:1"}}]}}
  strategy:
    canary:
      canaryService: shop-canary
      stableService: shop
      trafficRouting: {{nginx: {{stableIngress: shop}}}}
      analysis:
        templates: [{{templateName: health}}]
        args: [{arguments}]
      steps: [{{setWeight: 100}}, {{pause: {{duration: 10m}}}}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{name: health}}
spec:
  args: [{{name: canary}}, {{name: stable}}]
  metrics:
    - name: errors
      initialDelay: 1m
      interval: 30s
      failureLimit: 2
      failureCondition: len(result) > 0 && result[0] > 0.10
      provider:
        prometheus:
          address: http://prometheus
          query: sum(rate(http_requests_total{{code="500",{matchers}}}[1m])) / sum(rate(http_requests_total{{{matchers}}}[1m]))
    - name: traffic
      initialDelay: 1m
      interval: 30s
      failureLimit: 2
      failureCondition: len(result) > 0 && result[0] < 0
      provider:
        prometheus:
          address: http://prometheus
          query: sum(rate(http_requests_total{{{matchers}}}[1m]))
"#
    )
}

const PLAIN: &str = r#"app="shop""#;
const NO_ARGUMENTS: &str = r#"{name: canary, value: "x"}, {name: stable, value: "x"}"#;

fn policies(text: &str) -> Vec<Policy> {
    let mut documents = Documents::default();
    documents.add("policy.yaml", text);
    let loaded = policy::load(&documents, &Documents::default());
    assert!(!loaded.policies.is_empty(), "{:?}", loaded.findings);
    loaded.policies
}

fn found(recording: &Recording, policy: &str) -> Found {
    let subject = history::subject(&policies(policy), &Settings::default());
    find(recording, &subject)
}

fn laid(recording: &Recording, policy: &str, found: Found) -> (History, Vec<Finding>) {
    let labels = vec![None; found.releases.len()];
    history::history(recording, found, labels, &policies(policy), &Settings::default())
}

/// Requests of one version: ten a second, of which `errors` of the second fail.
fn requests(text: &mut Text, labels: &str, from: i64, to: i64, errors: impl Fn(i64) -> f64) {
    let ok = format!("http_requests_total{{app=\"shop\",code=\"200\",{labels}}}");
    let failed = format!("http_requests_total{{app=\"shop\",code=\"500\",{labels}}}");
    let sum = |to: i64| (0..to).map(&errors).sum::<f64>();
    text.series(&ok, from, to, |second| second as f64 * 10.0 - sum(second));
    text.series(&failed, from, to, sum);
}

#[test]
fn a_new_version_beside_another_is_a_release() {
    let mut text = Text::default();
    // Two versions from the beginning: nobody knows when the younger one came.
    requests(&mut text, r#"job="a",version="0.9""#, 0, 5, |_| 0.0);
    requests(&mut text, r#"job="a",version="1.0""#, 0, 45, |_| 0.0);
    requests(&mut text, r#"job="a",version="1.1""#, 20, 30, |_| 0.0);
    requests(&mut text, r#"job="a",version="1.2""#, 40, 60, |_| 0.0);
    // Another service is none of the policy's business.
    text.series(r#"http_requests_total{app="other",version="7"}"#, 0, 30, |_| 1.0);
    text.series(r#"http_requests_total{app="other",version="8"}"#, 30, 60, |_| 1.0);
    // A process that starts anew with no new version is a restart.
    text.series(r#"process_start_time_seconds{job="a"}"#, 0, 60, |second| {
        (T0 + if second < 600 { -1000 } else { 600 }) as f64
    });
    let found = found(&text.read(), &shares(PLAIN, NO_ARGUMENTS));
    let seen: Vec<_> = found
        .releases
        .iter()
        .map(|release| (release.at, release.version()))
        .collect();
    let change = |new: &str, before: &str| {
        Some(Change {
            new: new.into(),
            before: Some(before.into()),
        })
    };
    // 1.1 was given up: 1.0 had gone on when 1.2 came.
    assert_eq!(
        seen,
        [
            (minute(20), change("1.1", "1.0")),
            (minute(40), change("1.2", "1.0"))
        ]
    );
    assert_eq!(found.restarts, 1);
    assert_eq!(found.releases[0].until, minute(40));
    assert_eq!(
        found.releases[0].found(),
        "version 1.1, gone after 9m45s while 1.0 went on"
    );
    assert_eq!(found.releases[1].found(), "version 1.2");
    assert_eq!(found.releases[0].id, "r001");
}

/// The canary's own pods fail from the start; the policy asks for its hash, which each release has another of.
#[test]
fn a_policy_that_asks_for_the_canarys_hash_is_asked_for_each_releases_own() {
    let mut text = Text::default();
    requests(&mut text, r#"pod="shop-79d5cb6f7b-x2vzq""#, 0, 60, |_| 0.0);
    requests(&mut text, r#"pod="shop-84b6cf9d5d-bcdfg""#, 20, 60, |_| 5.0);
    let by_hash = shares(
        r#"pod=~"shop-{{args.canary}}-.*""#,
        "{name: canary, valueFrom: {podTemplateHashValue: Latest}}, {name: stable, valueFrom: {podTemplateHashValue: Stable}}",
    );
    let recording = text.read();
    let found = found(&recording, &by_hash);
    assert_eq!(found.releases.len(), 1);
    let hash = found.releases[0].hash().unwrap();
    assert_eq!(
        (hash.new.as_str(), hash.before.as_deref()),
        ("84b6cf9d5d", Some("79d5cb6f7b"))
    );
    let (history, findings) = laid(&recording, &by_hash, found);
    assert!(findings.is_empty(), "{findings:?}");
    // Looks at 1m, 1m30s and 2m, each at half of all requests failed.
    assert_eq!(
        history.laid[0].hindsight[0].rolled_back_after,
        Some(Duration::from_mins(2))
    );

    // Without the hash the policy is blind, and that is said.
    let subject = history::subject(&policies(&by_hash), &Settings::default());
    let marked = marks("marks.csv", "time,id\n1001200,one\n", &recording, &subject).unwrap();
    let (history, findings) = laid(&recording, &by_hash, marked);
    assert!(
        findings[0].message.contains("1 of 1 releases show none"),
        "{findings:?}"
    );
    assert_eq!(history.laid[0].hindsight[0].rolled_back_after, None);
}

#[test]
fn pods_that_restart_together_are_one_release_and_one_alone_is_likely_a_restart() {
    let mut text = Text::default();
    requests(&mut text, r#"job="a",instance="0""#, 0, 120, |_| 0.0);
    for pod in 0..4 {
        let series = format!("process_start_time_seconds{{job=\"a\",instance=\"{pod}\"}}");
        text.series(&series, 0, 120, |second| {
            let first = 1200 + 60 * pod;
            let last = if pod == 2 && second >= 4800 { 4800 } else { first };
            (T0 + if second < first { -9000 } else { last }) as f64
        });
    }
    // The policy reads another job's series nowhere.
    text.series(
        r#"process_start_time_seconds{job="b",instance="9"}"#,
        0,
        120,
        |second| second as f64,
    );
    let policy = shares(r#"job="a""#, NO_ARGUMENTS);
    // Its selector names the job alone, and the series of instance 0 tells only of that instance.
    let only = found(&text.read(), &policy);
    assert_eq!(only.releases.len(), 1);
    for pod in 1..4 {
        requests(
            &mut text,
            &format!("job=\"a\",instance=\"{pod}\""),
            0,
            120,
            |_| 0.0,
        );
    }
    let found = found(&text.read(), &policy);
    let seen: Vec<_> = found
        .releases
        .iter()
        .map(|release| (release.at, release.signs.clone()))
        .collect();
    let starts = |started, before| vec![Sign::Starts { started, before }];
    assert_eq!(seen, [(minute(20), starts(4, 4)), (minute(80), starts(1, 4))]);
    assert!(!found.releases[0].is_likely_restart());
    assert!(found.releases[1].is_likely_restart());
    assert!(found.releases[1].found().contains("a restart, most likely"));
}

#[test]
fn one_process_that_starts_twice_is_two_releases() {
    let mut text = Text::default();
    requests(&mut text, r#"job="a""#, 0, 30, |_| 0.0);
    text.series(
        r#"process_start_time_seconds{job="a"}"#,
        0,
        30,
        |second| match second {
            ..600 => (T0 - 9000) as f64,
            600..690 => (T0 + 596) as f64,
            _ => (T0 + 686) as f64,
        },
    );
    let found = found(&text.read(), &shares(r#"job="a""#, NO_ARGUMENTS));
    // The process itself says when it began, a little before the scrape that heard it.
    let seen: Vec<_> = found.releases.iter().map(|release| release.at).collect();
    assert_eq!(
        seen,
        [Timestamp::from_secs(T0 + 596), Timestamp::from_secs(T0 + 686)]
    );
}

#[test]
fn controllers_tell_of_their_rollouts() {
    let phase = |second: i64| match second / 60 {
        20..25 | 35..40 => "Progressing",
        25..35 => "Paused",
        40..50 => "Healthy",
        50..55 => "Progressing",
        55.. => "Degraded",
        _ => "Healthy",
    };
    let argo = |text: &mut Text, name: &str| {
        for label in ["Healthy", "Progressing", "Paused", "Degraded"] {
            let series = format!("rollout_info{{name=\"{name}\",namespace=\"n\",phase=\"{label}\"}}");
            text.series(&series, 0, 60, |second| f64::from(phase(second) == label));
        }
    };
    let policy = shares(PLAIN, NO_ARGUMENTS);
    let mut text = Text::default();
    requests(&mut text, r#"job="a""#, 0, 60, |_| 0.0);
    argo(&mut text, "shop");
    let seen = |text: &Text| -> Vec<(Timestamp, String)> {
        let found = found(&text.read(), &policy);
        found
            .releases
            .iter()
            .map(|release| (release.at, release.found()))
            .collect()
    };
    let change = "rollout_info Healthy → Progressing".to_owned();
    assert_eq!(seen(&text), [(minute(20), change.clone()), (minute(50), change)]);

    let mut text = Text::default();
    requests(&mut text, r#"job="a""#, 0, 60, |_| 0.0);
    argo(&mut text, "another");
    argo(&mut text, "third");
    assert_eq!(seen(&text), []);

    let mut text = Text::default();
    requests(&mut text, r#"job="a""#, 0, 60, |_| 0.0);
    text.series(
        r#"flagger_canary_status{name="shop",namespace="n"}"#,
        0,
        60,
        |second| match second / 60 {
            20..30 => 0.0,
            30.. => 2.0,
            _ => 1.0,
        },
    );
    // More replicas raise the generation, too: it counts for nothing beside what the controller says.
    let generation = r#"kube_deployment_status_observed_generation{deployment="shop",namespace="n"}"#;
    text.series(generation, 0, 60, |second| if second < 2700 { 3.0 } else { 4.0 });
    assert_eq!(
        seen(&text),
        [(
            minute(20),
            "flagger_canary_status successful → running".to_owned()
        )]
    );

    let mut text = Text::default();
    requests(&mut text, r#"job="a""#, 0, 60, |_| 0.0);
    text.series(generation, 0, 60, |second| if second < 2700 { 3.0 } else { 4.0 });
    let change = "kube_deployment_status_observed_generation 3 → 4".to_owned();
    assert_eq!(seen(&text), [(minute(45), change)]);
}

#[test]
fn silence_ends_a_release() {
    let mut text = Text::default();
    requests(&mut text, r#"version="1""#, 0, 20, |_| 0.0);
    requests(&mut text, r#"version="2""#, 10, 20, |_| 0.0);
    requests(&mut text, r#"version="2""#, 90, 99, |_| 0.0);
    let found = found(&text.read(), &shares(PLAIN, NO_ARGUMENTS));
    // The last sample before the silence lies at 19m45s.
    assert_eq!(
        found.releases[0].until,
        minute(20) - Duration::from_millis(14_999)
    );
    assert_eq!(found.watched.len(), 2);
}

/// Worked out by hand: three hours without a release, and half of all requests fail from 60m to 75m. Of the windows of
/// ten minutes those from 60m and 70m see three failed looks; they follow each other, so they are one alarm.
#[test]
fn alarms_with_no_release_are_counted_by_the_controllers_own_count() {
    let mut text = Text::default();
    let broken = |second: i64| if (3600..4500).contains(&second) { 5.0 } else { 0.0 };
    requests(&mut text, r#"job="a""#, 0, 180, broken);
    // One more sample, so that the last window is whole.
    writeln!(
        text.0,
        "http_requests_total{{app=\"shop\",code=\"200\",job=\"a\"}} 1e9 {}",
        T0 + 10_800
    )
    .unwrap();
    let (recording, policy) = (text.read(), shares(PLAIN, NO_ARGUMENTS));
    let (history, _) = laid(&recording, &policy, found(&recording, &policy));
    let [errors, traffic] = &history.laid[0].checks[..] else {
        panic!("two checks")
    };
    assert_eq!(
        (errors.check.as_str(), errors.quiet.windows, errors.quiet.hours),
        ("errors", 18, 3.0)
    );
    assert_eq!((errors.quiet.rolled_back, errors.quiet.alarms), (2, 1));
    let per_week = errors.quiet.per_week.unwrap();
    assert!(
        (per_week.point - 56.0).abs() < 1e-9,
        "one in three hours is 56 a week"
    );
    // Garwood's interval of one: 0.0253 to 5.5716.
    assert!((per_week.low / 56.0 - 0.0253).abs() < 1e-3 && (per_week.high / 56.0 - 5.5716).abs() < 1e-3);
    assert!((errors.quiet.share.unwrap().point - 2.0 / 18.0).abs() < 1e-12);
    assert_eq!((traffic.quiet.rolled_back, traffic.quiet.alarms), (0, 0));
    assert!(traffic.quiet.per_week.unwrap().is_bound());
}

/// What runs after a harmful release is not quiet; after any other it is, once the planned ten minutes are over.
#[test]
fn after_a_harmful_release_nothing_is_quiet() {
    let mut text = Text::default();
    requests(&mut text, r#"version="1""#, 0, 61, |_| 0.0);
    requests(&mut text, r#"version="2""#, 60, 121, |_| 5.0);
    requests(&mut text, r#"version="3""#, 120, 181, |_| 0.0);
    let (recording, policy) = (text.read(), shares(PLAIN, NO_ARGUMENTS));
    let known = labels::parse("l", "id,truth\nr001,harmful\nr002,harmless\n").unwrap();
    let found = found(&recording, &policy);
    let (tied, loose) = labels::tied(&known, &found.releases);
    assert!(loose.is_empty());
    let settings = Settings::default();
    let (history, _) = history::history(&recording, found, tied, &policies(&policy), &settings);
    let laid = &history.laid[0];
    let [errors, traffic] = &laid.checks[..] else {
        panic!("two checks")
    };
    // An hour before the first, and 130m to 180m.
    assert_eq!((errors.quiet.windows, errors.quiet.rolled_back), (6 + 5, 0));
    assert_eq!(
        (
            laid.figures.harmful_rolled_back,
            laid.figures.harmless_rolled_back
        ),
        (1, 0)
    );
    assert_eq!(
        (errors.decided, errors.without.fewer, errors.without.harmful_fewer),
        (1, 1, 1)
    );
    assert_eq!((traffic.decided, traffic.without.fewer), (0, 0));
}

/// Ten requests a second; at a weight of 10 % the canary gets three in a hundred of them, at 50 % half.
#[test]
fn a_canary_that_got_less_than_it_was_to_get_is_told() {
    let mut text = Text::default();
    text.series(
        r#"http_requests_total{app="shop",version="1"}"#,
        0,
        60,
        |second| match second {
            ..1200 => second as f64 * 10.0,
            1200..2400 => 12_000.0 + (second - 1200) as f64 * 9.7,
            _ => 23_640.0 + (second - 2400) as f64 * 5.0,
        },
    );
    text.series(
        r#"http_requests_total{app="shop",version="2"}"#,
        20,
        60,
        |second| match second {
            ..2400 => (second - 1200) as f64 * 0.3,
            _ => 360.0 + (second - 2400) as f64 * 5.0,
        },
    );
    for (workload, other) in [("shop", false), ("shop-primary", true)] {
        let series = format!("flagger_canary_weight{{workload=\"{workload}\"}}");
        text.series(&series, 0, 60, |second| {
            let weight = [0.0, 10.0, 50.0][(second / 1200) as usize];
            if other { 100.0 - weight } else { weight }
        });
    }
    let (recording, policy) = (text.read(), shares(PLAIN, NO_ARGUMENTS));
    let (history, _) = laid(&recording, &policy, found(&recording, &policy));
    let policies = policies(&policy);
    let subject = history::subject(&policies, &Settings::default());
    let named = |name: &str| [Matcher::new("__name__", MatchOp::Equal, name).unwrap()];
    let (nowhere, both) = (named("nowhere"), named("flagger_canary_weight"));
    let splits = |weight| history::splits(&recording, &history.cases, &policies, &subject, weight);
    let seen = splits(None).unwrap();
    let [ten, fifty] = &seen[..] else {
        panic!("two weights, not {seen:?}")
    };
    // Nine cells of two minutes in 22m to 40m.
    assert_eq!((ten.weight, ten.cells), (0.1, 9));
    assert!((ten.requests - 10_800.0).abs() < 1e-6 && (ten.share.point - 0.03).abs() < 1e-9);
    assert!(
        (ten.dispersion - 1.0).abs() < 1e-12,
        "even traffic is no noisier than chance"
    );
    let (low, high) = coalmine::stats::wilson(324, 10_800, 0.95);
    assert_eq!((ten.share.low, ten.share.high), (low, high));
    assert!(ten.differs() && ten.share.high < ten.weight);
    assert_eq!(fifty.weight, 0.5);
    assert!((fifty.share.point - 0.5).abs() < 1e-9 && !fifty.differs());

    assert!(splits(Some(&nowhere)).unwrap_err().message.contains("no series"));
    assert!(splits(Some(&both)).unwrap_err().message.contains("differ"));
}

fn highload() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/highload-deploys")
}

/// The ground truth was worked out without this program; its verdicts are counted here as they stand in the file.
#[test]
fn the_seventy_deployments_are_found_and_labelled_as_their_ground_truth_says() {
    let truth = fs::read_to_string(highload().join("ground_truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let deployments = truth["deployments"].as_array().unwrap();
    let of = |verdict: &str| deployments.iter().filter(|one| one["verdict"] == verdict).count() as u64;
    assert_eq!((deployments.len(), of("unhealthy"), of("healthy")), (70, 38, 5));

    let (recording, _) = recording::open(&highload(), &recording::Keep::default()).unwrap();
    let policy = fs::read_to_string(highload().join("policy.yaml")).unwrap();
    let found = found(&recording, &policy);
    assert_eq!(found.releases.len(), deployments.len());
    assert_eq!(found.restarts, 0);
    for (release, deployment) in found.releases.iter().zip(deployments) {
        let at = deployment["deployedAt"]
            .as_f64()
            .unwrap()
            .max(recording.first.as_secs_f64());
        assert!(
            (release.at.as_secs_f64() - at).abs() < 2.0,
            "{} at {at}",
            release.id
        );
        // One process, and after a pause of the recording none ran before.
        let alone = matches!(
            release.signs[..],
            [Sign::Starts {
                started: 1,
                before: 0 | 1
            }]
        );
        assert!(alone, "{:?}", release.signs);
        // The ground truth ends some where the old process was last seen, a few scrapes before the next began.
        let end = deployment["windowEnd"].as_f64().unwrap();
        assert!(
            release.until.as_secs_f64() < end + 30.0,
            "{} ends at {end}",
            release.id
        );
    }
    let known = GroundTruth::beside(&highload(), &recording).unwrap();
    let (tied, loose) = labels::tied(&labels::of_truth(&known), &found.releases);
    assert!(loose.is_empty());
    let (history, _) = history::history(&recording, found, tied, &policies(&policy), &Settings::default());
    for (case, deployment) in history.cases.iter().zip(deployments) {
        assert_eq!(
            case.label.as_ref().unwrap().id,
            deployment["id"].as_str().unwrap()
        );
    }
    let figures = &history.laid[0].figures;
    assert_eq!(
        (figures.releases, figures.harmful, figures.harmless),
        (70, of("unhealthy"), of("healthy"))
    );
    // Each deployment ends one way.
    let endings = figures.rolled_back + figures.promoted + figures.waiting + figures.unfinished;
    assert_eq!(endings, 70);
    // d003, by hand: refusals from its first minute on, three failed looks in a row.
    assert_eq!(
        history.laid[0].hindsight[2].rolled_back_after,
        Some(Duration::from_mins(2))
    );
    let recall = figures.recall.unwrap();
    assert_eq!(
        (recall.n, recall.point),
        (38, figures.harmful_rolled_back as f64 / 38.0)
    );
    assert_eq!(known.deployments[2].verdict, Some(Known::Unhealthy));
}

#[test]
fn marks_take_the_place_of_what_would_be_found() {
    let mut text = Text::default();
    requests(&mut text, r#"job="a",version="1.0""#, 0, 60, |_| 0.0);
    requests(&mut text, r#"job="a",version="1.1""#, 30, 60, |_| 0.0);
    let recording = text.read();
    let subject = history::subject(&policies(&shares(PLAIN, NO_ARGUMENTS)), &Settings::default());
    let table = "# what went out that day\nid,time,label\nlate,1970-01-12T14:20:00Z,1.2\nearly,1000600,\n";
    let found = marks("marks.csv", table, &recording, &subject).unwrap();
    let seen: Vec<_> = found
        .releases
        .iter()
        .map(|release| (release.id.as_str(), release.at))
        .collect();
    assert_eq!(
        seen,
        [
            ("early", minute(10)),
            ("late", minute(33) + Duration::from_secs(20))
        ]
    );
    assert_eq!(found.releases[1].version().unwrap().new, "1.2");
    assert_eq!(found.releases[0].until, found.releases[1].at);

    let broken = "time,id\nyesterday,a\n1000600,\n1000600,b\n1000700,b\n5,c\n";
    let findings = marks("marks.csv", broken, &recording, &subject).unwrap_err();
    let lines: Vec<_> = findings
        .iter()
        .map(|finding| finding.about.clone().unwrap())
        .collect();
    assert_eq!(
        lines,
        ["marks.csv:2", "marks.csv:3", "marks.csv:5", "marks.csv:6"]
    );
}

#[test]
fn broken_labels_are_findings_with_their_lines_all_at_once() {
    let broken = "id,time,truth,rolled_back_by_people,note\n\
                  a,soon,harmful,yes,\n\
                  b,,bad,no,\n\
                  \n\
                  c,,harmful,perhaps,\n\
                  c,,harmful,,\"a note, with a comma\"\n";
    let findings = labels::parse("labels.csv", broken).unwrap_err();
    let told: Vec<_> = findings
        .iter()
        .map(|finding| (finding.about.as_deref().unwrap(), finding.message.as_str()))
        .collect();
    for ((about, message), (line, word)) in told.iter().zip([
        (2, "\"soon\""),
        (3, "\"bad\""),
        (5, "\"perhaps\""),
        (6, "line 5 already"),
    ]) {
        assert_eq!(*about, format!("labels.csv:{line}"));
        assert!(message.contains(word), "{message}");
    }
    assert_eq!(told.len(), 4);
    for (text, word) in [
        ("", "is empty"),
        ("id,harm\n", "no column \"harm\""),
        ("id,time\n", "\"truth\" is missing"),
        ("id,truth,id\n", "two columns"),
        ("id,truth\na\n", "1 fields, not 2"),
    ] {
        let findings = labels::parse("labels.csv", text).unwrap_err();
        assert!(
            findings[0].message.contains(word),
            "{text:?}: {}",
            findings[0].message
        );
    }
}

#[test]
fn a_label_belongs_to_the_release_of_its_time_before_that_of_its_name() {
    let mut text = Text::default();
    requests(&mut text, r#"version="1""#, 0, 60, |_| 0.0);
    requests(&mut text, r#"version="2""#, 20, 60, |_| 0.0);
    requests(&mut text, r#"version="3""#, 40, 60, |_| 0.0);
    let found = found(&text.read(), &shares(PLAIN, NO_ARGUMENTS));
    // As if the table were of a longer recording, in which these were the second and the third.
    let table = "id,time,truth\nr002,1001230,harmful\nr003,1002400,harmless\nr001,1000000,harmful\n";
    let (tied, loose) = labels::tied(&labels::parse("l", table).unwrap(), &found.releases);
    let seen: Vec<_> = tied
        .iter()
        .map(|label| label.as_ref().unwrap().id.as_str())
        .collect();
    assert_eq!(seen, ["r002", "r003"]);
    assert_eq!((loose.len(), loose[0].line), (1, 4));
    // What was written is read again as it was.
    let written = labels::skeleton(&found.releases, &tied).unwrap();
    let (again, loose) = labels::tied(&labels::parse("l", &written).unwrap(), &found.releases);
    assert!(loose.is_empty());
    let truths: Vec<_> = again
        .iter()
        .map(|label| label.as_ref().unwrap().harmful)
        .collect();
    assert_eq!(truths, [Some(true), Some(false)]);
}

proptest! {
    #[test]
    fn no_table_can_cause_a_panic(text in "(id|time|truth|,|\n|\"|harmful|1e400|NaN|-1|2026-01-01T00:00:00Z|é|#|\r){0,30}") {
        let _ = labels::parse("any", &text);
        let _ = labels::parse("any", &format!("id,time,truth\n{text}"));
        let mut series = Text::default();
        series.series("up", 0, 1, |_| 1.0);
        let _ = marks("any", &format!("time,id\n{text}"), &series.read(), &history::subject(&[], &Settings::default()));
    }
}

/// Lines of a recording: what tells of releases, at odd times and with odd values.
fn odd_lines() -> impl Strategy<Value = Vec<(usize, usize, usize, i64)>> {
    prop::collection::vec(
        (
            0..8_usize,
            0..4_usize,
            0..7_usize,
            prop_oneof![
                200 => 0_i64..7200,
                1 => Just(9_223_372_036_854_775),
                1 => Just(-9_223_372_036_854_775),
            ],
        ),
        1..60,
    )
}

proptest! {
    #[test]
    fn releases_of_any_recording_follow_each_other(lines in odd_lines()) {
        let names = [
            "http_requests_total{app=\"shop\",job=\"a\",code=\"500\",version=",
            "http_requests_total{app=\"shop\",job=\"a\",pod=",
            "process_start_time_seconds{job=\"a\",instance=",
            "rollout_info{name=\"shop\",phase=",
            "flagger_canary_status{name=",
            "flagger_canary_weight{workload=",
            "kube_deployment_status_observed_generation{deployment=",
            "http_requests_total{app=\"shop\",job=\"a\",version=\"\",service=",
        ];
        let labels = [
            ["1", "2", "shop", ""], ["shop-79d5cb6f7b-x2vzq", "shop-84b6cf9d5d-bcdfg", "-", ""],
            ["0", "1", "2", ""], ["Healthy", "Progressing", "Degraded", "odd"], ["shop", "x", "", "y"],
            ["shop", "shop-primary", "", "y"], ["shop", "x", "", "y"], ["shop", "shop-canary", "shop-canary.n", ""],
        ];
        let values = ["0", "1", "3600", "NaN", "+Inf", "-1e300", "50"];
        let mut text = String::new();
        for (name, label, value, time) in lines {
            writeln!(text, "{}\"{}\"}} {} {time}", names[name], labels[name][label], values[value]).unwrap();
        }
        text += "# EOF\n";
        // What cannot be read is another's business.
        if let Ok((recording, _)) = recording::read("odd", text.as_bytes(), None) {
            let policy = shares(PLAIN, NO_ARGUMENTS);
            let found = found(&recording, &policy);
            for pair in found.releases.windows(2) {
                prop_assert!(pair[0].until <= pair[1].at);
            }
            for release in &found.releases {
                prop_assert!(release.at <= release.until && !release.signs.is_empty());
            }
            let (history, _) = laid(&recording, &policy, found);
            let policies = policies(&policy);
            let subject = history::subject(&policies, &Settings::default());
            let _ = history::splits(&recording, &history.cases, &policies, &subject, None);
            prop_assert!(labels::skeleton(&[], &[]).is_ok());
            coalmine::report::history::json(&history).unwrap();
            coalmine::report::history::csv(&history).unwrap();
            coalmine::report::history::terminal(&history, 80);
            coalmine::report::history::markdown(&history);
        }
    }
}

/// The binary in a fresh folder of its own: its code, stdout and stderr.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coalmine"));
    command
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "80")
        .stdin(Stdio::null());
    let ran = command.arg("history").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ran.status.code(), text(ran.stdout), text(ran.stderr))
}

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("history").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn the_command_answers_in_all_its_forms_and_labels_survive() {
    let folder = fresh("forms");
    let data = highload();
    let (data, policy) = (
        data.display().to_string(),
        data.join("policy.yaml").display().to_string(),
    );
    let call = [&data, "--policy", &policy];
    let with = |more: &[&str]| run(&folder, &[&call[..], more].concat());

    let (code, out, _) = with(&["--write-labels", "labels.csv", "--out", "md=answer.md"]);
    assert_eq!(code, Some(0));
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert!(out.contains("70 releases: would have rolled back 11"), "{out}");
    let written = fs::read_to_string(folder.join("labels.csv")).unwrap();
    assert_eq!(written.lines().count(), 71);
    assert!(
        fs::read_to_string(folder.join("answer.md"))
            .unwrap()
            .starts_with("- 70 releases: would have")
    );

    // Nothing that people wrote is overwritten.
    let edited = written
        .replacen("unknown", "harmful", 1)
        .replacen(",harmful,,", ",harmful,yes,", 1);
    fs::write(folder.join("labels.csv"), &edited).unwrap();
    let (code, out, err) = with(&["--write-labels", "labels.csv"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(
        err.contains("is there already") && err.contains("labels.csv"),
        "{err}"
    );
    assert_eq!(fs::read_to_string(folder.join("labels.csv")).unwrap(), edited);

    let (code, out, _) = with(&["--labels", "labels.csv", "--out", "json=-"]);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, Some(0));
    let figures = &answer["policies"][0]["figures"];
    assert_eq!(
        (&figures["harmful"], &figures["by_people"]),
        (&39.into(), &1.into())
    );
    assert_eq!(answer["releases"].as_array().unwrap().len(), 70);
    let (code, out, _) = with(&["--out", "csv=-"]);
    assert_eq!((code, out.lines().count()), (Some(0), 71));

    fs::write(folder.join("broken.csv"), "id,truth\nr001,dreadful\n").unwrap();
    let (code, _, err) = with(&["--labels", "broken.csv"]);
    assert_eq!(code, Some(2));
    assert!(
        err.contains("broken.csv:2") && err.contains("\"dreadful\""),
        "{err}"
    );
    fs::write(folder.join("loose.csv"), "id,truth\nnobody,harmful\n").unwrap();
    let (code, _, err) = with(&["--labels", "loose.csv"]);
    assert_eq!(code, Some(0));
    assert!(err.contains("1 label belongs to no release"), "{err}");
    // Two policies side by side, in a narrow terminal.
    let second = fs::read_to_string(&policy).unwrap().replace("> 0.10", "> 0.50");
    fs::create_dir_all(folder.join("lenient")).unwrap();
    fs::write(folder.join("lenient/policy.yaml"), second).unwrap();
    let (code, out, err) = with(&["--policy", "lenient"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert!(out.contains("lenient: 70 releases"), "{out}");

    for (weight, told) in [
        ("sum(up)", "no selector"),
        ("up{", "--weight-metric"),
        ("nowhere", "names no series"),
    ] {
        let (code, _, err) = with(&["--weight-metric", weight]);
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(told), "{err}");
    }
    let (code, _, err) = with(&["--out", "html=page.html"]);
    assert_eq!(code, Some(2), "{err}");
}

#[test]
fn no_release_is_a_code_of_its_own() {
    let folder = fresh("none");
    let mut text = Text::default();
    requests(&mut text, r#"job="a""#, 0, 5, |_| 0.0);
    fs::write(folder.join("metrics.om"), text.0 + "# EOF\n").unwrap();
    fs::write(folder.join("policy.yaml"), shares(PLAIN, NO_ARGUMENTS)).unwrap();
    let (code, out, err) = run(&folder, &["metrics.om", "--policy", "policy.yaml"]);
    assert_eq!((code, out.as_str()), (Some(4), ""));
    assert!(err.contains("no release"), "{err}");
    let (code, _, err) = run(&folder, &["nowhere.om", "--policy", "policy.yaml"]);
    assert_eq!(code, Some(2), "{err}");
}
