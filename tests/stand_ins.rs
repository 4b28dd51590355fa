//! Queries that stand in for providers which are not simulated: what a check makes of one is what a check makes of it that
//! asks Prometheus, given in the form of its own provider.

use coalmine::diagnostic::{Documents, Finding};
use coalmine::experiment::{Prepared, Request, Seeds, prepare};
use coalmine::simulator::{Actor, Ending, Outcome, Stage};
use coalmine::units::Timestamp;
use proptest::prelude::*;

mod common;
use common::one_check as policy;

/// One in ten of the canary's requests fails in the harmful world, one in a thousand in the harmless one. Of those that
/// succeed there is a series from the beginning.
const ERRORS: &str = "1 - sum(rate(requests_total{service=\"shop-canary\",code!~\"5..\"}[2m])) \
                      / sum(rate(requests_total{service=\"shop-canary\"}[2m]))";
/// The same, an answer of no series at all.
const NOTHING: &str = "sum(rate(requests_total{service=\"shop-canary\"}[2m])) > 1e9";

/// One item of `providers`.
fn world(provider: &str) -> String {
    format!("apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  providers:\n    - {provider}\n")
}

fn stated(query: &str) -> String {
    world(&format!("{{ check: errors, query: '{query}' }}"))
}

fn prepared(policy: &str, scenario: &str) -> Prepared {
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy);
    if !scenario.is_empty() {
        documents.add("scenario.yaml", scenario);
    }
    let request = Request {
        worlds: vec!["plain".into(), "errors-10".into()],
        ..Request::default()
    };
    prepare(&documents, &Documents::default(), &request)
}

/// Outcomes of few trials in the harmless and in the harmful world.
fn both(policy: &str, scenario: &str) -> [Vec<Outcome>; 2] {
    let prepared = prepared(policy, scenario);
    assert_eq!(prepared.refused, 0, "{:?}", prepared.findings);
    assert!(!prepared.wrong_call, "{:?}", prepared.findings);
    let results = prepared.plan.play(&Seeds::first(12)).unwrap();
    [0, 1].map(|world| results.cell(0, world).to_vec())
}

fn all(outcomes: &[Outcome], ending: Ending) {
    for outcome in outcomes {
        assert_eq!(outcome.ending, ending);
    }
}

fn messages(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| format!("{finding:?}\n"));
    lines.collect()
}

/// What a trial came to, the digest of its policy apart.
fn told(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().map(|outcome| format!("{outcome:?}")).collect()
}

/// The same luck and the same query: trial by trial the outcome is that of the check that asks Prometheus, harmless
/// releases promoted and harmful ones rolled back at the same look.
#[test]
fn each_provider_decides_as_prometheus_would_on_the_same_numbers() {
    let prometheus = format!("prometheus: {{query: '{ERRORS}'}}");
    let [harmless, harmful] = both(&policy("successCondition: result[0] < 0.03", &prometheus), "");
    all(&harmless, Ending::Promoted);
    all(&harmful, Ending::RolledBackByCheck);
    for (condition, provider) in [
        (
            "successCondition: result < 0.03",
            "datadog: {query: 'sum:errors{*}'}",
        ),
        (
            "successCondition: default(result, 1) < 0.03",
            "datadog: {apiVersion: v2, query: 'sum:errors{*}'}",
        ),
        (
            "successCondition: 'all(result, # < 0.03)'",
            "datadog: {apiVersion: v2, query: 'sum:errors{*} by {pod}'}",
        ),
        (
            "successCondition: result < 0.03",
            "wavefront: {address: a.wavefront.com, query: 'ts(errors)'}",
        ),
        (
            "successCondition: result[0] < 0.03",
            "graphite: {address: 'http://graphite', query: errors}",
        ),
        (
            "successCondition: result[0] < 0.03",
            "influxdb: {query: 'from(bucket: \"b\")'}",
        ),
        (
            "successCondition: result.errorRate < 0.03",
            "newRelic: {query: 'SELECT x AS errorRate'}",
        ),
        (
            "failureCondition: result['error rate'] >= 0.03",
            "newRelic: {query: 'SELECT x AS `error rate`'}",
        ),
        (
            "successCondition: 'result[0].Values[0] < 0.03'",
            "cloudWatch: {metricDataQueries: []}",
        ),
        (
            "successCondition: 'all(result[0].Values, {# < 0.03})'",
            "cloudWatch: {metricDataQueries: []}",
        ),
        (
            "successCondition: result < 0.03",
            "web: {url: 'http://judge', jsonPath: '{$.errors}'}",
        ),
        (
            "successCondition: result < 0.03",
            "plugin: {argoproj-labs/k6: {}}",
        ),
    ] {
        let outcomes = both(&policy(condition, provider), &stated(ERRORS));
        assert_eq!(told(&outcomes[0]), told(&harmless), "{condition} {provider}");
        assert_eq!(told(&outcomes[1]), told(&harmful), "{condition} {provider}");
    }
}

