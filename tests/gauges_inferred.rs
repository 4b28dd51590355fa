//! What queries say about gauges: the checks of three services, and the shapes that others write.

use std::path::Path;

use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Prepared, Request, prepare};
use coalmine::scenario::exposition::{Counts, Family};
use coalmine::scenario::inference::{Quantity, Reads};
use coalmine::scenario::{Better, Follows};

fn folder(name: &str) -> Documents {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut documents = Documents::default();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|end| end == "yaml"))
    {
        let name = file.file_name().unwrap().to_string_lossy();
        documents.add(name, std::fs::read_to_string(file).unwrap());
    }
    documents
}

fn prepared(documents: &Documents) -> Prepared {
    prepare(documents, &Documents::default(), &Request::default())
}

/// A Rollout with one check.
fn one(query: &str, condition: &str) -> Prepared {
    let query = query.replace('\n', " ");
    let mut documents = Documents::default();
    documents.add(
        "shop.yaml",
        format!(
            "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: shop}}
spec:
  replicas: 4
  selector: {{matchLabels: {{app: shop}}}}
  template: {{metadata: {{labels: {{app: shop}}}}, spec: {{containers: [{{name: shop, image: a}}]}}}}
  strategy:
    canary:
      steps:
        - setWeight: 20
        - analysis:
            templates: [{{templateName: slo}}]
            args: [{{name: hash, valueFrom: {{podTemplateHashValue: Latest}}}}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{name: slo}}
spec:
  args: [{{name: hash}}]
  metrics:
    - name: check
      interval: 30s
      count: 10
      {condition}
      provider:
        prometheus:
          address: http://prometheus:9090
          query: |
            {query}
"
        ),
    );
    prepared(&documents)
}

fn family<'p>(prepared: &'p Prepared, name: &str) -> &'p Family {
    let mut families = prepared.plan.exposition.families.iter();
    families
        .find(|family| family.name == name)
        .unwrap_or_else(|| panic!("no {name}: {:#?}", prepared.findings))
}

/// A check, what it measures, its limit.
type Row<'r> = (&'r str, &'r str, f64);

