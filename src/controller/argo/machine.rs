use super::action::Action;
use super::blue_green;
use super::event::{Abort, Event};
use super::player::{Beside, Decision, Settings};
use super::rollout::{Came, Rollout};
use super::routes::Routes;
use super::runs::Runs;
use super::status::{RolloutPhase, Waiting};
use super::weights::current_set_weight;
use crate::controller::cluster::{Cluster, Version};
use crate::policy::argo::spec::{Analysis, BlueGreen, StepKind, Strategy};
use crate::scenario::exposition::Arm;
use crate::units::{Timestamp, Weight};

/// The machine of a strategy. It plays the strategy that it was begun with, and no other.
#[derive(Clone, Debug)]
pub(super) enum Machine {
    Canary(Rollout),
    BlueGreen(blue_green::Rollout),
}

impl Machine {
    pub(super) fn new(strategy: &Strategy, now: Timestamp) -> Self {
        match strategy {
            Strategy::Canary(spec) => Self::Canary(Rollout::new(spec, now)),
            Strategy::BlueGreen(spec) => Self::BlueGreen(blue_green::Rollout::new(spec, now)),
        }
    }

    /// Begins again; keeps its memory.
    pub(super) fn begin(&mut self, strategy: &Strategy, settings: &Settings, now: Timestamp) {
        let back = settings.revisions_back;
        match (&mut *self, strategy) {
            (Self::Canary(rollout), Strategy::Canary(spec)) => rollout.begin(spec, back, now),
            (Self::BlueGreen(rollout), Strategy::BlueGreen(spec)) => rollout.begin(spec, back, now),
            _ => *self = Self::new(strategy, now),
        }
        if let Self::Canary(rollout) = self {
            rollout.verify_after = settings.verify_after;
        }
    }

    /// The revision of the version that it brings.
    pub(super) fn revision(&self) -> u32 {
        match self {
            Self::Canary(rollout) => rollout.revision(),
            Self::BlueGreen(rollout) => rollout.revision(),
        }
    }

