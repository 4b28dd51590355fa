//! The routes that the router has beside the weight (`rollout/trafficrouting.go: reconcileTrafficRouting`).

use crate::policy::argo::route::{Leads, MOST_ROUTES};
use crate::policy::argo::spec::Canary;

/// The managed routes, each by the step that set it; by their place in `managedRoutes`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Routes([Option<InForce>; MOST_ROUTES]);

/// A route that the router has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InForce {
    /// Its number among all routes that the steps set, from 0.
    pub number: u32,
    /// Whether it copies requests: those that it matches go by weight.
    copies: bool,
}

/// What goes by weight, in parts of the router's whole weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// To the canary's own pods.
    pub canary: u32,
    /// To templates of experiments, made of the canary and of the stable version: taken from what is left to the stable one.
    pub beside: [u32; 2],
}

impl Routes {
    /// No route.
    pub const NONE: Self = Self([None; MOST_ROUTES]);

    /// Those there are, in the order in which they are asked about a request.
    pub fn iter(&self) -> impl Iterator<Item = InForce> {
        self.0.iter().flatten().copied()
    }

    /// Those there are, with their places.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        let routes = self.0.iter().enumerate();
        routes.filter_map(|(place, route)| route.map(|_| place))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// Whether one of them copies requests.
    pub(super) fn copy(&self) -> bool {
        self.iter().any(|route| route.copies)
    }

    /// Sets the routes of a step: whatever had their names is gone.
    pub(super) fn set(&mut self, spec: &Canary, step: usize) {
        let before = spec.steps[..step]
            .iter()
            .map(|step| step.routes.len() as u32)
            .sum();
        for (number, route) in (before..).zip(&spec.steps[step].routes) {
            let copies = matches!(route.leads, Leads::Copies(..));
            let stays = route.leads != Leads::Removed;
            self.0[route.place] = stays.then_some(InForce { number, copies });
        }
    }
}
