//! Who gets which requests: what weights, routes, pods and experiments make of shares.

use super::led::{Reached, Split};
use super::stage::Stage;
use crate::controller::argo::{Decision, Given};
use crate::controller::cluster::Version;
use crate::units::{Share, Weight};
use crate::world::{Crews, Traffic};

/// What reaches the canary by the controller's decision, once the router follows it; `undone`: a person has set the old
/// template again.
pub(super) fn asked(stage: &Stage<'_>, decision: &Decision, undone: bool) -> Reached {
    let strategy = &stage.policy.strategy;
    let promoted = decision.promoted.is_some() && strategy.canary().is_some();
    let Some(weight) = decision.weight else {
        return Reached::only(by_pods(decision, promoted, undone));
    };
    match decision.stable_is {
        // The canary is the stable version now: it keeps everything until the horizon, or until the old version comes back
        // as a canary of its own. The next pass removes what routes there are; pods of experiments have no weight.
        _ if promoted && !undone => Reached::only(Split::of(Share::ALL)),
        Version::OLD if promoted => Reached::only(Split::of(Share::NONE)),
        // What comes is the old version: of shares and parts the other way round. It gets the copies, and nobody looks.
        _ if promoted => by_router(stage, decision, weight, |[canary, stable]| [stable, canary]).turned(),
        _ => by_router(stage, decision, weight, |beside| beside),
    }
}

/// What reaches the version that comes. `beside` turns what is said of the canary and of the stable version into what is
/// said of this one and of the other.
fn by_router(
    stage: &Stage<'_>,
    decision: &Decision,
    weight: Weight,
    beside: impl Fn([u32; 2]) -> [u32; 2],
) -> Reached {
    let arrives = stage.scenario().controller.delivered;
    // Where no pod of an experiment is left, its weight has none to go to.
    let no_pods = decision.beside.pods == [0, 0];
    let split = |given: Given| {
        let weight = Weight {
            parts: given.canary,
            ..weight
        };
        let split = if no_pods || given.beside == [0, 0] {
            Split::of(weight.share())
        } else {
            let beside = beside(given.beside);
            let given = beside.into_iter().fold(weight.parts, u32::saturating_add);
            Split::between([weight.parts, weight.of.saturating_sub(given)], beside)
        };
        split.delivered(arrives)
    };
    let told = split(Given {
        canary: weight.parts,
        beside: decision.beside.weights,
    });
    let rest = decision.rest.map_or(told, split);
    stage.led.reached(&decision.routes, told, rest)
}

/// Without a router users reach all pods alike by the Service, those of experiments too.
fn by_pods(decision: &Decision, promoted: bool, undone: bool) -> Split {
    let own = [decision.canary.available, decision.stable.available];
    if decision.beside.pods != [0, 0] {
        return Split::between(own, decision.beside.pods);
    }
    let [canary, stable] = own.map(f64::from);
    Split::of(match decision.stable_is {
        _ if promoted && !undone => Share::ALL,
        Version::OLD if promoted => Share::NONE,
        _ if canary == 0.0 => Share::NONE,
        _ => Share::new(canary / (canary + stable)),
    })
}

/// The share that traffic really takes: an arm without pods gets nothing.
pub(super) fn real_share(traffic: Traffic, crews: Crews) -> Share {
    match (
        traffic.canary_pods + crews.pods[0],
        traffic.stable_pods + crews.pods[1],
    ) {
        (0, _) => Share::NONE,
        (_, 0) => Share::ALL,
        _ => traffic.share,
    }
}
