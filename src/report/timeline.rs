//! One trial along its time: what the canary got, what each check saw, what was decided.

use serde::Serialize;

use super::lane::{Lane, Reading, conditions};
use crate::analysis::Looked;
use crate::controller::argo::blue_green::Service;
use crate::controller::argo::{Binding, What};
use crate::controller::cluster::Version;
use crate::diagnostic::Documents;
use crate::policy::argo::spec::{CheckId, Metric, Policy, StepKind};
use crate::simulator::Happening;
use crate::units::{Duration, Share, Timestamp, Weight};

/// What happened, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timeline {
    /// Where the trial ended.
    #[serde(rename = "horizon_ms")]
    pub horizon: Timestamp,
    /// The canary's real share, from each moment on.
    pub share: Vec<(Timestamp, Share)>,
    /// The weights that the router was told; without a router those that pods were counted for.
    pub weight: Vec<(Timestamp, Weight)>,
    /// When which routes were set or dropped beside the weight, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<(Timestamp, String)>,
    /// When the active Service of a blue-green rollout was led to another version: `switched`, `switched back`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub switches: Vec<(Timestamp, String)>,
    /// When which step was reached, counted from 1.
    pub steps: Vec<(Timestamp, usize)>,
    /// What turned the rollout, in order.
    pub turns: Vec<Turn>,
    /// From when to when it waited for a person.
    pub waits: Vec<(Timestamp, Timestamp)>,
    /// The checks.
    pub lanes: Vec<Lane>,
    /// First moment at which a canary request could be harmed.
    #[serde(rename = "onset_ms")]
    pub onset: Option<Timestamp>,
    /// Requests harmed by then.
    pub harm: Vec<(Timestamp, f64)>,
}

/// A moment after which the rollout went another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// When.
    #[serde(rename = "at_ms")]
    pub at: Timestamp,
    /// Which way.
    pub way: Way,
}

/// Where a rollout turned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// It waits for a person.
    Waits,
    /// A person let it go on.
    GoesOn,
    /// Back to the stable version.
    RolledBack,
    /// The canary is the stable version.
    Promoted,
}

impl Way {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Waits => "waits for a person",
            Self::GoesOn => "a person promotes",
            Self::RolledBack => "rolled back",
            Self::Promoted => "promoted",
        }
    }
}

impl Timeline {
    /// The timeline of a trial of `policy` up to `horizon`. `between` says what the query of a check gave from moment
    /// to moment, where somebody knows.
    pub fn new(
        documents: &Documents,
        policy: &Policy,
        happenings: &[Happening],
        horizon: Timestamp,
        between: &mut dyn FnMut(CheckId) -> Vec<(Timestamp, f64)>,
    ) -> Self {
        let mut timeline = Self {
            horizon,
            share: vec![(Timestamp::ZERO, Share::NONE)],
            weight: Vec::new(),
            routes: Vec::new(),
            switches: Vec::new(),
            steps: Vec::new(),
            turns: Vec::new(),
            waits: Vec::new(),
            lanes: Vec::new(),
            onset: None,
            harm: Vec::new(),
        };
        let mut looks = Looks::of(policy);
        let mut runs: Vec<(u32, Binding)> = Vec::new();
        for happening in happenings {
            let event = match happening {
                Happening::ShareIs(at, share) => {
                    timeline.share.push((*at, *share));
                    continue;
                }
                Happening::Horizon(_) | Happening::Outage(..) | Happening::Copied(..) => continue,
                Happening::Controller(event) => event,
            };
            match event.what {
                What::StepReached(index) => timeline.step(policy, event.at, index),
                What::WeightSet(weight) => timeline.weight.push((event.at, weight)),
                What::RoutesSet(index) => {
                    let canary = policy.strategy.canary();
                    let words = canary.and_then(|canary| canary.routes_of(index));
                    timeline.routes.extend(words.map(|words| (event.at, words)));
                }
                What::RoutesRemoved => timeline.routes.push((event.at, "routes dropped".to_owned())),
                What::Switched(Service::Active, version) => {
                    let (weight, words) = match version {
                        Version::OLD => (Weight::NONE, "switched back"),
                        Version::NEW => (Weight::ALL, "switched"),
                        _ => (Weight::ALL, "switched to a later version"),
                    };
                    timeline.weight.push((event.at, weight));
                    timeline.switches.push((event.at, words.to_owned()));
                }
                What::RunStarted(number, binding) => runs.push((number, binding)),
                What::Looked(looked) => {
                    let binding = runs.iter().find(|(number, _)| *number == looked.run);
                    if let Some((_, binding)) = binding {
                        looks.take(policy, *binding, looked);
                    }
                }
                What::Paused(None) | What::Inconclusive(_) => timeline.turn(event.at, Way::Waits),
                What::Resumed => timeline.turn(event.at, Way::GoesOn),
                What::Aborted(_) => {
                    timeline.turn(event.at, Way::RolledBack);
                    if !policy.strategy.is_routed() {
                        timeline.weight.push((event.at, Weight::NONE));
                    }
                }
                What::Promoted => timeline.turn(event.at, Way::Promoted),
                _ => {}
            }
        }
        timeline.waits = waits(&timeline.turns, horizon);
        timeline.lanes = looks.lanes(documents, policy, between);
        timeline
    }

