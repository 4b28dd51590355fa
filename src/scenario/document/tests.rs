use proptest::prelude::*;

use super::{families, is_scenario, read, together, write};
use crate::diagnostic::{Documents, Finding, Severity, Spanned};
use crate::scenario::exposition::{Arm, Counts, Family, Histogram, LabelRule, OutcomeLabel};
use crate::scenario::{
    BATTERY, Better, Course, Follows, Gauge, Limits, Noise, Operator, Part, Scenario, Verdict, battery,
    standard,
};
use crate::units::Duration;
use crate::yaml::{Content, Node};

fn tree(text: &str) -> Option<Node> {
    let mut documents = Documents::default();
    let id = documents.add("scenario.yaml", text);
    crate::yaml::read(&documents, id)
        .into_iter()
        .find_map(|part| match part.content {
            Content::Tree(node) => Some(node),
            _ => None,
        })
}

fn scenario(spec: &str) -> (Scenario, Vec<Finding>) {
    let text = format!("apiVersion: coalmine/v1\nkind: Scenario\nmetadata: {{name: x}}\nspec:\n{spec}");
    read(&tree(&text).expect("YAML"), &standard(&Limits::default()))
}

fn messages(spec: &str) -> Vec<String> {
    scenario(spec)
        .1
        .into_iter()
        .map(|finding| finding.message)
        .collect()
}

#[test]
fn the_battery_is_the_one_of_the_design() {
    let limits = Limits {
        errors: Some(0.01),
        ..Limits::default()
    };
    let worlds: Vec<Scenario> = battery(&standard(&limits))
        .into_iter()
        .map(|(_, world)| world)
        .collect();
    assert_eq!(worlds.len(), BATTERY.len());
    assert_eq!(
        worlds
            .iter()
            .filter(|world| world.truth == Verdict::Harmless)
            .count(),
        7
    );
    assert_eq!(
        worlds[0],
        standard(&limits),
        "the plain world is the standard world"
    );
    let named = |name: &str| worlds.iter().find(|world| world.name == name).expect(name);
    assert_eq!(named("errors 2 %").faults[0].errors, 0.02);
    assert_eq!(named("latency × 1.5").faults[0].latency, 1.5);
    assert_eq!(named("slow leak").faults[0].ramp, Duration::from_mins(30));
    assert_eq!(named("one bad pod").faults[0].part, Part::Pods(1));
    assert_eq!(named("above half the traffic").faults[0].above, 0.5);
    assert_eq!(named("cold start").cold_start.map(|cold| cold.errors), Some(0.02));
    assert_eq!(named("0.5 requests/s").traffic.rate, 0.5);
    assert_eq!(named("missed scrapes").observation.missed, 0.1);
    let inside: Vec<_> = worlds
        .iter()
        .filter(|world| world.within_stated_limits(&limits))
        .map(|w| &w.name)
        .collect();
    assert!(
        inside.iter().any(|name| *name == "errors 0.5 %") && !inside.iter().any(|name| *name == "errors 2 %")
    );
    let names: std::collections::BTreeSet<_> = worlds.iter().map(|world| &world.name).collect();
    assert_eq!(names.len(), worlds.len());
}

#[test]
fn every_field_of_a_world_can_be_said() {
    let (world, findings) = scenario(
        "  description: All of it
  truth: harmful
  traffic: {rate: 12.5, arrivals: constant, daily: 20%, noise: 0}
  service:
    errors: 0.5%
    latency: {median: 80ms, sigma: 1.1}
    noise: {shared: 0.1, private: 0.2, correlation: 2m}
    gaugeLevel: 0.5
  release:
    faults: [{errors: 3%, latency: 2, ramp: 10m, above: 25%, part: {requests: 20%}}]
    coldStart: {errors: 1%, fading: 30s}
  disturbances: [{name: storm, arms: [stable], errors: 1%, latency: 1.5, length: 1m, within: 5m}]
  observation: {scrapeInterval: 30s, slot: 5s, jitter: 0s, missed: 5%, ingestion: 0s, measurement: 200ms, countersStartAt: 1000000}
  controller: {router: 2s, podReady: 40s, reconcile: 100ms, wholeSeconds: false}
  operator: promotes after 10m
  providers: [{check: smoke, phase: Failed}]
  harmLimit: {quantile: 95%, latency: 500ms}
  horizon: 90m",
    );
    assert_eq!(findings, []);
    assert_eq!(world.name, "x");
    assert_eq!(world.service.latency.median, 0.08);
    assert_eq!(world.faults[0].part, Part::Requests(0.2));
    assert_eq!(world.operator, Operator::PromotesAfter(Duration::from_mins(10)));
    assert_eq!(world.horizon, Some(Duration::from_mins(90)));
    assert_eq!(world.observation.counters_start_at, Some(1e6));
    // What is resolved is said in full, and comes back.
    let json = serde_json::to_string(&world).unwrap();
    assert_eq!(serde_json::from_str::<Scenario>(&json).unwrap(), world);
}

