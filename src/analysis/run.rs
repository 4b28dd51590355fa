use super::tally::Limit;
use super::{Due, Evidence, Last, Look, Phase, Reply, Stage, Tally, assess, due, judge};
use crate::policy::argo::spec::{Analysis, CheckId, Metric};
use crate::policy::condition::Answer;
use crate::units::{Duration, Timestamp};

/// So many passes at one instant are as many as a controller gets through.
pub const PASSES: usize = 1000;

/// One AnalysisRun (`analysis/analysis.go`): a machine that is woken and takes looks until it has completed.
///
/// It is used again after [`Run::start`] and keeps its memory.
#[derive(Clone, Debug, Default)]
pub struct Run {
    number: u32,
    metrics: Vec<Measured>,
    used: usize,
    phase: Option<Phase>,
    reason: Reason,
    summary: Summary,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    terminate: bool,
    /// As the pass that goes on saw it: told to stop; or stopping for that or for a metric's sake.
    told: bool,
    terminating: bool,
    /// A pass has asked and waits for the slowest answer.
    busy: Option<Timestamp>,
    /// The next pass, whatever the timers say.
    poked: Option<Timestamp>,
    /// No pass before.
    resting: Option<Timestamp>,
}

/// What a run knows of one of its metrics.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// What it has seen.
    pub tally: Tally,
    /// Its last measurement; `None`: never measured.
    pub last: Option<Last>,
    phase: Option<Phase>,
    message: String,
    event: Option<Timestamp>,
    /// When the last measurement began, before anything was cut off.
    began: Timestamp,
    fresh: Option<Looked>,
}

impl Measured {
    /// Its phase; `None`: never measured.
    pub const fn phase(&self) -> Option<Phase> {
        self.phase
    }

    fn clear(&mut self) {
        let mut message = std::mem::take(&mut self.message);
        message.clear();
        *self = Self {
            message,
            ..Self::default()
        };
    }
}

/// What a stored status knows of a metric.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its phase.
    pub phase: Phase,
    /// What it has seen.
    pub tally: Tally,
    /// Its last measurement, if that is kept.
    pub last: Option<Last>,
    /// The message of its last measurement.
    pub message: String,
}

/// Why a run ended as it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reason {
    /// All is well.
    #[default]
    None,
    /// It was told to stop.
    Terminated,
    /// This metric went beyond a limit: its index, its phase, the limit.
    Metric(usize, Phase, Limit),
}

/// How many of a run's metrics, those in dry run left out, ended how (`status.runSummary`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the field")]
pub struct Summary {
    pub count: u32,
    pub successful: u32,
    pub failed: u32,
    pub inconclusive: u32,
    pub error: u32,
}

/// A finished look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Looked {
    /// Which run, counted from 0.
    pub run: u32,
    /// Index of the metric in its run.
    pub metric: usize,
    /// What was asked.
    pub check: CheckId,
    /// When it began.
    pub started: Timestamp,
    /// When it finished.
    pub finished: Timestamp,
    /// The verdict.
    pub phase: Phase,
    /// The first number seen, if any.
    pub value: Option<f64>,
    /// How many numbers were seen. None: no answer came (the query failed), or a provider judged by itself.
    pub numbers: Option<u32>,
}

impl Run {
    /// Begins run `number` of `analysis` at `now`.
    pub fn start(&mut self, analysis: &Analysis, number: u32, now: Timestamp) {
        let mut metrics = std::mem::take(&mut self.metrics);
        metrics.iter_mut().for_each(Measured::clear);
        if metrics.len() < analysis.metrics.len() {
            metrics.resize_with(analysis.metrics.len(), Measured::default);
        }
        *self = Self {
            number,
            metrics,
            used: analysis.metrics.len(),
            poked: Some(now),
            ..Self::default()
        };
    }

