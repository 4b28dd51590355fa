//! What experiments change about who gets which requests.

use crate::controller::argo::{Beside, Decision};
use crate::policy::argo::spec::Canary;
use crate::units::Share;

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
