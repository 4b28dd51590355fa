//! Checks that ask nobody: jobs, web calls and other services, by what a Scenario document states of them, from manifests
//! to the ending of trials and to what stands above the table.
#![cfg(feature = "cli")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use coalmine::diagnostic::Documents;
use coalmine::experiment::{Prepared, Request, Results, Seeds, prepare};
use coalmine::simulator::{Ending, Outcome};
use coalmine::units::{Duration, Timestamp};

const JOB: &str =
    "job: {spec: {template: {spec: {containers: [{name: t, image: t}], restartPolicy: Never}}}}";
const WEB: &str = "web: {url: 'http://judge/', timeoutSeconds: 10, jsonPath: '{$.ready}'}";

/// A canary of one check: a step between two weights, or beside the steps.
fn policy(beside: bool, metric: &str, provider: &str) -> String {
    let analysis = "analysis: {templates: [{templateName: t}]}";
    let (background, step) = if beside { (analysis, "") } else { ("", analysis) };
    let step = if step.is_empty() {
        String::new()
    } else {
        format!("        - {step}\n")
    };
    let background = if background.is_empty() {
        String::new()
    } else {
        format!("      {background}\n")
    };
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: shop}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: shop}}}}
  template: {{metadata: {{labels: {{app: shop}}}}}}
  strategy:
    canary:
      canaryService: shop-canary
      stableService: shop-stable
      trafficRouting: {{nginx: {{stableIngress: shop}}}}
{background}      steps:
        - setWeight: 20
        - pause: {{duration: 1m}}
{step}        - pause: {{duration: 20m}}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{name: t}}
spec:
  metrics:
    - name: judge
{metric}      provider:
        {provider}
"
    )
}

/// What the scenario states, one item of `providers`.
fn world(providers: &str) -> String {
    format!("apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  providers:\n    - {providers}\n")
}

fn prepared(policy: &str, stated: &str, operator: Option<&str>) -> Prepared {
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy);
    if !stated.is_empty() {
        documents.add("scenario.yaml", world(stated));
    }
    let request = Request {
        worlds: vec!["plain".into(), "errors-10".into()],
        operator: operator.map(str::to_owned),
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    assert_eq!(prepared.refused, 0, "{:?}", prepared.findings);
    assert!(!prepared.wrong_call, "{:?}", prepared.findings);
    prepared
}

fn played(prepared: &Prepared, count: u64) -> Results {
    prepared.plan.play(&Seeds::first(count)).unwrap()
}

const HARMLESS: usize = 0;
const HARMFUL: usize = 1;

/// Outcomes of few trials in the harmless and in the harmful world.
fn both(policy: &str, stated: &str) -> [Vec<Outcome>; 2] {
    let results = played(&prepared(policy, stated, None), 8);
    [HARMLESS, HARMFUL].map(|world| results.cell(0, world).to_vec())
}

/// All trials of a world end so.
fn all(outcomes: &[Outcome], ending: Ending) {
    for outcome in outcomes {
        assert_eq!(outcome.ending, ending);
    }
}

fn rolled_back(outcome: &Outcome) -> i64 {
    let at = outcome.rolled_back_at.expect("a rollback") - Timestamp::ZERO;
    at.as_millis() / 1000
}

fn promoted(outcome: &Outcome) -> i64 {
    let at = outcome.promoted_at.expect("a promotion") - Timestamp::ZERO;
    at.as_millis() / 1000
}

#[test]
fn without_a_word_it_passes_and_each_phase_does_what_it_does_in_a_cluster() {
    for provider in [
        JOB,
        WEB,
        "kayenta: {address: 'http://kayenta', application: shop}",
        "datadog: {query: 'avg:errors'}",
        "newRelic: {query: 'SELECT 1'}",
        "cloudWatch: {metricDataQueries: []}",
        "plugin: {argoproj-labs/k6: {}}",
    ] {
        let policy = policy(false, "", provider);
        for outcomes in both(&policy, "") {
            all(&outcomes, Ending::Promoted);
        }
        for (phase, ending) in [
            ("Successful", Ending::Promoted),
            ("Failed", Ending::RolledBackByCheck),
            // The fifth error in a row ends the run (consecutiveErrorLimit 4).
            ("Error", Ending::RolledBackByErrors),
            // A step whose analysis is inconclusive waits for a person.
            ("Inconclusive", Ending::Waiting),
        ] {
            let [harmless, harmful] = both(&policy, &format!("{{ check: judge, phase: {phase} }}"));
            all(&harmless, ending);
            all(&harmful, ending);
        }
    }
}

