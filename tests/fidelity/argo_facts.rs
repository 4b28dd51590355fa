//! `facts.jsonl`: hand-made cases of single functions of the controllers, one test a kind.

use std::collections::BTreeMap;

use coalmine::analysis::{
    Asked, Due, Evidence, Found, Last, Limit, Look, Phase, Reply, Run, Tally as Seen, assess, due,
};
use coalmine::controller::argo::dynamic::weight_on_abort;
use coalmine::controller::argo::replicas::{nearest, threshold_met, weight_to_replicas};
use coalmine::controller::argo::weights::{Progress, current_set_weight};
use coalmine::controller::argo::{
    AbortedBy, Action, Player, Settings, Waiting, before_starting_step, pause_ends, times_out,
};
use coalmine::controller::cluster::{Pods, Readiness};
use coalmine::policy::argo::duration;
use coalmine::policy::argo::int_or_string::resolve_fenceposts;
use coalmine::policy::argo::spec::{Analysis, Canary, Strategy};
use coalmine::units::{Duration, Timestamp, Weight};
use serde_json::{Value, json};

use crate::argo_runs::{equal, play};
use crate::argo_spec::{analysis, blue_green, canary, int_or_string, seconds, threshold, written};
use crate::argo_weights::pods;
use crate::table::{Tally, rows};

/// Goes over the facts of one kind; the judge says what is expected in our words, or why a fact is outside.
fn judge(kind: &str, judge: impl Fn(&Value) -> Result<Value, &'static str>) {
    let Some(rows) = rows("argo/facts.jsonl") else {
        return;
    };
    let mut tally = Tally::new(format!("facts, {kind}"));
    for row in rows.iter().filter(|row| row["kind"] == kind) {
        match judge(&row["input"]) {
            Ok(ours) => {
                let theirs = row["expected"].as_object().expect("an object");
                let unlike = theirs
                    .iter()
                    .filter(|(key, value)| !equal(&ours[key.as_str()], value));
                let unlike: Vec<_> = unlike.collect();
                let text = format!("{unlike:?} where we say {ours}");
                let differing = if unlike.is_empty() { "" } else { text.as_str() };
                tally.row(&row["id"], &differing, &"");
            }
            Err(reason) => tally.outside_for(reason),
        }
    }
    tally.finish();
}

fn phase(name: &Value) -> Option<Phase> {
    Some(match name.as_str()? {
        "Successful" => Phase::Successful,
        "Failed" => Phase::Failed,
        "Inconclusive" => Phase::Inconclusive,
        "Error" => Phase::Error,
        "Running" => Phase::Running,
        _ => Phase::Pending,
    })
}

fn seen(result: &Value) -> Seen {
    let count = |key: &str| result[key].as_i64().unwrap_or(0);
    Seen {
        successful: count("successful"),
        failed: count("failed"),
        inconclusive: count("inconclusive"),
        error: count("error"),
        count: count("count"),
        consecutive_error: count("consecutiveError"),
        consecutive_success: count("consecutiveSuccess"),
    }
}

/// Metrics of a fact; a duration that Go refuses is the loader's to refuse.
fn metrics(input: &Value) -> Analysis {
    let dry_run = input["dryRun"].as_array().map_or(Vec::new(), |names| {
        names
            .iter()
            .map(|name| format!("^{}$", name.as_str().expect("a name")))
            .collect()
    });
    analysis(&input["metrics"], &dry_run, 0)
}

#[test]
fn assess_metric() {
    judge("assess-metric", |input| {
        let mut metric = input["metric"].clone();
        metric["name"] = json!("m");
        let metric = &analysis(&json!([metric]), &[], 0).metrics[0];
        let result = &input["result"];
        if let Some(done) = phase(&result["phase"]).filter(|phase| phase.completed()) {
            return Ok(json!({"phase": done.to_string()}));
        }
        let last = result["measurementPhases"]
            .as_array()
            .and_then(|phases| phase(phases.last()?));
        let terminating = input["terminating"] == true;
        Ok(json!({"phase": assess(metric, &seen(result), last, terminating).to_string()}))
    });
}

#[test]
fn assess_metric_message() {
    judge("assess-metric-message", |input| {
        let metric = &analysis(&json!([{"name": "m"}]), &[], 0).metrics[0];
        let limit = Limit::beyond(metric, &seen(&input["result"])).ok_or("no limit broken")?;
        Ok(json!({"phase": limit.phase().to_string(), "message": limit.to_string()}))
    });
}

