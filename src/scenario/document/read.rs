use super::beside;
use super::course;
use super::exposition;
use super::fields::{Fields, Read};
use super::gauge;
use super::provider;
use super::value::{delay, duration, number, part, ratio, text, word};
use crate::diagnostic::Finding;
use crate::scenario::exposition::Arm;
use crate::scenario::{
    Arrivals, ColdStart, Controller, Deed, Demand, Disturbance, Fault, GRAMMAR, LatencyLimit, Night,
    Observation, Operator, Phase, Provider, Route, Scenario, Service, Verdict, Visit,
};
use crate::units::Duration;
use crate::yaml::Node;

/// More slow-downs in one world are refused.
const MOST_SLOW_DOWNS: usize = 6;
/// More requests in one cell of the time grid are refused.
const MOST_REQUESTS: f64 = 10_000_000.0;
/// A release returns by no more revisions than this.
const MOST_REVISIONS: u32 = 100;
/// More requests of one client are refused.
const MOST_OF_A_CLIENT: u32 = 1_000_000;

/// Whether a document is for [`read`]: `apiVersion: coalmine/v1`, `kind: Scenario`.
pub fn is_scenario(node: &Node) -> bool {
    let text = |key| node.get(key).and_then(Node::text);
    text("apiVersion").is_some_and(|version| version.starts_with("coalmine/"))
        && text("kind") == Some("Scenario")
}

/// What the world asks of a policy, in its author's words: `metadata.asks`.
pub fn asks(document: &Node) -> Option<&str> {
    document.at(&["metadata", "asks"])?.text()
}

/// Reads a scenario: what the document says, laid over `base`. All findings at once; none of them an error means that it
/// can be played.
pub fn read(node: &Node, base: &Scenario) -> (Scenario, Vec<Finding>) {
    let mut world = base.clone();
    let mut findings = Vec::new();
    let mut stated = None;
    let mut document = Fields::of(node, "the document", &mut findings);
    document.read("apiVersion", &mut (), |node| word(&[("coalmine/v1", ())])(node));
    document.read("kind", &mut (), |node| word(&[("Scenario", ())])(node));
    document.inside("metadata", |metadata| {
        metadata.read("name", &mut world.name, text);
        metadata.read("asks", &mut (), |node| text(node).map(drop));
    });
    document.inside("spec", |spec| {
        spec.read("description", &mut world.description, text);
        spec.read_some(
            "truth",
            &mut stated,
            word(&[("harmless", Verdict::Harmless), ("harmful", Verdict::Harmful)]),
        );
        spec.inside("traffic", |fields| traffic(fields, &mut world.traffic));
        spec.inside("service", |fields| service(fields, &mut world.service));
        spec.inside("exposition", |fields| drop(exposition::read(fields)));
        spec.inside("release", |fields| release(fields, &mut world));
        spec.list("disturbances", &mut world.disturbances, &BLANK, disturbance);
        spec.inside("observation", |fields| {
            observation(fields, &mut world.observation);
        });
        spec.inside("controller", |fields| controller(fields, &mut world.controller));
        let mut operators = None;
        spec.read_some("operator", &mut operators, operator);
        let mut people = Vec::new();
        spec.list("people", &mut people, &None, person);
        // Who is not spoken of comes as to the world below.
        if operators.is_some() || !people.is_empty() {
            let (operator, visits) = operators.unwrap_or((world.operator, Vec::new()));
            world.operator = operator;
            world.people = visits.into_iter().chain(people.into_iter().flatten()).collect();
        }
        let blank = Provider::new("*", Phase::Successful);
        spec.list("providers", &mut world.providers, &blank, provider::read);
        spec.inside("harmLimit", |fields| harm_limit(fields, &mut world.harm_limit));
        spec.read_some(
            "horizon",
            &mut world.horizon,
            duration(Duration::from_secs(1), DAY),
        );
    });
    let harmful = if is_sound(&world) {
        Verdict::Harmless
    } else {
        Verdict::Harmful
    };
    world.truth = stated.unwrap_or(harmful);
    possible(&mut document, &world);
    document.finish();
    (world, findings)
}

pub(super) const DAY: Duration = Duration::from_secs(86_400);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

const BLANK: Disturbance = Disturbance {
    name: String::new(),
    arms: Vec::new(),
    errors: 0.0,
    latency: 1.0,
    length: Duration::from_mins(3),
    within: Duration::from_mins(20),
    client: 0,
};

pub(super) fn any(most: Duration) -> impl Fn(&Node) -> Read<Duration> {
    duration(Duration::ZERO, most)
}

fn traffic(fields: &mut Fields<'_>, traffic: &mut Demand) {
    fields.read("rate", &mut traffic.rate, number(0.0..=1e6));
    let arrivals = [("poisson", Arrivals::Poisson), ("constant", Arrivals::Constant)];
    fields.read("arrivals", &mut traffic.arrivals, word(&arrivals));
    fields.read("daily", &mut traffic.daily, ratio);
    fields.read("noise", &mut traffic.noise, number(0.0..=2.0));
    beside::probes(fields, traffic);
    beside::headers(fields, traffic);
    fields.inside("stops", |fields| traffic.stops = Some(course::silence(fields)));
}

