//! `runs.jsonl`: one AnalysisRun from its first look to its end.

use coalmine::analysis::{Looked, Phase, Run};
use coalmine::policy::argo::spec::Analysis;
use coalmine::policy::argo::{Filled, dry_run, validate};
use coalmine::units::Timestamp;
use serde_json::{Value, json};

use crate::argo_spec::{analysis, seconds, written};
use crate::argo_templates::tree;
use crate::script::Script;
use crate::table::{Tally, rows};

#[test]
fn runs_end_as_they_do_in_a_cluster() {
    let Some(rows) = rows("argo/runs.jsonl") else {
        return;
    };
    let mut tally = Tally::new("runs");
    for row in &rows {
        let theirs = &row["expected"];
        let mut theirs = theirs.clone();
        let mut ours = refused(row).unwrap_or_else(|| play(row));
        for said in [&mut ours, &mut theirs] {
            shorten(said);
        }
        let differing = theirs.as_object().expect("an object").iter();
        let differing: Vec<_> = differing
            .filter(|(key, value)| !equal(&ours[key.as_str()], value))
            .map(|(key, value)| format!("{key}: {} / {value}", ours[key.as_str()]))
            .collect();
        tally.row(&row["id"], &differing, &Vec::new());
    }
    tally.finish();
}

/// The end of a run whose spec the loader refuses: in a cluster it ends before its first look.
fn refused(row: &Value) -> Option<Value> {
    let listed = row["metrics"].as_array().expect("metrics").iter().cloned();
    let nodes: Vec<_> = listed
        .map(|mut metric| {
            metric["provider"] = json!({"prometheus": {"query": "up"}});
            tree(&metric)
        })
        .collect();
    let metrics = nodes
        .iter()
        .map(|node| Filled::new(node, &[]).expect("no arguments"));
    let metrics: Vec<Filled<'_>> = metrics.collect();
    let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    let rules = row["dryRun"].as_array().map_or(&[][..], Vec::as_slice);
    let rules: Vec<String> = rules
        .iter()
        .map(|rule| rule.as_str().expect("a rule").to_owned())
        .collect();
    let invalid = validate::metrics(&metrics)
        .into_iter()
        .next()
        .map(|refusal| refusal.message);
    let message = invalid.or_else(|| dry_run::matched(&rules, &names).err())?;
    let start = row["startOffset"].as_f64().unwrap_or(0.0);
    let measured: serde_json::Map<_, _> = names
        .iter()
        .map(|name| ((*name).to_owned(), Value::Null))
        .collect();
    Some(json!({
        "phase": "Error",
        "message": format!("Analysis spec invalid: {message}"),
        "endedAt": start,
        "completedAtStored": Value::Null,
        "phases": [[start, "Error"]],
        "measurements": [],
        "metrics": measured,
        "summary": {"count": 0, "successful": 0, "failed": 0, "inconclusive": 0, "error": 0},
    }))
}

/// Equal, numbers by value.
pub fn equal(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, one)| other.get(key).is_some_and(|other| equal(one, other)))
        }
        (one, other) => one == other,
    }
}

