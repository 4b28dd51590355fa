//! From the JSON of a row to what the controller plays.

use coalmine::diagnostic::{DocumentId, Span};
use coalmine::policy::argo::duration;
use coalmine::policy::argo::int_or_string::{IntOrString, resolve_fenceposts};
use coalmine::policy::argo::route::Leads;
use coalmine::policy::argo::spec::{
    Analysis, Background, BlueGreen, Canary, CanaryScale, CheckId, Experiment, ExperimentAnalysis,
    ExperimentTemplate, Kept, Managed, Metric, ProgressThreshold, Route, SpecRef, Step, StepKind, Strategy,
};
use coalmine::policy::condition::{AnswerForm, Condition};
use coalmine::units::{Duration, Timestamp};
use regex::Regex;
use serde_json::{Value, json};

/// No place: the row is no document.
pub fn nowhere() -> Span {
    Span {
        document: DocumentId(0),
        start: 0,
        end: 0,
    }
}

pub fn seconds(value: f64) -> Timestamp {
    Timestamp::from_millis((value * 1000.0).round() as i64)
}

/// The moment, as the tables write it.
pub fn written(moment: Timestamp) -> f64 {
    moment.as_millis() as f64 / 1000.0
}

pub fn length(value: &Value) -> Option<Duration> {
    Some(duration::parse(value.as_str()?).expect("a duration"))
}

pub fn int_or_string(value: &Value) -> Option<IntOrString> {
    match value {
        Value::Number(number) => Some(IntOrString::Int(number.as_i64()?)),
        Value::String(text) => Some(IntOrString::Text(text.clone())),
        _ => None,
    }
}

fn number(value: &Value, unset: i64) -> i64 {
    int_or_string(value).map_or(unset, |found| found.number())
}

/// The metrics of an AnalysisRun; the check of each is its index, from `first` on.
pub fn analysis(metrics: &Value, dry_run: &[String], first: usize) -> Analysis {
    let rules: Vec<Regex> = dry_run.iter().filter_map(|rule| Regex::new(rule).ok()).collect();
    let metrics = metrics.as_array().expect("metrics").iter().enumerate();
    let metrics = metrics.map(|(index, row)| {
        let name = row["name"].as_str().expect("a name").to_owned();
        let condition = |key: &str| row[key].as_str().map(Condition::new);
        Metric {
            dry_run: rules.iter().any(|rule| rule.is_match(&name)),
            name,
            check: CheckId(first + index),
            span: nowhere(),
            interval: length(&row["interval"]),
            initial_delay: row["initialDelay"]
                .as_str()
                .and_then(|text| duration::parse(text).ok()),
            count: number(&row["count"], 0),
            failure_limit: number(&row["failureLimit"], 0),
            inconclusive_limit: number(&row["inconclusiveLimit"], 0),
            consecutive_error_limit: number(&row["consecutiveErrorLimit"], 4),
            consecutive_success_limit: number(&row["consecutiveSuccessLimit"], 0),
            success: condition("successCondition"),
            failure: condition("failureCondition"),
            form: AnswerForm::default(),
        }
    });
    Analysis {
        metrics: metrics.collect(),
    }
}

/// The strategy of a rollout, defaults filled in.
pub fn strategy(rollout: &Value, template: impl FnMut(&str) -> Analysis) -> Strategy {
    if rollout["strategy"]["canary"].is_null() {
        Strategy::BlueGreen(blue_green(rollout, template))
    } else {
        Strategy::Canary(canary(rollout, template))
    }
}

fn named(analysis: &Value, mut template: impl FnMut(&str) -> Analysis) -> Analysis {
    let templates = analysis["templates"].as_array().expect("templates");
    let mut metrics = Vec::new();
    for reference in templates {
        metrics.extend(template(reference["templateName"].as_str().expect("a name")).metrics);
    }
    Analysis { metrics }
}

