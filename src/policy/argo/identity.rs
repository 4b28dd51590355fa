//! What tells the canary from the stable version, as far as the manifests say.

use super::arguments::{self, Argument};
use super::reader::Reader;
use super::spec::Identity;
use crate::policy::object::{Object, selects, texts};
use crate::units::Duration;
use crate::yaml::Node;

use super::duration;

/// Made-up pod-template-hash of the canary, in the letters that Kubernetes uses.
pub(super) const CANARY_HASH: &str = "6c8b5f7d94";
/// Made-up pod-template-hash of the stable version.
pub(super) const STABLE_HASH: &str = "5d4f9c7b68";

pub(super) fn read(reader: &mut Reader<'_>) -> Identity {
    let labels = |node: Option<&Node>| node.map(texts).unwrap_or_default();
    // The preview Service selects the new version from first to last; the active one selects both, one after the other.
    let canary = reader
        .strategy(&["canaryService"])
        .or(reader.strategy(&["previewService"]));
    let stable = reader.strategy(&["stableService"]);
    let active_service = reader.strategy(&["activeService"]);
    let active_service = reader.text(active_service);
    let ingress = reader.strategy(&["trafficRouting", "nginx", "stableIngress"]);
    let pod_labels = labels(
        reader
            .template
            .and_then(|template| template.at(&["metadata", "labels"])),
    );
    let canary_service = reader.text(canary);
    let stable_service = reader.text(stable);
    let own = [&canary_service, &stable_service];
    let services = services(reader, &pod_labels);
    let is_own = |name: &String| own.iter().any(|service| service.as_ref() == Some(name));
    let shared_services = services
        .iter()
        .map(|service| service.name.clone())
        .filter(|name| !is_own(name) && active_service.as_ref() != Some(name));
    let shared_services = active_service.clone().into_iter().chain(shared_services);
    Identity {
        rollout: reader.rollout.name.clone(),
        namespace: namespace(reader, &services),
        shared_services: shared_services.collect(),
        canary_service,
        stable_service,
        canary_hash: CANARY_HASH.to_owned(),
        stable_hash: STABLE_HASH.to_owned(),
        canary_labels: labels(
            reader
                .strategy(&["canaryMetadata", "labels"])
                .or(reader.strategy(&["previewMetadata", "labels"])),
        ),
        stable_labels: labels(
            reader
                .strategy(&["stableMetadata", "labels"])
                .or(reader.strategy(&["activeMetadata", "labels"])),
        ),
        canary_versions: std::mem::take(&mut reader.versions),
        subset_routing: reader
            .strategy(&["trafficRouting", "istio", "destinationRule"])
            .is_some(),
        stable_ingress: reader.text(ingress),
        scrape_interval: scrape_interval(reader, &services, &pod_labels),
        pod_labels,
    }
}

/// Services whose selector fits the pods, or that the strategy names.
fn services<'a>(reader: &Reader<'a>, pod_labels: &[(String, String)]) -> Vec<&'a Object> {
    let named = [
        "canaryService",
        "stableService",
        "activeService",
        "previewService",
    ]
    .map(|field| reader.strategy(&[field]).and_then(Node::text));
    let rollout = reader.rollout;
    let objects = reader.around.shelf.objects.iter();
    let mut seen: Vec<&str> = Vec::new();
    objects
        .filter(|object| object.is("", "Service") && object.may_see(rollout))
        .filter(|service| {
            let fits = selects(&service.texts(&["spec", "selector"]), pod_labels);
            fits || named.contains(&Some(service.name.as_str()))
        })
        .filter(|service| {
            let new = !seen.contains(&service.name.as_str());
            seen.push(&service.name);
            new
        })
        .collect()
}

/// The Rollout's namespace, else that of a Service of its own.
fn namespace(reader: &Reader<'_>, services: &[&Object]) -> Option<String> {
    let stated = std::iter::once(reader.rollout).chain(services.iter().copied());
    stated.filter_map(|object| object.namespace.clone()).next()
}

/// Remembers values of arguments that are read from the Rollout's labels and annotations: they tell a version.
pub(super) fn versions(reader: &mut Reader<'_>, analysis: &Node, merged: &[Argument]) {
    for item in analysis.get("args").map_or(&[][..], Node::items) {
        let path = item
            .at(&["valueFrom", "fieldRef", "fieldPath"])
            .and_then(Node::text)
            .unwrap_or("");
        if !path.contains("labels") && !path.contains("annotations") {
            continue;
        }
        let name = arguments::name(item);
        let value = merged
            .iter()
            .find(|argument| argument.name == name)
            .and_then(|argument| argument.value.clone());
        if let Some(value) = value.filter(|value| !value.is_empty() && !reader.versions.contains(value)) {
            reader.versions.push(value);
        }
    }
}

/// The interval of the first ServiceMonitor or PodMonitor that selects the Services or pods.
fn scrape_interval(
    reader: &Reader<'_>,
    services: &[&Object],
    pod_labels: &[(String, String)],
) -> Option<Duration> {
    let objects = reader.around.shelf.objects.iter();
    objects
        .filter(|object| object.group == "monitoring.coreos.com")
        .filter_map(|monitor| {
            let selector = monitor.texts(&["spec", "selector", "matchLabels"]);
            let (list, fits) = match monitor.kind.as_str() {
                "ServiceMonitor" => {
                    let labels =
                        |service: &&&Object| selects(&selector, &service.texts(&["metadata", "labels"]));
                    ("endpoints", services.iter().find(labels).is_some())
                }
                "PodMonitor" => ("podMetricsEndpoints", selects(&selector, pod_labels)),
                _ => return None,
            };
            let endpoint = monitor.at(&["spec", list])?.items().first().filter(|_| fits)?;
            duration::parse(endpoint.get("interval")?.text()?).ok()
        })
        .find(|interval| *interval > Duration::ZERO)
}
