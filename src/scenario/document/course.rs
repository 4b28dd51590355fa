//! What takes its course: when faults begin and end, when nobody comes, what the router delivers, which requests ask
//! for what.

use super::fields::{Fields, Read};
use super::read::{DAY, HOUR, any};
use super::value::{duration, number, ratio, text};
use crate::diagnostic::Finding;
use crate::scenario::{Cause, Controller, Onset, PodReady, Route, Scenario, Silence};
use crate::units::Duration;
use crate::yaml::Node;

/// More routes of one service than this are refused: each is drawn for itself.
const MOST_ROUTES: usize = 8;

pub(super) fn onset(fields: &mut Fields<'_>) -> Onset {
    onset_from(fields, Cause::Request)
}

/// An onset that waits for `cause` unless it says for what.
pub(super) fn onset_from(fields: &mut Fields<'_>, cause: Cause) -> Onset {
    let mut onset = Onset::at(cause);
    fields.read("from", &mut onset.from, since);
    fields.read("into", &mut onset.into, ratio);
    fields.read("after", &mut onset.after, any(DAY));
    fields.read("within", &mut onset.within, any(DAY));
    fields.read("mean", &mut onset.mean, any(DAY));
    if onset.into > 0.0 && !onset.from.is_step() {
        let finding = Finding::error(format!("{} has no length to be into", onset.from));
        fields
            .object(finding.help("write 'from: pause 2' or 'from: step 3', or a length of time as 'after'"));
    }
    if onset.within > Duration::ZERO && onset.mean > Duration::ZERO {
        let finding = Finding::error("within and mean are two laws of one delay");
        fields.object(finding.help("leave one of them out"));
    }
    onset
}

fn since(node: &Node) -> Read<Cause> {
    let wanted = || node.unexpected("request, start, promotion, 'pause N' or 'step N', counted from 1");
    let found = node.text().and_then(Cause::parse);
    found.ok_or_else(wanted)
}

pub(super) fn silence(fields: &mut Fields<'_>) -> Silence {
    let mut silence = Silence {
        after: Duration::ZERO,
        within: Duration::ZERO,
        length: None,
    };
    fields.read("after", &mut silence.after, any(DAY));
    fields.read("within", &mut silence.within, any(DAY));
    fields.read_some(
        "length",
        &mut silence.length,
        duration(Duration::from_secs(1), DAY),
    );
    silence
}

pub(super) fn route(fields: &mut Fields<'_>, route: &mut Route) {
    fields.require("name", &mut route.name, text);
    fields.require("part", &mut route.part, ratio);
    fields.read_some("onCanary", &mut route.on_canary, ratio);
    fields.read("latency", &mut route.latency, number(0.01..=1000.0));
    fields.read_some("errors", &mut route.errors, ratio);
}

/// `router: 5s`, or `router: { lag: 5s, delivered: 33%, verified: 25s }`.
pub(super) fn router(fields: &mut Fields<'_>, controller: &mut Controller) {
    if fields.is_mapping("router") {
        fields.inside("router", |fields| {
            fields.read("lag", &mut controller.router, any(HOUR));
            fields.read("delivered", &mut controller.delivered, ratio);
            fields.read_some("verified", &mut controller.verified, any(HOUR));
        });
    } else {
        fields.read("router", &mut controller.router, any(HOUR));
    }
}

/// `podReady: 20s`, or `podReady: { canary: never, stable: 20s }`.
pub(super) fn pod_ready(fields: &mut Fields<'_>, controller: &mut Controller) {
    if !fields.is_mapping("podReady") {
        return fields.read("podReady", &mut controller.pod_ready, any(HOUR));
    }
    fields.inside("podReady", |fields| {
        fields.read("stable", &mut controller.pod_ready, any(HOUR));
        fields.read_some("canary", &mut controller.canary_ready, |node| {
            if node.text() == Some("never") {
                return Ok(PodReady::Never);
            }
            let wanted = |_| node.unexpected("never, or a duration from 0s to 1h");
            any(HOUR)(node).map(PodReady::After).map_err(wanted)
        });
    });
}

/// What single fields of these cannot say.
pub(super) fn contradictions(world: &Scenario) -> Vec<Finding> {
    let routes = &world.service.routes;
    let mut found = Vec::new();
    let mut names: Vec<&str> = routes.iter().map(|route| route.name.as_str()).collect();
    for fault in &world.faults {
        if let Some(route) = fault.route.as_deref().filter(|route| !names.contains(route)) {
            let finding = Finding::error(format!("a fault meets the route {route:?}, and there is none"));
            found.push(
                finding.help("describe it in spec.service.routes: its name and its part of the requests"),
            );
        }
    }
    if routes.len() > MOST_ROUTES {
        found.push(Finding::error(format!(
            "more than {MOST_ROUTES} routes are not simulated"
        )));
    }
    names.sort_unstable();
    for name in names
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
    {
        found.push(Finding::error(format!("two routes are called {name:?}")));
    }
    if names.iter().any(|name| name.is_empty() || *name == Route::OTHER) {
        let message = format!(
            "a route has a name, and not {:?}, which is what is left",
            Route::OTHER
        );
        found.push(Finding::error(message));
    }
    for (arm, on) in [(0, "the canary"), (1, "the stable version")] {
        let all: f64 = routes.iter().map(|route| route.parts()[arm]).sum();
        if all > 1.0 + 1e-9 {
            found.push(Finding::error(format!(
                "routes are more than all requests on {on}: {}",
                crate::units::Ratio(all)
            )));
        }
    }
    found
}
