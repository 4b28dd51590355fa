//! Requests that reach a canary by other ways than its weight: header routes, mirror routes, probes.

use std::fs;
use std::path::Path;

use coalmine::controller::argo::What;
use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Prepared, Request, Results, Seeds, prepare};
use coalmine::report::story::story;
use coalmine::seed::Seed;
use coalmine::simulator::{Actor, Ending, Happening, Outcome};
use coalmine::units::Duration;

/// The dark launch of `tests/manifests`, after `edit`, with a Scenario of its own in place of the one there.
fn documents(edit: impl Fn(&str) -> String, scenario: &str) -> Documents {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/21-dark-launch");
    let text = fs::read_to_string(folder.join("rollout.yaml")).unwrap();
    let mut documents = Documents::default();
    documents.add("rollout.yaml", edit(&text));
    if !scenario.is_empty() {
        let text = format!("apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  traffic: {scenario}\n");
        documents.add("scenario.yaml", text);
    }
    documents
}

fn prepared(documents: &Documents, worlds: &[&str]) -> Prepared {
    let request = Request {
        worlds: worlds.iter().map(|&world| world.to_owned()).collect(),
        horizon: Some(Duration::from_mins(30)),
        ..Request::default()
    };
    let prepared = prepare(documents, &Documents::default(), &request);
    assert_eq!(prepared.refused, 0, "{:?}", prepared.findings);
    prepared
}

fn played(prepared: &Prepared, count: u64) -> Results {
    prepared.plan.play(&Seeds::first(count)).unwrap()
}

/// The canary's shares, by the second from which on.
fn shares(happenings: &[Happening]) -> Vec<(i64, f64)> {
    let share = |happening: &Happening| match happening {
        Happening::ShareIs(at, share) => Some((at.as_millis() / 1000, share.get())),
        _ => None,
    };
    happenings.iter().filter_map(share).collect()
}

fn without_mirror(text: &str) -> String {
    text.replace(
        "        - setMirrorRoute:\n            name: copy\n            percentage: 50\n            match:\n              - path: {prefix: /}\n",
        "        - setMirrorRoute:\n            name: copy\n",
    )
}

/// Everything passes, so that all policies decide the same.
fn easy(text: &str) -> String {
    text.replace("result[0] < 0.05", "len(result) >= 0")
}

fn by_seed(prepared: &Prepared, seeds: u64) -> Vec<Outcome> {
    played(prepared, seeds).cell(0, 0).to_vec()
}

