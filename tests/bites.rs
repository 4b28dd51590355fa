//! The worlds that people were bitten by: their truth against hand calculations, what they show, and who finds them.

use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Prepared, Request, Results, Seeds, prepare};
use coalmine::scenario::exposition::{Arm, Counts, Exposition, Family, OutcomeLabel, RouteLabel};
use coalmine::scenario::{
    BATTERY, BATTERY_OF_BITES, Cause, Limits, Onset, Scenario, Verdict, battery_of_bites, document, standard,
};
use coalmine::score;
use coalmine::seed::Seed;
use coalmine::series::{AsOf, Samples, is_stale};
use coalmine::simulator::{Ending, Happening};
use coalmine::units::{Duration, Share, Timestamp};
use coalmine::world::{Milestone, Pods, Traffic, World, WorldState};
use coalmine::yaml::{self, Content};

/// A world of the battery without noise: 50 requests/s, of which 1 in 1000 fails and 1 in 100 takes too long.
fn even(short: &str) -> Scenario {
    let mut service = standard(&Limits::default());
    (service.traffic.noise, service.traffic.daily) = (0.0, 0.0);
    (service.service.noise.shared, service.service.noise.private) = (0.0, 0.0);
    let worlds = battery_of_bites(&service);
    let (_, world) = worlds.into_iter().find(|(name, _)| *name == short).expect(short);
    world
}

fn requests(routes: Vec<RouteLabel>) -> Exposition {
    let family = Family {
        name: "requests_total".into(),
        counts: Counts::Requests,
        gauge: None,
        histogram: None,
        outcome: Some(OutcomeLabel {
            label: "status".into(),
            success: "200".into(),
            failure: "500".into(),
        }),
        labels: vec![coalmine::scenario::exposition::LabelRule {
            name: "version".into(),
            canary: "canary".into(),
            stable: "stable".into(),
        }],
        arms: vec![Arm::Canary, Arm::Stable],
    };
    Exposition {
        families: vec![family],
        routes,
    }
}

fn led(share: f64) -> Traffic {
    Traffic {
        share: Share::new(share),
        canary_pods: 1,
        stable_pods: 1,
    }
}

/// A trial up to now: nothing is drawn.
struct Told {
    world: World,
    state: WorldState,
}

impl Told {
    fn new(scenario: &Scenario, seed: u64) -> Self {
        let world = World::new(scenario, &requests(Vec::new()), &Pods::numbered(1, 1));
        let mut state = WorldState::default();
        world.begin(&mut state, Seed(seed), led(0.0));
        Self { world, state }
    }

    fn share(&mut self, second: i64, share: f64) {
        self.world
            .traffic(&mut self.state, Timestamp::from_secs(second), led(share));
    }

    fn reach(&mut self, second: i64, milestone: Milestone) {
        self.world
            .reach(&mut self.state, Timestamp::from_secs(second), milestone);
    }

    fn onset(&self) -> Option<Timestamp> {
        self.world.onset(&self.state)
    }

    fn harm(&mut self, until: i64) -> f64 {
        self.world
            .blast_radius(&mut self.state, Timestamp::from_secs(until))
    }
}

fn pause(which: u32, minutes: i64) -> Milestone {
    Milestone::Step {
        number: 2 * which,
        pause: Some(which),
        length: Duration::from_mins(minutes),
    }
}

fn near(found: f64, expected: f64) {
    assert!(
        (found / expected - 1.0).abs() < 1e-6,
        "{found}, by hand {expected}"
    );
}

/// How much likelier a request is harmed that fails with `errors` instead of 1 in 1000; 1 in 100 is too slow anyway.
fn excess(errors: f64) -> f64 {
    (errors - 0.001) * 0.99
}

#[test]
fn a_broken_endpoint_harms_its_own_requests() {
    let mut told = Told::new(&even("bad-endpoint"), 1);
    told.share(60, 0.2);
    assert_eq!(told.onset(), Some(Timestamp::from_secs(60)));
    // 600 s × 50/s × 0.2 × 5 % of them, all of which fail.
    near(told.harm(660), 600.0 * 50.0 * 0.2 * 0.05 * excess(1.0));
}

