//! One AnalysisRun of theirs beside ours.

use super::difference::{Difference, What};
use super::explain::{agrees, explain, explain_time, same_value, within_second};
use super::laid::LaidRun;
use super::lay::Options;
use super::status::{Measurement, MetricStatus, RunStatus};
use super::value;
use crate::analysis::{Looked, Phase, Run, Tally};
use crate::policy::argo::spec::{Analysis, Metric, Policy, Question};
use crate::simulator::{Incident, Seen};
use crate::units::{Duration, Timestamp};

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

/// Where a difference stands: a metric, one of its measurements with its number, and when.
#[derive(Clone, Copy)]
struct Place<'m> {
    metric: Option<&'m MetricStatus>,
    measurement: Option<(usize, &'m Measurement)>,
    at: Timestamp,
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
    for (index, asked) in analysis.metrics.iter().enumerate() {
        let looks: Vec<&Looked> = looks.iter().filter(|look| look.metric == index).collect();
        let found = theirs.metrics.iter().find(|metric| metric.name == asked.name);
        match (found, &policy.checks[asked.check.0].question) {
            (Some(metric), Question::Other { provider, .. }) => {
                let ended = format!("{} (asks {provider}, {} there)", metric.name, metric.phase);
                comparison.laid.left_out.push(ended);
            }
            (Some(metric), Question::Prometheus { .. }) => {
                comparison.measurements(asked, metric, &looks);
                comparison.counters(metric, index, &run);
            }
            (None, _) => comparison.never_measured(asked, &looks),
        }
    }
    let known = |metric: &&MetricStatus| analysis.metrics.iter().any(|asked| asked.name == metric.name);
    for metric in theirs.metrics.iter().filter(|metric| !known(metric)) {
        let first = metric.measurements.first();
        let place = comparison.place(Some(metric), first.map_or(theirs.started, |first| first.started));
        let said = format!("{} measurements of {}", metric.taken(), metric.name);
        comparison.differs(
            place,
            What::Check,
            "no such metric in this analysis".to_owned(),
            said,
        );
    }
    comparison.whole(analysis, &run);
    let mut laid = comparison.laid;
    laid.differences
        .sort_by_key(|difference| (difference.at, difference.what));
    laid
}