/// 5 % of the requests carry the header, and of the others a fifth goes by weight: 5 % + 95 % × 20 % = 24 %. Pods serve
/// after 20 s, pauses last 2 minutes, four looks 90 s, the router takes 1 s; at the promotion the canary has all.
#[test]
fn users_led_by_a_header_come_in_addition_to_the_weight() {
    let documents = documents(
        str::to_owned,
        "{headers: [{name: x-canary, value: true, part: 5%}]}",
    );
    let prepared = prepared(&documents, &["plain"]);
    let (outcome, happenings) = prepared.plan.replay(0, 0, 1).unwrap();
    assert_eq!(outcome.ending, Ending::Promoted);
    let copied: Vec<(i64, f64)> = happenings
        .iter()
        .filter_map(|happening| match happening {
            Happening::Copied(at, part) => Some((at.as_millis() / 1000, part.get())),
            _ => None,
        })
        .collect();
    assert_eq!(copied, [(21, 0.5), (231, 0.0)]);
    let shares = shares(&happenings);
    let share_at = |second: i64| {
        shares
            .iter()
            .rev()
            .find(|(at, _)| *at <= second)
            .map(|(_, share)| *share)
    };
    assert_eq!(share_at(230), Some(0.0), "{shares:?}");
    assert!((share_at(231).unwrap() - 0.05).abs() < 1e-12, "{shares:?}");
    assert!((share_at(352).unwrap() - 0.24).abs() < 1e-12, "{shares:?}");
    assert_eq!(shares.last().unwrap().1, 1.0);
    let policy = &prepared.plan.policies[0].policy;
    let told = story(&documents, policy, &happenings, &outcome);
    for words in [
        "the router is told to copy 50 % of what matches to the canary (route copy)",
        "50 % of the requests are copied to the canary",
        "the router is told to drop the route copy",
        "the router is told to lead X-Canary: true to the canary (route testers)",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
}

/// Nobody is harmed by copies and probes: the same trial with them and without harms the same, to the last bit.
#[test]
fn blast_radius_does_not_change_by_one_request() {
    let carried = "headers: [{name: x-canary, value: true, part: 5%}]";
    let worlds = [
        "errors-10",
        "latency-3",
        "slow-leak",
        "late-harm",
        "healing",
        "half-load",
        "cold-start",
    ];
    let plain = documents(|text| easy(&without_mirror(text)), &format!("{{{carried}}}"));
    for (name, documents) in [
        ("mirrored", documents(easy, &format!("{{{carried}}}"))),
        (
            "probed",
            documents(
                |text| easy(&without_mirror(text)),
                &format!("{{{carried}, probes: {{rate: 30, during: pause 1}}}}"),
            ),
        ),
        (
            "copied",
            documents(
                |text| easy(&without_mirror(text)),
                &format!("{{{carried}, probes: {{copies: 100%, during: pause 1}}}}"),
            ),
        ),
        (
            "always probed",
            documents(
                |text| easy(&without_mirror(text)),
                &format!("{{{carried}, probes: {{rate: 30}}}}"),
            ),
        ),
    ] {
        for world in worlds {
            let (one, other) = (prepared(&plain, &[world]), prepared(&documents, &[world]));
            for (without, with) in by_seed(&one, 5).iter().zip(by_seed(&other, 5)) {
                assert_eq!(with.ending, Ending::Promoted, "{name}, {world}");
                assert_eq!(without.blast_radius, with.blast_radius, "{name}, {world}");
                assert_eq!(without.truth, with.truth, "{name}, {world}");
            }
        }
    }
}

/// A broken release shows before any user meets it, and is rolled back at no cost. Without copies there is nothing to
/// judge: 0/0 is not below a limit.
#[test]
fn what_is_broken_shows_in_copies_and_probes_before_any_user_meets_it() {
    let mirrored = prepared(&documents(str::to_owned, ""), &["errors-10"]);
    let probes = "{probes: {rate: 30, during: pause 1}}";
    let probed = prepared(&documents(without_mirror, probes), &["errors-10"]);
    for (name, prepared) in [("mirrored", mirrored), ("probed", probed)] {
        for outcome in by_seed(&prepared, 20) {
            assert_eq!(outcome.ending, Ending::RolledBackByCheck, "{name}");
            assert_eq!((outcome.blast_radius, outcome.truth.onset), (0.0, None), "{name}");
            assert_eq!(outcome.time_to_detect(), Some(Duration::ZERO), "{name}");
        }
    }
    let dark = prepared(&documents(without_mirror, ""), &["errors-10"]);
    for outcome in by_seed(&dark, 5) {
        assert_eq!(outcome.ending, Ending::RolledBackBeforeOnset);
    }
    // A harmless release is not blamed for them, and what goes on at quiet hours has something to look at.
    let plain = prepared(&documents(str::to_owned, ""), &["plain"]);
    let promoted = |outcome: &&Outcome| outcome.checks[0].looks >= 4;
    assert_eq!(by_seed(&plain, 20).iter().filter(promoted).count(), 20);
}

/// What a mirror route matches goes by the weight of the moment. Where `virtualService` names no routes, a weight reaches
/// mirror routes alone: of a quarter of the requests a fifth, and nothing of the others.
#[test]
fn a_weight_reaches_mirror_routes() {
    let kept = |text: &str| {
        easy(text).replacen(
            "        - setMirrorRoute:\n            name: copy\n        - setHeader",
            "        - setHeader",
            1,
        )
    };
    let nameless = |text: &str| kept(text).replace("            routes: [primary]\n", "");
    let some = |text: &str| nameless(text).replace("{prefix: /}", "{prefix: /read}");
    let quarter = "{matching: 25%}";
    for (documents, share, warned) in [
        (documents(kept, ""), 0.2, false),
        (documents(nameless, ""), 0.2, false),
        (documents(some, quarter), 0.05, true),
    ] {
        let prepared = prepared(&documents, &["plain"]);
        let (_, happenings) = prepared.plan.replay(0, 0, 1).unwrap();
        let shares = shares(&happenings);
        let at = |second: i64| shares.iter().rev().find(|(at, _)| *at <= second).unwrap().1;
        assert!((at(400) - share).abs() < 1e-12, "{shares:?}");
        let keeps = prepared
            .findings
            .iter()
            .any(|finding| finding.message.contains("keep the weight of 0"));
        assert_eq!(keeps, warned);
    }
}

/// An undone promotion leads by header to the version that comes back: of all requests 5 %, then 5 % + 95 % × 20 %. By hand:
/// its first pod is ready after 20 s, pauses last 2 minutes, of two analyses of 90 s one lies before the weight, and the
/// router takes 1 s.
#[test]
fn the_way_back_goes_by_the_same_routes() {
    let documents = documents(
        |text| easy(&without_mirror(text)),
        "{headers: [{name: x-canary, value: true, part: 5%}]}",
    );
    let request = Request {
        worlds: vec!["plain".to_owned()],
        horizon: Some(Duration::from_mins(60)),
        operator: Some("undoes at 30m".to_owned()),
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    let (outcome, happenings) = prepared.plan.replay(0, 0, 1).unwrap();
    assert_eq!(outcome.ending, Ending::RolledBackByPerson);
    let mut back: Vec<(i64, f64)> = shares(&happenings)
        .into_iter()
        .filter(|(at, _)| *at > 1800)
        .map(|(at, share)| (at - 1800, (share * 1e9).round() / 1e9))
        .collect();
    back.dedup_by_key(|(_, share)| *share);
    let led = 20 + 120 + 90 + 1;
    let weighed = led + 120;
    let full = weighed + 120 + 90 + 20;
    assert_eq!(
        back[back.len() - 3..],
        [(led, 0.95), (weighed, 0.76), (full, 0.0)],
        "{back:?}"
    );
    assert!(
        back[..back.len() - 3].iter().all(|(_, share)| *share == 1.0),
        "{back:?}"
    );
}

/// Routes that lead nobody, that do not last, or that stand behind another one.
#[test]
fn traps_are_told() {
    let told = |documents: &Documents| -> Vec<(Severity, String)> {
        let prepared = prepared(documents, &["plain"]);
        let told = prepared.findings.iter();
        told.map(|finding| (finding.severity, finding.message.clone()))
            .collect()
    };
    let has = |told: &[(Severity, String)], severity, part: &str| {
        told.iter()
            .any(|(is, message)| *is == severity && message.contains(part))
    };
    let nobody = told(&documents(str::to_owned, ""));
    assert!(
        has(&nobody, Severity::Note, "nobody carries X-Canary: true"),
        "{nobody:?}"
    );
    let carried = told(&documents(
        str::to_owned,
        "{headers: [{name: x-canary, value: true, part: 5%}]}",
    ));
    assert!(!has(&carried, Severity::Note, "nobody carries"), "{carried:?}");
    let alone = documents(
        |text| without_mirror(text).replace("        - setWeight: 20\n", ""),
        "",
    );
    let alone = told(&alone);
    assert!(
        has(&alone, Severity::Warning, "nobody carries X-Canary: true"),
        "{alone:?}"
    );
    let bare = documents(
        |text| text.replace("        - setCanaryScale: {replicas: 1}\n", ""),
        "",
    );
    let bare = told(&bare);
    assert!(
        has(&bare, Severity::Warning, "the canary has no pods yet"),
        "{bare:?}"
    );
    let back = |text: &str| {
        text.replace(
            "        - setWeight: 20\n",
            "        - setCanaryScale: {matchTrafficWeight: true}\n",
        )
    };
    let back = told(&documents(back, ""));
    assert!(
        has(&back, Severity::Warning, "this route does not last"),
        "{back:?}"
    );
    let order = "          - name: testers\n          - name: copy\n";
    let turned = |text: &str| {
        text.replace(order, "          - name: copy\n          - name: testers\n")
            .replacen(
                "        - setMirrorRoute:\n            name: copy\n        - setHeader",
                "        - setHeader",
                1,
            )
    };
    let turned = told(&documents(turned, ""));
    assert!(
        has(&turned, Severity::Warning, "a mirror route stands before it"),
        "{turned:?}"
    );
}

/// What is refused, as the controller does.
#[test]
fn routes_are_refused_as_the_controller_refuses_them() {
    let refused = |edit: &dyn Fn(&str) -> String, part: &str| {
        let documents = documents(edit, "");
        let prepared = prepare(&documents, &Documents::default(), &Request::default());
        assert_eq!(prepared.refused, 1, "{part}");
        let said = prepared
            .findings
            .iter()
            .any(|finding| finding.message.contains(part));
        assert!(said, "{part}: {:?}", prepared.findings);
    };
    let istio =
        "        istio:\n          virtualService:\n            name: shop\n            routes: [primary]\n";
    refused(
        &|text| text.replace(istio, "        nginx: {stableIngress: shop}\n"),
        "setHeaderRoute wants Istio",
    );
    refused(
        &|text| text.replace(istio, "        alb: {ingress: shop, servicePort: 80}\n"),
        "setMirrorRoute wants Istio",
    );
    refused(
        &|text| text.replace("          - name: testers\n", ""),
        "`managedRoutes` has no route \"testers\"",
    );
    refused(
        &|text| text.replace("{exact: \"true\"}", "{exact: \"true\", prefix: t}"),
        "exactly one of exact, regex and prefix",
    );
    refused(
        &|text| text.replace("{exact: \"true\"}", "{regex: \"(\"}"),
        "is no regular expression",
    );
    refused(
        &|text| text.replace("percentage: 50", "percentage: 150"),
        "copies 150 of 100",
    );
    let alb =
        |text: &str| without_mirror(text).replace("        - setMirrorRoute:\n            name: copy\n", "");
    let alb = |text: &str| alb(text).replace(istio, "        alb: {ingress: shop, servicePort: 80}\n");
    refused(
        &|text| alb(text).replace("{exact: \"true\"}", "{prefix: t}"),
        "ALB knows `exact` values alone",
    );
}

/// What a Scenario cannot say of probes and headers.
#[test]
fn nonsense_about_probes_and_headers_is_told() {
    for (scenario, part) in [
        ("{probes: {during: pause 1}}", "at a rate, or as copies"),
        ("{probes: {rate: 5, during: start}}", "'pause N' or 'step N'"),
        (
            "{probes: {rate: 5, during: pause 1, length: 5m}}",
            "no length of their own",
        ),
        ("{probes: {rate: 5, into: 50%}}", "no length to be into"),
        (
            "{headers: [{name: a, part: 60%}, {name: b, part: 50%}]}",
            "more than all requests",
        ),
        ("{headers: [{value: x, part: 1%}]}", "the field 'name' is missing"),
        // What is wrong with all of them together does not reach the worlds laid over it.
        (
            "{rate: 1}\n  service: {routes: [{name: a, part: 1%}, {name: a, part: 1%}]}",
            "two routes are called",
        ),
    ] {
        let documents = documents(str::to_owned, scenario);
        let prepared = prepare(&documents, &Documents::default(), &Request::default());
        let mut findings = prepared.findings.iter();
        let told =
            findings.any(|finding| finding.severity == Severity::Error && finding.message.contains(part));
        assert!(told, "{scenario}: {:?}", prepared.findings);
    }
}

/// Probes during the first pause and no longer, without a router; at quiet hours they are all that comes.
#[test]
fn probes_come_while_a_step_lasts() {
    let count = |text: &str| {
        let text = text
            .replace("        - setMirrorRoute:\n            name: copy\n            percentage: 50\n            match:\n              - path: {prefix: /}\n", "")
            .replace("        - setMirrorRoute:\n            name: copy\n", "")
            .replace("        - setHeaderRoute:\n            name: testers\n            match:\n              - headerName: X-Canary\n                headerValue: {exact: \"true\"}\n", "")
            .replace("        - setCanaryScale: {replicas: 1}\n", "        - setWeight: 20\n");
        let routing = text.find("      trafficRouting:").unwrap()..text.find("      steps:").unwrap();
        let mut text = text;
        text.replace_range(routing, "");
        let query = text.find("            (sum(rate").unwrap();
        text.truncate(query);
        easy(&text) + "            sum(increase(http_requests_total{service=\"shop-canary\"}[1m]))\n"
    };
    let rate = "rate: 0.000001, noise: 0, daily: 0";
    let documents = documents(
        count,
        &format!("{{{rate}, probes: {{rate: 20, during: pause 1}}}}"),
    );
    let prepared = prepared(&documents, &["plain"]);
    let (_, happenings) = prepared.plan.replay(0, 0, 1).unwrap();
    let readings: Vec<f64> = happenings
        .iter()
        .filter_map(|happening| match happening {
            Happening::Controller(event) => match event.what {
                What::Looked(looked) => looked.value,
                _ => None,
            },
            _ => None,
        })
        .collect();
    // The first look comes as the pause ends: a minute of 20 requests/s. Within the next minute they are gone.
    assert!((900.0..1500.0).contains(&readings[0]), "{readings:?}");
    assert!(
        readings[3..].iter().all(|reading| *reading == 0.0),
        "{readings:?}"
    );
}

/// A smoke test in the first minute of the first pause comes again when a retry comes to that pause again, and one of the
/// second pause comes once: the rollout had not got so far.
#[test]
fn probes_come_each_time_their_step_does() {
    let policy = "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: shop } }
  template: { metadata: { labels: { app: shop } } }
  strategy:
    canary:
      canaryService: shop-canary
      stableService: shop
      trafficRouting: { nginx: { stableIngress: shop } }
      analysis: { templates: [{ templateName: watch }], startingStep: 1 }
      steps: [{ setWeight: 50 }, { pause: { duration: 10m } }, { setWeight: 60 }, { pause: { duration: 10m } }]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: watch }
spec:
  metrics:
    - name: watch
      interval: 1m
      failureCondition: len(result) > 1
      provider:
        prometheus:
          address: http://prometheus:9090
          query: sum(increase(http_requests_total{service=\"shop-canary\"}[1m]))
";
    let looked = |probes: &str| -> Vec<(i64, f64)> {
        let mut documents = Documents::default();
        documents.add("policy.yaml", policy);
        let traffic = format!("{{rate: 0.000001, noise: 0, daily: 0, probes: {{rate: 20, {probes}}}}}");
        let people = "people: [{does: aborts, at: 7m}, {does: retries, after: 3m}]";
        let scenario =
            format!("apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  traffic: {traffic}\n  {people}\n");
        documents.add("scenario.yaml", scenario);
        let prepared = prepared(&documents, &["plain"]);
        let (outcome, happenings) = prepared.plan.replay(0, 0, 1).unwrap();
        assert_eq!(
            outcome.ending,
            Ending::Running,
            "nobody is there for a second retry"
        );
        let looks = happenings.iter().filter_map(|happening| match happening {
            Happening::Controller(event) => match event.what {
                What::Looked(looked) => Some((event.at.as_millis() / 1000, looked.value.unwrap_or(-1.0))),
                _ => None,
            },
            _ => None,
        });
        looks.collect()
    };
    // The pause is come to at 20 s, aborted at 7 minutes; the retry comes at 10 minutes, its pause with the pod's 20 s.
    for (probes, first, second) in [
        ("during: pause 1", 60..400, 660..1200),
        ("from: pause 1, after: 30s, length: 3m", 110..230, 740..840),
    ] {
        let looks = looked(probes);
        let busy = |at: &i64| first.contains(at) || second.contains(at);
        let within = looks.iter().filter(|(at, _)| busy(at)).count();
        assert!(within >= 4, "{looks:?}");
        for (at, requests) in &looks {
            // Minutes at the borders are neither full nor empty.
            if busy(at) && !(*at < first.start + 60 || (second.start..second.start + 60).contains(at)) {
                assert!((900.0..1500.0).contains(requests), "{probes}, {at}: {looks:?}");
            }
        }
    }
    let late = looked("during: pause 2");
    assert!(
        late.iter()
            .filter(|(at, _)| *at < 1200)
            .all(|(_, requests)| *requests <= 0.0),
        "{late:?}"
    );
    assert!(
        late.iter().any(|(at, requests)| *at > 1300 && *requests > 900.0),
        "{late:?}"
    );
}

/// A world drawn only where some look reads it gives what a world drawn whole gives.
#[test]
fn what_no_look_reads_need_not_be_drawn() {
    let scenario = "{headers: [{name: x-canary, value: true, part: 5%}], probes: {rate: 3, from: step 3, after: 30s, length: 4m}}";
    let prepared = prepared(
        &documents(str::to_owned, scenario),
        &["plain", "errors-2", "very-quiet", "slow-leak", "healing"],
    );
    for world in 0..5 {
        let lazy = prepared.plan.stage(0, world).unwrap();
        let whole = prepared.plan.stage(0, world).unwrap().eagerly();
        let (mut one, mut other) = (Actor::new(&lazy), Actor::new(&whole));
        for seed in 1..=30 {
            assert_eq!(
                one.play(&lazy, Seed(seed)),
                other.play(&whole, Seed(seed)),
                "world {world}, seed {seed}"
            );
        }
    }
}

/// The dark launch with a first pause of 20 minutes at weight 0 and as long a one at 20 %, looked at once a minute whatever it says.
fn dark(text: &str) -> String {
    easy(&without_mirror(text))
        .replacen("pause: {duration: 2m}", "pause: {duration: 20m}", 1)
        .replace(
            "setWeight: 20\n        - pause: {duration: 2m}",
            "setWeight: 20\n        - pause: {duration: 20m}",
        )
        .replace(
            "      steps:\n",
            "      analysis:\n        templates:\n          - templateName: shop-errors\n      steps:\n",
        )
        .replace(
            "        - analysis:\n            templates:\n              - templateName: shop-errors\n",
            "",
        )
        .replace("count: 4", "count: 30")
        .replace("interval: 30s", "interval: 1m")
}

/// The dark launch in one quiet world with this fault and these probes: what each look reads, by its second.
fn dark_launch(edit: impl Fn(&str) -> String, probes: &str, fault: &str) -> (Outcome, Vec<(f64, f64)>) {
    let mut documents = documents(|text| edit(&dark(text)), "");
    let text = format!(
        "apiVersion: coalmine/v1\nkind: Scenario\nmetadata: {{name: dark}}\nspec:\n  \
         traffic: {{rate: 50, arrivals: constant, daily: 0, noise: 0{probes}}}\n  \
         service: {{errors: 0.1%, noise: {{shared: 0, private: 0}}}}\n  release: {{faults: [{fault}]}}\n"
    );
    documents.add("world.yaml", text);
    let prepared = prepared(&documents, &["dark"]);
    let (outcome, happenings) = prepared.plan.replay(0, 0, 1).unwrap();
    let read = |happening: &Happening| match happening {
        Happening::Controller(event) => match event.what {
            What::Looked(looked) => Some((event.at.as_millis() as f64 / 1000.0, looked.value?)),
            _ => None,
        },
        _ => None,
    };
    (outcome, happenings.iter().filter_map(read).collect())
}

/// Errors grow to 50 % in 10 minutes. Pods serve after 20 s, and with them the first probe comes. A look reads the minute
/// that ended 2 s before it, so of the height half a minute before that; scrapes every 15 s and slots of 5 s move it by
/// 15 s at most, an eightieth. Users come with the weight of 20, after pauses of 20 and 2 minutes: 10 of them a second, and
/// for them it grows from there. 400 times as many probes go on where they were.
#[test]
fn what_grows_is_met_by_probes_while_no_user_is_there() {
    let fault = "{errors: 50%, ramp: 10m}";
    let probes = ", probes: {rate: 4000, from: pause 1}";
    let (outcome, readings) = dark_launch(str::to_owned, probes, fault);
    assert!(readings.len() >= 24, "{readings:?}");
    for &(at, ratio) in readings.iter().filter(|(at, _)| *at > 100.0) {
        let height = ((at - 2.0 - 30.0 - 20.0) / 600.0).clamp(0.0, 1.0);
        let expected = 0.001 + height * 0.499;
        assert!((ratio - expected).abs() < 0.016, "{ratio} at {at} s");
    }
    let (unseen, _) = dark_launch(str::to_owned, "", fault);
    assert_eq!(outcome.blast_radius, unseen.blast_radius);
    assert_eq!(outcome.truth, unseen.truth);

    // Who looks rolls back while no user was there: it was detected, at no cost.
    let strict = |text: &str| text.replace("len(result) >= 0", "len(result) == 0 || result[0] < 0.1");
    let (caught, _) = dark_launch(strict, probes, fault);
    assert_eq!(caught.ending, Ending::RolledBackByCheck);
    assert_eq!(caught.time_to_detect(), Some(Duration::ZERO));
    assert_eq!((caught.blast_radius, caught.truth.onset), (0.0, None));
    // Before the first probe there was nothing to see.
    let blind = |text: &str| text.replace("len(result) >= 0", "len(result) > 5");
    let late = ", probes: {rate: 4000, from: pause 1, after: 10m}";
    let (early, _) = dark_launch(blind, late, fault);
    assert_eq!(early.ending, Ending::RolledBackBeforeOnset);
}

/// For probes a fault of 5 minutes has healed long before users come; they meet it from their own first request on:
/// 5 minutes of 10 requests/s, half of which fail where one in a thousand would have. Faults begin and heal at edges of
/// slots, 5 s long.
#[test]
fn what_has_healed_for_probes_begins_anew_for_users() {
    let fault = "{errors: 50%, length: 5m}";
    let (outcome, readings) = dark_launch(str::to_owned, ", probes: {rate: 4000, during: pause 1}", fault);
    let users = 20.0 + 20.0 * 60.0 + 2.0 * 60.0;
    let between = |from: f64, to: f64| readings.iter().filter(move |(at, _)| (from..to).contains(at));
    // A window reaches back for a minute, what is seen in it is 2 s old, and scrapes lie 15 s apart.
    let sure = 80.0;
    for (stretch, expected) in [
        (between(20.0 + sure, 320.0), 0.5),
        (between(320.0 + sure, 1220.0), 0.001),
        (between(users + sure, users + 300.0), 0.5),
    ] {
        let looks: Vec<_> = stretch.collect();
        assert!(looks.len() >= 3, "{readings:?}");
        for (at, ratio) in looks {
            assert!((ratio - expected).abs() < 0.05, "{ratio} at {at} s");
        }
    }
    let harmed = 300.0 * 10.0 * (0.5 - 0.001);
    assert!(
        (harmed - 25.0..harmed).contains(&outcome.blast_radius),
        "{} of {harmed}",
        outcome.blast_radius
    );
}

/// A pool that fills in 10 minutes while requests come fills while probes come, and not before.
#[test]
fn gauges_move_with_what_only_probes_meet() {
    let gauge = |text: &str| {
        let query = text.find("            (sum(rate").unwrap();
        let text = text[..query].to_owned() + "            max(db_pool_active{service=\"shop-canary\"})\n";
        text.replace("len(result) >= 0", "result[0] < 80")
            .replace("failureLimit: 0", "failureLimit: 29")
    };
    for (fault, filled_after) in [
        ("{gauges: {saturates: 10m}}", 10.0 * 60.0),
        ("{gauges: {beyond: 100%}, ramp: 5m}", 5.0 * 60.0),
    ] {
        let probes = ", probes: {rate: 20, from: pause 1, after: 5m}";
        let (_, readings) = dark_launch(gauge, probes, fault);
        let begin = 20.0 + 300.0;
        let level = |from: f64, to: f64| {
            let within = readings.iter().filter(|(at, _)| (from..to).contains(at));
            let values: Vec<f64> = within.map(|(_, value)| *value).collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        let before = level(60.0, begin);
        let half = level(begin + 0.4 * filled_after, begin + 0.65 * filled_after);
        let full = level(begin + filled_after + 30.0, begin + filled_after + 200.0);
        assert!(
            before + 0.2 * (full - before) < half && half < before + 0.8 * (full - before),
            "{fault}: {readings:?}"
        );
        assert!(full > 1.3 * before, "{fault}: {readings:?}");
    }
}

fn warnings(documents: &Documents) -> Vec<(String, String)> {
    let prepared = prepare(documents, &Documents::default(), &Request::default());
    assert_eq!(prepared.refused, 0, "{:?}", prepared.findings);
    let mut told = Vec::new();
    for finding in &prepared.findings {
        if finding.severity == Severity::Warning {
            let at = finding
                .labels
                .first()
                .map_or("", |label| documents.text(label.span));
            told.push((at.trim_matches('\'').to_owned(), finding.message.clone()));
        }
    }
    told
}

/// What a Scenario states and no policy heeds is told at its place.
#[test]
fn what_nobody_heeds_is_told() {
    for (traffic, at, part) in [
        (
            "{probes: {rate: 5, during: pause 4}}",
            "pause 4",
            Some("no policy has a pause 4: these probes never come"),
        ),
        ("{probes: {rate: 5, during: pause 3}}", "pause 3", None),
        (
            "{probes: {rate: 5, from: step 11, length: 1m}}",
            "step 11",
            Some("no policy has a step 11"),
        ),
        ("{probes: {rate: 5, from: start, length: 1m}}", "start", None),
        (
            "{headers: [{name: x-canary, value: 'True', part: 5%}]}",
            "True",
            Some("no route asks for x-canary: True, but one does for X-Canary: true"),
        ),
        (
            "{headers: [{name: X-Canry, value: 'true', part: 5%}]}",
            "X-Canry",
            Some("no policy has a route for the header X-Canry"),
        ),
        ("{headers: [{name: x-canary, value: 'true', part: 5%}]}", "", None),
        (
            "{rate: 50}\n  controller: {router: {verified: 25s}}",
            "25s",
            Some("no policy has a router that is asked"),
        ),
    ] {
        let told = warnings(&documents(str::to_owned, traffic));
        let mine: Vec<_> = told.iter().filter(|(place, _)| place == at).collect();
        match part {
            Some(part) => assert!(
                mine.iter().any(|(_, said)| said.contains(part)),
                "{traffic}: {told:?}"
            ),
            None => assert!(mine.is_empty(), "{traffic}: {told:?}"),
        }
    }
}

/// A plugin that shows a weight 25 s after it was set: it is asked at once, and after 10, 20 and 30 s, and only then the
/// step is done. Both weights before the last take so long; the canary's last pods bring the third.
#[test]
fn a_weight_that_must_be_seen_first_costs_its_time() {
    let steps = |text: &str| {
        let istio = "        istio:\n          virtualService:\n            name: shop\n            routes: [primary]\n";
        let begin = text.find("      steps:\n").unwrap();
        let end = text
            .find("---\napiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate")
            .unwrap();
        let steps = "      steps:\n        - setWeight: 25\n        - pause: {duration: 5m}\n        - setWeight: 50\n        - pause: {duration: 5m}\n";
        let text = format!("{}{steps}{}", &text[..begin], &text[end..]);
        text.replace(istio, "        plugins: {example/router: {}}\n")
    };
    let pauses = |router: &str| {
        let documents = documents(
            steps,
            &format!("{{rate: 50}}\n  controller: {{router: {router}}}"),
        );
        let prepared = prepared(&documents, &["plain"]);
        let (outcome, happenings) = prepared.plan.replay(0, 0, 1).unwrap();
        assert_eq!(outcome.ending, Ending::Promoted);
        let begun = |happening: &Happening| match happening {
            Happening::Controller(event) => match event.what {
                What::StepReached(step) if [1, 3].contains(&step) => Some(event.at.as_millis()),
                _ => None,
            },
            _ => None,
        };
        happenings.iter().filter_map(begun).collect::<Vec<i64>>()
    };
    let (at_once, verified) = (pauses("{lag: 1s}"), pauses("{lag: 1s, verified: 25s}"));
    let later: Vec<i64> = at_once
        .iter()
        .zip(&verified)
        .map(|(one, other)| other - one)
        .collect();
    assert_eq!(later, [30_000, 60_000], "{at_once:?} {verified:?}");
}
