use crate::analysis::{Phase, Tally};
use crate::controller::argo::Binding;
use crate::diagnostic::Span;
use crate::units::Timestamp;

/// What a file says that a cluster's controllers did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Theirs {
    /// AnalysisRuns, by their beginning.
    pub runs: Vec<RunStatus>,
    /// Rollouts and Canaries, in the order of the file.
    pub endings: Vec<EndingStatus>,
}

/// `status` of an AnalysisRun.
#[derive(Clone, Debug, PartialEq)]
pub struct RunStatus {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// `status.startedAt`, else its creation, else the first measurement.
    pub started: Timestamp,
    /// `status.completedAt`.
    pub completed: Option<Timestamp>,
    /// Whether its rollout told it to stop (`spec.terminate`).
    pub told_to_stop: bool,
    /// `status.phase`.
    pub phase: Phase,
    /// `status.message`.
    pub message: String,
    /// What it belongs to; `None`: its labels do not tell.
    pub binding: Option<Binding>,
    /// The Rollout that owns it.
    pub owner: Option<String>,
    /// Pod-template-hash of the version it judges, by its label.
    pub hash: Option<String>,
    /// `status.metricResults`.
    pub metrics: Vec<MetricStatus>,
}

/// One of `status.metricResults`.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricStatus {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// Its phase.
    pub phase: Phase,
    /// What it has counted.
    pub tally: Tally,
    /// The query as it was asked, where the object holds it with all arguments.
    pub query: Option<String>,
    /// Its last measurements, as many as the controller kept.
    pub measurements: Vec<Measurement>,
}

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Where it stands.
    pub span: Span,
    /// Its phase.
    pub phase: Phase,
    /// Its message.
    pub message: String,
    /// When it began: the moment for which the query was asked, without its fraction of a second.
    pub started: Timestamp,
    /// When it finished.
    pub finished: Option<Timestamp>,
    /// What was measured, as the controller writes it; empty after an error.
    pub value: String,
}

/// How a rollout stands, as far as its status tells.
#[derive(Clone, Debug, PartialEq)]
pub struct EndingStatus {
    /// `Rollout` or `Canary`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// Phase and message in the controller's words.
    pub words: String,
    /// How it stands.
    pub end: End,
    /// Since when; for what has not ended, the last moment that the status tells of.
    pub at: Option<Timestamp>,
    /// The metric that its message blames.
    pub blamed: Option<String>,
    /// Pod-template-hash of the version it is about.
    pub hash: Option<String>,
}

/// How a rollout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Aborted.
    RolledBack,
    /// Done.
    Promoted,
    /// It waits for a person.
    Waiting,
    /// None of these yet.
    Running,
}

impl End {
    /// In words.
    pub const fn said(self) -> &'static str {
        match self {
            Self::RolledBack => "rolled back",
            Self::Promoted => "promoted",
            Self::Waiting => "waits for a person",
            Self::Running => "still running",
        }
    }
}

impl MetricStatus {
    /// Measurements taken so far, kept or not (errors are not in `count`).
    pub fn taken(&self) -> usize {
        let counted = self.tally.count.saturating_add(self.tally.error);
        usize::try_from(counted).unwrap_or(0).max(self.finished())
    }

    /// Measurements that are kept and have finished.
    fn finished(&self) -> usize {
        let done = |measurement: &&Measurement| measurement.phase.completed();
        self.measurements.iter().filter(done).count()
    }

    /// Measurements taken before the first that is kept.
    pub fn dropped(&self) -> usize {
        self.taken() - self.finished()
    }
}

impl RunStatus {
    /// The last moment that it tells of.
    pub fn last(&self) -> Timestamp {
        let measurements = self.metrics.iter().flat_map(|metric| &metric.measurements);
        let moments = measurements.map(|measurement| measurement.finished.unwrap_or(measurement.started));
        let last = moments.max().unwrap_or(self.started);
        self.completed.unwrap_or(last).max(last)
    }
}
