//! A Rollout or a Canary of theirs beside ours.

use super::difference::{Difference, What};
use super::laid::LaidEnding;
use super::lay::{Options, Over};
use super::status::{End, EndingStatus};
use crate::policy::argo::spec::Policy;
use crate::simulator::{Hindsight, Incident};
use crate::units::Duration;

/// Lays how `theirs` stands beside a rollout of ours that begins when `over` does.
pub(super) fn lay_ending(
    policy: &Policy,
    incident: &mut Incident<'_>,
    theirs: &EndingStatus,
    over: Over,
    options: &Options,
) -> LaidEnding {
    // What has not ended is compared at the last moment that it tells of.
    let until = match (theirs.end, theirs.at) {
        (End::Waiting | End::Running, Some(at)) => at.max(over.from),
        (_, Some(at)) => over.until.min(at.max(over.from) + Duration::from_secs(86_400)),
        (_, None) => over.until.min(over.from + Duration::from_secs(86_400)),
    };
    let seen = incident.play(over.from, until, &mut ());
    let (end, after) = standing(&seen);
    let at = theirs.at.unwrap_or(over.from);
    let mut differences = Vec::new();
    let mut differs = |what: What, ours: String, said: String, may_be: Vec<String>| {
        differences.push(Difference {
            of: theirs.name.clone(),
            check: None,
            measurement: None,
            at,
            what,
            ours,
            theirs: said,
            may_be,
            span: theirs.span,
        });
    };
    let decided = seen.decided_by.map(|check| policy.checks[check.0].name.as_str());
    if end != theirs.end {
        let may_be = vec!["its AnalysisRuns tell where the two part: put them into the same file".to_owned()];
        differs(
            What::Ending,
            words(end, after, decided),
            theirs.words.clone(),
            may_be,
        );
    } else {
        if let (Some(after), Some(at)) = (after, theirs.at) {
            let late = at - (over.from + after).whole_second();
            if late > options.within || -late > options.within {
                let said = format!("{} {} after its start", end.said(), at - over.from);
                differs(What::End, words(end, Some(after), decided), said, Vec::new());
            }
        }
        if let (Some(ours), Some(blamed)) = (decided, theirs.blamed.as_deref())
            && ours != blamed
        {
            differs(
                What::Ending,
                format!("decided by {ours}"),
                format!("decided by {blamed}"),
                Vec::new(),
            );
        }
    }
    LaidEnding {
        name: format!("{} {}", theirs.kind, theirs.name),
        from: over.from,
        theirs: theirs.words.clone(),
        ours: words(end, after, decided),
        differences,
    }
}

fn standing(seen: &Hindsight) -> (End, Option<Duration>) {
    match (seen.rolled_back_after, seen.promoted_after, seen.waiting) {
        (Some(after), _, _) => (End::RolledBack, Some(after)),
        (None, Some(after), _) => (End::Promoted, Some(after)),
        (None, None, true) => (End::Waiting, None),
        (None, None, false) => (End::Running, None),
    }
}

fn words(end: End, after: Option<Duration>, decided: Option<&str>) -> String {
    let mut words = end.said().to_owned();
    if let Some(after) = after {
        words += &format!(" {after} after its start");
    }
    if let Some(check) = decided {
        words += &format!(" by {check}");
    }
    words
}
