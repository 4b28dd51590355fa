//! Routes that do something else than their author thinks, decidable from the steps alone.

use super::route::{Leads, MOST_ROUTES, Route};
use super::spec::{Canary, CanaryScale, Step, StepKind};
use crate::diagnostic::Finding;

/// Everything there is to say about a canary's routes.
pub(super) fn of(canary: &Canary) -> Vec<Finding> {
    if !canary.sets_routes() {
        return Vec::new();
    }
    let mut walk = Walk {
        canary,
        weight: 0,
        rest: 0,
        there: [None; MOST_ROUTES],
        found: Vec::new(),
    };
    for (number, step) in canary.steps.iter().enumerate() {
        walk.step(number, step);
    }
    walk.end()
}

/// A route that is there, and the step that set it.
#[derive(Clone, Copy)]
struct There<'a> {
    step: &'a Step,
    route: &'a Route,
    /// Whether something has been said about it.
    told: bool,
}

struct Walk<'a> {
    canary: &'a Canary,
    weight: u32,
    /// The weight of requests that no route matches.
    rest: u32,
    there: [Option<There<'a>>; MOST_ROUTES],
    found: Vec<Finding>,
}

impl<'a> Walk<'a> {
    fn step(&mut self, number: usize, step: &'a Step) {
        if let StepKind::SetWeight(weight) = step.kind {
            self.weigh(step, weight);
        }
        let none = self.pods(number) == 0;
        if none {
            for there in self.there.iter_mut().filter_map(Option::take) {
                let finding = Finding::warning("this route does not last").at(there.step.span, "set here");
                let removed = "the canary has no pods here, and the controller removes its routes";
                self.found.push(finding.at(step.span, removed).help(HELP));
            }
        }
        for route in &step.routes {
            let place = &mut self.there[route.place];
            *place = None;
            if route.leads == Leads::Removed {
                continue;
            }
            if none {
                let message =
                    "the controller removes this route in its next pass: the canary has no pods yet";
                self.found
                    .push(Finding::warning(message).at(step.span, "").help(HELP));
                continue;
            }
            *place = Some(There {
                step,
                route,
                told: false,
            });
            self.hide(route.place);
        }
        if !self.copies() {
            self.rest = self.weight;
        }
    }

    fn copies(&self) -> bool {
        let mut there = self.there.iter().flatten();
        there.any(|there| matches!(there.route.leads, Leads::Copies(..)))
    }

    /// Of the routes that match a request the first in `managedRoutes` leads it.
    fn hide(&mut self, new: usize) {
        let there = |place: usize| self.there[place].filter(|there| place == new || !there.told);
        let copies_all = |there: &There<'_>| there.route.matches_all();
        let Some(first) = (0..MOST_ROUTES).filter_map(there).find(copies_all) else {
            return;
        };
        let hidden = (first.route.place + 1..MOST_ROUTES).filter_map(there);
        let mut hidden = hidden.filter(|there| matches!(there.route.leads, Leads::Headers(_)));
        if let Some(headers) = hidden
            .next()
            .filter(|headers| [headers, &first].iter().any(|one| one.route.place == new))
        {
            let message = "this header route leads nobody: a mirror route stands before it in managedRoutes";
            let finding = Finding::warning(message).at(headers.step.span, "");
            let finding = finding.at(first.step.span, "matches every request");
            self.found
                .push(finding.help("write the header route first in managedRoutes"));
        }
    }

    /// With Istio a weight reaches mirror routes alone while there are some, unless `virtualService` names its routes.
    fn weigh(&mut self, step: &Step, weight: u32) {
        self.weight = weight;
        if !self.canary.managed.mirrors_alone || !self.copies() {
            self.rest = weight;
            return;
        }
        let copying = self.there.iter_mut().flatten();
        let copying = copying.filter(|there| matches!(there.route.leads, Leads::Copies(..)));
        let mut copying = copying.filter(|there| !there.told);
        // What copies every request leaves none that a weight could miss.
        let some = copying.find(|there| !there.route.matches_all());
        if let Some(there) = some.filter(|_| self.rest != weight) {
            there.told = true;
            let message = format!(
                "requests that this mirror route does not match keep the weight of {}",
                self.rest
            );
            let finding = Finding::warning(message).at(there.step.span, "from here on");
            let finding = finding.at(step.span, "does not reach them");
            self.found.push(finding.help(
                "name the routes that split requests in istio.virtualService.routes; without names the controller finds those \
                 that copy alone",
            ));
        }
    }

    fn end(mut self) -> Vec<Finding> {
        let copies = |there: &&There<'_>| matches!(there.route.leads, Leads::Copies(..)) && !there.told;
        for there in self.there.iter().flatten().filter(copies) {
            let finding =
                Finding::note("no step removes this mirror route: it copies requests until the promotion");
            self.found.push(finding.at(there.step.span, ""));
        }
        self.found
    }

    /// Pods of the canary that the step with this index asks for.
    fn pods(&self, number: usize) -> u32 {
        let before = self.canary.steps[..=number].iter().rev();
        match before.filter_map(|step| step.scale).next() {
            Some(scale @ (CanaryScale::Pods(_) | CanaryScale::Weight(_))) => self.canary.scaled_pods(scale),
            Some(CanaryScale::MatchTraffic) | None => {
                self.canary.scaled_pods(CanaryScale::Weight(self.weight))
            }
        }
    }
}

const HELP: &str = "give the canary pods of its own first, and keep them: setCanaryScale: {replicas: 1}";