    /// The analyses that it may still create.
    pub(super) fn ahead<'a>(&self, strategy: &'a Strategy) -> impl Iterator<Item = &'a Analysis> {
        let (from, both) = match self {
            Self::Canary(rollout) => (rollout.step_ahead(), false),
            Self::BlueGreen(rollout) => (None, rollout.is_going()),
        };
        let canary = strategy.canary().zip(from).into_iter().flat_map(|(spec, from)| {
            let background = spec.background.iter().map(|background| &background.analysis);
            let steps = spec.steps.iter().skip(from);
            background.chain(steps.flat_map(|step| step.kind.analyses()))
        });
        let blue_green = strategy.blue_green().filter(|_| both);
        canary.chain(blue_green.into_iter().flat_map(BlueGreen::analyses))
    }

    /// One pass.
    pub(super) fn pass(
        &mut self,
        strategy: &Strategy,
        [now, stored]: [Timestamp; 2],
        cluster: &mut Cluster,
        runs: &mut Runs,
        trace: &mut impl FnMut(Event),
    ) -> Came {
        match (self, strategy) {
            (Self::Canary(rollout), Strategy::Canary(spec)) => {
                rollout.pass(spec, now, stored, cluster, runs, trace)
            }
            (Self::BlueGreen(rollout), Strategy::BlueGreen(spec)) => {
                match rollout.pass(spec, now, stored, cluster, runs, trace) {
                    true => Came::Moving,
                    false => Came::Resting,
                }
            }
            _ => Came::Resting,
        }
    }

    pub(super) fn timer(&self, strategy: &Strategy, now: Timestamp, cluster: &Cluster) -> Option<Timestamp> {
        match (self, strategy) {
            (Self::Canary(rollout), Strategy::Canary(spec)) => rollout.timer(spec, now, cluster),
            (Self::BlueGreen(rollout), Strategy::BlueGreen(spec)) => rollout.timer(spec, now),
            _ => None,
        }
    }

    /// Phase and message but for the reason of an abort.
    pub(super) fn phase(&self, strategy: &Strategy, runs: &Runs) -> (RolloutPhase, &'static str) {
        match (self, strategy) {
            (Self::Canary(rollout), Strategy::Canary(spec)) => rollout.status.phase(spec),
            (Self::BlueGreen(rollout), Strategy::BlueGreen(spec)) => rollout.phase(spec, runs),
            _ => (RolloutPhase::Degraded, ""),
        }
    }

    pub(super) fn abort(&self) -> Option<Abort> {
        match self {
            Self::Canary(rollout) => rollout.abort,
            Self::BlueGreen(rollout) => rollout.abort,
        }
    }

    pub(super) const fn blue_green(&self) -> Option<&blue_green::Rollout> {
        match self {
            Self::Canary(_) => None,
            Self::BlueGreen(rollout) => Some(rollout),
        }
    }

    /// Does what a person does at `now`; the next pass finds it.
    pub(super) fn act(
        &mut self,
        strategy: &Strategy,
        now: Timestamp,
        action: Action,
        runs: &Runs,
        trace: &mut impl FnMut(Event),
    ) {
        match (self, strategy) {
            (Self::Canary(rollout), Strategy::Canary(spec)) => rollout.act(spec, now, action, runs, trace),
            (Self::BlueGreen(rollout), Strategy::BlueGreen(_)) => rollout.act(now, action, trace),
            _ => {}
        }
    }

    /// How it stands.
    pub(super) fn decision(
        &self,
        strategy: &Strategy,
        cluster: &Cluster,
        runs: &Runs,
        now: Timestamp,
    ) -> Decision {
        let whole = |parts, of| Weight { parts, of };
        let mut decision = Decision {
            weight: None,
            set_weight: Weight::NONE,
            routes: Routes::NONE,
            rest: None,
            canary: cluster.pods(Arm::Canary, now),
            stable: cluster.pods(Arm::Stable, now),
            stable_is: Version::OLD,
            step: 0,
            phase: self.phase(strategy, runs).0,
            waiting: None,
            paused: false,
            aborted: self.abort(),
            promoted: None,
            out: false,
            beside: Beside::default(),
        };
        match (self, strategy) {
            (Self::Canary(rollout), Strategy::Canary(spec)) => {
                let (status, of) = (&rollout.status, spec.max_weight);
                let step = spec.steps.get(status.step).map(|step| &step.kind);
                let indefinite = matches!(step, Some(StepKind::Pause(None)));
                decision.weight = spec.routed.then_some(whole(rollout.router.weight, of));
                decision.set_weight = whole(current_set_weight(spec, status.step, status.abort), of);
                decision.routes = rollout.router.routes(spec, status.current);
                decision.rest = rollout.router.rest();
                decision.stable_is = status.stable;
                decision.step = status.step;
                decision.beside = rollout.beside(cluster, now);
                decision.waiting =
                    if status.inconclusive.is_some() || status.inconclusive_experiment.is_some() {
                        Some(Waiting::Inconclusive)
                    } else {
                        let paused = status.pause_step.is_some() && indefinite;
                        ((status.held && !status.abort) || paused).then_some(Waiting::Pause)
                    };
                decision.paused = status.pause_step.is_some();
                decision.promoted = rollout.promoted;
            }
            (Self::BlueGreen(rollout), Strategy::BlueGreen(spec)) => {
                let switched = rollout.services().active != Version::OLD;
                decision.set_weight = if switched { Weight::ALL } else { Weight::NONE };
                decision.weight = Some(decision.set_weight);
                decision.stable_is = rollout.stable();
                decision.waiting = rollout.waiting(spec);
                decision.paused = rollout.is_paused();
                decision.promoted = rollout.promoted;
                decision.out = rollout.is_out(cluster, now);
            }
            _ => {}
        }
        decision
    }
}
