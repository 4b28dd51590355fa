//! A slot's requests as points in a row: which third of the slot they fall in, and to which version.
//!
//! All metrics of a target lay their requests out in the same order (failures first), so the same requests fall to the
//! canary in all of them: what counts failures alone never counts more of them than what counts everything.

use crate::seed::Place;

/// One third of a slot, for one target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Third {
    /// Which, 0 to 2.
    pub number: i64,
    /// Luck of the whole slot: first third or later; second or third.
    pub thirds: [Place; 2],
    /// Luck of this third: which version.
    pub share: Place,
    /// Part of the requests that the canary gets.
    pub to_canary: f64,
    /// So many neighbours stay together.
    pub cluster: u32,
}

impl Third {
    /// Of the first `points` of the slot, how many fall in this third.
    pub fn within(&self, points: u32) -> u32 {
        let first = self.thirds[0].binomial(points, 1.0 / 3.0);
        if self.number == 0 {
            return first;
        }
        let second = self.thirds[1].binomial(points - first, 0.5);
        if self.number == 1 {
            second
        } else {
            points - first - second
        }
    }

    /// Of the first `points` of this third, how many the canary gets: never fewer when its share rises.
    pub fn taken(&self, points: u32) -> u32 {
        taken(self.share, points, self.to_canary, self.cluster)
    }
}

/// Of `points` in a row, how many are taken with probability `share`, `cluster` neighbours together.
pub(super) fn taken(place: Place, points: u32, share: f64, cluster: u32) -> u32 {
    if cluster <= 1 {
        return place.binomial(points, share);
    }
    let (whole, rest) = (points / cluster, points % cluster);
    let full = place.binomial(whole, share);
    let next = place.binomial(whole + 1, share) - full;
    cluster * full + rest * next
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seed::Seed;

    fn third(seed: u64, slot: i64, number: i64, share: f64, cluster: u32) -> Third {
        let at = |name: &str| Seed(seed).stream(name).at(slot);
        Third {
            number,
            thirds: [at("first"), at("second")],
            share: Seed(seed).stream("share").at(3 * slot + number),
            to_canary: share,
            cluster,
        }
    }

    proptest! {
        #[test]
        fn thirds_add_up_and_shares_only_grow(
            seed: u64, slot: i32, points in 0_u32..3000, more in 0_u32..50, share in 0.0..1.0_f64, other in 0.0..1.0_f64,
            cluster in 1_u32..7,
        ) {
            let slot = i64::from(slot);
            let thirds = [0, 1, 2].map(|number| third(seed, slot, number, share, cluster));
            prop_assert_eq!(thirds.iter().map(|third| third.within(points)).sum::<u32>(), points);
            for mut third in thirds {
                let (few, many) = (third.within(points), third.within(points + more));
                prop_assert!(few <= many && many <= few + more);
                let canary = third.taken(many);
                prop_assert!(third.taken(few) <= canary && canary - third.taken(few) <= many - few);
                third.to_canary = share.max(other);
                prop_assert!(third.taken(many) >= canary);
            }
        }
    }

    #[test]
    fn clusters_vary_as_much_as_they_should() {
        for cluster in [1, 4] {
            let counts: Vec<f64> = (0..20_000)
                .map(|slot| f64::from(taken(Seed(1).stream("c").at(slot), 400, 0.3, cluster)))
                .collect();
            let mean = counts.iter().sum::<f64>() / counts.len() as f64;
            let variance = counts
                .iter()
                .map(|count| (count - mean) * (count - mean))
                .sum::<f64>()
                / counts.len() as f64;
            assert!((mean - 120.0).abs() < 0.5, "{mean}");
            let expected = 400.0 * 0.3 * 0.7 * f64::from(cluster);
            assert!((variance / expected - 1.0).abs() < 0.04, "{variance} {expected}");
        }
    }
}
