//! `facts.jsonl`: the kinds that concern documents.

use coalmine::diagnostic::{Documents, Severity};
use coalmine::policy::argo::arguments::{self, Argument};
use coalmine::policy::argo::{Filled, IntOrString};
use coalmine::policy::argo::{dry_run, duration, field_path, substitute, validate};
use coalmine::policy::load;
use serde_json::{Map, Value, json};

use crate::argo_templates::tree;
use crate::table::{Tally, rows};

fn facts(kind: &str, ours: impl Fn(&Value) -> Value) {
    let Some(rows) = rows("argo/facts.jsonl") else {
        return;
    };
    let mut tally = Tally::new(kind);
    for row in rows.iter().filter(|row| row["kind"] == kind) {
        tally.row(&row["id"], &ours(&row["input"]), &row["expected"]);
    }
    tally.finish();
}

fn declared(input: &Value) -> Vec<Argument> {
    Argument::declared(Some(&tree(input)))
}

#[test]
fn metrics_are_refused_as_the_controller_refuses_them() {
    facts("validate", |input| {
        let mut metrics = input["metrics"].clone();
        for metric in metrics.as_array_mut().expect("metrics") {
            let providers = metric["providers"].as_array().expect("providers").clone();
            let providers = providers
                .iter()
                .map(|name| (name.as_str().expect("a name").to_owned(), json!({})));
            metric["provider"] = Value::Object(providers.collect::<Map<_, _>>());
        }
        let metrics = tree(&metrics);
        let filled: Vec<_> = metrics
            .items()
            .iter()
            .map(|metric| Filled::new(metric, &[]).expect("no tags"))
            .collect();
        let refusal = validate::metrics(&filled)
            .into_iter()
            .next()
            .map(|refusal| refusal.message);
        json!({"ok": refusal.is_none(), "error": refusal})
    });
}

#[test]
fn tags_are_replaced_as_the_controller_replaces_them() {
    facts("template-resolve", |input| {
        let given = input["args"].as_object().expect("arguments").iter();
        let given: Vec<Value> = given
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let text = input["template"].as_str().expect("a text");
        match substitute::text(text, &declared(&Value::Array(given))) {
            Ok(value) => json!({"value": value}),
            Err(message) if message.starts_with("failed to resolve") => json!({"error": message}),
            Err(_) => json!({"error": true}),
        }
    });
}

#[test]
fn arguments_merge_as_in_the_controller() {
    facts("merge-args", |input| {
        match arguments::merge(&declared(&input["incoming"]), &declared(&input["template"])) {
            Ok(merged) => {
                let pairs = merged
                    .into_iter()
                    .map(|argument| (argument.name, json!(argument.value)));
                json!({"args": Value::Object(pairs.collect())})
            }
            Err(refusal) => json!({"error": refusal.message}),
        }
    });
}

#[test]
fn paths_lead_where_they_lead_in_the_controller() {
    facts("field-path", |input| {
        match field_path::extract(&tree(&input["rollout"]), input["path"].as_str().expect("a path")) {
            Ok(value) => json!({"value": value}),
            Err(message) => json!({"error": message}),
        }
    });
}

#[test]
fn dry_run_rules_match_as_in_the_controller() {
    facts("dry-run-match", |input| {
        let texts = |key: &str| -> Vec<String> {
            let list = input[key].as_array().expect("a list").iter();
            list.map(|text| text.as_str().expect("a text").to_owned())
                .collect()
        };
        let metrics = texts("metrics");
        let names: Vec<&str> = metrics.iter().map(String::as_str).collect();
        match dry_run::matched(&texts("rules"), &names) {
            Ok(matched) => json!({"dryRun": matched.iter().map(|&n| names[n]).collect::<Vec<_>>()}),
            Err(message) => json!({"error": message}),
        }
    });
}

#[test]
fn pauses_last_as_long_as_in_the_controller() {
    facts("pause-duration", |input| {
        let written = match &input["duration"] {
            Value::String(text) => IntOrString::Text(text.clone()),
            number => IntOrString::Int(number.as_i64().expect("an integer")),
        };
        json!({"seconds": duration::pause(&written).map_or(-1, |length| length.as_millis() / 1000)})
    });
}

/// Whether a Rollout with this strategy, beside this template, can be played.
fn is_played(canary: &Value, template: &Value) -> bool {
    let metadata = json!({"labels": {"app": "a"}});
    let spec = json!({
        "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": metadata},
        "strategy": {"canary": canary},
    });
    let api = "argoproj.io/v1alpha1";
    let mut documents = Documents::default();
    for (kind, spec) in [("Rollout", &spec), ("AnalysisTemplate", template)] {
        let object = json!({"apiVersion": api, "kind": kind, "metadata": {"name": "a"}, "spec": spec});
        documents.add(format!("{kind}.json"), object.to_string());
    }
    let loaded = load(&documents, &Documents::default());
    assert_eq!(loaded.policies.len() + loaded.refused, 1);
    let errors = loaded
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    assert_eq!(errors > 0, loaded.refused == 1);
    loaded.refused == 0
}

#[test]
fn strategies_are_refused_as_the_controller_refuses_them() {
    let Some(rows) = rows("argo/facts.jsonl") else {
        return;
    };
    let mut tally = Tally::new("validate-rollout");
    for row in rows.iter().filter(|row| row["kind"] == "validate-rollout") {
        let ours = json!(is_played(&row["input"], &json!({"metrics": []})));
        tally.row(&row["id"], &ours, &row["expected"]["ok"]);
    }
    tally.finish();
}

#[test]
fn uses_of_templates_are_refused_as_the_controller_refuses_them() {
    let Some(rows) = rows("argo/facts.jsonl") else {
        return;
    };
    let mut tally = Tally::new("validate-template-use");
    for row in rows.iter().filter(|row| row["kind"] == "validate-template-use") {
        let mut metric = row["input"]["metric"].clone();
        metric["name"] = json!("m");
        metric["provider"] = json!({"prometheus": {"query": "up"}});
        let analysis = json!({"templates": [{"templateName": "a"}]});
        let canary = match row["input"]["use"].as_str() {
            Some("background") => json!({"analysis": analysis}),
            _ => json!({"steps": [{"analysis": analysis}]}),
        };
        let ours = json!(is_played(&canary, &json!({"metrics": [metric]})));
        tally.row(&row["id"], &ours, &row["expected"]["ok"]);
    }
    tally.finish();
}
