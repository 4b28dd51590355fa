//! Routes that a canary sets beside its weight: `setHeaderRoute`, `setMirrorRoute` and `managedRoutes` (argo-rollouts
//! `pkg/apis/rollouts/validation/validation.go: ValidateRolloutStrategyCanary`, `rollout/trafficrouting/istio`).

use super::reader::Reader;
use super::traffic::Traffic;
use crate::diagnostic::Finding;
use crate::series::{MatchOp, Matcher};
use crate::yaml::{Kind, Node};

/// More managed routes than this are refused.
pub const MOST_ROUTES: usize = 8;

/// Routes that the controller may set, and what its router makes of them.
#[derive(Clone, Debug, Default)]
pub struct Managed {
    /// `managedRoutes`, by name: of those that match a request the first one in this order leads it.
    pub names: Vec<String>,
    /// Whether requests find the canary by the subset of a DestinationRule and not by its Service.
    pub by_subset: bool,
    /// Whether a weight reaches mirror routes alone while there are some: with Istio, where a `virtualService` names no
    /// `routes`.
    pub mirrors_alone: bool,
    /// Whether a request has to pass all matches of a header route (ALB) and not only one of them.
    pub wants_all: bool,
}

/// One route that a step sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Its place among the managed routes.
    pub place: usize,
    /// What it does.
    pub leads: Leads,
}

/// What a route does.
#[derive(Clone, Debug, PartialEq)]
pub enum Leads {
    /// Nothing any more: a step without a match removes the route.
    Removed,
    /// Requests that carry one of these headers go to the canary.
    Headers(Vec<Header>),
    /// So many of a hundred requests that match are copied to the canary.
    Copies(u32, Vec<Fitting>),
}

/// A header that requests carry.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Its name; upper and lower case are one.
    pub name: String,
    /// What its value must be like.
    pub value: Text,
}

/// What requests of a mirror route are like. All that is stated must fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitting {
    /// `method` and `path`, unless they fit every request.
    pub asks: Vec<Text>,
    /// `headers`
    pub headers: Vec<Header>,
}

/// `exact`, `prefix` or `regex`.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// This text.
    Exact(String),
    /// A text that begins so.
    Prefix(String),
    /// A text that this pattern describes whole, as RE2 has it.
    Regex(Box<Matcher>),
}

impl Text {
    /// Whether a text is like this.
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::Exact(wanted) => text == wanted,
            Self::Prefix(wanted) => text.starts_with(wanted.as_str()),
            Self::Regex(pattern) => pattern.accepts(text),
        }
    }

    /// Whether every path is like this.
    fn is_any(&self) -> bool {
        match self {
            Self::Exact(_) => false,
            Self::Prefix(prefix) => ["", "/"].contains(&prefix.as_str()),
            Self::Regex(pattern) => [".*", "/.*"].contains(&pattern.value.as_str()),
        }
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(text) => write!(f, "{text}"),
            Self::Prefix(text) => write!(f, "{text}…"),
            Self::Regex(pattern) => write!(f, "/{}/", pattern.value),
        }
    }
}

impl Header {
    /// Whether a request with this header is meant.
    pub fn fits(&self, name: &str, value: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) && self.value.fits(value)
    }
}

impl Route {
    /// Whether it copies every request.
    pub(super) fn matches_all(&self) -> bool {
        match &self.leads {
            Leads::Copies(_, fittings) => fittings
                .iter()
                .any(|fitting| fitting.asks.is_empty() && fitting.headers.is_empty()),
            Leads::Headers(_) | Leads::Removed => false,
        }
    }

    /// What its step asks of the router, in words; `names` are those of the managed routes.
    pub fn words(&self, names: &[String]) -> String {
        let name = names.get(self.place).map_or("", String::as_str);
        match &self.leads {
            Leads::Removed => format!("to drop the route {name}"),
            Leads::Headers(headers) => {
                let headers: Vec<String> = headers.iter().map(ToString::to_string).collect();
                format!("to lead {} to the canary (route {name})", headers.join(" or "))
            }
            Leads::Copies(percentage, _) => {
                format!("to copy {percentage} % of what matches to the canary (route {name})")
            }
        }
    }
}

/// As `X-Canary: true`.
impl std::fmt::Display for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.value)
    }
}

/// The routes that a step sets: of its two fields both may be there.
pub(super) fn of_step(reader: &mut Reader<'_>, step: &Node, traffic: &Traffic) -> Vec<Route> {
    let fields = [("setHeaderRoute", false), ("setMirrorRoute", true)];
    let routes = fields.into_iter().filter_map(|(field, copies)| {
        let node = step.get(field).filter(|node| !node.is_null())?;
        route(reader, node, traffic, field, copies)
    });
    routes.collect()
}

