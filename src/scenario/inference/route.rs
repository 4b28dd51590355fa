//! Labels by which queries tell endpoints apart.

use super::query::Asked;
use crate::scenario::Route;
use crate::scenario::exposition::{Family, RouteLabel};
use crate::series::MatchOp;

/// Labels that hold an endpoint, whatever it is called. (`endpoint` is not among them: Prometheus' operator writes the
/// port's name there.)
const LABELS: [&str; 12] = [
    "route",
    "path",
    "handler",
    "uri",
    "url_path",
    "http_route",
    "http_target",
    "request_path",
    "request_uri",
    "path_template",
    "grpc_method",
    "rpc_method",
];

/// For each family that some use selects by an endpoint, or groups by endpoints: by which label. A pattern of many
/// endpoints reads them all, as does a query that names none.
pub(super) fn route_labels(families: &[Family], asked: &[Asked]) -> Vec<RouteLabel> {
    let mut found: Vec<RouteLabel> = families
        .iter()
        .filter(|family| family.gauge.is_none())
        .filter_map(|family| {
            let uses = asked.iter().filter(|asked| reads(asked, family));
            let (label, asked) = selected(family, uses.clone()).or_else(|| grouped(uses))?;
            Some(RouteLabel {
                family: family.name.clone(),
                label,
                asked,
            })
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn reads(asked: &Asked, family: &Family) -> bool {
    let part = asked.one.part().filter(|_| family.histogram.is_some());
    asked.one.name == family.name || part.is_some_and(|(stem, _)| stem == family.name)
}

/// The label and the endpoint that some use asks for and the family has.
fn selected<'a>(family: &Family, uses: impl Iterator<Item = &'a Asked>) -> Option<(String, Option<String>)> {
    let matchers = uses.flat_map(|asked| &asked.one.matchers);
    let mut equal = matchers.filter(|matcher| matcher.op == MatchOp::Equal && !matcher.value.is_empty());
    let wanted = equal.find(|matcher| {
        let is_route = LABELS.contains(&matcher.name.as_str()) || matcher.value.starts_with('/');
        let mut rules = family.labels.iter();
        is_route
            && rules.any(|rule| {
                rule.name == matcher.name && rule.canary == matcher.value && rule.stable == matcher.value
            })
    })?;
    Some((wanted.name.clone(), Some(wanted.value.clone())))
}

/// The label that some use groups by, where none leaves endpoints out.
fn grouped<'a>(uses: impl Iterator<Item = &'a Asked> + Clone) -> Option<(String, Option<String>)> {
    let kept = uses.clone().flat_map(|asked| &asked.one.kept);
    let label = kept.into_iter().find(|label| LABELS.contains(&label.as_str()))?;
    let mut matchers = uses.flat_map(|asked| asked.one.matchers_of(label));
    let all = matchers.all(|matcher| matcher.accepts("/checkout") && matcher.accepts(Route::OTHER));
    all.then(|| (label.clone(), None))
}

impl RouteLabel {
    /// What it means for a check that reads such a family.
    pub(super) fn conclusion(&self) -> String {
        match &self.asked {
            Some(asked) => format!(
                "asks for {asked} by {}: where a world tells routes apart, it is the first of them",
                self.label
            ),
            None => format!(
                "groups by {}: where a world tells routes apart, each is a series of its own",
                self.label
            ),
        }
    }
}
