//! One policy on a fitted service, on recordings that this service makes, and on the recording it was fitted to.

use std::sync::atomic::AtomicBool;

use super::agreement::{CheckedPolicy, Played};
use super::play::{Seen, play, play_here};
use super::pretend::pretended;
use crate::diagnostic::{Documents, Finding, Severity};
use crate::experiment::{Plan, Prepared, Request, Seeds, Source, prepare, prepare_over};
use crate::recording::Recording;
use crate::seed::Seed;

/// What a split of one recorded version cannot have, so that it is left out of the fitted side of a check too: noise of one
/// version alone, and a wave of the day that the recording does not tell from noise.
const AS_SPLIT: &str =
    "apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  service:\n    noise:\n      private: 0\n";
const NO_WAVE: &str = "apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  traffic:\n    daily: 0%\n";

/// A check to be made.
pub struct Check<'a> {
    /// The policies.
    pub documents: &'a Documents,
    /// Files nearby, where a missing template may lie.
    pub beside: &'a Documents,
    /// The call: what is called otherwise in the recording, and which recording it is.
    pub request: &'a Request,
    /// The recording.
    pub recording: &'a Recording,
    /// The Scenario document that was fitted to it.
    pub fitted: &'a str,
    /// Whether that document's daily wave was recorded.
    pub daily: bool,
    /// Recordings of the fitted service to compare the real one with.
    pub recordings: u64,
    /// First seed, trials for each figure, threads, and who may stop it; progress counts the trials of a policy over the
    /// recordings that the fitted service makes.
    pub seeds: Seeds<'a>,
}

/// Plays every policy that can be played on both sides and compares what it saw. `None`: stopped.
///
/// # Errors
///
/// Everything that is wrong with the documents; nothing is played then.
pub fn check(asked: &Check<'_>) -> Result<Option<Vec<CheckedPolicy>>, Vec<Finding>> {
    let mut documents = asked.documents.clone();
    documents.add("fitted.yaml", asked.fitted);
    documents.add("as-split.yaml", AS_SPLIT);
    if !asked.daily {
        documents.add("no-wave.yaml", NO_WAVE);
    }
    let made_up = prepare(&documents, asked.beside, &request(asked, "plain", None));
    // The same on both sides, whoever of the policies can be played there.
    let horizon = made_up.plan.worlds.first().map(|world| world.horizon);
    let over = |recording: &Recording, source: Option<Source>| {
        let request = Request {
            horizon,
            ..request(asked, "recorded", Some(source))
        };
        prepare_over(asked.documents, asked.beside, &request, Some(recording))
    };
    let recorded = over(asked.recording, asked.request.recording.clone());
    for prepared in [&made_up, &recorded] {
        if prepared.wrong_call || prepared.plan.policies.is_empty() {
            return Err(errors(prepared));
        }
    }
    let Some(past) = recorded.plan.recorded.as_ref().map(|recorded| &recorded.past) else {
        return Err(errors(&recorded));
    };
    let mut checked = Vec::new();
    for (number, planned) in made_up.plan.policies.iter().enumerate() {
        let find = |plan: &Plan| {
            plan.policies
                .iter()
                .position(|other| other.digest == planned.digest)
        };
        let Some(there) = find(&recorded.plan) else {
            continue;
        };
        let quietly = Seeds {
            progress: &|_| {},
            ..asked.seeds
        };
        let seen = |plan: &Plan, policy: usize| {
            play(plan, policy, &quietly).map_err(|cannot| vec![cannot.finding(plan)])
        };
        let (fitted, split) = (seen(&made_up.plan, number)?, seen(&recorded.plan, there)?);
        let trials = asked.seeds.first..asked.seeds.first + asked.seeds.count;
        let one = |recording: u64| -> Option<Seen> {
            // From the other end: no trial has the luck of a recording.
            let luck = Seed(u64::MAX - recording);
            let pretended = pretended(&made_up.plan, past.instances(), past.length(), luck)?;
            let prepared = over(&pretended, None);
            let there = find(&prepared.plan)?;
            play_here(&prepared.plan, there, trials.clone()).ok()
        };
        let progress = |done: u64| (asked.seeds.progress)(done * asked.seeds.count);
        let others = Seeds {
            first: 0,
            count: asked.recordings,
            threads: asked.seeds.threads,
            stop: asked.seeds.stop,
            progress: &progress,
        };
        let others = others.play(|| (), |(), recording| one(recording));
        let wanted = asked.seeds.count as usize;
        let complete = fitted.rolled_back.len() == wanted && split.rolled_back.len() == wanted;
        if !complete || others.len() < asked.recordings as usize || stopped(asked.seeds.stop) {
            return Ok(None);
        }
        let played = Played {
            policy: planned.policy.name.clone(),
            checks: planned.policy.check_names(),
            fitted,
            recorded: split,
            pretended: others.into_iter().flatten().collect(),
            days: trials
                .clone()
                .map(|seed| past.day_of(Seed(seed)) as u32)
                .collect(),
            length: past.length(),
        };
        checked.push(played.compare(Seed(asked.seeds.first)));
    }
    Ok(Some(checked))
}

fn stopped(stop: &AtomicBool) -> bool {
    stop.load(std::sync::atomic::Ordering::Relaxed)
}

/// The call in one world; `over`: over a recording, which one if it is the real one.
fn request(asked: &Check<'_>, world: &str, over: Option<Option<Source>>) -> Request {
    let real = matches!(&over, Some(Some(_)));
    Request {
        worlds: vec![world.to_owned()],
        // What the fitted service shows bears the policy's own names.
        map: if real {
            asked.request.map.clone()
        } else {
            Vec::new()
        },
        recording: over.flatten(),
        vary: Vec::new(),
        operator: asked.request.operator.clone(),
        horizon: asked.request.horizon,
        prometheus2: asked.request.prometheus2,
        argo: asked.request.argo,
    }
}

fn errors(prepared: &Prepared) -> Vec<Finding> {
    let errors = prepared
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors.cloned().collect()
}
