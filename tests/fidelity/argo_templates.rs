//! `templates.jsonl`: templates and arguments to the metrics of a run.

use coalmine::diagnostic::Documents;
use coalmine::policy::argo::duration;
use coalmine::policy::argo::run::{Run, Subject, Template};
use coalmine::policy::argo::{Filled, IntOrString, Refusal, Stage};
use coalmine::yaml::{self, Content, Node};
use serde_json::{Map, Value, json};

use crate::table::{Tally, rows};

#[test]
fn templates_become_the_metrics_that_the_controller_makes() {
    let Some(rows) = rows("argo/templates.jsonl") else {
        return;
    };
    let mut tally = Tally::new("templates");
    for row in &rows {
        tally.row(&row["id"], &ours(row), &row["expected"]);
    }
    tally.finish();
}

/// JSON is YAML: the tree of a value.
pub fn tree(value: &Value) -> Node {
    let mut documents = Documents::default();
    let id = documents.add("row.json", value.to_string());
    match yaml::read(&documents, id)
        .into_iter()
        .next()
        .map(|part| part.content)
    {
        Some(Content::Tree(node)) => node,
        other => panic!("{value}: {other:?}"),
    }
}

fn ours(row: &Value) -> Value {
    let pods = json!({"metadata": {"labels": {"app": "checkout", "version": "v2"}}});
    let labels = json!({"team": "payments"});
    let metadata =
        json!({"name": "checkout", "namespace": "shop", "labels": labels, "annotations": {"tier": "gold"}});
    let rollout = tree(&json!({"metadata": metadata, "spec": {"replicas": 3, "template": pods}}));
    let analysis = tree(&json!({"args": row["rolloutArgs"], "dryRun": row["rolloutDryRun"]}));
    let specs: Vec<(String, bool, Node)> = row["templates"]
        .as_array()
        .expect("templates")
        .iter()
        .map(|template| {
            let name = template["name"].as_str().expect("a name").to_owned();
            (name, template["cluster"] == true, tree(&template["spec"]))
        })
        .collect();
    let templates: Vec<Template<'_>> = specs
        .iter()
        .map(|(name, cluster, spec)| Template {
            name,
            cluster: *cluster,
            spec,
        })
        .collect();
    let subject = Subject {
        rollout: &rollout,
        template: None,
        canary_hash: "canary-hash",
        stable_hash: "stable-hash",
    };
    let run = Run::new(subject, &templates, &analysis);
    told(&run)
}

fn told(run: &Run<'_>) -> Value {
    let stage = run.refusals.first().map(|refusal| refusal.stage);
    let mut told = Map::new();
    let word = match stage {
        None => "ok",
        Some(Stage::RolloutArguments) => "rollout-args",
        Some(Stage::CreateRun) => "create-run",
        Some(Stage::Substitute) => "substitute",
        Some(Stage::Validate) => "validate",
        Some(Stage::DryRun) => "dry-run",
    };
    told.insert("stage".into(), word.into());
    if let Some(Refusal { message, .. }) = run.refusals.first() {
        told.insert("error".into(), message.as_str().into());
    }
    if stage.is_none_or(|stage| stage >= Stage::Substitute) {
        let arguments = run.arguments.iter();
        let arguments = arguments.map(|argument| (argument.name.clone(), json!(argument.value)));
        told.insert("args".into(), Value::Object(arguments.collect()));
    }
    if stage.is_none_or(|stage| stage >= Stage::Validate) {
        told.insert("metrics".into(), run.metrics.iter().map(metric).collect());
    }
    if stage.is_none() {
        let names = run
            .dry_run
            .iter()
            .map(|&n| Value::from(run.metrics[n].name.as_str()));
        told.insert("dryRun".into(), names.collect());
    }
    Value::Object(told)
}

fn metric(metric: &Filled<'_>) -> Value {
    let mut told = Map::new();
    told.insert("name".into(), metric.name.as_str().into());
    told.insert("effectiveCount".into(), json!(metric.effective_count()));
    let texts = [
        ("query", &metric.query),
        ("successCondition", &metric.success),
        ("failureCondition", &metric.failure),
        ("interval", &metric.interval),
        ("initialDelay", &metric.initial_delay),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            told.insert(name.into(), text.value.as_str().into());
        }
    }
    for (name, text) in [
        ("intervalSeconds", &metric.interval),
        ("initialDelaySeconds", &metric.initial_delay),
    ] {
        if let Some(length) = text.as_ref().and_then(|text| duration::parse(text).ok()) {
            told.insert(name.into(), (length.as_millis() / 1000).into());
        }
    }
    let limits: [(&str, &Option<IntOrString>); 4] = [
        ("failureLimit", &metric.failure_limit),
        ("inconclusiveLimit", &metric.inconclusive_limit),
        ("consecutiveErrorLimit", &metric.consecutive_error_limit),
        ("consecutiveSuccessLimit", &metric.consecutive_success_limit),
    ];
    for (name, limit) in limits {
        if let Some(limit) = limit {
            told.insert(name.into(), limit.number().into());
        }
    }
    Value::Object(told)
}