#[test]
fn counters() {
    judge("counters", |input| {
        let mut tally = seen(&input["before"]);
        tally.add(phase(&input["measurement"]).expect("a phase"));
        Ok(json!({
            "successful": tally.successful,
            "failed": tally.failed,
            "inconclusive": tally.inconclusive,
            "error": tally.error,
            "count": tally.count,
            "consecutiveError": tally.consecutive_error,
            "consecutiveSuccess": tally.consecutive_success,
        }))
    });
}

/// Everything is in flight, for ever.
struct NoAnswer;

impl Evidence for NoAnswer {
    fn ask(&mut self, _: &Look) -> Asked<'_> {
        Reply::InFlight {
            again: None,
            event: None,
        }
        .into()
    }
}

/// The run that a fact tells of. A measurement of unknown time has just finished.
fn found(analysis: &Analysis, input: &Value, now: Timestamp) -> Run {
    let results = input["results"].as_array().expect("results");
    let metrics = analysis.metrics.iter().map(|metric| {
        let result = results
            .iter()
            .find(|result| result["name"] == metric.name.as_str())?;
        let last = match result["measurements"].as_array().map(|list| list.last()) {
            Some(last) => last.map(|last| Last {
                started: seconds(last["startedAt"].as_f64().expect("a start")),
                finished: last["finishedAt"].as_f64().map(seconds),
                phase: phase(&last["phase"]).expect("a phase"),
                again: None,
            }),
            None => result["measurementPhases"].as_array().and_then(|phases| {
                let phase = phase(phases.last()?)?;
                let finished = phase.completed().then_some(now);
                Some(Last {
                    started: now,
                    finished,
                    phase,
                    again: None,
                })
            }),
        };
        Some(Found {
            phase: phase(&result["phase"]).expect("a phase"),
            tally: seen(result),
            last,
            message: result["message"].as_str().unwrap_or("").to_owned(),
        })
    });
    let started = match &input["runStartedAt"] {
        Value::Null if input.get("runStartedAt").is_some() => None,
        at => Some(at.as_f64().map_or(now, seconds)),
    };
    Run::found(started, input["terminate"] == true, metrics.collect())
}

#[test]
fn assess_run() {
    judge("assess-run", |input| {
        let analysis = metrics(input);
        let now = Timestamp::ZERO;
        let mut run = found(&analysis, input, now);
        run.pass(&analysis, now, |moment| moment, &mut NoAnswer, &mut |_| {});
        Ok(json!({"phase": run.phase().to_string(), "message": run.message(&analysis)}))
    });
}

#[test]
fn next_time() {
    judge("next-time", |input| {
        let analysis = metrics(input);
        let known = |metric: &Value| {
            let delay = metric["initialDelay"].as_str();
            delay.is_none_or(|delay| duration::parse(delay).is_ok())
        };
        if !input["metrics"].as_array().expect("metrics").iter().all(known) {
            return Err("a duration that is refused before it is played");
        }
        let run = found(&analysis, input, Timestamp::ZERO);
        Ok(json!({"nextReconcileAt": run.next_wake(&analysis).map(written)}))
    });
}

#[test]
fn due_metrics() {
    judge("due-metrics", |input| {
        let analysis = metrics(input);
        let now = seconds(input["now"].as_f64().expect("now"));
        let run = found(&analysis, input, now);
        let started = input["runStartedAt"].as_f64().map(seconds);
        let measured = analysis
            .metrics
            .iter()
            .zip(run.metrics())
            .filter(|(metric, measured)| {
                let due = due(metric, &measured.tally, measured.last.as_ref(), started, false);
                // The clock stands exactly at `now`, not just after.
                due.has_come(now) && due != Due::After(now)
            });
        let names: Vec<_> = measured.map(|(metric, _)| metric.name.clone()).collect();
        Ok(json!({"measure": names}))
    });
}

