//! The engine in its second generation against a real promtool 2.42, where one is installed.
#![allow(clippy::print_stdout, reason = "a skip is said aloud")]

#[path = "promql/compare.rs"]
#[allow(dead_code, reason = "each test file uses a part")]
mod compare;
#[path = "promql/run.rs"]
#[allow(dead_code, reason = "each test file uses a part")]
mod run;
#[path = "promql/script.rs"]
#[allow(dead_code, reason = "each test file uses a part")]
mod script;
#[path = "promql/store.rs"]
mod store;

use std::fmt::Write;
use std::process::Command;

use coalmine::promql::{Compat, Settings};
use coalmine::series::Labels;
use compare::{Answer, within};
use script::Kind;
use store::Store;

const INTERVAL_SECONDS: usize = 15;

/// What canaries ask, in all the parts of the language that differ between generations.
const QUERIES: &[&str] = &[
    "req",
    "up",
    "rate(req[1m])",
    "rate(req[5m])",
    "rate(req[7m20s])",
    "increase(req[2m])",
    "irate(req[5m])",
    "delta(temp[3m])",
    "idelta(temp[3m])",
    "deriv(temp[5m])",
    "predict_linear(temp[5m], 60)",
    "sum(rate(req[5m]))",
    "sum by (arm) (rate(req{code=\"500\"}[2m])) / sum by (arm) (rate(req[2m]))",
    "sum(rate(req{code=\"500\",arm=\"canary\"}[5m])) / sum(rate(req{arm=\"canary\"}[5m])) or on() vector(0)",
    "avg without (pod) (temp)",
    "count(req) by (code)",
    "min(temp)",
    "max by (arm) (temp)",
    "stddev(temp)",
    "quantile(0.9, temp)",
    "topk(2, temp)",
    "histogram_quantile(0.95, sum by (le) (rate(lat_bucket[5m])))",
    "histogram_quantile(0.5, sum by (le, arm) (increase(lat_bucket[3m])))",
    "avg_over_time(temp[4m])",
    "sum_over_time(temp[4m])",
    "max_over_time(temp[4m])",
    "count_over_time(temp[5m])",
    "quantile_over_time(0.5, temp[5m])",
    "stddev_over_time(temp[5m])",
    "last_over_time(temp[2m])",
    "changes(req[5m])",
    "resets(req[10m])",
    "absent(req{code=\"418\"})",
    "absent_over_time(gone[5m])",
    "req offset 3m",
    "rate(req[2m] offset 90s)",
    "temp @ 300",
    "max_over_time(sum(rate(req[1m]))[5m:30s])",
    "avg_over_time(temp[6m:45s])",
    "temp > bool 20",
    "temp{arm=\"canary\"} - on(pod) group_left temp{arm=\"canary\"}",
    "round(temp, 0.5)",
    "clamp(temp, 10, 20)",
    "label_replace(temp, \"short\", \"$1\", \"pod\", \"(.).*\")",
    "scalar(sum(up))",
    "timestamp(req{code=\"200\"})",
];

const MOMENTS_SECONDS: [usize; 6] = [60, 297, 300, 555, 900, 1207];

/// A small generator of its own: the tests' worlds must not move with a dependency.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Values of one series: gaps, late births, stale markers; counters reset.
fn values(draws: &mut Draws, counter: bool) -> String {
    let mut text = String::new();
    let born = if draws.below(3) == 0 { draws.below(30) } else { 0 };
    let mut value = draws.below(8);
    for n in 0..90 {
        if n < born || draws.below(12) == 0 {
            text += " _";
            continue;
        }
        if draws.below(40) == 0 {
            text += " stale";
            continue;
        }
        if counter {
            value = if draws.below(30) == 0 {
                draws.below(4)
            } else {
                value + draws.below(20)
            };
            write!(text, " {value}").unwrap();
        } else {
            write!(text, " {}.{}", draws.below(40), draws.below(10)).unwrap();
        }
    }
    text
}

/// Series and their values, in the notation both sides read.
fn world(seed: u64) -> Vec<(String, String)> {
    let mut draws = Draws(seed);
    let mut series = Vec::new();
    for (arm, pod) in [("canary", "c-0"), ("stable", "s-0"), ("stable", "s-1")] {
        for code in ["200", "500"] {
            let labels = format!("req{{arm=\"{arm}\",code=\"{code}\",pod=\"{pod}\"}}");
            series.push((labels, values(&mut draws, true)));
        }
        for le in ["0.1", "0.5", "1", "+Inf"] {
            let labels = format!("lat_bucket{{arm=\"{arm}\",le=\"{le}\",pod=\"{pod}\"}}");
            series.push((labels, values(&mut draws, true)));
        }
        series.push((
            format!("temp{{arm=\"{arm}\",pod=\"{pod}\"}}"),
            values(&mut draws, false),
        ));
        series.push((format!("up{{arm=\"{arm}\",pod=\"{pod}\"}}"), " 1x80".to_owned()));
    }
    series
}