impl<'a> Comparison<'a, '_> {
    const fn place(&self, metric: Option<&'a MetricStatus>, at: Timestamp) -> Place<'a> {
        Place {
            metric,
            measurement: None,
            at,
        }
    }

    /// Notes a difference; what may explain it is added to it.
    fn differs(&mut self, place: Place<'_>, what: What, ours: String, theirs: String) {
        let spans = [
            place.measurement.map(|(_, found)| found.span),
            place.metric.map(|metric| metric.span),
        ];
        self.laid.differences.push(Difference {
            of: self.theirs.name.clone(),
            check: place.metric.map(|metric| metric.name.clone()),
            measurement: place.measurement.map(|(number, _)| number),
            at: place.at,
            what,
            ours,
            theirs,
            may_be: Vec::new(),
            span: spans.into_iter().flatten().next().unwrap_or(self.theirs.span),
        });
    }

    /// Says what may explain the difference noted last.
    fn explained(&mut self, may_be: Vec<String>) {
        if let Some(last) = self.laid.differences.last_mut() {
            last.may_be = may_be;
        }
    }

    /// Ours without a look of theirs is none of their differences if theirs had no time for it.
    fn had_time(&self, look: &Looked) -> bool {
        look.started < self.theirs.last() - self.options.within
    }

    fn never_measured(&mut self, asked: &Metric, looks: &[&Looked]) {
        if let Some(look) = looks.iter().find(|look| self.had_time(look)) {
            let place = self.place(None, look.started);
            let ours = format!("a look at {}, {}", asked.name, look.phase);
            self.differs(place, What::OnlyOurs, ours, "never measured".to_owned());
        }
    }

    /// Times against our looks, values and verdicts against our query at their moments.
    fn measurements(&mut self, asked: &Metric, metric: &'a MetricStatus, looks: &[&Looked]) {
        let dropped = metric.dropped();
        self.laid.dropped += dropped;
        for (n, theirs) in metric.measurements.iter().enumerate() {
            // What is in flight says nothing yet.
            if !theirs.phase.completed() {
                continue;
            }
            let before = self.laid.differences.len();
            let place = Place {
                metric: Some(metric),
                measurement: Some((dropped + n + 1, theirs)),
                at: theirs.started,
            };
            self.time(place, theirs, &metric.measurements[..n], looks, dropped + n);
            let seen = self.incident.look(asked, theirs.started, Duration::ZERO);
            if !agrees(&seen, theirs) {
                self.value(asked, place, theirs, &seen);
            }
            self.laid.compared += 1;
            self.laid.agreeing += usize::from(self.laid.differences.len() == before);
        }
        let more = looks.iter().skip(metric.taken());
        for look in more.filter(|look| self.had_time(look)).collect::<Vec<_>>() {
            let place = self.place(Some(metric), look.started);
            self.differs(
                place,
                What::OnlyOurs,
                format!("a look, {}", look.phase),
                "none".to_owned(),
            );
        }
    }

    /// When the look with index `n` was taken; `earlier` are theirs before it, as far as they were kept.
    fn time(
        &mut self,
        place: Place<'_>,
        theirs: &Measurement,
        earlier: &[Measurement],
        looks: &[&Looked],
        n: usize,
    ) {
        let Some(look) = looks.get(n) else {
            let said = format!("a look, {}", theirs.phase);
            self.differs(
                place,
                What::OnlyTheirs,
                "none: its run had ended".to_owned(),
                said,
            );
            return;
        };
        let late = theirs.started - look.started.whole_second();
        if late > self.options.within || -late > self.options.within {
            let ours_before = n.checked_sub(1).and_then(|n| looks.get(n)).map(|look| look.phase);
            let since = |at: Timestamp| at - self.theirs.started;
            let ours = format!("{} after the run's start", since(look.started.whole_second()));
            let said = format!("{} after it", since(theirs.started));
            self.differs(place, What::Time, ours, said);
            self.explained(explain_time(earlier, late, ours_before, self.options.within));
        }
    }

    fn value(&mut self, asked: &Metric, place: Place<'_>, theirs: &Measurement, seen: &Seen) {
        if within_second(self.incident, asked, theirs, agrees) {
            self.laid.within_second += 1;
            return;
        }
        let same = same_value(seen, theirs) || within_second(self.incident, asked, theirs, same_value);
        let mut may_be = Vec::new();
        if same {
            may_be.push("the value is the same: its condition was another one".to_owned());
        } else if self.laid.differences.len() < EXPLAINED {
            let other = self.other.look(asked, theirs.started, Duration::ZERO);
            if agrees(&other, theirs) || within_second(self.other, asked, theirs, agrees) {
                let generation = self.options.other_generation();
                may_be.push(format!("semantics: a server of {generation} says the same"));
            }
            explain(self.incident, asked, theirs, seen, &mut may_be);
        }
        let what = if same { What::Phase } else { What::Value };
        let said = with_message(format!("{} {}", theirs.phase, theirs.value), &theirs.message);
        let value = seen.numbers.as_deref().map_or(String::new(), value::written);
        let ours = with_message(format!("{} {value}", seen.phase), &seen.message);
        self.differs(place, what, ours, said);
        self.explained(may_be);
    }

    fn counters(&mut self, metric: &'a MetricStatus, index: usize, run: &Run) {
        let measured = &run.metrics()[index];
        let ours = &measured.tally;
        let phase = measured.phase().unwrap_or(Phase::Pending);
        if *ours != metric.tally || phase != metric.phase {
            let place = self.place(Some(metric), self.theirs.last());
            let said = words(metric.phase, &metric.tally);
            self.differs(place, What::Counters, words(phase, ours), said);
        }
    }

    /// Phase, message and end of the run.
    fn whole(&mut self, analysis: &Analysis, run: &Run) {
        let may_be: Vec<String> = match self.laid.left_out.is_empty() {
            true => Vec::new(),
            false => vec![format!(
                "what is not played, and passes here: {}",
                self.laid.left_out.join(", ")
            )],
        };
        let place = self.place(None, self.theirs.last());
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
            self.differs(place, What::Run, format!("{} {ours}", run.phase()), said);
            self.explained(may_be);
        } else if let (Some(ours), Some(theirs)) = (run.ended(), self.theirs.completed) {
            let late = theirs - ours.whole_second();
            if late > self.options.within || -late > self.options.within {
                let since = |at: Timestamp| at - self.theirs.started;
                let ours = format!("{} after its start", since(ours.whole_second()));
                let said = format!("{} after it", since(theirs));
                self.differs(place, What::End, ours, said);
            }
        }
    }
}

fn with_message(words: String, message: &str) -> String {
    match message {
        "" => words,
        message => format!("{words}: {message}"),
    }
}

/// Phase and tally, what is zero left out.
fn words(phase: Phase, tally: &Tally) -> String {
    let all = [
        ("successful", tally.successful),
        ("failed", tally.failed),
        ("inconclusive", tally.inconclusive),
        ("error", tally.error),
        ("count", tally.count),
        ("consecutiveError", tally.consecutive_error),
        ("consecutiveSuccess", tally.consecutive_success),
    ];
    let some: Vec<String> = all
        .iter()
        .filter(|(_, count)| *count != 0)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    format!("{phase}, {}", some.join(", "))
}
