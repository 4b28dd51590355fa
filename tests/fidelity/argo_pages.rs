//! Rules of the controller, one a page: given, when, then (`tests/fidelity/argo/*.yaml`).
//!
//! A page names the rule, the controller's version and the function that it stands in. `given` is the Rollout's spec,
//! with templates, what their metrics answer from when on, seconds until pods are ready (`never`), and how long a
//! router takes to verify a weight; `revisionsBack`: v2 is not new, but a return to the version so many revisions
//! before v1. `when` is what people do. `then` says how things stand at moments: what is not
//! said is not compared.

use std::fs;
use std::path::PathBuf;

use coalmine::diagnostic::Documents;
use coalmine::yaml::{self, Content, Kind, Node, Plain};
use serde_json::{Map, Value, json};

use crate::argo_rollouts::play;
use crate::argo_runs::equal;

/// Nobody looks further.
const HORIZON: i64 = 2000;

#[test]
fn the_rules_hold() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fidelity/argo");
    let mut pages: Vec<_> = fs::read_dir(&folder)
        .expect("the pages")
        .map(|entry| entry.expect("a page").path())
        .collect();
    pages.sort();
    let mut broken = Vec::new();
    for path in &pages {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let page = read(&name, fs::read_to_string(path).expect("a text"));
        for key in ["rule", "version", "function"] {
            assert!(page[key].is_string(), "{name} does not say its {key}");
        }
        broken.extend(judge(&page).into_iter().map(|why| format!("{name}: {why}")));
    }
    println!("rules: {} pages, {} broken", pages.len(), broken.len());
    assert!(broken.is_empty(), "{broken:#?}");
}

/// What does not hold.
fn judge(page: &Value) -> Vec<String> {
    let given = &page["given"];
    let mut script = Map::new();
    for (metric, answers) in given["answers"].as_object().into_iter().flatten() {
        script.insert(metric.clone(), json!({"by": "time", "values": answers}));
    }
    let said = play(&json!({
        "rollout": given["rollout"],
        "templates": given["templates"],
        "script": script,
        "readyDelay": given["ready"],
        "verifyAfter": given["verifies"],
        "revisionsBack": given["revisionsBack"],
        "actions": page["when"],
        "horizon": HORIZON,
    }));
    let timeline = said["timeline"].as_array().expect("a timeline");
    let mut broken = Vec::new();
    for wanted in page["then"].as_array().expect("what then?") {
        let at = wanted["at"].as_f64().expect("a time");
        let row = timeline.iter().rev().find(|row| row["t"].as_f64() <= Some(at));
        let row = row.expect("a row from the start on");
        for (key, value) in wanted.as_object().expect("a mapping") {
            if key != "at" && !equal(&row[key], value) {
                broken.push(format!("at {at} {key} is {}, not {value}", row[key]));
            }
        }
    }
    broken
}

fn read(name: &str, text: String) -> Value {
    let mut documents = Documents::default();
    let id = documents.add(name, text);
    match yaml::read(&documents, id)
        .into_iter()
        .next()
        .map(|part| part.content)
    {
        Some(Content::Tree(node)) => value(&node),
        other => panic!("{name}: {other:?}"),
    }
}

fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Sequence(items) => items.iter().map(value).collect(),
        Kind::Mapping(entries) => {
            let entries = entries
                .iter()
                .map(|(key, item)| (key.text().expect("a key").to_owned(), value(item)));
            Value::Object(entries.collect())
        }
        Kind::Scalar { .. } => match node.plain() {
            Some(Plain::Bool(is)) => json!(is),
            Some(Plain::Int(number)) => json!(number),
            Some(Plain::Float(number)) => json!(number),
            Some(Plain::Text("never")) | Some(Plain::Null) | None => Value::Null,
            Some(Plain::Text(text)) => json!(text),
        },
    }
}
