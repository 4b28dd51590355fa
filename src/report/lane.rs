//! What one check saw over time, and what its conditions make of every height a reading can have.

use serde::{Serialize, Serializer};

use crate::analysis::Phase;
use crate::diagnostic::{Documents, Span};
use crate::policy::argo::spec::{Metric, Policy, Question};
use crate::policy::condition::{Answer, Subject, verdict};
use crate::promql;
use crate::promql::ast::ValueType;
use crate::score::words;
use crate::units::Timestamp;

/// A metric of a policy and its looks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lane {
    /// The check.
    pub check: String,
    /// Its conditions, as written.
    pub conditions: String,
    /// Where it is written: `rollout.yaml:41`.
    pub place: String,
    /// The numbers that its conditions compare readings with.
    pub limits: Vec<f64>,
    /// Its looks, in order.
    pub readings: Vec<Reading>,
    /// What its query gave from moment to moment, whether somebody looked or not; empty where nobody knows.
    #[serde(skip)]
    pub between: Vec<(Timestamp, f64)>,
    /// Heights worth drawing, bottom up, with the verdict that a reading gets there.
    #[serde(skip)]
    pub zones: Vec<Zone>,
}

/// One look.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Reading {
    /// When it finished.
    #[serde(rename = "at_ms")]
    pub at: Timestamp,
    /// The first number of the answer; absent where there was none.
    #[serde(serialize_with = "number_or_word")]
    pub value: Option<f64>,
    /// The verdict.
    #[serde(serialize_with = "word")]
    pub phase: Phase,
}

/// Heights from `low` to `high` at which a reading gets the same verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zone {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The verdict.
    pub phase: Phase,
}

/// Cells that a range of heights is searched in besides the limits.
const CELLS: usize = 32;

/// A reading so many times as far out as the outermost limit leaves the axis: it stands on its edge.
const OUTERMOST: f64 = 6.0;

impl Lane {
    /// What `metric` saw. `between` is what its query gave from moment to moment.
    pub fn new(
        documents: &Documents,
        policy: &Policy,
        metric: &Metric,
        readings: Vec<Reading>,
        between: Vec<(Timestamp, f64)>,
    ) -> Self {
        let mut lane = Self {
            check: policy.check_name(metric.check),
            conditions: conditions(metric),
            place: place(documents, metric.span),
            limits: limits(metric),
            readings,
            between,
            zones: Vec::new(),
        };
        let (low, high) = lane.heights();
        let judge = Judge {
            metric,
            scalar: is_scalar(&policy.checks[metric.check.0].question),
        };
        lane.zones = judge.zones(&lane.limits, low, high);
        lane
    }

    /// Lowest and highest height worth drawing: limits and readings, the farthest readings left out.
    fn heights(&self) -> (f64, f64) {
        let outermost = self
            .limits
            .iter()
            .fold(0.0, |most: f64, limit| most.max(limit.abs()));
        let reach = if outermost > 0.0 {
            OUTERMOST * outermost
        } else {
            f64::MAX / 4.0
        };
        let [least, most] =
            [self.limits.first(), self.limits.last()].map(|limit| limit.copied().unwrap_or(0.0));
        let seen = self.readings.iter().filter_map(|reading| reading.value);
        let seen = seen.chain(self.between.iter().map(|(_, value)| *value));
        let seen = seen.filter(|value| value.is_finite());
        let seen = seen.map(|value| value.clamp(least - reach, most + reach));
        let (low, high) = self
            .limits
            .iter()
            .copied()
            .chain(seen)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        if low > high {
            return (0.0, 1.0);
        }
        // A ratio near one needs its zero as little as a latency needs it much.
        let low = if low > 0.0 && low < 0.5 * high { 0.0 } else { low };
        let room = match high - low {
            0.0 => high.abs().max(1e-9) * 0.5,
            span => span * 0.15,
        };
        (if low == 0.0 { 0.0 } else { low - room }, high + room)
    }

    /// How many looks had the verdict `phase`.
    pub fn count(&self, phase: Phase) -> usize {
        self.readings
            .iter()
            .filter(|reading| reading.phase == phase)
            .count()
    }

