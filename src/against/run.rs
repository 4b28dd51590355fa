//! One AnalysisRun of theirs beside ours.

use super::difference::{Difference, What};
use super::explain::{agrees, explain, explain_time, same_value, within_second};
use super::lay::{LaidRun, Options};
use super::status::{Counters, Measurement, MetricStatus, RunStatus};
use super::value;
use crate::analysis::{Looked, Phase, Run};
use crate::policy::argo::spec::{Analysis, Metric, Policy, Question};
use crate::simulator::{Incident, Seen};
use crate::units::Timestamp;

/// So many differences of a run are explained; the search takes a few hundred evaluations each.
const EXPLAINED: usize = 20;

/// What the parts of a comparison share.
struct Comparison<'a, 'i> {
    incident: &'a mut Incident<'i>,
    /// The same with the semantics of the other generation of Prometheus.
    other: &'a mut Incident<'i>,
    theirs: &'a RunStatus,
    options: &'a Options,
    laid: LaidRun,
}

/// Lays `theirs` beside a run of `analysis` that begins when it did, in either generation's semantics.
pub(super) fn lay_run<'i>(
    policy: &Policy,
    analysis: &Analysis,
    [incident, other]: [&mut Incident<'i>; 2],
    theirs: &RunStatus,
    options: &Options,
) -> LaidRun {
    // As far as theirs tells, and until ours has had time to get there too.
    let until = theirs.last() + options.within;
    let stop = theirs.completed.filter(|_| theirs.told_to_stop);
    let (run, looks) = incident.run(analysis, theirs.started, stop, until);
    let mut comparison = Comparison {
        incident,
        other,
        theirs,
        options,
        laid: LaidRun::new(theirs),
    };
    for metric in &theirs.metrics {
        match analysis
            .metrics
            .iter()
            .position(|asked| asked.name == metric.name)
        {
            Some(index) => {
                let asked = &analysis.metrics[index];
                if let Question::Other { provider } = &policy.checks[asked.check.0].question {
                    comparison
                        .laid
                        .left_out
                        .push(format!("{} (asks {provider})", metric.name));
                    continue;
                }
                let looks: Vec<&Looked> = looks.iter().filter(|look| look.metric == index).collect();
                comparison.measurements(asked, metric, &looks);
                comparison.counters(metric, index, &run);
            }
            None => {
                let at = metric
                    .measurements
                    .first()
                    .map_or(theirs.started, |first| first.started);
                let ours = "no such metric in this analysis".to_owned();
                comparison.differs(
                    Some(metric),
                    None,
                    at,
                    What::Check,
                    ours,
                    String::new(),
                    Vec::new(),
                );
            }
        }
    }
    comparison.whole(analysis, &run);
    let mut laid = comparison.laid;
    laid.differences
        .sort_by_key(|difference| (difference.at, difference.what));
    laid
}

impl Comparison<'_, '_> {
    #[expect(clippy::too_many_arguments, reason = "a difference has so many sides")]
    fn differs(
        &mut self,
        metric: Option<&MetricStatus>,
        measurement: Option<(usize, &Measurement)>,
        at: Timestamp,
        what: What,
        ours: String,
        theirs: String,
        may_be: Vec<String>,
    ) {
        let span = measurement.map(|(_, found)| found.span);
        self.laid.differences.push(Difference {
            of: self.theirs.name.clone(),
            check: metric.map(|metric| metric.name.clone()),
            measurement: measurement.map(|(number, _)| number),
            at,
            what,
            ours,
            theirs,
            may_be,
            span: span
                .or(metric.map(|metric| metric.span))
                .unwrap_or(self.theirs.span),
        });
    }

    /// Times against our looks, values and verdicts against our query at their moments.
    fn measurements(&mut self, asked: &Metric, metric: &MetricStatus, looks: &[&Looked]) {
        let dropped = metric.dropped();
        self.laid.dropped += dropped;
        for (n, theirs) in metric.measurements.iter().enumerate() {
            // What is in flight says nothing yet.
            if !theirs.phase.completed() {
                continue;
            }
            let before = self.laid.differences.len();
            let number = Some((dropped + n + 1, theirs));
            let look = looks.get(dropped + n);
            self.time(
                metric,
                number,
                look.copied(),
                looks.get((dropped + n).wrapping_sub(1)).copied(),
                n,
            );
            let seen = self
                .incident
                .look(asked, theirs.started, crate::units::Duration::ZERO);
            if !agrees(&seen, theirs) {
                self.value(asked, metric, number, theirs, &seen);
            }
            self.laid.compared += 1;
            self.laid.agreeing += usize::from(self.laid.differences.len() == before);
        }
        let end = self.theirs.completed.unwrap_or(self.theirs.last()) - self.options.within;
        for look in looks
            .iter()
            .skip(metric.taken())
            .filter(|look| look.started < end)
        {
            let ours = format!("a look, {}", look.phase);
            let theirs = "none".to_owned();
            self.differs(
                Some(metric),
                None,
                look.started,
                What::OnlyOurs,
                ours,
                theirs,
                Vec::new(),
            );
        }
    }

