//! What may explain that our query gave something else at their moment.

use super::status::Measurement;
use super::value;
use crate::analysis::Phase;
use crate::policy::argo::spec::Metric;
use crate::simulator::{Incident, Seen};
use crate::units::Duration;

/// Samples may have come so much later, and the moment may have been another by so much: seconds.
const LATE: i64 = 60;
const MOVED: i64 = 120;

/// A second is searched by so many milliseconds, then one by one.
const PART: i64 = 50;

/// Whether ours says what theirs said: the numbers, where both have some, and the phase.
pub(super) fn agrees(seen: &Seen, theirs: &Measurement) -> bool {
    seen.phase == theirs.phase && same_value(seen, theirs)
}

/// Whether the numbers are the same; an error keeps none.
pub(super) fn same_value(seen: &Seen, theirs: &Measurement) -> bool {
    match (&seen.numbers, value::numbers(&theirs.value)) {
        _ if seen.phase == Phase::Error || theirs.phase == Phase::Error => true,
        (Some(ours), Some(theirs)) => value::same(ours, &theirs),
        (ours, theirs) => ours.is_none() == theirs.is_none(),
    }
}

/// Whether ours is theirs at another moment of the second that the status cuts off: a server takes a moment to the
/// millisecond, and what it answers changes with each. `is`: in what they have to agree.
pub(super) fn within_second(
    incident: &mut Incident<'_>,
    metric: &Metric,
    theirs: &Measurement,
    is: fn(&Seen, &Measurement) -> bool,
) -> bool {
    if theirs.started != theirs.started.whole_second() {
        return false;
    }
    let mut look =
        |ms: i64| incident.look(metric, theirs.started + Duration::from_millis(ms), Duration::ZERO);
    let mut before = look(0);
    for part in (0..1000).step_by(PART as usize) {
        let after = look(part + PART);
        if between(&before, &after, theirs) && (part..part + PART).any(|ms| is(&look(ms), theirs)) {
            return true;
        }
        before = after;
    }
    false
}

/// Whether their value may lie between what ours says at two moments.
fn between(one: &Seen, other: &Seen, theirs: &Measurement) -> bool {
    if same_value(one, theirs) || same_value(other, theirs) {
        return true;
    }
    let (Some(one), Some(other), Some(theirs)) =
        (&one.numbers, &other.numbers, value::numbers(&theirs.value))
    else {
        return false;
    };
    let inside = |((one, other), theirs): ((&f64, &f64), &f64)| {
        let slack = 1e-9 * theirs.abs();
        one.min(*other) - slack <= *theirs && *theirs <= one.max(*other) + slack
    };
    one.len() == theirs.len() && other.len() == theirs.len() && one.iter().zip(other).zip(&theirs).all(inside)
}

/// Looks for a moment, or for a delay of the samples, with which ours would have been theirs: what may be why it is not.
pub(super) fn explain(
    incident: &mut Incident<'_>,
    metric: &Metric,
    theirs: &Measurement,
    seen: &Seen,
    may_be: &mut Vec<String>,
) {
    // The fraction of the second is unknown here too.
    let mut at = |moved: Duration, late: Duration| -> bool {
        let [begins, ends] = [0, 999].map(|ms| {
            let at = theirs.started + moved + Duration::from_millis(ms);
            incident.look(metric, at, late)
        });
        let judged = [begins.phase, ends.phase].contains(&theirs.phase);
        judged && between(&begins, &ends, theirs)
    };
    let mut seconds = (1..=LATE).map(Duration::from_secs);
    if let Some(late) = seconds.find(|&late| at(Duration::ZERO, late)) {
        may_be.push(format!(
            "ingestion: without the samples of the last {late} ours fits"
        ));
    }
    let mut nearest = (1..=MOVED).flat_map(|s| [Duration::from_secs(-s), Duration::from_secs(s)]);
    if let Some(moved) = nearest.find(|&moved| at(moved, Duration::ZERO)) {
        let (length, word) = if moved < Duration::ZERO {
            (-moved, "earlier")
        } else {
            (moved, "later")
        };
        may_be.push(format!("evaluation moment: asked {length} {word} ours fits"));
    }
    let theirs_numbers = value::numbers(&theirs.value);
    let empty = |numbers: &Option<Vec<f64>>| numbers.as_ref().is_none_or(Vec::is_empty);
    match (empty(&seen.numbers), empty(&theirs_numbers)) {
        (true, false) => may_be.push(
            "stale data: theirs found samples where the recording has none, or marks them stale".to_owned(),
        ),
        (false, true) => {
            may_be.push("stale data: theirs found nothing where the recording has samples".to_owned());
        }
        _ => {}
    }
    if seen.phase == Phase::Error || theirs.phase == Phase::Error {
        may_be.push("the server: one side could not be asked, or its answer not be judged".to_owned());
    }
    if may_be.is_empty() {
        may_be.push(format!(
            "other series, or another query: neither samples up to {} late nor a moment up to {} off make ours fit",
            Duration::from_secs(LATE),
            Duration::from_secs(MOVED)
        ));
    }
}

/// What may explain that a look came `late` after ours (before it, if negative).
pub(super) fn explain_time(
    before: &[Measurement],
    late: Duration,
    ours_before: Option<Phase>,
    within: Duration,
) -> Vec<String> {
    let mut may_be = Vec::new();
    let spent = before
        .iter()
        .filter_map(|measurement| Some(measurement.finished? - measurement.started));
    let spent = spent.fold(Duration::ZERO, |sum, length| sum + length);
    let theirs_before = before.last().map(|measurement| measurement.phase);
    let erred = |phase: Option<Phase>| phase == Some(Phase::Error);
    if erred(theirs_before) != erred(ours_before) && !before.is_empty() {
        may_be.push(
            "the look before was an error on one side alone: that one looks again after 10s".to_owned(),
        );
    }
    if late > Duration::ZERO && spent + within >= late && spent > Duration::ZERO {
        may_be.push(format!(
            "evaluation: theirs spent {spent} on the measurements before, and every look is counted from the end of \
             the last"
        ));
    }
    if may_be.is_empty() {
        may_be.push("evaluation: the controller came at another moment than its timers say".to_owned());
    }
    may_be
}
