use std::collections::BTreeSet;

use super::release::{self, Fit};
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{Check, Policy};
use crate::promql::{self, Anchor, Plan};
use crate::recording::live::{Wanted, matcher as written};
use crate::series::{Layout, Matcher};
use crate::units::TimeRange;

/// What policies read of a Prometheus.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Series and times, each series once.
    pub wanted: Vec<Wanted>,
    /// The queries, each once, arguments substituted.
    pub queries: Vec<String>,
    /// What was widened, and what cannot be read.
    pub findings: Vec<Finding>,
}

impl Reading {
    /// All that the queries of `policies` read when they are asked at moments of `range`: lookback, windows, offsets and
    /// subqueries included.
    pub fn new(policies: &[Policy], range: TimeRange, settings: &promql::Settings) -> Self {
        let mut reading = Self::default();
        let mut wanted = Vec::new();
        for policy in policies {
            for check in &policy.checks {
                match plan(check, settings) {
                    Ok(Some((query, plan))) => {
                        if !reading.queries.contains(query) {
                            reading.queries.push(query.clone());
                        }
                        wanted.extend(plan.asks().iter().map(|ask| want(ask, range, policy)));
                        reading.findings.extend(widened(check, policy, &plan));
                    }
                    Ok(None) => {}
                    Err(finding) => reading.findings.push(finding),
                }
            }
        }
        reading.wanted = joined(wanted);
        reading
    }
}

/// The query of a check, planned without any series; `None` where it asks no Prometheus.
fn plan<'a>(check: &'a Check, settings: &promql::Settings) -> Result<Option<(&'a String, Plan)>, Finding> {
    let Some(query) = check.question.query() else {
        return Ok(None);
    };
    let wrong = || {
        Finding::error(format!(
            "the query of check {} cannot be asked offline",
            check.name
        ))
    };
    let expr = promql::parse(query).map_err(|error| wrong().at(check.place(&error.at), error.message))?;
    let plan = Plan::of(&expr, &Layout::default(), settings, check.question.range()).map_err(|errors| {
        errors.into_iter().fold(wrong(), |finding, error| {
            let finding = finding.at(check.place(&error.at), error.message);
            error.help.into_iter().fold(finding, Finding::help)
        })
    })?;
    Ok(Some((query, plan)))
}

fn want(ask: &promql::Ask, range: TimeRange, policy: &Policy) -> Wanted {
    let matchers = ask.matchers.iter();
    let matchers = matchers.filter_map(|matcher| release::any_release(matcher, &policy.identity));
    let (first, last) = match ask.anchor {
        Anchor::Evaluation | Anchor::Start | Anchor::End => (range.start, range.end),
        Anchor::At(moment) => (moment, moment),
    };
    Wanted {
        matchers: matchers.collect(),
        after: first - ask.from,
        until: last - ask.to,
        ends: ask.newest,
    }
}

/// What is said of the matchers that name one release.
fn widened(check: &Check, policy: &Policy, plan: &Plan) -> Option<Finding> {
    let mut said = BTreeSet::new();
    for matcher in plan.asks().iter().flat_map(|ask| &ask.matchers) {
        let one = written(matcher);
        match release::fit(matcher, &policy.identity) {
            Fit::AsWritten => {}
            Fit::Dropped => drop(said.insert(format!("{one} is dropped"))),
            Fit::Widened(to) => {
                said.insert(format!("{one} becomes {}", written(&to)));
            }
        }
    }
    if said.is_empty() {
        return None;
    }
    let finding = Finding::note(format!(
        "check {} asks for one release: the series of all are fetched",
        check.name
    ));
    let said: Vec<String> = said.into_iter().collect();
    Some(finding.at(check.span, said.join("; ")))
}

/// Each series asked for once: what a selector with fewer matchers takes anyway needs no other.
fn joined(mut wanted: Vec<Wanted>) -> Vec<Wanted> {
    wanted.sort_by_key(|one| (one.matchers.len(), one.after));
    let mut joined: Vec<Wanted> = Vec::new();
    for one in wanted {
        let wider = joined.iter_mut().find(|other| {
            takes(&other.matchers, &one.matchers) && other.after <= one.until && one.after <= other.until
        });
        match wider {
            Some(other) => {
                other.after = other.after.min(one.after);
                other.until = other.until.max(one.until);
                other.ends |= one.ends;
            }
            None => joined.push(one),
        }
    }
    joined
}

/// Whether every series that passes `narrow` passes `wide`: no matcher of `wide` is missing there.
fn takes(wide: &[Matcher], narrow: &[Matcher]) -> bool {
    wide.iter().all(|matcher| narrow.contains(matcher))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Documents;
    use crate::recording::live::selector;
    use crate::units::Timestamp;

    const POLICY: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}}
  strategy:
    canary:
      analysis:
        templates: [{templateName: t}]
        args:
          - {name: hash, valueFrom: {podTemplateHashValue: Latest}}
          - {name: job, value: shop}
      steps: [{setWeight: 20}, {pause: {duration: 10m}}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: t}
spec:
  args: [{name: hash}, {name: job}]
  metrics:
    - name: errors
      interval: 1m
      failureCondition: result[0] > 0.01
      provider:
        prometheus:
          query: |
            sum(rate(req{job="{{args.job}}",code=~"5.."}[2m] offset 1m)) / sum(rate(req{job="{{args.job}}"}[10m]))
    - name: memory
      interval: 1m
      failureCondition: result[0] > 5
      provider:
        prometheus:
          query: max(mem{pod=~"shop-{{args.hash}}-.*",zone!="{{args.hash}}"})
"#;

    /// By hand: the errors reach back 2m + 1m, the requests 10m and take the errors in; memory reaches back 5m.
    #[test]
    fn asks_for_what_the_queries_read_and_no_more() {
        let mut documents = Documents::default();
        documents.add("policy.yaml", POLICY);
        let loaded = crate::policy::load(&documents, &Documents::default());
        let range = TimeRange {
            start: Timestamp::from_secs(100_000),
            end: Timestamp::from_secs(103_600),
        };
        let reading = Reading::new(&loaded.policies, range, &promql::Settings::default());
        let asked: Vec<_> = reading
            .wanted
            .iter()
            .map(|one| {
                let seconds = |moment: Timestamp| moment.as_millis() / 1000;
                (
                    selector(&one.matchers),
                    seconds(one.after),
                    seconds(one.until),
                    one.ends,
                )
            })
            .collect();
        assert_eq!(
            asked,
            [
                (r#"req{job="shop"}"#.to_owned(), 99_400, 103_600, false),
                (
                    r#"mem{pod=~"shop-[a-z0-9]+-.*"}"#.to_owned(),
                    99_700,
                    103_600,
                    true
                ),
            ]
        );
        assert_eq!(reading.queries.len(), 2);
        let said = &reading.findings[0].labels[0].text;
        assert!(
            said.contains(r#"pod=~"shop-6c8b5f7d94-.*" becomes pod=~"shop-[a-z0-9]+-.*""#),
            "{said}"
        );
        assert!(said.contains(r#"zone!="6c8b5f7d94" is dropped"#), "{said}");
    }
}