    /// A run in the middle, as its stored status tells of it: its start, whether it has been told to stop, and what is
    /// known of each metric (nothing of one that was never measured).
    pub fn found(started: Option<Timestamp>, terminate: bool, metrics: Vec<Option<Found>>) -> Self {
        let metrics = metrics.into_iter().map(|found| {
            found.map_or_else(Measured::default, |found| Measured {
                tally: found.tally,
                last: found.last,
                phase: Some(found.phase),
                message: found.message,
                ..Measured::default()
            })
        });
        let metrics: Vec<Measured> = metrics.collect();
        Self {
            used: metrics.len(),
            metrics,
            phase: started.map(|_| Phase::Running),
            started,
            terminate,
            ..Self::default()
        }
    }

    /// Its phase.
    pub fn phase(&self) -> Phase {
        self.phase.unwrap_or(Phase::Pending)
    }

    /// When it completed.
    pub const fn ended(&self) -> Option<Timestamp> {
        self.ended
    }

    /// Why.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// How many metrics ended how.
    pub const fn summary(&self) -> Summary {
        self.summary
    }

    /// What it knows of its metrics, in their order.
    pub fn metrics(&self) -> &[Measured] {
        &self.metrics[..self.used]
    }

    /// `status.message`, in the controller's words.
    pub fn message(&self, analysis: &Analysis) -> String {
        match self.reason {
            Reason::None => String::new(),
            Reason::Terminated => "Run Terminated".to_owned(),
            Reason::Metric(metric, phase, limit) => {
                let name = &analysis.metrics[metric].name;
                let because = format!("Metric {name:?} assessed {phase} due to {limit}");
                match self.metrics[metric].message.as_str() {
                    "" => because,
                    message => format!("{because}: \"Error Message: {message}\""),
                }
            }
        }
    }

    /// The message of a metric's result.
    pub fn metric_message(&self, analysis: &Analysis, metric: usize) -> String {
        let measured = &self.metrics[metric];
        let asked = &analysis.metrics[metric];
        match measured.phase {
            Some(phase) if phase.completed() => match Limit::beyond(asked, &measured.tally) {
                Some(limit) if asked.dry_run => {
                    format!("Metric assessed {phase} due to {limit}")
                }
                _ => measured.message.clone(),
            },
            _ => String::new(),
        }
    }

    /// Tells it to stop (`spec.terminate`).
    pub fn terminate(&mut self, now: Timestamp) {
        if !self.terminate && !self.phase().completed() {
            self.terminate = true;
            self.poked = Some(self.poked.map_or(now, |at| at.min(now)));
        }
    }

    /// Whether a pass has asked and waits for the slowest answer.
    pub const fn is_asking(&self) -> bool {
        self.busy.is_some()
    }

    /// Whether it has been told to stop.
    pub const fn told_to_stop(&self) -> bool {
        self.terminate
    }

    /// When it wants to be woken; `None`: only an event can wake it, or it has completed.
    pub fn next_wake(&self, analysis: &Analysis) -> Option<Timestamp> {
        if self.phase().completed() {
            return None;
        }
        if self.busy.is_some() {
            return self.busy;
        }
        let mut next = self.poked;
        for (metric, measured) in analysis.metrics.iter().zip(&self.metrics) {
            let timers = [self.due(metric, measured).timer(), measured.event];
            for moment in timers.into_iter().flatten() {
                next = Some(next.map_or(moment, |at| at.min(moment)));
            }
        }
        next.max(self.resting)
    }

    /// The metrics, by index, that the passes at `now` may measure.
    pub fn due_at<'a>(&'a self, analysis: &'a Analysis, now: Timestamp) -> impl Iterator<Item = usize> + 'a {
        let idle = self.busy.is_none_or(|until| until <= now) && !self.phase().completed();
        // A look that ends now may be followed by the next one now, once moments are cut to seconds.
        let short = |metric: &Metric| {
            let interval = metric.interval;
            self.busy.is_some() && interval.is_some_and(|interval| interval < Duration::from_secs(1))
        };
        let metrics = analysis.metrics.iter().zip(&self.metrics).enumerate();
        metrics
            .filter(move |(_, (metric, measured))| {
                idle && (self.due(metric, measured).has_come(now) || short(metric))
            })
            .map(|(index, _)| index)
    }

