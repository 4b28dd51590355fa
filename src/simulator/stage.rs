use super::answerer::{Answerer, StageError, answerers};
use super::bounds::{beyond, reach};
use super::led::Led;
use crate::controller::argo::{Settings, What};
use crate::controller::cluster::Readiness;
use crate::policy::argo::spec::{Policy, StepKind};
use crate::promql::{self, Plan};
use crate::scenario::{Scenario, Verdict, Visit};
use crate::series::SeriesId;
use crate::units::{Duration, Timestamp};
use crate::world::{Milestone, World};

/// All that the trials of one policy in one world share: made once, moves nothing.
#[derive(Debug)]
pub struct Stage<'a> {
    pub(super) policy: &'a Policy,
    pub(super) world: World,
    pub(super) answerers: Vec<Answerer>,
    /// How far back any check looks.
    pub(super) reach: Duration,
    pub(super) settings: Settings,
    /// What routes lead where.
    pub(super) led: Led,
    pub(super) horizon: Timestamp,
    /// Who comes.
    people: Vec<Visit>,
}

impl<'a> Stage<'a> {
    /// The stage on which `policy` meets `world`.
    ///
    /// # Errors
    ///
    /// A query does not parse, or uses what is not supported.
    pub fn new(
        policy: &'a Policy,
        world: World,
        horizon: Duration,
        settings: &promql::Settings,
    ) -> Result<Self, Vec<StageError>> {
        let harmful = world.scenario().truth == Verdict::Harmful;
        let providers = (world.scenario().providers.as_slice(), harmful);
        let answerers = answerers(policy, world.layout(), providers, settings)?;
        let refused = beyond(policy, &answerers, horizon);
        if !refused.is_empty() {
            return Err(refused);
        }
        let reads = || answerers.iter().filter_map(Answerer::plan).flat_map(Plan::reads);
        let reach = reads().map(reach).max().unwrap_or(Duration::ZERO);
        let series: Vec<SeriesId> = reads().map(|read| read.series).collect();
        let world = world.reading(&series);
        let plans = || answerers.iter().filter_map(Answerer::plan);
        let whole = plans().all(Plan::reads_whole_windows) && reads().all(|read| read.from == reach);
        let gauge = |axis, column| world.is_gauge(axis, column);
        let world = if plans().all(|plan| plan.reads_differences_but_of(&gauge)) {
            world.lazily(whole)
        } else {
            world
        };
        let controller = &world.scenario().controller;
        let verifies = policy.strategy.canary().is_some_and(|canary| canary.verifies);
        let settings = Settings {
            readiness: Readiness {
                canary: controller.canary_ready(),
                stable: Some(controller.pod_ready),
                min_ready: policy.strategy.min_ready(),
            },
            reconcile_latency: controller.reconcile,
            whole_seconds: controller.whole_seconds,
            one_thread: false,
            verify_after: controller.verified.filter(|_| verifies),
            revisions_back: world.scenario().revisions_back,
        };
        Ok(Self {
            policy,
            answerers,
            reach,
            settings,
            led: Led::new(policy.strategy.canary(), &world.scenario().traffic),
            horizon: Timestamp::ZERO + horizon,
            people: world.scenario().visits().collect(),
            world,
        })
    }

    /// The same stage with everything drawn that checks could read, whether a look reads it or not. Slower; outcomes
    /// are the same.
    #[must_use]
    pub fn eagerly(mut self) -> Self {
        self.world = self.world.eagerly();
        self
    }

    /// The policy.
    pub fn policy(&self) -> &'a Policy {
        self.policy
    }

    /// The world.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Where every trial ends.
    pub fn horizon(&self) -> Timestamp {
        self.horizon
    }

    pub(super) fn scenario(&self) -> &Scenario {
        self.world.scenario()
    }

    pub(super) fn people(&self) -> &[Visit] {
        &self.people
    }

    /// What an event of the controller is to a world that waits for it.
    pub(super) fn milestone(&self, what: What) -> Option<Milestone> {
        match what {
            What::StepReached(step) => self.step(step),
            What::Promoted => Some(Milestone::Promotion),
            What::Aborted(_) => Some(Milestone::Rollback),
            _ => None,
        }
    }

    /// The begin of the step with this index; none after the last.
    fn step(&self, step: usize) -> Option<Milestone> {
        let canary = self.policy.strategy.canary()?;
        let steps = &canary.steps;
        let is_pause = |n: usize| matches!(steps[n].kind, StepKind::Pause(_));
        let begun = steps.get(step)?;
        Some(Milestone::Step {
            number: step as u32 + 1,
            pause: is_pause(step).then(|| (0..=step).filter(|&n| is_pause(n)).count() as u32),
            length: begun.planned_length(),
        })
    }
}