/// The spec of a rollout with strategy `blueGreen`, defaults filled in.
pub fn blue_green(rollout: &Value, mut template: impl FnMut(&str) -> Analysis) -> BlueGreen {
    let fields = &rollout["strategy"]["blueGreen"];
    let seconds = |value: &Value, unset: i64| Duration::from_secs(value.as_i64().unwrap_or(unset));
    let mut analysis = |key: &str| {
        let analysis = &fields[key];
        (!analysis.is_null()).then(|| named(analysis, &mut template))
    };
    BlueGreen {
        span: nowhere(),
        replicas: rollout["replicas"].as_u64().unwrap_or(1) as u32,
        active_service: "active".to_owned(),
        has_preview: !fields["previewService"].is_null(),
        preview_replicas: fields["previewReplicaCount"].as_u64().map(|pods| pods as u32),
        pre_promotion: analysis("prePromotionAnalysis"),
        post_promotion: analysis("postPromotionAnalysis"),
        auto_promotion: fields["autoPromotionEnabled"] != false,
        auto_promotion_after: Some(seconds(&fields["autoPromotionSeconds"], 0))
            .filter(|after| !after.is_zero()),
        scale_down_delay: seconds(&fields["scaleDownDelaySeconds"], 30),
        scale_down_delay_stated: !fields["scaleDownDelaySeconds"].is_null(),
        scale_down_delay_revisions: fields["scaleDownDelayRevisionLimit"]
            .as_u64()
            .map_or(u32::MAX, |limit| limit as u32),
        rollback_window: window(rollout),
        abort_scale_down_delay: seconds(&fields["abortScaleDownDelaySeconds"], 30),
        min_ready: Duration::ZERO,
        progress_deadline: seconds(&rollout["progressDeadlineSeconds"], 600),
        progress_deadline_abort: rollout["progressDeadlineAbort"] == true,
    }
}

/// The spec of a rollout with strategy `canary`, defaults filled in.
pub fn canary(rollout: &Value, mut template: impl FnMut(&str) -> Analysis) -> Canary {
    let strategy = &rollout["strategy"]["canary"];
    let replicas = rollout["replicas"].as_u64().unwrap_or(1) as u32;
    let fenceposts = resolve_fenceposts(
        int_or_string(&strategy["maxSurge"]).as_ref(),
        int_or_string(&strategy["maxUnavailable"]).as_ref(),
        replicas,
    )
    .expect("surge and unavailability");
    let routed = !strategy["trafficRouting"].is_null();
    let mut named = |analysis: &Value| named(analysis, &mut template);
    let delay = |key: &str, unset: i64| Duration::from_secs(strategy[key].as_i64().unwrap_or(unset));
    let background = &strategy["analysis"];
    let background = (!background.is_null()).then(|| Background {
        starting_step: background["startingStep"].as_u64().unwrap_or(0) as usize,
        analysis: named(background),
    });
    let managed = managed(&strategy["trafficRouting"]);
    let steps = strategy["steps"].as_array().map_or(&[][..], Vec::as_slice);
    let steps = steps.iter().map(|step| Step {
        scale: scale(&step["setCanaryScale"]),
        routes: routes(step, &managed.names),
        ..Step::new(
            nowhere(),
            if let Some(weight) = step["setWeight"].as_u64() {
                StepKind::SetWeight(weight as u32)
            } else if !step["pause"].is_null() {
                let written = int_or_string(&step["pause"]["duration"]);
                StepKind::Pause(written.map(|written| duration::pause(&written).expect("a pause")))
            } else if !step["analysis"].is_null() {
                StepKind::Analysis(named(&step["analysis"]))
            } else if !step["experiment"].is_null() {
                StepKind::Experiment(experiment(&step["experiment"], &mut named))
            } else {
                StepKind::Other
            },
        )
    });
    Canary {
        replicas,
        max_surge: fenceposts.max_surge,
        max_unavailable: fenceposts.max_unavailable,
        max_weight: strategy["trafficRouting"]["maxTrafficWeight"]
            .as_u64()
            .unwrap_or(100) as u32,
        routed,
        verifies: false,
        managed: managed.clone(),
        dynamic_stable_scale: strategy["dynamicStableScale"] == true,
        min_pods: strategy["minPodsPerReplicaSet"].as_u64().unwrap_or(0) as u32,
        steps: steps.collect(),
        background,
        abort_scale_down_delay: delay("abortScaleDownDelaySeconds", 30),
        abort_delay_stated: !strategy["abortScaleDownDelaySeconds"].is_null(),
        scale_down_delay: delay("scaleDownDelaySeconds", if routed { 30 } else { 0 }),
        progress_threshold: threshold(&strategy["replicaProgressThreshold"]),
        min_ready: Duration::ZERO,
        progress_deadline: Duration::from_secs(rollout["progressDeadlineSeconds"].as_i64().unwrap_or(600)),
        progress_deadline_abort: rollout["progressDeadlineAbort"] == true,
        rollback_window: window(rollout),
        kept: kept(rollout),
    }
}

