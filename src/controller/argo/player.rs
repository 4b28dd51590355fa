use super::action::Action;
use super::event::{Abort, AbortedBy, Event, What};
use super::machine::Machine;
use super::rollout::Came;
use super::routes::{Given, Routes};
use super::runs::Runs;
use super::status::{RolloutPhase, Waiting};
use crate::analysis::{Evidence, PASSES, Run};
use crate::controller::cluster::{Cluster, Pods, Readiness, Version};
use crate::policy::argo::spec::{CheckId, Strategy};
use crate::units::{Duration, Timestamp, Weight};

/// What a cluster is like, apart from its evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long pods take; `min_ready` is taken from the policy.
    pub readiness: Readiness,
    /// From a change to the pass that sees it; 0 unless set.
    pub reconcile_latency: Duration,
    /// Whether a look that takes time holds everything else up, as in a program that plays all controllers on one
    /// thread (the one that made the tables of facts); off unless set.
    pub one_thread: bool,
    /// Whether stored moments lose their fraction of a second, as in a real cluster; off unless set.
    pub whole_seconds: bool,
    /// How long a router takes to have a weight that it was told, if it can be asked; it cannot unless set.
    pub verify_after: Option<Duration>,
    /// The update returns to the version so many revisions ago, whose ReplicaSet is still there, without pods, as are those
    /// between; 0 unless set: it brings a new version.
    pub revisions_back: u32,
}

impl Settings {
    /// Pods that take so long, and defaults for the rest.
    pub const fn new(readiness: Readiness) -> Self {
        Self {
            readiness,
            reconcile_latency: Duration::ZERO,
            one_thread: false,
            whole_seconds: false,
            verify_after: None,
            revisions_back: 0,
        }
    }
}

/// How a rollout stands after a wake.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// What the router was told; `None` without a router.
    pub weight: Option<Weight>,
    /// What the steps ask for, router or not.
    pub set_weight: Weight,
    /// The routes by which requests find the canary beside its weight.
    pub routes: Routes,
    /// What requests go by that no route matches, where that is not the weight.
    pub rest: Option<Given>,
    /// Pods of the canary.
    pub canary: Pods,
    /// Pods of the version that was stable at the start.
    pub stable: Pods,
    /// The version that is stable now.
    pub stable_is: Version,
    /// Index of the current step; as many as there are steps: all are complete.
    pub step: usize,
    /// Phase, as the controller shows it.
    pub phase: RolloutPhase,
    /// What it waits for a person for, if it does.
    pub waiting: Option<Waiting>,
    /// Whether a pause step, timed or not, holds it.
    pub paused: bool,
    /// When it gave up, and why; a retry takes that back.
    pub aborted: Option<Abort>,
    /// When the canary became the stable version.
    pub promoted: Option<Timestamp>,
    /// Whether the active Service selects a version without an available pod: every request fails.
    pub out: bool,
    /// What experiments have beside.
    pub beside: Beside,
}

/// Pods of experiments, made of the canary and of the stable version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Available ones.
    pub pods: [u32; 2],
    /// What the router was told of them, in parts of its whole weight: taken from the stable version's.
    pub weights: [u32; 2],
}

/// Plays one policy: the rollout, its analyses and its pods on one clock.
///
/// It is used again from trial to trial and then allocates nothing.
#[derive(Clone, Debug)]
pub struct Player {
    machine: Machine,
    runs: Runs,
    cluster: Cluster,
    settings: Settings,
    /// The next pass over the rollout, whatever the timers say; and its timers.
    poked: Option<Timestamp>,
    timer: Option<Timestamp>,
    /// Passes that ended in errors, one after the other.
    errors: u32,
    /// For each run the pass that its last change brings about.
    echoes: Vec<Option<Timestamp>>,
    /// On one thread: a look takes until then.
    held: Option<Timestamp>,
}

impl Player {
    /// A player of `strategy`.
    pub fn new(strategy: &Strategy, settings: Settings) -> Self {
        Self {
            machine: Machine::new(strategy, Timestamp::ZERO),
            runs: Runs::default(),
            cluster: Cluster::default(),
            settings,
            poked: None,
            timer: None,
            errors: 0,
            echoes: Vec::new(),
            held: None,
        }
    }

