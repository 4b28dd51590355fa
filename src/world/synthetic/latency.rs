//! Latency under every set of slow-downs that can be in force at once, worked out before the first trial.

use super::groups::Group;
use super::target::PER_SECOND;
use crate::scenario::{Fault, Latency, Part, Scenario};
use crate::seed::{Cuts, normal_cdf};

/// More slow-downs at once than this are refused.
pub(super) const MOST: usize = 6;

/// The distribution of latency while certain slow-downs are in force.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Part of requests within each bound.
    pub within: Vec<f64>,
    /// The same, as cuts.
    pub bounds: Cuts,
    /// Mean, in 2^-20 s.
    pub mean: f64,
    /// Cells of the distribution for the sum.
    pub cells: Cuts,
    /// Mean of the last cell, in 2^-20 s.
    pub last: i64,
    /// From each cell's mean to the next one's, in 2^-20 s.
    pub rises: Vec<i64>,
    /// Part of requests that takes longer than the limit of harm.
    pub slow: f64,
}

/// Names a slow-down: its bit in the number of a shape. Those of faults come first.
pub(super) fn bits(scenario: &Scenario) -> (Vec<usize>, Vec<usize>) {
    let mut next = 0;
    let mut bit = |latency: f64| {
        let mask = if latency == 1.0 { 0 } else { 1 << next };
        next += usize::from(latency != 1.0);
        mask
    };
    let faults = scenario.faults.iter().map(|fault| bit(fault.latency)).collect();
    let disturbances = scenario
        .disturbances
        .iter()
        .map(|disturbance| bit(disturbance.latency))
        .collect();
    (faults, disturbances)
}

/// Of each group the shapes of all sets of slow-downs; the number of a shape among them is the sum of its [`bits`].
///
/// # Panics
///
/// If there are more than [`MOST`] slow-downs; the reader of scenarios refuses them.
pub(super) fn shapes(scenario: &Scenario, groups: &[Group], bounds: &[f64]) -> Vec<Shape> {
    let limit = scenario
        .harm_limit
        .map_or_else(|| scenario.service.latency.quantile(0.99), |limit| limit.seconds);
    let of_groups = groups.iter().enumerate().flat_map(|(number, group)| {
        let routed = |fault: &Fault| match (&fault.route, number.checked_sub(1)) {
            (None, _) => 1.0,
            (Some(own), Some(route)) => f64::from(u8::from(scenario.service.routes[route].name == *own)),
            (Some(_), None) => 0.0,
        };
        mixtures(scenario, &[(1.0, group.latency)], routed)
    });
    of_groups.map(|mixture| mixture.shape(bounds, limit)).collect()
}

/// For each set of slow-downs, how many times as long as usual quantile `quantile` is, on the canary and on the stable
/// version.
pub(super) fn slower(scenario: &Scenario, groups: &[Group], quantile: f64) -> [Vec<f64>; 2] {
    let of_arm = |arm: usize| {
        let parts: Vec<(f64, f64)> = groups
            .iter()
            .map(|group| (group.parts[arm], group.latency))
            .collect();
        let routed = |fault: &Fault| {
            let route = |name: &String| scenario.service.routes.iter().find(|route| route.name == *name);
            fault
                .route
                .as_ref()
                .map_or(1.0, |name| route(name).map_or(0.0, |route| route.parts()[arm]))
        };
        mixtures(scenario, &parts, routed)
    };
    let arms = [0, 1].map(of_arm);
    let usual = arms[1][0].quantile(quantile);
    arms.map(|mixtures| {
        mixtures
            .iter()
            .map(|mixture| mixture.quantile(quantile) / usual)
            .collect()
    })
}

/// The latency of each set of slow-downs, of requests whose latency is mixed of `parts`; `routed`: to what part of them
/// a fault's route applies.
fn mixtures(scenario: &Scenario, parts: &[(f64, f64)], routed: impl Fn(&Fault) -> f64) -> Vec<Mixture> {
    let faults = scenario.faults.iter().map(|fault| {
        let part = match fault.part {
            Part::Requests(part) => part,
            Part::Pods(_) => 1.0,
        };
        (part * routed(fault), fault.latency)
    });
    let disturbances = scenario
        .disturbances
        .iter()
        .map(|disturbance| (1.0, disturbance.latency));
    let slow_downs: Vec<(f64, f64)> = faults
        .chain(disturbances)
        .filter(|&(_, factor)| factor != 1.0)
        .collect();
    assert!(slow_downs.len() <= MOST, "at most {MOST} slow-downs");
    let mixture = |mask: usize| {
        let mut parts = parts.to_vec();
        for (n, &(part, factor)) in slow_downs.iter().enumerate() {
            if mask >> n & 1 == 1 {
                parts = crate::scenario::slowed(&parts, part, factor);
            }
        }
        Mixture {
            latency: scenario.service.latency,
            parts,
        }
    };
    (0..1 << slow_downs.len()).map(mixture).collect()
}

