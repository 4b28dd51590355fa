//! The router and the Services between it and the pods (`rollout/trafficrouting.go`, `rollout/service.go`).

use super::event::{Event, What};
use super::pass::Pass;
use super::player::Beside;
use super::rollout::Rollout;
use super::routes::{Given, Routes};
use super::status::{Status, Weights};
use super::weights::Progress;
use crate::controller::cluster::{Cluster, Version};
use crate::policy::argo::spec::{Canary, Step, StepKind};
use crate::units::{Duration, Timestamp, Weight};

/// Ask a router again after so long whether it has what it was told (`GetRolloutVerifyRetryInterval`).
const VERIFY_AGAIN: Duration = Duration::from_secs(10);

/// What is told to the router and to the Services, beside the status of the rollout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Router {
    /// The canary's weight, and since when.
    pub(super) weight: u32,
    since: Timestamp,
    /// What templates of an experiment take, made of the canary and of the stable version.
    beside: [u32; 2],
    /// Whom the canary's Service selects, and the stable one.
    services: [Version; 2],
    /// When to ask again for a verification.
    pub(super) verify_at: Option<Timestamp>,
    /// The routes beside the weight.
    routes: Routes,
    /// What requests go by that no route matches.
    rest: Given,
}

impl Router {
    pub(super) const fn at_rest() -> Self {
        Self {
            weight: 0,
            since: Timestamp::MIN,
            beside: [0; 2],
            services: [Version::OLD; 2],
            verify_at: None,
            routes: Routes::NONE,
            rest: Given {
                canary: 0,
                beside: [0; 2],
            },
        }
    }

    /// What requests go by that no route matches, where it is not the weight that the router was told last.
    pub(super) fn rest(&self) -> Option<Given> {
        let told = Given {
            canary: self.weight,
            beside: self.beside,
        };
        Some(self.rest).filter(|rest| *rest != told)
    }

    /// The routes by which requests find the canary: none while what they point at is the stable version.
    pub(super) fn routes(&self, spec: &Canary, canary: Version) -> Routes {
        if spec.managed.by_subset || self.services[0] == canary {
            self.routes
        } else {
            Routes::NONE
        }
    }
}

impl Rollout {
    /// Tells the router its weight (`reconcileTrafficRouting`), from what the last pass left.
    pub(super) fn route(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, new: &mut Status) {
        if !pass.spec.routed {
            return;
        }
        let old = pass.old;
        let progress = self.progress(pass.spec, &old, old.weights);
        self.point_services(pass, progress.returning);
        let send = progress.weight_to_send(pass.spec);
        self.set_routes(pass, &progress, send.is_some());
        let Some(weight) = send else {
            // The status says of a weight what the router said when it was told; later answers are not persisted.
            let told = self.verify_after.filter(|_| old.weights.is_some());
            let sets = pass.spec.steps.get(old.step).map(|step| &step.kind);
            if matches!(sets, Some(StepKind::SetWeight(_))) {
                pass.verified = told.map(|after| after <= Duration::ZERO);
            }
            return;
        };
        let leads = !progress.promoted && !progress.aborted && !progress.returning && !progress.promote_full;
        self.router.beside = if leads {
            self.experiments.weights(pass.spec, old.step)
        } else {
            [0; 2]
        };
        if weight != self.router.weight {
            self.router.weight = weight;
            self.router.since = pass.now;
            pass.tell(What::WeightSet(Weight {
                parts: weight,
                of: pass.spec.max_weight,
            }));
        }
        // Istio finds the routes that a weight belongs into by their names, and takes those that copy for all of them where
        // `virtualService` names none (`istio.go: generateVirtualServicePatches`).
        if !(pass.spec.managed.mirrors_alone && self.router.routes.copy()) {
            self.router.rest = Given {
                canary: weight,
                beside: self.router.beside,
            };
        }
        let canary_is = match old.weights {
            Some(weights) if progress.returning => weights.canary_is,
            _ => old.current,
        };
        new.weights = Some(Weights {
            canary: weight,
            canary_is,
            stable_is: old.stable,
        });
        self.verify(pass, weight);
    }

    /// Removes all routes where they must not lead to the canary, then sets those of the current step
    /// (`RemoveManagedRoutes`, `SetHeaderRoute`, `SetMirrorRoute`): even after an abort, when the first step is the
    /// current one, but not in a pass that leaves the weight as it is.
    fn set_routes(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, progress: &Progress, sends: bool) {
        let step = progress.step;
        let sets = |step: &Step| sends && !step.routes.is_empty();
        let sets = pass.spec.steps.get(step).is_some_and(sets);
        let before = self.router.routes;
        let mut routes = before;
        if progress.promoted || progress.aborted || progress.promote_full || progress.canary.available == 0 {
            routes = Routes::NONE;
        }
        if sets {
            routes.set(pass.spec, step);
        }
        if routes != before {
            self.router.routes = routes;
            pass.tell(if sets {
                What::RoutesSet(step)
            } else {
                What::RoutesRemoved
            });
        }
    }

    /// Points a Service at a version once a pod of it is available (`ensureSVCTargets`); an abort points the canary's
    /// back at once.
    fn point_services(&mut self, pass: &Pass<'_, impl FnMut(Event)>, returning: bool) {
        let old = pass.old;
        let [canary, stable] = &mut self.router.services;
        let serves = |version| self.sets.pods(version).available > 0;
        if serves(old.stable) {
            *stable = old.stable;
        }
        if pass.aborted() && !old.promoted() {
            *canary = old.stable;
        } else if !returning && serves(old.current) {
            *canary = old.current;
        }
    }

    /// Asks the router, if it can be asked, whether it has what it was told (`VerifyWeight`): at a `setWeight` and when
    /// the canary gets everything.
    fn verify(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, weight: u32) {
        let Some(after) = self.verify_after else {
            return;
        };
        let (spec, old) = (pass.spec, pass.old);
        let step = spec.steps.get(old.step).map(|step| &step.kind);
        let asks = matches!(step, Some(StepKind::SetWeight(_))) || weight == spec.max_weight;
        if old.promoted() || !asks {
            return;
        }
        let verified = pass.now >= self.router.since + after;
        pass.verified = Some(verified);
        if !verified {
            let again = pass.now + VERIFY_AGAIN;
            let waiting = self.router.verify_at.filter(|at| *at > pass.now);
            self.router.verify_at = Some(waiting.map_or(again, |at| at.min(again)));
        }
    }

    /// What experiments have beside.
    pub(super) fn beside(&self, cluster: &Cluster, now: Timestamp) -> Beside {
        Beside {
            pods: self.experiments.pods(cluster, now),
            weights: self.router.beside,
        }
    }

    /// Whether status or Services still name a version (`isReplicaSetReferenced`).
    pub(super) fn is_referenced(&self, old: &Status, version: Version) -> bool {
        let named = old.weights.map(|weights| [weights.canary_is, weights.stable_is]);
        [old.current, old.stable].contains(&version)
            || named.is_some_and(|named| named.contains(&version))
            || self.router.services.contains(&version)
    }
}
