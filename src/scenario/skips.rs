//! People who skip a step where there is none.

use super::{Deed, Scenario};
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{Policy, Strategy};

/// A warning where somebody skips a step of `policy` in these worlds and it has none.
///
/// The kubectl plugin refuses both (`pkg/kubectl-argo-rollouts/cmd/promote`: "Cannot skip steps of a bluegreen rollout",
/// "Cannot skip steps of a rollout without steps"), so that nothing is changed.
pub fn skips_nothing(policy: &Policy, worlds: &[&Scenario]) -> Option<Finding> {
    let (span, kind) = match &policy.strategy {
        Strategy::BlueGreen(spec) => (spec.span, "a blue-green rollout"),
        Strategy::Canary(canary) if canary.steps.is_empty() => (policy.span, "a canary without steps"),
        Strategy::Canary(_) => return None,
    };
    let skips = |world: &&&Scenario| world.people.iter().any(|visit| visit.does == Deed::SkipsTheStep);
    let among: Vec<String> = worlds
        .iter()
        .filter(skips)
        .map(|world| format!("`{}`", world.name))
        .collect();
    let place = match among.as_slice() {
        [] => return None,
        all if all.len() == worlds.len() => String::new(),
        [first, rest @ ..] if rest.len() > 2 => format!(" in world {first} and {} more", rest.len()),
        some => format!(" in world {}", some.join(", ")),
    };
    let message = format!(
        "somebody skips the step{place}: {kind} has none, and `promote --skip-current-step` is refused"
    );
    Some(
        Finding::warning(message)
            .at(span, "whoever does so changes nothing here")
            .help("say `promotes`, which ends a pause, or `promotes fully`"),
    )
}