fn experiment(step: &Value, named: &mut impl FnMut(&Value) -> Analysis) -> Experiment {
    let list = |key: &str| step[key].as_array().map_or(&[][..], Vec::as_slice);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let template = |row: &Value| ExperimentTemplate {
        name: text(&row["name"]),
        of: if row["specRef"] == "canary" {
            SpecRef::Canary
        } else {
            SpecRef::Stable
        },
        replicas: row["replicas"].as_u64().unwrap_or(1) as u32,
        weight: row["weight"].as_u64().map(|weight| weight as u32),
    };
    Experiment {
        templates: list("templates").iter().map(template).collect(),
        duration: step["duration"]
            .as_str()
            .map(|text| duration::parse(text).expect("a duration")),
        analyses: list("analyses")
            .iter()
            .map(|row| ExperimentAnalysis {
                name: text(&row["name"]),
                required: row["requiredForCompletion"] == true,
                analysis: named(&json!({"templates": [{"templateName": row["templateName"]}]})),
            })
            .collect(),
        scale_down_delay: Duration::from_secs(step["scaleDownDelaySeconds"].as_i64().unwrap_or(30)),
    }
}

fn kept(rollout: &Value) -> Kept {
    let limit = |key: &str| rollout["analysis"][key].as_u64().unwrap_or(5) as u32;
    Kept {
        successful: limit("successfulRunHistoryLimit"),
        unsuccessful: limit("unsuccessfulRunHistoryLimit"),
    }
}

fn window(rollout: &Value) -> u32 {
    rollout["rollbackWindow"]["revisions"].as_u64().unwrap_or(0) as u32
}

fn managed(routing: &Value) -> Managed {
    let names = routing["managedRoutes"].as_array().map_or(&[][..], Vec::as_slice);
    let name = |route: &Value| route["name"].as_str().expect("a name").to_owned();
    Managed {
        names: names.iter().map(name).collect(),
        by_subset: !routing["istio"]["destinationRule"].is_null(),
        mirrors_alone: !routing["istio"].is_null() && routing["istio"]["virtualService"]["routes"].is_null(),
        wants_all: !routing["alb"].is_null(),
    }
}

/// Which requests a route matches does not matter to the controller, but whether it matches any.
fn routes(step: &Value, names: &[String]) -> Vec<Route> {
    let fields = ["setHeaderRoute", "setMirrorRoute"].map(|field| (field, &step[field]));
    let fields = fields.into_iter().filter(|(_, route)| !route.is_null());
    let route = |(field, route): (&str, &Value)| Route {
        place: names
            .iter()
            .position(|name| route["name"] == **name)
            .expect("a managed route"),
        leads: match field {
            _ if route["match"].is_null() => Leads::Removed,
            "setHeaderRoute" => Leads::Headers(Vec::new()),
            _ => Leads::Copies(route["percentage"].as_u64().unwrap_or(100) as u32, Vec::new()),
        },
    };
    fields.map(route).collect()
}

fn scale(row: &Value) -> Option<CanaryScale> {
    let number = |key: &str| row[key].as_u64().map(|number| number as u32);
    (!row.is_null()).then(|| match (number("replicas"), number("weight")) {
        _ if row["matchTrafficWeight"] == true => CanaryScale::MatchTraffic,
        (Some(pods), _) => CanaryScale::Pods(pods),
        (None, Some(weight)) => CanaryScale::Weight(weight),
        (None, None) => CanaryScale::MatchTraffic,
    })
}

pub fn threshold(row: &Value) -> Option<ProgressThreshold> {
    let value = u32::try_from(row["value"].as_i64()?).ok()?;
    Some(match row["type"].as_str()? {
        "Pods" => ProgressThreshold::Pods(value),
        _ => ProgressThreshold::Percent(value),
    })
}