    /// `5 looks, 2 failed, 1 in error`.
    pub fn tally(&self) -> String {
        let mut told = match self.readings.len() {
            1 => "1 look".to_owned(),
            looks => format!("{looks} looks"),
        };
        for (phase, word) in [
            (Phase::Failed, "failed"),
            (Phase::Inconclusive, "inconclusive"),
            (Phase::Error, "in error"),
        ] {
            let count = self.count(phase);
            if count > 0 {
                told.push_str(&format!(", {count} {word}"));
            }
        }
        told
    }
}

/// The conditions of a metric.
#[derive(Clone, Copy)]
struct Judge<'a> {
    metric: &'a Metric,
    /// Whether its query gives a scalar, not a vector.
    scalar: bool,
}

impl Judge<'_> {
    /// The verdicts from `low` to `high`, bottom up.
    fn zones(self, limits: &[f64], low: f64, high: f64) -> Vec<Zone> {
        let cell = (high - low) / CELLS as f64;
        let mut edges: Vec<f64> = (0..=CELLS).map(|n| low + cell * n as f64).collect();
        edges.extend(limits.iter().filter(|limit| (low..high).contains(limit)));
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        let mut zones: Vec<Zone> = Vec::new();
        for pair in edges.windows(2) {
            let (low, high) = (pair[0], pair[1]);
            let phase = self.phase(f64::midpoint(low, high));
            match zones.last_mut() {
                Some(last) if last.phase == phase => last.high = high,
                _ => zones.push(Zone { low, high, phase }),
            }
        }
        zones
    }

    /// The verdict on an answer of this one number.
    fn phase(self, height: f64) -> Phase {
        let one = [height];
        let answer = if self.scalar {
            Answer::Scalar(height)
        } else {
            Answer::Vector(&one)
        };
        let (success, failure) = (self.metric.success.as_ref(), self.metric.failure.as_ref());
        let judged = self
            .metric
            .form
            .give(&answer, |answer| verdict(success, failure, answer).0.into());
        judged.unwrap_or(Phase::Error)
    }
}

/// The numbers that a metric's conditions compare readings with, in rising order.
fn limits(metric: &Metric) -> Vec<f64> {
    let conditions = metric.success.iter().chain(&metric.failure);
    let thresholds = conditions.flat_map(|condition| condition.thresholds());
    let compared = thresholds.filter(|threshold| threshold.subject != Subject::Count);
    let mut limits: Vec<f64> = compared.filter_map(|threshold| threshold.limit()).collect();
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    limits
}

fn is_scalar(question: &Question) -> bool {
    let expr = question.query().and_then(|query| promql::parse(query).ok());
    expr.is_some_and(|expr| expr.value_type() == ValueType::Scalar) && question.range().is_none()
}

/// The conditions of a metric with the names of their fields.
pub(super) fn conditions(metric: &Metric) -> String {
    let written = [
        ("successCondition", &metric.success),
        ("failureCondition", &metric.failure),
    ];
    let written: Vec<String> = written
        .iter()
        .filter_map(|(field, condition)| Some(format!("{field}: {}", condition.as_ref()?.text())))
        .collect();
    if written.is_empty() {
        "no condition".to_owned()
    } else {
        written.join(", ")
    }
}

/// File and line.
pub(super) fn place(documents: &Documents, span: Span) -> String {
    format!("{}:{}", documents.get(span.document).name, documents.line(span))
}

/// A reading in few digits: `0.0312`, `1,250`, `+Inf`, `none`.
pub fn short(value: Option<f64>) -> String {
    let Some(value) = value else {
        return "none".to_owned();
    };
    if let Some(word) = beyond_numbers(value) {
        return word.to_owned();
    }
    // Rounded to three digits, then written without an exponent where that is short.
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    if rounded != 0.0 && !(1e-4..1e7).contains(&rounded.abs()) {
        return format!("{rounded:e}");
    }
    words::grouped(&format!("{rounded}"))
}

const fn beyond_numbers(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        None
    }
}

fn number_or_word<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        None => to.serialize_none(),
        Some(value) => match beyond_numbers(*value) {
            Some(word) => to.serialize_str(word),
            None => to.serialize_f64(*value),
        },
    }
}

