//! `conditions.jsonl`: two conditions and an answer to a phase.

use coalmine::policy::condition::web::{WebError, WebPath};
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
            _ => match web(row) {
                Ok(found) => {
                    json = found;
                    Answer::Json(&json)
                }
                Err(error) => {
                    tally.row(&row["id"], &of_provider(&error), &of_row(theirs));
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
        let expected = of_row(theirs);
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

/// What a web provider makes of the row's body.
fn web(row: &Value) -> Result<Value, WebError> {
    let path = WebPath::parse(row["jsonPath"].as_str().unwrap_or("")).expect("a path");
    path.answer(row["body"].as_str().expect("a body"))
}

/// An error of the provider itself, in the words of a row.
fn of_provider(error: &WebError) -> Said {
    match error {
        WebError::Panics => ("Panic".to_owned(), None, None),
        WebError::NotFound(_) => (
            "Error".to_owned(),
            Some("provider".to_owned()),
            Some("other".to_owned()),
        ),
    }
}

fn of_row(theirs: &Value) -> Said {
    let text = |key: &str| theirs[key].as_str().map(str::to_owned);
    (
        text("phase").expect("a phase"),
        text("errorIn"),
        text("errorClass"),
    )
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