#[test]
fn generation_two_answers_as_promtool_does() {
    match Command::new("promtool").arg("--version").output() {
        Ok(output) if String::from_utf8_lossy(&output.stdout).contains("version 2.42.") => {}
        Ok(_) => return println!("skipped: promtool is not 2.42"),
        Err(_) => return println!("skipped: there is no promtool"),
    }
    let mut differing = Vec::new();
    let mut cases = 0;
    for seed in 1..=3 {
        let series = world(seed);
        let theirs = promtool(seed, &series);
        let store = loaded(&series);
        let settings = Settings {
            compat: Compat::V2,
            ..Settings::default()
        };
        for &seconds in &MOMENTS_SECONDS {
            for query in QUERIES {
                cases += 1;
                let ours = run::ask(&store, query, seconds as i64 * 1000, &settings).map(elements);
                let theirs = theirs.get(query, seconds);
                if !equal(&ours, &theirs) {
                    differing.push(format!(
                        "seed {seed}, {seconds}s: {query}\n  ours   {ours:?}\n  theirs {theirs:?}"
                    ));
                }
            }
        }
    }
    println!(
        "promtool 2.42: {cases} cases, {} passed, {} differing",
        cases - differing.len(),
        differing.len()
    );
    assert!(
        differing.is_empty(),
        "{} of {cases} differ:\n{}",
        differing.len(),
        differing.join("\n")
    );
}

type Elements = Vec<(Labels, f64)>;

fn elements(answer: Answer) -> Elements {
    match answer {
        Answer::Scalar(value) => vec![(Labels::default(), value)],
        Answer::Vector(mut elements) => {
            elements.sort_by(|a, b| a.0.cmp(&b.0));
            elements
        }
        Answer::Text(_) | Answer::Matrix(_) => Vec::new(),
    }
}

/// Errors are equal as errors; values within 1e-9, since promtool 2.42 adds in any order.
fn equal(ours: &Result<Elements, String>, theirs: &Result<Elements, String>) -> bool {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(ours, theirs)| ours.0 == theirs.0 && within(ours.1, theirs.1, 1e-9))
        }
        (Err(_), Err(_)) => true,
        _ => false,
    }
}

fn loaded(series: &[(String, String)]) -> Store {
    let mut text = format!("load {INTERVAL_SECONDS}s\n");
    for (labels, values) in series {
        writeln!(text, "{labels}{values}").unwrap();
    }
    let mut store = Store::default();
    for command in script::read(&text).unwrap() {
        if let Kind::Load(load) = command.kind {
            store.load(&load);
        }
    }
    store
}

/// What promtool said: by query and moment; what it does not mention is empty.
struct Said(Vec<((String, usize), Result<Elements, String>)>);

impl Said {
    fn get(&self, query: &str, seconds: usize) -> Result<Elements, String> {
        let found = self
            .0
            .iter()
            .find(|((said, at), _)| said == query && *at == seconds);
        found.map_or(Ok(Vec::new()), |(_, answer)| answer.clone())
    }
}

/// Expects nothing of every query, so that promtool says what it got instead.
fn promtool(seed: u64, series: &[(String, String)]) -> Said {
    let mut rules =
        format!("evaluation_interval: 1m\ntests:\n- interval: {INTERVAL_SECONDS}s\n  input_series:\n");
    for (labels, values) in series {
        writeln!(rules, "  - series: '{labels}'\n    values: '{}'", values.trim()).unwrap();
    }
    rules += "  promql_expr_test:\n";
    for seconds in MOMENTS_SECONDS {
        for query in QUERIES {
            writeln!(
                rules,
                "  - expr: '{query}'\n    eval_time: {seconds}s\n    exp_samples: []"
            )
            .unwrap();
        }
    }
    let path = std::env::temp_dir().join(format!("coalmine-promtool-{}-{seed}.yml", std::process::id()));
    std::fs::write(&path, rules).unwrap();
    let output = Command::new("promtool")
        .args(["test", "rules"])
        .arg(&path)
        .output()
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    read(&String::from_utf8_lossy(&output.stderr))
}

/// `expr: "…", time: 5m,` … `got: {labels} value, …`, or `err: …` instead.
fn read(text: &str) -> Said {
    let mut said = Vec::new();
    let mut asked = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("expr: ") {
            let (query, rest) = rest.split_once(", time: ").unwrap();
            let query: String = serde_json::from_str(query).unwrap();
            let (time, rest) = rest.split_once(',').unwrap();
            let place = (query, seconds(time));
            match rest.trim().strip_prefix("err: ") {
                Some(error) => said.push((place, Err(error.to_owned()))),
                None => asked = Some(place),
            }
        } else if let Some(mut rest) = line.strip_prefix("got: ") {
            let mut elements = Vec::new();
            while !rest.is_empty() && rest != "nil" {
                let (labels, value) = script::labels(rest).unwrap();
                let (value, after) = value.trim().split_once(", ").unwrap_or((value.trim(), ""));
                elements.push((labels, value.parse().unwrap()));
                rest = after;
            }
            elements.sort_by(|a: &(Labels, f64), b| a.0.cmp(&b.0));
            said.push((asked.take().unwrap(), Ok(elements)));
        }
    }
    assert!(!said.is_empty(), "promtool said nothing: {text}");
    Said(said)
}

fn seconds(time: &str) -> usize {
    match coalmine::promql::parse(time).unwrap().kind {
        coalmine::promql::ast::ExprKind::Number(number) => number.value as usize,
        other => panic!("no time: {other:?}"),
    }
}
