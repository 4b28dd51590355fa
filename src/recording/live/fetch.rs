use std::collections::BTreeMap;

use super::{Client, Trouble, endings, selector};
use crate::recording::Builder;
use crate::series::{Labels, Matcher};
use crate::units::{Duration, Timestamp};

/// Samples that one piece is meant to hold: some 15 MB of JSON, far below the 50 million that Prometheus loads.
const PIECE: f64 = 400_000.0;
const LONGEST: Duration = Duration::from_mins(24 * 60);
const SHORTEST: Duration = Duration::from_secs(1);
/// Halvings in a row for want of time; each has cost a whole time limit.
const PATIENCE: u32 = 3;

/// Series that are wanted, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What accepts them.
    pub matchers: Vec<Matcher>,
    /// Nothing at or before this.
    pub after: Timestamp,
    /// Nothing later than this.
    pub until: Timestamp,
    /// Whether it matters where a series ended.
    pub ends: bool,
}

/// What came.
#[derive(Debug, Default)]
pub struct Fetched {
    /// The samples, stale marks included.
    pub samples: Builder,
    /// How many of each selector, in the order asked; stale marks not counted.
    pub counts: Vec<usize>,
    /// Native histograms that were left out.
    pub histograms: usize,
    /// Stale marks found.
    pub ends: usize,
    /// Ends of series that were not looked at, because there were too many or the server refused.
    pub ends_unknown: usize,
}

/// Times [ms], ascending, and values of series.
pub(super) type Series = BTreeMap<Labels, Vec<(i64, f64)>>;

/// Fetches the raw samples of `wanted`, in pieces that the server is willing to answer. `lookback` is the server's.
///
/// # Errors
///
/// See [`Trouble`]; what came before is lost.
pub fn fetch(client: &Client<'_>, wanted: &[Wanted], lookback: Duration) -> Result<Fetched, Trouble> {
    let lengths = wanted
        .iter()
        .map(|one| (one.until - one.after).as_millis().max(0));
    let total = lengths.sum::<i64>().unsigned_abs();
    let mut done = 0;
    let mut fetched = Fetched::default();
    for one in wanted {
        let mut series = Series::new();
        let report = |moment: Timestamp| {
            (client.watch().progress)(done + (moment - one.after).as_millis().unsigned_abs(), total);
        };
        fetched.histograms += pieces(client, one, &mut series, &report)?;
        done += (one.until - one.after).as_millis().max(0).unsigned_abs();
        fetched.counts.push(series.values().map(Vec::len).sum());
        if one.ends {
            let found = endings::find(client, one, &series, lookback)?;
            fetched.ends += found.marks.len();
            fetched.ends_unknown += found.unknown;
            for (labels, time) in found.marks {
                let number = fetched.samples.series(labels);
                fetched.samples.push_stale(number, time);
            }
        }
        for (labels, points) in series {
            let number = fetched.samples.series(labels);
            points
                .into_iter()
                .for_each(|(time, value)| fetched.samples.push(number, time, value));
        }
    }
    Ok(fetched)
}

/// All pieces of one selector; gives the number of native histograms among them.
fn pieces(
    client: &Client<'_>,
    wanted: &Wanted,
    series: &mut Series,
    report: &dyn Fn(Timestamp),
) -> Result<usize, Trouble> {
    let selector = selector(&wanted.matchers);
    let mut length = first_length(client, wanted, &selector)?;
    let mut from = wanted.after;
    let (mut histograms, mut slow) = (0, 0);
    while from < wanted.until {
        let until = wanted.until.min(from + length);
        let query = format!("{selector}[{}ms]", (until - from).as_millis());
        match client.query_in_time(&query, until) {
            Ok(answer) => {
                let mut samples = 0;
                for element in answer.elements() {
                    histograms += element.histograms;
                    samples += element.points.len();
                    if element.points.is_empty() {
                        continue;
                    }
                    let known = series.entry(element.labels).or_default();
                    for (time, value) in element.points {
                        // Windows of Prometheus 2 contain their left border too: it belongs to the piece before.
                        let last = known
                            .last()
                            .map_or(from.as_millis(), |&(last, _)| last.max(from.as_millis()));
                        if time > last {
                            known.push((time, value));
                        }
                    }
                }
                from = until;
                slow = 0;
                if (samples as f64) < PIECE / 4.0 {
                    length = LONGEST.min(length * 2);
                }
                report(from);
            }
            Err(trouble @ (Trouble::TooMuch(_) | Trouble::TooSlow(_))) => {
                slow += u32::from(matches!(trouble, Trouble::TooSlow(_)));
                if length <= SHORTEST || slow > PATIENCE {
                    return Err(trouble);
                }
                length = SHORTEST.max(Duration::from_millis((until - from).as_millis() / 2));
            }
            Err(trouble) => return Err(trouble),
        }
    }
    series.retain(|_, points| !points.is_empty());
    Ok(histograms)
}

/// How long a first piece may be, from what the selector counts at the end, in the middle or at the beginning.
fn first_length(client: &Client<'_>, wanted: &Wanted, selector: &str) -> Result<Duration, Trouble> {
    const LOOK: Duration = Duration::from_mins(5);
    let query = format!("sum(count_over_time({selector}[{}ms]))", LOOK.as_millis());
    let middle = wanted.after + (wanted.until - wanted.after) / 2;
    for moment in [wanted.until, middle, wanted.after + LOOK] {
        match client.query_in_time(&query, moment).map(|answer| answer.number()) {
            Ok(Some(samples)) if samples > 0.0 => {
                let pieces = samples / PIECE;
                let length = (LOOK.as_millis() as f64 / pieces).min(LONGEST.as_millis() as f64);
                return Ok(SHORTEST.max(Duration::from_millis(length as i64)));
            }
            Ok(_) => {}
            // Then the pieces find out by themselves. (Series that differ by name alone cannot be counted so: 422.)
            Err(Trouble::TooMuch(_) | Trouble::TooSlow(_) | Trouble::Refused { status: 422, .. }) => {
                return Ok(LOOK);
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(LONGEST)
}
