//! `trafficRouting` and the Services that it needs.

use super::reader::Reader;
use super::route::{MOST_ROUTES, Managed};
use crate::diagnostic::Finding;
use crate::yaml::Node;

/// How weights become traffic.
#[derive(Default)]
pub(super) struct Traffic {
    /// Whether a router sets exact weights.
    pub routed: bool,
    /// Whether the controller asks it if it has its weights.
    pub verifies: bool,
    /// `maxTrafficWeight`
    pub max_weight: u32,
    /// `managedRoutes`
    pub managed: Managed,
    /// Whether the router can lead requests by their headers, and whether it can copy them.
    pub headers: bool,
    pub mirrors: bool,
}

/// Routers that split between the two Services, so that both must be named
/// (argo-rollouts `requireCanaryStableServices`). Istio splits by subset where it has a DestinationRule.
const BY_SERVICE: [&str; 6] = ["alb", "istio", "smi", "apisix", "ambassador", "nginx"];
const OTHERS: [&str; 3] = ["appMesh", "traefik", "plugins"];

pub(super) fn read(reader: &mut Reader<'_>) -> Traffic {
    let stable = reader.strategy(&["stableService"]);
    let canary = reader.strategy(&["canaryService"]);
    if let (Some(stable), Some(canary)) = (stable.and_then(Node::text), canary)
        && canary.text() == Some(stable)
        && !stable.is_empty()
    {
        let message = "the controller refuses this Rollout: canaryService and stableService are the same";
        reader.refuse(message, canary.span, "");
    }
    let Some(routing) = reader.strategy(&["trafficRouting"]) else {
        return Traffic {
            max_weight: 100,
            ..Traffic::default()
        };
    };
    let has = |name: &str| routing.get(name).is_some_and(|router| !router.is_null());
    let router = BY_SERVICE.iter().chain(&OTHERS).find(|name| has(name));
    let Some(router) = router else {
        let finding = Finding::error("trafficRouting names no router").at(routing.span, "");
        let known: Vec<&str> = BY_SERVICE.iter().chain(&OTHERS).copied().collect();
        reader
            .findings
            .push(finding.help(format!("Argo Rollouts knows {}", known.join(", "))));
        return Traffic {
            routed: true,
            max_weight: 100,
            ..Traffic::default()
        };
    };
    let by_subset = routing
        .at(&["istio", "destinationRule"])
        .is_some_and(|rule| !rule.is_null());
    let ping_pong = reader
        .strategy(&["pingPong"])
        .is_some_and(|services| !services.is_null());
    let wants_services = BY_SERVICE.contains(router) && !(*router == "istio" && by_subset) && !ping_pong;
    for (name, service) in [("canaryService", canary), ("stableService", stable)] {
        if wants_services && service.is_none() {
            let message =
                format!("the controller refuses this Rollout: the router `{router}` needs `{name}`");
            let help = format!("name the Service of that version as `strategy.canary.{name}`");
            reader
                .findings
                .push(Finding::error(message).at(routing.span, "").help(help));
        }
    }
    let max = routing.get("maxTrafficWeight");
    let max_weight = reader.count(max, 100);
    if let Some(max) = max.filter(|max| !max.is_null()) {
        if !has("nginx") && !has("plugins") {
            let message = "the controller refuses this Rollout: maxTrafficWeight wants nginx or a plugin";
            reader.refuse(message, max.span, "");
        } else if max_weight == 0 {
            reader.refuse(
                "the controller refuses this Rollout: maxTrafficWeight must be above 0",
                max.span,
                "",
            );
        }
    }
    let plugin = has("plugins");
    Traffic {
        routed: true,
        verifies: plugin || has("alb"),
        max_weight,
        managed: Managed {
            names: managed(reader, routing),
            by_subset,
            mirrors_alone: names_no_route(routing),
            wants_all: has("alb"),
        },
        headers: plugin || ["istio", "alb", "apisix"].into_iter().any(has),
        mirrors: plugin || has("istio"),
    }
}

/// Whether a `virtualService` of Istio leaves open which of its routes split requests.
fn names_no_route(routing: &Node) -> bool {
    let one = routing.at(&["istio", "virtualService"]);
    let several = routing.at(&["istio", "virtualServices"]);
    let several = several.map_or(&[][..], Node::items);
    let mut services = one
        .into_iter()
        .chain(several)
        .filter(|service| !service.is_null());
    services.any(|service| {
        service
            .get("routes")
            .is_none_or(|routes| routes.items().is_empty())
    })
}

/// Names of `managedRoutes`.
fn managed(reader: &mut Reader<'_>, routing: &Node) -> Vec<String> {
    let Some(list) = routing.get("managedRoutes").filter(|list| !list.is_null()) else {
        return Vec::new();
    };
    let items = match list.expect_items() {
        Ok(items) => items,
        Err(finding) => {
            reader.findings.push(*finding);
            return Vec::new();
        }
    };
    if items.len() > MOST_ROUTES {
        let message = format!("more than {MOST_ROUTES} managed routes are not simulated");
        reader.refuse(message, list.span, "");
        return Vec::new();
    }
    let name = |item: &Node| {
        item.get("name")
            .and_then(Node::text)
            .unwrap_or_default()
            .to_owned()
    };
    items.iter().map(name).collect()
}
