//! Gauges: `gauge` of a family, `gauges` of a fault.

use super::exposition::filled;
use super::fields::{Fields, Read};
use super::value::{duration, number, ratio, text, word};
use crate::diagnostic::Finding;
use crate::scenario::exposition::{Counts, Family};
use crate::scenario::{Better, Course, Follows, Gauge, GaugeFault};
use crate::units::Duration;
use crate::yaml::Node;

const DAY: Duration = Duration::from_secs(86_400);
/// No value of a gauge is further from zero.
const MOST: f64 = 1e15;

/// What moves a gauge by a word alone.
const WORDS: [(&str, Follows); 3] = [
    ("nothing", Follows::Nothing),
    ("errors", Follows::Errors),
    ("pods", Follows::Pods),
];

pub(super) fn gauge(fields: &mut Fields<'_>) -> Gauge {
    let value = number(-MOST..=MOST);
    let (mut limit, mut level, mut ceiling) = (None, None, None);
    let mut gauge = Gauge::hovering(0.0, 1.0);
    fields.read_some("limit", &mut limit, &value);
    fields.read_some("level", &mut level, &value);
    fields.read("floor", &mut gauge.floor, &value);
    fields.read_some("ceiling", &mut ceiling, &value);
    fields.read(
        "better",
        &mut gauge.better,
        word(&[("low", Better::Low), ("high", Better::High)]),
    );
    fields.inside("noise", |fields| {
        fields.read("shared", &mut gauge.noise.shared, number(0.0..=5.0));
        fields.read("private", &mut gauge.noise.private, number(0.0..=5.0));
        let any = duration(Duration::ZERO, DAY);
        fields.read("correlation", &mut gauge.noise.correlation, any);
    });
    fields.read("follows", &mut gauge.follows, follows);
    fields.read("whole", &mut gauge.whole, Node::expect_boolean);
    fields.read("stamp", &mut gauge.stamp, Node::expect_boolean);
    fields.read_some("luck", &mut gauge.luck, filled);
    fields.read("rest", &mut gauge.rest, Node::expect_boolean);
    let most = [limit, level].into_iter().flatten().fold(0.0, f64::max);
    gauge.ceiling = ceiling.unwrap_or(Gauge::usual_ceiling(most));
    (gauge.limit, gauge.level) = (limit, level);
    for message in wrong(&gauge) {
        fields.object(Finding::error(message));
    }
    gauge
}

/// `errors`, `{ load: 0.5 }`, `{ latency: 95% }`.
fn follows(node: &Node) -> Read<Follows> {
    if node.text().is_some() {
        return word(&WORDS)(node);
    }
    let parameter = |key| node.get(key);
    match (parameter("load"), parameter("latency"), node.entries().len()) {
        (Some(power), None, 1) => number(0.0..=4.0)(power).map(Follows::Load),
        (None, Some(quantile), 1) => number(0.001..=0.9999)(quantile).map(Follows::Latency),
        _ => Err(node.unexpected("nothing, errors, pods, { load: 0.5 } or { latency: 0.95 }")),
    }
}

/// What is wrong with a gauge, whatever family it belongs to.
fn wrong(gauge: &Gauge) -> Vec<String> {
    let mut found = Vec::new();
    if gauge.floor > gauge.ceiling {
        found.push(format!(
            "the floor {} lies above the ceiling {}",
            gauge.floor, gauge.ceiling
        ));
    }
    for (name, value) in [("limit", gauge.limit), ("level", gauge.level)] {
        let outside = |value: &f64| *value < gauge.floor || *value > gauge.ceiling;
        if let Some(value) = value.filter(outside) {
            let (floor, ceiling) = (gauge.floor, gauge.ceiling);
            found.push(format!("the {name} {value} is not between {floor} and {ceiling}"));
        }
    }
    if gauge.limit.is_none() && gauge.level.is_none() && gauge.follows != Follows::Pods {
        found.push("a gauge needs a level, or a limit that tells one".to_owned());
    }
    if gauge.stamp && gauge.level.or(gauge.limit).is_some_and(|age| age <= 0.0) {
        found.push("events that a time stamp tells of come at some distance: a level in seconds".to_owned());
    }
    found
}

