//! `rollouts.jsonl`: one update from its start to rest.

use coalmine::analysis::Looked;
use coalmine::controller::argo::{
    Action, Binding, Decision, Event, Player, RolloutPhase, Settings, Waiting, What,
};
use coalmine::controller::cluster::{Pods, Readiness, Version};
use coalmine::policy::argo::spec::{Analysis, Strategy};
use coalmine::units::{Duration, Timestamp};
use regex::Regex;
use serde_json::{Value, json};

use crate::argo_runs::{equal, measurements, shorten};
use crate::argo_spec::{analysis, seconds, strategy, written};
use crate::script::Script;
use crate::table::{Tally, rows};

#[test]
fn rollouts_go_as_they_do_in_a_cluster() {
    let Some(rows) = rows("argo/rollouts.jsonl") else {
        return;
    };
    let mut tally = Tally::new("rollouts");
    for row in &rows {
        let (mut ours, mut theirs) = (play(row), theirs(row));
        for said in [&mut ours, &mut theirs] {
            shorten(said);
        }
        let mut differing = Vec::new();
        for (key, theirs) in theirs.as_object().expect("an object") {
            let ours = &ours[key.as_str()];
            if !equal(ours, theirs) {
                differing.push(format!("{key}: {}", first_difference(ours, theirs)));
            }
        }
        tally.row(&row["id"], &differing, &Vec::new());
    }
    tally.finish();
}

fn first_difference(ours: &Value, theirs: &Value) -> String {
    if let (Some(ours), Some(theirs)) = (ours.as_array(), theirs.as_array()) {
        let shorter = ours.len().min(theirs.len());
        let at = (0..shorter).find(|at| !equal(&ours[*at], &theirs[*at]));
        return match at {
            Some(at) => format!("[{at}] {}", first_difference(&ours[at], &theirs[at])),
            None => format!("{:?} / {:?}", ours.get(shorter), theirs.get(shorter)),
        };
    }
    if let (Some(ours), Some(theirs)) = (ours.as_object(), theirs.as_object()) {
        let own = |key: &str| ours.get(key).unwrap_or(&Value::Null);
        let unlike = theirs.iter().filter(|(key, value)| !equal(own(key), value));
        let unlike = unlike.map(|(key, value)| format!("{key}: {}", first_difference(own(key), value)));
        return unlike.collect::<Vec<_>>().join("; ");
    }
    format!("{ours} / {theirs}")
}

/// The last row of each instant, if anything has changed since the one before.
fn last_rows(rows: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for row in rows {
        if kept.last().is_some_and(|last| equal(&last["t"], &row["t"])) {
            kept.pop();
        }
        kept.push(row);
    }
    let visible = |row: &Value| {
        let mut row = row.clone();
        row["t"] = Value::Null;
        row
    };
    kept.dedup_by(|later, earlier| equal(&visible(later), &visible(earlier)));
    kept
}

fn theirs(row: &Value) -> Value {
    let mut said = row["expected"].clone();
    let timeline = said["timeline"].as_array().expect("a timeline").clone();
    let rows = last_rows(timeline);
    // The name of the new ReplicaSet is a digest.
    let name = Regex::new("ReplicaSet \"app-[0-9a-f]+\"").expect("a pattern");
    said["timeline"] = json!(rows);
    for key in ["passes", "errors", "errorTexts", "flapping"] {
        said.as_object_mut().expect("an object").remove(key);
    }
    rename(&mut said, &name);
    said
}

fn rename(said: &mut Value, name: &Regex) {
    match said {
        Value::String(text) => *text = name.replace_all(text, "ReplicaSet \"canary\"").into_owned(),
        Value::Array(list) => list.iter_mut().for_each(|said| rename(said, name)),
        Value::Object(fields) => fields.values_mut().for_each(|said| rename(said, name)),
        _ => {}
    }
}