#[test]
fn harm_begins_in_the_middle_of_the_second_pause() {
    let mut told = Told::new(&even("late-harm"), 1);
    told.share(20, 0.2);
    told.reach(20, pause(1, 10));
    assert_eq!((told.onset(), told.harm(3600)), (None, 0.0));
    told.share(622, 0.4);
    told.reach(622, pause(2, 10));
    // Five minutes into it, at the next edge of a slot of 5 s.
    assert_eq!(told.onset(), Some(Timestamp::from_secs(925)));
    near(told.harm(1225), 300.0 * 50.0 * 0.4 * excess(0.05));
    // A later pause changes nothing; neither does the promotion.
    told.reach(1230, pause(2, 60));
    told.reach(1240, Milestone::Promotion);
    assert_eq!(told.onset(), Some(Timestamp::from_secs(925)));

    // Who never pauses twice has it from the promotion on.
    let mut told = Told::new(&even("late-harm"), 1);
    told.share(20, 1.0);
    told.reach(20, pause(1, 10));
    told.reach(30, Milestone::Promotion);
    assert_eq!(told.onset(), Some(Timestamp::from_secs(30)));
    near(told.harm(630), 600.0 * 50.0 * excess(0.05));

    // Who takes the canary back before is not harmed, and has not found anything either.
    let mut told = Told::new(&even("late-harm"), 1);
    told.share(20, 0.4);
    told.reach(622, pause(2, 10));
    told.share(700, 0.0);
    assert_eq!((told.onset(), told.harm(3600)), (None, 0.0));
}

#[test]
fn harm_after_promotion_counts_at_full_weight() {
    let mut told = Told::new(&even("after-promotion"), 1);
    told.share(20, 0.2);
    told.reach(600, Milestone::Promotion);
    told.share(600, 1.0);
    assert_eq!(told.onset(), Some(Timestamp::from_secs(900)));
    near(told.harm(2400), 1500.0 * 50.0 * excess(0.05));
    assert!(even("after-promotion").harms_after_promotion());
}

#[test]
fn harm_heals_by_itself() {
    let world = even("healing");
    let (mut earliest, mut latest) = (i64::MAX, i64::MIN);
    for seed in 0..200 {
        let mut told = Told::new(&world, seed);
        told.share(60, 0.3);
        let onset = told
            .onset()
            .expect("it begins with the canary's first request or later");
        let healed = told.world.healed(&told.state).expect("it heals");
        assert_eq!(healed - onset, Duration::from_mins(3));
        near(told.harm(3600), 180.0 * 50.0 * 0.3 * excess(0.1));
        (earliest, latest) = (earliest.min(onset.as_millis()), latest.max(onset.as_millis()));
    }
    // Uniform between the first request and ten minutes later.
    assert!((60_000..90_000).contains(&earliest), "{earliest}");
    assert!((630_000..=660_000).contains(&latest), "{latest}");
}

#[test]
fn nobody_is_harmed_while_nobody_comes() {
    let mut world = even("traffic-stops");
    world.traffic.stops = world.traffic.stops.map(|stops| coalmine::scenario::Silence {
        after: Duration::from_mins(5),
        within: Duration::ZERO,
        ..stops
    });
    let mut told = Told::new(&world, 1);
    told.share(60, 0.2);
    near(told.harm(300), 240.0 * 50.0 * 0.2 * excess(0.05));
    let before = told.harm(300);
    assert_eq!(told.harm(300 + 1800), before);
    near(told.harm(2400) - before, 300.0 * 50.0 * 0.2 * excess(0.05));
    // Who shifts traffic in the silence meets harm when somebody comes again.
    let mut told = Told::new(&world, 1);
    told.share(400, 0.2);
    assert_eq!(told.onset(), Some(Timestamp::from_secs(2100)));
    // No request is counted in it.
    let mut state = WorldState::default();
    let mut samples = Samples::new(told.world.layout());
    told.world.begin(&mut state, Seed(4), led(0.2));
    let until = Timestamp::from_secs(2000);
    told.world
        .advance(&mut state, until, Timestamp::ZERO, &mut samples);
    for (id, labels) in told
        .world
        .layout()
        .series()
        .filter(|(_, labels)| labels.get("status") == Some("200"))
    {
        let seen = AsOf::new(&samples, Timestamp::MAX, Timestamp::MAX);
        let column = seen.column(id).between(320_000, 2_000_000);
        assert!(column.values.len() > 100, "{labels}");
        assert!(
            column.values.windows(2).all(|pair| pair[0] == pair[1]),
            "{labels}"
        );
    }
}