/// Every check of the three services is understood, reads the canary alone, and what it measures is what it says.
#[test]
fn all_checks_of_three_services_are_understood() {
    let rows: [(&str, &[Row<'_>]); 3] = [
        (
            "corp-cockpit",
            &[
                ("web-vitals-lcp", "measure", 2.5),
                ("web-vitals-inp", "measure", 200.0),
                ("web-vitals-cls", "measure", 0.1),
                ("js-error-rate", "errors", 0.001),
                ("api-error-rate", "errors", 0.001),
                ("ssr-page-load-p95", "latency", 1.0),
                ("resource-load-error-rate", "errors", 0.01),
                ("request-volume", "", 0.0),
            ],
        ),
        (
            "impact-in",
            &[
                ("delivery-success-rate", "successes", 0.99),
                ("delivery-latency-p95", "measure", 10.0),
                ("delivery-latency-p99", "measure", 30.0),
                ("api-error-rate", "errors", 0.001),
                ("delivery-retry-rate", "errors", 0.05),
                ("partner-api-latency-p95", "measure", 5.0),
                ("delivery-queue-depth", "gauge", 1000.0),
                ("request-volume", "", 0.0),
                ("db-pool-utilization", "gauge", 0.75),
            ],
        ),
        (
            "unified-profile",
            &[
                ("error-rate", "errors", 0.002),
                ("latency-p95", "latency", 0.5),
                ("latency-p99", "latency", 1.0),
                ("aggregation-success-rate", "successes", 0.995),
                ("cache-hit-rate", "gauge", 0.8),
                ("db-query-latency-p95", "measure", 0.1),
                ("db-pool-utilization", "gauge", 0.8),
                ("external-fetch-success", "successes", 0.98),
                ("request-volume", "", 0.0),
                ("memory-utilization", "gauge", 0.85),
            ],
        ),
    ];
    let mut checked = 0;
    for (service, wanted) in rows {
        let prepared = prepared(&folder(service));
        assert_eq!(prepared.refused, 0, "{service}: {:#?}", prepared.findings);
        let checks = &prepared.plan.policies[0].policy.checks;
        assert_eq!(checks.len(), wanted.len());
        for ((check, reading), (name, what, limit)) in checks.iter().zip(&prepared.readings[0]).zip(wanted) {
            assert_eq!(check.name, *name);
            assert_eq!(reading.reads, Reads::CanaryOnly, "{service} {name}");
            let quantity = reading.quantity.map_or("", |quantity| match quantity {
                Quantity::ErrorRatio => "errors",
                Quantity::SuccessRatio => "successes",
                Quantity::Latency { .. } => "latency",
                Quantity::Measure { .. } => "measure",
                Quantity::Gauge => "gauge",
                other => panic!("{service} {name}: {other:?}"),
            });
            assert_eq!(quantity, *what, "{service} {name}");
            assert_eq!(
                reading.limits.first().map_or(0.0, |limit| limit.value),
                *limit,
                "{service} {name}"
            );
            checked += 1;
        }
        // Each in worlds of gauges too, where it reads one.
        let gauges = wanted.iter().any(|(_, what, _)| *what == "gauge");
        let leak = prepared
            .plan
            .worlds
            .iter()
            .any(|world| world.scenario.name == "leak");
        assert_eq!(leak, gauges, "{service}");
    }
    assert_eq!(checked, 27);
}

/// Level (at the service's 60 %), floor, ceiling, what it follows.
type Wanted<'w> = (&'w str, f64, f64, f64, Follows);

#[test]
fn gauges_of_many_shapes_are_inferred() {
    let nothing = Follows::Nothing;
    let load = Follows::Load(0.5);
    let rows: [(&str, &str, &[Wanted<'_>]); 16] = [
        // Added up over four pods: a quarter of the limit for each.
        (
            "sum(queue_depth{hash=\"{{args.hash}}\"})",
            "successCondition: result[0] < 1000",
            &[("queue_depth", 150.0, 0.0, 500.0, load)],
        ),
        (
            "max(queue_depth{hash=\"{{args.hash}}\"})",
            "successCondition: result[0] < 1000",
            &[("queue_depth", 600.0, 0.0, 2000.0, load)],
        ),
        // Nothing tells the versions apart: eight pods share the limit.
        (
            "sum(queue_depth)",
            "successCondition: result[0] < 1000",
            &[("queue_depth", 75.0, 0.0, 500.0, load)],
        ),
        (
            "avg(avg_over_time(pool_active{hash=\"{{args.hash}}\"}[5m]))",
            "failureCondition: result[0] > 80",
            &[("pool_active", 48.0, 0.0, 160.0, load)],
        ),
        (
            "avg(cpu_usage_percent{hash=\"{{args.hash}}\"})",
            "successCondition: result[0] < 80",
            &[("cpu_usage_percent", 48.0, 0.0, 100.0, load)],
        ),
        (
            "avg(cache_hit_ratio{hash=\"{{args.hash}}\"})",
            "successCondition: result[0] > 0.8",
            &[("cache_hit_ratio", 0.88, 0.0, 1.0, nothing)],
        ),
        (
            "100 * sum(disk_used{hash=\"{{args.hash}}\"}) / sum(disk_total{hash=\"{{args.hash}}\"})",
            "successCondition: result[0] <= 90",
            &[
                ("disk_used", 54.0, 0.0, 100.0, nothing),
                ("disk_total", 100.0, 0.0, 100.0, nothing),
            ],
        ),
        (
            "sum(slots_free{hash=\"{{args.hash}}\"}) / (sum(slots_free{hash=\"{{args.hash}}\"}) + sum(slots_busy{hash=\"{{args.hash}}\"}))",
            "successCondition: result[0] > 0.25",
            &[
                ("slots_free", 55.0, 0.0, 100.0, nothing),
                ("slots_busy", 55.0, 0.0, 100.0, nothing),
            ],
        ),
        (
            "time() - max(last_sync_timestamp_seconds{hash=\"{{args.hash}}\"})",
            "successCondition: result[0] < 300",
            &[("last_sync_timestamp_seconds", 180.0, 0.0, 600.0, nothing)],
        ),
        (
            "max(consumer_lag{hash=\"{{args.hash}}\"})",
            "successCondition: result[0] < 500",
            &[("consumer_lag", 300.0, 0.0, 1000.0, load)],
        ),
        // A summary's quantile and an error ratio lie where those of requests would.
        (
            "max(http_request_duration_seconds{quantile=\"0.95\", hash=\"{{args.hash}}\"})",
            "successCondition: result[0] < 0.5",
            &[(
                "http_request_duration_seconds",
                0.2,
                0.0,
                1.0,
                Follows::Latency(0.95),
            )],
        ),
        (
            "avg(error_ratio{hash=\"{{args.hash}}\"})",
            "successCondition: result[0] < 0.02",
            &[("error_ratio", 0.005, 0.0, 1.0, Follows::Errors)],
        ),
        (
            "min(up{hash=\"{{args.hash}}\"})",
            "successCondition: result[0] == 1",
            &[("up", 1.0, 0.0, 1.0, nothing)],
        ),
        (
            "max(circuit_open{hash=\"{{args.hash}}\"})",
            "successCondition: result[0] == 0",
            &[("circuit_open", 0.0, 0.0, 5.0, nothing)],
        ),
        (
            "sum(rate(container_cpu_usage_seconds_total{pod=~\"shop-{{args.hash}}-.*\"}[5m]))",
            "successCondition: result[0] < 2",
            &[("container_cpu_usage_seconds_total", 0.3, 0.0, 1.0, load)],
        ),
        (
            "sum(increase(kube_pod_container_status_restarts_total{pod=~\"shop-{{args.hash}}-.*\"}[10m]))",
            "successCondition: result[0] < 6",
            &[(
                "kube_pod_container_status_restarts_total",
                0.0015,
                0.0,
                0.005,
                nothing,
            )],
        ),
    ];
    for (query, condition, wanted) in rows {
        let prepared = one(query, condition);
        assert_eq!(prepared.refused, 0, "{query}: {:#?}", prepared.findings);
        for (name, level, floor, ceiling, follows) in wanted {
            let gauge = family(&prepared, name)
                .gauge
                .as_ref()
                .unwrap_or_else(|| panic!("{query}: {name} is no gauge"));
            assert!(
                (gauge.healthy(0.6) - level).abs() < 1e-9,
                "{query}: {name} at {}",
                gauge.healthy(0.6)
            );
            assert_eq!(
                (gauge.floor, gauge.ceiling, gauge.follows),
                (*floor, *ceiling, *follows),
                "{query}: {name}"
            );
        }
        let error = prepared
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error);
        assert!(error.is_none(), "{query}: {error:?}");
    }
}

#[test]
fn what_is_counted_by_a_part_and_what_is_left_share_one_luck() {
    let sel = "{hash=\"{{args.hash}}\"}[5m]";
    let query = format!(
        "sum(rate(cache_hits_total{sel})) / (sum(rate(cache_hits_total{sel})) + sum(rate(cache_misses_total{sel})))"
    );
    let prepared = one(&query, "successCondition: result[0] > 0.8");
    let [hits, misses] = ["cache_hits_total", "cache_misses_total"].map(|name| family(&prepared, name));
    assert_eq!((hits.counts, misses.counts), (Counts::Part, Counts::Part));
    let (hits, misses) = (hits.gauge.as_ref().unwrap(), misses.gauge.as_ref().unwrap());
    assert_eq!((hits.better, hits.rest, misses.rest), (Better::High, false, true));
    assert_eq!(misses.luck.as_deref(), Some("cache_hits_total"));

    // How requests end is another matter: the two are successes and failures.
    let query = format!("sum(rate(ok_total{sel})) / (sum(rate(ok_total{sel})) + sum(rate(bad_total{sel})))");
    let prepared = one(&query, "successCondition: result[0] > 0.99");
    assert_eq!(family(&prepared, "ok_total").counts, Counts::Successes);
    assert_eq!(family(&prepared, "bad_total").counts, Counts::Failures);
    assert_eq!(prepared.readings[0][0].quantity, Some(Quantity::SuccessRatio));

    // One name, told by a label.
    let query = format!(
        "sum(rate(cache_requests_total{{result=\"miss\", hash=\"{{{{args.hash}}}}\"}}[5m])) / sum(rate(cache_requests_total{sel}))"
    );
    let prepared = one(&query, "successCondition: result[0] < 0.2");
    let lookups = family(&prepared, "cache_requests_total");
    let outcome = lookups.outcome.as_ref().unwrap();
    assert_eq!((lookups.counts, outcome.failure.as_str()), (Counts::Part, "miss"));
    let gauge = lookups.gauge.as_ref().unwrap();
    assert_eq!((gauge.better, gauge.limit), (Better::High, Some(0.8)));
}

#[test]
fn a_score_has_bounds_around_its_limit() {
    let query =
        "histogram_quantile(0.75, sum by (le) (rate(layout_shift_score_bucket{hash=\"{{args.hash}}\"}[5m])))";
    let prepared = one(query, "successCondition: result[0] < 0.1");
    let histogram = family(&prepared, "layout_shift_score")
        .histogram
        .as_ref()
        .unwrap();
    assert!(histogram.bounds.contains(&0.1) && histogram.bounds.last() == Some(&0.4));
    // 40 % of the limit at the 75th percentile of a lognormal with sigma 0.8: z = 0.67449.
    let median = 0.04 * libm::exp(-0.8 * 0.674_489_75);
    assert!((histogram.median.unwrap() / median - 1.0).abs() < 1e-6);
    assert!(prepared.limits.latency.is_empty());
    assert_eq!(prepared.limits.apart.len(), 1);
}

/// What cannot be known is an error that prints the lines which state it, and those lines are taken.
#[test]
fn what_is_not_known_prints_the_lines_that_state_it() {
    for (query, condition) in [
        (
            "max(temperature{hash=\"{{args.hash}}\"})",
            "successCondition: len(result) > 0",
        ),
        (
            "deriv(temperature{hash=\"{{args.hash}}\"}[5m])",
            "successCondition: result[0] < 1",
        ),
    ] {
        let prepared = one(query, condition);
        assert_eq!(prepared.refused, 1, "{query}");
        let error = prepared
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error)
            .unwrap();
        assert!(
            error
                .message
                .starts_with("nothing says what temperature of check check is"),
            "{error:?}"
        );
        let help = error.help.join("\n");
        let (_, document) = help.split_once(":\n").unwrap();
        let mut documents = Documents::default();
        let id = documents.add("service.yaml", document);
        let parts = coalmine::yaml::read(&documents, id);
        let Some(coalmine::yaml::Content::Tree(tree)) = parts.first().map(|part| &part.content) else {
            panic!("{document}")
        };
        let families = coalmine::scenario::document::families(tree);
        assert_eq!(
            (families.len(), families[0].counts),
            (1, Counts::Nothing),
            "{document}"
        );
    }
}

/// A policy that reads no gauge meets the battery it always met.
#[test]
fn worlds_of_gauges_are_for_those_who_read_gauges() {
    let plain = one(
        "sum(rate(http_requests_total{code=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m]))",
        "successCondition: result[0] < 0.01",
    );
    assert_eq!(plain.plan.worlds.len(), coalmine::scenario::BATTERY.len());
    let constant = one(
        "min(up{hash=\"{{args.hash}}\"})",
        "successCondition: result[0] == 1",
    );
    assert_eq!(constant.plan.worlds.len(), coalmine::scenario::BATTERY.len());
    let queue = one("max(queue_depth)", "successCondition: result[0] < 1000");
    let names: Vec<&str> = queue
        .plan
        .worlds
        .iter()
        .map(|world| world.scenario.name.as_str())
        .collect();
    assert_eq!(names.len(), coalmine::scenario::BATTERY.len() + 4);
    assert!(!names.contains(&"stuck"));
    let age = one("time() - max(last_run)", "successCondition: result[0] < 1000");
    assert!(age.plan.worlds.iter().any(|world| world.scenario.name == "stuck"));
    let harmful = queue
        .plan
        .worlds
        .iter()
        .position(|world| world.scenario.truth == coalmine::scenario::Verdict::Harmful);
    let cold = names.iter().position(|name| *name == "cold cache");
    assert!(cold < harmful);
}
