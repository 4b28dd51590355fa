//! Seven policies, each of which meets the standard battery and triggers one rule of the verdict.

use coalmine::diagnostic::Documents;
use coalmine::experiment::{Request, Seeds, prepare};
use coalmine::policy::condition::ArgoVersion;
use coalmine::score::{Rule, Verdict, played};
use coalmine::simulator::Ending;

/// A routed canary of one replica with these steps and, where there is one, this background metric.
fn policy(steps: &str, starting_step: usize, metric: &str) -> String {
    let analysis =
        format!("analysis: {{ startingStep: {starting_step}, templates: [{{ templateName: checks }}] }}");
    let (analysis, template) = match metric {
        "" => (String::new(), String::new()),
        metric => (
            analysis,
            format!(
                "---\napiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{ name: checks }}\n\
                 spec:\n  metrics:\n{metric}"
            ),
        ),
    };
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{ name: checkout }}
spec:
  replicas: 1
  selector: {{ matchLabels: {{ app: checkout }} }}
  template: {{ metadata: {{ labels: {{ app: checkout }} }} }}
  strategy:
    canary:
      canaryService: checkout-canary
      stableService: checkout
      trafficRouting: {{ nginx: {{ stableIngress: checkout }} }}
      {analysis}
      steps: {steps}
{template}"
    )
}

