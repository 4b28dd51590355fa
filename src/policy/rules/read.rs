use crate::diagnostic::{Finding, Spanned};
use crate::policy::argo::duration;
use crate::policy::object::{Object, texts};
use crate::policy::shelf::Shelf;
use crate::promql::ast::Expr;
use crate::promql::{self};
use crate::units::Duration;
use crate::yaml::Node;

/// How often rules are evaluated where their group does not say: in files of rules, and in a `PrometheusRule`, whose
/// operator has its own idea.
const OF_FILES: Duration = Duration::from_mins(1);
const OF_OPERATOR: Duration = Duration::from_secs(30);

/// What a rule records.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Name of the series.
    pub record: String,
    /// What it is.
    pub expr: Expr,
    /// Labels added to it.
    pub labels: Vec<(String, String)>,
    /// Time between two evaluations of its group.
    pub interval: Duration,
}

/// All rules of a call.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Recording rules, in the order of the documents, each with its place.
    pub recording: Vec<Spanned<Rule>>,
    /// Those whose expression or interval cannot be read: name, and what to say if somebody asks for it.
    pub broken: Vec<(String, Finding)>,
    /// Alerting rules, which are nothing to read a query through.
    pub alerting: usize,
}

impl Rules {
    /// The rules on the shelf: in `PrometheusRule` objects, and in files with `groups` as Prometheus takes them.
    pub fn read(shelf: &Shelf) -> Self {
        let mut rules = Self::default();
        let is_rule = |object: &&Object| object.is("monitoring.coreos.com", "PrometheusRule");
        for object in shelf.objects.iter().filter(is_rule) {
            let groups = object.at(&["spec", "groups"]);
            groups
                .into_iter()
                .for_each(|groups| rules.groups(groups, OF_OPERATOR));
        }
        for file in &shelf.rules {
            let groups = file.get("groups");
            groups
                .into_iter()
                .for_each(|groups| rules.groups(groups, OF_FILES));
        }
        rules
    }

    fn groups(&mut self, groups: &Node, usual: Duration) {
        for group in groups.items() {
            let interval = match group.get("interval").and_then(Node::text) {
                None => Ok(usual),
                Some(text) => match duration::parse(text) {
                    Ok(interval) if interval >= Duration::from_secs(1) => Ok(interval),
                    _ => Err(text),
                },
            };
            for rule in group.get("rules").into_iter().flat_map(Node::items) {
                match rule.get("record").and_then(Node::text) {
                    Some(record) => self.rule(record, rule, interval),
                    None => self.alerting += usize::from(rule.get("alert").is_some()),
                }
            }
        }
    }

    fn rule(&mut self, record: &str, rule: &Node, interval: Result<Duration, &str>) {
        let mut broken = |message: String, label: String| {
            let at = rule.get("expr").map_or(rule.span, |node| node.span);
            self.broken
                .push((record.to_owned(), Finding::error(message).at(at, label)));
        };
        let interval = match interval {
            Ok(interval) => interval,
            Err(text) => return broken(format!("{text:?} is no interval of rules"), record.to_owned()),
        };
        // A number stands for itself.
        let expr = rule.get("expr").and_then(Node::text).unwrap_or("");
        match promql::parse(expr) {
            Ok(expr) => self.recording.push(Spanned::new(
                Rule {
                    record: record.to_owned(),
                    expr,
                    labels: rule.get("labels").map(texts).unwrap_or_default(),
                    interval,
                },
                rule.span,
            )),
            Err(error) => broken(
                format!("the rule that records {record} does not parse"),
                error.message,
            ),
        }
    }
}
