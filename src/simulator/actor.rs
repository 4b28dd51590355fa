use std::collections::VecDeque;

use super::checkers::Checkers;
use super::drawn::{Asking, Drawn};
use super::led::Reached;
use super::share;
use super::stage::Stage;
use super::trace::{Happening, Listener};
use super::visitors::Visitors;
use super::{CheckTally, Ending, Few, Outcome, Truth};
use crate::analysis::Phase;
use crate::controller::argo::{Abort, AbortedBy, Action, Decision, Event, Player, Waiting, What};
use crate::controller::cluster::Version;
use crate::policy::argo::spec::CheckId;
use crate::scenario::Verdict;
use crate::seed::Seed;
use crate::series::Samples;
use crate::units::{Duration, Share, Timestamp};
use crate::world::{Crews, Milestone, Traffic};

/// What a worker needs to play trials on one stage. It is used again from trial to trial and then allocates nothing.
#[derive(Debug)]
pub struct Actor {
    player: Player,
    drawn: Drawn,
    /// What the router will do, and from when.
    routed: VecDeque<(Timestamp, Reached)>,
    tallies: Vec<CheckTally>,
    waits: Waits,
    visitors: Visitors,
    /// The end of a rollout whose old template a person set again.
    undone: Option<Abort>,
    /// Whether it had been promoted by then: the old version comes back as a canary.
    comes_back: bool,
    /// From when to when the active Service selected no available pod.
    outages: Vec<(Timestamp, Timestamp)>,
    /// The check whose inconclusive look the rollout waits for a person about.
    unsure: Option<CheckId>,
    /// What the rollout came to in the last wake, or by what a person did, where the world waits for that.
    reached: Vec<Milestone>,
}

/// How often and how long a person was waited for.
#[derive(Clone, Copy, Debug, Default)]
struct Waits {
    since: Option<Timestamp>,
    times: u32,
    length: Duration,
}

/// A trial cannot need more wakes than this: a policy that looks every second for ten days.
const WAKES: u32 = 1_000_000;

impl Actor {
    /// An actor for `stage`.
    pub fn new(stage: &Stage<'_>) -> Self {
        Self {
            player: Player::new(&stage.policy.strategy, stage.settings),
            drawn: Drawn::new(stage),
            routed: VecDeque::new(),
            tallies: Vec::new(),
            waits: Waits::default(),
            visitors: Visitors::default(),
            undone: None,
            comes_back: false,
            outages: Vec::new(),
            unsure: None,
            reached: Vec::new(),
        }
    }

    /// Takes over the noise of another actor's trial: of use if both worlds share it and the seed is the same.
    pub(super) fn take_noise(&mut self, from: &mut Self) {
        self.drawn.world.take_noise(&mut from.drawn.world);
    }

    /// The samples of the trial played last.
    pub fn samples(&self) -> &Samples {
        &self.drawn.samples
    }

    /// Requests harmed up to `until` in the trial played last, on this same stage.
    pub fn harmed_by(&mut self, stage: &Stage<'_>, until: Timestamp) -> f64 {
        stage
            .world
            .blast_radius(&mut self.drawn.world, until.min(stage.horizon))
    }

    /// Plays one trial, and for each check that did anything against the release, if it was rolled back, the trial
    /// without that check: same luck, the check passes every look.
    pub fn play(&mut self, stage: &Stage<'_>, seed: Seed) -> Outcome {
        let mut outcome = self.play_once(stage, seed, &mut ());
        if outcome.ending.is_rollback() {
            outcome.rolled_back_without = Few::repeat(true, outcome.checks.len());
            for check in 0..outcome.checks.len() {
                let CheckTally {
                    failed,
                    inconclusive,
                    errors,
                    ..
                } = outcome.checks[check];
                if failed + inconclusive + errors > 0 {
                    let (decision, _) = self.run(stage, seed, Some(CheckId(check)), &mut ());
                    outcome.rolled_back_without[check] = decision.aborted.or(self.undone).is_some();
                }
            }
        }
        outcome
    }

    /// Plays one trial and tells its story.
    pub fn play_once(&mut self, stage: &Stage<'_>, seed: Seed, listener: &mut impl Listener) -> Outcome {
        let (decision, idle_since) = self.run(stage, seed, None, listener);
        self.outcome(stage, &decision, idle_since)
    }

