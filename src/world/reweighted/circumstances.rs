//! What a request meets: how likely a success is made to fail, and which slow-downs are in force.

use super::super::begins::Calendar;
use super::state::{Change, State};
use super::world::World;
use crate::scenario::exposition::Arm;
use crate::scenario::{Fault, Part};

/// What a request meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Met {
    /// Probability that one that succeeded fails instead.
    pub fails: f64,
    /// Number of the latency's shape.
    pub shape: usize,
}

impl World {
    /// What a request meets on a version in a third of a slot; without the release's faults, if asked for.
    pub(super) fn met(&self, state: &State, change: &Change, third: i64, arm: Arm, faulty: bool) -> Met {
        let mut met = Met { fails: 0.0, shape: 0 };
        if arm == Arm::Canary {
            let faults = if faulty {
                self.scenario.faults.as_slice()
            } else {
                &[]
            };
            for (n, (fault, bit)) in faults.iter().zip(&self.shapes.faults).enumerate() {
                if change.share > fault.above && self.calendar(state).holds(n, third) {
                    met.fails = met
                        .fails
                        .max(self.raised(fault) * self.calendar(state).height(n, third));
                    met.shape |= bit;
                }
            }
            if let Some(cold) = self.scenario.cold_start.filter(|_| change.cold > 0.0) {
                met.fails += cold.errors * change.cold * self.fading((third - change.third) as f64 + 0.5);
            }
        }
        let disturbances = self.scenario.disturbances.iter().zip(&self.shapes.disturbances);
        for ((disturbance, bit), &start) in disturbances.zip(&state.disturbed) {
            let length = disturbance.length.as_millis() / self.third;
            if disturbance.arms.contains(&arm) && (start..start + length).contains(&third) {
                met.fails += disturbance.errors;
                met.shape |= bit;
            }
        }
        met.fails = met.fails.min(1.0);
        met
    }

    /// With which probability successes must fail for the error ratio to rise from the recorded one to the fault's: for
    /// a canary of one instance a bad pod is all of it.
    fn raised(&self, fault: &Fault) -> f64 {
        let recorded = self.scenario.service.errors;
        let part = match fault.part {
            Part::Requests(part) => part,
            Part::Pods(_) => 1.0,
        };
        if recorded >= 1.0 {
            return 0.0;
        }
        part * ((fault.errors - recorded) / (1.0 - recorded)).clamp(0.0, 1.0)
    }

    /// The faults of a trial in time; its cells are thirds.
    pub(super) fn calendar<'a>(&'a self, state: &'a State) -> Calendar<'a> {
        Calendar {
            faults: &self.scenario.faults,
            begins: &state.begins,
            started: state.started,
            cell: self.third,
        }
    }
}
