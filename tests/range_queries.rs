//! `rangeQuery` of a Prometheus metric: a query at several moments, all its samples judged together.

use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Prepared, Request, Seeds, prepare};
use coalmine::policy::condition::ArgoVersion;
use coalmine::seed::Seed;
use coalmine::simulator::{Actor, Ending, Outcome};
use coalmine::units::Timestamp;

mod common;
use common::one_check;

/// The canary's part of requests that succeed, as it was so long ago.
fn successes(offset: &str) -> String {
    format!(
        "sum(rate(requests_total{{service=\"shop-canary\",code!~\"5..\"}}[2m]{offset})) \
         / sum(rate(requests_total{{service=\"shop-canary\"}}[2m]{offset}))"
    )
}

fn policy(condition: &str, query: &str, range: &str) -> String {
    let condition = format!("successCondition: '{condition}'");
    one_check(&condition, &format!("prometheus: {{query: '{query}'{range}}}"))
}

fn over(start: &str, end: &str, step: &str) -> String {
    format!(", rangeQuery: {{start: '{start}', end: '{end}', step: {step}}}")
}

const BOTH: [&str; 2] = ["plain", "errors-10"];

fn prepared(policy: &str, worlds: &[&str], argo: ArgoVersion) -> Prepared {
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy);
    let request = Request {
        worlds: worlds.iter().map(|&world| world.to_owned()).collect(),
        argo,
        ..Request::default()
    };
    prepare(&documents, &Documents::default(), &request)
}

fn both(policy: &str) -> [Vec<Outcome>; 2] {
    let prepared = prepared(policy, &BOTH, ArgoVersion::default());
    assert_eq!(prepared.refused, 0, "{:?}", prepared.findings);
    let results = prepared.plan.play(&Seeds::first(12)).unwrap();
    [0, 1].map(|world| results.cell(0, world).to_vec())
}

fn told(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().map(|outcome| format!("{outcome:?}")).collect()
}

/// A range of one moment is an instant query at that moment, trial by trial: now, and a minute ago.
#[test]
fn a_range_of_one_moment_is_an_instant_query() {
    for (moment, offset) in [
        ("now()", ""),
        ("now() - duration(\"1m\")", " offset 1m"),
        ("now() - (duration(\"30s\") + duration(\"30s\"))", " offset 60s"),
    ] {
        let instant = both(&policy("result[0] > 0.97", &successes(offset), ""));
        for condition in ["result[0] > 0.97", "len(result) == 1 && all(result, # > 0.97)"] {
            let range = over(moment, moment, "15s");
            let outcomes = both(&policy(condition, &successes(""), &range));
            for world in [0, 1] {
                assert_eq!(
                    told(&outcomes[world]),
                    told(&instant[world]),
                    "{moment} {condition}"
                );
            }
        }
    }
}

/// Three minutes at every half are seven samples, both ends counted. Where the oldest must fail too, a rollback comes later
/// than where one bad sample is enough.
#[test]
fn the_condition_sees_all_samples() {
    let range = over("now() - duration(\"3m\")", "now()", "30s");
    for (condition, ending) in [
        (
            "len(result) == 7 || len(result) < 7 && len(result) > 0",
            Ending::Promoted,
        ),
        ("len(result) > 7", Ending::RolledBackByCheck),
    ] {
        let [harmless, _] = both(&policy(condition, &successes(""), &range));
        assert!(
            harmless.iter().all(|outcome| outcome.ending == ending),
            "{condition}"
        );
    }
    // The leak lets the ratio sink: one sample is bad before all are.
    let ended = |condition: &str| {
        let plan = prepared(
            &policy(condition, &successes(""), &range),
            &["slow-leak"],
            ArgoVersion::default(),
        )
        .plan;
        let results = plan.play(&Seeds::first(12)).unwrap();
        results.cell(0, 0).to_vec()
    };
    let (some, all) = (ended("all(result, # > 0.985)"), ended("any(result, # > 0.985)"));
    let mut later = 0;
    for (some, all) in some.iter().zip(&all) {
        let some = some.rolled_back_at.expect("a rollback");
        // Not before the promotion, perhaps.
        let all = all.rolled_back_at.unwrap_or(Timestamp::MAX);
        assert!(some <= all, "{some} {all}");
        later += usize::from(some < all);
    }
    assert!(later > 8, "{later}");
}

