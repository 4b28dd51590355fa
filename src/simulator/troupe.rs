use super::{Actor, Outcome, Stage};
use crate::seed::Seed;

/// The actors of many stages, who play every seed one after the other: what the trials of a seed have in common is
/// drawn once.
#[derive(Debug)]
pub struct Troupe {
    actors: Vec<Actor>,
    /// Whose noise each takes over: in a ring, so that one memory serves all who share it.
    before: Vec<usize>,
}

impl Troupe {
    /// One actor for each stage.
    pub fn new(stages: &[Stage<'_>]) -> Self {
        let shares = |n: usize| move |&other: &usize| stages[n].world().shares_noise(stages[other].world());
        let before = |n: usize| {
            let all = (0..stages.len()).rev();
            let earlier = all.clone().skip(stages.len() - n).find(shares(n));
            earlier.or_else(|| all.clone().find(shares(n))).unwrap_or(n)
        };
        Self {
            actors: stages.iter().map(Actor::new).collect(),
            before: (0..stages.len()).map(before).collect(),
        }
    }

    /// Plays one seed on every stage, in their order: those that the troupe was made for.
    pub fn play<'a>(&'a mut self, stages: &'a [Stage<'_>], seed: Seed) -> impl Iterator<Item = Outcome> {
        let Self { actors, before } = self;
        stages.iter().enumerate().map(move |(n, stage)| {
            if let Ok([actor, earlier]) = actors.get_disjoint_mut([n, before[n]]) {
                actor.take_noise(earlier);
            }
            actors[n].play(stage, seed)
        })
    }
}
