//! What a request meets in a slot: how likely it fails, and which slow-downs are in force.

use super::crew;
use super::state::{Change, WorldState};
use super::world::World;
use crate::scenario::exposition::Arm;
use crate::scenario::{Fault, Part};

/// What a request meets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Circumstances {
    /// Probability that it fails.
    pub errors: f64,
    /// Which slow-downs are in force, by their bits.
    pub slowed: usize,
}

impl Circumstances {
    /// It fails, whatever else.
    pub const FAILS: Self = Self {
        errors: 1.0,
        slowed: 0,
    };
}

impl World {
    /// What a request of a group meets in `slot` on pod `index` of the canary; without the release's faults, if asked
    /// for. `noise` is the factor of its error ratio.
    pub(super) fn on_canary(
        &self,
        state: &WorldState,
        change: &Change,
        slot: i64,
        noise: f64,
        (index, group): (u32, usize),
        faulty: bool,
    ) -> Circumstances {
        let healthy = self.groups[group].errors * noise;
        let mut met = Circumstances {
            errors: healthy,
            slowed: 0,
        };
        let faults = if faulty {
            self.scenario.faults.as_slice()
        } else {
            &[]
        };
        let calendar = self.calendar_for(state, change);
        for (n, (fault, bit)) in faults.iter().zip(&self.fault_bits).enumerate() {
            let Some(part) = part(fault, index).filter(|_| change.share > fault.above) else {
                continue;
            };
            if self.fault_groups[n].is_some_and(|own| own != group) || !calendar.holds(n, slot) {
                continue;
            }
            if fault.gauges.is_some() && self.progress(n, state, change, slot - 1, index) < 1.0 {
                continue;
            }
            let height = healthy + calendar.height(n, slot) * (fault.errors * noise - healthy);
            met.errors += part * (height - met.errors).max(0.0);
            met.slowed |= bit;
        }
        if let Some(cold) = &self.scenario.cold_start
            && change.cold > 0.0
        {
            met.errors += cold.errors * self.faded(change, slot);
        }
        self.disturb(state, slot, Arm::Canary, met)
    }

    /// What a request of a group meets in `slot` on the stable version; `noise` is the factor of its error ratio.
    pub(super) fn on_stable(&self, state: &WorldState, slot: i64, noise: f64, group: usize) -> Circumstances {
        let met = Circumstances {
            errors: self.groups[group].errors * noise,
            slowed: 0,
        };
        self.disturb(state, slot, Arm::Stable, met)
    }

    fn disturb(&self, state: &WorldState, slot: i64, arm: Arm, mut met: Circumstances) -> Circumstances {
        let disturbances = self.scenario.disturbances.iter().zip(&self.disturbance_bits);
        for ((disturbance, bit), &start) in disturbances.zip(&state.disturbed) {
            let slots = disturbance.length.as_millis() / self.slot;
            if disturbance.arms.contains(&arm) && (start..start + slots).contains(&slot) {
                met.errors += disturbance.errors;
                met.slowed |= bit;
            }
        }
        met.errors = met.errors.min(1.0);
        met
    }

    /// What a request meets that may be of any group, for what shows all of them as one.
    pub(super) fn of_any(&self, arm: Arm, met: impl Fn(usize) -> Circumstances) -> Circumstances {
        if self.groups.len() == 1 {
            return met(0);
        }
        let mut all = Circumstances {
            errors: 0.0,
            slowed: 0,
        };
        for (group, of) in self.groups.iter().enumerate() {
            let met = met(group);
            all.errors += of.parts[arm as usize] * met.errors;
            all.slowed |= met.slowed;
        }
        all
    }

    /// How much of the canary is new in the middle of `slot`.
    pub(super) fn faded(&self, change: &Change, slot: i64) -> f64 {
        change.cold * self.fading((slot - change.slot) as f64 + 0.5)
    }

    /// Whether nothing of the canary's newness is left that a float could tell from none.
    pub(super) fn has_faded(&self, change: &Change, slot: i64) -> bool {
        const FADED: i64 = 40;
        let fading = self.scenario.cold_start.map_or(0, |cold| cold.fading.as_millis());
        change.cold == 0.0 || (slot - change.slot) * self.slot >= FADED * fading
    }

    /// What is left of newness after so many slots.
    pub(super) fn fading(&self, slots: f64) -> f64 {
        let fading = self.scenario.cold_start.map_or(0, |cold| cold.fading.as_millis());
        if fading <= 0 {
            0.0
        } else {
            libm::exp(-slots * self.slot as f64 / fading as f64)
        }
    }
}

/// What part of the requests on the pod with this number meets the fault, if any.
pub(super) fn part(fault: &Fault, number: u32) -> Option<f64> {
    match fault.part {
        Part::Requests(part) => Some(part),
        Part::Pods(pods) => (crew::index(number) < pods).then_some(1.0),
    }
}
