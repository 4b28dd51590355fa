use super::Phase;
use crate::policy::argo::spec::CheckId;
use crate::policy::condition::Answer;
use crate::units::{Duration, Timestamp};

/// What a controller asks: the world, a recording, or a test's script.
pub trait Evidence {
    /// The reading for one look.
    fn ask(&mut self, look: &Look) -> Asked<'_>;
}

/// One question to the [`Evidence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// What is asked.
    pub check: CheckId,
    /// Which run of its rollout asks, counted from 0.
    pub run: u32,
    /// Index of the metric in its run.
    pub metric: usize,
    /// When the measurement began; `now`, unless it is in flight.
    pub started: Timestamp,
    /// When it is asked.
    pub now: Timestamp,
    /// What is wanted of it.
    pub stage: Stage,
}

/// What is wanted of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Take it.
    Take,
    /// It is in flight: is it done?
    Resume,
    /// It is in flight: stop it.
    Terminate,
}

/// An answer, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked<'a> {
    /// What came back.
    pub reply: Reply<'a>,
    /// The controller waits so long for it, and for the slowest of the looks it takes together.
    pub latency: Duration,
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reply<'a> {
    /// Numbers, to be judged by the conditions.
    Answer(Answer<'a>),
    /// The question could not be answered: why.
    Error(&'a str),
    /// A provider that judges by itself (a Job): its verdict.
    Verdict(Phase),
    /// Not done yet (a Job that runs).
    InFlight {
        /// When to ask again; `None`: whenever the controller looks at the run.
        again: Option<Timestamp>,
        /// When an event will make the controller look at the run.
        event: Option<Timestamp>,
    },
}

impl<'a> From<Reply<'a>> for Asked<'a> {
    fn from(reply: Reply<'a>) -> Self {
        Self {
            reply,
            latency: Duration::ZERO,
        }
    }
}