    /// Begins: the stable version is healthy, and at `now` the template changes.
    pub fn start(&mut self, strategy: &Strategy, now: Timestamp) {
        self.machine.begin(strategy, &self.settings, self.stored()(now));
        self.runs.clear();
        self.echoes.clear();
        let min_ready = strategy.min_ready();
        self.cluster.start(
            strategy.replicas(),
            Readiness {
                min_ready,
                ..self.settings.readiness
            },
        );
        self.poked = Some(now);
        self.timer = None;
        self.errors = 0;
        self.held = None;
    }

    /// Pods of versions after the canary take so long to be ready; as long as the canary's unless this is said after
    /// [`Self::start`].
    pub fn later_take(&mut self, ready: Option<Duration>) {
        self.cluster.later_take(ready);
    }

    fn stored(&self) -> fn(Timestamp) -> Timestamp {
        if self.settings.whole_seconds {
            Timestamp::whole_second
        } else {
            |moment| moment
        }
    }

    /// When it wants to be woken next; `None`: never, unless a person comes.
    pub fn next_wake(&self, strategy: &Strategy) -> Option<Timestamp> {
        if self.held.is_some() {
            return self.held;
        }
        let runs = self.runs.list().iter().zip(&self.echoes);
        let runs = runs.filter_map(|(bound, echo)| {
            let timer = bound.run.next_wake(bound.binding.analysis(strategy));
            earliest(timer, echo.filter(|_| timer.is_some()))
        });
        earliest(earliest(self.poked, self.timer), runs.min())
    }

    /// Until when a look holds everything up, on one thread.
    pub const fn held(&self) -> Option<Timestamp> {
        self.held
    }

    /// The checks that a wake at `now` may measure, each once: those of its runs that are due, and those of the runs
    /// that the rollout may create there. No other is asked.
    pub fn due(&self, strategy: &Strategy, now: Timestamp, mut check: impl FnMut(CheckId)) {
        for bound in self.runs.list() {
            let analysis = bound.binding.analysis(strategy);
            for metric in bound.run.due_at(analysis, now) {
                check(analysis.metrics[metric].check);
            }
        }
        for analysis in self.machine.ahead(strategy) {
            // A delay below a second may end where it began, once moments are cut to seconds.
            let short = |delay: &Duration| *delay < Duration::from_secs(1);
            let at_once = analysis
                .metrics
                .iter()
                .filter(|metric| metric.initial_delay.as_ref().is_none_or(short));
            at_once.for_each(|metric| check(metric.check));
        }
    }

    /// Lets everything happen that happens at `now`, which is not before [`Self::next_wake`]'s last answer.
    pub fn wake(
        &mut self,
        strategy: &Strategy,
        now: Timestamp,
        evidence: &mut impl Evidence,
        trace: &mut impl FnMut(Event),
    ) -> Decision {
        self.held = self.held.filter(|until| *until > now);
        self.wake_runs(strategy, now, Run::is_asking, evidence, trace);
        for _ in 0..PASSES {
            if self.held.is_some() {
                return self.decision(strategy, now);
            }
            let passed = self.wake_rollout(strategy, now, trace);
            if !passed & !self.wake_runs(strategy, now, |_| true, evidence, trace) {
                return self.decision(strategy, now);
            }
        }
        // A controller that never stands still is slowed down by its queue.
        let later = now.whole_second() + Duration::from_secs(1);
        self.poked = self.poked.map(|_| later);
        for bound in self.runs.list_mut() {
            bound.run.rest(now);
        }
        self.decision(strategy, now)
    }

    /// One pass over the rollout, if it is due.
    fn wake_rollout(&mut self, strategy: &Strategy, now: Timestamp, trace: &mut impl FnMut(Event)) -> bool {
        if earliest(self.poked, self.timer).is_none_or(|at| at > now) {
            return false;
        }
        let stored = self.stored()(now);
        let moments = [now, stored];
        let came = self
            .machine
            .pass(strategy, moments, &mut self.cluster, &mut self.runs, trace);
        self.echoes.resize(self.runs.list().len(), None);
        self.poked = match came {
            Came::Resting => None,
            Came::Moving => Some(now + self.settings.reconcile_latency),
            Came::Failed => Some(now + back_off(self.errors)),
        };
        self.errors = match came {
            Came::Failed => self.errors + 1,
            _ => 0,
        };
        let pods = self.cluster.next_change(now);
        self.timer = earliest(self.machine.timer(strategy, now, &self.cluster), pods);
        true
    }

