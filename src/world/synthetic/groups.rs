//! Requests by route: each group is drawn for itself, and their sum is what a series without a route counts.

use crate::scenario::exposition::{Exposition, Family, RouteLabel};
use crate::scenario::{Route, Scenario};
use crate::seed::Key;

/// Requests that meet the same: those of one route, or, the first group, those of none.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// What its luck goes by; absent for the first.
    pub key: Option<Key>,
    /// Part of all requests, on the canary and on the stable version.
    pub parts: [f64; 2],
    /// The same of what the routes after it leave.
    pub given: [f64; 2],
    /// Failed requests per request when nothing is wrong.
    pub errors: f64,
    /// How many times as long as the service's its requests take.
    pub latency: f64,
}

/// The groups of a scenario: one where it tells no routes apart.
pub(super) fn groups(scenario: &Scenario) -> Vec<Group> {
    let service = &scenario.service;
    let mut left = [1.0, 1.0];
    let routes = service.routes.iter().rev().map(|route| {
        let parts = route.parts();
        let given = [0, 1].map(|arm| share_of(parts[arm], left[arm]));
        left = [0, 1].map(|arm| (left[arm] - parts[arm]).max(0.0));
        Group {
            key: Some(Key::new(&route.name)),
            parts,
            given,
            errors: route.errors.unwrap_or(service.errors),
            latency: route.latency,
        }
    });
    let routes: Vec<Group> = routes.collect();
    let rest = Group {
        key: None,
        parts: left,
        given: [1.0, 1.0],
        errors: service.errors,
        latency: 1.0,
    };
    std::iter::once(rest).chain(routes.into_iter().rev()).collect()
}

fn share_of(part: f64, left: f64) -> f64 {
    if left > 0.0 { (part / left).min(1.0) } else { 0.0 }
}

/// How the families of an exposition show routes.
pub(super) struct Shown<'e> {
    exposition: &'e Exposition,
    /// What the label says of each group.
    names: Vec<String>,
}

impl<'e> Shown<'e> {
    /// The endpoint that queries ask for first is the first route, unless they know some route by its name.
    pub fn new(scenario: &Scenario, exposition: &'e Exposition) -> Self {
        let routes = &scenario.service.routes;
        let mut names = vec![Route::OTHER.to_owned()];
        names.extend(routes.iter().map(|route| route.name.clone()));
        let mut asked = exposition.routes.iter().filter_map(|label| label.asked.as_ref());
        let known = asked.clone().any(|asked| names.contains(asked));
        if let Some(first) = asked.next().filter(|_| !known && names.len() > 1) {
            names[1].clone_from(first);
        }
        Self { exposition, names }
    }

    /// The series of a family that are told apart by routes: the label, and for each series the group it counts and the
    /// label's value. None: it shows all groups as one.
    pub fn series(&self, family: &Family) -> Option<(&'e str, Vec<(usize, String)>)> {
        if self.names.len() == 1 || family.gauge.is_some() {
            return None;
        }
        let own = |label: &&RouteLabel| label.family == family.name;
        let says = |label: &&RouteLabel| label.asked.is_none() || label.asked.as_deref() == label.of(family);
        let label = self.exposition.routes.iter().filter(own).find(says)?;
        let mut names = self.names.clone();
        let asked = label.asked.as_ref();
        if let Some(asked) = asked.filter(|asked| !names.contains(asked)) {
            // An endpoint of which the scenario says nothing is one of the others.
            names[0].clone_from(asked);
        }
        let mut series: Vec<(usize, String)> = names.into_iter().enumerate().collect();
        // Where several families share a name, the first one shows what none of them asks for.
        let mut alike = self
            .exposition
            .families
            .iter()
            .filter(|other| other.name == family.name);
        if alike.next() != Some(family) {
            series.retain(|(_, name)| Some(name) == asked);
        }
        Some((&label.label, series))
    }
}