/// The last value of the series with these labels; 0 where it was never there.
fn last(world: &World, samples: &Samples, labels: &[(&str, &str)]) -> f64 {
    let mut series = world.layout().series();
    let own = |labels: &[(&str, &str)], have: &coalmine::series::Labels| {
        labels.iter().all(|(name, value)| have.get(name) == Some(value))
    };
    let (id, _) = series
        .find(|(_, have)| own(labels, have))
        .unwrap_or_else(|| panic!("no {labels:?}"));
    let seen = AsOf::new(samples, Timestamp::MAX, Timestamp::MAX);
    let column = seen.column(id);
    column
        .values
        .iter()
        .rev()
        .find(|value| !is_stale(**value))
        .copied()
        .unwrap_or(0.0)
}

/// Everything drawn in a quarter of an hour with half the traffic on the canary.
fn drawn(scenario: &Scenario, exposition: &Exposition, seed: u64) -> (World, Samples) {
    let mut scenario = scenario.clone();
    scenario.observation.counters_start_at = Some(0.0);
    let world = World::new(&scenario, exposition, &Pods::numbered(1, 1));
    let (mut state, mut samples) = (WorldState::default(), Samples::new(world.layout()));
    world.begin(&mut state, Seed(seed), led(0.5));
    world.advance(
        &mut state,
        Timestamp::from_secs(900),
        Timestamp::ZERO,
        &mut samples,
    );
    (world, samples)
}

#[test]
fn one_client_fails_so_often_and_nobody_else_notices() {
    let world = even("one-client");
    let mut without = world.clone();
    without.disturbances.clear();
    let mut seen = 0;
    for seed in 0..40 {
        let failed = |scenario: &Scenario, version: &str| {
            let (world, samples) = drawn(scenario, &requests(Vec::new()), seed);
            let of = |status: &str| last(&world, &samples, &[("version", version), ("status", status)]);
            (of("200"), of("500"))
        };
        let (with, alone) = (failed(&world, "canary"), failed(&without, "canary"));
        assert_eq!(with.0, alone.0, "seed {seed}");
        let more = with.1 - alone.1;
        assert!((0.0..=300.0).contains(&more), "{more}");
        seen += u32::from(more == 300.0);
        assert_eq!(failed(&world, "stable"), failed(&without, "stable"));
    }
    // It comes within the first 20 minutes: in 900 s of 1200 less the two minutes it takes.
    assert!((18..=36).contains(&seen), "{seen}");
}

fn label(asked: Option<&str>) -> Vec<RouteLabel> {
    vec![RouteLabel {
        family: "requests_total".into(),
        label: "handler".into(),
        asked: asked.map(str::to_owned),
    }]
}