    /// One pass over each run that is due, of those that `which` selects.
    fn wake_runs(
        &mut self,
        strategy: &Strategy,
        now: Timestamp,
        which: fn(&Run) -> bool,
        evidence: &mut impl Evidence,
        trace: &mut impl FnMut(Event),
    ) -> bool {
        let latency = self.settings.reconcile_latency;
        let stored = self.stored();
        let mut passed = false;
        for (number, bound) in self.runs.list_mut().iter_mut().enumerate() {
            let (run, analysis) = (&mut bound.run, bound.binding.analysis(strategy));
            let timer = run.next_wake(analysis).filter(|_| which(run));
            let Some(at) = timer.map(|timer| self.echoes[number].map_or(timer, |echo| echo.min(timer)))
            else {
                continue;
            };
            if at > now {
                continue;
            }
            passed = true;
            let mut looked = |looked| {
                let what = What::Looked(looked);
                trace(Event { at: now, what });
            };
            let before = run.phase();
            let changed = run.pass(analysis, now, stored, evidence, &mut looked);
            self.echoes[number] = changed.then(|| now + latency);
            let phase = run.phase();
            if phase != before {
                // The rollout hears of the phase alone.
                self.poked = earliest(self.poked, Some(now + latency));
                if phase.completed() {
                    let what = What::RunEnded(number as u32, phase);
                    trace(Event { at: now, what });
                }
            }
            if self.settings.one_thread && run.is_asking() {
                self.held = run.next_wake(analysis);
                break;
            }
        }
        passed
    }

    /// A person does something at `now`; wake it then.
    pub fn act(
        &mut self,
        strategy: &Strategy,
        now: Timestamp,
        action: Action,
        trace: &mut impl FnMut(Event),
    ) {
        self.machine.act(strategy, now, action, &self.runs, trace);
        self.poked = earliest(self.poked, Some(now));
    }

    /// How it stands.
    pub fn decision(&self, strategy: &Strategy, now: Timestamp) -> Decision {
        self.machine.decision(strategy, &self.cluster, &self.runs, now)
    }

    /// `status.message`, in the controller's words. The new ReplicaSet is called `canary`.
    pub fn message(&self, strategy: &Strategy) -> String {
        const DEADLINE: &str = "ReplicaSet \"canary\" has timed out progressing.";
        let (phase, text) = self.machine.phase(strategy, &self.runs);
        match (phase, text) {
            (RolloutPhase::Degraded, "RolloutAborted") => {
                let revision = self.machine.revision();
                let aborted = format!("RolloutAborted: Rollout aborted update to revision {revision}");
                match self.machine.abort().map(|abort| abort.by) {
                    Some(AbortedBy::Deadline) => format!("{aborted}: {DEADLINE}"),
                    Some(AbortedBy::Analysis { run, binding, .. }) => {
                        let kind = match binding {
                            super::Binding::Background => "Background analysis phase",
                            super::Binding::Step(_) => "Step-based analysis phase",
                            super::Binding::Experiment(..) => "Experiment analysis phase is",
                            super::Binding::PrePromotion => "Blue/green pre-promotion analysis phase",
                            super::Binding::PostPromotion => "Blue/green post-promotion analysis phase",
                        };
                        let bound = &self.runs.list()[run as usize];
                        let why = bound.run.message(binding.analysis(strategy));
                        format!("{aborted}: {kind} error/failed: {why}")
                    }
                    Some(AbortedBy::Person) | None => aborted,
                }
            }
            (RolloutPhase::Degraded, text) => format!("{text}: {DEADLINE}"),
            (_, text) => text.to_owned(),
        }
    }

    /// Its analyses, in the order of their creation.
    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// The machine of a blue-green rollout, if it plays one.
    pub const fn blue_green(&self) -> Option<&super::blue_green::Rollout> {
        self.machine.blue_green()
    }

    /// Its pods.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// How long a pass is put off that has ended in an error so often (`DefaultArgoRolloutsRateLimiter`): 1, 2, 4, … ms,
/// 10 s at most.
fn back_off(errors: u32) -> Duration {
    const MOST: i64 = 10_000;
    Duration::from_millis(1i64.checked_shl(errors.min(32)).unwrap_or(MOST).min(MOST))
}