pub fn play(row: &Value) -> Value {
    let mut names = Vec::new();
    let mut strategy = strategy(&row["rollout"], |template| template_of(row, template, &mut names));
    let mut script = Script::new(&row["script"], names);
    let horizon = seconds(row["horizon"].as_f64().expect("a horizon"));
    let delay = |version: &str| row["readyDelay"][version].as_i64().map(Duration::from_secs);
    let mut player = Player::new(
        &strategy,
        Settings {
            readiness: Readiness {
                canary: delay("v2"),
                stable: delay("v1"),
                min_ready: Duration::ZERO,
            },
            reconcile_latency: Duration::ZERO,
            one_thread: true,
            whole_seconds: true,
            verify_after: row["verifyAfter"].as_i64().map(Duration::from_secs),
            revisions_back: row["revisionsBack"].as_u64().unwrap_or(0) as u32,
        },
    );
    let mut looks: Vec<Looked> = Vec::new();
    let mut weights: Vec<Value> = Vec::new();
    let mut timeline = vec![at_rest(&strategy)];
    let mut actions = row["actions"].as_array().map_or(Vec::new(), Clone::clone);
    let mut trace = |event: Event| match event.what {
        What::Looked(look) => looks.push(look),
        What::WeightSet(weight) => weights.push(json!([written(event.at), weight.parts])),
        _ => {}
    };
    player.start(&strategy, Timestamp::ZERO);
    player.later_take(delay("v3"));
    loop {
        let wake = player.next_wake(&strategy);
        let action = actions
            .first()
            .map(|action| seconds(action["at"].as_f64().expect("a time")))
            // The person stood on the one thread too.
            .map(|at| player.held().map_or(at, |until| until.max(at)));
        let Some(now) = wake.into_iter().chain(action).min() else {
            break;
        };
        if now > horizon {
            break;
        }
        if action == Some(now) {
            let action = action_of(actions.remove(0)["do"].as_str().expect("a text"));
            if let Action::Replicas(pods) = action {
                let mut rollout = row["rollout"].clone();
                rollout["replicas"] = json!(pods);
                let mut again = Vec::new();
                strategy =
                    crate::argo_spec::strategy(&rollout, |template| template_of(row, template, &mut again));
            }
            player.act(&strategy, now, action, &mut trace);
        }
        let decision = player.wake(&strategy, now, &mut script, &mut trace);
        timeline.push(shown(&strategy, &player, &decision, now));
    }
    let mut said = json!({
        "timeline": last_rows(timeline),
        "runs": runs(&strategy, &player, &looks),
        "phase": player.decision(&strategy, horizon).phase.to_string(),
        "message": player.message(&strategy),
    });
    if strategy.canary().is_some_and(|spec| spec.routed) {
        said["weights"] = json!(weights);
    }
    said
}

fn template_of(row: &Value, template: &str, names: &mut Vec<String>) -> Analysis {
    let template = &row["templates"][template];
    let rules = template["dryRun"].as_array().map_or(&[][..], Vec::as_slice);
    let rules: Vec<String> = rules
        .iter()
        .map(|rule| rule["metricName"].as_str().expect("a rule").to_owned())
        .collect();
    let analysis = analysis(&template["metrics"], &rules, names.len());
    names.extend(analysis.metrics.iter().map(|metric| metric.name.clone()));
    analysis
}

/// Before the update.
fn at_rest(strategy: &Strategy) -> Value {
    let mut row = json!({
        "t": 0,
        "step": Value::Null,
        "pods": {"v1": [strategy.replicas(), strategy.replicas()]},
        "stable": "v1",
        "phase": "Healthy",
        "message": "",
        "abort": false,
        "pause": [],
    });
    match strategy {
        Strategy::Canary(spec) if spec.routed => row["weight"] = json!(0),
        Strategy::Canary(_) => {}
        Strategy::BlueGreen(spec) => {
            row["active"] = json!("v1");
            row["preview"] = json!(if spec.has_preview { "v1" } else { "" });
            row.as_object_mut().expect("an object").remove("step");
        }
    }
    row
}

fn action_of(text: &str) -> Action {
    match text.split_once(':') {
        Some(("image", version)) => Action::Image(Version(version[1..].parse::<u8>().expect("a number") - 1)),
        Some((_, pods)) => Action::Replicas(pods.parse().expect("a number")),
        None => match text {
            "promote" => Action::Promote,
            "promote-full" => Action::PromoteFull,
            "promote-skip-current-step" => Action::SkipStep,
            "promote-skip-all-steps" => Action::SkipAllSteps,
            "abort" => Action::Abort,
            "retry" => Action::Retry,
            "pause" => Action::Pause,
            "unpause" => Action::Unpause,
            other => panic!("no action: {other}"),
        },
    }
}

