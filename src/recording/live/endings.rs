//! Where series ended, from the server's own answers.
//!
//! The API never shows a stale mark, but its effect: at a moment after the mark an instant selector no longer gives
//! the series, though its newest sample is younger than the lookback. A subquery on a grid says until when it did: first
//! in seconds, then in milliseconds.

use std::collections::BTreeMap;

use super::fetch::{Series, Wanted};
use super::{Client, Trouble, selector};
use crate::series::{Labels, MatchOp, Matcher};
use crate::units::{Duration, Timestamp};

/// Groups of ends that are looked at for one selector.
const GROUPS: usize = 200;
/// Labels that tell targets apart.
const TARGET: [&str; 3] = ["instance", "job", "pod"];

/// The stale marks of one selector's series.
#[derive(Default)]
pub(super) struct Found {
    pub marks: Vec<(Labels, i64)>,
    /// Ends nobody knows about.
    pub unknown: usize,
}

/// Looks where samples stop for longer than usual. Series of one name and target that stop together are one question.
pub(super) fn find(
    client: &Client<'_>,
    wanted: &Wanted,
    series: &Series,
    lookback: Duration,
) -> Result<Found, Trouble> {
    let mut groups: BTreeMap<(Labels, i64, i64), Vec<&Labels>> = BTreeMap::new();
    for (labels, from, until) in gaps(series, wanted.until.as_millis(), lookback.as_millis()) {
        let target = labels.filter(|label| label == Labels::NAME || TARGET.contains(&label));
        groups.entry((target, from, until)).or_default().push(labels);
    }
    let mut found = Found::default();
    for (number, ((target, from, until), members)) in groups.into_iter().enumerate() {
        if number >= GROUPS {
            found.unknown += members.len();
            continue;
        }
        let mut matchers = wanted.matchers.clone();
        let own = target
            .iter()
            .map(|(name, value)| Matcher::new(name, MatchOp::Equal, value));
        for matcher in own.flatten().filter(|own| !wanted.matchers.contains(own)) {
            matchers.push(matcher);
        }
        match last_given(client, &selector(&matchers), &members, from, until) {
            Ok(last) => {
                let ended = members.into_iter().zip(last).filter(|&(_, last)| last < until);
                found
                    .marks
                    .extend(ended.map(|(labels, last)| (labels.clone(), last + 1)));
            }
            Err(
                trouble @ (Trouble::Stopped | Trouble::Unreachable(_) | Trouble::NoWay(_) | Trouble::Cut(_)),
            ) => {
                return Err(trouble);
            }
            Err(_) => found.unknown += members.len(),
        }
    }
    Ok(found)
}

/// Stretches [from, until] in which a series has no sample though one was due, and its last one, at `from`, would
/// still count.
fn gaps(series: &Series, end: i64, lookback: i64) -> impl Iterator<Item = (&Labels, i64, i64)> {
    series.iter().flat_map(move |(labels, points)| {
        let times: Vec<i64> = points.iter().map(|&(time, _)| time).collect();
        let mut spacings: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        spacings.sort_unstable();
        // A series with one sample says nothing of its rhythm: any silence may be its end.
        let usual = spacings.get(spacings.len() / 2).copied().unwrap_or(0);
        let before_next = times.iter().skip(1).map(|time| time - 1).chain([end]);
        let silent = times.iter().copied().zip(before_next);
        let silent = silent.filter(|&(time, until)| until - time > usual + usual / 2);
        let silent = silent.map(|(time, until)| (labels, time, until.min(time.saturating_add(lookback - 1))));
        silent
            .filter(|&(_, from, until)| from < until)
            .collect::<Vec<_>>()
    })
}

/// For each of `members`, given at `from`, the last moment in [from, until] at which `selector` still gives it.
fn last_given(
    client: &Client<'_>,
    selector: &str,
    members: &[&Labels],
    from: i64,
    until: i64,
) -> Result<Vec<i64>, Trouble> {
    let nameless = |labels: &Labels| labels.filter(|label| label != Labels::NAME);
    let mut last = vec![from; members.len()];
    // First in seconds, then, for those that fell silent in the same second, in milliseconds.
    for (step, reach) in [(1000, until - from), (1, 1000)] {
        let mut starts: Vec<i64> = last.iter().copied().filter(|&last| last < until).collect();
        starts.sort_unstable();
        starts.dedup();
        for start in starts {
            let border = until.min(start + reach);
            let given = on_grid(client, selector, start, border, step)?;
            for (last, labels) in last.iter_mut().zip(members) {
                if *last == start {
                    *last = given.get(&nameless(labels)).copied().unwrap_or(start);
                }
            }
        }
    }
    Ok(last)
}

/// The last moments of a grid of `step` ms in (from, until] at which the series of `selector` are given, by their
/// labels without name.
fn on_grid(
    client: &Client<'_>,
    selector: &str,
    from: i64,
    until: i64,
    step: i64,
) -> Result<BTreeMap<Labels, i64>, Trouble> {
    let length = until - from;
    let query = format!("max_over_time((timestamp({selector}) * 0 + time())[{length}ms:{step}ms])");
    let answer = client.query_in_time(&query, Timestamp::from_millis(until))?;
    let elements = answer.elements().into_iter();
    let moments = elements.filter_map(|element| {
        let &(_, seconds) = element.points.first()?;
        let moment = (seconds * 1000.0).round() as i64;
        (from..=until)
            .contains(&moment)
            .then_some((element.labels, moment))
    });
    Ok(moments.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_longer_than_usual_may_be_an_end() {
        let labels = |name: &str| Labels::new([("__name__", name)]);
        let points = |times: &[i64]| times.iter().map(|&time| (time, 1.0)).collect::<Vec<_>>();
        let series = Series::from([
            (labels("steady"), points(&[10_000, 25_000, 40_000, 55_000])),
            (labels("paused"), points(&[10_000, 25_000, 40_000, 400_000])),
            (labels("once"), points(&[10_000])),
        ]);
        let found: Vec<_> = gaps(&series, 402_000, 300_000)
            .map(|(labels, from, until)| (labels.to_string(), from, until))
            .collect();
        assert_eq!(
            found,
            [
                ("once".to_owned(), 10_000, 309_999),
                ("paused".to_owned(), 40_000, 339_999),
                ("steady".to_owned(), 55_000, 354_999),
            ]
        );
    }
}