/// What is wrong with a family, as far as it has a gauge or should have one.
pub(super) fn contradictions(family: &Family) -> Vec<Finding> {
    let counted = matches!(family.counts, Counts::Part | Counts::Sum);
    let Some(gauge) = &family.gauge else {
        let needs = Finding::error("what goes by a gauge needs one");
        return if counted {
            vec![needs.help("state it as gauge")]
        } else {
            Vec::new()
        };
    };
    let mut found = Vec::new();
    if !counted && family.counts != Counts::Nothing {
        let finding = Finding::error("a gauge counts no requests");
        found.push(finding.help("leave counts out, or write part or sum"));
    }
    if family.histogram.is_some() {
        found.push(Finding::error("a family is a gauge or a histogram, not both"));
    }
    if family.outcome.is_some() && family.counts != Counts::Part {
        found.push(Finding::error("no request ends in a gauge: it has no outcome"));
    }
    if family.counts == Counts::Part && (gauge.floor < 0.0 || gauge.ceiling > 1.0) {
        found.push(Finding::error("a part of the requests lies between 0 and 1"));
    }
    if counted && (gauge.stamp || gauge.whole || gauge.follows == Follows::Pods || gauge.floor < 0.0) {
        found.push(Finding::error(
            "a counter cannot go by a time stamp, whole numbers, pods or less than nothing",
        ));
    }
    found
}

/// The lines of a gauge, each with `indent` before it.
pub(super) fn write(gauge: &Gauge, indent: &str, lines: &mut Vec<String>) {
    let mut line = |text: String| lines.push(format!("{indent}{text}"));
    for (name, value) in [("limit", gauge.limit), ("level", gauge.level)] {
        if let Some(value) = value {
            line(format!("{name}: {value}"));
        }
    }
    line(format!("floor: {}", gauge.floor));
    line(format!("ceiling: {}", gauge.ceiling));
    line(format!(
        "better: {}",
        if gauge.better == Better::Low {
            "low"
        } else {
            "high"
        }
    ));
    let noise = &gauge.noise;
    line(format!(
        "noise: {{ shared: {}, private: {}, correlation: {} }}",
        noise.shared, noise.private, noise.correlation
    ));
    line(match gauge.follows {
        Follows::Load(power) => format!("follows: {{ load: {power} }}"),
        Follows::Latency(quantile) => format!("follows: {{ latency: {quantile} }}"),
        other => {
            let word = WORDS.iter().find(|(_, follows)| *follows == other);
            format!("follows: {}", word.map_or("nothing", |(word, _)| word))
        }
    });
    for (name, is) in [
        ("whole", gauge.whole),
        ("stamp", gauge.stamp),
        ("rest", gauge.rest),
    ] {
        if is {
            line(format!("{name}: true"));
        }
    }
    if let Some(luck) = &gauge.luck {
        line(format!(
            "luck: {}",
            serde_json::to_string(luck).expect("a text is JSON")
        ));
    }
}

/// `gauges` of a fault: `{ beyond: 20% }`, `{ leaks: 30m }`, `{ saturates: 5m, families: [queue_depth] }`, `{ stuck: true }`.
pub(super) fn fault(fields: &mut Fields<'_>) -> Option<GaugeFault> {
    let mut families = Vec::new();
    fields.read("families", &mut families, |node| {
        node.expect_items()?.iter().map(text).collect()
    });
    let (mut beyond, mut leaks, mut saturates, mut stuck) = (None, None, None, false);
    let length = || duration(Duration::from_secs(1), DAY);
    fields.read_some("beyond", &mut beyond, ratio);
    fields.read_some("leaks", &mut leaks, length());
    fields.read_some("saturates", &mut saturates, length());
    fields.read("stuck", &mut stuck, Node::expect_boolean);
    let courses = [
        beyond.map(Course::Beyond),
        leaks.map(Course::Leaks),
        saturates.map(Course::Saturates),
        stuck.then_some(Course::Stuck),
    ];
    let mut courses = courses.into_iter().flatten();
    match (courses.next(), courses.next()) {
        (Some(course), None) => Some(GaugeFault { families, course }),
        _ => {
            let finding = Finding::error("gauges go wrong in one way");
            fields.object(finding.help("write beyond, leaks, saturates or stuck"));
            None
        }
    }
}