fn name(version: Version) -> String {
    format!("v{}", version.0 + 1)
}

fn shown(strategy: &Strategy, player: &Player, decision: &Decision, now: Timestamp) -> Value {
    let mut pods = serde_json::Map::new();
    for version in (0..8).map(Version) {
        let Pods { spec, available, .. } = player.cluster().pods(version, now);
        if spec > 0 {
            pods.insert(name(version), json!([spec, available]));
        }
    }
    let mut pause = Vec::new();
    if decision.paused {
        pause.push(match strategy {
            Strategy::Canary(_) => "CanaryPauseStep",
            Strategy::BlueGreen(_) => "BlueGreenPause",
        });
    }
    if decision.waiting == Some(Waiting::Inconclusive) {
        pause.push("InconclusiveAnalysisRun");
    }
    let mut row = json!({
        "t": written(now),
        "step": strategy
            .canary()
            .and_then(|spec| (!spec.steps.is_empty()).then_some(decision.step)),
        "pods": pods,
        "stable": name(decision.stable_is),
        "phase": decision.phase.to_string(),
        "message": player.message(strategy),
        "abort": decision.aborted.is_some(),
        "pause": pause,
    });
    if let Some(rollout) = player.blue_green() {
        let services = rollout.services();
        row["active"] = json!(name(services.active));
        row["preview"] = json!(services.preview.map_or(String::new(), name));
        row.as_object_mut().expect("an object").remove("step");
    } else if let Some(weight) = decision.weight {
        row["weight"] = json!(weight.parts);
        let names = strategy.canary().map_or(&[][..], |spec| &spec.managed.names[..]);
        if !names.is_empty() {
            let routes: Vec<&str> = decision
                .routes
                .places()
                .map(|place| names[place].as_str())
                .collect();
            row["routes"] = json!(routes);
            row["rest"] = json!(decision.rest.map_or(weight.parts, |rest| rest.canary));
        }
    }
    let experiments = strategy.canary().and_then(|spec| spec.experiments().next());
    if experiments.is_some() {
        row["experiments"] = json!(decision.beside.pods);
    }
    assert_eq!(
        decision.phase == RolloutPhase::Healthy,
        player.message(strategy).is_empty()
    );
    row
}

/// The runs by creation, at one moment by name: `-N` of a step, and `.N` when there is one of that name.
fn runs(strategy: &Strategy, player: &Player, looks: &[Looked]) -> Value {
    let list = player.runs().list();
    let name = |number: usize| {
        let binding = list[number].binding;
        let earlier = list[..number].iter().filter(|other| other.binding == binding);
        let step = match binding {
            Binding::Background => String::new(),
            Binding::Step(index) => format!("-{index}"),
            Binding::Experiment(index, number) => format!("-{index}-experiment-{number}"),
            Binding::PrePromotion => "-pre".to_owned(),
            Binding::PostPromotion => "-post".to_owned(),
        };
        match earlier.count() {
            0 => step,
            again => format!("{step}.{again}"),
        }
    };
    let mut runs: Vec<_> = list.iter().enumerate().collect();
    runs.sort_by_key(|(number, bound)| (bound.created, name(*number)));
    let bound = runs.into_iter().map(|(number, bound)| {
        let analysis = bound.binding.analysis(strategy);
        let looks: Vec<Looked> = looks
            .iter()
            .filter(|look| look.run as usize == number)
            .copied()
            .collect();
        let (kind, step) = match bound.binding {
            Binding::Background => ("Background", None),
            Binding::Step(index) => ("Step", Some(index)),
            Binding::Experiment(index, _) => ("Experiment", Some(index)),
            Binding::PrePromotion => ("PrePromotion", None),
            Binding::PostPromotion => ("PostPromotion", None),
        };
        json!({
            "kind": kind,
            "step": step,
            "createdAt": written(bound.created),
            "endedAt": bound.run.ended().map(written),
            "terminatedAt": bound.stopped.map(written),
            "phase": bound.run.phase().to_string(),
            "message": bound.run.message(analysis),
            "measurements": measurements(analysis, &bound.run, &looks),
        })
    });
    Value::Array(bound.collect())
}
