//! What to know before reading the table.

use crate::controller::argo::replicas;
use crate::diagnostic::Documents;
use crate::experiment::{PlannedWorld, Prepared};
use crate::policy::argo::spec::{Policy, Question, StepKind};
use crate::scenario::inference::ToldBy;
use crate::scenario::{Fault, Operator, Phase, Provider, Scenario};
use crate::units::Ratio;

/// Each a sentence or two without a full stop.
pub(super) fn of(prepared: &Prepared, documents: &Documents) -> Vec<String> {
    let mut notices = Vec::new();
    let mut of_policies = Vec::new();
    for (planned, readings) in prepared.plan.policies.iter().zip(&prepared.readings) {
        let policy = &planned.policy;
        for (check, reading) in policy.checks.iter().zip(readings) {
            if let Some(ToldBy::Word(label)) = &reading.told_by {
                notices.push(format!(
                    "{} tells canary from stable by the label {label} alone: whether your pods carry it is not known here",
                    check.name
                ));
            }
            if let Question::Other {
                provider, stand_in, ..
            } = &check.question
            {
                let states = stated(&prepared.service, &check.name, stand_in.as_deref());
                notices.push(format!(
                    "{} asks a {provider}, which is not simulated: {states}",
                    check.name
                ));
            }
        }
        let own = [rounded(policy, documents), pinned(policy), unasked(policy)];
        of_policies.extend(own.into_iter().flatten().map(|said| (policy.name.clone(), said)));
    }
    notices.extend(never_comes(prepared));
    notices.extend(unlimited(prepared));
    notices.extend(after_promotion(prepared));
    notices.sort();
    notices.dedup();
    notices.extend(said_once(of_policies));
    notices
}

/// A person who comes after all trials have ended.
fn never_comes(prepared: &Prepared) -> Option<String> {
    let late = prepared.plan.worlds.iter().find_map(|world| {
        let mut visits = world.scenario.people.iter();
        let late = visits.find(|visit| visit.delay.least() >= world.horizon)?;
        Some(format!(
            "the person who {late} never comes: trials end at the horizon of {} (--horizon sets it)",
            world.horizon
        ))
    });
    if late.is_some() {
        return late;
    }
    let late = prepared
        .plan
        .worlds
        .iter()
        .find(|world| match world.scenario.operator {
            Operator::PromotesAfter(after) | Operator::AbortsAfter(after) => after >= world.horizon,
            Operator::Nobody => false,
        })?;
    Some(format!(
        "the person who {} never comes: trials end at the horizon of {} (--horizon sets it)",
        late.scenario.operator, late.horizon
    ))
}

/// Harm of which no stated limit speaks lies within all that are stated.
fn unlimited(prepared: &Prepared) -> Option<String> {
    let limits = &prepared.limits;
    let (unlimited, harm): (_, fn(&Fault) -> bool) = match (limits.errors, limits.speak_of_latency()) {
        (Some(_), false) => ("latency", |fault| fault.latency != 1.0),
        (None, true) => ("errors", |fault| fault.errors > 0.0),
        _ => return None,
    };
    let excused = |world: &PlannedWorld| world.within_limits && world.scenario.faults.iter().any(harm);
    prepared.plan.worlds.iter().any(excused).then(|| {
        format!("no check states a limit on {unlimited}: harm by {unlimited} alone counts as within the stated limits")
    })
}

/// Harm that nobody who looks at a canary can see.
fn after_promotion(prepared: &Prepared) -> Option<String> {
    let mut worlds = prepared.plan.worlds.iter();
    let late = worlds.find(|world| world.scenario.harms_after_promotion())?;
    Some(format!(
        "in {} harm begins when there is no canary left to look at: it counts in full, and misses are not blamed",
        late.scenario.name
    ))
}

/// What is said of several policies in the same words is said once.
fn said_once(said: Vec<(String, String)>) -> Vec<String> {
    let mut once: Vec<(Vec<String>, String)> = Vec::new();
    for (policy, sentence) in said {
        match once.iter_mut().find(|(_, same)| *same == sentence) {
            Some((policies, _)) => policies.push(policy),
            None => once.push((vec![policy], sentence)),
        }
    }
    let told = once
        .into_iter()
        .map(|(policies, sentence)| match policies.as_slice() {
            [first, _, ..] => format!("{first} and {} more: {sentence}", policies.len() - 1),
            _ => format!("{}: {sentence}", policies.join("")),
        });
    told.collect()
}

/// A policy that asks nothing.
fn unasked(policy: &Policy) -> Option<String> {
    let told = "there is no check: nothing reads the canary, its steps only cost time";
    policy.checks.is_empty().then(|| told.to_owned())
}

/// A stable Service that no router stands before: the controller makes it select stable pods alone (argo-rollouts
/// `reconcileStableAndCanaryService`; issue 1760 tells what that does to clients).
fn pinned(policy: &Policy) -> Option<String> {
    let stable = policy.identity.stable_service.as_ref()?;
    (!policy.strategy.is_routed()).then(|| {
        format!(
            "without a traffic router, clients of the stableService {stable} never meet the canary before it is promoted, \
             and then all at once: if your users come through it, the checks judge a canary that serves none of them; the \
             shares played are those of clients who reach all pods alike"
        )
    })
}

fn stated(service: &Scenario, check: &str, stand_in: Option<&str>) -> String {
    match (Provider::of(&service.providers, check), stand_in) {
        (None, Some(query)) => {
            let stands_in = Provider {
                query: Some(query.to_owned()),
                ..Provider::new(check, Phase::Successful)
            };
            format!("it is {stands_in}, as stated")
        }
        (Some(provider), Some(query)) if provider.query.is_some() || provider.only_hinders => {
            let filled_in = Provider {
                query: Some(query.to_owned()),
                ..provider.clone()
            };
            format!("it is {filled_in}, as stated")
        }
        (None, None) => {
            "it is taken to be Successful at every look (a Scenario document can state another phase)".into()
        }
        (Some(always), _) if *always == Provider::new(&always.check, always.phase) => {
            format!("it is taken to be {always} at every look, as stated")
        }
        (Some(provider), _) => format!("it is taken to be {provider}, as stated"),
    }
}

/// Weights that no router sets: what share their pods make of them.
fn rounded(policy: &Policy, documents: &Documents) -> Option<String> {
    let canary = policy.strategy.canary().filter(|canary| !canary.routed)?;
    let mut shares: Vec<String> = Vec::new();
    let mut first = None;
    for step in &canary.steps {
        let StepKind::SetWeight(weight) = step.kind else {
            continue;
        };
        let counts = replicas::nearest(canary.replicas, weight, canary.max_weight, canary.max_surge);
        let share = f64::from(counts.canary) / f64::from((counts.canary + counts.stable).max(1));
        let asked = f64::from(weight) / f64::from(canary.max_weight);
        if (share - asked).abs() > 0.005 {
            first.get_or_insert(documents.line(step.span));
            let share = Ratio((share * 1000.0).round() / 1000.0);
            let said = format!("weight {weight} puts {share}");
            if !shares.contains(&said) {
                shares.push(said);
            }
        }
    }
    let line = first?;
    let replicas = if canary.replicas == 1 {
        "1 replica".to_owned()
    } else {
        format!("{} replicas", canary.replicas)
    };
    Some(format!(
        "without a traffic router the pods are the weight: with {replicas}, {} of the requests on the canary (line \
         {line}), so that many are at risk",
        shares.join(", ")
    ))
}
