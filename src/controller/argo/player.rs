use super::event::{Abort, AbortedBy, Event, What};
use super::rollout::Rollout;
use super::runs::Runs;
use super::status::{RolloutPhase, Waiting};
use super::weights::current_set_weight;
use crate::analysis::{Evidence, PASSES, Run};
use crate::controller::cluster::{Cluster, Pods, Readiness};
use crate::policy::argo::spec::{CheckId, StepKind, Strategy};
use crate::scenario::exposition::Arm;
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
}

impl Settings {
    /// Pods that take so long, and defaults for the rest.
    pub const fn new(readiness: Readiness) -> Self {
        Self {
            readiness,
            reconcile_latency: Duration::ZERO,
            one_thread: false,
            whole_seconds: false,
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
    /// Pods of the canary.
    pub canary: Pods,
    /// Pods of the version that was stable at the start.
    pub stable: Pods,
    /// Index of the current step; as many as there are steps: all are complete.
    pub step: usize,
    /// Phase, as the controller shows it.
    pub phase: RolloutPhase,
    /// What it waits for a person for, if it does.
    pub waiting: Option<Waiting>,
    /// Whether a pause step, timed or not, holds it.
    pub paused: bool,
    /// When it gave up, and why.
    pub aborted: Option<Abort>,
    /// When the canary became the stable version.
    pub promoted: Option<Timestamp>,
}

/// Plays one policy: the rollout, its analyses and its pods on one clock.
///
/// It is used again from trial to trial and then allocates nothing.
#[derive(Clone, Debug)]
pub struct Player {
    rollout: Rollout,
    runs: Runs,
    cluster: Cluster,
    settings: Settings,
    /// The next pass over the rollout, whatever the timers say; and its timers.
    poked: Option<Timestamp>,
    timer: Option<Timestamp>,
    /// For each run the pass that its last change brings about.
    echoes: Vec<Option<Timestamp>>,
    /// On one thread: a look takes until then.
    held: Option<Timestamp>,
}

impl Player {
    /// A player of `strategy`.
    pub fn new(strategy: &Strategy, settings: Settings) -> Self {
        let Strategy::Canary(spec) = strategy;
        Self {
            rollout: Rollout::new(spec, Timestamp::ZERO),
            runs: Runs::default(),
            cluster: Cluster::default(),
            settings,
            poked: None,
            timer: None,
            echoes: Vec::new(),
            held: None,
        }
    }

    /// Begins: the stable version is healthy, and at `now` the template changes.
    pub fn start(&mut self, strategy: &Strategy, now: Timestamp) {
        let Strategy::Canary(spec) = strategy;
        self.rollout = Rollout::new(spec, self.stored()(now));
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
        self.held = None;
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

    /// The checks that a wake at `now` may measure, each once: those of its runs that are due, and those of the runs
    /// that the rollout may create there. No other is asked.
    pub fn due(&self, strategy: &Strategy, now: Timestamp, mut check: impl FnMut(CheckId)) {
        for bound in self.runs.list() {
            let analysis = bound.binding.analysis(strategy);
            for metric in bound.run.due_at(analysis, now) {
                check(analysis.metrics[metric].check);
            }
        }
        let Some(step) = self.rollout.step_ahead() else {
            return;
        };
        let Strategy::Canary(spec) = strategy;
        let mut first_looks = |metrics: &[crate::policy::argo::spec::Metric]| {
            // A delay below a second may end where it began, once moments are cut to seconds.
            let short = |delay: &Duration| *delay < Duration::from_secs(1);
            let at_once = metrics
                .iter()
                .filter(|metric| metric.initial_delay.as_ref().is_none_or(short));
            at_once.for_each(|metric| check(metric.check));
        };
        if let Some(background) = &spec.background {
            first_looks(&background.analysis.metrics);
        }
        for step in spec.steps.iter().skip(step) {
            if let StepKind::Analysis(analysis) = &step.kind {
                first_looks(&analysis.metrics);
            }
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
        let Strategy::Canary(spec) = strategy;
        let stored = self.stored()(now);
        let changed = self
            .rollout
            .pass(spec, now, stored, &mut self.cluster, &mut self.runs, trace);
        self.echoes.resize(self.runs.list().len(), None);
        self.poked = changed.then(|| now + self.settings.reconcile_latency);
        let pods = self.cluster.next_change(now);
        self.timer = earliest(self.rollout.timer(spec, now, &self.cluster), pods);
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

    /// A person promotes at `now` (`kubectl argo rollouts promote`); wake it then.
    pub fn promote(&mut self, strategy: &Strategy, now: Timestamp, trace: &mut impl FnMut(Event)) {
        let Strategy::Canary(spec) = strategy;
        self.rollout.promote(spec, &self.runs);
        self.poked = earliest(self.poked, Some(now));
        trace(Event {
            at: now,
            what: What::Resumed,
        });
    }

    /// A person aborts at `now` (`kubectl argo rollouts abort`); wake it then.
    pub fn abort(&mut self, now: Timestamp, trace: &mut impl FnMut(Event)) {
        self.rollout.abort(now, trace);
        self.poked = earliest(self.poked, Some(now));
    }

    /// How it stands.
    pub fn decision(&self, strategy: &Strategy, now: Timestamp) -> Decision {
        let Strategy::Canary(spec) = strategy;
        let status = &self.rollout.status;
        let of = spec.max_weight;
        let indefinite = matches!(
            spec.steps.get(status.step).map(|step| &step.kind),
            Some(StepKind::Pause(None))
        );
        let waiting = if status.inconclusive.is_some() {
            Some(Waiting::Inconclusive)
        } else {
            (status.pause_step.is_some() && indefinite).then_some(Waiting::Pause)
        };
        Decision {
            weight: spec.routed.then_some(Weight {
                parts: status.weight,
                of,
            }),
            set_weight: Weight {
                parts: current_set_weight(spec, status.step, status.abort),
                of,
            },
            canary: self.cluster.pods(Arm::Canary, now),
            stable: self.cluster.pods(Arm::Stable, now),
            step: status.step,
            phase: status.phase(spec).0,
            waiting,
            paused: status.pause_step.is_some(),
            aborted: self.rollout.abort,
            promoted: self.rollout.promoted,
        }
    }

    /// `status.message`, in the controller's words. The new ReplicaSet is called `canary`.
    pub fn message(&self, strategy: &Strategy) -> String {
        const DEADLINE: &str = "ReplicaSet \"canary\" has timed out progressing.";
        let Strategy::Canary(spec) = strategy;
        let (phase, text) = self.rollout.status.phase(spec);
        match (phase, text) {
            (RolloutPhase::Degraded, "RolloutAborted") => {
                let aborted = "RolloutAborted: Rollout aborted update to revision 2";
                match self.rollout.abort.map(|abort| abort.by) {
                    Some(AbortedBy::Deadline) => format!("{aborted}: {DEADLINE}"),
                    Some(AbortedBy::Analysis { run, binding, .. }) => {
                        let kind = match binding {
                            super::Binding::Background => "Background",
                            super::Binding::Step(_) => "Step-based",
                        };
                        let bound = &self.runs.list()[run as usize];
                        let why = bound.run.message(binding.analysis(strategy));
                        format!("{aborted}: {kind} analysis phase error/failed: {why}")
                    }
                    Some(AbortedBy::Person) | None => aborted.to_owned(),
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