#[test]
fn routes_show_where_a_label_tells_them_apart_and_are_one_elsewhere() {
    let scenario = even("bad-endpoint");
    let (told, by_route) = drawn(&scenario, &requests(label(None)), 3);
    let (one, diluted) = drawn(&scenario, &requests(Vec::new()), 3);
    for (version, errors) in [("canary", 1.0), ("stable", 0.001)] {
        let of = |handler: &str, status: &str| {
            last(
                &told,
                &by_route,
                &[("version", version), ("handler", handler), ("status", status)],
            )
        };
        for status in ["200", "500"] {
            let whole = last(&one, &diluted, &[("version", version), ("status", status)]);
            let parts = of("/checkout", status) + of("other", status);
            // Scrapes read one edge on all series of a pod: what is drawn does not depend on what is shown.
            assert_eq!(parts, whole, "{version} {status}");
        }
        let (failed, all) = (
            of("/checkout", "500"),
            of("/checkout", "200") + of("/checkout", "500"),
        );
        let expected = 25.0 * 900.0 * 0.05;
        assert!(
            (all - expected).abs() < 5.0 * expected.sqrt() + 30.0,
            "{version}: {all}"
        );
        assert!(
            (failed / all - errors).abs() < 0.01,
            "{version}: {failed} of {all}"
        );
    }
    // A query that asks for one endpoint asks for the broken one.
    let mut asked = requests(label(Some("/pay")));
    asked.families[0]
        .labels
        .push(coalmine::scenario::exposition::LabelRule {
            name: "handler".into(),
            canary: "/pay".into(),
            stable: "/pay".into(),
        });
    let (world, samples) = drawn(&scenario, &asked, 3);
    let pay = last(
        &world,
        &samples,
        &[("version", "canary"), ("handler", "/pay"), ("status", "500")],
    );
    let checkout = last(
        &told,
        &by_route,
        &[("version", "canary"), ("handler", "/checkout"), ("status", "500")],
    );
    assert_eq!(pay, checkout);
}

#[test]
fn a_mix_of_routes_shifts_and_no_route_is_worse() {
    let scenario = even("route-mix");
    let (world, samples) = drawn(&scenario, &requests(label(None)), 8);
    for (version, part) in [("canary", 0.3), ("stable", 0.1)] {
        let of = |handler: &str| {
            ["200", "500"].map(|status| {
                last(
                    &world,
                    &samples,
                    &[("version", version), ("handler", handler), ("status", status)],
                )
            })
        };
        let (report, other): (f64, f64) = (of("/report").iter().sum(), of("other").iter().sum());
        let (found, n) = (report / (report + other), report + other);
        assert!(
            (found - part).abs() < 5.0 * (part * (1.0 - part) / n).sqrt(),
            "{version}: {found}"
        );
    }
    let mut told = Told::new(&scenario, 1);
    told.share(0, 0.5);
    assert_eq!((told.onset(), told.harm(3600)), (None, 0.0));
}

#[test]
fn a_delay_has_the_law_that_is_stated() {
    let mut world = even("healing");
    world.faults[0].onset = Some(Onset {
        mean: Duration::from_mins(10),
        ..Onset::at(Cause::Start)
    });
    let n = 4000;
    let mut sum = 0.0;
    for seed in 0..n {
        let mut told = Told::new(&world, seed);
        told.share(0, 1.0);
        sum += told.onset().expect("it comes").as_secs_f64() / n as f64;
    }
    // Half a slot more in the mean: it begins at an edge. The sd of one is its mean.
    assert!((sum - 602.5).abs() < 4.0 * 600.0 / (n as f64).sqrt(), "{sum}");
}

// --- from documents to endings

const STEPS: &str = "[{setWeight: 20}, {pause: {duration: 10m}}, {setWeight: 60}, {pause: {duration: 10m}}]";

fn rollout(steps: &str, more: &str, conditions: &str, query: &str) -> String {
    format!(
        "
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{ name: checkout }}
spec:
  replicas: 1
{more}
  strategy:
    canary:
      canaryService: checkout-canary
      stableService: checkout
      trafficRouting: {{ nginx: {{ stableIngress: checkout }} }}
      analysis: {{ templates: [{{ templateName: look }}], startingStep: 1 }}
      steps: {steps}
  selector: {{ matchLabels: {{ app: checkout }} }}
  template: {{ metadata: {{ labels: {{ app: checkout }} }} }}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{ name: look }}
spec:
  metrics:
    - name: look
      interval: 1m
      initialDelay: 2m
{conditions}
      provider:
        prometheus:
          address: http://prometheus:9090
          query: |
            {query}
"
    )
}

const ERRORS: &str = r#"sum(rate(http_requests_total{service="checkout-canary",status=~"5.."}[2m])) / sum(rate(http_requests_total{service="checkout-canary"}[2m]))"#;
/// A series of failures is there from its first on only, one of successes at once.
const SUCCESSES: &str = r#"sum(rate(http_requests_total{service="checkout-canary",status!~"5.."}[2m])) / sum(rate(http_requests_total{service="checkout-canary"}[2m]))"#;
const LEAST: &str = "      failureCondition: result[0] < 0.98\n      failureLimit: 0";
const LIMIT: &str = "      failureCondition: result[0] > 0.02\n      failureLimit: 0";

