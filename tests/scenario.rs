//! Scenario documents beside policies, from the text to the ending of trials.

use std::fs;
use std::path::PathBuf;

use coalmine::diagnostic::{Documents, Finding, Severity};
use coalmine::experiment::{Prepared, Request, Results, Seeds, prepare};
use coalmine::scenario::inference::Reads;
use coalmine::scenario::{
    self, BATTERY, BATTERY_OF_BITES, BATTERY_OF_GAUGES, Limits, Scenario, Verdict, document, standard,
};
use coalmine::simulator::{Ending, Outcome};
use coalmine::units::Duration;
use coalmine::yaml::{self, Content, Kind, Node};

/// A rollout that takes one look at the canary, by `conditions`, while half the traffic goes there.
fn policy(query: &str, conditions: &str) -> String {
    format!(
        r#"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{ name: checkout }}
spec:
  replicas: 1
  strategy:
    canary:
      canaryService: checkout-canary
      stableService: checkout
      trafficRouting: {{ nginx: {{ stableIngress: checkout }} }}
      steps:
        - setWeight: 50
        - pause: {{ duration: 5m }}
        - analysis: {{ templates: [{{ templateName: look }}] }}
  selector: {{ matchLabels: {{ app: checkout }} }}
  template: {{ metadata: {{ labels: {{ app: checkout }} }} }}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{ name: look }}
spec:
  metrics:
    - name: look
{conditions}
      provider:
        prometheus:
          address: http://prometheus:9090
          query: |
            {query}
"#
    )
}

const SUCCESSES: &str = r#"sum(rate(http_requests_total{service="checkout-canary",status!~"5.."}[2m])) / sum(rate(http_requests_total{service="checkout-canary"}[2m]))"#;

fn prepared(texts: &[&str], request: &Request) -> Prepared {
    let mut documents = Documents::default();
    for (n, text) in texts.iter().enumerate() {
        documents.add(format!("{n}.yaml"), *text);
    }
    prepare(&documents, &Documents::default(), request)
}

fn played(prepared: &Prepared, count: u64) -> Results {
    prepared.plan.play(&Seeds::first(count)).unwrap()
}

fn errors(prepared: &Prepared) -> Vec<String> {
    let errors = prepared
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.message.clone()).collect()
}

/// Between the two limits a look is inconclusive; the rollout waits for a person, who comes and aborts it.
#[test]
fn a_person_who_aborts_a_waiting_rollout_rolls_it_back() {
    let unsure = policy(
        SUCCESSES,
        "      successCondition: result[0] > 1\n      failureCondition: result[0] < 0.1",
    );
    let request = |operator: Option<&str>| Request {
        worlds: vec!["plain".into(), "errors-2".into()],
        operator: operator.map(str::to_owned),
        ..Request::default()
    };
    let alone = prepared(&[&unsure], &request(None));
    assert_eq!(errors(&alone), [""; 0]);
    let waits = |outcome: &Outcome| outcome.ending == Ending::Waiting && outcome.decided_by == Some(0);
    assert!(played(&alone, 20).cell(0, 0).iter().all(waits));

    let aborted = prepared(&[&unsure], &request(Some("aborts after 10m")));
    let results = played(&aborted, 20);
    for world in 0..2 {
        for outcome in results.cell(0, world) {
            assert_eq!(outcome.ending, Ending::RolledBackByPerson);
            assert!(outcome.ending.is_rollback() && outcome.decided_by.is_none());
            assert_eq!((outcome.waits, outcome.waited), (1, Duration::from_mins(10)));
            // The check that was unsure is why anybody came: without it the release is promoted.
            assert_eq!(*outcome.rolled_back_without, [false]);
            assert_eq!(outcome.time_to_detect().is_some(), world == 1);
        }
    }
}

