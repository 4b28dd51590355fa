//! Crews: pods of a version that stand beside the rollout's own, as those of an experiment do. They live their version's
//! truth, are targets of their own, and have a part of its requests.

use super::state::Change;
use super::target::Target;
use super::world::World;
use crate::scenario::Arrivals;
use crate::scenario::exposition::Arm;
use crate::seed::Stream;

/// The crews of the canary and of the stable version.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Crews {
    /// Pods that serve.
    pub pods: [u32; 2],
    /// The part of the version's requests that they have, 0 to 1; the rollout's own pods have the rest.
    pub parts: [f64; 2],
}

/// Pods of crews are counted from here, where pods of a version are counted from 0.
const FIRST: u32 = 1 << 16;

/// The number of a pod among those of its version.
pub(super) const fn number(index: u32, in_crew: bool) -> u32 {
    if in_crew { FIRST + index } else { index }
}

/// The number of a pod among its own.
pub(super) const fn index(number: u32) -> u32 {
    number % FIRST
}

impl Change {
    /// Whether the pod with this number of a version serves.
    pub(super) fn serves(&self, arm: Arm, number: u32) -> bool {
        self.pods_beside(arm, number) > index(number)
    }

    /// How many pods serve beside that one, itself among them: of the rollout, or of the crew.
    pub(super) fn pods_beside(&self, arm: Arm, number: u32) -> u32 {
        let arm = arm as usize;
        if number >= FIRST {
            self.crews.pods[arm]
        } else {
            self.pods[arm]
        }
    }

    /// The part of a version's requests that its crew has, 0 to 1.
    pub(super) fn crew_part(&self, arm: Arm) -> f64 {
        let arm = arm as usize;
        match (self.pods[arm], self.crews.pods[arm]) {
            (_, 0) => 0.0,
            (0, _) => 1.0,
            _ => self.crews.parts[arm],
        }
    }

    /// The part of a version's requests that the pod with this number and those beside it have.
    pub(super) fn part_beside(&self, arm: Arm, number: u32) -> f64 {
        let crew = self.crew_part(arm);
        if number >= FIRST { crew } else { 1.0 - crew }
    }

    /// The part of a version's requests that the pod with this number has.
    pub(super) fn part_of(&self, arm: Arm, number: u32) -> f64 {
        self.part_beside(arm, number) / f64::from(self.pods_beside(arm, number).max(1))
    }

    /// Pods of a version in all.
    pub(super) fn all_pods(&self, arm: Arm) -> u32 {
        self.pods[arm as usize] + self.crews.pods[arm as usize]
    }

    /// The numbers of the canary's pods that serve.
    pub(super) fn on_canary(&self) -> impl Iterator<Item = u32> + use<> {
        let crew = (0..self.crews.pods[0]).map(|index| number(index, true));
        (0..self.pods[0]).chain(crew)
    }
}

impl Target {
    /// Its number among the pods of its version.
    pub(super) const fn number(&self) -> u32 {
        number(self.index, self.in_crew)
    }
}

impl World {
    /// How many of a version's requests in a slot fall to its crew.
    pub(super) fn to_crew(&self, luck: Stream, change: &Change, arm: Arm, slot: i64, requests: u32) -> u32 {
        match (change.crew_part(arm), self.scenario.traffic.arrivals) {
            (0.0, _) => 0,
            (part, Arrivals::Poisson) => luck.at(slot).binomial(requests, part),
            (part, Arrivals::Constant) => libm::round(f64::from(requests) * part) as u32,
        }
    }
}
