//! `conditions.jsonl`: two conditions and an answer to a phase.

use coalmine::policy::condition::{Answer, Condition, ErrorClass, Fault, Phase, Which, verdict};
use serde_json::Value;

use crate::table::{Tally, number, numbers, rows};

/// Phase, place and class of the error: what a row says and what we say.
type Said = (String, Option<String>, Option<String>);

#[test]
fn conditions_are_judged_as_the_controller_judges_them() {
    let Some(rows) = rows("argo/conditions.jsonl") else {
        return;
    };
    let mut tally = Tally::new("conditions");
    for row in &rows {
        let theirs = &row["expected"];
        let json;
        let values;
        let answer = match row["provider"].as_str() {
            Some("scalar") => Answer::Scalar(number(&row["result"])),
            Some("vector") => {
                values = numbers(&row["result"]);
                Answer::Vector(&values)
            }
            Some("pointer") if row["result"].is_null() => Answer::Nil,
            Some("pointer") => Answer::Scalar(number(&row["result"])),
            // What a web provider answers is read here as far as no path has to be followed.
            _ if theirs["errorIn"] == "provider" || theirs["phase"] == "Panic" => {
                tally.outside();
                continue;
            }
            _ => match web(row) {
                Some(found) => {
                    json = found;
                    Answer::Json(&json)
                }
                None => {
                    tally.outside();
                    continue;
                }
            },
        };
        let condition = |key: &str| row[key].as_str().map(Condition::new);
        let (success, failure) = (condition("successCondition"), condition("failureCondition"));
        let (phase, fault) = verdict(success.as_ref(), failure.as_ref(), &answer);
        if fault
            .as_ref()
            .is_some_and(|fault| fault.error.class == ErrorClass::Unsupported)
        {
            println!("  {}: {}", row["id"], fault.expect("an error").error.message);
            tally.outside();
            continue;
        }
        let text = |key: &str| theirs[key].as_str().map(str::to_owned);
        let expected: Said = (
            text("phase").expect("a phase"),
            text("errorIn"),
            text("errorClass"),
        );
        let mut ours = said(phase, fault.as_ref());
        // The text stored as the measurement's value, where it is a number or a list of numbers; none with an error.
        let prometheus = matches!(row["provider"].as_str(), Some("scalar" | "vector"));
        let stored = theirs["value"]
            .as_str()
            .filter(|_| prometheus && phase != Phase::Error);
        if let Some(value) = stored.filter(|value| *value != answer.to_string()) {
            ours.0 = format!("{} with value {answer} instead of {value}", ours.0);
        }
        tally.row(&row["id"], &ours, &expected);
    }
    tally.finish();
}

/// The answer of a web provider whose path is the whole body or fields of it.
fn web(row: &Value) -> Option<Value> {
    let body = row["body"].as_str()?;
    let Ok(json) = serde_json::from_str::<Value>(body) else {
        // A body that is not JSON is a text, whatever the path.
        return Some(Value::String(body.to_owned()));
    };
    let path = row["jsonPath"]
        .as_str()
        .filter(|path| !path.is_empty())
        .unwrap_or("{$}");
    let path = path.strip_prefix("{$")?.strip_suffix('}')?;
    let mut found = &json;
    for field in path.split('.').skip(1) {
        found = match field.split_once('[') {
            None => found.get(field)?,
            Some((field, index)) => found
                .get(field)?
                .get(index.strip_suffix(']')?.parse::<usize>().ok()?)?,
        };
    }
    Some(found.clone())
}

fn said(phase: Phase, fault: Option<&Fault>) -> Said {
    let place = fault.map(|fault| match fault.which {
        Which::Success => "successCondition",
        Which::Failure => "failureCondition",
    });
    let class = fault.map(|fault| match fault.error.class {
        ErrorClass::EmptyResult => "empty-result",
        ErrorClass::IndexOutOfRange => "index-out-of-range",
        ErrorClass::NotBool => "not-bool",
        ErrorClass::Other => "other",
        ErrorClass::Unsupported => "unsupported",
    });
    (
        format!("{phase:?}"),
        place.map(str::to_owned),
        class.map(str::to_owned),
    )
}