#[test]
fn timeline() {
    judge("timeline", |input| {
        let latency = input["queryLatencySeconds"].clone();
        let mut script = BTreeMap::new();
        for (name, outcomes) in input["outcomes"].as_object().expect("outcomes") {
            let values = outcomes
                .as_array()
                .expect("a list")
                .iter()
                .map(|phase| json!({"phase": phase}));
            let values: Vec<_> = values.collect();
            script.insert(name, json!({"by": "index", "values": values, "latency": latency}));
        }
        let said = play(&json!({
            "metrics": input["metrics"],
            "dryRun": input["dryRun"],
            "script": script,
            "horizon": 100_000,
            "terminateAt": input["terminateAtSeconds"],
        }));
        let metrics = said["metrics"].as_object().expect("metrics").iter();
        let metrics = metrics.filter(|(_, result)| !result.is_null());
        let metrics: BTreeMap<_, _> = metrics.map(|(name, result)| (name, &result["phase"])).collect();
        let looks = said["measurements"].as_array().expect("measurements").iter();
        let looks: Vec<_> = looks.map(|look| json!([look[0], look[2], look[3]])).collect();
        Ok(json!({
            "runPhase": said["phase"],
            "completedAtSeconds": said["endedAt"],
            "metricPhases": metrics,
            "measurements": looks,
            "message": said["message"],
        }))
    });
}

/// The spec that a fact about pods and weights tells of.
fn spec(input: &Value) -> Canary {
    let mut canary_fields = json!({});
    for key in [
        "steps",
        "maxSurge",
        "maxUnavailable",
        "replicaProgressThreshold",
        "abortScaleDownDelaySeconds",
        "dynamicStableScale",
        "minPodsPerReplicaSet",
    ] {
        canary_fields[key] = input[key].clone();
    }
    if input["trafficRouting"] == true || input["dynamicStableScale"] == true {
        canary_fields["trafficRouting"] = json!({"smi": {}});
    }
    let rollout = json!({
        "replicas": input["replicas"].as_u64().unwrap_or(1),
        "strategy": {"canary": canary_fields},
    });
    canary(&rollout, |_| Analysis::default())
}

fn progress(input: &Value) -> Progress {
    // Without a word about it the stable version is whole.
    let rs = |key: &str, unsaid: &Value| {
        let count = |field: &str| match &input[key] {
            Value::Null => unsaid.clone(),
            said => said[field].clone(),
        };
        pods(&json!({"spec": count("specReplicas"), "available": count("availableReplicas")}))
    };
    Progress {
        step: input["stepIndex"].as_u64().unwrap_or(0) as usize,
        aborted: input["aborted"] == true,
        promoted: false,
        promote_full: input["promoteFull"] == true,
        returning: false,
        told: input["currentWeights"]["canary"]
            .as_u64()
            .map(|weight| weight as u32),
        canary: rs("canaryRS", &Value::Null),
        stable: rs("stableRS", &input["replicas"]),
        others: Pods::default(),
    }
}

#[test]
fn replica_weight() {
    judge("replica-weight", |input| {
        let number = |key: &str| input[key].as_u64().expect("a number") as u32;
        let counts = nearest(
            number("replicas"),
            number("weight"),
            number("maxWeight"),
            number("maxSurge"),
        );
        Ok(json!({"canary": counts.canary, "stable": counts.stable}))
    });
}

#[test]
fn replica_counts() {
    judge("replica-counts", |input| {
        let counts = progress(input).desired(&spec(input));
        Ok(json!({"canary": counts.canary, "stable": counts.stable}))
    });
}

#[test]
fn replica_progress() {
    judge("replica-progress", |input| {
        let mut spec_input = input.clone();
        spec_input["steps"] = json!([{"setWeight": input["setWeight"]}]);
        let spec = spec(&spec_input);
        let all = |count: &Value| pods(&json!({"spec": count, "available": count}));
        let mut progress = Progress {
            canary: all(&input["start"]["canary"]),
            stable: all(&input["start"]["stable"]),
            ..progress(input)
        };
        let sequence = crate::argo_weights::sequence(&spec, &mut progress);
        let sequence: Vec<_> = sequence.iter().map(|row| [row[0], row[2]]).collect();
        let [canary, stable] = sequence.last().expect("a row").map(f64::from);
        let share = canary / (canary + stable);
        Ok(json!({
            "sequenceCanaryStable": sequence,
            "settledCanaryShare": (share * 1e6).round() / 1e6,
        }))
    });
}

#[test]
fn weight_to_pods() {
    judge("weight-to-replicas", |input| {
        let number = |key: &str| input[key].as_u64().expect("a number") as u32;
        let pods = weight_to_replicas(number("replicas"), number("weight"), number("maxWeight"));
        Ok(json!({"replicas": pods}))
    });
}

#[test]
fn fenceposts() {
    judge("fenceposts", |input| {
        let found = resolve_fenceposts(
            int_or_string(&input["maxSurge"]).as_ref(),
            int_or_string(&input["maxUnavailable"]).as_ref(),
            input["replicas"].as_u64().expect("replicas") as u32,
        );
        let found = found.expect("numbers");
        Ok(json!({"maxSurge": found.max_surge, "maxUnavailable": found.max_unavailable}))
    });
}

