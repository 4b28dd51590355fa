//! Evaluation holds on any query the parser takes, over any samples, asked in any order.

use coalmine::promql::{Compat, Plan, QueryRange, Scratch, Settings, Value, parse};
use coalmine::series::{AsOf, Labels, Layout, STALE, Samples};
use coalmine::units::{Duration, Timestamp};
use proptest::prelude::*;

/// The bits of an answer: NaN must be the same NaN.
#[derive(Debug, PartialEq)]
enum Answer {
    Elements(Vec<(Labels, Vec<(i64, u64)>)>),
    Text(String),
    Failed(String),
}

fn answer(plan: &Plan, samples: &Samples, at: i64, step: i64, scratch: &mut Scratch) -> Answer {
    let now = Timestamp::from_millis(at);
    let view = AsOf::new(samples, now, now);
    let query = QueryRange {
        start: Timestamp::ZERO,
        end: Timestamp::from_secs(600),
        step: Duration::from_millis(step),
    };
    let value = match step {
        0 => plan.evaluate(view, now, scratch),
        _ => plan.evaluate_step(view, now, query, scratch),
    };
    match value {
        Ok(Value::Scalar(value)) => Answer::Elements(vec![(Labels::default(), vec![(at, value.to_bits())])]),
        Ok(Value::Vector(vector)) => Answer::Elements(
            vector
                .iter()
                .map(|(labels, value)| (labels.clone(), vec![(at, value.to_bits())]))
                .collect(),
        ),
        Ok(Value::Matrix(matrix)) => Answer::Elements(
            matrix
                .iter()
                .map(|(labels, times, values)| {
                    let bits = values.iter().map(|value| value.to_bits());
                    (labels.clone(), times.iter().copied().zip(bits).collect())
                })
                .collect(),
        ),
        Ok(Value::Text(text)) => Answer::Text(text.to_owned()),
        Err(error) => Answer::Failed(error.to_string()),
    }
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (0u32..50).prop_map(f64::from),
        2 => any::<f64>(),
        1 => Just(STALE),
        1 => Just(f64::NAN),
    ]
}

/// Three targets with four series each, scraped at any moments of ten minutes.
fn world() -> impl Strategy<Value = (Layout, Samples)> {
    let target = prop::collection::btree_map(0i64..600_000, prop::array::uniform4(value()), 0..25);
    prop::array::uniform3(target).prop_map(|targets| {
        let mut layout = Layout::default();
        let mut axes = Vec::new();
        for (target, job) in targets.iter().zip(["a", "b", "b"]) {
            let axis = layout.add_axis();
            let pod = axes.len().to_string();
            for (name, le) in [("x", ""), ("y", ""), ("h", "0.5"), ("h", "+Inf")] {
                let pairs = [("__name__", name), ("job", job), ("pod", &pod), ("le", le)];
                layout.add_series(axis, Labels::new(pairs));
            }
            axes.push((axis, target));
        }
        let mut samples = Samples::new(&layout);
        for (axis, target) in axes {
            for (&time, values) in target {
                samples.push(axis, time, values.iter().copied());
            }
        }
        (layout, samples)
    })
}

