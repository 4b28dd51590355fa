//! Experiments of a canary: their pods, what reaches them, what their analyses see, and what is not played.

use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Prepared, Request, Seeds, prepare};
use coalmine::promql;
use coalmine::scenario::exposition::{Arm, Counts, Exposition, Family, LabelRule};
use coalmine::scenario::{Limits, Scenario, standard};
use coalmine::seed::Seed;
use coalmine::series::{Layout, Samples};
use coalmine::simulator::{Actor, Ending, Happening, Incident, Outcome};
use coalmine::units::{Duration, Share, Timestamp};
use coalmine::world::{CrewNames, Crews, Pods, Traffic, World, WorldState};

const SMI: &str = "canaryService: shop-canary
      stableService: shop
      trafficRouting: { smi: {} }";

/// A baseline and a canary of the experiment, compared by their hashes.
const COMPARED: &str = "
          analyses:
            - name: compare
              templateName: compare
              args:
                - { name: canary, value: '{{templates.canary.podTemplateHash}}' }
                - { name: baseline, value: '{{ templates.baseline.podTemplateHash }}' }";

fn policy(strategy: &str, experiment: &str, then: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{ name: shop }}
spec:
  replicas: 4
  selector: {{ matchLabels: {{ app: shop }} }}
  template: {{ metadata: {{ labels: {{ app: shop }} }} }}
  strategy:
    canary:
      {strategy}
      steps:
      - experiment:
{experiment}
{then}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{ name: compare }}
spec:
  args: [{{ name: canary }}, {{ name: baseline }}]
  metrics:
    - name: compare
      interval: 1m
      initialDelay: 3m
      failureCondition: len(result) > 0 && result[0] > 0.03
      provider:
        prometheus:
          address: http://prometheus:9090
          query: |
            sum(rate(http_requests_total{{pod_template_hash=\"{{{{args.canary}}}}\",status=~\"5..\"}}[2m]))
              / sum(rate(http_requests_total{{pod_template_hash=\"{{{{args.canary}}}}\"}}[2m]))
            - (sum(rate(http_requests_total{{pod_template_hash=\"{{{{args.baseline}}}}\",status=~\"5..\"}}[2m]))
              / sum(rate(http_requests_total{{pod_template_hash=\"{{{{args.baseline}}}}\"}}[2m])) or vector(0))
"
    )
}

/// `duration`, and the weight of each of two templates.
fn experiment(duration: &str, weight: &str) -> String {
    format!(
        "          duration: {duration}
          templates:
            - {{ name: baseline, specRef: stable{weight} }}
            - {{ name: canary, specRef: canary{weight} }}"
    )
}

fn prepared(policy: &str, worlds: &[&str]) -> Prepared {
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy);
    let request = Request {
        worlds: worlds.iter().map(|&world| world.to_owned()).collect(),
        ..Request::default()
    };
    prepare(&documents, &Documents::default(), &request)
}

fn played(prepared: &Prepared, count: u64) -> Vec<Outcome> {
    assert_eq!(prepared.refused, 0, "{:#?}", prepared.findings);
    prepared
        .plan
        .play(&Seeds::first(count))
        .unwrap()
        .cell(0, 0)
        .to_vec()
}

fn shares(prepared: &Prepared) -> Vec<(f64, f64)> {
    let (_, happenings) = prepared.plan.replay(0, 0, 1).unwrap();
    let share = |happening: &Happening| match happening {
        Happening::ShareIs(at, share) => Some((at.as_secs_f64(), (share.get() * 1e6).round() / 1e6)),
        _ => None,
    };
    let mut told: Vec<(f64, f64)> = happenings.iter().filter_map(share).collect();
    told.dedup_by_key(|(_, share)| *share);
    told
}

/// Weights of templates are taken from the stable version: the canary keeps its own. Pods are ready after 20 s, the router
/// takes one, and when the experiment is over, its weights are.
#[test]
fn weights_of_templates_come_beside_the_canarys() {
    let experiment = experiment("10m", ", weight: 5");
    let policy = policy(
        SMI,
        &experiment,
        "      - setWeight: 10\n      - pause: { duration: 5m }",
    );
    let told = shares(&prepared(&policy, &["plain"]));
    let wanted = [(20.0, 0.0), (21.0, 0.05), (621.0, 0.0), (641.0, 0.1)];
    assert_eq!(told[..4], wanted, "{told:?}");
}

/// What a header route leads goes to the canary's own pods, first; of what is left weights take theirs: 10 % + 90 % × (20 + 5) %
/// while the experiment runs, 10 % + 90 % × 20 % after.
#[test]
fn header_routes_lead_before_weights() {
    let istio = "canaryService: shop-canary
      stableService: shop
      trafficRouting:
        managedRoutes: [{ name: testers }]
        istio: { virtualService: { name: shop, routes: [primary] } }";
    let experiment = experiment("10m", ", weight: 5");
    let policy = policy(istio, &experiment, "      - pause: { duration: 5m }").replace(
        "      - experiment:",
        "      - setWeight: 20
      - setHeaderRoute: { name: testers, match: [{ headerName: x-tester, headerValue: { exact: yes } }] }
      - experiment:",
    );
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy);
    let spec = "traffic: { headers: [{ name: X-Tester, value: yes, part: 10% }] }";
    documents.add(
        "scenario.yaml",
        format!("apiVersion: coalmine/v1\nkind: Scenario\nspec: {{ {spec} }}\n"),
    );
    let request = Request {
        worlds: vec!["plain".to_owned()],
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    assert_eq!(prepared.refused, 0, "{:#?}", prepared.findings);
    let told = shares(&prepared);
    let wanted = [(21.0, 0.28), (41.0, 0.325), (641.0, 0.28), (961.0, 1.0)];
    assert_eq!(told[told.len() - 4..], wanted, "{told:?}");
}

/// Where a promoted release is undone, the old version comes as a canary with experiments of its own: what their canary takes
/// is its, what their baseline takes stays with the release. Its pods are ready after 20 s, the router takes one more.
#[test]
fn the_way_back_has_experiments_too() {
    let experiment = experiment("10m", "").replace("specRef: stable }", "specRef: stable, weight: 30 }");
    let experiment = experiment.replace("specRef: canary }", "specRef: canary, weight: 5 }");
    let policy = policy(
        SMI,
        &experiment,
        "      - setWeight: 10\n      - pause: { duration: 5m }",
    );
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy);
    let request = Request {
        worlds: vec!["plain".to_owned()],
        operator: Some("undoes at 30m".to_owned()),
        horizon: Some(Duration::from_mins(60)),
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    let back: Vec<_> = shares(&prepared)
        .into_iter()
        .filter(|(at, _)| *at > 1800.0)
        .collect();
    let wanted = [(1821.0, 0.95), (2421.0, 1.0), (2441.0, 0.9), (2761.0, 0.0)];
    assert_eq!(back[..4], wanted, "{back:?}");
}

/// Without a router users reach an experiment's pods as all others: one of six, and one of five before the canary is.
#[test]
fn without_a_router_pods_share_alike() {
    let experiment = experiment("10m", "");
    let policy = policy("maxSurge: 1", &experiment, "      - pause: { duration: 5m }");
    let told = shares(&prepared(&policy, &["plain"]));
    let sixth = (1e6_f64 / 6.0).round() / 1e6;
    // Its pods stay for half a minute when it is over.
    assert_eq!(told[..2], [(20.0, sixth), (650.0, 0.0)], "{told:?}");
}

/// What an experiment compares is there to be read: harm rolls back by its check, and a sound release is not bothered.
#[test]
fn a_comparison_by_hash_sees_harm() {
    for (strategy, weight) in [(SMI, ", weight: 20"), ("maxSurge: 1", "")] {
        let experiment = experiment("15m", weight) + COMPARED;
        let policy = policy(
            strategy,
            &experiment,
            "      - setWeight: 50\n      - pause: { duration: 5m }",
        );
        let harmful = prepared(&policy, &["errors-10"]);
        let unread = harmful
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error);
        assert!(unread.is_none(), "{unread:?}");
        let outcomes = played(&harmful, 30);
        let caught = outcomes
            .iter()
            .filter(|outcome| outcome.ending == Ending::RolledBackByCheck);
        assert!(caught.count() >= 29, "{:?}", outcomes[0]);
        for outcome in &outcomes {
            // Harm is counted from the experiment's first request on: 20 s, and a second of the router.
            let onset = outcome.truth.onset.unwrap();
            assert!((20..=21).contains(&(onset.as_millis() / 1000)), "{onset}");
            assert!(outcome.blast_radius > 50.0, "{}", outcome.blast_radius);
        }
        let sound = played(&prepared(&policy, &["plain"]), 30);
        let promoted = sound.iter().filter(|outcome| outcome.ending == Ending::Promoted);
        assert!(promoted.count() >= 29, "{:?}", sound[0]);
    }
}

fn requests() -> Exposition {
    let rule = |name: &str, canary: &str, stable: &str| LabelRule {
        name: name.into(),
        canary: canary.into(),
        stable: stable.into(),
    };
    Exposition {
        families: vec![Family {
            name: "requests_total".into(),
            counts: Counts::Requests,
            gauge: None,
            histogram: None,
            outcome: None,
            labels: vec![
                rule("hash", "c0", "s0"),
                rule("service", "shop-canary", "shop"),
                rule("app", "shop", "shop"),
                rule("pod", "{pod}", "{pod}"),
            ],
            arms: vec![Arm::Canary, Arm::Stable],
        }],
        routes: Vec::new(),
    }
}

fn even(rate: f64) -> Scenario {
    let mut scenario = standard(&Limits::default());
    scenario.traffic.rate = rate;
    (scenario.traffic.noise, scenario.traffic.daily) = (0.0, 0.0);
    scenario
}

/// Requests that each pod has counted in an hour, with the labels it shows, of 200/s: the canary's arm has 30 %, of which
/// its crew has a third; the stable arm's crew of two has a quarter.
#[test]
fn a_crew_gets_its_part_under_its_own_labels() {
    let pair = |own: &str, theirs: &str| (own.to_owned(), theirs.to_owned());
    let pods = Pods {
        crews: Some(CrewNames {
            pods: [vec!["x0".into()], vec!["y0".into(), "y1".into(), "y2".into()]],
            sets: Default::default(),
            hashes: [pair("c0", "c1"), pair("s0", "s1")],
            services: [Some("shop-canary".into()), Some("shop".into())],
        }),
        ..Pods::numbered(2, 2)
    };
    let world = World::new(&even(200.0), &requests(), &pods);
    let mut state = WorldState::default();
    let traffic = |share, canary_pods| Traffic {
        share: Share::new(share),
        canary_pods,
        stable_pods: 2,
    };
    world.begin(&mut state, Seed(5), traffic(0.0, 0));
    let crews = Crews {
        pods: [1, 2],
        parts: [1.0 / 3.0, 0.25],
    };
    world.crews(&mut state, crews);
    world.traffic(&mut state, Timestamp::from_secs(100), traffic(0.3, 2));
    let mut samples = Samples::new(world.layout());
    let end = Timestamp::from_secs(3700);
    world.advance(&mut state, end, Timestamp::from_secs(105), &mut samples);
    let mut seen = Vec::new();
    for (id, labels) in world.layout().series() {
        let (axis, column) = world.layout().place(id);
        let from = samples.rows_until(axis, 115_000);
        let values: Vec<f64> = samples.values(axis, column)[from..]
            .iter()
            .copied()
            .filter(|value| value.is_finite())
            .collect();
        let rise = values.last().unwrap_or(&0.0) - values.first().unwrap_or(&0.0);
        let of = |name: &str| labels.get(name).unwrap_or("").to_owned();
        seen.push((of("pod"), [of("hash"), of("service"), of("app")], rise));
    }
    let arm = 200.0 * 3580.0;
    let wanted = [
        (
            "canary-0",
            ["c0", "shop-canary", "shop"],
            arm * 0.3 * 2.0 / 3.0 / 2.0,
        ),
        (
            "canary-1",
            ["c0", "shop-canary", "shop"],
            arm * 0.3 * 2.0 / 3.0 / 2.0,
        ),
        ("stable-0", ["s0", "shop", "shop"], arm * 0.7 * 0.75 / 2.0),
        ("stable-1", ["s0", "shop", "shop"], arm * 0.7 * 0.75 / 2.0),
        ("x0", ["c1", "experiment-shop-canary", "shop"], arm * 0.3 / 3.0),
        ("y0", ["s1", "experiment-shop", "shop"], arm * 0.7 * 0.25 / 2.0),
        ("y1", ["s1", "experiment-shop", "shop"], arm * 0.7 * 0.25 / 2.0),
        ("y2", ["s1", "experiment-shop", "shop"], 0.0),
    ];
    assert_eq!(seen.len(), wanted.len());
    for ((pod, labels, rise), (name, own, mean)) in seen.iter().zip(wanted) {
        assert_eq!((pod.as_str(), labels.each_ref().map(String::as_str)), (name, own));
        // Scrapes miss up to an interval at each end; five standard errors beside.
        let slack = 15.0 * mean / 3580.0 * 2.0 + 5.0 * f64::sqrt(mean);
        assert!((rise - mean).abs() <= slack, "{name}: {rise} of {mean}");
    }
}

/// A bad pod is one of each: of the rollout's two pods and of the experiment's one. By hand: half of two thirds of the
/// requests, and all of a third.
#[test]
fn harm_of_a_bad_pod_counts_in_a_crew_too() {
    let mut scenario = even(50.0);
    (scenario.service.noise.shared, scenario.service.noise.private) = (0.0, 0.0);
    scenario.service.errors = 0.0;
    scenario.faults = vec![coalmine::scenario::Fault {
        errors: 1.0,
        part: coalmine::scenario::Part::Pods(1),
        ..coalmine::scenario::Fault::default()
    }];
    scenario.truth = coalmine::scenario::Verdict::Harmful;
    let names = CrewNames {
        pods: [vec!["beside".to_owned()], Vec::new()],
        ..CrewNames::default()
    };
    let pods = Pods {
        crews: Some(names),
        ..Pods::numbered(2, 2)
    };
    let world = World::new(&scenario, &requests(), &pods);
    let mut state = WorldState::default();
    let traffic = |share, canary_pods| Traffic {
        share: Share::new(share),
        canary_pods,
        stable_pods: 2,
    };
    world.begin(&mut state, Seed(1), traffic(0.0, 0));
    let crews = Crews {
        pods: [1, 0],
        parts: [1.0 / 3.0, 0.0],
    };
    world.crews(&mut state, crews);
    world.traffic(&mut state, Timestamp::ZERO, traffic(0.3, 2));
    let harmed = world.blast_radius(&mut state, Timestamp::from_secs(1000));
    // Those that take too long anyway, 1 in 100, are harmed on either version.
    let wanted = 50.0 * 1000.0 * 0.3 * (2.0 / 3.0 / 2.0 + 1.0 / 3.0) * 0.99;
    assert!((harmed / wanted - 1.0).abs() < 1e-6, "{harmed}, by hand {wanted}");
}

#[test]
fn what_an_experiment_cannot_do_is_said() {
    let said = |policy: &str, severity: Severity, words: &str| {
        let prepared = prepared(policy, &["plain"]);
        let mut found = prepared.findings.iter();
        let found = found.any(|finding| finding.severity == severity && finding.message.contains(words));
        assert!(found, "{words}: {:#?}", prepared.findings);
        assert_eq!(prepared.refused > 0, severity == Severity::Error, "{words}");
    };
    let then = "      - pause: { duration: 5m }";
    let whole = |experiment: &str| policy(SMI, experiment, then);
    let (bare, weighed) = (experiment("10m", ""), experiment("10m", ", weight: 5"));
    said(
        &whole(&experiment("10m", "")),
        Severity::Warning,
        "no request reaches the pods of this experiment",
    );
    let endless = weighed.replace("          duration: 10m\n", "");
    said(&whole(&endless), Severity::Warning, "this experiment never ends");
    let refused = [
        (policy("maxSurge: 1", &weighed, then), "wants traffic routing"),
        (
            policy(
                &SMI.replace("smi: {}", "nginx: { stableIngress: shop }"),
                &weighed,
                then,
            ),
            "wants SMI, ALB, Istio or a plugin",
        ),
        (
            whole(&experiment("10m", ", weight: 2147483647")),
            "more than all traffic",
        ),
        (
            whole(&weighed.replace("specRef: canary", "specRef: mine")),
            "specRef is canary or stable",
        ),
        (
            whole(&weighed.replace("name: canary", "name: baseline")),
            "two templates are called `baseline`",
        ),
        (
            whole(&weighed.replace("10m", "soon")),
            "its duration cannot be read",
        ),
        (
            policy(
                "maxSurge: 1",
                &bare.replace("canary }", "canary, metadata: { labels: { app: x } } }"),
                then,
            ),
            "may keep them out of the Service",
        ),
        (
            whole(&(weighed.replace("weight: 5 }", "metadata: { labels: { status: x } } }") + COMPARED)),
            "selects by `status`",
        ),
        (
            whole(&weighed.replace("weight: 5 }", "selector: { matchLabels: { app: x } } }")),
            "its selector does not fit its pods",
        ),
        (
            whole(&(weighed.clone() + &COMPARED.replace("templates.canary.", "templates.other."))),
            "names nothing of this experiment",
        ),
        (
            whole(
                &(weighed.clone()
                    + &COMPARED.replace("templates.canary.podTemplateHash", "experiment.availableAt")),
            ),
            "is a moment of the cluster's clock",
        ),
        (
            whole(
                &(endless.clone()
                    + &COMPARED.replace("templates.canary.podTemplateHash", "experiment.finishedAt")),
            ),
            "has no value, for this experiment has no duration",
        ),
        (
            by_pods(&whole(
                &(weighed.clone() + "\n            - { name: other, specRef: canary }" + COMPARED),
            )),
            "one ReplicaSet of several",
        ),
    ];
    for (policy, words) in refused {
        said(&policy, Severity::Error, words);
    }
}

/// The same comparison by the names of pods.
fn by_pods(policy: &str) -> String {
    let sets = policy.replace(".podTemplateHash", ".replicaset.name");
    ["canary", "baseline"].iter().fold(sets, |text, name| {
        let hash = format!("pod_template_hash=\"{{{{args.{name}}}}}\"");
        text.replace(&hash, &format!("pod=~\"{{{{args.{name}}}}}-.*\""))
    })
}

/// Pods of an experiment are called by its ReplicaSets, which is to say by the rollout's hash and not by their own.
#[test]
fn a_comparison_by_pods_sees_harm() {
    let experiment = experiment("15m", ", weight: 20") + COMPARED;
    let by_hash = policy(SMI, &experiment, "      - setWeight: 50");
    let wrong = |prepared: &Prepared| {
        let mut found = prepared.findings.iter();
        found.any(|finding| finding.message.contains("every look is empty"))
    };
    let harmful = prepared(&by_pods(&by_hash), &["errors-10"]);
    assert!(!wrong(&harmful), "{:#?}", harmful.findings);
    let outcomes = played(&harmful, 20);
    let caught = outcomes
        .iter()
        .filter(|outcome| outcome.ending == Ending::RolledBackByCheck);
    assert!(caught.count() >= 19, "{:?}", outcomes[0]);
    let sound = played(&prepared(&by_pods(&by_hash), &["plain"]), 20);
    let promoted = sound.iter().filter(|outcome| outcome.ending == Ending::Promoted);
    assert!(promoted.count() >= 19, "{:?}", sound[0]);
    // Nobody's pods are called by an experiment's hash.
    let never = by_pods(&by_hash).replace(".replicaset.name", ".podTemplateHash");
    let never = never.replace("-.*\"", ".*\"").replace("pod=~\"", "pod=~\"shop-");
    assert!(wrong(&prepared(&never, &["plain"])));
}

/// What no query asks about does not matter, and moments may be handed to those who are not asked.
#[test]
fn harmless_fields_are_played_over() {
    let own =
        ", weight: 5, metadata: { labels: { track: x, app: y } }, selector: { matchLabels: { app: y } }";
    let args = COMPARED.replace(
        "                - { name: canary,",
        "                - { name: since, value: '{{experiment.availableAt}}' }
                - { name: canary,",
    );
    let policy = policy(SMI, &(experiment("10m", own) + &args), "      - setWeight: 50");
    let web = "    - name: seen
      provider: { web: { url: 'http://seen/?since={{args.since}}', jsonPath: '{$.ok}' } }
      successCondition: result
";
    let policy = policy.replace(
        "args: [{ name: canary }",
        "args: [{ name: since }, { name: canary }",
    ) + web;
    let outcomes = played(&prepared(&policy, &["plain"]), 5);
    assert!(outcomes.iter().all(|outcome| outcome.ending == Ending::Promoted));
}

/// A retry begins another experiment while pods of the first one are still there.
#[test]
fn a_retry_begins_another() {
    let experiment = experiment("10m", ", weight: 20") + COMPARED;
    let policy = policy(SMI, &experiment, "      - pause: { duration: 5m }");
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy);
    let request = Request {
        worlds: vec!["errors-10".to_owned()],
        operator: Some("retries after 5s".to_owned()),
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    let (outcome, happenings) = prepared.plan.replay(0, 0, 1).unwrap();
    assert_eq!(outcome.ending, Ending::RolledBackByCheck);
    assert!(
        outcome
            .restore
            .is_some_and(|length| length <= Duration::from_secs(2))
    );
    let mut most: f64 = 0.0;
    for happening in &happenings {
        if let Happening::ShareIs(_, share) = happening {
            most = most.max(share.get());
        }
    }
    assert!((most - 0.2).abs() < 1e-9, "{most}");
}

/// What is drawn for a look is what would have been drawn without one; so is every outcome.
#[test]
fn lazy_and_whole_worlds_end_alike() {
    let experiment = experiment("15m", ", weight: 20") + COMPARED;
    let policy = policy(
        SMI,
        &experiment,
        "      - setWeight: 50\n      - pause: { duration: 5m }",
    );
    let worlds = ["errors-2", "bad-pod", "cold-start", "incident", "load-test"];
    let prepared = prepared(&policy, &worlds);
    let mut endings = Vec::new();
    for (world, name) in worlds.iter().enumerate() {
        let stage = prepared.plan.stage(0, world).unwrap();
        let whole = prepared.plan.stage(0, world).unwrap().eagerly();
        let [mut lazy, mut eager] = [Actor::new(&stage), Actor::new(&whole)];
        for seed in (1..=12).map(Seed) {
            let outcome = lazy.play(&stage, seed);
            assert_eq!(outcome, eager.play(&whole, seed), "{name}, {seed:?}");
            endings.push(outcome.ending);
        }
    }
    assert!(endings.contains(&Ending::Promoted) && endings.contains(&Ending::RolledBackByCheck));
}

#[test]
fn a_recording_does_not_know_its_pods() {
    let experiment = experiment("15m", ", weight: 20") + COMPARED;
    let policy = policy(SMI, &experiment, "      - setWeight: 50");
    let prepared = prepared(&policy, &["plain"]);
    let policy = &prepared.plan.policies[0].policy;
    let (layout, settings) = (Layout::default(), promql::Settings::default());
    let samples = Samples::new(&layout);
    let refused = Incident::new(policy, &layout, &samples, &settings).expect_err("it is refused");
    assert!(
        refused[0]
            .to_string()
            .contains("does not know the pods of an experiment")
    );
}
