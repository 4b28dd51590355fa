//! Whether requests fall to instances one by one.

use serde::{Deserialize, Serialize};

/// Slots that are compared with each other: shares of instances may drift beyond.
const WINDOW: usize = 20;

/// How much more the requests of instances vary than if each request went to one of them by itself: 1 where it does,
/// more where requests stick together (users, connections, tenants), less where they are dealt in turn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dispersion {
    /// Pearson's statistic over its degrees of freedom.
    pub ratio: f64,
    /// Its standard error if the truth is 1.
    pub error: f64,
}

impl Dispersion {
    /// Of requests by instance and slot; absent where there are fewer than two instances, or too few requests.
    pub fn of(instances: &[Vec<u32>]) -> Option<Self> {
        let slots = instances.first()?.len();
        let (mut pearson, mut freedom) = (0.0, 0.0);
        for from in (0..slots).step_by(WINDOW) {
            let window = from..(from + WINDOW).min(slots);
            let of = |counts: &Vec<u32>| {
                counts[window.clone()]
                    .iter()
                    .map(|&count| f64::from(count))
                    .sum::<f64>()
            };
            let sums: Vec<f64> = instances.iter().map(of).collect();
            let all: f64 = sums.iter().sum();
            // Only instances that serve in this stretch, and slots in which there were requests.
            let serving: Vec<usize> = (0..instances.len()).filter(|&at| sums[at] > 0.0).collect();
            if serving.len() < 2 {
                continue;
            }
            let mut rows = 0.0;
            for slot in window.clone() {
                let total: f64 = serving.iter().map(|&at| f64::from(instances[at][slot])).sum();
                if total == 0.0 {
                    continue;
                }
                rows += 1.0;
                for &at in &serving {
                    let expected = total * sums[at] / all;
                    let off = f64::from(instances[at][slot]) - expected;
                    pearson += off * off / expected;
                }
            }
            if rows > 1.0 {
                freedom += (rows - 1.0) * (serving.len() - 1) as f64;
            }
        }
        (freedom >= 20.0).then(|| Self {
            ratio: pearson / freedom,
            error: libm::sqrt(2.0 / freedom),
        })
    }

    /// Whether requests stick together: three standard errors and a tenth above what chance gives.
    pub fn is_sticky(self) -> bool {
        self.ratio > 1.1 && self.ratio > 1.0 + 3.0 * self.error
    }

    /// Whether requests are dealt more evenly than chance deals.
    pub fn is_even(self) -> bool {
        self.ratio < 0.9 && self.ratio < 1.0 - 3.0 * self.error
    }

    /// So many requests are taken to stick together that a split of them varies as instances were seen to.
    pub fn cluster(self) -> u32 {
        if self.is_sticky() {
            libm::ceil(self.ratio).min(10_000.0) as u32
        } else {
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn split(clusters: u32, rate: f64) -> Vec<Vec<u32>> {
        let (all, to) = (Seed(4).stream("all"), Seed(4).stream("to"));
        let mut instances = vec![Vec::new(), Vec::new()];
        for slot in 0..2000 {
            let groups = all.at(slot).poisson(rate / f64::from(clusters));
            let first = to.at(slot).binomial(groups, 0.4);
            instances[0].push(first * clusters);
            instances[1].push((groups - first) * clusters);
        }
        instances
    }

    #[test]
    fn independent_requests_and_sticky_ones_are_told_apart() {
        let free = Dispersion::of(&split(1, 30.0)).expect("there are two");
        assert!(
            (free.ratio - 1.0).abs() < 4.0 * free.error && free.cluster() == 1,
            "{free:?}"
        );
        let sticky = Dispersion::of(&split(4, 60.0)).expect("there are two");
        assert!((sticky.ratio - 4.0).abs() < 0.4, "{sticky:?}");
        assert!(sticky.is_sticky() && (4..=5).contains(&sticky.cluster()));
        let even = vec![vec![7; 100], vec![7; 100]];
        assert!(Dispersion::of(&even).expect("there are two").is_even());
        assert_eq!(Dispersion::of(&split(1, 30.0)[..1]), None);
        assert_eq!(Dispersion::of(&[]), None);
    }
}
