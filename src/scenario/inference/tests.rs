//! The shapes that queries have in public manifests, one row each.

use proptest::prelude::*;

use super::{Bound, CheckReading, Inference, Quantity, Reads, ToldBy, infer};
use crate::diagnostic::{DocumentId, Documents, Severity, Span};
use crate::policy::argo::spec::{
    Analysis, Background, Canary, Check, CheckId, Identity, Kept, Managed, Metric, Policy, Question, Step,
    StepKind, Strategy,
};
use crate::policy::condition::{AnswerForm, Condition};
use crate::scenario::exposition::{Counts, Exposition, Family};
use crate::scenario::{Limits, document, standard};
use crate::units::Duration;
use crate::yaml::{self, Content};

fn identity() -> Identity {
    Identity {
        rollout: "checkout".into(),
        namespace: Some("shop".into()),
        canary_service: Some("checkout-canary".into()),
        stable_service: Some("checkout-stable".into()),
        shared_services: vec!["checkout".into()],
        canary_hash: "5c9f8d7b6".into(),
        stable_hash: "7d4b9c6f5".into(),
        canary_labels: vec![("track".into(), "canary".into())],
        stable_labels: vec![("track".into(), "stable".into())],
        pod_labels: vec![("app".into(), "checkout".into())],
        canary_versions: vec!["v2".into()],
        subset_routing: false,
        stable_ingress: Some("checkout".into()),
        scrape_interval: None,
    }
}

fn policy(identity: Identity, checks: &[(&str, &str, &str)]) -> Policy {
    let span = Span::new(DocumentId(0), 0..1);
    let condition = |text: &str| (!text.is_empty()).then(|| Condition::new(text));
    let metrics = checks
        .iter()
        .enumerate()
        .map(|(n, (_, success, failure))| Metric {
            name: format!("check-{n}"),
            check: CheckId(n),
            span,
            interval: None,
            initial_delay: None,
            count: 0,
            failure_limit: 0,
            inconclusive_limit: 0,
            consecutive_error_limit: 4,
            consecutive_success_limit: 0,
            dry_run: false,
            success: condition(success),
            failure: condition(failure),
            form: AnswerForm::default(),
        });
    Policy {
        name: identity.rollout.clone(),
        span,
        strategy: Strategy::Canary(Canary {
            replicas: 1,
            max_surge: 1,
            max_unavailable: 0,
            max_weight: 100,
            routed: true,
            verifies: false,
            managed: Managed::default(),
            dynamic_stable_scale: false,
            min_pods: 0,
            steps: Vec::new(),
            background: Some(Background {
                starting_step: 0,
                analysis: Analysis {
                    metrics: metrics.collect(),
                },
            }),
            abort_scale_down_delay: Duration::from_secs(30),
            abort_delay_stated: false,
            scale_down_delay: Duration::from_secs(30),
            progress_threshold: None,
            min_ready: Duration::ZERO,
            progress_deadline: Duration::from_secs(600),
            progress_deadline_abort: false,
            rollback_window: 0,
            kept: Kept::default(),
        }),
        identity,
        checks: checks
            .iter()
            .enumerate()
            .map(|(n, (query, ..))| Check {
                name: format!("check-{n}"),
                span,
                question: Question::Prometheus {
                    query: (*query).into(),
                    range: None,
                },
                selectors: Vec::new(),
                passed: Vec::new(),
                arguments: Vec::new(),
            })
            .collect(),
    }
}

fn one(query: &str, success: &str) -> Inference {
    infer(
        &[&policy(identity(), &[(query, success, "")])],
        &Exposition::default(),
    )
}

fn reading(inference: &Inference) -> &CheckReading {
    &inference.checks[0][0]
}

fn family(inference: &Inference) -> &Family {
    assert_eq!(inference.exposition.families.len(), 1);
    &inference.exposition.families[0]
}

/// The values of a label on canary and stable.
fn label<'f>(family: &'f Family, name: &str) -> Option<(&'f str, &'f str)> {
    let rule = family.labels.iter().find(|rule| rule.name == name)?;
    Some((rule.canary.as_str(), rule.stable.as_str()))
}

