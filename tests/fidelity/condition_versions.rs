//! `conditions-by-version.jsonl`: one condition, one answer, and what each version of the language makes of it.
//!
//! The table is our own: every row was compiled and run, with the functions that the controller adds, by the library expr
//! itself in the versions 1.12.5 and 1.13.0 (equal in every row), 1.15.5, 1.17.7 and 1.17.8 (equal in every row). `says`
//! holds a letter for each of the three: T true, F false, E an error.

use coalmine::policy::condition::{Answer, ArgoVersion, Condition, ErrorClass};
use serde_json::Value;

use crate::table::{number, numbers};

const TABLE: &str = include_str!("conditions-by-version.jsonl");

/// The column of a release, by its `go.mod`.
const RELEASES: [(ArgoVersion, usize); 7] = [
    (ArgoVersion::V1_5, 0),
    (ArgoVersion::V1_6, 0),
    (ArgoVersion::V1_7, 1),
    (ArgoVersion::V1_8, 1),
    (ArgoVersion::V1_9, 1),
    (ArgoVersion::V1_10, 2),
    (ArgoVersion::Head, 2),
];

#[test]
fn a_condition_says_what_each_release_makes_of_it() {
    let (mut judged, mut outside, mut wrong) = (0, 0, Vec::new());
    for line in TABLE.lines() {
        let row: Value = serde_json::from_str(line).expect("a row");
        let text = row["condition"].as_str().expect("a condition");
        let values = row.get("vector").map(numbers).unwrap_or_default();
        let answer = match (row.get("scalar"), row.get("json")) {
            (Some(value), _) => Answer::Scalar(number(value)),
            (_, Some(json)) => Answer::Json(json),
            _ => Answer::Vector(&values),
        };
        for (release, column) in RELEASES {
            let theirs = &row["says"].as_str().expect("three letters")[column..=column];
            let ours = match Condition::of(text, release).evaluate(&answer) {
                Ok(true) => "T",
                Ok(false) => "F",
                Err(error) if error.class == ErrorClass::Unsupported => {
                    outside += 1;
                    continue;
                }
                Err(_) => "E",
            };
            judged += 1;
            if ours != theirs {
                wrong.push(format!("{release}: {line}: ours {ours}"));
            }
        }
    }
    println!(
        "conditions by version: {judged} judged, {} differ, {outside} outside",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(judged > 20 * outside, "{outside} of {judged} are refused");
}