fn route(
    reader: &mut Reader<'_>,
    node: &Node,
    traffic: &Traffic,
    field: &str,
    copies: bool,
) -> Option<Route> {
    if !matches!(node.kind, Kind::Mapping(_)) {
        reader.findings.push(*node.unexpected("a mapping"));
        return None;
    }
    let (can, who) = if copies {
        (traffic.mirrors, "Istio or a plugin")
    } else {
        (traffic.headers, "Istio, ALB, Apisix or a plugin")
    };
    if !can {
        let message = format!("the controller refuses this step: {field} wants {who} as traffic router");
        reader.refuse(message, node.span, "");
        return None;
    }
    let name = node.get("name").and_then(Node::text).unwrap_or_default();
    let place = traffic.managed.names.iter().position(|known| known == name);
    if place.is_none() {
        let at = node.get("name").unwrap_or(node).span;
        let message = format!("the controller refuses this step: `managedRoutes` has no route {name:?}");
        let finding = Finding::error(message).at(at, "");
        let help = format!("write trafficRouting.managedRoutes: [{{name: {name}}}]");
        reader.findings.push(finding.help(help));
    }
    let leads = match node.get("match").filter(|list| !list.is_null()) {
        None => Leads::Removed,
        Some(list) if copies => Leads::Copies(percentage(reader, node)?, fitting(reader, list)?),
        Some(list) => Leads::Headers(headers(reader, list, traffic)?),
    };
    Some(Route { place: place?, leads })
}

/// `percentage`: all of them unless stated.
fn percentage(reader: &mut Reader<'_>, node: &Node) -> Option<u32> {
    let Some(stated) = node.get("percentage").filter(|node| !node.is_null()) else {
        return Some(100);
    };
    let percentage = reader.value(Some(stated), Node::expect_count)?;
    if percentage > 100 {
        reader.refuse(
            format!("Istio refuses this route: it copies {percentage} of 100 requests"),
            stated.span,
            "",
        );
        return None;
    }
    Some(percentage)
}

/// The items of `match`. An empty list is refused: what matches nothing and what matches everything look alike.
fn items<'a>(reader: &mut Reader<'_>, list: &'a Node) -> Option<&'a [Node]> {
    match list.expect_items() {
        Ok([]) => {
            let finding =
                Finding::error("a `match` without an item is not played: routers differ in what it means");
            let finding = finding.at(list.span, "");
            reader
                .findings
                .push(finding.help("leave `match` out to remove the route, or write what requests are like"));
            None
        }
        Ok(items) => Some(items),
        Err(finding) => {
            reader.findings.push(*finding);
            None
        }
    }
}

fn headers(reader: &mut Reader<'_>, list: &Node, traffic: &Traffic) -> Option<Vec<Header>> {
    let mut headers = Vec::new();
    for item in items(reader, list)? {
        let name = reader.value(item.get("headerName"), |node| {
            node.expect_text().map(str::to_owned)
        });
        if name.is_none() {
            reader.refuse("this match names no header: it wants `headerName`", item.span, "");
        }
        let value = text(reader, item.get("headerValue"), item);
        if let Some(value) = &value
            && traffic.managed.wants_all
            && !matches!(value, Text::Exact(_))
        {
            let message = "the controller refuses this step: ALB knows `exact` values alone";
            reader.refuse(message, item.span, "");
        }
        headers.push(Header {
            name: name?,
            value: value?,
        });
    }
    Some(headers)
}

fn fitting(reader: &mut Reader<'_>, list: &Node) -> Option<Vec<Fitting>> {
    let mut fittings = Vec::new();
    for item in items(reader, list)? {
        if !matches!(item.kind, Kind::Mapping(_)) {
            reader.findings.push(*item.unexpected("a mapping"));
            return None;
        }
        let mut asks = Vec::new();
        for field in ["method", "path"] {
            if let Some(node) = item.get(field).filter(|node| !node.is_null()) {
                asks.push(text(reader, Some(node), item)?);
            }
        }
        asks.retain(|text| !text.is_any());
        let mut headers = Vec::new();
        let entries = item.get("headers").map_or(&[][..], Node::entries);
        for (name, value) in entries {
            let value = text(reader, Some(value), item)?;
            headers.push(Header {
                name: name.text().unwrap_or_default().to_owned(),
                value,
            });
        }
        fittings.push(Fitting { asks, headers });
    }
    Some(fittings)
}

/// Exactly one of `exact`, `regex` and `prefix` (`hasMultipleMatchValues`).
fn text(reader: &mut Reader<'_>, node: Option<&Node>, at: &Node) -> Option<Text> {
    let field = |name: &str| {
        let value = node.and_then(|node| node.get(name)).and_then(Node::text);
        value.filter(|text| !text.is_empty())
    };
    let stated = ["exact", "prefix", "regex"].map(|name| (name, field(name)));
    let mut stated = stated.into_iter().filter_map(|(name, text)| Some((name, text?)));
    let (Some((name, value)), None) = (stated.next(), stated.next()) else {
        let message = "the controller refuses this step: a value is exactly one of exact, regex and prefix";
        reader.refuse(message, node.unwrap_or(at).span, "");
        return None;
    };
    match name {
        "exact" => Some(Text::Exact(value.to_owned())),
        "prefix" => Some(Text::Prefix(value.to_owned())),
        _ => match Matcher::new("value", MatchOp::Regex, value) {
            Ok(pattern) => Some(Text::Regex(Box::new(pattern))),
            Err(error) => {
                let message = format!("{value:?} is no regular expression: {error}");
                reader.refuse(message, node.unwrap_or(at).span, "");
                None
            }
        },
    }
}
