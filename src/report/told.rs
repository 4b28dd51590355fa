use serde::Serialize;

use super::story::{self, story};
use super::timeline::Timeline;
use crate::diagnostic::Documents;
use crate::experiment::Watched;
use crate::policy::argo::spec::Policy;
use crate::scenario::Scenario;
use crate::simulator::Ending;

/// One trial, told and ready to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// Its address.
    pub address: String,
    /// The policy.
    pub policy: String,
    /// The world.
    pub world: String,
    /// What happens in it.
    pub description: String,
    /// The seed.
    pub seed: u64,
    /// Why it is shown: `missed harm, the middle one of 31`. Empty where it was asked for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The call that tells it again.
    #[serde(skip)]
    pub command: String,
    /// How it ended: the word of the ledger.
    pub ending: Ending,
    /// Whether the release was harmful.
    pub harmful: bool,
    /// How it ended and whether that was right.
    pub sentence: String,
    /// What turned it, and when.
    pub turned: Option<String>,
    /// The line of the document that decided.
    pub decided_by: Option<String>,
    /// What it cost.
    pub facts: Vec<String>,
    /// What happened, along its time.
    pub timeline: Timeline,
    /// The whole story, a line for everything that happened.
    pub story: String,
}

impl Told {
    /// The trial `watched` of `policy` in `scenario`.
    pub fn new(
        documents: &Documents,
        policy: &Policy,
        scenario: &Scenario,
        watched: &Watched,
        address: String,
        seed: u64,
    ) -> Self {
        let Watched {
            outcome, happenings, ..
        } = watched;
        let mut timeline = Timeline::new(documents, policy, happenings, watched.horizon, &mut |_| {
            Vec::new()
        });
        timeline.onset = outcome.truth.onset.filter(|_| outcome.truth.harmful);
        timeline.harm.clone_from(&watched.harm);
        let end = story::end(documents, policy, happenings, outcome);
        Self {
            command: format!("coalmine replay {address}"),
            address,
            policy: policy.name.clone(),
            world: scenario.name.clone(),
            description: scenario.description.clone(),
            seed,
            why: String::new(),
            ending: outcome.ending,
            harmful: outcome.truth.harmful,
            sentence: end.sentence,
            turned: end.turned,
            decided_by: end.decided_by,
            facts: end.facts,
            timeline,
            story: story(documents, policy, happenings, outcome),
        }
    }

    /// Whether it ended as it should have: rolled back where there was harm, promoted where there was none; `None`
    /// where it had not ended a harmless release either way.
    pub const fn was_right(&self) -> Option<bool> {
        match (self.harmful, self.ending.is_rollback()) {
            (harmful, rolled_back) if harmful != rolled_back => Some(false),
            (true, _) => Some(true),
            (false, _) if matches!(self.ending, Ending::Promoted) => Some(true),
            (false, _) => None,
        }
    }
}