/// The error share of the canary; no errors are a share of zero, no traffic is no verdict.
const GUARDED: &str = "
            (sum(rate(http_requests_total{service=\"checkout-canary\", status=~\"5..\"}[WINDOW])) or on() vector(0))
            / sum(rate(http_requests_total{service=\"checkout-canary\"}[WINDOW]))";

fn metric(rest: &str, query: &str) -> String {
    format!(
        "    - name: errors
      {rest}
      provider:
        prometheus:
          address: http://prometheus:9090
          query: |{query}\n"
    )
}

fn verdict(policy: &str) -> Verdict {
    verdict_under(policy, ArgoVersion::default())
}

/// The verdict where conditions are read in the language of this release.
fn verdict_under(policy: &str, argo: ArgoVersion) -> Verdict {
    let mut documents = Documents::default();
    documents.add("checkout.yaml", policy);
    let request = Request {
        argo,
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    assert_eq!(prepared.refused, 0, "{:#?}", prepared.findings);
    let seeds = Seeds::first(200);
    let results = prepared.plan.play(&seeds).unwrap();
    played(&documents, &prepared, &results).policies.remove(0).verdict
}

/// How 50 trials in the quiet world end under these background metrics, and what is said of them beforehand.
fn endings(metrics: &str) -> (Vec<Ending>, Vec<String>) {
    let policy = policy("[{ setWeight: 50 }, { pause: { duration: 10m } }]", 1, metrics);
    let mut documents = Documents::default();
    documents.add("checkout.yaml", policy);
    let request = Request {
        worlds: vec!["plain".to_owned()],
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    assert_eq!(prepared.refused, 0, "{:#?}", prepared.findings);
    let seeds = Seeds::first(50);
    let results = prepared.plan.play(&seeds).unwrap();
    let endings = results.cell(0, 0).iter().map(|outcome| outcome.ending);
    let said = prepared.findings.iter().map(|finding| finding.message.clone());
    (endings.collect(), said.collect())
}

#[test]
fn two_status_classes_of_one_counter_are_no_error() {
    let interval = "interval: 1m\n      failureCondition: result[0] > 0.2";
    let half = GUARDED.replace("WINDOW", "5m");
    let whole = format!("{half}\n            or on() vector(0)");
    for query in [&half, &whole] {
        let errors = metric(interval, query);
        let refusals =
            metric(interval, &query.replace("5..", "4..")).replace("name: errors", "name: refusals");
        let (both, said) = endings(&(errors.clone() + &refusals));
        let warned = |said: &String| said.contains("refusals: requests that fail show as status 500");
        assert!(said.iter().any(warned), "{said:#?}");
        // What never occurs stops nothing.
        assert_eq!(both, endings(&errors).0);
        if query == &whole {
            assert!(!both.contains(&Ending::RolledBackByErrors), "{both:?}");
        }
    }
}

#[test]
fn nothing_reads_the_canary() {
    let verdict = verdict(&policy("[{ setWeight: 20 }, { pause: { duration: 5m } }]", 0, ""));
    assert_eq!(verdict.rule, Rule::BlindToCanary, "{}", verdict.sentence);
}

#[test]
fn the_canary_is_read_only_mixed_with_stable() {
    let query = "
            sum(rate(http_requests_total{app=\"checkout\", status=~\"5..\"}[5m]))
            / sum(rate(http_requests_total{app=\"checkout\"}[5m]))";
    let metric = metric(
        "interval: 1m\n      failureCondition: len(result) > 0 && result[0] > 0.02",
        query,
    );
    let verdict = verdict(&policy(
        "[{ setWeight: 20 }, { pause: { duration: 5m } }]",
        1,
        &metric,
    ));
    assert_eq!(verdict.rule, Rule::BlindToCanary, "{}", verdict.sentence);
}

#[test]
fn no_release_can_pass() {
    let metric = metric(
        "interval: 1m\n      successCondition: result < 0.05",
        &GUARDED.replace("WINDOW", "1m"),
    );
    let verdict = verdict(&policy(
        "[{ setWeight: 20 }, { pause: { duration: 5m } }]",
        1,
        &metric,
    ));
    assert_eq!(verdict.rule, Rule::FixedAnswer, "{}", verdict.sentence);
    let told = "To mend it, write `result[0] < 0.05`.";
    assert!(verdict.sentence.ends_with(told), "{}", verdict.sentence);
}

/// What is said to mend a condition is no error under the release that was asked for, and says the same of one value.
#[test]
fn a_mend_speaks_the_language_of_the_release() {
    let found = |condition: &str, release: &str| {
        let rest = format!("interval: 1m\n      successCondition: {condition:?}");
        let metric = metric(&rest, &GUARDED.replace("WINDOW", "1m"));
        let steps = "[{ setWeight: 20 }, { pause: { duration: 5m } }]";
        verdict_under(&policy(steps, 1, &metric), release.parse().unwrap())
    };
    for (condition, release, mended) in [
        ("max(result) < 0.05", "1.8", "result[0] < 0.05"),
        ("max( result ) < 0.05", "1.5", "result[0] < 0.05"),
        (
            "len(result) == 0 || result < 0.05",
            "1.10",
            "len(result) == 0 || result[0] < 0.05",
        ),
        (
            "all(result, # < 1) && result < 0.05",
            "1.5",
            "all(result, # < 1) && result[0] < 0.05",
        ),
        (
            "max(result) < 1 && result < 0.05",
            "1.10",
            "max(result) < 1 && result[0] < 0.05",
        ),
        (
            "max(result) < 1 && result < 0.05",
            "1.9",
            "result[0] < 1 && result[0] < 0.05",
        ),
    ] {
        let broken = found(condition, release);
        assert_eq!(broken.rule, Rule::FixedAnswer, "{}", broken.sentence);
        let told = format!("To mend it, write `{mended}`.");
        assert!(
            broken.sentence.ends_with(&told),
            "{condition} {release}: {}",
            broken.sentence
        );
        let mended = found(mended, release);
        assert!(mended.rule > Rule::FixedAnswer, "{}", mended.sentence);
    }
    let newest = found("max(result) < 0.05", "head");
    assert!(newest.rule > Rule::FixedAnswer, "{}", newest.sentence);
}

/// Two looks and two failures tolerated: either mend lets a failing canary be rolled back.
#[test]
fn what_is_said_to_mend_a_check_mends_it() {
    let found = |count: u32, limit: u32| {
        let rest = format!(
            "interval: 1m\n      initialDelay: 3m\n      count: {count}\n      failureLimit: {limit}\n      \
             failureCondition: len(result) > 0 && result[0] > 0.02"
        );
        let metric = metric(&rest, &GUARDED.replace("WINDOW", "5m"));
        verdict(&policy(
            "[{ setWeight: 60 }, { pause: { duration: 20m } }]",
            1,
            &metric,
        ))
    };
    let broken = found(2, 2);
    assert_eq!(broken.rule, Rule::FixedAnswer, "{}", broken.sentence);
    let told = "To mend it, set `failureLimit` to 1 or less, or `count` to 3 or more.";
    assert!(broken.sentence.ends_with(told), "{}", broken.sentence);
    for (count, limit) in [(2, 1), (3, 2)] {
        let mended = found(count, limit);
        assert!(mended.rule > Rule::FixedAnswer, "{}", mended.sentence);
    }
}

/// Without a guard the share of errors does not exist before the first error: five empty answers in a row roll back.
#[test]
fn errors_decide_without_a_judgement() {
    let query = "
            sum(rate(http_requests_total{service=\"checkout-canary\", status=~\"5..\"}[1m]))
            / sum(rate(http_requests_total{service=\"checkout-canary\"}[1m]))";
    let metric = metric("interval: 1m\n      failureCondition: result[0] > 0.02", query);
    let verdict = verdict(&policy(
        "[{ setWeight: 20 }, { pause: { duration: 5m } }]",
        1,
        &metric,
    ));
    assert_eq!(verdict.rule, Rule::Undecided, "{}", verdict.sentence);
}

/// A canary of 10 requests/s has 450 in a window of one minute as PromQL sees it, so two chance errors are 0.44 %.
#[test]
fn a_limit_within_reach_of_chance_rolls_back_for_nothing() {
    let rest = "interval: 30s\n      failureCondition: len(result) > 0 && result[0] > 0.004";
    let metric = metric(rest, &GUARDED.replace("WINDOW", "1m"));
    let verdict = verdict(&policy(
        "[{ setWeight: 20 }, { pause: { duration: 10m } }]",
        1,
        &metric,
    ));
    assert_eq!(verdict.rule, Rule::FalseRollbacks, "{}", verdict.sentence);
}

/// It looks at a fifth of the traffic only; what breaks above half of it comes after the last look.
#[test]
fn harm_after_the_last_look_is_missed() {
    let rest = "interval: 1m\n      count: 10\n      initialDelay: 3m\n      failureLimit: 6\n      \
                failureCondition: len(result) > 0 && result[0] > 0.03";
    let metric = metric(rest, &GUARDED.replace("WINDOW", "5m"));
    let steps =
        "[{ setWeight: 20 }, { pause: { duration: 15m } }, { setWeight: 60 }, { pause: { duration: 15m } }]";
    let verdict = verdict(&policy(steps, 1, &metric));
    assert_eq!(verdict.rule, Rule::MissedHarm, "{}", verdict.sentence);
}

/// All traffic for two hours, and only then a look: nothing is missed, everything is late.
#[test]
fn a_look_after_two_hours_is_late() {
    let rest = "interval: 1m\n      count: 6\n      initialDelay: 2h\n      failureLimit: 2\n      \
                failureCondition: len(result) > 0 && result[0] > 0.02";
    let metric = metric(rest, &GUARDED.replace("WINDOW", "5m"));
    let verdict = verdict(&policy(
        "[{ setWeight: 100 }, { pause: { duration: 130m } }]",
        1,
        &metric,
    ));
    assert_eq!(verdict.rule, Rule::LateDetection, "{}", verdict.sentence);
}

/// Windows longer than any disturbance of the battery, a limit well above chance, patience for nine looks.
#[test]
fn a_patient_policy_has_nothing_found_against_it() {
    let rest = "interval: 1m\n      initialDelay: 3m\n      failureLimit: 8\n      \
                failureCondition: len(result) > 0 && result[0] > 0.02";
    let metric = metric(rest, &GUARDED.replace("WINDOW", "5m"));
    let verdict = verdict(&policy(
        "[{ setWeight: 60 }, { pause: { duration: 50m } }]",
        1,
        &metric,
    ));
    assert_eq!(verdict.rule, Rule::NothingFound, "{}", verdict.sentence);
}
