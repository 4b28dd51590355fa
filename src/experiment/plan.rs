use std::sync::{Arc, Mutex};

use super::{Address, Seeds};
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{Experiment, Policy, SpecRef};
use crate::promql;
use crate::scenario::exposition::Exposition;
use crate::scenario::inference::selected;
use crate::scenario::{Limits, Operator, Scenario, Verdict, Visit};
use crate::seed::Seed;
use crate::simulator::{Actor, Happening, Outcome, Stage, StageError, Troupe};
use crate::units::{Digest, Duration, Timestamp};
use crate::world::{CrewNames, Past, Pods, World};

/// Time after the latest planned end among the policies compared, unless a horizon is set.
const AFTER_THE_PLAN: Duration = Duration::from_mins(30);

/// Policies × worlds, each with its digest. All policies meet each world with one horizon.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The policies, in the order of the call.
    pub policies: Vec<PlannedPolicy>,
    /// The worlds, in the order of tables.
    pub worlds: Vec<PlannedWorld>,
    /// How the service shows itself.
    pub exposition: Exposition,
    /// How queries are answered.
    pub settings: promql::Settings,
    /// The recording that all worlds are made of; absent: they are synthetic.
    pub recorded: Option<Recorded>,
}

/// A recording that worlds are made of.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// What it holds of the metrics that the policies read.
    pub past: Arc<Past>,
    /// Digest of its samples.
    pub digest: String,
    /// What is called otherwise in it, as written.
    pub map: Vec<String>,
}

/// A policy of a plan.
#[derive(Clone, Debug)]
pub struct PlannedPolicy {
    /// The policy; its name is that of the table.
    pub policy: Policy,
    /// Its digest.
    pub digest: Digest,
}

/// A world of a plan.
#[derive(Clone, Debug)]
pub struct PlannedWorld {
    /// Every number of it, horizon and operator included.
    pub scenario: Scenario,
    /// Its digest: of its numbers, of how the service shows itself and of how queries are answered.
    pub digest: Digest,
    /// Where its trials end.
    pub horizon: Duration,
    /// Whether it does harm and that stays inside every limit that the policies state, or comes after promotion.
    pub within_limits: bool,
}

/// What a call says about all worlds.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Where every trial ends.
    pub horizon: Option<Duration>,
    /// Who comes when a rollout waits.
    pub operator: Option<(Operator, Vec<Visit>)>,
}

/// A policy that cannot meet a world: which of its checks cannot be asked, and why.
#[derive(Clone, Debug)]
pub struct CannotPlay {
    /// Index of the policy.
    pub policy: usize,
    /// The checks.
    pub checks: Vec<StageError>,
}

impl CannotPlay {
    /// What there is to say about it.
    pub fn finding(&self, plan: &Plan) -> Finding {
        let policy = &plan.policies[self.policy].policy;
        let mut finding = Finding::error(format!("{} cannot be played", policy.name));
        for error in &self.checks {
            let check = &policy.checks[error.check.0];
            finding = finding.at(check.span, format!("{}: {error}", check.name));
            finding
                .help
                .extend(error.errors.iter().filter_map(|error| error.help.clone()));
        }
        finding
    }
}

impl Plan {
    /// A plan of `policies` in `scenarios`. `limits` are those that the policies state together.
    pub fn new(
        policies: Vec<Policy>,
        scenarios: Vec<Scenario>,
        exposition: Exposition,
        limits: &Limits,
        overrides: &Overrides,
        settings: promql::Settings,
        recorded: Option<Recorded>,
    ) -> Self {
        let planned = policies
            .iter()
            .map(|policy| policy.strategy.planned_length())
            .max();
        let by_plan = planned.unwrap_or(Duration::ZERO) + AFTER_THE_PLAN;
        let worlds = scenarios.into_iter().map(|mut scenario| {
            let horizon = overrides.horizon.or(scenario.horizon).unwrap_or(by_plan);
            scenario.horizon = Some(horizon);
            if let Some((operator, people)) = &overrides.operator {
                (scenario.operator, scenario.people) = (*operator, people.clone());
            }
            let harmful = scenario.truth == Verdict::Harmful;
            let excused = scenario.within_stated_limits(limits) || scenario.harms_after_promotion();
            let within_limits = harmful && excused;
            let digest = world_digest(&scenario, &exposition, &settings, recorded.as_ref());
            PlannedWorld {
                scenario,
                digest,
                horizon,
                within_limits,
            }
        });
        let worlds = worlds.collect();
        let policies = policies.into_iter().map(|policy| {
            let digest = Digest::of(policy.canonical());
            PlannedPolicy { policy, digest }
        });
        Self {
            policies: policies.collect(),
            worlds,
            exposition,
            settings,
            recorded,
        }
    }