/// Who comes to the service comes to every world of the battery, unless a world or the call says who comes there.
#[test]
fn who_comes_to_a_service_comes_to_all_its_worlds() {
    let unsure = policy(
        SUCCESSES,
        "      successCondition: result[0] > 1\n      failureCondition: result[0] < 0.1",
    );
    let service = "apiVersion: coalmine/v1\nkind: Scenario\nspec: { people: [{ does: aborts, after: 10m }] }";
    let alone =
        "apiVersion: coalmine/v1\nkind: Scenario\nmetadata: { name: alone }\nspec: { operator: nobody }";
    let request = |operator: Option<&str>| Request {
        worlds: vec!["plain".into(), "errors-2".into(), "alone".into()],
        operator: operator.map(str::to_owned),
        ..Request::default()
    };
    let endings = |operator| {
        let prepared = prepared(&[&unsure, service, alone], &request(operator));
        assert_eq!(errors(&prepared), [""; 0]);
        let results = played(&prepared, 1);
        [0, 1, 2].map(|world| results.cell(0, world)[0].ending)
    };
    let (aborted, waiting) = (Ending::RolledBackByPerson, Ending::Waiting);
    assert_eq!(endings(None), [aborted, aborted, waiting]);
    assert_eq!(endings(Some("nobody")), [waiting; 3]);
}

/// A release is promoted, fails, and is undone: the old version comes back through the steps as a canary, and is found as
/// sound as it was. Whoever aborts that keeps the bad one.
#[test]
fn an_undo_after_promotion_is_a_rollout_of_its_own() {
    let policy = policy(SUCCESSES, "      successCondition: result[0] >= 0.99");
    let ended = |people: &str| {
        let request = Request {
            worlds: vec!["after-promotion".into()],
            operator: Some(people.to_owned()),
            horizon: Some(Duration::from_mins(60)),
            ..Request::default()
        };
        let prepared = prepared(&[&policy], &request);
        assert_eq!(errors(&prepared), [""; 0]);
        played(&prepared, 1).cell(0, 0)[0].clone()
    };
    let undone = ended("undoes at 20m");
    assert_eq!(undone.ending, Ending::RolledBackByPerson);
    // A pod in 20 s, the pause of 5 minutes, a look; then all of it, after a second of the router.
    assert_eq!(undone.restore, Some(Duration::from_secs(20 + 300 + 1)));
    let kept = ended("undoes at 20m; aborts at 22m");
    assert_eq!(kept.restore, None);
    assert!(kept.blast_radius > undone.blast_radius);
}

/// The lines that a finding prints, from the first of the document on.
fn lines(prepared: &Prepared) -> String {
    let help = prepared.findings.iter().flat_map(|finding| &finding.help);
    let documents: Vec<&str> = help
        .filter_map(|help| Some(&help[help.find("apiVersion: coalmine/v1")?..]))
        .collect();
    documents.join("---\n")
}

#[test]
fn the_lines_that_a_finding_prints_work() {
    let queries = [
        // Two selectors of one name, an outcome, a version told by its Service.
        r#"sum(increase(jobs_done{service="checkout-canary",status=~"5.."}[2m])) - sum(increase(jobs_done{service="checkout"}[2m]))"#,
        // Matchers whose text is no value they accept.
        r#"sum(rate(carts_opened_total{pod=~"checkout-[0-9a-f]+-.+",zone!="",zone!~"a|b"}[2m]))"#,
        r#"max(delta(queue_depth{service="checkout-canary", job="a \"quoted\" one"}[2m]))"#,
        r#"sum(deriv(container_things{}[2m]))"#,
    ];
    for query in queries {
        let policy = policy(query, "      failureCondition: result[0] > 1e9");
        let request = Request::default();
        let silent = prepared(&[&policy], &request);
        assert_eq!((silent.refused, silent.plan.policies.len()), (1, 0), "{query}");
        let stated = lines(&silent);
        let told = prepared(&[&policy, &stated], &request);
        assert_eq!(errors(&told), [""; 0], "{query}\n{stated}");
        assert_eq!(
            (told.refused, told.plan.policies.len()),
            (0, 1),
            "{query}\n{stated}"
        );
        let reading = &told.readings[0][0];
        assert_ne!(reading.reads, Reads::Nothing, "{query}\n{stated}");
        assert_ne!(reading.reads, Reads::Unknown, "{query}\n{stated}");
        let said = format!("takes {} as stated", reading.families[0]);
        assert!(reading.conclusions.contains(&said), "{:#?}", reading.conclusions);
        let looks = played(&told, 1).cell(0, 0)[0].checks[0];
        assert_eq!((looks.looks, looks.errors), (1, 0), "{query}\n{stated}");
    }
}

