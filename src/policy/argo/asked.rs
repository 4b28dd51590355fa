use std::ops::Range;

use super::arguments::Argument;
use super::lint;
use super::metric::Filled;
use super::spec::{Question, Web};
use super::{range, stand_in, substitute, unknown};
use crate::diagnostic::{Documents, Finding, Span};
use crate::policy::condition::web::WebPath;
use crate::policy::condition::{Answer, ArgoVersion, Condition, ConditionError, ErrorClass};
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::{self, Trail};
use crate::units::{Duration, Timestamp};
use crate::yaml::Node;

/// What one metric asks: its query and its conditions, parsed, with every error at its character.
pub(super) struct Asked<'a> {
    pub documents: &'a Documents,
    pub filled: &'a Filled<'a>,
    pub arguments: &'a [Argument],
    /// The release that conditions are read for.
    pub release: ArgoVersion,
}

impl Asked<'_> {
    /// The question; `None` if its query does not parse.
    pub fn question(&self, findings: &mut Vec<Finding>) -> Option<Question> {
        if self.filled.providers != ["prometheus"] {
            let provider = self.filled.providers.first()?.clone();
            let message = format!("the provider `{provider}` is not simulated");
            let label = match provider.as_str() {
                "web" => {
                    "answers what the scenario states (a phase, a body to be judged, a query), otherwise it passes"
                }
                _ if stand_in::judges_itself(&provider) => {
                    "takes the phases that the scenario states, otherwise it passes"
                }
                _ => "answers what the scenario states (a phase, a value, a query), otherwise it passes",
            };
            findings.push(Finding::warning(message).at(self.filled.place("provider"), label));
            let web = (provider == "web").then(|| self.web(findings)).flatten();
            return Some(Question::Other {
                provider,
                web,
                stand_in: None,
            });
        }
        let query = self.query();
        let range = match range::read(self.documents, self.filled, self.arguments) {
            Ok(range) => range,
            Err(finding) => {
                findings.push(*finding);
                return None;
            }
        };
        let Err(error) = promql::parse(query) else {
            if let Some(range) = range {
                findings.extend(self.never_answered(range));
            }
            return Some(Question::Prometheus {
                query: query.to_owned(),
                range,
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

    /// A range that the API refuses: every look ends in its error.
    fn never_answered(&self, range: Trail) -> Option<Finding> {
        let why = range.seen_from(Timestamp::ZERO).err()?;
        let written = range::written(self.filled)?;
        let message = "every look at this check is an error: Prometheus refuses its range";
        Some(Finding::warning(message).at(written.span, why))
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
        match promql::parse(self.query()) {
            Ok(query) => selectors(&query, |at| self.locate(&["provider", "prometheus", "query"], at)),
            Err(_) => Vec::new(),
        }
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
        let condition = Condition::of(&written.as_ref()?.value, self.release);
        if self.filled.providers != ["prometheus"] {
            return Some(condition);
        }
        let Some(error) = self.error_of(&condition) else {
            findings.extend(self.differs_elsewhere(&condition, field));
            return Some(condition);
        };
        let at = self.locate(&[field], error.at);
        let newest = condition.under(ArgoVersion::default());
        let mut finding = if error.class == ErrorClass::Unsupported {
            Finding::error("this condition cannot be played").at(at, error.message)
        } else if self.error_of(&newest).is_none() {
            let message = format!(
                "every look at this check is an error: Argo Rollouts {} cannot evaluate the condition",
                self.release
            );
            Finding::warning(message).at(at, error.message)
        } else {
            Finding::warning("every look at this check is an error: the condition cannot be evaluated")
                .at(at, error.message)
        };
        finding.help.extend(error.help);
        findings.push(finding);
        Some(condition)
    }

    /// Why a condition can never be evaluated on what the query gives.
    fn error_of(&self, condition: &Condition) -> Option<ConditionError> {
        match promql::parse(self.query()) {
            Ok(query) => lint::misfit(condition, &query, range::written(self.filled).is_some()),
            Err(_) => condition.syntax().cloned(),
        }
    }

    /// A condition that works where nobody said which release is meant, and fails in many clusters.
    fn differs_elsewhere(&self, condition: &Condition, field: &str) -> Option<Finding> {
        let before = condition.under(ArgoVersion::V1_9);
        let newest = ArgoVersion::default();
        let on_nothing = |condition: &Condition| condition.evaluate(&Answer::Vector(&[])).ok();
        if self.release != newest {
            let now = condition.under(newest);
            // What does not compile there says so by itself.
            let differs = self.error_of(condition).is_none() && on_nothing(&now) != on_nothing(condition);
            return differs.then(|| {
                let message = format!(
                    "in Argo Rollouts {} an empty answer is equal to no list",
                    self.release
                );
                Finding::warning(message)
                    .at(self.filled.place(field), "not as newer releases read it")
                    .help("write len(result) == 0, which all releases understand")
            });
        }
        if let Some(error) = self
            .error_of(&before)
            .filter(|error| error.class != ErrorClass::Unsupported)
        {
            let message = "before Argo Rollouts 1.10 every look at this check is an error";
            let mut finding = Finding::note(message).at(self.locate(&[field], error.at), error.message);
            finding.help.extend(error.help);
            return Some(finding.help("--argo-version 1.9 plays it as those releases do"));
        }
        let (now, then) = (on_nothing(condition), on_nothing(&before));
        (now != then).then(|| {
            let message = "before Argo Rollouts 1.10 an empty answer is equal to no list";
            Finding::note(message)
                .at(self.filled.place(field), "")
                .help("write len(result) == 0, which all releases understand")
        })
    }

    /// Fields that the API server of the release drops. They are played all the same: the release chooses the language of
    /// conditions and nothing else.
    pub fn unknown_there(&self, findings: &mut Vec<Finding>) {
        let fields = [
            ("consecutiveSuccessLimit", &["consecutiveSuccessLimit"][..]),
            ("rangeQuery", &["provider", "prometheus", "rangeQuery"]),
        ];
        for (field, path) in fields {
            let written = self.filled.node.at(path).filter(|node| !node.is_null());
            findings.extend(written.and_then(|node| unknown::there(self.release, field, node)));
        }
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

/// The selectors of a query and where they are written; of a long one the first.
pub(super) fn selectors(query: &Expr, place: impl Fn(Range<usize>) -> Span) -> Vec<(Range<usize>, Span)> {
    const MOST: usize = 50;
    let mut found = Vec::new();
    collect(query, &mut found);
    found.truncate(MOST);
    found.into_iter().map(|at| (at.clone(), place(at))).collect()
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