/// Queries; not all of them are well-typed or can be planned.
fn query() -> impl Strategy<Value = String> {
    let selector = prop::sample::select(vec![
        "x",
        "y",
        "h",
        r#"{job="b"}"#,
        r#"x{pod!="1"}"#,
        "{__name__=~\"x|y\"}",
        "nothing",
        "x offset 1m",
        "y @ 200",
        "x @ end()",
        "h offset -30s",
        "1",
        "0.9",
        "Inf",
        "NaN",
        "-2",
        "time()",
        "vector(1)",
    ]);
    let window = prop::sample::select(vec![
        "1m", "30s", "10m", "5m:30s", "2m:", "1m:7s", "1m + 30s", "step()", "3m:1m", "1m - 1m", "1ms",
    ]);
    selector
        .prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, move |inner| {
            let over_window = prop::sample::select(vec![
                "rate",
                "increase",
                "delta",
                "irate",
                "idelta",
                "deriv",
                "changes",
                "resets",
                "sum_over_time",
                "avg_over_time",
                "min_over_time",
                "max_over_time",
                "count_over_time",
                "last_over_time",
                "first_over_time",
                "present_over_time",
                "stddev_over_time",
                "stdvar_over_time",
                "absent_over_time",
            ]);
            let each = prop::sample::select(vec![
                "abs",
                "ceil",
                "sqrt",
                "exp",
                "ln",
                "sgn",
                "year",
                "hour",
                "-",
                "+",
                "scalar",
                "vector",
                "absent",
                "sort",
                "sort_desc",
                "timestamp",
                "round",
                "histogram_count",
            ]);
            let aggregation = prop::sample::select(vec![
                "sum",
                "avg",
                "min",
                "max",
                "count",
                "group",
                "stddev",
                "sum by (job)",
                "max without (pod)",
                "count by (__name__)",
                "sum by (le)",
            ]);
            let with_number = prop::sample::select(vec![
                "topk",
                "bottomk by (job)",
                "quantile",
                "quantile by (job)",
                "histogram_quantile",
                "clamp_min",
            ]);
            let operator = prop::sample::select(vec![
                "+",
                "-",
                "*",
                "/",
                "%",
                "^",
                "atan2",
                "==",
                "!=",
                ">",
                "<= bool",
                "and",
                "or",
                "unless",
                "/ on (job)",
                "* ignoring (pod, le) group_left",
                "- on (job) group_right (pod)",
                "> on (pod) group_left (le)",
                "and on (job)",
                "or on ()",
                "unless ignoring (pod)",
            ]);
            prop_oneof![
                (over_window, inner.clone(), window.clone()).prop_map(|(f, e, w)| {
                    let e = if w.contains(':') || !e.contains(' ') {
                        e
                    } else {
                        format!("({e})")
                    };
                    format!("{f}({e}[{w}])")
                }),
                (each, inner.clone()).prop_map(|(f, e)| format!("{f}({e})")),
                (aggregation, inner.clone()).prop_map(|(f, e)| format!("{f} ({e})")),
                (with_number, inner.clone(), inner.clone()).prop_map(|(f, n, e)| format!("{f} ({n}, {e})")),
                (operator, inner.clone(), inner.clone()).prop_map(|(o, l, r)| format!("({l}) {o} ({r})")),
                inner
                    .clone()
                    .prop_map(|e| format!("quantile_over_time(0.5, ({e})[3m:20s])")),
                inner.clone().prop_map(|e| format!("predict_linear({e}[3m], 60)")),
                inner.prop_map(|e| format!("label_replace({e}, \"pod\", \"$1\", \"job\", \"(.*)\")")),
            ]
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_used_scratch_answers_as_a_fresh_one(
        (layout, samples) in world(),
        (_, others) in world(),
        text in query(),
        moments in prop::collection::vec(-60_000i64..900_000, 1..8),
        step in prop::sample::select(vec![0i64, 0, 15_000]),
        compat in prop::sample::select(vec![Compat::V2, Compat::V3]),
    ) {
        let Ok(expr) = parse(&text) else { return Ok(()) };
        let settings = Settings { compat, ..Settings::default() };
        let Ok(plan) = Plan::new(&expr, &layout, &settings) else { return Ok(()) };
        let mut used = plan.scratch();
        for &at in &moments {
            // The samples of another trial in between: cursors must not believe in them.
            let _ = answer(&plan, &others, at, step, &mut used);
            let again = answer(&plan, &samples, at, step, &mut used);
            let fresh = answer(&plan, &samples, at, step, &mut plan.scratch());
            prop_assert_eq!(again, fresh, "{} at {}", text, at);
        }
    }

    #[test]
    fn nothing_outside_what_a_plan_reads_changes_its_answer(
        (layout, samples) in world(),
        text in query(),
        at in 0i64..600_000,
    ) {
        let Ok(expr) = parse(&text) else { return Ok(()) };
        let Ok(plan) = Plan::new(&expr, &layout, &Settings::default()) else { return Ok(()) };
        let mut kept = Samples::new(&layout);
        let reads = |series, time: i64| plan.reads().iter().any(|read| {
            let anchor = match read.anchor {
                coalmine::promql::Anchor::At(moment) => moment.as_millis(),
                _ => at,
            };
            read.series == series
                && time > anchor - read.from.as_millis()
                && time <= anchor - read.to.as_millis()
        });
        let now = Timestamp::MAX;
        let all = AsOf::new(&samples, now, now);
        for (axis, group) in layout.series().collect::<Vec<_>>().chunks(4).enumerate() {
            let columns: Vec<_> = group.iter().map(|&(series, _)| (series, all.column(series))).collect();
            for (n, &time) in columns[0].1.times.iter().enumerate() {
                if columns.iter().any(|&(series, _)| reads(series, time)) {
                    let values = columns.iter().map(|(_, column)| column.values[n]);
                    kept.push(coalmine::series::AxisId(axis as u32), time, values);
                }
            }
        }
        let full = answer(&plan, &samples, at, 0, &mut plan.scratch());
        prop_assert_eq!(answer(&plan, &kept, at, 0, &mut plan.scratch()), full, "{}", text);
    }
}