#[test]
fn a_stated_family_takes_the_place_of_the_inferred_one() {
    let quick = r#"histogram_quantile(0.95, sum(rate(http_request_duration_seconds_bucket{track="new"}[2m])) by (le))"#;
    let policy = policy(quick, "      successCondition: result[0] < 0.3");
    let inferred = prepared(&[&policy], &Request::default());
    assert_eq!(inferred.readings[0][0].reads, Reads::Diluted);
    let scenario = "apiVersion: coalmine/v1
kind: Scenario
spec:
  exposition:
    families:
      - name: http_request_duration_seconds
        counts: requests
        histogram: {bounds: [0.1, 0.2, 0.4], perSecond: 1}
        labels: [{name: track, canary: new, stable: old}]
      - {name: never_asked_total, counts: requests}
";
    let stated = prepared(&[&policy, scenario], &Request::default());
    assert_eq!(errors(&stated), [""; 0]);
    let families = &stated.plan.exposition.families;
    assert_eq!(families.len(), 1);
    assert_eq!(families[0].histogram.as_ref().unwrap().bounds, [0.1, 0.2, 0.4]);
    let reading = &stated.readings[0][0];
    assert_eq!(reading.reads, Reads::CanaryOnly);
    assert_eq!(
        reading.conclusions[..2],
        [
            "reads the canary alone, told by track as stated",
            "takes http_request_duration_seconds as stated"
        ]
    );
    let warned = |finding: &Finding| finding.message == "no query reads never_asked_total";
    assert!(stated.findings.iter().any(warned));
    // One family for each version is read as both.
    let apart = scenario.replace(
        "labels: [{name: track, canary: new, stable: old}]",
        "labels: [{name: track, canary: new, stable: new}]\n        arms: [canary]",
    ) + "      - name: http_request_duration_seconds
        counts: requests
        histogram: {bounds: [0.1, 0.2, 0.4], perSecond: 1}
        labels: [{name: track, canary: new, stable: new}, {name: zone, canary: a, stable: a}]
        arms: [stable]
";
    let stated = prepared(&[&policy, &apart], &Request::default());
    assert_eq!(errors(&stated), [""; 0]);
    assert_eq!(stated.readings[0][0].reads, Reads::Diluted);
}

#[test]
fn findings_point_at_the_selector_in_the_manifest() {
    let rows = [
        (
            "max(queue_depth{a=\"b\"}) + max(queue_depth)",
            "queue_depth{a=\"b\"}",
        ),
        (
            "sum(rate(http_requests_total{code=\"teapot\", app=~\"x|x\", app=~\"y\"}[2m]))",
            "http_requests_total{code=\"teapot\", app=~\"x|x\", app=~\"y\"}",
        ),
        (
            "sum(rate(http_requests_total{app=\"checkout\"}[5m])) / sum(rate(http_requests_total[10s]))",
            "http_requests_total",
        ),
    ];
    for (query, selector) in rows {
        let mut documents = Documents::default();
        documents.add("a.yaml", policy(query, "      failureCondition: result[0] > 1"));
        let prepared = prepare(&documents, &Documents::default(), &Request::default());
        let labels = prepared.findings.iter().flat_map(|finding| &finding.labels);
        let places: Vec<&str> = labels.map(|label| documents.text(label.span)).collect();
        assert!(places.contains(&selector), "{query}: {places:?}");
    }
}