/// Parts of the requests and how many times as long they take.
struct Mixture {
    latency: Latency,
    parts: Vec<(f64, f64)>,
}

impl Mixture {
    fn shape(&self, bounds: &[f64], limit: f64) -> Shape {
        // Rounding must not make a later bound hold less than an earlier one.
        let mut most = 0.0_f64;
        let mut rising = |bound: &f64| {
            most = most.max(self.within(*bound));
            most
        };
        let within: Vec<f64> = bounds.iter().map(&mut rising).collect();
        // 16 equal cells, the last one halved again and again: the long tail carries much of the sum.
        let edges: Vec<f64> = (1..16)
            .map(|n| f64::from(n) / 16.0)
            .chain((5..24).map(|n| 1.0 - libm::ldexp(1.0, -n)))
            .collect();
        let mut means = Vec::new();
        let (mut low, mut below) = (0.0, 0.0);
        for &edge in edges.iter().chain(&[1.0]) {
            let high = if edge < 1.0 {
                self.quantile(edge)
            } else {
                f64::INFINITY
            };
            let mean = (self.mean_within(high) - self.mean_within(low)) / (edge - below);
            means.push(libm::round(mean * PER_SECOND) as i64);
            (low, below) = (high, edge);
        }
        Shape {
            bounds: Cuts::new(&within),
            within,
            mean: self.mean_within(f64::INFINITY) * PER_SECOND,
            cells: Cuts::new(&edges),
            last: means[means.len() - 1],
            rises: means.windows(2).map(|pair| pair[1] - pair[0]).collect(),
            slow: 1.0 - self.within(limit),
        }
    }

    fn within(&self, seconds: f64) -> f64 {
        self.parts
            .iter()
            .map(|(part, factor)| part * self.latency.within(seconds / factor))
            .sum()
    }

    /// Mean of latency times 'is less than `seconds`'.
    fn mean_within(&self, seconds: f64) -> f64 {
        let Latency { median, sigma } = self.latency;
        let part = |&(part, factor): &(f64, f64)| {
            let z = libm::log(seconds / factor / median) / sigma - sigma;
            part * factor * median * libm::exp(sigma * sigma / 2.0) * normal_cdf(z)
        };
        if seconds <= 0.0 {
            0.0
        } else {
            self.parts.iter().map(part).sum()
        }
    }

    /// By bisection in the logarithm.
    fn quantile(&self, p: f64) -> f64 {
        let (mut low, mut high) = (-30.0, 30.0);
        for _ in 0..80 {
            let middle = (low + high) / 2.0;
            if self.within(self.latency.median * libm::exp(middle)) < p {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.latency.median * libm::exp(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Fault, Limits, standard};

    #[test]
    fn the_sum_of_a_sample_has_the_mean_of_the_lognormal() {
        let mut scenario = standard(&Limits::default());
        scenario.faults = vec![Fault {
            latency: 3.0,
            part: Part::Requests(0.5),
            ..Fault::default()
        }];
        let shapes = shapes(&scenario, &super::super::groups::groups(&scenario), &[]);
        let latency = scenario.service.latency;
        let mean = latency.median * libm::exp(latency.sigma * latency.sigma / 2.0);
        for (shape, expected) in [(&shapes[0], mean), (&shapes[1], 2.0 * mean)] {
            let mut total = shape.last as f64;
            for (n, rise) in (1..).zip(&shape.rises) {
                let at = if n < 16 {
                    f64::from(n) / 16.0
                } else {
                    1.0 - libm::ldexp(1.0, 11 - n)
                };
                total -= *rise as f64 * at;
            }
            assert!(
                (total / PER_SECOND / expected - 1.0).abs() < 1e-5,
                "{total} {expected}"
            );
        }
    }
}
