//! A rollout whose chance of rollback can be worked out with pencil and paper.
//!
//! Exactly 30 canary requests fall between two scrapes 15 s apart. A window of one minute holds four scrapes, so
//! PromQL sees three increments: 45 of the 60 seconds, 90 requests. A look fails when more than 3 % of them failed,
//! that is, with q = P(Bin(90, p) > 2). Ten looks, a minute apart, read disjoint requests; more than three failures
//! roll back: P(Bin(10, q) > 3).

#![expect(clippy::print_stdout, reason = "the test says what it counted")]

use coalmine::diagnostic::Documents;
use coalmine::experiment::{Seeds, let_stand_in};
use coalmine::policy;
use coalmine::policy::argo::spec::Policy;
use coalmine::promql;
use coalmine::scenario::exposition::{Counts, Exposition, Family, LabelRule, OutcomeLabel};
use coalmine::scenario::{Arrivals, Fault, Limits, Noise, Part, Scenario, Verdict, standard};
use coalmine::seed::Seed;
use coalmine::simulator::{Actor, Stage};
use coalmine::stats;
use coalmine::units::Duration;
use coalmine::world::{Pods, World};

const POLICY: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: pencil }
spec:
  replicas: 1
  strategy:
    canary:
      canaryService: pencil-canary
      stableService: pencil
      trafficRouting: { nginx: { stableIngress: pencil } }
      analysis: { templates: [{ templateName: errors }] }
      steps: [{ setWeight: 100 }, { pause: { duration: 15m } }]
  selector: { matchLabels: { app: pencil } }
  template: { metadata: { labels: { app: pencil } } }
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: errors }
spec:
  metrics:
    - name: errors
      interval: 1m
      count: 10
      failureLimit: 3
      initialDelay: 2m
      failureCondition: result[0] > 0.03
      provider:
        prometheus:
          address: http://prometheus:9090
          query: |
            sum(rate(http_requests_total{service="pencil-canary", status="500"}[1m]))
            /
            sum(rate(http_requests_total{service="pencil-canary"}[1m]))
"#;

fn exposition() -> Exposition {
    Exposition {
        families: vec![Family {
            name: "http_requests_total".into(),
            counts: Counts::Requests,
            gauge: None,
            histogram: None,
            outcome: Some(OutcomeLabel {
                label: "status".into(),
                success: "200".into(),
                failure: "500".into(),
            }),
            labels: vec![LabelRule {
                name: "service".into(),
                canary: "pencil-canary".into(),
                stable: "pencil".into(),
            }],
            arms: vec![
                coalmine::scenario::exposition::Arm::Canary,
                coalmine::scenario::exposition::Arm::Stable,
            ],
        }],
        routes: Vec::new(),
    }
}

/// Two requests a second, evenly; nothing else moves.
fn scenario(errors: f64) -> Scenario {
    let mut scenario = standard(&Limits::default());
    scenario.name = format!("errors at {errors}");
    scenario.truth = Verdict::Harmful;
    scenario.traffic.rate = 2.0;
    scenario.traffic.arrivals = Arrivals::Constant;
    scenario.traffic.daily = 0.0;
    scenario.traffic.noise = 0.0;
    scenario.service.noise = Noise {
        shared: 0.0,
        private: 0.0,
        correlation: Duration::from_mins(5),
    };
    scenario.service.errors = 0.0;
    scenario.faults = vec![Fault {
        errors,
        latency: 1.0,
        ramp: Duration::ZERO,
        above: 0.0,
        part: Part::Requests(1.0),
        ..Fault::default()
    }];
    scenario.cold_start = None;
    scenario.observation.scrape_interval = Duration::from_secs(15);
    scenario.observation.jitter = Duration::ZERO;
    scenario.observation.missed = 0.0;
    scenario.observation.ingestion = Duration::ZERO;
    scenario.observation.measurement = Duration::ZERO;
    scenario.observation.counters_start_at = Some(1e6);
    scenario
}

#[test]
fn rollbacks_come_as_often_as_pencil_and_paper_say() {
    let mut documents = Documents::default();
    documents.add("pencil.yaml", POLICY);
    let loaded = policy::load(&documents, &Documents::default());
    assert_eq!(loaded.refused, 0, "{:?}", loaded.findings);
    as_often_as_expected(&loaded.policies[0]);
}

/// The same check by Datadog, for which the same query stands in.
#[test]
fn rollbacks_by_a_query_that_stands_in_come_as_often() {
    let (before, query) = POLICY.split_once("        prometheus:").expect("a provider");
    let (_, query) = query.split_once("query: |").expect("a query");
    let before = before.replace("result[0] > 0.03", "result > 0.03");
    let mut documents = Documents::default();
    documents.add(
        "pencil.yaml",
        format!("{before}        datadog: {{ query: 'sum:errors{{*}}' }}\n"),
    );
    let scenario =
        "apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  providers:\n    - check: errors\n      query: |";
    documents.add("scenario.yaml", format!("{scenario}{query}"));
    let mut loaded = policy::load(&documents, &Documents::default());
    assert_eq!(loaded.refused, 0, "{:?}", loaded.findings);
    let found = let_stand_in(&documents, &mut loaded.policies);
    assert!(found.is_empty(), "{found:?}");
    as_often_as_expected(&loaded.policies[0]);
}

fn as_often_as_expected(policy: &Policy) {
    let trials = 20_000;
    for (errors, expected) in [(0.01, 0.002_283_04), (0.02, 0.269_641_14), (0.05, 0.999_734_92)] {
        let world = World::new(&scenario(errors), &exposition(), &Pods::numbered(1, 1));
        let settings = promql::Settings::default();
        let stage = Stage::new(policy, world, Duration::from_mins(20), &settings).unwrap();
        let seeds = Seeds::first(trials);
        let rolled_back = seeds.play(
            || Actor::new(&stage),
            |actor, seed| actor.play_once(&stage, Seed(seed), &mut ()).ending.is_rollback(),
        );
        let count = rolled_back.iter().filter(|&&rolled_back| rolled_back).count() as u64;
        let (low, high) = stats::wilson(count, trials, 0.99);
        println!("errors {errors}: {count} of {trials}, expected {expected}, 99 % interval {low} to {high}");
        assert!(
            low <= expected && expected <= high,
            "errors {errors}: {low} to {high} does not hold {expected}"
        );
    }
}
