//! A metric of a run after substitution, its fields still as written.

use super::arguments::Argument;
use super::int_or_string::IntOrString;
use super::substitute;
use crate::diagnostic::{Span, Spanned};
use crate::yaml::{Node, Plain};

/// A metric after substitution.
#[derive(Clone, Debug)]
pub struct Filled<'a> {
    /// As it stands in its template.
    pub node: &'a Node,
    /// `name`
    pub name: String,
    /// Providers by field name; exactly one is right.
    pub providers: Vec<String>,
    /// `provider.prometheus.query`
    pub query: Option<Spanned<String>>,
    /// `successCondition`, unless empty.
    pub success: Option<Spanned<String>>,
    /// `failureCondition`, unless empty.
    pub failure: Option<Spanned<String>>,
    /// `interval`, unless empty.
    pub interval: Option<Spanned<String>>,
    /// `initialDelay`, unless empty.
    pub initial_delay: Option<Spanned<String>>,
    /// `count`
    pub count: Option<IntOrString>,
    /// `failureLimit`
    pub failure_limit: Option<IntOrString>,
    /// `inconclusiveLimit`
    pub inconclusive_limit: Option<IntOrString>,
    /// `consecutiveErrorLimit`
    pub consecutive_error_limit: Option<IntOrString>,
    /// `consecutiveSuccessLimit`
    pub consecutive_success_limit: Option<IntOrString>,
}

impl<'a> Filled<'a> {
    /// Replaces the tags of a metric.
    ///
    /// # Errors
    ///
    /// The controller's words, see [`substitute`].
    pub fn new(node: &'a Node, arguments: &[Argument]) -> Result<Self, String> {
        substitute::check(node, arguments)?;
        let fill = |text: &str| substitute::text(text, arguments);
        let number = |field: &str| -> Result<Option<IntOrString>, String> {
            let Some(value) = node.get(field) else {
                return Ok(None);
            };
            Ok(match value.plain() {
                Some(Plain::Int(number)) => Some(IntOrString::Int(number)),
                Some(Plain::Float(number)) => Some(IntOrString::Int(number as i64)),
                Some(Plain::Text(text)) => Some(IntOrString::Text(fill(text)?)),
                _ => None,
            })
        };
        let text = |node: Option<&Node>| -> Result<Option<Spanned<String>>, String> {
            match node.and_then(|node| Some((node.text().filter(|_| !node.is_null())?, node.span))) {
                Some((text, span)) => Ok(Some(Spanned::new(fill(text)?, span))),
                None => Ok(None),
            }
        };
        let filled = |field: &str| Ok::<_, String>(text(node.get(field))?.filter(|text| !text.is_empty()));
        Ok(Self {
            node,
            name: fill(node.get("name").and_then(Node::text).unwrap_or(""))?,
            providers: providers(node),
            query: text(node.at(&["provider", "prometheus", "query"]))?,
            success: filled("successCondition")?,
            failure: filled("failureCondition")?,
            interval: filled("interval")?,
            initial_delay: filled("initialDelay")?,
            count: number("count")?,
            failure_limit: number("failureLimit")?,
            inconclusive_limit: number("inconclusiveLimit")?,
            consecutive_error_limit: number("consecutiveErrorLimit")?,
            consecutive_success_limit: number("consecutiveSuccessLimit")?,
        })
    }

    /// Looks until the metric ends by itself; `None`: never (argo-rollouts `Metric.EffectiveCount`).
    pub fn effective_count(&self) -> Option<i64> {
        match (self.count.as_ref().map_or(0, IntOrString::number), &self.interval) {
            (0, Some(_)) => None,
            (0, None) => Some(1),
            (count, _) => Some(count),
        }
    }

    /// Where its name stands.
    pub fn title(&self) -> Span {
        self.node.get("name").map_or(self.node.span, |name| name.span)
    }

    /// Where `field` stands, or the metric's name.
    pub fn place(&self, field: &str) -> Span {
        self.node
            .get(field)
            .map_or_else(|| self.title(), |value| value.span)
    }
}

/// Providers of a metric by field name; each plugin counts as one (argo-rollouts `ValidateMetric`).
fn providers(metric: &Node) -> Vec<String> {
    let Some(provider) = metric.get("provider") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (key, value) in provider.entries().iter().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            Some("plugin") => found.extend(value.entries().iter().map(|_| "plugin".to_owned())),
            Some(name) if PROVIDERS.contains(&name) => found.push(name.to_owned()),
            _ => {}
        }
    }
    found
}

/// Providers that the controller has, plugins apart.
pub const PROVIDERS: [&str; 12] = [
    "prometheus",
    "kayenta",
    "web",
    "datadog",
    "wavefront",
    "newRelic",
    "job",
    "cloudWatch",
    "graphite",
    "influxdb",
    "skywalking",
    "plugin",
];