fn page() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/worlds.md")
}

fn tree(text: &str) -> Node {
    let mut documents = Documents::default();
    let id = documents.add("scenario.yaml", text);
    match yaml::read(&documents, id).remove(0).content {
        Content::Tree(tree) => tree,
        other => panic!("{text}: {other:?}"),
    }
}

/// Every value below `node` with its path: `release.faults[].errors 2%`.
fn leaves(node: &Node, path: &str, found: &mut Vec<String>) {
    match &node.kind {
        Kind::Mapping(entries) => {
            for (key, value) in entries {
                let key = key.text().unwrap();
                let path = if path.is_empty() {
                    key.to_owned()
                } else {
                    format!("{path}.{key}")
                };
                leaves(value, &path, found);
            }
        }
        Kind::Sequence(items) if items.iter().all(|item| item.text().is_some()) => {
            let words: Vec<&str> = items.iter().filter_map(Node::text).collect();
            found.push(format!("`{path}` {}", words.join(", ")));
        }
        Kind::Sequence(items) => items
            .iter()
            .for_each(|item| leaves(item, &format!("{path}[]"), found)),
        Kind::Scalar { text, .. } => found.push(format!("`{path}` {text}")),
    }
}

/// `docs/worlds.md` holds a table of the battery; `COALMINE_WRITE_DOCS=1` writes it anew.
#[test]
fn the_page_about_worlds_lists_the_battery() {
    let service = standard(&Limits::default());
    let battery = scenario::battery(&service);
    write_table("battery", &battery, &BATTERY);
    let of_gauges = scenario::battery_of_gauges(&service, true);
    write_table("worlds of gauges", &of_gauges, &BATTERY_OF_GAUGES);
    let of_bites = scenario::battery_of_bites(&service);
    write_table("worlds of bites", &of_bites, &BATTERY_OF_BITES);
}

fn write_table(mark: &str, worlds: &[(&str, Scenario)], texts: &[(&str, &str)]) {
    let mut table = String::from(
        "\n| world | `--scenario` | truth | what happens | what it asks | in numbers |\n|---|---|---|---|---|---|\n",
    );
    for ((short, world), (_, text)) in worlds.iter().zip(texts) {
        let truth = match world.truth {
            Verdict::Harmless => "harmless",
            Verdict::Harmful => "harmful",
        };
        let document = tree(text);
        let asks =
            document::asks(&document).unwrap_or_else(|| panic!("{name} asks nothing", name = world.name));
        assert!(asks.ends_with(['?', '.']), "{asks}");
        let mut numbers = Vec::new();
        leaves(document.get("spec").unwrap(), "", &mut numbers);
        numbers.retain(|leaf| {
            !["`truth`", "`description`"]
                .iter()
                .any(|field| leaf.starts_with(field))
        });
        let Scenario {
            name, description, ..
        } = world;
        let numbers = numbers.join("; ");
        table += &format!("| {name} | `{short}` | {truth} | {description} | {asks} | {numbers} |\n");
    }
    let written = fs::read_to_string(page()).unwrap();
    let (before, rest) = written.split_once(&format!("<!-- {mark}:")).unwrap();
    let (marker, rest) = rest.split_once("-->\n").unwrap();
    let (_, after) = rest.split_once(&format!("<!-- end of {mark} -->")).unwrap();
    let wanted = format!("{before}<!-- {mark}:{marker}-->\n{table}\n<!-- end of {mark} -->{after}");
    if std::env::var("COALMINE_WRITE_DOCS").is_ok_and(|value| value == "1") {
        fs::write(page(), &wanted).unwrap();
    }
    assert!(
        fs::read_to_string(page()).unwrap() == wanted,
        "docs/worlds.md is stale: COALMINE_WRITE_DOCS=1 cargo test --test scenario"
    );
}

