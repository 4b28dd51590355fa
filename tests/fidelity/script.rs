//! The scripted answers of a row.

use std::collections::BTreeMap;

use coalmine::analysis::{Asked, Evidence, Look, Phase, Reply, Stage};
use coalmine::policy::condition::Answer;
use coalmine::units::{Duration, Timestamp};
use serde_json::Value;

use crate::argo_spec::{seconds, written};
use crate::table::{number, numbers};

/// What all metrics of a row answer.
pub struct Script<'a> {
    script: &'a Value,
    /// Name of the metric of each check.
    pub names: Vec<String>,
    /// How many measurements of a metric a run has begun, and the answer of the one in flight.
    taken: BTreeMap<(u32, usize), usize>,
    values: Vec<f64>,
}

impl<'a> Script<'a> {
    pub fn new(script: &'a Value, names: Vec<String>) -> Self {
        Self {
            script,
            names,
            taken: BTreeMap::new(),
            values: Vec::new(),
        }
    }
}

fn phase(name: &str) -> Phase {
    match name {
        "Successful" => Phase::Successful,
        "Failed" => Phase::Failed,
        "Inconclusive" => Phase::Inconclusive,
        "Error" => Phase::Error,
        other => panic!("no phase: {other}"),
    }
}

impl Evidence for Script<'_> {
    fn ask(&mut self, look: &Look) -> Asked<'_> {
        let script = &self.script[&self.names[look.check.0]];
        let taken = self.taken.entry((look.run, look.metric)).or_default();
        *taken += usize::from(look.stage == Stage::Take);
        let values = script["values"].as_array().expect("values");
        let value = if script["by"] == "index" {
            &values[(*taken - 1).min(values.len() - 1)]
        } else {
            let start = written(look.started);
            let before = values.iter().rev().find(|pair| number(&pair[0]) <= start);
            &before.unwrap_or(&values[0])[1]
        };
        let latency = script["latency"].as_f64().unwrap_or(0.0);
        let latency = Duration::from_millis((latency * 1000.0).round() as i64);
        if let Some(takes) = script["takes"].as_f64() {
            let done = look.started + (seconds(takes) - Timestamp::ZERO);
            match look.stage {
                Stage::Terminate if script["onTerminate"] != "none" => {
                    return Reply::Verdict(phase(script["onTerminate"].as_str().expect("a phase"))).into();
                }
                Stage::Resume if done <= look.now => {}
                _ => {
                    let poll = script["poll"].as_i64().unwrap_or(0);
                    return Reply::InFlight {
                        again: (poll > 0).then(|| look.now + Duration::from_secs(poll)),
                        event: (poll == 0).then_some(done),
                    }
                    .into();
                }
            }
        }
        let reply = match value {
            Value::Array(_) => {
                self.values = numbers(value);
                Reply::Answer(Answer::Vector(&self.values))
            }
            Value::Object(said) => match said.get("error") {
                Some(error) => Reply::Error(error.as_str().expect("a text")),
                None => Reply::Verdict(phase(said["phase"].as_str().expect("a phase"))),
            },
            other => Reply::Answer(Answer::Scalar(number(other))),
        };
        Asked { reply, latency }
    }
}
