use super::CheckTally;
use super::among::{Among, Asking};
use super::answerer::{Answerer, StageError, answerers};
use super::bounds::beside;
use super::evidence::{Answers, scratches};
use super::trace::{Happening, Listener};
use crate::analysis::{Evidence as _, Look, Phase, Reply, Stage};
use crate::controller::argo::{AbortedBy, Event, Player, Settings, What};
use crate::controller::cluster::Readiness;
use crate::policy::argo::spec::{CheckId, Policy};
use crate::policy::condition::Answer;
use crate::promql::{self, Scratch};
use crate::series::{Layout, Samples};
use crate::units::{Duration, Timestamp};

/// A policy laid over a recording as it happened. Weights cannot change the past: the controller sets them, and the
/// samples stay what they are.
#[derive(Debug)]
pub struct Incident<'a> {
    policy: &'a Policy,
    pub(super) samples: &'a Samples,
    pub(super) answerers: Vec<Answerer>,
    pub(super) scratches: Vec<Option<Scratch>>,
}

/// What the policy would have done.
#[derive(Clone, Debug, PartialEq)]
pub struct Hindsight {
    /// When it would have rolled back, counted from the deployment.
    pub rolled_back_after: Option<Duration>,
    /// Whether errors in a row decided, not failures.
    pub by_errors: bool,
    /// The check that decided.
    pub decided_by: Option<CheckId>,
    /// When it would have promoted, counted from the deployment.
    pub promoted_after: Option<Duration>,
    /// Whether it waited for a person at the end.
    pub waiting: bool,
    /// What each check saw.
    pub checks: Vec<CheckTally>,
}

impl Hindsight {
    /// Whether the deployment was over before the policy had decided.
    pub fn is_unfinished(&self) -> bool {
        self.rolled_back_after.is_none() && self.promoted_after.is_none() && !self.waiting
    }
}

impl<'a> Incident<'a> {
    /// `policy` over the series of `layout`.
    ///
    /// # Errors
    ///
    /// All checks whose queries cannot be asked.
    pub fn new(
        policy: &'a Policy,
        layout: &Layout,
        samples: &'a Samples,
        settings: &promql::Settings,
    ) -> Result<Self, Vec<StageError>> {
        let unknown = beside(policy);
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let answerers = answerers(policy, layout, (&[], false), settings)?;
        let scratches = scratches(&answerers);
        Ok(Self {
            policy,
            samples,
            answerers,
            scratches,
        })
    }

    /// The first number that the query of `check` gives at `at`, on the recording's clock.
    pub fn ask(&mut self, check: CheckId, at: Timestamp) -> Option<f64> {
        let (mut error, mut numbers) = (String::new(), Vec::new());
        let mut answers = Answers {
            answerers: &self.answerers,
            samples: self.samples,
            origin: Timestamp::ZERO,
            ingestion: Duration::ZERO,
            latency: Duration::ZERO,
            scratches: &mut self.scratches,
            error: &mut error,
            numbers: &mut numbers,
        };
        let look = Look {
            check,
            run: 0,
            metric: 0,
            started: at,
            now: at,
            stage: Stage::Take,
        };
        match answers.ask(&look).reply {
            Reply::Answer(Answer::Scalar(value)) => Some(value),
            Reply::Answer(Answer::Vector(values)) => values.first().copied(),
            _ => None,
        }
    }

    /// The rollout that begins at `from`, watched until `until` (both on the recording's clock). Pods serve at once:
    /// the recording knows how long they really took.
    pub fn play(&mut self, from: Timestamp, until: Timestamp, listener: &mut impl Listener) -> Hindsight {
        self.play_among(Among::All, from, until, listener)
    }

    /// As [`Self::play`]; the checks that are not `among` those asked pass every look.
    pub fn play_among(
        &mut self,
        among: Among,
        from: Timestamp,
        until: Timestamp,
        listener: &mut impl Listener,
    ) -> Hindsight {
        let strategy = &self.policy.strategy;
        let at_once = Some(Duration::ZERO);
        let settings = Settings {
            readiness: Readiness {
                canary: at_once,
                stable: at_once,
                min_ready: strategy.min_ready(),
            },
            reconcile_latency: Duration::ZERO,
            whole_seconds: false,
            one_thread: false,
            verify_after: None,
            revisions_back: 0,
        };
        let mut player = Player::new(strategy, settings);
        player.start(strategy, Timestamp::ZERO);
        let end = Timestamp::ZERO + (until - from);
        let mut checks = vec![CheckTally::default(); self.policy.checks.len()];
        let (mut error, mut numbers) = (String::new(), Vec::new());
        let mut decision = player.decision(strategy, Timestamp::ZERO);
        while let Some(now) = player.next_wake(strategy).filter(|now| *now <= end) {
            let mut answers = Answers {
                answerers: &self.answerers,
                samples: self.samples,
                origin: from,
                ingestion: Duration::ZERO,
                latency: Duration::ZERO,
                scratches: &mut self.scratches,
                error: &mut error,
                numbers: &mut numbers,
            };
            let mut tell = |event: Event| {
                if let What::Looked(looked) = event.what {
                    checks[looked.check.0].count(looked.phase);
                }
                listener.hear(Happening::Controller(event));
            };
            let mut asked = Asking {
                among,
                evidence: &mut answers,
            };
            decision = player.wake(strategy, now, &mut asked, &mut tell);
            if decision.aborted.is_some() || decision.promoted.is_some() {
                break;
            }
        }
        let (by_errors, decided_by) = match decision.aborted.map(|abort| abort.by) {
            Some(AbortedBy::Analysis { phase, decided, .. }) => {
                (phase == Phase::Error, decided.map(|(check, _)| check))
            }
            Some(AbortedBy::Deadline) => (true, None),
            Some(AbortedBy::Person) | None => (false, None),
        };
        let after = |at: Timestamp| at - Timestamp::ZERO;
        Hindsight {
            rolled_back_after: decision.aborted.map(|abort| after(abort.at)),
            by_errors,
            decided_by,
            promoted_after: decision.promoted.map(after),
            waiting: decision.waiting.is_some(),
            checks,
        }
    }
}