/// The page's example can be played, and says every field of its tables.
#[test]
fn the_example_on_the_page_about_worlds_works() {
    let written = fs::read_to_string(page()).unwrap();
    let (_, rest) = written.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let (world, findings) = document::read(&tree(example), &standard(&Limits::default()));
    assert_eq!(findings, []);
    assert_eq!(
        (world.name.as_str(), world.truth),
        ("slow pool", Verdict::Harmful)
    );
    let families = document::families(&tree(example));
    assert_eq!(families.len(), 2);
    let stated = serde_json::to_value(&world).unwrap();
    let mut fields: Vec<&str> = stated.as_object().unwrap().keys().map(String::as_str).collect();
    // They are written as metadata.name and inside spec.release.
    fields.retain(|field| !["name", "faults", "coldStart"].contains(field));
    for field in fields.into_iter().chain(["release", "exposition"]) {
        assert!(
            tree(example).at(&["spec", field]).is_some(),
            "{field} is not in the example"
        );
        assert!(written.contains(&format!("| `{field}")), "{field} is in no table");
    }
}

/// A document that says it is for us is never passed over: a misspelt kind, or text that is no YAML.
#[test]
fn a_scenario_that_cannot_be_read_is_an_error() {
    let policy = policy(SUCCESSES, "      successCondition: result[0] > 0.98");
    for (scenario, told) in [
        (
            "apiVersion: coalmine/v1\nkind: Scenaro\nspec: { traffic: { rate: 3 } }\n",
            "coalmine knows no such kind",
        ),
        (
            "apiVersion: coalmine/v1\nkind: Scenario\nspec: { traffic: { rate: 3 }\n",
            "this is not YAML",
        ),
    ] {
        let prepared = prepared(&[policy.as_str(), scenario], &Request::default());
        let told_so = |error: &String| error.contains(told);
        assert!(
            errors(&prepared).iter().any(told_so),
            "{told}: {:?}",
            errors(&prepared)
        );
    }
}

/// Stated worlds are asked for: nothing stated is an error, a service without a world is told, a world is played alone.
#[test]
fn what_is_stated_is_told_where_it_is_no_world() {
    let policy = policy(SUCCESSES, "      successCondition: result[0] > 0.98");
    let request = Request {
        worlds: vec!["stated".to_owned()],
        ..Request::default()
    };
    let nothing = prepared(&[&policy], &request);
    assert!(nothing.wrong_call);
    assert!(
        errors(&nothing)[0].contains("no world is stated"),
        "{:?}",
        errors(&nothing)
    );

    let service = "apiVersion: coalmine/v1\nkind: Scenario\nspec: { traffic: { rate: 3 } }\n";
    let told = prepared(&[&policy, service], &request);
    assert_eq!((told.wrong_call, errors(&told)), (false, Vec::new()));
    let note = told
        .findings
        .iter()
        .find(|finding| finding.message.contains("a service, no world"));
    assert!(note.is_some(), "{:?}", told.findings);
    assert!(told.plan.worlds.len() > 10);

    let world = service.replace("spec", "metadata: { name: slow pool }\nspec");
    let alone = prepared(&[&policy, &world], &request);
    assert_eq!(alone.plan.worlds.len(), 1);
    assert!(
        alone
            .findings
            .iter()
            .all(|finding| !finding.message.contains("no world"))
    );

    // A world of the battery has that name: no other is played in its place.
    let taken = world.replace("slow pool", "quiet");
    let broken = prepared(&[&policy, &taken], &request);
    assert!(broken.wrong_call, "{:?}", errors(&broken));

    // One with errors is there all the same.
    let asked = Request {
        worlds: vec!["slow p*".to_owned()],
        ..Request::default()
    };
    let misspelt = prepared(&[&policy, &world.replace("traffic", "trafic")], &asked);
    let told = errors(&misspelt);
    assert!(
        told.iter()
            .any(|error| error.contains("\"slow p*\" cannot be played")),
        "{told:?}"
    );
    assert!(
        !told.iter().any(|error| error.contains("there is no world")),
        "{told:?}"
    );
}