    /// Address of the trial of `policy` in `world`, by their indices.
    pub fn address(&self, policy: usize, world: usize, seed: u64) -> Address {
        Address {
            policy: self.policies[policy].digest,
            world: self.worlds[world].digest,
            seed,
        }
    }

    /// The indices of the policy and the world of an address.
    pub fn find(&self, address: Address) -> Option<(usize, usize)> {
        let policy = self
            .policies
            .iter()
            .position(|policy| policy.digest == address.policy)?;
        let world = self
            .worlds
            .iter()
            .position(|world| world.digest == address.world)?;
        Some((policy, world))
    }

    /// The stage of one policy in one world, by their indices.
    ///
    /// # Errors
    ///
    /// The policy has checks that cannot be asked.
    pub fn stage(&self, policy: usize, world: usize) -> Result<Stage<'_>, CannotPlay> {
        let subject = &self.policies[policy].policy;
        let PlannedWorld {
            scenario, horizon, ..
        } = &self.worlds[world];
        let world = match &self.recorded {
            None => World::new(scenario, &self.exposition, &pods(subject)),
            Some(recorded) => World::over(scenario, &recorded.past, &selected(subject)),
        };
        Stage::new(subject, world, *horizon, &self.settings).map_err(|checks| CannotPlay { policy, checks })
    }

    /// Plays every policy in every world with every seed.
    ///
    /// # Errors
    ///
    /// A policy has checks that cannot be asked.
    pub fn play(&self, seeds: &Seeds<'_>) -> Result<Results, CannotPlay> {
        let mut stages = Vec::with_capacity(self.policies.len() * self.worlds.len());
        for policy in 0..self.policies.len() {
            for world in 0..self.worlds.len() {
                stages.push(self.stage(policy, world)?);
            }
        }
        // Outcomes go to their cells at once: many trials are held once, not twice.
        let cells: Mutex<Vec<Vec<Option<Outcome>>>> = Mutex::new(stages.iter().map(|_| Vec::new()).collect());
        let played = seeds.play(
            || (Troupe::new(&stages), Vec::new()),
            |(troupe, outcomes), seed| {
                outcomes.extend(troupe.play(&stages, Seed(seed)));
                let place = (seed - seeds.first) as usize;
                let mut cells = cells.lock().expect("no worker panicked");
                for (cell, outcome) in cells.iter_mut().zip(outcomes.drain(..)) {
                    if cell.len() <= place {
                        cell.resize_with(place + 1, || None);
                    }
                    cell[place] = Some(outcome);
                }
            },
        );
        let cells = cells.into_inner().expect("no worker panicked").into_iter();
        let complete = |cell: Vec<Option<Outcome>>| {
            cell.into_iter()
                .take(played.len())
                .map_while(|outcome| outcome)
                .collect()
        };
        let cells: Vec<Vec<Outcome>> = cells.map(complete).collect();
        let complete = played.len() as u64;
        Ok(Results {
            worlds: self.worlds.len(),
            first_seed: seeds.first,
            seeds: complete,
            cells,
        })
    }

    /// Plays one trial again and listens.
    ///
    /// # Errors
    ///
    /// The policy has checks that cannot be asked.
    pub fn replay(
        &self,
        policy: usize,
        world: usize,
        seed: u64,
    ) -> Result<(Outcome, Vec<Happening>), CannotPlay> {
        let stage = self.stage(policy, world)?;
        let mut happenings = Vec::new();
        let outcome = Actor::new(&stage).play_once(&stage, Seed(seed), &mut happenings);
        Ok((outcome, happenings))
    }

    /// Plays one trial again and watches it: as [`Plan::replay`], and how harm adds up.
    ///
    /// # Errors
    ///
    /// The policy has checks that cannot be asked.
    pub fn watch(&self, policy: usize, world: usize, seed: u64) -> Result<Watched, CannotPlay> {
        let stage = self.stage(policy, world)?;
        let mut actor = Actor::new(&stage);
        let mut happenings = Vec::new();
        let outcome = actor.play_once(&stage, Seed(seed), &mut happenings);
        let mut harm = Vec::new();
        if outcome.truth.harmful {
            let horizon = stage.horizon().as_millis();
            let moments = (0..=HARM_SEEN).map(|n| Timestamp::from_millis(horizon / HARM_SEEN * n));
            harm.extend(moments.map(|at| (at, actor.harmed_by(&stage, at))));
        }
        Ok(Watched {
            outcome,
            happenings,
            harm,
            horizon: stage.horizon(),
        })
    }
}