#[test]
fn what_cannot_be_played_is_said_all_at_once() {
    let (_, findings) = scenario(
        "  traffic: {rate: -1, rat: 2}
  observation: {missed: 120%, scrapeInterval: 15}
  release: {faults: [{errors: much, part: {pods: 1, requests: 10%}}]}
  operator: somebody",
    );
    assert!(
        findings
            .iter()
            .all(|finding| finding.severity == Severity::Error && !finding.labels.is_empty())
    );
    let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
    for expected in [
        "expected a number from 0 to 1000000, found the number -1",
        "unknown field 'rat' in traffic of a scenario",
        "expected a ratio from 0 to 1, or from 0% to 100%, found a string '120%'",
        "expected a duration from 100ms to 1h, found the number 15",
        "expected a ratio from 0 to 1, or from 0% to 100%, found a string 'much'",
        "a fault meets a part of the requests, or some pods, not both",
        "expected nobody, 'promotes after 10m' or 'aborts after 10m', found a string 'somebody'",
    ] {
        assert!(messages.contains(&expected), "{expected} is not in {messages:#?}");
    }
}

#[test]
fn worlds_that_contradict_themselves_are_refused() {
    assert_eq!(
        messages("  truth: harmful"),
        ["a harmful release needs something that is wrong with it"]
    );
    assert_eq!(
        messages("  observation: {slot: 30s}"),
        ["a slot is not longer than the scrape interval"]
    );
    assert_eq!(
        messages("  observation: {jitter: 4s}"),
        ["a scrape comes at most a quarter of the scrape interval too early or late"]
    );
    let storms = "  disturbances: [{name: a}, {name: a}]";
    assert_eq!(
        messages(storms),
        ["two disturbances have one name, and so one luck"]
    );
    let slow = format!("  release: {{faults: [{}]}}", "{latency: 2}, ".repeat(7));
    assert_eq!(
        messages(&slow),
        ["at most 6 faults and disturbances may change latency"]
    );
    assert_eq!(
        messages("  traffic: {rate: 1000000}\n  observation: {slot: 15s}").len(),
        1
    );
}

/// The families of a document, and what is said of all of it.
fn exposition(lines: &str) -> (Vec<Spanned<Family>>, Vec<String>) {
    let text = format!("apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  exposition:\n{lines}");
    let node = tree(&text).expect("YAML");
    let (_, findings) = read(&node, &standard(&Limits::default()));
    let messages = findings.into_iter().map(|finding| finding.message).collect();
    (families(&node), messages)
}

fn rule(name: &str, canary: &str, stable: &str) -> LabelRule {
    let [name, canary, stable] = [name, canary, stable].map(str::to_owned);
    LabelRule { name, canary, stable }
}

#[test]
fn every_field_of_a_family_can_be_said() {
    let (families, messages) = exposition(
        "    families:
      - name: jobs_done_total
        counts: successes
      - name: wait_milliseconds
        counts: requests
        histogram: {bounds: [0.5, 10, 250], perSecond: 1000}
        outcome: {label: status, success: '200', failure: '500'}
        labels:
          - {name: pod, canary: 'new-{pod}', stable: 'old-{pod}'}
          - {name: zone, canary: '', stable: a}
        arms: [canary]",
    );
    assert_eq!(messages, [""; 0]);
    assert_eq!(families[0].counts, Counts::Successes);
    assert_eq!(families[0].arms, [Arm::Canary, Arm::Stable]);
    let wanted = Family {
        name: "wait_milliseconds".into(),
        counts: Counts::Requests,
        gauge: None,
        histogram: Some(Histogram {
            bounds: vec![0.5, 10.0, 250.0],
            per_second: 1000.0,
            median: None,
        }),
        outcome: Some(OutcomeLabel {
            label: "status".into(),
            success: "200".into(),
            failure: "500".into(),
        }),
        labels: vec![rule("pod", "new-{pod}", "old-{pod}"), rule("zone", "", "a")],
        arms: vec![Arm::Canary],
    };
    assert_eq!(families[1].value, wanted);
    // The words are those of the data itself.
    let json = serde_json::to_string(&families[1].value).unwrap();
    let again = exposition(&format!("    families: [{json}]"));
    assert_eq!((again.0[0].value.clone(), again.1), (wanted, vec![]));
}