fn service(fields: &mut Fields<'_>, service: &mut Service) {
    fields.read("errors", &mut service.errors, ratio);
    fields.read("gaugeLevel", &mut service.gauge_level, ratio);
    fields.list("routes", &mut service.routes, &Route::default(), course::route);
    fields.inside("latency", |fields| {
        let mut median = None;
        fields.read_some("median", &mut median, duration(Duration::from_millis(1), HOUR));
        fields.read("sigma", &mut service.latency.sigma, number(0.01..=4.0));
        service.latency.median = median.map_or(service.latency.median, Duration::as_secs_f64);
    });
    fields.inside("noise", |fields| {
        fields.read("shared", &mut service.noise.shared, number(0.0..=2.0));
        fields.read("private", &mut service.noise.private, number(0.0..=2.0));
        fields.read("correlation", &mut service.noise.correlation, any(DAY));
    });
}

fn release(fields: &mut Fields<'_>, world: &mut Scenario) {
    fields.list("faults", &mut world.faults, &Fault::default(), |fields, fault| {
        fields.read("errors", &mut fault.errors, ratio);
        fields.read("latency", &mut fault.latency, number(0.01..=1000.0));
        fields.read("ramp", &mut fault.ramp, any(DAY));
        fields.read("above", &mut fault.above, ratio);
        fields.inside("part", |fields| part(fields, &mut fault.part));
        fields.inside("gauges", |fields| fault.gauges = gauge::fault(fields));
        fields.read_some("route", &mut fault.route, text);
        fields.inside("onset", |fields| fault.onset = Some(course::onset(fields)));
        fields.read_some("length", &mut fault.length, duration(Duration::from_secs(1), DAY));
    });
    fields.read("revisionsBack", &mut world.revisions_back, |node| {
        let revisions = node.expect_count()?;
        let few = (revisions <= MOST_REVISIONS).then_some(revisions);
        few.ok_or_else(|| node.unexpected(&format!("at most {MOST_REVISIONS} revisions")))
    });
    fields.inside("coldStart", |fields| {
        let mut cold = ColdStart {
            errors: 0.02,
            fading: Duration::from_secs(60),
            gauges: 0.0,
        };
        fields.read("errors", &mut cold.errors, ratio);
        fields.read(
            "fading",
            &mut cold.fading,
            duration(Duration::from_millis(1), DAY),
        );
        fields.read("gauges", &mut cold.gauges, ratio);
        world.cold_start = Some(cold);
    });
}

fn disturbance(fields: &mut Fields<'_>, disturbance: &mut Disturbance) {
    fields.read("name", &mut disturbance.name, text);
    disturbance.arms = vec![Arm::Canary, Arm::Stable];
    fields.read("arms", &mut disturbance.arms, |node| {
        let arm = word(&[("canary", Arm::Canary), ("stable", Arm::Stable)]);
        node.expect_items()?.iter().map(arm).collect()
    });
    fields.read("errors", &mut disturbance.errors, ratio);
    fields.read("latency", &mut disturbance.latency, number(0.01..=1000.0));
    fields.read("length", &mut disturbance.length, any(DAY));
    fields.read("within", &mut disturbance.within, any(DAY));
    fields.read("client", &mut disturbance.client, |node| {
        let requests = node.expect_count()?;
        let few = (requests <= MOST_OF_A_CLIENT).then_some(requests);
        few.ok_or_else(|| node.unexpected(&format!("at most {MOST_OF_A_CLIENT} requests of one client")))
    });
}

fn observation(fields: &mut Fields<'_>, observation: &mut Observation) {
    fields.read(
        "scrapeInterval",
        &mut observation.scrape_interval,
        duration(Duration::from_millis(100), HOUR),
    );
    fields.read_some(
        "slot",
        &mut observation.slot,
        duration(Duration::from_millis(10), HOUR),
    );
    fields.read("jitter", &mut observation.jitter, any(HOUR));
    fields.read("missed", &mut observation.missed, ratio);
    fields.read("ingestion", &mut observation.ingestion, any(HOUR));
    fields.read("measurement", &mut observation.measurement, any(HOUR));
    fields.read_some(
        "countersStartAt",
        &mut observation.counters_start_at,
        number(0.0..=1e12),
    );
}

fn controller(fields: &mut Fields<'_>, controller: &mut Controller) {
    course::router(fields, controller);
    course::pod_ready(fields, controller);
    fields.read("reconcile", &mut controller.reconcile, any(HOUR));
    fields.read(
        "wholeSeconds",
        &mut controller.whole_seconds,
        Node::expect_boolean,
    );
}