#[test]
fn one_name_may_stand_for_all_checks_and_the_first_that_fits_counts() {
    let policy = policy(false, "", JOB);
    let [harmless, _] = both(&policy, "{ check: '*', phase: Failed }");
    all(&harmless, Ending::RolledBackByCheck);
    let [harmless, _] = both(
        &policy,
        "{ check: judge, phase: Successful }\n    - { check: '*', phase: Failed }",
    );
    all(&harmless, Ending::Promoted);
}

/// The path is followed and the conditions judge what is found; of a harmful release it may say something else.
#[test]
fn a_body_is_judged_by_the_conditions_of_the_check() {
    let conditions = "      successCondition: result >= 0.95\n      failureCondition: result < 0.5\n";
    let policy = policy(false, conditions, WEB);
    for (value, ending) in [
        (r#"{"ready": 0.99}"#, Ending::Promoted),
        (r#"{"ready": 0.4}"#, Ending::RolledBackByCheck),
        // Between the two conditions.
        (r#"{"ready": 0.7}"#, Ending::Waiting),
        // Nothing at the path, and a text that is compared with a number.
        (r#"{"red": 1}"#, Ending::RolledBackByErrors),
        (r#"{"ready": "yes"}"#, Ending::RolledBackByErrors),
    ] {
        let [harmless, harmful] = both(&policy, &format!("{{ check: judge, value: '{value}' }}"));
        all(&harmless, ending);
        all(&harmful, ending);
    }
    let stated = r#"{ check: judge, value: '{"ready": 0.99}', ofHarm: { value: '{"ready": 0.1}' } }"#;
    let [harmless, harmful] = both(&policy, stated);
    all(&harmless, Ending::Promoted);
    all(&harmful, Ending::RolledBackByCheck);
    let stated = r#"{ check: judge, value: '{"ready": 0.99}', ofHarm: { phase: Error } }"#;
    let [harmless, harmful] = both(&policy, stated);
    all(&harmless, Ending::Promoted);
    all(&harmful, Ending::RolledBackByErrors);
}

/// Looks begin with the canary and come every minute: the first at or after the tenth minute fails.
#[test]
fn what_it_says_later_counts_from_then_on() {
    let policy = policy(true, "      interval: 1m\n", JOB);
    let stated = "{ check: judge, phase: Successful, later: [{ at: 10m, phase: Failed }, { at: 15m, phase: Successful }] }";
    let outcomes = both(&policy, stated);
    for outcome in outcomes.iter().flatten() {
        assert_eq!(outcome.ending, Ending::RolledBackByCheck);
        assert!(
            (600..=660).contains(&rolled_back(outcome)),
            "{}",
            rolled_back(outcome)
        );
    }
    // With one failure in hand the later change for the better comes too late: the second failure is a minute away.
    let patient = policy.replace("interval: 1m", "failureLimit: 6\n      interval: 1m");
    for outcomes in both(&patient, stated) {
        all(&outcomes, Ending::Promoted);
    }
}

/// 400 answers, of which a tenth are turned round: by the binomial, 99.9 % of all such draws have 22 to 61.
#[test]
fn a_part_of_its_verdicts_is_wrong_both_ways() {
    let policy = policy(false, "", JOB);
    let plan = prepared(
        &policy,
        "{ check: judge, phase: Successful, ofHarm: { phase: Failed }, wrong: 10% }",
        None,
    );
    let results = played(&plan, 400);
    let back = |world: usize| {
        let outcomes = results.cell(0, world).iter();
        outcomes
            .filter(|outcome| outcome.ending == Ending::RolledBackByCheck)
            .count()
    };
    assert!((22..=61).contains(&back(HARMLESS)), "{}", back(HARMLESS));
    assert!((22..=61).contains(&(400 - back(HARMFUL))), "{}", back(HARMFUL));
    // A phase that is neither is not turned round.
    let [harmless, _] = both(&policy, "{ check: judge, phase: Inconclusive, wrong: 100% }");
    all(&harmless, Ending::Waiting);
}

#[test]
fn a_part_of_its_answers_are_errors_and_five_in_a_row_roll_back() {
    let policy = policy(false, "", JOB);
    let [harmless, _] = both(&policy, "{ check: judge, phase: Successful, errors: 100% }");
    all(&harmless, Ending::RolledBackByErrors);
    // 0.1^5 a look.
    let [harmless, _] = both(&policy, "{ check: judge, phase: Successful, errors: 10% }");
    all(&harmless, Ending::Promoted);
    let limited = policy.replace("- name: judge", "- name: judge\n      consecutiveErrorLimit: 0");
    let results = played(
        &prepared(&limited, "{ check: judge, phase: Successful, errors: 10% }", None),
        400,
    );
    let errors = results.cell(0, HARMLESS).iter();
    let errors = errors
        .filter(|outcome| outcome.ending == Ending::RolledBackByErrors)
        .count();
    assert!((22..=61).contains(&errors), "{errors}");
}

/// A job takes its time and the step waits for it; a web call is given up after `timeoutSeconds`, five times, ten seconds
/// after each other.
#[test]
fn an_answer_takes_time() {
    let (job, web) = (
        policy(false, "", JOB),
        policy(false, "      successCondition: result > 0\n", WEB),
    );
    let [at_once, _] = both(&job, "");
    let [slow, _] = both(&job, "{ check: judge, phase: Successful, takes: 3m }");
    let [drawn, _] = both(&job, "{ check: judge, phase: Successful, takes: 1m..3m }");
    for ((at_once, slow), drawn) in at_once.iter().zip(&slow).zip(&drawn) {
        assert_eq!(promoted(slow) - promoted(at_once), 180);
        let later = promoted(drawn) - promoted(at_once);
        assert!((60..=180).contains(&later), "{later}");
    }
    let lengths: Vec<i64> = drawn.iter().map(promoted).collect();
    assert!(lengths.iter().any(|&length| length != lengths[0]), "{lengths:?}");

    let ready = "value: '{\"ready\": 1}'";
    let [quick, _] = both(&web, &format!("{{ check: judge, {ready} }}"));
    let [within, _] = both(&web, &format!("{{ check: judge, {ready}, takes: 10s }}"));
    let [failed, _] = both(&web, "{ check: judge, value: '{\"ready\": 0}' }");
    let [beyond, _] = both(&web, &format!("{{ check: judge, {ready}, takes: 11s }}"));
    for (quick, within) in quick.iter().zip(&within) {
        assert_eq!(promoted(within) - promoted(quick), 10);
    }
    for (failed, beyond) in failed.iter().zip(&beyond) {
        assert_eq!(beyond.ending, Ending::RolledBackByErrors);
        // Five calls of ten seconds, and ten seconds between them.
        assert_eq!(rolled_back(beyond) - rolled_back(failed), 90);
    }
}

/// From the fifth minute on nobody answers: five errors, ten seconds after each other, whatever the release is like. An
/// outage that is over before the fifth is survived.
#[test]
fn an_outage_rolls_back_by_errors_and_a_short_one_does_not() {
    for (provider, says) in [(WEB, "value: '{\"ready\": 1}'"), (JOB, "phase: Successful")] {
        let policy = policy(
            true,
            "      interval: 1m\n      successCondition: result > 0\n",
            provider,
        );
        let policy = if provider == JOB {
            policy.replace("      successCondition: result > 0\n", "")
        } else {
            policy
        };
        let stated =
            |length: &str| format!("{{ check: judge, {says}, outages: [{{ at: 5m, length: {length} }}] }}");
        for outcome in both(&policy, &stated("10m")).iter().flatten() {
            assert_eq!(outcome.ending, Ending::RolledBackByErrors);
            let at = rolled_back(outcome);
            assert!((340..=400).contains(&at), "{at}");
        }
        for outcomes in both(&policy, &stated("30s")) {
            all(&outcomes, Ending::Promoted);
        }
    }
}

/// An inconclusive step waits for the person who sleeps until morning as long as for nobody, where trials end before.
#[test]
fn a_person_settles_what_it_leaves_open() {
    let policy = policy(false, "", JOB);
    let open = "{ check: judge, phase: Inconclusive }";
    let ended = |operator: &str| {
        let results = played(&prepared(&policy, open, Some(operator)), 8);
        results.cell(0, HARMLESS).to_vec()
    };
    all(&ended("promotes after 5m"), Ending::Promoted);
    all(&ended("aborts after 5m"), Ending::RolledBackByPerson);
    for outcome in ended("promotes after 5m") {
        assert_eq!(outcome.waited, Duration::from_mins(5));
    }
}

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("providers")
        .join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What stands in for a provider is said above the table, in the words of the document.
#[test]
fn what_stands_in_is_said_above_the_table() {
    for (stated, said) in [
        (
            "",
            "judge asks a job, which is not simulated: it is taken to be Successful at every look (a Scenario document can state another phase)",
        ),
        (
            "{ check: judge, phase: Successful }",
            "judge asks a job, which is not simulated: it is taken to be Successful at every look, as stated",
        ),
        (
            "{ check: '*', phase: Failed }",
            "judge asks a job, which is not simulated: it is taken to be Failed at every look, as stated",
        ),
        (
            "{ check: judge, phase: Successful, ofHarm: { phase: Failed }, wrong: 5%, takes: 30s..2m, errors: 1%, outages: [{ at: 5m, length: 1m }] }",
            "Successful, of a harmful release Failed, 5 % of its verdicts turned round, 1 % errors, an answer takes 30s..2m, out for 1m from 5m on, as stated",
        ),
    ] {
        let folder = fresh("said");
        fs::write(folder.join("policy.yaml"), policy(false, "", JOB)).unwrap();
        if !stated.is_empty() {
            fs::write(folder.join("scenario.yaml"), world(stated)).unwrap();
        }
        let ran = Command::new(env!("CARGO_BIN_EXE_coalmine"))
            .args(["simulate", ".", "--trials", "2", "--scenario", "plain"])
            .current_dir(&folder)
            .env_clear()
            .env("COLUMNS", "400")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let out = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(
            ran.status.code(),
            Some(0),
            "{out}{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let (above, _) = out.split_once("plain").expect("a table");
        assert!(above.contains(said), "{out}");
    }
}

/// A web check gives up: whoever states that its answers take longer is told what part of them that is.
#[test]
fn answers_that_come_too_late_are_told() {
    for (takes, told) in [
        (
            "11s",
            Some("every look at `judge` will be an error: it gives up after 10s"),
        ),
        ("10s", None),
        ("5s..15s", Some("50 % of the looks at `judge`")),
        // Half of them take longer than the median.
        ("10s~0.5", Some("50 % of the looks at `judge`")),
        ("1s..9s", None),
    ] {
        let mut documents = Documents::default();
        documents.add(
            "rollout.yaml",
            policy(false, "      successCondition: result >= 0.9\n", WEB),
        );
        documents.add(
            "scenario.yaml",
            format!(
                "apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  providers: [{{check: judge, value: '{{\"ready\": 1}}', takes: {takes}}}]\n"
            ),
        );
        let prepared = prepare(&documents, &Documents::default(), &Request::default());
        let late: Vec<&str> = prepared
            .findings
            .iter()
            .map(|finding| finding.message.as_str())
            .filter(|message| message.contains("it gives up"))
            .collect();
        match told {
            Some(told) => assert!(late.len() == 1 && late[0].contains(told), "{takes}: {late:?}"),
            None => assert!(late.is_empty(), "{takes}: {late:?}"),
        }
    }
}
