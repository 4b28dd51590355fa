//! What share of the requests the canary gets by its weight and its routes, what part of them is copied to it, and which
//! parts fall to pods of experiments.

use crate::controller::argo::Routes;
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
}

/// A route.
#[derive(Debug)]
struct Rule {
    /// How much of each part it matches, from 0 to 1.
    matches: Vec<f64>,
    /// Of what it matches, this part is copied; none: it is led to the canary.
    copies: Option<f64>,
}

/// How requests are split that nothing but a weight, or pods, leads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Split {
    /// The share of the canary.
    pub share: Share,
    /// Which part of the canary's requests and of the stable version's falls to pods of experiments.
    pub beside: [f64; 2],
}

impl Split {
    /// Without experiments.
    pub(super) const fn of(share: Share) -> Self {
        Self {
            share,
            beside: [0.0; 2],
        }
    }

    /// In proportion to what the canary and the stable version have of their own, and what those `beside` have.
    pub(super) fn between(own: [u32; 2], beside: [u32; 2]) -> Self {
        let all: f64 = own.iter().chain(&beside).copied().map(f64::from).sum();
        let of_canary = (f64::from(own[0]) + f64::from(beside[0])) / all.max(1.0);
        let part = |arm: usize| {
            let both = f64::from(own[arm]) + f64::from(beside[arm]);
            f64::from(beside[arm]) / both.max(1.0)
        };
        Self {
            share: Share::new(of_canary),
            beside: [part(0), part(1)],
        }
    }

    /// While there are two versions, where so much of each weight arrives.
    pub(super) fn delivered(self, part: f64) -> Self {
        if part >= 1.0 || self.share >= Share::ALL {
            return self;
        }
        let share = Share::new(self.share.get() * part);
        let stable = (1.0 - self.share.get()) * self.beside[1] * part;
        Self {
            share,
            beside: [self.beside[0], stable / (1.0 - share.get())],
        }
    }

    /// Parts of all requests that fall to pods of experiments.
    fn crews(self) -> [f64; 2] {
        let share = self.share.get();
        [share * self.beside[0], (1.0 - share) * self.beside[1]]
    }
}

/// What reaches the canary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reached {
    /// The part of all requests that it answers, and which parts fall to pods of experiments.
    pub split: Split,
    /// The part of all requests that it gets a copy of.
    pub copied: Share,
}

impl Reached {
    /// Nothing.
    pub(super) const NONE: Self = Self::only(Split::of(Share::NONE));

    /// Without copies.
    pub(super) const fn only(split: Split) -> Self {
        Self {
            split,
            copied: Share::NONE,
        }
    }

    /// What the other version gets; copies apart.
    pub(super) fn turned(self) -> Self {
        let [comes, other] = self.split.beside;
        Self::only(Split {
            share: Share::new(1.0 - self.split.share.get()),
            beside: [other, comes],
        })
    }
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
        }
    }

    /// What reaches the canary with these routes, as traffic follows them: what a header route matches goes to its own
    /// pods, what a mirror route matches goes by weight, and so does the `rest`.
    pub(super) fn reached(&self, routes: &Routes, told: Split, rest: Split) -> Reached {
        if routes.is_empty() {
            return Reached::only(rest);
        }
        let (mut led, mut copied, mut crews) = (0.0, 0.0, [0.0; 2]);
        let mut by_weight = |led: &mut f64, part: f64, split: Split| {
            *led += part * split.share.get();
            for (sum, crew) in crews.iter_mut().zip(split.crews()) {
                *sum += part * crew;
            }
        };
        for (n, part) in self.parts.iter().enumerate() {
            // What no route before has matched.
            let mut left = *part;
            for route in routes.iter() {
                let rule = &self.rules[route.number as usize];
                let matched = left * rule.matches[n];
                left -= matched;
                match rule.copies {
                    None => led += matched,
                    Some(copies) => {
                        copied += matched * copies;
                        by_weight(&mut led, matched, told);
                    }
                }
            }
            by_weight(&mut led, left, rest);
        }
        let share = Share::new(led);
        let part = |crew: f64, of: f64| if crew > 0.0 { (crew / of).min(1.0) } else { 0.0 };
        Reached {
            split: Split {
                share,
                beside: [part(crews[0], share.get()), part(crews[1], 1.0 - share.get())],
            },
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