/// `nobody`, `promotes after 10m`, `aborts after 10m`, or visits.
fn operator(node: &Node) -> Read<(Operator, Vec<Visit>)> {
    let wanted = || {
        let finding = node.unexpected("nobody, 'promotes after 10m' or 'aborts after 10m'");
        Box::new(finding.help(GRAMMAR))
    };
    Operator::and_people(node.expect_text()?).ok_or_else(wanted)
}

/// `does`, `after` or `at`, and when nobody comes.
fn person(fields: &mut Fields<'_>, visit: &mut Option<Visit>) {
    let (mut does, mut after, mut at) = (None, None, None);
    let found = fields.found();
    fields.read_some("does", &mut does, |node| {
        let words = node.expect_text()?;
        Deed::parse(words).ok_or_else(|| Box::new(node.unexpected("what a person does").help(GRAMMAR)))
    });
    let wanted = "a length of time such as 10m, 5m..30m or 10m~0.8, of 1s at least";
    let comes = delay(Duration::from_secs(1), wanted);
    fields.read_some("after", &mut after, &comes);
    fields.read_some("at", &mut at, &comes);
    let mut asleep = None;
    fields.read_some("asleep", &mut asleep, |node| {
        let wanted = || node.unexpected("two hours of the day, such as 22-7");
        Night::parse(node.expect_text()?).ok_or_else(wanted)
    });
    let (delay, moment) = match (after, at) {
        (Some(after), None) => (after, false),
        (None, Some(at)) => (at, true),
        _ => {
            if fields.found() == found {
                fields.object(
                    Finding::error("a person comes `after` a time of waiting, or `at` a moment")
                        .help(GRAMMAR),
                );
            }
            return;
        }
    };
    let Some(does) = does else {
        if fields.found() == found {
            fields.object(Finding::error("a person who does nothing").help("say what as `does: promotes`"));
        }
        return;
    };
    *visit = Visit::new(does, moment, delay, asleep);
    if visit.is_none() {
        let finding = Finding::error("a rollout that waits already is not to be paused");
        fields.object(finding.help("say when, counted from its start: `at: 5m`"));
    }
}

fn harm_limit(fields: &mut Fields<'_>, limit: &mut Option<LatencyLimit>) {
    let mut stated = limit.unwrap_or(LatencyLimit {
        quantile: 0.99,
        seconds: 1.0,
    });
    let mut seconds = None;
    fields.read("quantile", &mut stated.quantile, ratio);
    fields.read_some("latency", &mut seconds, duration(Duration::from_millis(1), HOUR));
    stated.seconds = seconds.map_or(stated.seconds, Duration::as_secs_f64);
    *limit = Some(stated);
}

/// Whether nothing is wrong with the release.
fn is_sound(world: &Scenario) -> bool {
    world.faults.is_empty() && world.controller.canary_ready().is_some()
}

/// What single fields cannot say.
fn possible(document: &mut Fields<'_>, world: &Scenario) {
    if world.name.is_empty() {
        document.object(Finding::error("a scenario needs a name").help("write it as metadata.name"));
    }
    if world.truth == Verdict::Harmful && is_sound(world) {
        let finding = Finding::error("a harmful release needs something that is wrong with it");
        document.object(finding.help("write it as spec.release.faults"));
    }
    for finding in course::contradictions(world) {
        document.object(finding);
    }
    let slow_downs = world.faults.iter().map(|fault| fault.latency);
    let slow_downs = slow_downs.chain(world.disturbances.iter().map(|disturbance| disturbance.latency));
    if slow_downs.filter(|&factor| factor != 1.0).count() > MOST_SLOW_DOWNS {
        let message = format!("at most {MOST_SLOW_DOWNS} faults and disturbances may change latency");
        document.object(Finding::error(message));
    }
    let does = |deed| world.people.iter().any(|visit| visit.does == deed);
    if does(Deed::Resumes) && !does(Deed::Pauses) {
        let finding = Finding::warning("somebody resumes a rollout that nobody has paused: it does nothing");
        document.object(finding.help("to end a pause of the policy, somebody promotes"));
    }
    let slot = world.observation.slot();
    if slot > world.observation.scrape_interval {
        document.object(Finding::error("a slot is not longer than the scrape interval"));
    }
    if world.observation.jitter * 4 > world.observation.scrape_interval {
        let finding =
            Finding::error("a scrape comes at most a quarter of the scrape interval too early or late");
        document.object(finding.help("lower spec.observation.jitter"));
    }
    if world.traffic.rate * slot.as_secs_f64() > MOST_REQUESTS {
        let message = format!("more than {MOST_REQUESTS} requests come in one slot of {slot}");
        document.object(
            Finding::error(message).help("lower spec.traffic.rate, or shorten spec.observation.slot"),
        );
    }
    let mut names: Vec<_> = world
        .disturbances
        .iter()
        .map(|disturbance| &disturbance.name)
        .collect();
    names.sort();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        let finding = Finding::error("two disturbances have one name, and so one luck");
        document.object(finding.help("give every disturbance a name of its own"));
    }
}