fn prepared(policy: &str, worlds: &[&str]) -> Prepared {
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy);
    let request = Request {
        worlds: worlds.iter().map(|&world| world.to_owned()).collect(),
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    assert_eq!(prepared.refused, 0, "{:#?}", prepared.findings);
    prepared
}

fn played(prepared: &Prepared, count: u64) -> Results {
    prepared.plan.play(&Seeds::first(count)).unwrap()
}

#[test]
fn worlds_are_chosen_by_name_and_the_short_battery_stays_the_default() {
    let policy = rollout(STEPS, "", LIMIT, ERRORS);
    let names = |worlds: &[&str]| -> Vec<String> {
        let plan = prepared(&policy, worlds).plan;
        plan.worlds.into_iter().map(|world| world.scenario.name).collect()
    };
    let by_default = names(&[]);
    assert_eq!(by_default.len(), BATTERY.len());
    assert_eq!(names(&["battery/short"]), by_default);
    let all = names(&["battery"]);
    assert_eq!(all.len(), BATTERY.len() + BATTERY_OF_BITES.len());
    assert!(by_default.iter().all(|name| all.contains(name)));
    assert_eq!(
        names(&["late-harm", "battery/healing"]),
        ["harm in the second pause", "harm that heals"]
    );
    assert_eq!(
        names(&["*-client", "load test"]),
        ["one failing client", "load test"]
    );
    let worlds = prepared(&policy, &["battery"]).plan.worlds;
    assert!(worlds.is_sorted_by_key(|world| world.scenario.truth));
    let harmful = worlds
        .iter()
        .filter(|world| world.scenario.truth == Verdict::Harmful);
    assert_eq!(harmful.count(), 9 + 7);
    // A digest is of what a world is: routes that it does not have are no part of it.
    let by_handler = policy.replace("checkout-canary\"", "checkout-canary\",handler=\"/pay\"");
    let plans = [&policy, &by_handler].map(|policy| prepared(policy, &["bad-endpoint", "plain"]).plan);
    assert!(plans[0].exposition.routes.is_empty());
    let asked: Vec<_> = plans[1]
        .exposition
        .routes
        .iter()
        .map(|label| label.asked.as_deref())
        .collect();
    assert_eq!(asked, [Some("/pay")]);
}

#[test]
fn a_check_of_the_endpoint_finds_what_a_check_of_all_does_not() {
    // 5 % of the requests fail: below a limit of 10 %, of the endpoint all of them do.
    let limit = "      failureCondition: result[0] > 0.1\n      failureLimit: 0";
    let of = |query: &str| {
        let prepared = prepared(&rollout(STEPS, "", limit, query), &["bad-endpoint"]);
        let results = played(&prepared, 30);
        let found = |outcome: &&coalmine::simulator::Outcome| outcome.ending == Ending::RolledBackByCheck;
        results.cell(0, 0).iter().filter(found).count()
    };
    let by_handler = ERRORS.replace("checkout-canary\"", "checkout-canary\",handler=\"/pay\"");
    assert_eq!((of(ERRORS), of(&by_handler)), (0, 30));
    let grouped = format!(
        "max(sum by (handler) (rate(http_requests_total{{service=\"checkout-canary\",status=~\"5..\"}}[2m])) / {})",
        "sum by (handler) (rate(http_requests_total{service=\"checkout-canary\"}[2m]))"
    );
    assert_eq!(of(&grouped), 30);
}