    fn due(&self, metric: &Metric, measured: &Measured) -> Due {
        if measured.phase.is_some_and(Phase::completed) {
            return Due::Never;
        }
        let stopping = self.terminate || self.terminating;
        due(
            metric,
            &measured.tally,
            measured.last.as_ref(),
            self.started,
            stopping,
        )
    }

    /// One pass of the controller over the run, and whether it changed anything; then the next pass follows at once
    /// (at `again`). `stored` cuts moments as the API server does: to whole seconds, or not at all.
    ///
    /// A pass whose looks take time ends when the slowest has answered: it asks now, and the run knows then.
    pub fn pass(
        &mut self,
        analysis: &Analysis,
        now: Timestamp,
        stored: fn(Timestamp) -> Timestamp,
        evidence: &mut impl Evidence,
        looked: &mut impl FnMut(Looked),
    ) -> bool {
        if self.phase().completed() {
            return false;
        }
        if self.resting.is_some_and(|until| now < until) {
            return false;
        }
        self.resting = None;
        let mut changed = false;
        match self.busy {
            Some(until) if now < until => return false,
            Some(_) => self.busy = None,
            None => {
                self.poked = None;
                let latency = self.measure(analysis, now, evidence, &mut changed);
                if latency > Duration::ZERO {
                    self.busy = Some(now + latency);
                    return false;
                }
            }
        }
        changed |= self.count(looked);
        changed |= self.assess(analysis, now);
        self.store(stored);
        changed
    }

    /// Passes at one instant until the run stands still, as the API server's echo of every change makes the controller
    /// do; whether anything changed.
    ///
    /// Moments cut to whole seconds and an interval below one second make it measure again and again until the second
    /// turns: [`PASSES`] passes stand for that, and the next one follows with the next second.
    pub fn wake(
        &mut self,
        analysis: &Analysis,
        now: Timestamp,
        stored: fn(Timestamp) -> Timestamp,
        evidence: &mut impl Evidence,
        looked: &mut impl FnMut(Looked),
    ) -> bool {
        let mut changed = false;
        for _ in 0..PASSES {
            if !self.pass(analysis, now, stored, evidence, looked) {
                return changed;
            }
            changed = true;
        }
        self.rest(now);
        changed
    }

    /// Nothing more before the next second.
    pub(crate) fn rest(&mut self, now: Timestamp) {
        self.resting = Some(now.whole_second() + Duration::from_secs(1));
    }

    /// Asks for every metric that is due; the longest latency. `changed` if a measurement in flight moved.
    fn measure(
        &mut self,
        analysis: &Analysis,
        now: Timestamp,
        evidence: &mut impl Evidence,
        changed: &mut bool,
    ) -> Duration {
        self.told = self.terminate;
        self.terminating = self.told
            || analysis
                .metrics
                .iter()
                .zip(&self.metrics)
                .any(|(metric, measured)| {
                    !metric.dry_run && measured.phase.is_some_and(Phase::is_unsuccessful)
                });
        let mut slowest = Duration::ZERO;
        for (index, metric) in analysis.metrics.iter().enumerate() {
            if !self.due(metric, &self.metrics[index]).has_come(now) {
                continue;
            }
            let measured = &mut self.metrics[index];
            let in_flight = measured.last.filter(|last| last.finished.is_none());
            if in_flight.is_none() {
                measured.began = now;
            }
            let began = measured.began;
            let stage = match in_flight {
                None => Stage::Take,
                Some(_) if self.terminating => Stage::Terminate,
                Some(_) => Stage::Resume,
            };
            let asked = evidence.ask(&Look {
                check: metric.check,
                run: self.number,
                metric: index,
                started: began,
                now,
                stage,
            });
            let phase = judge(metric, &asked.reply, &mut measured.message);
            let (value, numbers) = match asked.reply {
                Reply::Answer(Answer::Scalar(value)) => (Some(value), Some(1)),
                Reply::Answer(Answer::Vector(values)) => (values.first().copied(), Some(values.len() as u32)),
                _ => (None, None),
            };
            if stage == Stage::Terminate {
                measured.message.push_str("Metric Terminated");
            }
            let latency = asked.latency.max(Duration::ZERO);
            let finished = phase.completed().then_some(now + latency);
            let (again, event) = match asked.reply {
                // Asking again at once would never let time go on.
                Reply::InFlight { again, event } => (
                    again.map(|at| at.max(now + Duration::from_millis(1))),
                    event.filter(|at| *at > now),
                ),
                _ => (None, None),
            };
            let started = in_flight.map_or(now, |last| last.started);
            let last = Last {
                started,
                finished,
                phase,
                again,
            };
            *changed |= measured.last != Some(last) || measured.event != event;
            measured.last = Some(last);
            measured.event = event;
            measured.phase.get_or_insert(Phase::Running);
            measured.fresh = finished.map(|finished| Looked {
                run: self.number,
                metric: index,
                check: metric.check,
                started: began,
                finished,
                phase,
                value,
                numbers,
            });
            slowest = slowest.max(latency);
        }
        slowest
    }

