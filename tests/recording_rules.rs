//! Queries over what rules record: rewritten to what services show, and answered as Prometheus would have.

use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Prepared, Request, prepare};
use coalmine::policy::argo::spec::Question;
use coalmine::promql::{Plan, Settings, Value, parse};
use coalmine::scenario::inference::{Quantity, Reads};
use coalmine::series::{AsOf, Labels, Layout, STALE, Samples};
use coalmine::units::Timestamp;

const ROLLOUT: &str = "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: 4
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: shop, image: a}]}}
  strategy:
    canary:
      canaryService: shop-canary
      stableService: shop-stable
      trafficRouting: {istio: {virtualService: {name: v}}}
      steps:
        - setWeight: 20
        - analysis: {templates: [{templateName: slo}]}
";

fn template(query: &str, condition: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{name: slo}}
spec:
  metrics:
    - name: check
      interval: 30s
      count: 10
      {condition}
      provider: {{prometheus: {{address: http://p:9090, query: '{query}'}}}}
"
    )
}

fn prepared(query: &str, condition: &str, rules: &str) -> Prepared {
    let mut documents = Documents::default();
    documents.add("rollout.yaml", ROLLOUT);
    documents.add("template.yaml", template(query, condition));
    documents.add("rules.yaml", rules);
    prepare(&documents, &Documents::default(), &Request::default())
}

fn query(prepared: &Prepared) -> &str {
    match &prepared.plan.policies[0].policy.checks[0].question {
        Question::Prometheus { query, .. } => query,
        Question::Other { .. } => panic!("no query"),
    }
}

const FILE: &str = "groups:
  - name: shop
    interval: 30s
    rules:
      - record: service:errors:ratio5m
        expr: >-
          sum by (service) (rate(http_requests_total{code=~\"5..\"}[5m]))
          / sum by (service) (rate(http_requests_total[5m]))
      - record: service:all
        expr: sum(rate(http_requests_total[5m]))
        labels: {team: shop}
      - alert: ErrorsHigh
        expr: service:errors:ratio5m > 0.05
  - name: by minute
    rules:
      - record: service:errors:twice
        expr: service:errors:ratio5m * 2
";

#[test]
fn a_recorded_name_is_read_through_its_rule() {
    let told = "service=\"shop-canary\"";
    let prepared = prepared(
        &format!("service:errors:ratio5m{{{told}}}"),
        "successCondition: result[0] < 0.01",
        FILE,
    );
    assert_eq!(prepared.refused, 0, "{:#?}", prepared.findings);
    assert_eq!(
        query(&prepared),
        format!(
            "last_over_time((sum by (service) (rate(http_requests_total{{code=~\"5..\",{told}}}[5m])) / \
             sum by (service) (rate(http_requests_total{{{told}}}[5m])))[30s:30s])"
        )
    );
    let reading = &prepared.readings[0][0];
    assert_eq!(
        (reading.reads, reading.quantity),
        (Reads::CanaryOnly, Some(Quantity::ErrorRatio))
    );
    assert_eq!(reading.limits[0].value, 0.01);
    let note = prepared
        .findings
        .iter()
        .find(|finding| finding.severity == Severity::Note)
        .unwrap();
    assert!(note.message.contains("recorded every 30s"), "{note:?}");
    assert_eq!(prepared.ignored.as_deref(), Some("ignored: 1 alerting rule"));
}

#[test]
fn windows_offsets_labels_and_rules_of_rules_are_kept() {
    let condition = "successCondition: result[0] < 0.01";
    for (written, wanted) in [
        (
            "avg_over_time(service:errors:ratio5m{service=\"shop-canary\"}[10m] offset 1m)",
            "avg_over_time((sum by (service) (rate(http_requests_total{code=~\"5..\",service=\"shop-canary\"}[5m])) / \
             sum by (service) (rate(http_requests_total{service=\"shop-canary\"}[5m])))[10m:30s] offset 1m)",
        ),
        (
            "sum(service:all{team=\"shop\"})",
            "sum(last_over_time((label_replace(sum(rate(http_requests_total[5m])), \"team\", \"shop\", \"\", \"\"))[30s:30s]))",
        ),
        (
            "service:errors:twice{service=\"shop-canary\"}",
            "last_over_time((last_over_time((sum by (service) (rate(http_requests_total{code=~\"5..\",service=\"shop-canary\"}[5m])) / \
             sum by (service) (rate(http_requests_total{service=\"shop-canary\"}[5m])))[30s:30s]) * 2)[1m:1m])",
        ),
    ] {
        let prepared = prepared(written, condition, FILE);
        assert_eq!(prepared.refused, 0, "{written}: {:#?}", prepared.findings);
        assert_eq!(query(&prepared), wanted.replace("             ", ""), "{written}");
    }
}

#[test]
fn what_a_rule_does_not_keep_is_said() {
    let condition = "successCondition: result[0] < 0.01";
    // The label is lost in the sum: never an answer.
    for query in [
        "service:all{service=\"shop-canary\"}",
        "service:all{team=\"other\"}",
        "service:errors:ratio5m{pod=~\"a.+\"}",
    ] {
        let prepared = prepared(query, condition, FILE);
        assert_eq!(prepared.refused, 0, "{:#?}", prepared.findings);
        let warned = prepared
            .findings
            .iter()
            .any(|finding| finding.message.contains("is never recorded"));
        assert!(warned, "{query}: {:#?}", prepared.findings);
    }
    let refused = [
        (
            "groups: [{name: a, rules: [{record: x, expr: 'topk(3, y)'}]}]",
            "would be asked before topk chooses",
        ),
        (
            "groups: [{name: a, rules: [{record: x, expr: 'sum('}]}]",
            "does not parse",
        ),
        (
            "groups: [{name: a, rules: [{record: x, expr: x}]}]",
            "rules that read each other",
        ),
        (
            "groups: [{name: a, interval: often, rules: [{record: x, expr: y}]}]",
            "is no interval of rules",
        ),
        (
            "groups: [{name: a, rules: [{record: x, expr: y}]}, {name: b, interval: 5m, rules: [{record: x, expr: z}]}]",
            "different intervals",
        ),
    ];
    for (rules, why) in refused {
        let prepared = prepared("sum(x{service=\"shop-canary\"})", condition, rules);
        assert_eq!(prepared.refused, 1, "{rules}");
        let said = prepared.findings.iter().any(|finding| {
            let labels = finding.labels.iter().any(|label| label.text.contains(why));
            finding.message.contains(why) || labels
        });
        assert!(said, "{rules}: {:#?}", prepared.findings);
    }
    // Nobody asks for it: not a word.
    let rules = "groups: [{name: a, rules: [{record: x, expr: 'sum('}]}]";
    let query = "sum(rate(http_requests_total{code=~\"5..\",service=\"shop-canary\"}[5m])) / sum(rate(http_requests_total{service=\"shop-canary\"}[5m]))";
    let quiet = prepared(query, condition, rules);
    assert!(
        quiet.refused == 0
            && !quiet
                .findings
                .iter()
                .any(|finding| finding.message.contains("parse"))
    );
}

#[test]
fn a_prometheus_rule_is_evaluated_as_its_operator_does() {
    let rules = "apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: shop}
spec:
  groups:
    - name: a
      rules:
        - record: pool:use
          expr: sum by (service) (pool_active) / sum by (service) (pool_max)
";
    let prepared = prepared(
        "pool:use{service=\"shop-canary\"}",
        "successCondition: result[0] < 0.75",
        rules,
    );
    assert_eq!(prepared.refused, 0, "{:#?}", prepared.findings);
    assert!(query(&prepared).ends_with("[30s:30s])"));
    assert_eq!(prepared.readings[0][0].quantity, Some(Quantity::Gauge));
    assert_eq!(prepared.ignored, None);
}

/// The rewritten query answers what an evaluation of the rule at each multiple of its interval would have recorded:
/// here the samples are recorded by hand, with a stale marker where the expression gives nothing.
#[test]
fn the_answer_is_that_of_recorded_samples() {
    let mut layout = Layout::default();
    let axis = layout.add_axis();
    layout.add_series(axis, Labels::new([("__name__", "x"), ("service", "a")]));
    let other = layout.add_axis();
    layout.add_series(
        other,
        Labels::new([("__name__", "rec"), ("service", "a"), ("team", "t")]),
    );
    let mut samples = Samples::new(&layout);
    let value = |n: i64| (n * n % 37) as f64;
    let gone = |n: i64| (40..60).contains(&n);
    for n in 0..100_i64 {
        let seen = if gone(n) { STALE } else { value(n) };
        samples.push(axis, n * 15_000 + 4_000, [seen].into_iter());
    }
    // Every minute: twice the newest sample, none where that is stale or older than five minutes.
    for minute in 1..25_i64 {
        let newest = (minute * 60_000 - 4_000).div_euclid(15_000);
        let recorded = if gone(newest) { STALE } else { 2.0 * value(newest) };
        samples.push(other, minute * 60_000, [recorded].into_iter());
    }
    let rules = "groups: [{name: g, rules: [{record: job, expr: x * 2, labels: {team: t}}]}]";
    for asked in [
        "NAME{service=\"a\"}",
        "sum by (team) (NAME)",
        "avg_over_time(NAME[5m])",
        "count_over_time(NAME{team=\"t\"}[7m])",
        "max_over_time(NAME[10m] offset 2m)",
        "NAME offset 3m",
    ] {
        let written = asked.replace("NAME", "job");
        let inlined = inlined(&written, rules);
        let settings = Settings::default();
        let [ours, theirs] = [inlined, asked.replace("NAME", "rec")]
            .map(|query| Plan::new(&parse(&query).unwrap(), &layout, &settings).unwrap());
        let mut compared = 0;
        for second in (0..1500).step_by(7) {
            let now = Timestamp::from_secs(second);
            let answer = |plan: &Plan| {
                let mut scratch = plan.scratch();
                let seen = AsOf::new(&samples, now, now);
                match plan.evaluate(seen, now, &mut scratch).unwrap() {
                    Value::Vector(vector) => vector.iter().map(|(_, value)| value).collect::<Vec<f64>>(),
                    _ => panic!("no vector"),
                }
            };
            assert_eq!(answer(&ours), answer(&theirs), "{asked} at {second}");
            compared += answer(&theirs).len();
        }
        assert!(compared > 50, "{asked}");
    }
}

/// The query of a policy that asks it.
fn inlined(query: &str, rules: &str) -> String {
    let mut documents = Documents::default();
    documents.add("rollout.yaml", ROLLOUT);
    documents.add(
        "template.yaml",
        template(query, "successCondition: len(result) > 0"),
    );
    documents.add("rules.yaml", rules);
    let loaded = coalmine::policy::load(&documents, &Documents::default());
    match loaded.policies.first().map(|policy| &policy.checks[0].question) {
        Some(Question::Prometheus { query, .. }) => query.clone(),
        _ => panic!("{:#?}", loaded.findings),
    }
}
