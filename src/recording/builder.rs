use std::collections::BTreeMap;

use super::columns::{Columns, sort};
use crate::series::{Labels, Layout, STALE, Samples, SeriesId};
use crate::units::Timestamp;

/// Samples read from files: which series there are, and all that was recorded of them.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The series.
    pub layout: Layout,
    /// Their samples, milliseconds since 1970.
    pub samples: Samples,
    /// Time of the first sample.
    pub first: Timestamp,
    /// Time of the last sample.
    pub last: Timestamp,
    /// Samples kept, stale marks included.
    pub count: usize,
    /// Samples that came later in the file than a newer one of their series; they were sorted in.
    pub unordered: usize,
    /// Samples that repeated a time of their series; the last one was kept.
    pub repeated: usize,
}

impl Recording {
    /// Times [ms] and values of one series, stale marks included.
    pub fn series(&self, series: SeriesId) -> impl Iterator<Item = (i64, f64)> {
        let view = crate::series::AsOf::new(&self.samples, self.last, self.last);
        let column = view.column(series);
        column.times.iter().copied().zip(column.values.iter().copied())
    }
}

/// Collects samples in any order.
#[derive(Debug, Default)]
pub struct Builder {
    by_labels: BTreeMap<Labels, usize>,
    series: Vec<Series>,
}

#[derive(Debug)]
struct Series {
    labels: Labels,
    times: Vec<i64>,
    values: Vec<f64>,
    /// No time is repeated and none came after a later one.
    ascending: bool,
}

impl Builder {
    /// The number under which samples of a series are added.
    pub fn series(&mut self, labels: Labels) -> usize {
        if let Some(&known) = self.by_labels.get(&labels) {
            return known;
        }
        let number = self.series.len();
        self.by_labels.insert(labels.clone(), number);
        self.series.push(Series {
            labels,
            times: Vec::new(),
            values: Vec::new(),
            ascending: true,
        });
        number
    }

    /// Whether a series has been named before.
    pub fn knows(&self, labels: &Labels) -> bool {
        self.by_labels.contains_key(labels)
    }

    /// Adds a sample; `time` in milliseconds since 1970.
    pub fn push(&mut self, series: usize, time: i64, value: f64) {
        let series = &mut self.series[series];
        series.ascending &= series.times.last().is_none_or(|&last| last < time);
        series.times.push(time);
        series.values.push(value);
    }

    /// Adds the mark that says that a series ended at `time`.
    pub fn push_stale(&mut self, series: usize, time: i64) {
        self.push(series, time, STALE);
    }

    /// All that was collected; `None` when there is no sample at all.
    pub fn build(mut self) -> Option<Recording> {
        let (mut unordered, mut repeated) = (0, 0);
        let mut columns = Columns::default();
        for &number in self.by_labels.values() {
            let series = &mut self.series[number];
            if !series.ascending {
                unordered += series.times.windows(2).filter(|pair| pair[1] < pair[0]).count();
                repeated += sort(&mut series.times, &mut series.values);
            }
            let mut values = std::mem::take(&mut series.values);
            values.shrink_to_fit();
            columns.add(series.labels.clone(), &std::mem::take(&mut series.times), values);
        }
        columns.build(unordered, repeated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_keeps_the_last_of_equal_times_and_counts_both() {
        let mut builder = Builder::default();
        let up = builder.series(Labels::new([("__name__", "up")]));
        for (time, value) in [(10, 1.0), (30, 3.0), (20, 2.0), (30, 4.0)] {
            builder.push(up, time, value);
        }
        let recording = builder.build().unwrap();
        let samples: Vec<_> = recording.series(SeriesId(0)).collect();
        assert_eq!(samples, [(10, 1.0), (20, 2.0), (30, 4.0)]);
        assert_eq!(
            (recording.unordered, recording.repeated, recording.count),
            (1, 1, 3)
        );
    }

    #[test]
    fn series_with_equal_times_share_an_axis() {
        let mut builder = Builder::default();
        for (name, times) in [("a", [1, 2]), ("b", [1, 2]), ("c", [1, 3])] {
            let series = builder.series(Labels::new([("__name__", name)]));
            times.into_iter().for_each(|time| builder.push(series, time, 0.0));
        }
        let recording = builder.build().unwrap();
        assert_eq!(recording.layout.axes(), 2);
        assert!(Builder::default().build().is_none());
    }
}
