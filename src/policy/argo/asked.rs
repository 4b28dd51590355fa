use std::ops::Range;

use super::arguments::Argument;
use super::lint;
use super::metric::Filled;
use super::spec::{Question, Web};
use super::substitute;
use crate::diagnostic::{Documents, Finding, Span};
use crate::policy::condition::web::WebPath;
use crate::policy::condition::{Condition, ErrorClass};
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::{self};
use crate::units::Duration;
use crate::yaml::Node;

/// What one metric asks: its query and its conditions, parsed, with every error at its character.
pub(super) struct Asked<'a> {
    pub documents: &'a Documents,
    pub filled: &'a Filled<'a>,
    pub arguments: &'a [Argument],
}

impl Asked<'_> {
    /// The question; `None` if its query does not parse.
    pub fn question(&self, findings: &mut Vec<Finding>) -> Option<Question> {
        if self.filled.providers != ["prometheus"] {
            let provider = self.filled.providers.first()?.clone();
            let message = format!("the provider `{provider}` is not simulated");
            let label = "takes the phases that the scenario states, otherwise it passes";
            findings.push(Finding::warning(message).at(self.filled.place("provider"), label));
            let web = (provider == "web").then(|| self.web(findings)).flatten();
            return Some(Question::Other { provider, web });
        }
        let query = self.query();
        let Err(error) = promql::parse(query) else {
            return Some(Question::Prometheus {
                query: query.to_owned(),
            });
        };
        let message = if query.trim().is_empty() {
            "this query is empty"
        } else {
            "this query does not parse"
        };
        let at = self.locate(&["provider", "prometheus", "query"], error.at);
        let mut finding = Finding::error(message).at(at, error.message);
        finding.help.extend(error.help);
        findings.push(finding);
        None
    }

    /// How the answer of a web provider is read; none where its path is one that is not simulated.
    fn web(&self, findings: &mut Vec<Finding>) -> Option<Web> {
        let node = self.filled.node.at(&["provider", "web"])?;
        let path = node.get("jsonPath").and_then(Node::text).unwrap_or("");
        let seconds = node
            .get("timeoutSeconds")
            .and_then(|node| node.expect_integer().ok());
        let timeout = Duration::from_secs(
            seconds
                .filter(|seconds| (1..=86_400).contains(seconds))
                .unwrap_or(10),
        );
        match WebPath::parse(path) {
            Ok(path) => Some(Web { path, timeout }),
            Err(why) => {
                let at = node.get("jsonPath").map_or(node.span, |node| node.span);
                findings.push(Finding::warning(format!("this path cannot be followed: {why}")).at(at, ""));
                None
            }
        }
    }

    /// Where the selectors of the query are written; of a long query the first ones.
    pub fn selectors(&self) -> Vec<(Range<usize>, Span)> {
        const MOST: usize = 50;
        let mut found = Vec::new();
        if let Ok(query) = promql::parse(self.query()) {
            collect(&query, &mut found);
        }
        found.truncate(MOST);
        let place = |at: Range<usize>| {
            let span = self.locate(&["provider", "prometheus", "query"], at.clone());
            (at, span)
        };
        found.into_iter().map(place).collect()
    }

    /// Values that the Rollout passes to the query, each with where it does.
    pub fn passed(&self) -> Vec<(String, Span)> {
        let written = self.filled.node.at(&["provider", "prometheus", "query"]);
        let written = written.and_then(|node| node.text()).unwrap_or("");
        let passed = self.arguments.iter().filter_map(|argument| {
            let value = argument.value.as_ref().filter(|value| !value.is_empty())?;
            let used = written.contains("{{") && written.contains(&format!("args.{}", argument.name));
            Some((value.clone(), argument.passed.filter(|_| used)?))
        });
        passed.collect()
    }

    /// A condition. The controller accepts one that can never be evaluated, so that is a warning: every look errs.
    pub fn condition(&self, field: &str, findings: &mut Vec<Finding>) -> Option<Condition> {
        let written = match field {
            "successCondition" => &self.filled.success,
            _ => &self.filled.failure,
        };
        let condition = Condition::new(&written.as_ref()?.value);
        if self.filled.providers != ["prometheus"] {
            return Some(condition);
        }
        let error = match promql::parse(self.query()) {
            Ok(query) => lint::misfit(&condition, &query),
            Err(_) => Condition::parse(condition.text()).err(),
        };
        let Some(error) = error else {
            return Some(condition);
        };
        let at = self.locate(&[field], error.at);
        let mut finding = if error.class == ErrorClass::Unsupported {
            Finding::error("this condition cannot be played").at(at, error.message)
        } else {
            Finding::warning("every look at this check is an error: the condition cannot be evaluated")
                .at(at, error.message)
        };
        finding.help.extend(error.help);
        findings.push(finding);
        Some(condition)
    }

    fn query(&self) -> &str {
        self.filled.query.as_ref().map_or("", |query| &query.value)
    }

    /// Where bytes `range` of a text after substitution are written.
    fn locate(&self, path: &[&str], range: Range<usize>) -> Span {
        match self
            .filled
            .node
            .at(path)
            .and_then(|node| Some((node, node.text()?)))
        {
            Some((node, text)) => {
                node.locate(self.documents, substitute::origin(text, self.arguments, range))
            }
            None => self.filled.place("provider"),
        }
    }
}

fn collect(expr: &Expr, found: &mut Vec<Range<usize>>) {
    match &expr.kind {
        ExprKind::Selector(_) => found.push(expr.at.clone()),
        ExprKind::Range(range) => found.push(range.selector_at.clone()),
        _ => expr
            .children()
            .into_iter()
            .for_each(|child| collect(child, found)),
    }
}