#[test]
fn set_weight() {
    judge("set-weight", |input| {
        let weight = current_set_weight(
            &spec(input),
            input["stepIndex"].as_u64().expect("a step") as usize,
            input["aborted"] == true,
        );
        Ok(json!({"weight": weight}))
    });
}

#[test]
fn routed_weight() {
    judge("routed-weight", |input| {
        let mut routed = input.clone();
        routed["trafficRouting"] = json!(true);
        Ok(json!({"canaryWeight": progress(input).weight_to_send(&spec(&routed))}))
    });
}

#[test]
fn abort_weight() {
    judge("abort-weight", |input| {
        let mut routed = input.clone();
        routed["trafficRouting"] = json!(true);
        let Progress { canary, stable, .. } = progress(input);
        Ok(json!({"desiredCanaryWeight": weight_on_abort(&spec(&routed), canary, stable)}))
    });
}

#[test]
fn replicas_available_guard() {
    judge("replicas-available-guard", |input| {
        let mut routed = input.clone();
        routed["trafficRouting"] = json!(true);
        routed["steps"] = json!([{"setWeight": input["weight"]}]);
        let all = Pods {
            spec: 5,
            created: 5,
            ready: 5,
            available: 5,
        };
        let mut progress = progress(input);
        progress.canary = all;
        progress.stable = pods(&json!({"spec": input["rsSpecReplicas"], "available": input["rsAvailable"]}));
        // The guard looks at the weight that the steps ask for once the canary has its pods.
        progress.stable.spec = 10;
        progress.stable.created = 10;
        Ok(json!({"enough": progress.weight_to_send(&spec(&routed)).is_some()}))
    });
}

#[test]
fn replica_progress_threshold() {
    judge("replica-progress-threshold", |input| {
        let (available, desired) = (&input["available"], &input["desired"]);
        let number = |value: &Value| value.as_u64().expect("a number") as u32;
        let (available, desired) = (number(available), number(desired));
        let Some(threshold) = threshold(&input["threshold"]) else {
            return Ok(json!({"met": available == desired}));
        };
        Ok(json!({"met": threshold_met(Some(threshold), available, desired)}))
    });
}

#[test]
fn pause_duration() {
    judge("pause-duration", |input| {
        let pause = int_or_string(&input["duration"]).map(|written| duration::pause(&written));
        let seconds = match pause {
            None => 0,
            Some(None) => -1,
            Some(Some(length)) => length.as_millis() / 1000,
        };
        Ok(json!({"seconds": seconds}))
    });
}

#[test]
fn pause_complete() {
    judge("pause-complete", |input| {
        let now = Timestamp::from_secs(2_000_000);
        let age = input["pauseConditionAgeSeconds"]
            .as_i64()
            .map(Duration::from_secs);
        let length = input["duration"].as_i64().map(Duration::from_secs);
        let completed = match age {
            None => input["controllerPause"] == true,
            Some(age) => pause_ends(now - age, length).is_some_and(|end| end < now),
        };
        Ok(json!({"completed": completed}))
    });
}

#[test]
fn progress_deadline() {
    judge("progress-deadline", |input| {
        let now = Timestamp::from_secs(1000);
        let since = |key: &str| Duration::from_secs(input[key].as_i64().expect("seconds"));
        let timed_out = match input["progressingReason"].as_str().expect("a reason") {
            "ProgressDeadlineExceeded" => true,
            "RolloutPaused" | "RolloutAborted" => false,
            _ => {
                times_out(
                    now - since("lastUpdateAgeSeconds"),
                    since("progressDeadlineSeconds"),
                ) < now
            }
        };
        Ok(json!({"timedOut": timed_out}))
    });
}

#[test]
fn starting_step() {
    judge("before-starting-step", |input| {
        let number = |key: &str| input[key].as_u64().expect("a number") as usize;
        let before = before_starting_step(number("startingStep"), number("stepIndex"), number("steps"));
        Ok(json!({"before": before}))
    });
}

/// Every look ends so.
struct Always(Phase);

impl Evidence for Always {
    fn ask(&mut self, _: &Look) -> Asked<'_> {
        match self.0 {
            Phase::Running => Reply::InFlight {
                again: None,
                event: None,
            }
            .into(),
            verdict => Reply::Verdict(verdict).into(),
        }
    }
}