    fn time(
        &mut self,
        metric: &MetricStatus,
        number: Option<(usize, &Measurement)>,
        look: Option<&Looked>,
        before: Option<&Looked>,
        n: usize,
    ) {
        let Some((_, theirs)) = number else { return };
        let Some(look) = look else {
            let (ours, said) = (
                "none: its run had ended".to_owned(),
                format!("a look, {}", theirs.phase),
            );
            self.differs(
                Some(metric),
                number,
                theirs.started,
                What::OnlyTheirs,
                ours,
                said,
                Vec::new(),
            );
            return;
        };
        let late = theirs.started - look.started.whole_second();
        if late > self.options.within || -late > self.options.within {
            let earlier = &metric.measurements[..n];
            let may_be = explain_time(earlier, late, before.map(|look| look.phase), self.options.within);
            let ours = format!(
                "{} after the run's start",
                look.started.whole_second() - self.theirs.started
            );
            let said = format!("{} after it", theirs.started - self.theirs.started);
            self.differs(
                Some(metric),
                number,
                theirs.started,
                What::Time,
                ours,
                said,
                may_be,
            );
        }
    }

    fn value(
        &mut self,
        asked: &Metric,
        metric: &MetricStatus,
        number: Option<(usize, &Measurement)>,
        theirs: &Measurement,
        seen: &Seen,
    ) {
        if within_second(self.incident, asked, theirs, agrees) {
            self.laid.within_second += 1;
            return;
        }
        let same = same_value(seen, theirs) || within_second(self.incident, asked, theirs, same_value);
        let what = if same { What::Phase } else { What::Value };
        let mut may_be = Vec::new();
        if same {
            may_be.push("the value is the same: its condition was another one".to_owned());
        } else if self.laid.differences.len() < EXPLAINED {
            if within_second(self.other, asked, theirs, agrees) {
                may_be.push(format!(
                    "semantics: a server of {} says the same",
                    self.options.other_generation()
                ));
            }
            explain(self.incident, asked, theirs, seen, &mut may_be);
        }
        let said = match theirs.message.as_str() {
            "" => format!("{} {}", theirs.phase, theirs.value),
            message => format!("{} {}: {message}", theirs.phase, theirs.value),
        };
        self.differs(
            Some(metric),
            number,
            theirs.started,
            what,
            ours(seen),
            said,
            may_be,
        );
    }

    fn counters(&mut self, metric: &MetricStatus, index: usize, run: &Run) {
        let measured = &run.metrics()[index];
        let tally = &measured.tally;
        let ours = Counters {
            successful: tally.successful,
            failed: tally.failed,
            inconclusive: tally.inconclusive,
            error: tally.error,
            count: tally.count,
            consecutive_error: tally.consecutive_error,
            consecutive_success: tally.consecutive_success,
        };
        let phase = measured.phase().unwrap_or(Phase::Pending);
        if ours != metric.counters || phase != metric.phase {
            let at = self.theirs.last();
            let said = words(metric.phase, &metric.counters);
            self.differs(
                Some(metric),
                None,
                at,
                What::Counters,
                words(phase, &ours),
                said,
                Vec::new(),
            );
        }
    }

    /// Phase, message and end of the run.
    fn whole(&mut self, analysis: &Analysis, run: &Run) {
        let at = self.theirs.last();
        // After the limit, an error's own words follow, which are the library's.
        let start = |message: &str| {
            message
                .split(": \"Error Message:")
                .next()
                .unwrap_or("")
                .to_owned()
        };
        let (ours, theirs) = (start(&run.message(analysis)), start(&self.theirs.message));
        if run.phase() != self.theirs.phase || ours != theirs {
            let said = format!("{} {theirs}", self.theirs.phase);
            let ours = format!("{} {ours}", run.phase());
            self.differs(None, None, at, What::Run, ours, said, Vec::new());
        }
        if let (Some(ours), Some(theirs)) = (run.ended(), self.theirs.completed) {
            let late = theirs - ours.whole_second();
            if late > self.options.within || -late > self.options.within {
                let ours = format!("{} after its start", ours.whole_second() - self.theirs.started);
                let said = format!("{} after it", theirs - self.theirs.started);
                self.differs(None, None, theirs, What::End, ours, said, Vec::new());
            }
        }
    }
}

fn ours(seen: &Seen) -> String {
    let value = seen.numbers.as_deref().map_or(String::new(), value::written);
    match seen.message.as_str() {
        "" => format!("{} {value}", seen.phase),
        message => format!("{} {value}: {message}", seen.phase),
    }
}

/// Phase and counters, those of zero left out.
fn words(phase: Phase, counters: &Counters) -> String {
    let all = [
        ("successful", counters.successful),
        ("failed", counters.failed),
        ("inconclusive", counters.inconclusive),
        ("error", counters.error),
        ("count", counters.count),
        ("consecutiveError", counters.consecutive_error),
        ("consecutiveSuccess", counters.consecutive_success),
    ];
    let some: Vec<String> = all
        .iter()
        .filter(|(_, count)| *count != 0)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    format!("{phase}, {}", some.join(", "))
}