#[test]
fn each_world_does_to_a_rollout_what_its_name_says() {
    let deadline = "  progressDeadlineSeconds: 600\n  progressDeadlineAbort: true";
    let prepared = prepared(
        &rollout(STEPS, deadline, LEAST, SUCCESSES),
        &["late-harm", "after-promotion", "router-lag", "never-ready"],
    );
    let results = played(&prepared, 60);
    let of = |name: &str| {
        let mut worlds = prepared.plan.worlds.iter();
        let place = worlds.position(|world| world.scenario.name == name).expect(name);
        (place, results.cell(0, place))
    };

    for outcome in of("harm in the second pause").1 {
        assert_eq!(outcome.ending, Ending::RolledBackByCheck);
        // 20 s for a pod, ten minutes, a second for the router, and five minutes more, to the next edge.
        let onset = outcome.truth.onset.expect("it begins").as_secs_f64();
        assert!((920.0..=935.0).contains(&onset), "{onset}");
        let detected = outcome.time_to_detect().expect("it is found").as_secs_f64();
        assert!((10.0..=180.0).contains(&detected), "{detected}");
    }
    let (place, outcomes) = of("harm after promotion");
    assert!(
        prepared.plan.worlds[place].within_limits,
        "its misses are not blamed"
    );
    for outcome in outcomes {
        assert_eq!(outcome.ending, Ending::Promoted);
        let promoted = outcome.promoted_at.expect("it is promoted");
        let later = (outcome.truth.onset.expect("it begins") - promoted).as_secs_f64();
        assert!((300.0..305.0).contains(&later), "{later}");
    }
    // To the horizon, half an hour after the planned end, at full weight; give or take the noise.
    let mean = outcomes.iter().map(|outcome| outcome.blast_radius).sum::<f64>() / 60.0;
    assert!(
        (mean / (1480.0 * 50.0 * excess(0.05)) - 1.0).abs() < 0.15,
        "{mean}"
    );

    for outcome in of("never ready").1 {
        assert_eq!(outcome.ending, Ending::RolledBackByErrors);
        assert_eq!(
            (outcome.truth.onset, outcome.blast_radius),
            (Some(Timestamp::ZERO), 0.0)
        );
        let detected = outcome
            .time_to_detect()
            .expect("the deadline passes")
            .as_secs_f64();
        assert!((600.0..=605.0).contains(&detected), "{detected}");
    }

    let (place, _) = of("a third of the weight");
    let (_, happenings) = prepared.plan.replay(0, place, 1).unwrap();
    let shares: Vec<(f64, f64)> = happenings
        .iter()
        .filter_map(|happening| match happening {
            Happening::ShareIs(at, share) => Some((at.as_secs_f64(), share.get())),
            _ => None,
        })
        .collect();
    let (at, first) = *shares
        .iter()
        .find(|(_, share)| *share > 0.0)
        .expect("some arrives");
    assert!((first - 0.2 * 0.333).abs() < 1e-9, "{shares:?}");
    assert!(
        (80.0..=81.0).contains(&at),
        "a minute after the pod is ready: {shares:?}"
    );
}

/// Looks at ten minutes in one see harm that is over.
#[test]
fn a_rollback_after_healing_is_told_apart() {
    let look = SUCCESSES.replace("[2m]", "[10m]");
    let policy = rollout(STEPS, "", LEAST, &look).replace("interval: 1m", "interval: 5m");
    let prepared = prepared(&policy, &["healing"]);
    let results = played(&prepared, 60);
    let outcomes = results.cell(0, 0);
    let late: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.rolled_back_after_healing())
        .collect();
    for outcome in &late {
        // It counts as found, from its onset on, and is said.
        assert!(outcome.time_to_detect().expect("it is found") >= Duration::from_mins(3));
    }
    let detected = outcomes
        .iter()
        .filter(|outcome| outcome.time_to_detect().is_some())
        .count();
    assert!(
        detected > 40 && !late.is_empty() && late.len() < detected,
        "{} of {detected}",
        late.len()
    );
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy.as_str());
    let table = score::played(&documents, &prepared, &results);
    let told = score::Caveat::AfterHealing {
        late: late.len() as u64,
        detected: detected as u64,
    };
    let caveats = &table.row(0, 0).expect("it is scored").caveats;
    assert!(caveats.contains(&told), "{caveats:?}");
}