/// What an analysis that ends at once does to a blue-green update.
fn effect_on_blue_green(input: &Value, field: &str) -> Value {
    let mut fields = json!({"activeService": "active"});
    fields[field] = json!({"templates": [{"templateName": "a"}]});
    let rollout = json!({"replicas": 2, "strategy": {"blueGreen": fields}});
    let metric = json!([{"name": "m", "consecutiveErrorLimit": 0}]);
    let spec = blue_green(&rollout, |_| analysis(&metric, &[], 0));
    let strategy = Strategy::BlueGreen(spec);
    let second = Some(Duration::from_secs(1));
    let mut player = Player::new(
        &strategy,
        Settings::new(Readiness {
            canary: second,
            stable: second,
            min_ready: Duration::ZERO,
        }),
    );
    player.start(&strategy, Timestamp::ZERO);
    let verdict = phase(&input["phase"]).unwrap_or(Phase::Successful);
    let mut decision = None;
    while let Some(now) = player
        .next_wake(&strategy)
        .filter(|now| *now <= Timestamp::from_secs(20))
    {
        decision = Some(player.wake(&strategy, now, &mut Always(verdict), &mut |_| {}));
    }
    let decision = decision.expect("it was woken");
    let switched = decision.weight == Some(Weight::ALL);
    let effect = match (decision.waiting, decision.aborted, decision.promoted) {
        (Some(Waiting::Inconclusive), ..) => "pause",
        (_, Some(_), _) => "abort",
        (.., Some(_)) if field.starts_with("post") => "mark-stable",
        _ if switched => "switch-active-service",
        _ => "none",
    };
    json!({"effect": effect, "reason": "InconclusiveAnalysisRun"})
}

#[test]
fn analysis_effect() {
    judge("analysis-effect", |input| {
        let step = input["use"] == "step";
        if let Some(field) = match input["use"].as_str() {
            Some("prePromotion") => Some("prePromotionAnalysis"),
            Some("postPromotion") => Some("postPromotionAnalysis"),
            _ => None,
        } {
            return Ok(effect_on_blue_green(input, field));
        }
        let verdict = phase(&input["phase"]).unwrap_or(Phase::Successful);
        let analysis_ref = json!({"templates": [{"templateName": "a"}]});
        let mut fields = json!({"steps": [{"setWeight": 50}, {"pause": {"duration": 60}}]});
        if step {
            fields["steps"] = json!([{"setWeight": 50}, {"analysis": analysis_ref}]);
        } else {
            fields["analysis"] = analysis_ref;
        }
        let rollout = json!({"replicas": 2, "strategy": {"canary": fields}});
        let metric = json!([{"name": "m", "interval": "10s", "consecutiveErrorLimit": 0}]);
        let spec = Strategy::Canary(canary(&rollout, |_| analysis(&metric, &[], 0)));
        let at_once = Readiness {
            canary: Some(Duration::from_secs(1)),
            stable: Some(Duration::from_secs(1)),
            min_ready: Duration::ZERO,
        };
        let mut player = Player::new(&spec, Settings::new(at_once));
        player.start(&spec, Timestamp::ZERO);
        let mut decision = None;
        while let Some(now) = player
            .next_wake(&spec)
            .filter(|now| *now <= Timestamp::from_secs(30))
        {
            decision = Some(player.wake(&spec, now, &mut Always(verdict), &mut |_| {}));
        }
        let mut decision = decision.expect("it was woken");
        match input["event"].as_str() {
            None => {}
            Some("aborted") => {
                let now = Timestamp::from_secs(31);
                player.act(&spec, now, Action::Abort, &mut |_| {});
                decision = player.wake(&spec, now, &mut Always(verdict), &mut |_| {});
                assert_eq!(decision.aborted.map(|abort| abort.by), Some(AbortedBy::Person));
            }
            Some(_) => {
                while decision.promoted.is_none() {
                    let now = player.next_wake(&spec).expect("it goes on");
                    decision = player.wake(&spec, now, &mut Always(verdict), &mut |_| {});
                }
            }
        }
        if input["event"].is_string() {
            let stopped = player.runs().list().iter().all(|bound| bound.stopped.is_some());
            return Ok(json!({"effect": if stopped { "terminate-run" } else { "none" }}));
        }
        let effect = match (decision.waiting, decision.aborted) {
            (Some(Waiting::Inconclusive), _) => "pause",
            (_, Some(_)) => "abort",
            _ => "none",
        };
        Ok(json!({
            "effect": effect,
            "reason": "InconclusiveAnalysisRun",
            "stepIndexAfter": decision.step,
        }))
    });
}