/// What is drawn only where a window reads it is what is drawn everywhere.
#[test]
fn lazy_worlds_are_drawn_far_enough_back() {
    let range = over("now() - duration(\"4m\")", "now() - duration(\"1m\")", "20s");
    let prepared = prepared(
        &policy("mean(result) > 0.985", &successes(""), &range),
        &BOTH,
        ArgoVersion::default(),
    );
    for world in [0, 1] {
        let lazy = prepared.plan.stage(0, world).unwrap();
        let eager = prepared.plan.stage(0, world).unwrap().eagerly();
        let (mut one, mut other) = (Actor::new(&lazy), Actor::new(&eager));
        for seed in 1..=12 {
            let (one, other) = (one.play(&lazy, Seed(seed)), other.play(&eager, Seed(seed)));
            assert_eq!(one, other, "world {world}, seed {seed}");
        }
    }
}

/// Prometheus refuses it, so every look is an error; and it is said before anything is played.
#[test]
fn what_the_api_refuses_is_an_error_at_every_look() {
    for (start, end, step, why) in [
        (
            "now()",
            "now() - duration(\"1m\")",
            "15s",
            "end timestamp must not be before start time",
        ),
        ("now() - duration(\"1m\")", "now()", "0s", "zero or negative"),
        ("now() - duration(\"20h\")", "now()", "1s", "11,000 points"),
    ] {
        let policy = policy("len(result) >= 0", &successes(""), &over(start, end, step));
        let found = prepared(&policy, &BOTH, ArgoVersion::default()).findings;
        let said = found.iter().any(|finding| {
            finding.severity == Severity::Warning
                && finding.message.contains("every look")
                && format!("{finding:?}").contains(why)
        });
        assert!(said, "{why}: {found:?}");
        for outcome in both(&policy).iter().flatten() {
            assert_eq!(outcome.ending, Ending::RolledBackByErrors, "{why}");
        }
    }
}

/// A year back is refused by name: no simulated service has such a past. And 1.7 drops the field.
#[test]
fn reach_and_release_are_heeded() {
    let year = over("now() - duration(\"8760h\")", "now()", "1h");
    let refused = prepared(
        &policy("len(result) > 0", &successes(""), &year),
        &BOTH,
        ArgoVersion::default(),
    );
    assert_eq!(refused.refused, 1);
    let said = format!("{:?}", refused.findings);
    assert!(said.contains("reaches back 8760h2m"), "{said}");
    let near = over("now() - duration(\"5m\")", "now()", "30s");
    let old = prepared(
        &policy("len(result) > 0", &successes(""), &near),
        &BOTH,
        ArgoVersion::V1_7,
    );
    let said = format!("{:?}", old.findings);
    assert!(said.contains("does not know `rangeQuery` and drops it"), "{said}");
}

/// Ten thousand moments at every look are refused before anything is played, unless there are few looks.
#[test]
fn more_moments_than_a_trial_can_hold_are_refused() {
    let range = over("now() - duration(\"10s\")", "now()", "1ms");
    let slow = policy("len(result) > 0", "max_over_time(up[1h:1ms])", &range);
    let found = prepared(&slow, &BOTH, ArgoVersion::default());
    assert_eq!(found.refused, 1);
    let said = format!("{:?}", found.findings);
    assert!(said.contains("asks at 10001 moments every"), "{said}");
    assert!(said.contains("longer step"), "{said}");
    let few = over("now() - duration(\"10s\")", "now()", "100ms");
    let few = policy("len(result) > 0", "sum(up)", &few);
    assert_eq!(prepared(&few, &BOTH, ArgoVersion::default()).refused, 0);
}
