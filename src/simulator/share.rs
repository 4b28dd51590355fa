//! Who gets which requests: what weights, pods and experiments make of shares.

use crate::controller::argo::{Beside, Decision};
use crate::controller::cluster::Version;
use crate::policy::argo::spec::{Canary, Strategy};
use crate::units::Share;
use crate::world::{Crews, Traffic};

/// The share of all that is made of the canary, and which part of it and of the stable version's requests falls to pods of
/// experiments. `share` is the canary's without them.
///
/// With a router the parts are their weights, which are taken from the stable version. Without one users reach them by
/// the Service that selects the template's labels, as they reach all other pods. A promoted rollout's experiments are over:
/// what is left of their pods gets nothing.
pub(super) fn laid_out(decision: &Decision, share: Share, canary: Option<&Canary>) -> (Share, [f64; 2]) {
    let Beside { pods, weights } = decision.beside;
    if pods == [0, 0] || canary.is_none() || decision.promoted.is_some() {
        return (share, [0.0; 2]);
    }
    let [own, beside] = match decision.weight {
        Some(weight) => {
            let given = weight.parts.saturating_add(weights[0]).saturating_add(weights[1]);
            let rest = weight.of.saturating_sub(given);
            [[weight.parts, rest], weights]
        }
        None => [[decision.canary.available, decision.stable.available], pods],
    };
    let all: f64 = own.iter().chain(&beside).copied().map(f64::from).sum();
    let of_canary = (f64::from(own[0]) + f64::from(beside[0])) / all.max(1.0);
    let part = |arm: usize| {
        let both = f64::from(own[arm]) + f64::from(beside[arm]);
        f64::from(beside[arm]) / both.max(1.0)
    };
    (Share::new(of_canary), [part(0), part(1)])
}

/// The share that the controller's decision asks for.
pub(super) fn wanted_share(strategy: &Strategy, decision: &Decision, undone: bool) -> Share {
    let promoted = decision.promoted.is_some() && strategy.canary().is_some();
    match decision.weight {
        // The canary is the stable version now: it keeps everything until the horizon, or until the old version comes
        // back as a canary of its own.
        _ if promoted && !undone => Share::ALL,
        _ if promoted && decision.stable_is == Version::OLD => Share::NONE,
        Some(weight) if promoted => Share::new(1.0 - weight.share().get()),
        Some(weight) => weight.share(),
        None => {
            let [canary, stable] = [decision.canary.available, decision.stable.available].map(f64::from);
            if canary == 0.0 {
                Share::NONE
            } else {
                Share::new(canary / (canary + stable))
            }
        }
    }
}

/// What arrives of a weight while there are two versions.
pub(super) fn delivered(share: Share, part: f64) -> Share {
    if part < 1.0 && share < Share::ALL {
        Share::new(share.get() * part)
    } else {
        share
    }
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
