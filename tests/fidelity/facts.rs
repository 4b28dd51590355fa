//! `facts.jsonl`: hand-made cases of single functions, one test a kind.

use coalmine::policy::condition::{Answer, Condition, verdict};
use serde_json::Value;

use crate::table::{Tally, number, numbers, rows};

/// Goes over the facts of one kind; the judge gives our answer and theirs, or `None` for a fact outside.
fn judge(kind: &str, judge: impl Fn(&Value, &Value) -> Option<(String, String)>) {
    let Some(rows) = rows("argo/facts.jsonl") else {
        return;
    };
    let mut tally = Tally::new(format!("facts, {kind}"));
    for row in rows.iter().filter(|row| row["kind"] == kind) {
        match judge(&row["input"], &row["expected"]) {
            Some((ours, theirs)) => tally.row(&row["id"], &ours, &theirs),
            None => tally.outside(),
        }
    }
    tally.finish();
}

/// The phase of a measurement.
fn phase(input: &Value) -> Option<String> {
    let condition = |key: &str| {
        let text = input[key].as_str().filter(|text| !text.is_empty())?;
        Some(Condition::new(text))
    };
    let (success, failure) = (condition("successCondition"), condition("failureCondition"));
    let values;
    let answer = match input["resultType"].as_str()? {
        "scalar" => Answer::Scalar(number(&input["result"])),
        "vector" => {
            values = numbers(&input["result"]);
            Answer::Vector(&values)
        }
        "nil" | "nilptr" => Answer::Nil,
        "json" | "string" => Answer::Json(&input["result"]),
        _ => return None,
    };
    Some(format!(
        "{:?}",
        verdict(success.as_ref(), failure.as_ref(), &answer).0
    ))
}

#[test]
fn a_condition_gives_the_phase() {
    judge("condition", |input, expected| {
        Some((phase(input)?, expected["phase"].as_str()?.to_owned()))
    });
}

#[test]
fn the_newest_engine_is_the_one_played() {
    judge("condition-by-version", |input, expected| {
        Some((phase(input)?, expected["phase_expr_1_17_8"].as_str()?.to_owned()))
    });
}

#[test]
fn an_answer_is_stored_as_text() {
    judge("provider-value", |input, expected| {
        let theirs = expected["value"].as_str()?.to_owned();
        let values = match input["resultType"].as_str()? {
            "scalar" => return Some((Answer::Scalar(number(&input["value"])).to_string(), theirs)),
            "vector" => numbers(&input["samples"]),
            "matrix" => input["series"].as_array()?.iter().flat_map(numbers).collect(),
            // A text is no answer: whoever asks Prometheus makes it an error.
            _ => return None,
        };
        Some((Answer::Vector(&values).to_string(), theirs))
    });
}
