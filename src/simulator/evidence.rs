use super::answerer::Answerer;
use crate::analysis::{Asked, Evidence, Look, Reply};
use crate::policy::condition::Answer;
use crate::promql::{Scratch, Value};
use crate::seed::Seed;
use crate::series::{AsOf, Samples};
use crate::units::{Duration, Timestamp};

/// What evaluating the queries of `answerers` needs.
pub(super) fn scratches(answerers: &[Answerer]) -> Vec<Option<Scratch>> {
    answerers
        .iter()
        .map(|answerer| answerer.plan().map(|plan| plan.scratch()))
        .collect()
}

/// Answers to one wake of the controller: from samples, at a moment of their own clock.
pub(super) struct Answers<'a> {
    pub(super) answerers: &'a [Answerer],
    pub(super) samples: &'a Samples,
    /// The controller's moment zero on the clock of the samples.
    pub(super) origin: Timestamp,
    /// From a scrape to the moment a query sees it.
    pub(super) ingestion: Duration,
    /// From the start of a measurement to its end.
    pub(super) latency: Duration,
    /// One for each check that is a query.
    pub(super) scratches: &'a mut [Option<Scratch>],
    /// Text of the last query that failed.
    pub(super) error: &'a mut String,
    /// Numbers of the last matrix, end to end.
    pub(super) numbers: &'a mut Vec<f64>,
}

impl Evidence for Answers<'_> {
    fn ask(&mut self, look: &Look) -> Asked<'_> {
        let again = Answers {
            scratches: &mut *self.scratches,
            error: &mut *self.error,
            numbers: &mut *self.numbers,
            ..*self
        };
        Asked {
            reply: again.reply(look),
            latency: self.latency,
        }
    }
}

impl<'a> Answers<'a> {
    /// The answer to one look.
    pub(super) fn reply(self, look: &Look) -> Reply<'a> {
        let check = look.check.0;
        let (plan, scratch) = match (&self.answerers[check], &mut self.scratches[check]) {
            (Answerer::Query(plan), Some(scratch)) => (&**plan, scratch),
            (Answerer::StandIn(both), Some(scratch)) => (&both.0, scratch),
            // Over a recording nothing is stated, and no luck needed.
            (Answerer::Stated(stated), _) => return stated.ask(Seed::default(), look).reply,
            (Answerer::Query(_) | Answerer::StandIn(_), None) => {
                return Reply::Error("this check was never planned");
            }
        };
        let now = self.origin + (look.now - Timestamp::ZERO);
        let view = AsOf::new(self.samples, now, now - self.ingestion);
        if plan.trail().is_some() {
            return match plan.evaluate_trail(view, now, scratch, self.numbers) {
                Ok(()) => Reply::Answer(Answer::Vector(self.numbers)),
                Err(error) => {
                    *self.error = error.to_string();
                    Reply::Error(self.error)
                }
            };
        }
        match plan.evaluate(view, now, scratch) {
            Ok(Value::Scalar(number)) => Reply::Answer(Answer::Scalar(number)),
            Ok(Value::Vector(vector)) => Reply::Answer(Answer::Vector(vector.values())),
            Ok(Value::Matrix(matrix)) => {
                self.numbers.clear();
                matrix
                    .iter()
                    .for_each(|(_, _, values)| self.numbers.extend_from_slice(values));
                Reply::Answer(Answer::Vector(self.numbers))
            }
            Ok(Value::Text(_)) => Reply::Error("Prometheus metric type not supported"),
            Err(error) => {
                *self.error = error.to_string();
                Reply::Error(self.error)
            }
        }
    }
}