    /// Plays one trial; or, after it, the same without a check (it passes every look) until it is decided whether that
    /// one is rolled back. How it stands in the end, and since when the canary serves nothing, if it does not.
    fn run(
        &mut self,
        stage: &Stage<'_>,
        seed: Seed,
        without: Option<CheckId>,
        listener: &mut impl Listener,
    ) -> (Decision, Option<Timestamp>) {
        let strategy = &stage.policy.strategy;
        self.routed.clear();
        self.tallies.clear();
        self.tallies
            .resize(stage.policy.checks.len(), CheckTally::default());
        self.waits = Waits::default();
        self.unsure = None;
        let mut traffic = Traffic {
            share: Share::NONE,
            canary_pods: 0,
            stable_pods: strategy.replicas(),
        };
        self.drawn.begin(stage, seed, traffic, without);
        self.player.start(strategy, Timestamp::ZERO);
        self.visitors.begin(stage.people(), seed);
        (self.undone, self.comes_back) = (None, false);
        self.outages.clear();
        let mut out = None;

        let mut decision = self.player.decision(strategy, Timestamp::ZERO);
        let mut checkers = Checkers::new();
        let mut told = Reached::NONE;
        let mut reached = Reached::NONE;
        let mut copied = Share::NONE;
        let mut led = traffic;
        let (mut crews, mut stood) = (Crews::default(), Crews::default());
        let controller = &stage.scenario().controller;
        let mut idle_since = Some(Timestamp::ZERO);
        for _ in 0..WAKES {
            let Some(now) = self.next(stage) else { break };
            if now > stage.horizon {
                break;
            }
            self.follow_router(now, &mut reached);
            self.person_comes(stage, now, listener);
            if self.player.next_wake(strategy).is_some_and(|wake| wake <= now) {
                decision = self.wake(stage, now, listener);
                self.count_wait(decision.waiting, now);
                self.visitors.see(stage.people(), &decision, now);
                checkers.see(strategy, now, &decision, self.undone.is_some());
                if without.is_some() && (decision.aborted.is_some() || decision.promoted.is_some()) {
                    break;
                }
            }
            if decision.out != out.is_some() {
                listener.hear(Happening::Outage(now, decision.out));
                match out.take() {
                    Some(since) => self.outages.push((since, now)),
                    None => out = Some(now),
                }
            }
            // What the controller set becomes what traffic does: through the router, or pod by pod without one.
            let next = share::asked(stage, &decision, self.undone.is_some());
            traffic.canary_pods = decision.canary.available;
            traffic.stable_pods = decision.stable.available;
            if next != told {
                told = next;
                let lag = if strategy.is_routed() {
                    controller.router
                } else {
                    Duration::ZERO
                };
                self.routed.push_back((now + lag, next));
                self.follow_router(now, &mut reached);
            }
            (traffic.share, crews.parts) = (reached.split.share, reached.split.beside);
            if reached.copied != copied {
                copied = reached.copied;
                self.drawn.copy(stage, now, copied);
                listener.hear(Happening::Copied(now, copied));
            }
            crews.pods = decision.beside.pods;
            if traffic != led || crews != stood {
                if crews != stood {
                    stood = crews;
                    self.drawn.beside(stage, now, crews);
                }
                led = traffic;
                self.drawn.lead(stage, now, traffic);
                let share = share::real_share(traffic, crews);
                listener.hear(Happening::ShareIs(now, share));
                idle_since = if share == Share::NONE && !decision.out {
                    idle_since.or(Some(now))
                } else {
                    None
                };
            }
        }
        self.outages.extend(out.map(|since| (since, stage.horizon)));
        self.count_wait(None, stage.horizon);
        listener.hear(Happening::Horizon(stage.horizon));
        (decision, idle_since)
    }

    /// The next moment at which something happens.
    fn next(&self, stage: &Stage<'_>) -> Option<Timestamp> {
        let wake = self.player.next_wake(&stage.policy.strategy);
        let router = self.routed.front().map(|&(at, _)| at);
        [wake, router, self.visitors.next()].into_iter().flatten().min()
    }

    fn person_comes(&mut self, stage: &Stage<'_>, now: Timestamp, listener: &mut impl Listener) {
        self.reached.clear();
        while let Some(action) = self.visitors.take(stage.people(), now) {
            if action == Action::Image(Version::OLD) && self.undone.is_none() {
                let by = AbortedBy::Person;
                let decision = self.player.decision(&stage.policy.strategy, now);
                self.undone = decision.aborted.or(Some(Abort { at: now, by }));
                if self.world_waits(stage) {
                    self.reached.push(Milestone::Rollback);
                }
                self.comes_back = decision.promoted.is_some();
            }
            let (waits, reached) = (self.world_waits(stage), &mut self.reached);
            let mut tell = |event: Event| {
                reached.extend(stage.milestone(event.what).filter(|_| waits));
                listener.hear(Happening::Controller(event));
            };
            self.player.act(&stage.policy.strategy, now, action, &mut tell);
            self.count_wait(None, now);
            self.visitors.waits_anew(stage.people());
        }
        self.tell_reached(stage, now);
    }

    /// Whether the world waits for what the rollout comes to. The steps of a version that comes back are none of the
    /// release's.
    fn world_waits(&self, stage: &Stage<'_>) -> bool {
        stage.scenario().waits_for_the_rollout() && !self.comes_back
    }

