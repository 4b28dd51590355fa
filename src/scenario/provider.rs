//! What checks say that cannot be simulated: jobs, web hooks, other providers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Delay, Phase};
use crate::units::{Duration, Ratio, TimeRange, Timestamp};

/// What one check says, and how well it says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provider {
    /// Name of the check; `*` stands for every check.
    pub check: String,
    /// What it says.
    pub phase: Phase,
    /// What it answers instead, as JSON (of a web provider the body): the check's conditions judge it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The query that stands in for it instead, as written: `{{args.NAME}}` is not filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// What it says of a harmful release; absent: the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_harm: Option<Said>,
    /// What it says from some moment on, in the order of time, whatever was released.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<(Duration, Said)>,
    /// Part of its answers that are turned round: Successful for Failed, Failed for Successful.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wrong: f64,
    /// Part of its answers that are errors.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub errors: f64,
    /// How long an answer takes; absent: no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes: Option<Delay>,
    /// When every answer is an error: from when, counted from the rollout's start, and how long.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outages: Vec<(Duration, Duration)>,
    /// Nothing but `errors`, `takes` and `outages` is stated: where a query stands in for it, that query answers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_hinders: bool,
}

/// A phase, or a body to be judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Said {
    /// It judges by itself.
    Phase(Phase),
    /// The check's conditions judge this JSON.
    Value(String),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

impl Provider {
    /// One that says this at every look.
    pub fn new(check: impl Into<String>, phase: Phase) -> Self {
        Self {
            check: check.into(),
            phase,
            value: None,
            query: None,
            of_harm: None,
            later: Vec::new(),
            wrong: 0.0,
            errors: 0.0,
            takes: None,
            outages: Vec::new(),
            only_hinders: false,
        }
    }

    /// What is said of `check`: the first that names it, or all.
    pub fn of<'a>(providers: &'a [Self], check: &str) -> Option<&'a Self> {
        providers
            .iter()
            .find(|provider| provider.check == check || provider.check == "*")
    }

    /// What it says, by when from: first what it says at once, of a release that is harmful or not.
    pub fn course(&self, harmful: bool) -> Vec<(Timestamp, Said)> {
        let own = match &self.value {
            Some(value) => Said::Value(value.clone()),
            None => Said::Phase(self.phase),
        };
        let first = self.of_harm.clone().filter(|_| harmful).unwrap_or(own);
        let later = self
            .later
            .iter()
            .map(|(at, said)| (Timestamp::ZERO + *at, said.clone()));
        std::iter::once((Timestamp::MIN, first)).chain(later).collect()
    }

    /// Whether it cannot be reached at `at`.
    pub fn is_out(&self, at: Timestamp) -> bool {
        self.outages.iter().any(|(from, length)| {
            let start = Timestamp::ZERO + *from;
            let outage = TimeRange {
                start,
                end: start + *length,
            };
            outage.start <= at && at < outage.end
        })
    }
}

/// What it says, in the order of the fields (a query on one line): `Successful, of a harmful release Failed, 5 % of its verdicts turned round`.
impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.query, &self.value) {
            (Some(query), _) => {
                let words: Vec<&str> = query.split_whitespace().collect();
                write!(
                    f,
                    "answered by the query `{}` that stands in for it",
                    words.join(" ")
                )?;
            }
            (None, Some(value)) => write!(f, "{}", Said::Value(value.clone()))?,
            (None, None) => write!(f, "{}", Said::Phase(self.phase))?,
        }
        if let Some(said) = &self.of_harm {
            write!(f, ", of a harmful release {said}")?;
        }
        for (at, said) in &self.later {
            write!(f, ", from {at} on {said}")?;
        }
        if self.wrong > 0.0 {
            write!(f, ", {} of its verdicts turned round", Ratio(self.wrong))?;
        }
        if self.errors > 0.0 {
            write!(f, ", {} errors", Ratio(self.errors))?;
        }
        if let Some(takes) = &self.takes {
            write!(f, ", an answer takes {takes}")?;
        }
        for (at, length) in &self.outages {
            write!(f, ", out for {length} from {at} on")?;
        }
        Ok(())
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phase(phase) => write!(f, "{phase:?}"),
            Self::Value(body) => write!(f, "the body {body}"),
        }
    }
}