#[test]
fn a_family_that_cannot_be_is_said_and_left_out() {
    let rows = [
        ("families: []", "an exposition without families states nothing"),
        ("families: {}", "expected a list, found a mapping"),
        (
            "famlies: [{name: x, counts: requests}]",
            "unknown field 'famlies' in exposition of a scenario",
        ),
        (
            "families: [{counts: requests}]",
            "the field 'name' is missing in families of a scenario",
        ),
        (
            "families: [{name: '', counts: requests}]",
            "expected a name, found a string ''",
        ),
        (
            "families: [{name: x}]",
            "the field 'counts' is missing in families of a scenario",
        ),
        (
            "families: [{name: x, counts: all}]",
            "expected requests or failures or successes or part or sum, found a string 'all'",
        ),
        (
            "families: [{name: x, counts: requests, arms: []}]",
            "a family that neither version has is none",
        ),
        (
            "families: [{name: x, counts: requests, arms: [old]}]",
            "expected canary or stable, found a string 'old'",
        ),
        (
            "families: [{name: x, counts: requests, histogram: {bounds: [1, 1], perSecond: 1}}]",
            "bounds ascend, and 1 does not follow 1",
        ),
        (
            "families: [{name: x, counts: requests, histogram: {bounds: [], perSecond: 1}}]",
            "a histogram needs bounds",
        ),
        (
            "families: [{name: x, counts: requests, histogram: {bounds: [1]}}]",
            "the field 'perSecond' is missing in histogram of a scenario",
        ),
        (
            "families: [{name: x_bucket, counts: requests, histogram: {bounds: [1], perSecond: 1}}]",
            "x_bucket is a part of a histogram, not its name",
        ),
        (
            "families: [{name: x, counts: requests, outcome: {label: code, success: a, failure: a}}]",
            "success and failure have one value, and so nothing tells them apart",
        ),
        (
            "families: [{name: x, counts: requests, labels: [{name: a, canary: 1, stable: b}]}]",
            "expected a string, found the number 1",
        ),
        (
            "families: [{name: x, counts: requests, labels: [{name: a, canary: b, stable: b}, {name: a, canary: c, stable: c}]}]",
            "the label a is stated twice",
        ),
    ];
    for (lines, message) in rows {
        let (families, messages) = exposition(&format!("    {lines}"));
        assert!(messages.contains(&message.to_owned()), "{lines}: {messages:#?}");
        assert!(families.is_empty(), "{lines}");
    }
}

#[test]
fn two_families_never_show_one_series() {
    let both = |second: &str| {
        let lines = format!(
            "    families:\n      - {{name: x, counts: requests, labels: [{{name: a, canary: b, stable: c}}]}}\n      - {second}"
        );
        let (known, findings) = together(&exposition(&lines).0);
        (known.len(), findings.len())
    };
    let rows = [
        (
            "{name: x, counts: requests, labels: [{name: a, canary: b, stable: c}]}",
            (1, 0),
        ),
        (
            "{name: x, counts: failures, labels: [{name: a, canary: b, stable: d}]}",
            (1, 1),
        ),
        (
            "{name: x, counts: failures, labels: [{name: a, canary: b, stable: d}], arms: [stable]}",
            (2, 0),
        ),
        (
            "{name: x, counts: requests, labels: [{name: a, canary: d, stable: e}]}",
            (2, 0),
        ),
        ("{name: x, counts: requests}", (2, 0)),
        (
            "{name: other, counts: requests, labels: [{name: a, canary: b, stable: c}]}",
            (2, 0),
        ),
    ];
    for (second, expected) in rows {
        assert_eq!(both(second), expected, "{second}");
    }
}