/// Cuts off what quotes the expression compiler.
pub fn shorten(said: &mut Value) {
    match said {
        Value::String(text) if text.contains("could not evaluate") => {
            let at = text.find("could not evaluate").expect("found");
            text.truncate(at);
        }
        Value::Array(list) => list.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}

/// Plays a row's run to its end or horizon, and says everything about it.
pub fn play(row: &Value) -> Value {
    let dry_run: Vec<String> = row["dryRun"].as_array().map_or(Vec::new(), |rules| {
        rules
            .iter()
            .map(|rule| rule.as_str().expect("a rule").to_owned())
            .collect()
    });
    let analysis = analysis(&row["metrics"], &dry_run, 0);
    let names: Vec<String> = analysis
        .metrics
        .iter()
        .map(|metric| metric.name.clone())
        .collect();
    let mut script = Script::new(&row["script"], names);
    let horizon = seconds(row["horizon"].as_f64().expect("a horizon"));
    let start = seconds(row["startOffset"].as_f64().unwrap_or(0.0));
    let mut told = row["terminateAt"].as_f64().map(seconds);
    let whole = row["tags"]
        .as_array()
        .is_some_and(|tags| tags.contains(&json!("subsecond")));
    let stored = if whole {
        Timestamp::whole_second
    } else {
        |moment| moment
    };

    let mut run = Run::default();
    run.start(&analysis, 0, start);
    let mut looks: Vec<Looked> = Vec::new();
    let mut phases: Vec<(Timestamp, Phase)> = Vec::new();
    for round in 0.. {
        let wake = run.next_wake(&analysis);
        // The first pass comes before everything.
        let wake = match (wake, told.filter(|_| round > 0)) {
            (Some(wake), Some(stop)) => wake.min(stop),
            (Some(moment), None) | (None, Some(moment)) => moment,
            (None, None) => break,
        };
        // A pass that has asked at the horizon still ends.
        if (wake > horizon && !run.is_asking()) || run.phase().completed() {
            break;
        }
        if round > 0 && told.is_some_and(|stop| stop <= wake) {
            run.terminate(wake);
            told = None;
        }
        // Pass by pass, to see every phase.
        while run.pass(&analysis, wake, stored, &mut script, &mut |looked| {
            looks.push(looked);
        }) {
            if phases.last().map(|(_, phase)| *phase) != Some(run.phase()) {
                phases.push((wake, run.phase()));
            }
        }
    }
    said(&analysis, &run, &looks, &phases)
}

fn said(analysis: &Analysis, run: &Run, looks: &[Looked], phases: &[(Timestamp, Phase)]) -> Value {
    let name = |metric: usize| &analysis.metrics[metric].name;
    let summary = run.summary();
    let mut metrics = serde_json::Map::new();
    for (index, measured) in run.metrics().iter().enumerate() {
        let tally = measured.tally;
        let result = measured.phase().map_or(Value::Null, |phase| {
            json!({
                "phase": phase.to_string(),
                "message": run.metric_message(analysis, index),
                "successful": tally.successful,
                "failed": tally.failed,
                "inconclusive": tally.inconclusive,
                "error": tally.error,
                "count": tally.count,
                "consecutiveError": tally.consecutive_error,
                "consecutiveSuccess": tally.consecutive_success,
            })
        });
        metrics.insert(name(index).clone(), result);
    }
    json!({
        "phase": run.phase().to_string(),
        "message": run.message(analysis),
        "endedAt": run.ended().map(written),
        "completedAtStored": run.ended().map(|at| written(at.whole_second())),
        "phases": phases.iter().map(|(at, phase)| json!([written(*at), phase.to_string()])).collect::<Vec<_>>(),
        "measurements": measurements(analysis, run, looks),
        "metrics": metrics,
        "summary": {
            "count": summary.count,
            "successful": summary.successful,
            "failed": summary.failed,
            "inconclusive": summary.inconclusive,
            "error": summary.error,
        },
    })
}

/// `[start, finish, metric, phase]` by start, then metric; what is in flight has no finish.
pub fn measurements(analysis: &Analysis, run: &Run, looks: &[Looked]) -> Value {
    let mut list: Vec<(Timestamp, usize, Value, Phase)> = looks
        .iter()
        .map(|look| {
            (
                look.started,
                look.metric,
                json!(written(look.finished)),
                look.phase,
            )
        })
        .collect();
    for (index, measured) in run.metrics().iter().enumerate() {
        if let Some(last) = measured.last.filter(|last| last.finished.is_none()) {
            list.push((last.started, index, Value::Null, last.phase));
        }
    }
    list.sort_by_key(|(started, metric, ..)| (*started, *metric));
    let list = list.into_iter().map(|(started, metric, finished, phase)| {
        json!([
            written(started),
            finished,
            analysis.metrics[metric].name,
            phase.to_string()
        ])
    });
    Value::Array(list.collect())
}
