use serde::Serialize;

use crate::series::is_stale;

/// How long a sample is seen at most, by default: a longer gap is a time without an answer [ms].
const LOOKBACK: i64 = 300_000;

/// When samples came. Times are milliseconds since 1970; `null` where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rhythm {
    /// Samples, without stale marks.
    pub samples: usize,
    /// Stale marks.
    pub stale_marks: usize,
    /// Usual time from sample to sample: the median over series of each one's median.
    pub interval_ms: Option<i64>,
    /// Times between two samples longer than one and a half intervals, without a stale mark between them.
    pub gaps: usize,
    /// Those longer than the lookback of five minutes: queries had no answer meanwhile.
    pub gaps_beyond_lookback: usize,
    /// The longest of them.
    pub longest_gap_ms: Option<i64>,
    /// Time of the first sample.
    pub first_ms: Option<i64>,
    /// Time of the last sample.
    pub last_ms: Option<i64>,
}

/// The rhythm of several series, one after the other.
#[derive(Debug, Default)]
pub(super) struct Rhythms {
    whole: Rhythm,
    intervals: Vec<i64>,
    apart: Vec<i64>,
}

impl Rhythms {
    /// Adds a series: times [ms], ascending, and values.
    pub fn add(&mut self, samples: impl Iterator<Item = (i64, f64)>) {
        self.apart.clear();
        let mut before = None;
        for (time, value) in samples {
            if is_stale(value) {
                self.whole.stale_marks += 1;
                before = None;
                continue;
            }
            self.whole.samples += 1;
            let first = self.whole.first_ms.get_or_insert(time);
            *first = time.min(*first);
            let last = self.whole.last_ms.get_or_insert(time);
            *last = time.max(*last);
            if let Some(before) = before {
                self.apart.push(time - before);
            }
            before = Some(time);
        }
        let Some(interval) = median(&mut self.apart.clone()) else {
            return;
        };
        self.intervals.push(interval);
        for &apart in self.apart.iter().filter(|&&apart| 2 * apart > 3 * interval) {
            self.whole.gaps += 1;
            self.whole.gaps_beyond_lookback += usize::from(apart > LOOKBACK);
            self.whole.longest_gap_ms = self.whole.longest_gap_ms.max(Some(apart));
        }
    }

    /// All of it.
    pub fn finish(mut self) -> Rhythm {
        self.whole.interval_ms = median(&mut self.intervals);
        self.whole
    }
}

/// The lower median.
fn median(numbers: &mut [i64]) -> Option<i64> {
    let middle = numbers.len().checked_sub(1)? / 2;
    Some(*numbers.select_nth_unstable(middle).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::STALE;

    /// Every 10 s; one scrape missed; a stale mark and a new start; silence beyond the lookback.
    #[test]
    fn tells_gaps_from_ends() {
        let seconds = [0, 10, 20, 40, 50, 60, 70, 400, 410, 800];
        let mut samples: Vec<_> = seconds.map(|second| (second * 1000, 1.0)).to_vec();
        samples.insert(7, (80_000, STALE));
        let mut rhythms = Rhythms::default();
        rhythms.add(samples.into_iter());
        let expected = Rhythm {
            samples: 10,
            stale_marks: 1,
            interval_ms: Some(10_000),
            gaps: 2,
            gaps_beyond_lookback: 1,
            longest_gap_ms: Some(390_000),
            first_ms: Some(0),
            last_ms: Some(800_000),
        };
        assert_eq!(rhythms.finish(), expected);
        assert_eq!(Rhythms::default().finish(), Rhythm::default());
    }
}