#[test]
fn gauges_and_their_faults_can_be_said() {
    let text = "apiVersion: coalmine/v1
kind: Scenario
metadata: {name: full}
spec:
  exposition:
    families:
      - name: queue_depth
        gauge: {limit: 1000, follows: {load: 0.5}, whole: true}
      - name: cache_hits_total
        counts: part
        gauge: {level: 0.9, better: high, luck: cache}
  release:
    faults:
      - {errors: 1%, gauges: {leaks: 20m, families: [queue_depth]}}
      - gauges: {beyond: 20%}
    coldStart: {gauges: 30%}
";
    let node = tree(text).unwrap();
    let (world, findings) = read(&node, &standard(&Limits::default()));
    assert_eq!(findings, []);
    let stated = families(&node);
    let queue = stated[0].gauge.as_ref().unwrap();
    assert_eq!(
        (stated[0].counts, stated[1].counts),
        (Counts::Nothing, Counts::Part)
    );
    // No ceiling is said: twice the limit. 60 % of the way from nothing to the limit.
    assert_eq!((queue.ceiling, queue.healthy(0.6)), (2000.0, 600.0));
    let hits = stated[1].gauge.as_ref().unwrap();
    assert_eq!(
        (hits.ceiling, hits.better, hits.healthy(0.6)),
        (1.0, Better::High, 0.9)
    );
    let courses: Vec<Course> = world
        .faults
        .iter()
        .flat_map(|fault| &fault.gauges)
        .map(|met| met.course)
        .collect();
    assert_eq!(
        courses,
        [Course::Leaks(Duration::from_mins(20)), Course::Beyond(0.2)]
    );
    assert_eq!(world.cold_start.unwrap().gauges, 0.3);
}

#[test]
fn impossible_gauges_are_refused_and_named() {
    for (family, wanted) in [
        (
            "{name: x, gauge: {}}",
            "a gauge needs a level, or a limit that tells one",
        ),
        (
            "{name: x, gauge: {level: 3, ceiling: 2}}",
            "the level 3 is not between 0 and 2",
        ),
        (
            "{name: x, gauge: {level: 3, floor: 9, ceiling: 2}}",
            "the floor 9 lies above the ceiling 2",
        ),
        (
            "{name: x, counts: requests, gauge: {level: 3}}",
            "a gauge counts no requests",
        ),
        ("{name: x, counts: part}", "what goes by a gauge needs one"),
        (
            "{name: x, counts: part, gauge: {level: 3}}",
            "a part of the requests lies between 0 and 1",
        ),
        (
            "{name: x, gauge: {level: 0, stamp: true}}",
            "events that a time stamp tells of come at some distance",
        ),
        ("{name: x, gauge: {level: 1, follows: tides}}", "expected"),
        (
            "{name: x, gauge: {level: 1, follows: {load: 1, latency: 0.5}}}",
            "expected",
        ),
        (
            "{name: x, gauge: {level: 1}, histogram: {bounds: [1], perSecond: 1}}",
            "a gauge or a histogram, not both",
        ),
    ] {
        let text = format!(
            "apiVersion: coalmine/v1\nkind: Scenario\nmetadata: {{name: w}}\nspec: {{exposition: {{families: [{family}]}}}}"
        );
        let found = read(&tree(&text).unwrap(), &standard(&Limits::default())).1;
        let said = |finding: &Finding| finding.message.contains(wanted);
        assert!(found.iter().any(said), "{family}: {found:?}");
    }
    for fault in ["{}", "{leaks: 5m, stuck: true}", "{leaks: 5}"] {
        let text = format!(
            "apiVersion: coalmine/v1\nkind: Scenario\nmetadata: {{name: w}}\nspec: {{release: {{faults: [{{gauges: {fault}}}]}}}}"
        );
        let found = read(&tree(&text).unwrap(), &standard(&Limits::default())).1;
        assert!(!found.is_empty(), "{fault}");
    }
}