    fn step(&mut self, policy: &Policy, at: Timestamp, index: usize) {
        let Some(canary) = policy.strategy.canary() else {
            return;
        };
        let weight = match canary.steps.get(index).map(|step| &step.kind) {
            None => Some(Weight::ALL),
            Some(StepKind::SetWeight(parts)) => Some(Weight {
                parts: *parts,
                of: canary.max_weight,
            }),
            Some(StepKind::Pause(_) | StepKind::Analysis(_) | StepKind::Experiment(_) | StepKind::Other) => {
                None
            }
        };
        // Nobody is told a weight where pods are counted instead: what the step says is what was wanted.
        self.weight
            .extend(weight.filter(|_| !canary.routed).map(|weight| (at, weight)));
        if index < canary.steps.len() {
            self.steps.push((at, index + 1));
        }
    }

    fn turn(&mut self, at: Timestamp, way: Way) {
        // Analyses of one rollout may stop it twice for the same person.
        if self.turns.last().is_none_or(|last| last.way != way) {
            self.turns.push(Turn { at, way });
        }
    }

    /// Where a picture of it may end: a while after the last thing that happened, or at the horizon where the canary
    /// still harms or waits.
    pub fn end(&self) -> Timestamp {
        let goes_on = self.waits.iter().any(|(_, until)| *until >= self.horizon)
            || self.share.last().is_some_and(|(_, share)| *share > Share::NONE) && !self.harm.is_empty();
        if goes_on {
            return self.horizon;
        }
        let looks = self.lanes.iter().flat_map(|lane| lane.readings.last());
        let last = looks
            .map(|reading| reading.at)
            .chain(self.share.last().map(|(at, _)| *at))
            .chain(self.turns.last().map(|turn| turn.at))
            .chain(self.steps.last().map(|(at, _)| *at))
            .chain(self.switches.last().map(|(at, _)| *at))
            .max()
            .unwrap_or(self.horizon);
        let room = Duration::from_millis((last.as_millis() / 8).max(10_000));
        (last + room).min(self.horizon)
    }

    /// Whether traffic did something else than the weights said, the way through the router apart.
    pub fn weight_differs(&self) -> bool {
        let mut set: Vec<Share> = self.weight.iter().map(|(_, weight)| weight.share()).collect();
        let mut real: Vec<Share> = self.share.iter().map(|(_, share)| *share).collect();
        for shares in [&mut set, &mut real] {
            shares.dedup();
            if shares.first() == Some(&Share::NONE) {
                shares.remove(0);
            }
        }
        !self.weight.is_empty() && set != real
    }
}

fn waits(turns: &[Turn], horizon: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let begun = turns
        .iter()
        .enumerate()
        .filter(|(_, turn)| turn.way == Way::Waits);
    begun
        .map(|(n, turn)| (turn.at, turns.get(n + 1).map_or(horizon, |next| next.at)))
        .collect()
}

/// Looks, gathered metric by metric; metrics of one name, question and conditions together.
struct Looks<'a>(Vec<(&'a Metric, Vec<Reading>)>);

impl<'a> Looks<'a> {
    fn of(policy: &'a Policy) -> Self {
        let mut found: Vec<(&Metric, Vec<Reading>)> = Vec::new();
        for metric in policy.strategy.metrics() {
            if !found.iter().any(|(known, _)| same(known, metric)) {
                found.push((metric, Vec::new()));
            }
        }
        Self(found)
    }

    fn take(&mut self, policy: &Policy, binding: Binding, looked: Looked) {
        let metric = binding.analysis(&policy.strategy).metrics.get(looked.metric);
        let lane = metric.and_then(|metric| self.0.iter_mut().find(|(known, _)| same(known, metric)));
        if let Some((_, readings)) = lane {
            readings.push(Reading {
                at: looked.finished,
                value: looked.value,
                phase: looked.phase,
            });
        }
    }

    fn lanes(
        self,
        documents: &Documents,
        policy: &Policy,
        between: &mut dyn FnMut(CheckId) -> Vec<(Timestamp, f64)>,
    ) -> Vec<Lane> {
        let lanes = self.0.into_iter();
        lanes
            .map(|(metric, readings)| Lane::new(documents, policy, metric, readings, between(metric.check)))
            .collect()
    }
}

fn same(one: &Metric, other: &Metric) -> bool {
    one.check == other.check && conditions(one) == conditions(other)
}
