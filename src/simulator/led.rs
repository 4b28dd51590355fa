//! What share of the requests the canary gets by its weight and its routes, and what part of them is copied to it.

use crate::controller::argo::{InForce, Routes};
use crate::policy::argo::route::{Fitting, Header, Leads};
use crate::policy::argo::spec::Canary;
use crate::scenario::{Carried, Demand};
use crate::units::Share;

/// The routes of a policy laid over the requests of a world.
#[derive(Debug, Default)]
pub(super) struct Led {
    /// Parts of all requests: those that carry each header of the scenario, and last those that carry none.
    parts: Vec<f64>,
    /// All routes that the steps set, in their order.
    rules: Vec<Rule>,
    /// Whether a mirror route keeps the weight that it was set with.
    keeps_weight: bool,
}

/// A route.
#[derive(Debug)]
struct Rule {
    /// How much of each part it matches, from 0 to 1.
    matches: Vec<f64>,
    /// Of what it matches, this part is copied; none: it is led to the canary.
    copies: Option<f64>,
}

/// What reaches the canary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reached {
    /// The part of all requests that it answers.
    pub share: Share,
    /// The part of all requests that it gets a copy of.
    pub copied: Share,
}

impl Reached {
    /// Nothing.
    pub(super) const NONE: Self = Self {
        share: Share::NONE,
        copied: Share::NONE,
    };
}

impl Led {
    pub(super) fn new(canary: Option<&Canary>, traffic: &Demand) -> Self {
        let Some(canary) = canary.filter(|canary| canary.sets_routes()) else {
            return Self::default();
        };
        let carried: f64 = traffic.headers.iter().map(|carried| carried.part).sum();
        let parts = traffic.headers.iter().map(|carried| carried.part);
        let rule = |leads: &Leads| Rule {
            matches: match leads {
                Leads::Removed => Vec::new(),
                Leads::Headers(headers) => {
                    let fits = |carried: Option<&Carried>| led(headers, carried, canary.managed.wants_all);
                    of_all(traffic, |carried| f64::from(u8::from(fits(carried))))
                }
                Leads::Copies(_, fittings) => of_all(traffic, |carried| fitting(fittings, carried, traffic)),
            },
            copies: match leads {
                Leads::Copies(percentage, _) => Some(f64::from(*percentage) / 100.0),
                _ => None,
            },
        };
        let routes = canary.steps.iter().flat_map(|step| &step.routes);
        Self {
            parts: parts.chain([(1.0 - carried).max(0.0)]).collect(),
            rules: routes.map(|route| rule(&route.leads)).collect(),
            keeps_weight: canary.managed.keeps_weight,
        }
    }

    /// What reaches the canary with these routes and this weight, as traffic follows it. `follows` says what share a
    /// weight of the policy becomes.
    pub(super) fn reached(&self, routes: &Routes, share: Share, follows: impl Fn(u32) -> Share) -> Reached {
        if routes.is_empty() {
            let copied = Share::NONE;
            return Reached { share, copied };
        }
        let (mut led, mut copied) = (0.0, 0.0);
        for (n, part) in self.parts.iter().enumerate() {
            // What no route before has matched.
            let mut left = *part;
            for InForce { number, weight } in routes.iter() {
                let rule = &self.rules[number as usize];
                let matched = left * rule.matches[n];
                left -= matched;
                match rule.copies {
                    None => led += matched,
                    Some(copies) => {
                        copied += matched * copies;
                        let share = if self.keeps_weight { follows(weight) } else { share };
                        led += matched * share.get();
                    }
                }
            }
            led += left * share.get();
        }
        Reached {
            share: Share::new(led),
            copied: Share::new(copied),
        }
    }
}

/// Something of each part of the requests.
fn of_all(traffic: &Demand, of: impl Fn(Option<&Carried>) -> f64) -> Vec<f64> {
    let carried = traffic.headers.iter().map(Some);
    carried.chain([None]).map(of).collect()
}

/// Whether a header route leads requests that carry this header, and no other.
fn led(headers: &[Header], carried: Option<&Carried>, wants_all: bool) -> bool {
    let Some(carried) = carried else { return false };
    let mut fits = headers
        .iter()
        .map(|header| header.fits(&carried.name, &carried.value));
    if wants_all {
        fits.all(|fits| fits)
    } else {
        fits.any(|fits| fits)
    }
}

/// How much of the requests that carry this header a mirror route matches.
fn fitting(fittings: &[Fitting], carried: Option<&Carried>, traffic: &Demand) -> f64 {
    let part = |fitting: &Fitting| {
        let fits =
            |header: &Header| carried.is_some_and(|carried| header.fits(&carried.name, &carried.value));
        let asked = if fitting.asks.is_empty() {
            1.0
        } else {
            traffic.matching
        };
        if fitting.headers.iter().all(fits) {
            asked
        } else {
            0.0
        }
    };
    fittings.iter().map(part).fold(0.0, f64::max)
}