fn any_gauge() -> impl Strategy<Value = Gauge> {
    let follows = prop::sample::select(vec![
        Follows::Nothing,
        Follows::Load(0.5),
        Follows::Latency(0.95),
        Follows::Errors,
    ]);
    let ends = (-1e6..1e6_f64, 0.0..1e9_f64, 0.0..=1.0_f64, 0.0..=1.0_f64);
    let flags = (any::<bool>(), any::<bool>(), prop::option::of("\\PC{1,9}"));
    (ends, follows, flags, 0_i64..100_000_000).prop_map(
        |((floor, width, limit, level), follows, (whole, rest, luck), correlation)| Gauge {
            limit: Some(floor + limit * width),
            level: (level > 0.5).then_some(floor + level * width),
            follows,
            whole,
            rest,
            luck,
            better: if rest { Better::High } else { Better::Low },
            noise: Noise {
                shared: limit,
                private: level,
                correlation: Duration::from_millis(correlation % 86_400_000),
            },
            ..Gauge::hovering(floor, floor + width)
        },
    )
}

fn any_family() -> impl Strategy<Value = Family> {
    let labels = prop::collection::btree_map("[a-df-z]{1,3}", ("\\PC{0,6}", "\\PC{0,6}"), 0..3);
    let bounds = prop::collection::btree_set(1_u32..1_000_000, 1..5);
    let histogram = prop::option::of((bounds, prop::sample::select(vec![1.0, 1000.0])));
    let outcome = prop::option::of(("[a-z]{4}", "\\PC{0,4}"));
    let counts = prop::sample::select(vec![Counts::Requests, Counts::Failures, Counts::Successes]);
    let arms = prop::sample::subsequence(vec![Arm::Canary, Arm::Stable], 1..3);
    let gauge = prop::option::weighted(0.3, any_gauge());
    (("[a-z:_]{1,9}", counts, arms), gauge, histogram, outcome, labels).prop_map(
        |((name, counts, arms), gauge, histogram, outcome, labels)| Family {
            name,
            counts: if gauge.is_some() { Counts::Nothing } else { counts },
            histogram: histogram
                .filter(|_| gauge.is_none())
                .map(|(bounds, per_second)| Histogram {
                    bounds: bounds
                        .into_iter()
                        .map(|bound| f64::from(bound) / 1000.0)
                        .collect(),
                    per_second,
                    median: None,
                }),
            outcome: outcome
                .filter(|_| gauge.is_none())
                .map(|(label, success)| OutcomeLabel {
                    label,
                    failure: format!("not {success}"),
                    success,
                }),
            labels: labels
                .into_iter()
                .map(|(name, (canary, stable))| LabelRule { name, canary, stable })
                .collect(),
            arms,
            gauge,
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(family in any_family()) {
        prop_assume!(!["_bucket", "_sum", "_count"].iter().any(|part| family.name.ends_with(part)));
        let document = write(std::slice::from_ref(&family));
        let node = tree(&document).expect("YAML");
        prop_assert_eq!(read(&node, &standard(&Limits::default())).1, [], "{}", document);
        prop_assert_eq!(families(&node), [Spanned::new(family, node.span)]);
    }

    #[test]
    fn no_document_makes_it_panic(
        key in "metadata|spec|traffic|rate|faults|errors|release|slot|operator|part|[a-z]{1,5}",
        inner in "spec|traffic|exposition|families|histogram|gauge|gauges|follows|leaks|ceiling|limit|bounds|rate|release|faults|disturbances|observation|slot|horizon|harmLimit|[a-z]{1,5}",
        value in "\\PC{0,12}|[0-9.eE+-]{1,8}|[0-9]{1,4}(ms|s|m|h|%)|\\[\\]|\\{\\}|null|\\.nan|\\.inf|-\\.inf",
    ) {
        let base = standard(&Limits::default());
        for text in [
            format!("spec:\n  {key}:\n    {inner}: {value}"),
            format!("{key}: {{{inner}: {value}}}"),
            format!("spec: {{release: {{faults: [{{{inner}: {value}}}]}}}}"),
            format!("spec: {{exposition: {{families: [{{{inner}: {value}, histogram: {{bounds: [{value}]}}}}]}}}}"),
            format!("spec: {{exposition: {{families: [{{name: x, gauge: {{{inner}: {value}}}}}]}}}}"),
            format!("spec: {{release: {{faults: [{{gauges: {{{inner}: {value}}}}}]}}}}"),
            format!("spec: {{exposition: {value}}}"),
            format!("apiVersion: {value}\nkind: {value}\nspec: {value}"),
        ] {
            if let Some(node) = tree(&text) {
                let _ = is_scenario(&node);
                let _ = read(&node, &base);
                let _ = together(&families(&node));
            }
        }
    }
}
