use crate::analysis::{Limit, Looked, Phase};
use crate::controller::argo::blue_green::Service;
use crate::controller::argo::{Action, Binding};
use crate::controller::cluster::Version;
use crate::policy::argo::spec::CheckId;
use crate::units::{Duration, Timestamp, Weight};

/// Something worth telling, for the trace of a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// The step with this index is the current one; as many as there are steps: all are complete.
    StepReached(usize),
    /// The router was told a new weight.
    WeightSet(Weight),
    /// The routes of the step with this index were set or removed, as it says.
    RoutesSet(usize),
    /// All routes beside the weight were removed.
    RoutesRemoved,
    /// Pods of a version were ordered or deleted.
    PodsScaled {
        /// The version.
        version: Version,
        /// Pods before.
        from: u32,
        /// Pods now.
        to: u32,
    },
    /// Pods of an experiment were ordered or deleted.
    BesideScaled {
        /// The version that they are made of.
        like: Version,
        /// Pods before.
        from: u32,
        /// Pods now.
        to: u32,
    },
    /// An AnalysisRun was created: its number, counted from 0.
    RunStarted(u32, Binding),
    /// A look has finished.
    Looked(Looked),
    /// An AnalysisRun completed.
    RunEnded(u32, Phase),
    /// A pause step began; without a duration it waits for a person.
    Paused(Option<Duration>),
    /// An analysis was inconclusive, by this check if one limit decided it: pods stay as they are until a person comes.
    Inconclusive(Option<CheckId>),
    /// A Service of a blue-green rollout selects another version.
    Switched(Service, Version),
    /// A person promoted.
    Resumed,
    /// A person did something else, and did not abort.
    Did(Action),
    /// The rollout gave up: from the next pass on, back to the stable version.
    Aborted(AbortedBy),
    /// The canary became the stable version.
    Promoted,
}

/// The end of a rollout that gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abort {
    /// When it was decided.
    pub at: Timestamp,
    /// By what.
    pub by: AbortedBy,
}

/// What made a rollout give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbortedBy {
    /// An analysis that ended Failed or Error.
    Analysis {
        /// The run.
        run: u32,
        /// Where it belongs.
        binding: Binding,
        /// Its phase: `Failed` or `Error`.
        phase: Phase,
        /// The check that decided, and the limit it went beyond. None where a metric ran out of looks before it had
        /// enough successes in a row.
        decided: Option<(CheckId, Limit)>,
    },
    /// `progressDeadlineAbort`
    Deadline,
    /// A person.
    Person,
}