fn word<S: Serializer>(phase: &Phase, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(phase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::DocumentId;
    use crate::policy::argo::spec::CheckId;
    use crate::policy::condition::{AnswerForm, Condition};

    fn metric(success: Option<&str>, failure: Option<&str>) -> Metric {
        let document = DocumentId(0);
        Metric {
            name: "m".to_owned(),
            check: CheckId(0),
            span: Span {
                document,
                start: 0,
                end: 0,
            },
            interval: None,
            initial_delay: None,
            count: 0,
            failure_limit: 0,
            inconclusive_limit: 0,
            consecutive_error_limit: 4,
            consecutive_success_limit: 0,
            dry_run: false,
            success: success.map(Condition::new),
            failure: failure.map(Condition::new),
            form: AnswerForm::default(),
        }
    }

    fn heights(metric: &Metric, values: &[f64]) -> (f64, f64) {
        let reading = |value: &f64| Reading {
            at: Timestamp::ZERO,
            value: Some(*value),
            phase: Phase::Successful,
        };
        let lane = Lane {
            check: "m".to_owned(),
            conditions: conditions(metric),
            place: String::new(),
            limits: limits(metric),
            readings: values.iter().map(reading).collect(),
            between: Vec::new(),
            zones: Vec::new(),
        };
        lane.heights()
    }

    fn phases(metric: &Metric, low: f64, high: f64) -> Vec<(f64, f64, Phase)> {
        let judge = Judge {
            metric,
            scalar: false,
        };
        let zones = judge.zones(&limits(metric), low, high);
        zones
            .iter()
            .map(|zone| (zone.low, zone.high, zone.phase))
            .collect()
    }

    #[test]
    fn every_height_has_the_verdict_that_a_look_would_have() {
        use Phase::{Error, Failed, Inconclusive, Successful};
        let both = metric(Some("result[0] < 0.01"), Some("result[0] > 0.03"));
        assert_eq!(
            phases(&both, 0.0, 0.05),
            [
                (0.0, 0.01, Successful),
                (0.01, 0.03, Inconclusive),
                (0.03, 0.05, Failed)
            ]
        );
        let ratio = metric(Some("result[0] >= 0.99"), None);
        assert_eq!(
            phases(&ratio, 0.9, 1.0),
            [(0.9, 0.99, Failed), (0.99, 1.0, Successful)]
        );
        let guarded = metric(None, Some("len(result) > 0 && result[0] * 100 > 5"));
        assert_eq!(limits(&guarded), [0.05]);
        assert_eq!(
            phases(&guarded, 0.0, 0.1),
            [(0.0, 0.05, Successful), (0.05, 0.1, Failed)]
        );
        let whole = metric(Some("result < 1"), None);
        assert_eq!(phases(&whole, 0.0, 2.0), [(0.0, 2.0, Error)]);
    }

    #[test]
    fn a_far_reading_does_not_flatten_the_others() {
        let (low, high) = heights(&metric(None, Some("result[0] > 0.1")), &[0.0, 1e9]);
        assert!(
            low == 0.0 && (high - (0.7 + 0.7 * 0.15)).abs() < 1e-12,
            "{low} {high}"
        );
        let (low, high) = heights(&metric(Some("result[0] >= 0.99"), None), &[0.97, 1.0]);
        assert!(low > 0.9 && high < 1.01, "{low} {high}");
        assert_eq!(heights(&metric(None, None), &[f64::NAN]), (0.0, 1.0));
        assert_eq!(
            heights(&metric(None, Some("result[0] > 0")), &[0.0]),
            (0.0, 0.5e-9)
        );
    }

    #[test]
    fn numbers_are_short() {
        let written = [
            (Some(0.031_249), "0.0312"),
            (Some(1249.6), "1,250"),
            (Some(3e-9), "3e-9"),
            (Some(0.0), "0"),
            (Some(f64::INFINITY), "+Inf"),
            (Some(f64::NAN), "NaN"),
            (None, "none"),
        ];
        for (value, text) in written {
            assert_eq!(short(value), text);
        }
    }
}