    /// Counts what has been measured.
    fn count(&mut self, looked: &mut impl FnMut(Looked)) -> bool {
        let mut any = false;
        for measured in &mut self.metrics[..self.used] {
            if let Some(fresh) = measured.fresh.take() {
                measured.tally.add(fresh.phase);
                looked(fresh);
                any = true;
            }
        }
        any
    }

    /// The phases of the metrics and of the run (`assessRunStatus`).
    fn assess(&mut self, analysis: &Analysis, now: Timestamp) -> bool {
        let mut changed = self.started.is_none();
        self.started.get_or_insert(now);
        let mut worst = None;
        let mut reason = if self.told {
            Reason::Terminated
        } else {
            Reason::None
        };
        let mut all_completed = true;
        let mut summary = Summary::default();
        for (index, (metric, measured)) in analysis.metrics.iter().zip(&mut self.metrics).enumerate() {
            summary.count += u32::from(!metric.dry_run);
            let Some(before) = measured.phase else {
                all_completed = false;
                continue;
            };
            let last = measured.last.map(|last| last.phase);
            let phase = match before.completed() {
                true => before,
                false => assess(metric, &measured.tally, last, self.terminating),
            };
            changed |= phase != before;
            measured.phase = Some(phase);
            if !phase.completed() {
                all_completed = false;
            } else if metric.dry_run {
                worst.get_or_insert(Phase::Successful);
            } else {
                let limit = Limit::beyond(metric, &measured.tally);
                if worst.is_none_or(|worst| phase.is_worse_than(worst)) {
                    worst = Some(phase);
                    if let Some(limit) = limit {
                        reason = Reason::Metric(index, phase, limit);
                    }
                }
                summary.add(limit.map(Limit::phase));
            }
        }
        self.summary = summary;
        let phase = match worst {
            worst if self.terminating => worst.unwrap_or(Phase::Successful),
            Some(worst) if all_completed => worst,
            _ => Phase::Running,
        };
        if self.phase != Some(phase) {
            changed = true;
            self.phase = Some(phase);
            if phase.completed() {
                self.reason = reason;
                self.ended = Some(now);
            }
        }
        changed
    }

    /// What the API server keeps of the moments.
    fn store(&mut self, stored: fn(Timestamp) -> Timestamp) {
        self.started = self.started.map(stored);
        for measured in &mut self.metrics[..self.used] {
            if let Some(last) = &mut measured.last {
                last.started = stored(last.started);
                last.finished = last.finished.map(stored);
                last.again = last.again.map(stored);
            }
        }
    }
}

impl Summary {
    fn add(&mut self, limit: Option<Phase>) {
        *match limit {
            Some(Phase::Failed) => &mut self.failed,
            Some(Phase::Error) => &mut self.error,
            Some(Phase::Inconclusive) => &mut self.inconclusive,
            _ => &mut self.successful,
        } += 1;
    }
}
