//! The selectors of a policy's queries, and which of their labels tell the versions apart.

use std::collections::BTreeMap;

use super::identity::known;
use super::outcome::is_usual;
use super::uses::{Use, uses};
use crate::policy::argo::spec::{CheckId, Policy};
use crate::promql::ast::Bytes;
use crate::promql::parse::parse;
use crate::scenario::exposition::LabelRule;
use crate::series::Matcher;

/// One selector of a policy's queries.
#[derive(Clone, Debug)]
pub struct Selected {
    /// The check whose query it stands in.
    pub check: CheckId,
    /// Where in the query.
    pub at: Bytes,
    /// Name of the metric.
    pub name: String,
    /// The other matchers.
    pub matchers: Vec<Matcher>,
    /// Whether it is read as a counter (`rate`, `irate`, `increase`).
    pub rated: bool,
    /// Labels of the metric that tell the versions apart, and their values.
    pub telling: Vec<LabelRule>,
}

impl Selected {
    /// Whether a series that carries no label of a version passes: all matchers but those that tell versions apart.
    pub fn accepts(&self, mut value: impl FnMut(&str) -> String) -> bool {
        let shared = self.matchers.iter().filter(|matcher| !self.tells(&matcher.name));
        shared
            .into_iter()
            .all(|matcher| matcher.accepts(&value(&matcher.name)))
    }

    /// Whether a label tells the versions apart.
    pub fn tells(&self, label: &str) -> bool {
        self.telling.iter().any(|rule| rule.name == label)
    }
}

/// Whether a label of this name usually tells how a request ended.
pub fn tells_ending(label: &str) -> bool {
    is_usual(label)
}

/// All selectors with a name in the queries of `policy` that parse.
pub fn selected(policy: &Policy) -> Vec<Selected> {
    let mut found: Vec<(CheckId, Use)> = Vec::new();
    for (number, check) in policy.checks.iter().enumerate() {
        if let Some(query) = check.question.query()
            && let Ok(expr) = parse(query)
        {
            found.extend(uses(&expr).into_iter().map(|one| (CheckId(number), one)));
        }
    }
    let stem = |one: &Use| one.part().map_or(one.name.clone(), |(stem, _)| stem.to_owned());
    let mut by_stem: BTreeMap<String, Vec<&Use>> = BTreeMap::new();
    for (_, one) in &found {
        by_stem.entry(stem(one)).or_default().push(one);
    }
    let told: BTreeMap<&String, Vec<LabelRule>> = by_stem
        .iter()
        .map(|(stem, uses)| (stem, telling(policy, uses)))
        .collect();
    found
        .iter()
        .map(|(check, one)| Selected {
            check: *check,
            at: one.at.clone(),
            name: one.name.clone(),
            matchers: one.matchers.clone(),
            rated: one.rated,
            telling: told[&stem(one)].clone(),
        })
        .collect()
}

/// The labels by which some use lets one version pass and not the other.
fn telling(policy: &Policy, uses: &[&Use]) -> Vec<LabelRule> {
    let mut by_label: BTreeMap<&str, Vec<&Matcher>> = BTreeMap::new();
    for matcher in uses.iter().flat_map(|one| &one.matchers) {
        if matcher.name != "le" && !is_usual(&matcher.name) {
            by_label.entry(&matcher.name).or_default().push(matcher);
        }
    }
    // Grouped by the hash, a query compares versions without a matcher.
    for label in uses
        .iter()
        .flat_map(|one| &one.kept)
        .filter(|label| label.contains("template_hash"))
    {
        by_label.entry(label).or_default();
    }
    let tells = |(label, matchers): (&str, Vec<&Matcher>)| {
        let rule = known(&policy.identity, label, &matchers)?.rule;
        let side = |value: &str| {
            let value = super::identity::sample(value);
            move |matcher: &&Matcher| matcher.accepts(&value)
        };
        let (canary, stable) = (side(&rule.canary), side(&rule.stable));
        let apart = matchers.is_empty() || matchers.iter().any(|matcher| canary(matcher) != stable(matcher));
        (rule.canary != rule.stable && apart).then_some(rule)
    };
    by_label.into_iter().filter_map(tells).collect()
}
