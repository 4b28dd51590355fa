//! A table of facts: rows in, a tally out.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::common;

/// The rows of `argo/NAME.jsonl`, or `None`, said aloud, where the tables are absent.
pub fn rows(name: &str) -> Option<Vec<Value>> {
    let path = match std::env::var_os("COALMINE_FIDELITY") {
        Some(folder) => PathBuf::from(folder).join(name),
        None => common::shared(&format!("fidelity/{name}"))?,
    };
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows = text.lines().filter(|line| !line.trim().is_empty());
    Some(
        rows.map(|line| serde_json::from_str(line).expect("a row is a JSON object"))
            .collect(),
    )
}

/// What became of the rows of one table.
pub struct Tally {
    name: String,
    passed: usize,
    differing: Vec<String>,
    outside: usize,
    reasons: BTreeMap<String, usize>,
}

impl Tally {
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            passed: 0,
            differing: Vec::new(),
            outside: 0,
            reasons: BTreeMap::new(),
        }
    }

    /// Compares one row.
    pub fn row<T: PartialEq + Debug>(&mut self, id: &Value, ours: &T, theirs: &T) {
        if ours == theirs {
            self.passed += 1;
        } else {
            self.differing
                .push(format!("{id}: we say {ours:?}, the controller {theirs:?}"));
        }
    }

    /// Counts a row that is knowingly not covered.
    pub fn outside(&mut self) {
        self.outside += 1;
    }

    /// Counts a row that is knowingly not covered, and why.
    pub fn outside_for(&mut self, reason: &str) {
        self.outside();
        *self.reasons.entry(reason.to_owned()).or_default() += 1;
    }

    /// Prints the tally.
    ///
    /// # Panics
    ///
    /// If a row differs.
    pub fn finish(self) {
        let cases = self.passed + self.differing.len() + self.outside;
        println!(
            "{}: {cases} cases, {} passed, {} differing, {} outside",
            self.name,
            self.passed,
            self.differing.len(),
            self.outside
        );
        for (reason, rows) in &self.reasons {
            println!("  outside: {rows} with {reason}");
        }
        for line in &self.differing {
            println!("  {line}");
        }
        assert!(
            self.differing.is_empty(),
            "{} of {} differ",
            self.differing.len(),
            self.name
        );
    }
}

/// A number as the tables write it: `0.5`, `"0.5"`, `"NaN"`, `"+Inf"`, `"-Inf"`.
pub fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().expect("a number in words"),
        other => other.as_f64().expect("a number"),
    }
}

/// A list of numbers.
pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}
