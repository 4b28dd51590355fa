//! Recordings of services whose numbers are known: what is fitted to them, and what is said of the fit.

use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Prepared, Request, Seeds, prepare};
use coalmine::recording::{Builder, Recording};
use coalmine::report::fit::Part;
use coalmine::seed::Seed;
use coalmine::series::Labels;
use coalmine::trust::{Agreement, Check, CheckedPolicy, Fitted, check, fitted, pretended};
use coalmine::units::Duration;
use coalmine::world::FittedLatency;
use proptest::prelude::*;

use crate::source::{drawn, policy};

const POLICY: &str = "scenarios/fitted/policies/prometheus-api.yaml";
const ERRORS: &str = "data/nginx-plus-status/typical.yaml";

/// A service of which everything is known.
fn service(of: &str, spec: &str) -> Prepared {
    let mut documents = policy(of);
    documents.add(
        "service.yaml",
        format!("apiVersion: coalmine/v1\nkind: Scenario\nspec: {spec}\n"),
    );
    let request = Request {
        worlds: vec!["plain".into()],
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    let wrong = |finding: &&coalmine::diagnostic::Finding| finding.severity == Severity::Error;
    assert_eq!(prepared.findings.iter().find(wrong), None);
    prepared
}

fn recording(prepared: &Prepared, hours: i64, seed: u64) -> Recording {
    pretended(&prepared.plan, 2, Duration::from_secs(3600 * hours), Seed(seed)).expect("it was scraped")
}

fn fit(of: &str, recording: &Recording) -> Fitted {
    fitted(&policy(of), &Documents::default(), &Request::default(), recording)
}

#[test]
fn numbers_of_a_known_service_are_found_again() {
    let known = "{ traffic: { rate: 12, noise: 0.4, daily: 0% }, service: { latency: { median: 80ms, sigma: 0.6 }, \
                 noise: { correlation: 120s, private: 0 } }, observation: { scrapeInterval: 10s, jitter: 40ms, missed: 2% } }";
    let recording = recording(&service(POLICY, known), 8, 3);
    let (fit, measured) = fit(POLICY, &recording).fit.expect("there is a policy");
    assert_eq!(measured.interval.as_millis(), 9999, "whole thirds of 10 s");
    for (name, found, truth) in [
        ("rate", fit.rate, 12.0),
        ("noise", fit.noise, 0.4),
        ("missed", fit.missed.expect("it was scraped"), 0.02),
    ] {
        assert!(found.holds(truth), "{name}: {found:?}");
        assert!(found.half_width() < truth / 2.0, "{name}: {found:?}");
    }
    assert!(
        (fit.correlation.point / 120.0 - 1.0).abs() < 0.5,
        "{:?}",
        fit.correlation
    );
    assert!(
        fit.correlation.low < 120.0 && fit.correlation.high > 80.0,
        "{:?}",
        fit.correlation
    );
    let jitter = fit.jitter.expect("it was scraped");
    assert!((jitter.point / 0.04 - 1.0).abs() < 0.1, "{jitter:?}");
    assert!(
        fit.interval
            .is_some_and(|interval| (interval.point - 10.0).abs() < 0.003)
    );
    assert_eq!((fit.errors, fit.daily), (None, None));
    let FittedLatency::Buckets {
        median,
        sigma,
        within,
    } = fit.latency
    else {
        panic!("there are buckets: {:?}", fit.latency);
    };
    assert!((median.point / 0.08 - 1.0).abs() < 0.02, "{median:?}");
    let sigma = sigma.expect("many buckets hold something");
    assert!((sigma.point / 0.6 - 1.0).abs() < 0.02, "{sigma:?}");
    let (bound, part) = within[4];
    let truth = coalmine::scenario::Latency {
        median: 0.08,
        sigma: 0.6,
    }
    .within(bound);
    assert!(
        part.low - 0.01 < truth && truth < part.high + 0.01,
        "{bound}: {part:?}, {truth}"
    );
}

/// Three days with a wave: it is told from noise.
#[test]
fn a_daily_wave_is_found_where_days_were_recorded() {
    let known = "{ traffic: { rate: 3, noise: 0.2, daily: 60% }, observation: { scrapeInterval: 60s } }";
    let recording = recording(&service(ERRORS, known), 72, 5);
    let (fit, _) = fit(ERRORS, &recording).fit.expect("there is a policy");
    let daily = fit.daily.expect("every time of day was recorded three times");
    assert!(
        (daily.point - 0.6).abs() < 0.05 && daily.half_width() < 0.1,
        "{daily:?}"
    );
    assert!((fit.noise.point - 0.2).abs() < 0.06, "{:?}", fit.noise);
    assert!(fit.errors.is_some());
}

fn checked(recording: &Recording, document: Option<&str>) -> CheckedPolicy {
    let found = fit(ERRORS, recording);
    let own = drawn(&found, "known", "known", &Part::ALL);
    check(&Check {
        documents: &policy(ERRORS),
        beside: &Documents::default(),
        request: &Request::default(),
        recording,
        fitted: document.unwrap_or(&own),
        daily: false,
        recordings: 19,
        seeds: Seeds::first(40),
    })
    .expect("it can be played")
    .expect("nobody stops it")
    .remove(0)
}

const KNOWN: &str = "{ traffic: { rate: 4, noise: 0.5, daily: 0% }, service: { errors: 1%, noise: { correlation: 90s, \
                     private: 0 } }, observation: { countersStartAt: 0 } }";

/// A recording of the kind of service that is fitted agrees with its fit: at most one of twenty stands out.
#[test]
fn what_the_generator_made_agrees_with_its_fit() {
    let known = service(ERRORS, KNOWN);
    let differing: Vec<CheckedPolicy> = (0..6)
        .map(|seed| checked(&recording(&known, 2, 50 + seed), None))
        .filter(|checked| checked.figures.iter().any(|figure| figure.stands_out))
        .collect();
    assert!(differing.len() <= 1, "{differing:?}");
}

/// Held against a service that it is not of, a recording differs.
#[test]
fn another_service_is_told_apart() {
    let known = service(ERRORS, KNOWN);
    let other = "apiVersion: coalmine/v1\nkind: Scenario\nspec: { traffic: { rate: 4, noise: 0.5 }, service: { errors: 4%, \
                 noise: { correlation: 90s } }, observation: { countersStartAt: 0 } }\n";
    let found = checked(&recording(&known, 2, 50), Some(other));
    assert_eq!(found.agreement, Agreement::Differs);
    assert!(found.p <= 0.05 && found.figures.iter().any(|figure| figure.stands_out));
}

/// Any counters at any times: no number that a document could not state, and nothing panics.
fn odd(samples: &[(u8, i64, f64)]) -> Option<Recording> {
    let mut builder = Builder::default();
    let names = [
        [("__name__", "nginx_server_zone_responses_total"), ("code", "2xx")],
        [("__name__", "nginx_server_zone_responses_total"), ("code", "5xx")],
        [
            ("__name__", "prometheus_http_request_duration_seconds_bucket"),
            ("le", "0.1"),
        ],
        [
            ("__name__", "prometheus_http_request_duration_seconds_bucket"),
            ("le", "1"),
        ],
        [
            ("__name__", "prometheus_http_request_duration_seconds_bucket"),
            ("le", "+Inf"),
        ],
        [
            ("__name__", "prometheus_http_request_duration_seconds_sum"),
            ("le", ""),
        ],
    ];
    let series = names.map(|labels| builder.series(Labels::new(labels)));
    for &(which, time, value) in samples {
        builder.push(series[which as usize % series.len()], time, value);
    }
    builder.build()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn whatever_was_recorded_makes_a_document_that_can_be_read(
        samples in proptest::collection::vec(
            (
                0..6_u8,
                prop_oneof![0..600_000_i64, 0..86_400_000_i64],
                prop_oneof![0.0..50.0, Just(0.0), -5.0..1e9, Just(f64::NAN), Just(f64::INFINITY)],
            ),
            1..120,
        )
    ) {
        let Some(recording) = odd(&samples) else {
            return Ok(());
        };
        for of in [ERRORS, POLICY] {
            let found = fit(of, &recording);
            if found.fit.is_none() {
                continue;
            }
            let text = drawn(&found, "odd", "odd", &Part::ALL);
            let mut documents = policy(of);
            documents.add("fitted.yaml", text.as_str());
            let prepared = prepare(&documents, &Documents::default(), &Request::default());
            let wrong = prepared.findings.iter().find(|finding| finding.severity == Severity::Error);
            prop_assert!(wrong.is_none(), "{wrong:?}\n{text}");
        }
    }
}