    /// Tells the world what the rollout came to.
    fn tell_reached(&mut self, stage: &Stage<'_>, now: Timestamp) {
        for &milestone in &self.reached {
            self.drawn.reach(stage, now, milestone);
        }
    }

    fn wake(&mut self, stage: &Stage<'_>, now: Timestamp, listener: &mut impl Listener) -> Decision {
        let waits = self.world_waits(stage);
        let mut asking = Asking {
            stage,
            drawn: &mut self.drawn,
            seen: false,
            comes_back: self.comes_back,
        };
        let (tallies, unsure) = (&mut self.tallies, &mut self.unsure);
        let reached = &mut self.reached;
        reached.clear();
        let mut tell = |event: Event| {
            reached.extend(stage.milestone(event.what).filter(|_| waits));
            if let What::Inconclusive(check) = event.what {
                *unsure = check;
            }
            if let What::Looked(looked) = event.what {
                tallies[looked.check.0].count(looked.phase);
            }
            listener.hear(Happening::Controller(event));
        };
        let decision = self
            .player
            .wake(&stage.policy.strategy, now, &mut asking, &mut tell);
        self.tell_reached(stage, now);
        decision
    }

    /// Lets traffic follow the router's weights that are due.
    fn follow_router(&mut self, now: Timestamp, reached: &mut Reached) {
        while let Some(&(at, next)) = self.routed.front()
            && at <= now
        {
            *reached = next;
            self.routed.pop_front();
        }
    }

    fn count_wait(&mut self, waiting: Option<Waiting>, now: Timestamp) {
        match (self.waits.since, waiting) {
            (None, Some(_)) => {
                self.waits.since = Some(now);
                self.waits.times += 1;
            }
            (Some(since), None) => {
                self.waits.length = self.waits.length + (now - since);
                self.waits.since = None;
            }
            _ => {}
        }
    }

    /// Requests that an outage failed.
    fn lost(&mut self, stage: &Stage<'_>) -> f64 {
        let outages = self.outages.iter();
        let requests = outages.map(|&(from, to)| stage.world.requests(&mut self.drawn.world, from, to));
        requests.sum::<f64>() * (1.0 - stage.scenario().service.errors)
    }

    fn outcome(&mut self, stage: &Stage<'_>, decision: &Decision, idle_since: Option<Timestamp>) -> Outcome {
        let harmful = stage.scenario().truth == Verdict::Harmful;
        let by_horizon = |at: &Timestamp| *at <= stage.horizon;
        let onset = stage.world.onset(&self.drawn.world).filter(by_horizon);
        let healed = stage.world.healed(&self.drawn.world).filter(by_horizon);
        let truth = Truth {
            harmful,
            onset,
            healed: healed.filter(|_| harmful && onset.is_some()),
        };
        // What becomes of the old version's own rollout changes nothing about the end of the release's.
        let aborted = self.undone.or(decision.aborted);
        let rolled_back_at = aborted.map(|abort| abort.at);
        let (ending, decided_by) = match (aborted, decision.promoted) {
            (Some(abort), _) => {
                let decided = match abort.by {
                    AbortedBy::Analysis { decided, .. } => decided.map(|(check, _)| check.0 as u16),
                    AbortedBy::Deadline | AbortedBy::Person => None,
                };
                let harmed = onset.is_some_and(|onset| onset <= abort.at);
                let early = harmful && !harmed && stage.world.shows(&self.drawn.world, abort.at).is_none();
                let ending = match abort.by {
                    _ if early => Ending::RolledBackBeforeOnset,
                    AbortedBy::Person => Ending::RolledBackByPerson,
                    AbortedBy::Deadline
                    | AbortedBy::Analysis {
                        phase: Phase::Error, ..
                    } => Ending::RolledBackByErrors,
                    AbortedBy::Analysis { .. } => Ending::RolledBackByCheck,
                };
                (ending, decided)
            }
            (None, Some(_)) => (Ending::Promoted, None),
            (None, None) if decision.waiting == Some(Waiting::Inconclusive) => {
                (Ending::Waiting, self.unsure.map(|check| check.0 as u16))
            }
            (None, None) if decision.waiting.is_some() => (Ending::Waiting, None),
            (None, None) => (Ending::Running, None),
        };
        let restore = match (rolled_back_at, idle_since) {
            (Some(decided), Some(until)) => Some((until - decided).max(Duration::ZERO)),
            _ => None,
        };
        Outcome {
            ending,
            truth,
            rolled_back_at,
            restore,
            promoted_at: decision.promoted,
            blast_radius: stage.world.blast_radius(&mut self.drawn.world, stage.horizon) + self.lost(stage),
            waits: self.waits.times,
            waited: self.waits.length,
            decided_by,
            checks: self.tallies.as_slice().into(),
            rolled_back_without: Few::default(),
        }
    }
}
