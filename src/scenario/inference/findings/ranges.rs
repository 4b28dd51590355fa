//! Whether a window holds the samples that its function needs.

use super::subject::{Subject, warn_of};
use crate::diagnostic::Finding;
use crate::units::Duration;

/// Scrape interval where none is stated.
const SCRAPE: Duration = Duration::from_secs(15);

pub(super) fn of(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let interval = subject.policy.identity.scrape_interval.unwrap_or(SCRAPE);
    let shortest = subject
        .query
        .uses
        .clone()
        .filter_map(|n| Some((subject.asked[n].one.range?, n)))
        .min();
    if let Some((shortest, n)) = shortest.map(|(range, n)| (Duration::from_millis(range), n))
        && shortest < interval * 2
    {
        let one = &subject.asked[n].one;
        let message =
            format!("a range of {shortest} holds fewer than two samples at a scrape interval of {interval}");
        found.push(
            warn_of(subject, one, &message, "too short").help(format!("take at least {}", interval * 4)),
        );
    }
}
