//! Two public recordings of injected faults, as far as a policy can be laid over them: Online Boutique (Nezha) and
//! PetShop. Neither is shipped; where they are not beside the checkout the tests skip, aloud.
//!
//! Counts in `EXPECTED` were worked out by a script of some forty lines that knows nothing of this project (an instant
//! query is the last value of the five minutes before; a look fails where a condition holds; more than `failureLimit`
//! failures roll back). The tables stand in `docs/recordings.md`; `COALMINE_BLESS=1 cargo test --test other_recordings`
//! writes them anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use coalmine::diagnostic::Documents;
use coalmine::policy;
use coalmine::policy::argo::spec::Policy;
use coalmine::promql;
use coalmine::recording::{self, Recording};
use coalmine::simulator::Incident;
use coalmine::stats::{self, Estimate};
use coalmine::units::{Duration, Timestamp};

mod common;

/// A check on every pod of a service that gets all traffic at once.
fn loaded(query: &str, condition: &str, interval: Duration, failure_limit: i64) -> Policy {
    let mut documents = Documents::default();
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{ name: service }}
spec:
  replicas: 1
  selector: {{ matchLabels: {{ app: service }} }}
  template: {{ metadata: {{ labels: {{ app: service }} }} }}
  strategy:
    canary:
      canaryService: canary
      stableService: stable
      trafficRouting: {{ nginx: {{ stableIngress: service }} }}
      analysis: {{ templates: [{{ templateName: service }}] }}
      steps: [{{ setWeight: 100 }}, {{ pause: {{ duration: 1h }} }}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{ name: service }}