/// At so many moments up to the horizon harm is added up.
const HARM_SEEN: i64 = 240;

/// One trial as it was watched.
#[derive(Clone, Debug)]
pub struct Watched {
    /// How it ended.
    pub outcome: Outcome,
    /// What happened.
    pub happenings: Vec<Happening>,
    /// Requests harmed by then, from moment to moment; empty where the release does no harm.
    pub harm: Vec<(Timestamp, f64)>,
    /// Where it ended.
    pub horizon: Timestamp,
}

/// Outcomes of all complete seeds.
#[derive(Clone, Debug)]
pub struct Results {
    worlds: usize,
    /// First seed.
    pub first_seed: u64,
    /// Complete seeds.
    pub seeds: u64,
    cells: Vec<Vec<Outcome>>,
}

impl Results {
    /// Outcomes of one policy in one world, in the order of seeds.
    pub fn cell(&self, policy: usize, world: usize) -> &[Outcome] {
        &self.cells[policy * self.worlds + world]
    }

    /// All outcomes in the plan's order: seed by seed, policies, worlds.
    pub fn in_order<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = (Address, &'a Outcome)> {
        (0..self.seeds as usize).flat_map(move |seed| {
            self.cells.iter().enumerate().map(move |(cell, outcomes)| {
                let (policy, world) = (cell / self.worlds, cell % self.worlds);
                (
                    plan.address(policy, world, self.first_seed + seed as u64),
                    &outcomes[seed],
                )
            })
        })
    }
}

/// Names of all pods that a rollout by `strategy` can ever have. The same names for every policy: luck goes by names.
fn pods(policy: &Policy) -> Pods {
    let most = policy.strategy.most_pods().max(1) as usize;
    Pods {
        crews: crews(policy),
        ..Pods::numbered(most, most)
    }
}

/// Those of its experiments: of a retry some may be there twice, and where a promoted release is undone, what was made of the
/// canary is made of the old version.
fn crews(policy: &Policy) -> Option<CrewNames> {
    let canary = policy.strategy.canary()?;
    let templates = || canary.experiments().flat_map(|experiment| &experiment.templates);
    templates().next()?;
    let made = |of: SpecRef| -> u32 {
        let own = templates().filter(|template| template.of == of);
        own.map(|template| template.replicas).sum()
    };
    let most = 2 * made(SpecRef::Canary).max(made(SpecRef::Stable));
    let names = |arm: &str| (0..most).map(|n| format!("experiment-{arm}-{n}")).collect();
    let identity = &policy.identity;
    let hash = |own: &str, theirs: &str| (own.to_owned(), theirs.to_owned());
    let set = |of: SpecRef, hash: &str| {
        let mut sets = canary.replica_sets(&identity.rollout);
        let first = sets.find(|(made, _)| *made == of);
        let own = format!("{}-{hash}", identity.rollout);
        first.map_or_else(Default::default, |(_, set)| (own, set))
    };
    Some(CrewNames {
        sets: [
            set(SpecRef::Canary, &identity.canary_hash),
            set(SpecRef::Stable, &identity.stable_hash),
        ],
        pods: [names("canary"), names("stable")],
        hashes: [
            hash(&identity.canary_hash, Experiment::CANARY_HASH),
            hash(&identity.stable_hash, Experiment::STABLE_HASH),
        ],
        services: [identity.canary_service.clone(), identity.stable_service.clone()],
    })
}

fn world_digest(
    scenario: &Scenario,
    exposition: &Exposition,
    settings: &promql::Settings,
    recorded: Option<&Recorded>,
) -> Digest {
    // What tells routes apart is no part of a world that has none.
    let shown = if scenario.service.routes.is_empty() {
        &exposition.without_routes()
    } else {
        exposition
    };
    let numbers = serde_json::to_string(&(scenario, shown)).expect("a scenario is plain data");
    let over = recorded.map_or_else(String::new, |recorded| {
        let block = recorded.past.block().as_millis();
        format!("\n{} {:?} {block}", recorded.digest, recorded.map)
    });
    Digest::of(format!("{numbers}\n{settings:?}{over}"))
}