#[test]
fn queries_say_whose_series_they_read() {
    use Reads::{Both, CanaryOnly, Diluted, Nothing, StableOnly};
    use ToldBy::{Hash, Ingress, Metadata, Service, Version, Word};
    let host = "checkout-canary.shop.svc.cluster.local";
    let rows: Vec<(u32, String, Reads, Option<ToldBy>)> = vec![
        (1, r#"sum(rate(http_requests_total{service="checkout-canary",status=~"5.."}[5m])) / sum(rate(http_requests_total{service="checkout-canary"}[5m]))"#.into(), CanaryOnly, Some(Service("service".into()))),
        (1, r#"sum(rate(http_requests_total{service="checkout",status=~"5.."}[5m])) / sum(rate(http_requests_total{service="checkout"}[5m]))"#.into(), Diluted, None),
        (1, r#"sum(rate(http_requests_total{service="elsewhere",status=~"5.."}[5m])) / sum(rate(http_requests_total{service="elsewhere"}[5m]))"#.into(), Diluted, None),
        (2, r#"sum(rate(http_requests_total{job="checkout-stable",code!~"5.."}[5m])) / sum(rate(http_requests_total{job="checkout-stable"}[5m]))"#.into(), StableOnly, Some(Service("job".into()))),
        (3, r#"sum(rate(http_requests_total{app="checkout",status=~"2.."}[5m])) / sum(rate(http_requests_total{app="checkout"}[5m]))"#.into(), Diluted, None),
        (4, r#"sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))"#.into(), Diluted, None),
        (5, r#"sum(rate(http_requests_total{track="canary",status=~"5.."}[5m])) / sum(rate(http_requests_total{track="canary"}[5m]))"#.into(), CanaryOnly, Some(Metadata("track".into()))),
        (5, r#"sum(rate(http_requests_total{role="canary",status=~"5.."}[5m])) / sum(rate(http_requests_total{role="canary"}[5m]))"#.into(), CanaryOnly, Some(Word("role".into()))),
        (6, r#"sum(rate(http_requests_total{version="v2",status=~"5.."}[5m])) / sum(rate(http_requests_total{version="v2"}[5m]))"#.into(), CanaryOnly, Some(Version("version".into()))),
        (7, r#"sum(rate(http_requests_total{rollouts_pod_template_hash="5c9f8d7b6",status=~"5.."}[5m])) / sum(rate(http_requests_total{rollouts_pod_template_hash="5c9f8d7b6"}[5m]))"#.into(), CanaryOnly, Some(Hash("rollouts_pod_template_hash".into()))),
        (7, r#"sum(rate(http_requests_total{rs_hash="5c9f8d7b6",status=~"5.."}[5m])) / sum(rate(http_requests_total{rs_hash="5c9f8d7b6"}[5m])) - sum(rate(http_requests_total{rs_hash="7d4b9c6f5",status=~"5.."}[5m])) / sum(rate(http_requests_total{rs_hash="7d4b9c6f5"}[5m]))"#.into(), Both, Some(Hash("rs_hash".into()))),
        (8, r#"sum(rate(http_requests_total{pod=~"checkout-5c9f8d7b6.*",status=~"5.."}[5m])) / sum(rate(http_requests_total{pod=~"checkout-5c9f8d7b6.*"}[5m]))"#.into(), CanaryOnly, Some(Hash("pod".into()))),
        (9, r#"rate(http_requests_total{pod=~"checkout-.*",status=~"5.."}[5m])"#.into(), Diluted, None),
        (10, format!(r#"sum(irate(istio_requests_total{{reporter="source",destination_service=~"{host}",response_code!~"5.*"}}[5m])) / sum(irate(istio_requests_total{{reporter="source",destination_service=~"{host}"}}[5m]))"#), CanaryOnly, Some(Service("destination_service".into()))),
        (10, r#"sum(irate(istio_requests_total{reporter="source",destination_service=~"checkout-canary",response_code!~"5.*"}[5m])) / sum(irate(istio_requests_total{reporter="source",destination_service=~"checkout-canary"}[5m]))"#.into(), Nothing, None),
        (10, r#"sum(irate(istio_requests_total{destination_service=~"checkout-canary.*",response_code!~"5.*"}[5m])) / sum(irate(istio_requests_total{destination_service=~"checkout-canary.*"}[5m]))"#.into(), CanaryOnly, Some(Service("destination_service".into()))),
        (11, r#"sum(rate(istio_requests_total{destination_service_name="checkout-canary",destination_service_namespace="shop",response_code!~"5.*"}[5m])) / sum(rate(istio_requests_total{destination_service_name="checkout-canary",destination_service_namespace="shop"}[5m]))"#.into(), CanaryOnly, Some(Service("destination_service_name".into()))),
        (12, r#"sum(rate(istio_requests_total{reporter="destination",destination_workload=~"checkout-primary",response_code!~"5.*"}[5m])) / sum(rate(istio_requests_total{reporter="destination",destination_workload=~"checkout-primary"}[5m]))"#.into(), StableOnly, Some(Word("destination_workload".into()))),
        (13, format!(r#"histogram_quantile(0.99, sum(rate(istio_request_duration_milliseconds_bucket{{destination_service="{host}"}}[5m])) by (le))"#), CanaryOnly, Some(Service("destination_service".into()))),
        (14, r#"histogram_quantile(0.95, sum(rate(http_request_duration_seconds_bucket{service="checkout-canary"}[5m])) by (le))"#.into(), CanaryOnly, Some(Service("service".into()))),
        (15, "histogram_quantile(0.95, sum(rate(http_request_duration_seconds_bucket[5m])) by (le))".into(), Diluted, None),
        (16, r#"histogram_quantile(0.95, rate(http_request_duration_seconds_bucket{service="checkout-canary"}[5m]))"#.into(), CanaryOnly, Some(Service("service".into()))),
        (17, r#"sum(rate(x_duration_seconds_count{service="checkout-canary",status=~"5.."}[5m])) / sum(rate(x_duration_seconds_count{service="checkout-canary"}[5m]))"#.into(), CanaryOnly, Some(Service("service".into()))),
        (18, r#"sum(rate(http_server_requests_seconds_count{application="checkout",outcome="SERVER_ERROR"}[5m])) / sum(rate(http_server_requests_seconds_count{application="checkout"}[5m]))"#.into(), Diluted, None),
        (19, r#"sum(rate(nginx_ingress_controller_requests{ingress="checkout-checkout-canary",status!~"[4-5].*"}[5m])) / sum(rate(nginx_ingress_controller_requests{ingress="checkout-checkout-canary"}[5m]))"#.into(), CanaryOnly, Some(Ingress("ingress".into()))),
        (20, r#"sum(rate(nginx_ingress_controller_requests{canary!="",status!~"5.*"}[5m])) / sum(rate(nginx_ingress_controller_requests{canary!=""}[5m]))"#.into(), CanaryOnly, Some(Word("canary".into()))),
        (21, r#"sum(rate(envoy_http_downstream_rq_xx{rollouts_pod_template_hash="5c9f8d7b6",envoy_response_code_class="5"}[5m])) / sum(rate(envoy_http_downstream_rq_xx{rollouts_pod_template_hash="5c9f8d7b6"}[5m]))"#.into(), CanaryOnly, Some(Hash("rollouts_pod_template_hash".into()))),
        (22, r#"sum(rate(response_total{deployment="checkout",direction="inbound",classification!="failure"}[5m])) / sum(rate(response_total{deployment="checkout",direction="inbound"}[5m]))"#.into(), Diluted, None),
        (23, r#"sum(rate(http_requests_total{job="checkout-canary",status!~"5.*"}[5m])) / sum(rate(http_requests_total{job="checkout-canary"}[5m]))"#.into(), CanaryOnly, Some(Service("job".into()))),
        (27, r#"sum(rate(errors_total{service="checkout-canary"}[5m])) / sum(rate(requests_total{service="checkout-canary"}[5m]))"#.into(), CanaryOnly, Some(Service("service".into()))),
    ];
    let mut wrong = Vec::new();
    for (shape, query, reads, told_by) in rows {
        let inference = one(&query, "result[0] < 0.05");
        let reading = reading(&inference);
        if (reading.reads, &reading.told_by) != (reads, &told_by) {
            wrong.push(format!(
                "shape {shape}: {query}: {:?} {:?}",
                reading.reads, reading.told_by
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_no_condition_limits_is_asked_for() {
    let rows = [
        (
            24,
            r#"sum(rate(container_cpu_usage_seconds_total{pod=~"checkout-.*"}[5m]))"#,
        ),
        (
            24,
            r#"sum(container_memory_working_set_bytes{pod=~"checkout-.*"})"#,
        ),
        (
            25,
            r#"sum(increase(kube_pod_container_status_restarts_total{namespace="shop"}[5m]))"#,
        ),
        (26, r#"max(queue_lag{app="checkout"})"#),
        (28, r#"sum(rate(orders_placed_total{app="checkout"}[5m]))"#),
    ];
    for (shape, query) in rows {
        let inference = one(query, "len(result) > 0");
        assert!(inference.exposition.families.is_empty(), "shape {shape}");
        assert_eq!(reading(&inference).reads, Reads::Unknown, "shape {shape}");
        let mut findings = inference.findings.iter();
        let finding = findings
            .find(|finding| finding.severity == Severity::Error)
            .unwrap();
        assert!(
            finding.help[0].contains("spec:\n  exposition:\n    families:\n      - name: "),
            "{}",
            finding.help[0]
        );
        // What the finding says to write is a Scenario, and with it the check is understood.
        let (_, pasted) = finding.help[0].split_once(":\n").unwrap();
        let mut documents = Documents::default();
        let file = documents.add("scenario.yaml", pasted);
        let Content::Tree(pasted) = yaml::read(&documents, file).remove(0).content else {
            panic!("shape {shape}: {pasted}");
        };
        assert!(document::is_scenario(&pasted));
        let (_, wrong) = document::read(&pasted, &standard(&Limits::default()));
        assert_eq!(wrong, [], "shape {shape}");
        let stated = Exposition {
            families: document::families(&pasted)
                .into_iter()
                .map(|family| family.value)
                .collect(),
            ..Exposition::default()
        };
        let again = infer(&[&policy(identity(), &[(query, "len(result) > 0", "")])], &stated);
        let errors = again
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error);
        assert_eq!(errors.count(), 0, "shape {shape}: {:#?}", again.findings);
        assert_ne!(reading(&again).reads, Reads::Unknown, "shape {shape}");
        // A limit tells how much is too much, but not how events of the domain come from requests.
        let limited = one(query, "result[0] < 0.05");
        assert_eq!(
            limited.exposition.families.is_empty(),
            shape == 28,
            "shape {shape}"
        );
    }
}

#[test]
fn conditions_state_limits_in_base_units() {
    let ratio = |status: &str| {
        format!(
            r#"sum(rate(r_requests_total{{service="checkout-canary",status{status}}}[5m])) / sum(rate(r_requests_total{{service="checkout-canary"}}[5m]))"#
        )
    };
    let (bad, good) = (ratio(r#"=~"5..""#), ratio(r#"!~"5..""#));
    let quantile = |name: &str| format!(r#"histogram_quantile(0.95, sum by (le) (rate({name}_bucket[5m])))"#);
    let latency = Quantity::Latency { quantile: 0.95 };
    // The query, the success condition, the failure condition, and the limits.
    type Row = (
        String,
        &'static str,
        &'static str,
        Vec<(Quantity, Bound, f64, bool)>,
    );
    let rows: Vec<Row> = vec![
        (
            bad.clone(),
            "result[0] < 0.05",
            "",
            vec![(Quantity::ErrorRatio, Bound::AtMost, 0.05, true)],
        ),
        (
            bad.clone(),
            "",
            "result[0] >= 0.25",
            vec![(Quantity::ErrorRatio, Bound::AtMost, 0.25, false)],
        ),
        (
            format!("100 * {bad}"),
            "result[0] <= 5",
            "",
            vec![(Quantity::ErrorRatio, Bound::AtMost, 0.05, true)],
        ),
        (
            format!("({bad} or on() vector(0)) * 100"),
            "result[0] <= 25",
            "",
            vec![(Quantity::ErrorRatio, Bound::AtMost, 0.25, true)],
        ),
        (
            format!("1 - ({bad})"),
            "result[0] >= 0.75",
            "",
            vec![(Quantity::ErrorRatio, Bound::AtMost, 0.25, true)],
        ),
        (
            format!("100 - 100 * {bad}"),
            "result[0] > 75",
            "",
            vec![(Quantity::ErrorRatio, Bound::AtMost, 0.25, true)],
        ),
        (
            good.clone(),
            "result[0] >= 0.95",
            "result[0] < 0.9",
            vec![
                (Quantity::SuccessRatio, Bound::AtLeast, 0.95, true),
                (Quantity::SuccessRatio, Bound::AtLeast, 0.9, false),
            ],
        ),
        (
            good,
            "len(result) == 0 || !(result[0] < 0.95)",
            "",
            vec![(Quantity::SuccessRatio, Bound::AtLeast, 0.95, true)],
        ),
        (
            "(sum(rate(requests_total[5m])) - sum(rate(errors_total[5m]))) / sum(rate(requests_total[5m]))"
                .into(),
            "result[0] >= 0.75",
            "",
            vec![(Quantity::ErrorRatio, Bound::AtMost, 0.25, true)],
        ),
        (
            quantile("http_request_duration_seconds"),
            "result[0] <= 0.5",
            "",
            vec![(latency, Bound::AtMost, 0.5, true)],
        ),
        (
            format!("{} * 1000", quantile("http_request_duration_seconds")),
            "result[0] <= 500",
            "",
            vec![(latency, Bound::AtMost, 0.5, true)],
        ),
        (
            quantile("istio_request_duration_milliseconds"),
            "result[0] < 500",
            "",
            vec![(latency, Bound::AtMost, 0.5, true)],
        ),
        (
            quantile("app_request_latency"),
            "result[0] < 500",
            "",
            vec![(latency, Bound::AtMost, 0.5, true)],
        ),
        (
            "sum(rate(x_duration_seconds_sum[5m])) / sum(rate(x_duration_seconds_count[5m]))".into(),
            "result[0] < 0.2",
            "",
            vec![(Quantity::MeanLatency, Bound::AtMost, 0.2, true)],
        ),
        (
            r#"sum(rate(x_duration_seconds_bucket{le="0.3"}[5m])) / sum(rate(x_duration_seconds_count[5m]))"#
                .into(),
            "result[0] > 0.95",
            "",
            vec![(
                Quantity::WithinSeconds { seconds: 0.3 },
                Bound::AtLeast,
                0.95,
                true,
            )],
        ),
    ];
    for (query, success, failure, expected) in rows {
        let inference = infer(
            &[&policy(identity(), &[(&query, success, failure)])],
            &Exposition::default(),
        );
        let stated = &reading(&inference).limits;
        assert_eq!(stated.len(), expected.len(), "{query}: {stated:?}");
        for (limit, (quantity, bound, value, passes)) in stated.iter().zip(expected) {
            assert_eq!(
                (limit.quantity, limit.bound, limit.passes),
                (quantity, bound, passes),
                "{query}"
            );
            assert!(
                (limit.value - value).abs() < 1e-12,
                "{query}: {} instead of {value}",
                limit.value
            );
        }
    }
}

#[test]
fn the_world_meets_the_tightest_limits_of_all() {
    let ratio = r#"sum(rate(requests_total{code!~"5.."}[5m])) / sum(rate(requests_total[5m]))"#;
    let quantile = "histogram_quantile(0.99, sum by (le) (rate(d_seconds_bucket[5m])))";
    let first = policy(
        identity(),
        &[
            (ratio, "result[0] >= 0.99", ""),
            (quantile, "result[0] < 0.5", ""),
        ],
    );
    let second = policy(identity(), &[(ratio, "result[0] >= 0.95", "")]);
    let limits = infer(&[&first, &second], &Exposition::default()).limits;
    assert_eq!(limits.errors, Some(0.01));
    assert_eq!(
        limits
            .tightest_latency()
            .map(|limit| (limit.quantile, limit.seconds)),
        Some((0.99, 0.5))
    );
}

#[test]
fn families_have_the_alphabet_and_the_buckets_that_queries_name() {
    let alphabet = |matcher: &str| {
        let query = format!("sum(rate(requests_total{{{matcher}}}[5m])) / sum(rate(requests_total[5m]))");
        let inference = one(&query, "result[0] < 0.05");
        let outcome = family(&inference)
            .outcome
            .clone()
            .unwrap_or_else(|| panic!("{matcher} tells nothing"));
        (outcome.success, outcome.failure)
    };
    let rows = [
        (r#"status=~"5..""#, "200", "500"),
        (r#"code!~"5.*""#, "200", "500"),
        (r#"status=~"[45]..""#, "200", "500"),
        (r#"response_code=~"2..|3..""#, "200", "500"),
        (r#"status="200""#, "200", "500"),
        (r#"status=~"4..""#, "200", "404"),
        (r#"status="5xx""#, "2xx", "5xx"),
        (r#"code!="2XX""#, "2XX", "5XX"),
        (r#"envoy_response_code_class!="5""#, "2", "5"),
        (r#"classification="success""#, "success", "failure"),
        (r#"outcome="SERVER_ERROR""#, "SUCCESS", "SERVER_ERROR"),
        (r#"decision="declined""#, "other", "declined"),
    ];
    for (matcher, success, failure) in rows {
        assert_eq!(
            alphabet(matcher),
            (success.to_owned(), failure.to_owned()),
            "{matcher}"
        );
    }
    let inference = one(
        "histogram_quantile(0.9, sum by (le) (rate(http_request_duration_milliseconds_bucket[5m])))",
        "",
    );
    let histogram = family(&inference).histogram.clone().expect("a histogram");
    assert_eq!(
        (histogram.bounds[0], histogram.bounds[10], histogram.per_second),
        (5.0, 10_000.0, 1000.0)
    );
}

#[test]
fn what_several_checks_read_is_one_family() {
    let errors = r#"sum(rate(d_seconds_count{service="checkout-canary",status=~"5.."}[5m])) / sum(rate(d_seconds_count{service="checkout-canary"}[5m]))"#;
    let latency = r#"histogram_quantile(0.95, sum by (le) (rate(d_seconds_bucket{service="checkout-stable",route="/pay"}[5m])))"#;
    let first = policy(
        identity(),
        &[(errors, "result[0] < 0.05", ""), (latency, "result[0] < 1", "")],
    );
    let inference = infer(&[&first, &first], &Exposition::default());
    let family = family(&inference);
    assert_eq!(family.name, "d_seconds");
    assert_eq!(family.counts, Counts::Requests);
    assert!(family.histogram.is_some());
    assert_eq!(
        label(family, "service"),
        Some(("checkout-canary", "checkout-stable"))
    );
    assert_eq!(label(family, "route"), Some(("/pay", "/pay")));
    assert_eq!(
        family.outcome.as_ref().map(|outcome| outcome.label.as_str()),
        Some("status")
    );
    assert_eq!(inference.checks[1][1].reads, Reads::StableOnly);
}

/// The error ratio of the canary over requests that `matcher` selects.
fn ratio(matcher: &str) -> String {
    let canary = r#"service="checkout-canary""#;
    format!(
        "(sum(rate(requests_total{{{canary},{matcher}}}[5m])) or on() vector(0)) / sum(rate(requests_total{{{canary}}}[5m]))"
    )
}

#[test]
fn one_counter_has_one_alphabet_whoever_reads_it() {
    // Matchers, the values of success and failure, and the matchers left out, as warnings name them.
    type Row = (
        &'static [&'static str],
        &'static str,
        &'static str,
        &'static [&'static str],
    );
    let rows: [Row; 16] = [
        (&[r#"status=~"5..""#, r#"status=~"4..""#], "200", "500", &["4.."]),
        (&[r#"status=~"4..""#, r#"status=~"5..""#], "200", "500", &["4.."]),
        (
            &[r#"status=~"4..""#, r#"status=~"4..""#, r#"status=~"5..""#],
            "200",
            "500",
            &["4.."],
        ),
        (&[r#"status=~"5..""#, r#"status="503""#], "200", "503", &[]),
        (
            &[r#"status="503""#, r#"status=~"5.*""#, r#"status=~"[45]..""#],
            "200",
            "503",
            &[],
        ),
        (&[r#"status=~"5..""#, r#"status="599""#], "200", "599", &[]),
        (&[r#"status="507""#, r#"status=~"5..""#], "200", "507", &[]),
        (&[r#"status=~"4..""#, r#"status="418""#], "200", "418", &[]),
        (&[r#"status=~"[45]..""#, r#"status=~"4..""#], "200", "404", &[]),
        (&[r#"status=~"2..""#, r#"status="200""#], "200", "500", &[]),
        (&[r#"status=~"2..""#, r#"status="201""#], "201", "500", &[]),
        (
            &[r#"status=~"2..""#, r#"status=~"5..""#, r#"status="503""#],
            "200",
            "503",
            &[],
        ),
        (&[r#"status!~"5..""#, r#"status="503""#], "200", "503", &[]),
        (&[r#"status!~"5..""#, r#"status!="504""#], "200", "504", &[]),
        (&[r#"status=~"5..",status!="500""#], "200", "503", &[]),
        (&[r#"status=~"5..""#, r#"status="5xx""#], "2xx", "5xx", &[]),
    ];
    for (matchers, success, failure, left_out) in rows {
        let queries: Vec<String> = matchers.iter().map(|matcher| ratio(matcher)).collect();
        let checks = |queries: &[String]| {
            let checks: Vec<_> = queries
                .iter()
                .map(|query| (query.as_str(), "result[0] < 0.05", ""))
                .collect();
            policy(identity(), &checks)
        };
        let apart: Vec<Policy> = queries
            .iter()
            .map(|query| checks(std::slice::from_ref(query)))
            .collect();
        for policies in [vec![checks(&queries)], apart] {
            let inference = infer(&policies.iter().collect::<Vec<_>>(), &Exposition::default());
            let outcome = family(&inference).outcome.clone().expect("an outcome");
            assert_eq!(
                (outcome.success.as_str(), outcome.failure.as_str()),
                (success, failure),
                "{matchers:?}"
            );
            let mut counted: Vec<&str> = inference
                .findings
                .iter()
                .filter_map(|finding| {
                    finding
                        .message
                        .split("this check counts ")
                        .nth(1)?
                        .split(',')
                        .next()
                })
                .collect();
            counted.dedup();
            assert_eq!(counted, left_out, "{matchers:?}");
            assert_eq!(
                inference.findings.is_empty(),
                left_out.is_empty(),
                "{:#?}",
                inference.findings
            );
        }
    }
}

#[test]
fn a_negation_of_another_class_tells_no_failure() {
    let (five, four) = (ratio(r#"status!~"5..""#), ratio(r#"status!~"4..""#));
    let both = policy(
        identity(),
        &[(&five, "result[0] > 0.9", ""), (&four, "result[0] > 0.9", "")],
    );
    let inference = infer(&[&both], &Exposition::default());
    assert_eq!(
        family(&inference)
            .outcome
            .as_ref()
            .map(|outcome| outcome.failure.as_str()),
        Some("500")
    );
    assert_eq!(inference.findings.len(), 1, "{:#?}", inference.findings);
    assert!(inference.findings[0].message.contains("tells no failed request"));
}

#[test]
fn a_check_of_client_errors_says_that_failures_are_played_so() {
    let inference = one(&ratio(r#"status=~"4..""#), "result[0] < 0.05");
    let said = &reading(&inference).conclusions;
    assert!(
        said.contains(&"requests that fail show as status 404".to_owned()),
        "{said:?}"
    );
}

#[test]
fn two_labels_that_tell_how_requests_end_make_no_second_family() {
    let (code, status) = (ratio(r#"code=~"5..""#), ratio(r#"status=~"5..""#));
    let first = policy(identity(), &[(&code, "result[0] < 0.05", "")]);
    let second = policy(identity(), &[(&status, "result[0] < 0.05", "")]);
    let inference = infer(&[&second, &first], &Exposition::default());
    assert_eq!(family(&inference).labels.len(), 1);
    assert_eq!(inference.checks[1][0].reads, Reads::CanaryOnly);
    assert_eq!(inference.checks[0][0].reads, Reads::Nothing);
    assert_eq!(inference.findings.len(), 1, "{:#?}", inference.findings);
}

#[test]
fn what_would_show_a_request_twice_is_an_error() {
    let query = ratio(r#"status=~"5..""#);
    let mut other = identity();
    other.stable_service = Some("checkout".into());
    let first = policy(identity(), &[(&query, "result[0] < 0.05", "")]);
    let second = policy(other, &[(&query, "result[0] < 0.05", "")]);
    let errors = |policies: &[&Policy]| {
        let inference = infer(policies, &Exposition::default());
        inference
            .findings
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.message)
            .collect::<Vec<_>>()
    };
    assert_eq!(errors(&[&first, &first]), Vec::<String>::new());
    let said = errors(&[&first, &second]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("contradict each other about requests_total"),
        "{said:?}"
    );
}

#[test]
fn two_counters_are_a_part_and_the_whole() {
    let inference = one(
        "sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))",
        "result[0] < 0.05",
    );
    let counts: Vec<_> = inference
        .exposition
        .families
        .iter()
        .map(|family| family.counts)
        .collect();
    assert_eq!(counts, [Counts::Failures, Counts::Requests]);
    assert_eq!(reading(&inference).quantity, Some(Quantity::ErrorRatio));
}

#[test]
fn one_host_for_both_subsets_tells_nothing() {
    let mut identity = identity();
    identity.subset_routing = true;
    identity.canary_service = Some("checkout".into());
    identity.stable_service = Some("checkout".into());
    let query = r#"sum(rate(istio_requests_total{destination_service_name="checkout",response_code!~"5.*"}[5m])) / sum(rate(istio_requests_total{destination_service_name="checkout"}[5m]))"#;
    let inference = infer(
        &[&policy(identity, &[(query, "result[0] >= 0.95", "")])],
        &Exposition::default(),
    );
    assert_eq!(reading(&inference).reads, Reads::Diluted);
}

#[test]
fn mistakes_are_found() {
    let good = r#"service="checkout-canary""#;
    let rows = [
        (format!("rate(errors_total{{{good}}}[5m])"), "result[0] < 1", "arbitrary"),
        (format!("sum by (pod) (rate(errors_total{{{good}}}[5m]))"), "result[0] < 1", "arbitrary"),
        (format!("histogram_quantile(0.9, rate(d_seconds_bucket{{{good}}}[5m]))"), "result[0] < 1", "arbitrary"),
        (format!("histogram_quantile(0.9, sum(rate(d_seconds_bucket{{{good}}}[5m])))"), "result[0] < 1", "always empty"),
        (format!("histogram_quantile(0.9, sum by (le) (rate(d_seconds_bucket{{{good}}}[5m])))"), "result[0] < 500", "outside the histogram"),
        (format!("sum(rate(requests_total{{{good},status=~\"5..\"}}[5m])) / sum(rate(requests_total{{{good}}}[5m])) * 100"), "result[0] < 0.05", "per cent"),
        (format!("sum(rate(requests_total{{{good},status=~\"5..\"}}[5m])) / sum(rate(requests_total{{{good}}}[5m]))"), "result[0] < 5", "a ratio from 0 to 1"),
        (format!("sum(rate(requests_total{{{good},status=~\"5..\"}}[5m])) / sum(rate(requests_total{{{good}}}[5m]))"), "result[0] < 0.95", "are let pass"),
        (format!("sum(rate(requests_total{{{good},status=~\"5..\"}}[5m])) / sum(rate(requests_total{{{good}}}[5m])) > 0.02"), "result[0] < 0.05", "inside the query"),
        (format!("sum(rate(errors_total{{{good}}}[20s]))"), "result[0] < 1", "fewer than two samples"),
        (format!("sum(rate(errors_total{{{good}}}[5m]))"), "result[0] < 1", "grows with traffic"),
        ("sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))".to_owned(), "result[0] < 0.1", "tells the canary"),
        (r#"sum(rate(istio_requests_total{destination_service="checkout-canary",response_code=~"5.."}[5m])) / sum(rate(istio_requests_total{destination_service="checkout-canary"}[5m]))"#.to_owned(), "result[0] < 0.1", "full DNS names"),
        (r#"sum(rate(e_errors_total{role="canary"}[5m])) / sum(rate(e_requests_total{role="canary"}[5m]))"#.to_owned(), "result[0] < 0.1", "gives no pod the label"),
        (format!("sum(rate(requests_total{{{good},status=~\"5..\"}}[5m])) / sum(rate(requests_total{{{good},status=~\".*\"}}[5m]))"), "result[0] < 0.1", "another alphabet"),
        ("sum(rate(errors_total[5m])".to_owned(), "result[0] < 0.1", "refuses the query"),
    ];
    for (query, success, word) in rows {
        let inference = one(&query, success);
        let said = |finding: &crate::diagnostic::Finding| {
            finding.message.contains(word) || finding.labels.iter().any(|label| label.text.contains(word))
        };
        assert!(
            inference.findings.iter().any(said),
            "{query}: {:#?}",
            inference.findings
        );
    }
}

/// What lies beyond the last bucket (10 s) is shown as 10: only what tells 10 from less can decide.
#[test]
fn a_limit_at_the_last_bucket_decides_by_its_operator() {
    let query =
        r#"histogram_quantile(0.9, sum by (le) (rate(d_seconds_bucket{service="checkout-canary"}[5m])))"#;
    let undecided = |success: &str, failure: &str| {
        let policy = policy(identity(), &[(query, success, failure)]);
        let found = infer(&[&policy], &Exposition::default()).findings;
        found
            .iter()
            .any(|finding| finding.message.contains("outside the histogram"))
    };
    for (condition, undecidable) in [
        ("result[0] < 10", false),
        ("result[0] <= 10", true),
        ("result[0] >= 10", false),
        ("result[0] > 10", true),
        ("10 > result[0]", false),
        ("!(result[0] > 10)", true),
        ("result[0] < 10.5", true),
        ("result[0] <= 9.5", false),
    ] {
        assert_eq!(undecided(condition, ""), undecidable, "success: {condition}");
        assert_eq!(undecided("", condition), undecidable, "failure: {condition}");
    }
}

#[test]
fn a_sound_check_is_left_alone() {
    let query = r#"sum(rate(requests_total{rollouts_pod_template_hash="5c9f8d7b6",status=~"5.."}[2m])) / sum(rate(requests_total{rollouts_pod_template_hash="5c9f8d7b6"}[2m]))"#;
    let inference = one(query, "len(result) == 0 || result[0] < 0.05");
    assert_eq!(inference.findings, []);
    assert_eq!(
        reading(&inference).conclusions,
        [
            "reads the canary alone, told by the pod-template-hash in rollouts_pod_template_hash",
            "passes with failed requests: at most 0.05"
        ]
    );
}

/// The findings of one check, message by message; the canary goes to full weight and pauses there.
fn said(query: &str, success: &str) -> Vec<String> {
    let mut policy = policy(identity(), &[(query, success, "")]);
    let span = Span::new(DocumentId(0), 0..1);
    let step = |kind| Step::new(span, kind);
    let Strategy::Canary(canary) = &mut policy.strategy else {
        panic!("a canary");
    };
    canary.steps = vec![
        step(StepKind::SetWeight(20)),
        step(StepKind::Pause(Some(Duration::from_mins(5)))),
        step(StepKind::SetWeight(100)),
        step(StepKind::Pause(Some(Duration::from_mins(5)))),
    ];
    let found = infer(&[&policy], &Exposition::default()).findings;
    found.into_iter().map(|finding| finding.message).collect()
}

#[test]
fn queries_that_read_nothing_are_told() {
    let constant = one("vector(1)", "result[0] < 2");
    assert_eq!(reading(&constant).reads, Reads::Nothing);
    assert!(said("vector(1)", "result[0] < 2")[0].contains("reads no series"));
    assert!(said("scalar(vector(1)) * 3", "result < 4")[0].contains("reads no series"));
    let nameless = r#"sum(rate({service="checkout-canary"}[5m]))"#;
    assert!(said(nameless, "result[0] < 2")[0].contains("names no metric"));
}

#[test]
fn a_comparison_with_a_stable_version_that_serves_nothing_is_told() {
    let ratio = |service: &str| {
        format!(
            r#"(sum(rate(http_requests_total{{service="{service}",status=~"5.."}}[5m])) / sum(rate(http_requests_total{{service="{service}"}}[5m])))"#
        )
    };
    let both = format!("{} / {}", ratio("checkout-canary"), ratio("checkout-stable"));
    let found = said(&both, "result[0] < 2");
    assert!(
        found.iter().any(|message| message.contains("serves nothing")),
        "{found:?}"
    );
    // The canary alone is there at full weight as before.
    let found = said(&ratio("checkout-canary"), "result[0] < 0.05");
    assert!(found.is_empty(), "{found:?}");
    // A stable Service that there is not.
    let strange = format!("{} - {}", ratio("checkout-canary"), ratio("checkout-prod"));
    let found = said(&strange, "result[0] < 0.01");
    assert!(
        found
            .iter()
            .any(|message| message.contains("\"checkout-prod\" is no Service")),
        "{found:?}"
    );
}

#[test]
fn a_service_that_the_rollout_passes_is_shown_where_it_does() {
    let (template, rollout) = (Span::new(DocumentId(0), 0..1), Span::new(DocumentId(1), 7..15));
    let passing = |query: &str, value: &str| {
        let mut policy = policy(identity(), &[(query, "result[0] < 0.05", "")]);
        policy.checks[0].passed = vec![(value.to_owned(), rollout)];
        infer(&[&policy], &Exposition::default()).findings.remove(0)
    };
    let places = |finding: &crate::diagnostic::Finding| {
        let labels = finding.labels.iter();
        labels.map(|label| label.span).collect::<Vec<_>>()
    };
    let shared = r#"sum(rate(http_requests_total{service="checkout",status=~"5.."}[5m])) / sum(rate(http_requests_total{service="checkout"}[5m]))"#;
    let found = passing(shared, "checkout");
    assert!(
        found.message.contains("nothing in the query tells"),
        "{}",
        found.message
    );
    assert_eq!(places(&found), [rollout, template]);
    let short = r#"sum(rate(istio_requests_total{destination_service="checkout-canary",response_code=~"5.."}[5m])) / sum(rate(istio_requests_total{destination_service="checkout-canary"}[5m]))"#;
    let found = passing(short, "checkout-canary");
    assert!(found.message.contains("full DNS names"), "{}", found.message);
    assert_eq!(places(&found), [rollout, template]);
    // What the template writes itself is shown there.
    assert_eq!(places(&passing(short, "another")), [template]);
}

#[test]
fn raw_rates_of_several_families_of_one_name_are_told() {
    let route = |route: &str| {
        format!(r#"sum(rate(http_requests_total{{service="checkout-canary",route="{route}"}}[5m]))"#)
    };
    let two = format!("{} + {}", route("/a"), route("/b"));
    let found = said(&two, "result[0] < 100");
    assert!(
        found
            .iter()
            .any(|message| message.contains("once for each value of route")),
        "{found:?}"
    );
    let found = said(&route("/a"), "result[0] < 100");
    assert!(
        !found.iter().any(|message| message.contains("once for each")),
        "{found:?}"
    );
}

#[test]
fn limits_on_the_mean_are_stated_limits() {
    let mean = r#"sum(rate(http_request_duration_seconds_sum{service="checkout-canary"}[5m])) / sum(rate(http_request_duration_seconds_count{service="checkout-canary"}[5m]))"#;
    let found = one(mean, "result[0] < 0.25");
    assert_eq!(found.limits.mean_latency, Some(0.25));
    assert_eq!(
        one(&format!("1000 * {mean}"), "result[0] < 250")
            .limits
            .mean_latency,
        Some(0.25)
    );
    assert!(one(mean, "result[0] > 0.25").limits.mean_latency.is_none());
}

proptest! {
    #[test]
    fn no_query_panics(
        words in prop::collection::vec(prop::sample::select(vec![
            "sum", "(", ")", "rate(", "a_total", "b_bucket", "b_sum", "b_count", "{", "}", "pod=~\".*\"", "status!~\"5..\"",
            "service=\"checkout-canary\"", "le=\"0.5\"", ",", "[5m]", "/", "*", "-", "+", "100", "or", "vector(0)", "by (le)",
            "histogram_quantile(", "0.9", ">", " ", "max", "unless", "destination_service=\"x\"", "version=~\"v(1|2).+\"",
        ]), 0..20),
        query in any::<String>(),
    ) {
        for text in [words.join(" "), query] {
            let _ = infer(&[&policy(identity(), &[(&text, "result[0] < 0.5", "result > 1"), (&text, "", "")])], &Exposition::default());
            let _ = infer(&[&policy(Identity::default(), &[(&text, "result[0] < 0.5", "")])], &Exposition::default());
        }
    }
}
