//! What a policy saw in the trials of one world.

use crate::controller::argo::What;
use crate::experiment::{CannotPlay, Plan, Seeds};
use crate::seed::Seed;
use crate::simulator::{Actor, Happening, Listener, Stage};

/// Trials of one policy in one world, seed by seed.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Whether each was rolled back.
    pub rolled_back: Vec<bool>,
    /// Of each trial, for each check, its readings in the order of its looks; NaN where there was no number.
    pub readings: Vec<Vec<Vec<f64>>>,
}

impl Seen {
    /// All of several, one after the other.
    pub fn together<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Self {
        Self {
            rolled_back: all
                .clone()
                .flat_map(|seen| seen.rolled_back.iter().copied())
                .collect(),
            readings: all.flat_map(|seen| seen.readings.iter().cloned()).collect(),
        }
    }

    /// Looks of a check in the trial that took most.
    pub fn looks(&self, check: usize) -> usize {
        let own = self.readings.iter().map(|trial| trial[check].len());
        own.max().unwrap_or(0)
    }
}

/// Keeps the readings of a trial.
struct Looks(Vec<Vec<f64>>);

impl Listener for Looks {
    fn hear(&mut self, happening: Happening) {
        if let Happening::Controller(event) = happening
            && let What::Looked(looked) = event.what
        {
            let value = looked.value.filter(|value| value.is_finite());
            self.0[looked.check.0].push(value.unwrap_or(f64::NAN));
        }
    }
}

fn one(stage: &Stage<'_>, actor: &mut Actor, seed: u64) -> (bool, Vec<Vec<f64>>) {
    let mut looks = Looks(vec![Vec::new(); stage.policy().checks.len()]);
    let outcome = actor.play_once(stage, Seed(seed), &mut looks);
    (outcome.ending.is_rollback(), looks.0)
}

/// Plays a policy in the plan's first world, on all threads.
///
/// # Errors
///
/// The policy has checks that cannot be asked.
pub(super) fn play(plan: &Plan, policy: usize, seeds: &Seeds<'_>) -> Result<Seen, CannotPlay> {
    let stage = plan.stage(policy, 0)?;
    let played = seeds.play(|| Actor::new(&stage), |actor, seed| one(&stage, actor, seed));
    let (rolled_back, readings) = played.into_iter().unzip();
    Ok(Seen {
        rolled_back,
        readings,
    })
}

/// The same on this thread alone.
///
/// # Errors
///
/// As [`play`].
pub(super) fn play_here(
    plan: &Plan,
    policy: usize,
    seeds: core::ops::Range<u64>,
) -> Result<Seen, CannotPlay> {
    let stage = plan.stage(policy, 0)?;
    let mut actor = Actor::new(&stage);
    let (rolled_back, readings) = seeds.map(|seed| one(&stage, &mut actor, seed)).unzip();
    Ok(Seen {
        rolled_back,
        readings,
    })
}