spec:
  metrics:
    - name: check
      initialDelay: {interval}
      interval: {interval}
      count: 4
      failureLimit: {failure_limit}
      failureCondition: len(result) > 0 && {condition}
      provider: {{ prometheus: {{ address: http://prometheus:9090, query: '{query}' }} }}
"
    );
    documents.add("policy.yaml", text);
    let loaded = policy::load(&documents, &Documents::default());
    assert_eq!(loaded.refused, 0, "{:?}", loaded.findings);
    loaded.policies.into_iter().next().unwrap()
}

/// When each rollout that begins at one of `starts` is rolled back, and how many looks saw a number.
fn played(
    policy: &Policy,
    recording: &Recording,
    starts: &[f64],
    interval: Duration,
) -> Vec<Option<Duration>> {
    let settings = promql::Settings::default();
    let mut incident = Incident::new(policy, &recording.layout, &recording.samples, &settings).unwrap();
    let watched = Duration::from_millis(interval.as_millis() * 9 / 2);
    let from = |start: &f64| Timestamp::from_millis((start * 1000.0) as i64);
    let starts = starts.iter().map(from);
    starts
        .map(|from| incident.play(from, from + watched, &mut ()).rolled_back_after)
        .collect()
}

fn rolled_back(seen: &[Option<Duration>]) -> u64 {
    seen.iter().flatten().count() as u64
}

/// `10 of 56: 18 % (10 to 30)`
fn share(count: u64, of: u64) -> String {
    let Estimate { point, low, high, .. } = stats::rate(count, of).unwrap().scaled(100.0);
    match count {
        0 => format!("0 of {of}: under {:.0} %", high.ceil()),
        all if all == of => format!("{of} of {of}: over {:.0} %", low.floor()),
        _ => format!("{count} of {of}: {point:.0} % ({low:.0} to {high:.0})"),
    }
}

/// `1m (1m to 2m)`, to a whole look.
fn median(seen: &[Option<Duration>]) -> String {
    let mut times: Vec<f64> = seen.iter().flatten().map(|after| after.as_secs_f64()).collect();
    times.sort_by(f64::total_cmp);
    match stats::quantile(&times, 50) {
        None => "-".to_owned(),
        Some(median) => {
            let said = |seconds: f64| match seconds {
                s if s.is_infinite() => "?".to_owned(),
                s => Duration::from_secs(s as i64).to_string(),
            };
            format!(
                "{} ({} to {})",
                said(median.point),
                said(median.low),
                said(median.high)
            )
        }
    }
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(path.join("ground_truth.json")).unwrap()).unwrap()
}

/// Of 56 faults and 56 times before one: rolled back with no failure tolerated, and with one.
const BOUTIQUE: [(&str, [[u64; 2]; 2]); 3] = [
    ("success of the front end below 95 %", [[10, 0], [7, 0]]),
    (
        "p99 of the front end half as long again as 5 min before",
        [[46, 28], [30, 10]],
    ),
    (
        "CPU of the pod half as much again as 5 min before",
        [[36, 22], [30, 9]],
    ),
];

#[test]
fn faults_in_online_boutique() {
    let Some(folder) = common::shared("data/online-boutique-faults") else {
        return;
    };
    let (recording, _) = recording::open(&folder.join("metrics.om.gz"), &recording::Keep::default()).unwrap();
    let truth = json(&folder);
    let faults = truth["faults"].as_array().unwrap();
    let minute = Duration::from_mins(1);
    let mut text = String::from(
        "| check | failures tolerated | faults | minutes before a fault | time to detect |\n|:--|--:|--:|--:|--:|\n",
    );
    for (number, (name, expected)) in BOUTIQUE.into_iter().enumerate() {
        for (tolerated, [harmful, harmless]) in expected.into_iter().enumerate() {
            let (mut during, mut before) = (Vec::new(), Vec::new());
            for fault in faults {
                let pod = fault["pod"].as_str().unwrap();
                let grows = |series: &str| (format!("{series} / {series} offset 5m"), "result[0] > 1.5");
                let (query, condition) = match number {
                    0 => ("frontend_success_ratio".to_owned(), "result[0] < 0.95"),
                    1 => grows(r#"frontend_latency_seconds{quantile="0.99"}"#),
                    _ => grows(&format!(r#"container_cpu_usage_ratio{{pod="{pod}"}}"#)),
                };
                let policy = loaded(&query, condition, minute, tolerated as i64);
                let start = fault["start"].as_f64().unwrap();
                during.extend(played(&policy, &recording, &[start], minute));
                before.extend(played(&policy, &recording, &[start - 245.0], minute));
            }
            assert_eq!(
                [rolled_back(&during), rolled_back(&before)],
                [harmful, harmless],
                "{name}, {tolerated}"
            );
            let row = [share(harmful, 56), share(harmless, 56), median(&during)];
            writeln!(text, "| {name} | {tolerated} | {} |", row.join(" | ")).unwrap();
        }
    }
    compare("online-boutique", &text);
}

/// Of 10 delays, 10 error ratios and 234 times without either: rolled back with no failure tolerated, and with one.
const PETSHOP: [(&str, &str, &str, [[u64; 3]; 2]); 3] = [
    (
        "availability below 99 %",
        r#"min(petshop_availability_percent{node="PetSite"} offset 5m)"#,
        "result[0] < 99",
        [[0, 10, 16], [0, 10, 2]],
    ),
    (
        "mean latency above 100 ms",
        r#"max(petshop_latency_seconds{node="PetSite",stat="Average"} offset 5m)"#,
        "result[0] > 0.1",
        [[10, 2, 110], [10, 1, 56]],
    ),
    (
        "p99 of the latency above 500 ms",
        r#"max(petshop_latency_seconds{node="PetSite",stat="p99"} offset 5m)"#,
        "result[0] > 0.5",
        [[10, 3, 128], [10, 2, 77]],
    ),
];

#[test]
fn doses_in_petshop() {
    let Some(folder) = common::shared("data/petshop") else {
        return;
    };
    let (recording, _) = recording::open(&folder.join("metrics.om.gz"), &recording::Keep::default()).unwrap();
    let truth = json(&folder);
    let injected = |what: &str| -> Vec<f64> {
        let faults = truth["faults"].as_array().unwrap().iter();
        faults
            .filter(|fault| fault["injected_by"].as_str().unwrap().contains(what))
            .map(|fault| fault["start"].as_f64().unwrap())
            .collect()
    };
    let (delays, errors) = (injected("searchdelay"), injected("searcherrorpercent"));
    assert_eq!((delays.len(), errors.len()), (10, 10));
    let quiet: Vec<f64> = [1_692_608_400.0, 1_693_922_400.0]
        .iter()
        .flat_map(|begins| (0..117).map(move |n| begins + 300.0 + 1500.0 * f64::from(n)))
        .collect();
    let five = Duration::from_mins(5);
    let mut text = String::from(
        "| check | failures tolerated | delays of 0.5 to 2 s | errors of 1 to 3 % | nothing injected | time to detect |\n|:--|--:|--:|--:|--:|--:|\n",
    );
    for (name, query, condition, expected) in PETSHOP {
        for (tolerated, expected) in expected.into_iter().enumerate() {
            let policy = loaded(query, condition, five, tolerated as i64);
            let seen = [&delays, &errors, &quiet].map(|starts| played(&policy, &recording, starts, five));
            assert_eq!(
                [0, 1, 2].map(|n| rolled_back(&seen[n])),
                expected,
                "{name}, {tolerated}"
            );
            let shares = [0, 1, 2].map(|n| share(expected[n], seen[n].len() as u64));
            let caught = [seen[0].as_slice(), seen[1].as_slice()].concat();
            writeln!(
                text,
                "| {name} | {tolerated} | {} | {} |",
                shares.join(" | "),
                median(&caught)
            )
            .unwrap();
        }
    }
    compare("petshop", &text);
}

/// A window as long as the distance of the samples holds one of them, and no rate.
#[test]
fn windows_of_five_minutes_read_nothing_in_petshop() {
    let Some(folder) = common::shared("data/petshop") else {
        return;
    };
    let (recording, _) = recording::open(&folder.join("metrics.om.gz"), &recording::Keep::default()).unwrap();
    for (window, reads) in [("5m", false), ("10m", true)] {
        let query = format!(r#"sum(rate(derived_petshop_errors_total{{node="PetSite"}}[{window}]))"#);
        let policy = loaded(&query, "result[0] >= 0", Duration::from_mins(5), 0);
        let seen = played(&policy, &recording, &[1_693_922_700.0], Duration::from_mins(5));
        assert_eq!(seen[0].is_some(), reads, "[{window}]");
    }
}

/// Compares what stands between the marks of the page with `written`, or writes it.
fn compare(name: &str, written: &str) {
    // Two tests write one page.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recordings.md");
    let page = fs::read_to_string(&path).unwrap();
    let start = format!("<!-- {name}: written by tests/other_recordings.rs -->\n");
    let end = format!("<!-- end of {name} -->");
    let (before, rest) = page
        .split_once(&start)
        .expect("the page has a place for the table");
    let (_, after) = rest.split_once(&end).expect("the table has an end");
    let anew = format!("{before}{start}\n{written}\n{end}{after}");
    if std::env::var_os("COALMINE_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, anew).unwrap();
    } else {
        assert!(
            page == anew,
            "docs/recordings.md is not what the replay says; COALMINE_BLESS=1 cargo test --test other_recordings writes \
             it anew:\n{anew}"
        );
    }
}
