//! Analyses by themselves over a recording: a look at a stated moment, and a run without its rollout.

use super::Incident;
use super::evidence::Answers;
use crate::analysis::{Evidence as _, Look, Looked, Phase, Reply, Run, Stage, judge};
use crate::policy::argo::spec::{Analysis, Metric};
use crate::policy::condition::Answer;
use crate::units::{Duration, Timestamp};

/// What a metric makes of a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The verdict.
    pub phase: Phase,
    /// The numbers of the answer, in its order; none where there was no answer, or a provider judges by itself.
    pub numbers: Option<Vec<f64>>,
    /// The controller's words for an error; empty otherwise.
    pub message: String,
}

/// A run cannot need more wakes than this: a look every second for a day.
const WAKES: usize = 86_400;

impl Incident<'_> {
    /// A look at `at` on the recording's clock, at what had been scraped up to `ingestion` before.
    pub fn look(&mut self, metric: &Metric, at: Timestamp, ingestion: Duration) -> Seen {
        let (mut error, mut numbers, mut message) = (String::new(), Vec::new(), String::new());
        let mut answers = self.answers(ingestion, &mut error, &mut numbers);
        let asked = answers.ask(&Look {
            check: metric.check,
            run: 0,
            metric: 0,
            started: at,
            now: at,
            stage: Stage::Take,
        });
        let phase = judge(metric, &asked.reply, &mut message);
        let numbers = match asked.reply {
            Reply::Answer(Answer::Scalar(value)) => Some(vec![value]),
            Reply::Answer(Answer::Vector(values)) => Some(values.to_vec()),
            _ => None,
        };
        Seen {
            phase,
            numbers,
            message,
        }
    }

    /// A run of `analysis` that begins at `from`, is told to stop at `stop`, and is watched until `until` (all on the
    /// recording's clock); moments are stored in whole seconds, as in a cluster. The run as it then stands, and its
    /// looks.
    pub fn run(
        &mut self,
        analysis: &Analysis,
        from: Timestamp,
        stop: Option<Timestamp>,
        until: Timestamp,
    ) -> (Run, Vec<Looked>) {
        let (mut run, mut looks) = (Run::default(), Vec::new());
        let (mut error, mut numbers) = (String::new(), Vec::new());
        run.start(analysis, 0, from);
        for _ in 0..WAKES {
            let stop = stop.filter(|_| !run.told_to_stop() && !run.phase().completed());
            let next = [run.next_wake(analysis), stop].into_iter().flatten().min();
            let Some(now) = next.filter(|now| *now <= until) else {
                break;
            };
            if stop.is_some_and(|stop| stop <= now) {
                run.terminate(now);
            }
            let mut answers = self.answers(Duration::ZERO, &mut error, &mut numbers);
            run.wake(
                analysis,
                now,
                Timestamp::whole_second,
                &mut answers,
                &mut |looked| {
                    looks.push(looked);
                },
            );
        }
        (run, looks)
    }

    /// Answers on the recording's own clock.
    fn answers<'b>(
        &'b mut self,
        ingestion: Duration,
        error: &'b mut String,
        numbers: &'b mut Vec<f64>,
    ) -> Answers<'b> {
        Answers {
            answerers: &self.answerers,
            samples: self.samples,
            origin: Timestamp::ZERO,
            ingestion,
            latency: Duration::ZERO,
            scratches: &mut self.scratches,
            error,
            numbers,
        }
    }
}