/// Datadog gives nil, which a condition can mend; Graphite, New Relic and the like end in an error, five of which in a row
/// roll back.
#[test]
fn no_data_is_what_it_is_to_each_provider() {
    for (condition, provider, ending) in [
        (
            "successCondition: default(result, 0) < 0.03",
            "datadog: {query: x}",
            Ending::Promoted,
        ),
        (
            "successCondition: result < 0.03",
            "datadog: {query: x}",
            Ending::RolledBackByErrors,
        ),
        (
            "successCondition: result[0] < 0.03",
            "graphite: {query: x}",
            Ending::RolledBackByErrors,
        ),
        (
            "successCondition: len(result) == 0 || result[0] < 1",
            "influxdb: {query: x}",
            Ending::RolledBackByErrors,
        ),
        (
            "failureCondition: result.x > 1",
            "newRelic: {query: x}",
            Ending::RolledBackByErrors,
        ),
        (
            "failureCondition: len(result[0].Values) > 0 && result[0].Values[0] > 1",
            "cloudWatch: {metricDataQueries: []}",
            Ending::Promoted,
        ),
    ] {
        for outcomes in both(&policy(condition, provider), &stated(NOTHING)) {
            all(&outcomes, ending);
        }
    }
}

/// Arguments of the check are filled in where the Rollout and the template give them.
#[test]
fn arguments_are_those_of_the_check() {
    let datadog = policy("successCondition: result < 0.03", "datadog: {query: x}");
    let filled = both(&datadog, &stated(ERRORS));
    let written = ERRORS
        .replace("shop-canary", "{{args.service}}")
        .replace("2m", "{{ args.window }}");
    let outcomes = both(&datadog, &stated(&written));
    assert_eq!(told(&outcomes[0]), told(&filled[0]));
    assert_eq!(told(&outcomes[1]), told(&filled[1]));
    let prepared = prepared(&datadog, &stated("vector({{args.limit}})"));
    assert!(prepared.wrong_call);
    let said = messages(&prepared.findings);
    assert!(said.contains("failed to resolve {{args.limit}}"), "{said}");
    assert!(said.contains("asked with service, window"), "{said}");
}