fn findings(spec: &str) -> Vec<String> {
    let text =
        format!("apiVersion: coalmine/v1\nkind: Scenario\nmetadata: {{name: x, asks: Why?}}\nspec:\n{spec}");
    let mut documents = Documents::default();
    let id = documents.add("scenario.yaml", &*text);
    let Content::Tree(tree) = yaml::read(&documents, id).remove(0).content else {
        panic!("{text}")
    };
    let (_, findings) = document::read(&tree, &standard(&Limits::default()));
    let errors = findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.message).collect()
}

#[test]
fn nonsense_is_said() {
    let fault = |more: &str| findings(&format!("  release: {{faults: [{{errors: 5%, {more}}}]}}"));
    let rows = [
        (
            fault("onset: {from: pause 0}"),
            "request, start, promotion, 'pause N' or 'step N', counted from 1",
        ),
        (
            fault("onset: {from: start, into: 50%}"),
            "start has no length to be into",
        ),
        (
            fault("onset: {from: start, within: 5m, mean: 5m}"),
            "within and mean are two laws of one delay",
        ),
        (
            fault("onset: {when: start}"),
            "unknown field 'when' in onset of a scenario",
        ),
        (fault("length: 0s"), "a duration from 1s to 24h"),
        (
            fault("route: /a"),
            "a fault meets the route \"/a\", and there is none",
        ),
        (
            findings("  truth: harmful"),
            "a harmful release needs something that is wrong with it",
        ),
        (
            findings("  traffic: {stops: {after: soon}}"),
            "a duration from 0s to 24h",
        ),
        (
            findings("  controller: {router: {delivered: 3}}"),
            "a ratio from 0 to 1, or from 0% to 100%",
        ),
        (
            findings("  controller: {podReady: {canary: seldom}}"),
            "never, or a duration from 0s to 1h",
        ),
        (
            findings("  controller: {podReady: {stable: never}}"),
            "a duration from 0s to 1h",
        ),
        (
            findings("  disturbances: [{name: c, client: -3}]"),
            "an integer from 0",
        ),
        (
            findings("  disturbances: [{name: c, client: 3000000}]"),
            "at most 1000000 requests of one client",
        ),
        (
            findings("  service: {routes: [{name: /a, part: 60%}, {name: /a, part: 50%}]}"),
            "two routes are called \"/a\"",
        ),
        (
            findings("  service: {routes: [{name: /a, part: 60%, onCanary: 10%}, {name: /b, part: 50%}]}"),
            "routes are more than all requests on the stable version: 110 %",
        ),
        (
            findings("  service: {routes: [{name: other, part: 1%}]}"),
            "a route has a name",
        ),
        (
            findings("  service: {routes: [{part: 1%}]}"),
            "the field 'name' is missing in routes of a scenario",
        ),
    ];
    for (found, wanted) in rows {
        assert!(
            found.iter().any(|message| message.contains(wanted)),
            "{wanted}: {found:?}"
        );
    }
    assert_eq!(
        findings("  truth: harmful\n  controller: {podReady: {canary: never}}"),
        [""; 0]
    );
}

/// A canary that never becomes ready makes its last progress when its pod is created, at once: 45 s later the controller
/// gives up, and looks for it a second after that. Without `progressDeadlineAbort` it hangs to the horizon.
#[test]
fn a_deadline_ends_what_never_becomes_ready() {
    for (abort, gives_up) in [("true", true), ("false", false)] {
        let more = format!("  progressDeadlineSeconds: 45\n  progressDeadlineAbort: {abort}");
        let prepared = prepared(&rollout(STEPS, &more, LIMIT, ERRORS), &["never-ready"]);
        let message = "progressDeadlineSeconds alone rolls nothing back";
        let warned = prepared
            .findings
            .iter()
            .any(|finding| finding.message.contains(message));
        assert_eq!(warned, !gives_up, "{:?}", prepared.findings);
        for outcome in played(&prepared, 10).cell(0, 0) {
            assert_eq!(outcome.blast_radius, 0.0);
            if gives_up {
                assert_eq!(outcome.ending, Ending::RolledBackByErrors);
                assert_eq!(outcome.rolled_back_at, Some(Timestamp::from_secs(46)));
            } else {
                assert_eq!((outcome.ending, outcome.rolled_back_at), (Ending::Running, None));
            }
        }
    }
}