/// `*` speaks for every check, and a world that states something else of one is heeded there.
#[test]
fn a_world_may_state_something_else() {
    let datadog = policy("successCondition: result < 0.03", "datadog: {query: x}");
    let any = world(&format!("{{ check: '*', query: '{ERRORS}' }}"));
    let [harmless, harmful] = both(&datadog, &any);
    all(&harmless, Ending::Promoted);
    all(&harmful, Ending::RolledBackByCheck);
    let named = "---\napiVersion: coalmine/v1\nkind: Scenario\nmetadata: {name: datadog-down}\nspec:\n  \
                 providers: [{ check: errors, phase: Error }]\n";
    let mut documents = Documents::default();
    documents.add("policy.yaml", datadog);
    documents.add("scenario.yaml", format!("{any}{named}"));
    let request = Request {
        worlds: vec!["plain".into(), "datadog-down".into()],
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    assert!(!prepared.wrong_call, "{:?}", prepared.findings);
    let results = prepared.plan.play(&Seeds::first(4)).unwrap();
    all(results.cell(0, 0), Ending::Promoted);
    all(results.cell(0, 1), Ending::RolledBackByErrors);
}

/// A world that states only how badly a provider can be reached says nothing of its answers: the query answers there too.
#[test]
fn a_world_of_outages_keeps_the_query() {
    let mut documents = Documents::default();
    documents.add(
        "policy.yaml",
        policy("successCondition: result < 0.03", "datadog: {query: x}"),
    );
    let named = |name: &str, provider: &str| {
        format!(
            "---\napiVersion: coalmine/v1\nkind: Scenario\nmetadata: {{name: {name}}}\nspec:\n  truth: harmful\n  \
             release: {{faults: [{{errors: 10%}}]}}\n  providers: [{provider}]\n"
        )
    };
    let worlds = [
        ("fast", "{check: errors, takes: 1s}", Ending::RolledBackByCheck),
        (
            "late",
            "{check: errors, outages: [{at: 2h, length: 1m}]}",
            Ending::RolledBackByCheck,
        ),
        ("down", "{check: '*', errors: 100%}", Ending::RolledBackByErrors),
        (
            "healthy",
            "{check: errors, phase: Successful, takes: 1s}",
            Ending::Promoted,
        ),
    ];
    let worlds_text: String = worlds
        .iter()
        .map(|(name, provider, _)| named(name, provider))
        .collect();
    documents.add("scenario.yaml", format!("{}{worlds_text}", stated(ERRORS)));
    let request = Request {
        worlds: worlds.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    assert!(!prepared.wrong_call, "{:?}", prepared.findings);
    let results = prepared.plan.play(&Seeds::first(4)).unwrap();
    for (number, (_, _, ending)) in worlds.into_iter().enumerate() {
        all(results.cell(0, number), ending);
    }
}

/// Errors, outages and the time of an answer are the provider's; what it says is the query's. Looks are a minute apart from
/// the third on; an answer that takes 20 s ends its look 20 s later.
#[test]
fn errors_outages_and_times_stand_beside_a_query() {
    let datadog = policy("successCondition: result < 0.03", "datadog: {query: x}");
    let with = |more: &str| {
        both(
            &datadog,
            &world(&format!("{{ check: errors, query: '{ERRORS}', {more} }}")),
        )
    };
    let [harmless, harmful] = with("errors: 100%");
    all(&harmless, Ending::RolledBackByErrors);
    all(&harmful, Ending::RolledBackByErrors);
    let [harmless, harmful] = with("outages: [{ at: 10m, length: 5m }]");
    all(&harmless, Ending::RolledBackByErrors);
    all(&harmful, Ending::RolledBackByCheck);
    for outcome in &harmless {
        let at = outcome.rolled_back_at.expect("a rollback") - Timestamp::ZERO;
        assert!((640..=700).contains(&(at.as_millis() / 1000)), "{at}");
    }
    let usual = both(&datadog, &stated(ERRORS));
    let slow = with("takes: 20s");
    all(&slow[0], Ending::Promoted);
    for (slow, usual) in slow[1].iter().zip(&usual[1]) {
        let [slow, usual] = [slow, usual].map(|outcome| outcome.rolled_back_at.expect("a rollback"));
        assert!(slow > usual, "{slow} {usual}");
    }
    let web = policy(
        "successCondition: result < 0.03",
        "web: {url: 'http://judge', timeoutSeconds: 10}",
    );
    let late = format!("{{ check: errors, query: '{ERRORS}', takes: 11s }}");
    all(&both(&web, &world(&late))[0], Ending::RolledBackByErrors);
}

/// What cannot be done is refused by its name, with what to state instead; nothing is played.
#[test]
fn what_gives_no_number_is_refused() {
    for (condition, provider, query, why) in [
        ("", "job: {spec: {}}", ERRORS, "a job judges by itself"),
        (
            "",
            "kayenta: {address: a, application: b}",
            ERRORS,
            "a kayenta judges by itself",
        ),
        (
            "successCondition: result.x > 1",
            "skywalking: {query: q}",
            ERRORS,
            "state a `value`",
        ),
        (
            "successCondition: result.errors < 1 && result.latency < 2",
            "newRelic: {query: q}",
            ERRORS,
            "its conditions read errors, latency of what newRelic gives",
        ),
        (
            "successCondition: 'result[0].Label == \"x\"'",
            "cloudWatch: {metricDataQueries: []}",
            ERRORS,
            "its conditions read Label of what cloudWatch gives",
        ),
        (
            "successCondition: result < 1",
            "datadog: {query: q}",
            "sum(rate(x[1m])",
            "this query does not parse",
        ),
        (
            "successCondition: result < 1",
            "datadog: {query: q}",
            "",
            "this query is empty",
        ),
        (
            "successCondition: result < 1",
            "datadog: {query: q}",
            "x[5m]",
            "a stretch of samples",
        ),
        (
            "successCondition: result < 1",
            "datadog: {query: q}",
            "rate(x[${window}])",
            "written {{args.NAME}}",
        ),
    ] {
        let prepared = prepared(&policy(condition, provider), &stated(query));
        let said = messages(&prepared.findings);
        assert!(prepared.wrong_call, "{provider} {query}: {said}");
        assert!(said.contains(why), "{why}: {said}");
    }
    let twice = format!("{}---\n{}", stated("vector(1)"), stated("vector(2)"));
    let prepared = prepared(
        &policy("successCondition: result < 1", "datadog: {query: q}"),
        &twice,
    );
    assert!(prepared.wrong_call);
    assert!(messages(&prepared.findings).contains("two queries are to stand in for `errors`"));
}

/// A condition that Datadog's number does not fit is an error at every look, here as in a cluster, and said.
#[test]
fn a_condition_that_does_not_fit_is_warned_of() {
    let datadog = policy("successCondition: result[0] < 0.03", "datadog: {query: x}");
    let said = messages(&prepared(&datadog, &stated(ERRORS)).findings);
    assert!(
        said.contains("its successCondition does not fit what datadog gives"),
        "{said}"
    );
    for outcomes in both(&datadog, &stated(ERRORS)) {
        all(&outcomes, Ending::RolledBackByErrors);
    }
}

/// The service is inferred from the query, and the limit from the condition, whatever its form.
#[test]
fn the_world_is_inferred_from_the_query() {
    for (condition, provider) in [
        ("successCondition: result < 0.03", "datadog: {query: x}"),
        ("successCondition: result.rate < 0.03", "newRelic: {query: x}"),
        (
            "successCondition: 'all(result[0].Values, # < 0.03)'",
            "cloudWatch: {metricDataQueries: []}",
        ),
    ] {
        let prepared = prepared(&policy(condition, provider), &stated(ERRORS));
        let errors = prepared.limits.errors.expect("a limit");
        assert!((errors - 0.03).abs() < 1e-9, "{provider}: {errors}");
        let families = &prepared.plan.exposition.families;
        assert_eq!(families.len(), 1);
        assert_eq!(families[0].name, "requests_total");
    }
}

/// What stands in for a provider is said above the table, filled in and on one line.
#[cfg(feature = "cli")]
#[test]
fn what_stands_in_is_said_above_the_table() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("stand-ins");
    std::fs::create_dir_all(&folder).unwrap();
    let datadog = policy("successCondition: result < 0.03", "datadog: {query: x}");
    std::fs::write(folder.join("policy.yaml"), datadog).unwrap();
    let query = "check: errors\n      errors: 1%\n      query: |\n        \
                 sum(rate(requests_total{service=\"{{args.service}}\",code=~\"5..\"}[2m]))\n        \
                 / sum(rate(requests_total{service=\"{{args.service}}\"}[2m]))";
    std::fs::write(folder.join("scenario.yaml"), world(query)).unwrap();
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_coalmine"))
        .args([
            "simulate",
            ".",
            "--trials",
            "2",
            "--scenario",
            "plain",
            "--out",
            "json=out.json",
            "--out",
            "markdown=out.md",
        ])
        .current_dir(&folder)
        .env_clear()
        .env("COLUMNS", "400")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let out = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{out}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let said = "errors asks a datadog, which is not simulated: it is answered by the query \
                `sum(rate(requests_total{service=\"shop-canary\",code=~\"5..\"}[2m])) / \
                sum(rate(requests_total{service=\"shop-canary\"}[2m]))` that stands in for it, 1 % errors, as stated";
    let (above, _) = out.split_once("plain").expect("a table");
    assert!(above.contains(said), "{out}");
    let markdown = std::fs::read_to_string(folder.join("out.md")).unwrap();
    assert!(markdown.contains("that stands in for it"), "{markdown}");
    let json = std::fs::read_to_string(folder.join("out.json")).unwrap();
    assert!(json.contains("that stands in for it"), "{json}");
}

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "sum",
        "rate",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "{{",
        "}}",
        "args.service",
        "args.window",
        "args.",
        "5m",
        "x",
        "\"",
        "''",
        ",",
        "=",
        "=~",
        "/",
        " by ",
        "offset",
        "@",
        "1e999",
        "-",
        "NaN",
        "${",
        "é",
        "\\",
        "#",
        ":",
        "\n",
    ]);
    prop::collection::vec(word, 0..12).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_it_panic(query in prop_oneof![words(), any::<String>()], grouped in any::<bool>()) {
        let provider = if grouped { "newRelic: {query: x}" } else { "datadog: {query: x}" };
        let quoted = serde_json::to_string(&query).unwrap();
        let scenario = world(&format!("{{ check: errors, query: {quoted} }}"));
        let prepared = prepared(&policy("successCondition: result.x < 1", provider), &scenario);
        if !prepared.wrong_call && !prepared.plan.policies.is_empty() {
            let stage: Stage<'_> = prepared.plan.stage(0, 0).unwrap();
            Actor::new(&stage).play(&stage, coalmine::seed::Seed(1));
        }
    }
}
