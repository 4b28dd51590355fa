use std::collections::BTreeMap;

use super::Recording;
use crate::series::{Labels, Layout, Samples};
use crate::units::Timestamp;

/// Finished series, grouped by equal times: those scraped together share an axis from the moment they are added, so
/// that a sample takes eight bytes and not sixteen.
#[derive(Debug, Default)]
pub(super) struct Columns {
    axes: Vec<Axis>,
    /// Axes by what is quickly known of their times.
    known: BTreeMap<Key, Vec<usize>>,
}

#[derive(Debug)]
struct Axis {
    times: Vec<i64>,
    labels: Vec<Labels>,
    columns: Vec<Vec<f64>>,
}

/// Length, first, last and a digest of times. Equal times have equal keys; equal keys are compared in full.
type Key = (usize, Option<i64>, Option<i64>, u64);

fn key(times: &[i64]) -> Key {
    let digest = times.iter().zip(1u64..).fold(0u64, |digest, (&time, place)| {
        digest.wrapping_add((time as u64).wrapping_mul(2 * place + 1))
    });
    (times.len(), times.first().copied(), times.last().copied(), digest)
}

impl Columns {
    /// Adds a series: times [ms] strictly ascending and as many values. Each series comes once.
    pub fn add(&mut self, labels: Labels, times: &[i64], values: Vec<f64>) {
        let alike = self.known.entry(key(times)).or_default();
        let equal = alike.iter().find(|&&axis| self.axes[axis].times == times);
        let axis = equal.copied().unwrap_or_else(|| {
            self.axes.push(Axis {
                times: times.to_vec(),
                labels: Vec::new(),
                columns: Vec::new(),
            });
            alike.push(self.axes.len() - 1);
            self.axes.len() - 1
        });
        self.axes[axis].labels.push(labels);
        self.axes[axis].columns.push(values);
    }

    /// All series: axes in the order of their times, series of an axis in the order they were added. `None` when
    /// there is no sample at all.
    pub fn build(mut self, unordered: usize, repeated: usize) -> Option<Recording> {
        self.axes.sort_by(|one, other| one.times.cmp(&other.times));
        let first = self.axes.iter().filter_map(|axis| axis.times.first()).min();
        let last = self.axes.iter().filter_map(|axis| axis.times.last()).max();
        let [first, last] = [*first?, *last?].map(Timestamp::from_millis);
        let count = self.axes.iter().map(|axis| axis.times.len() * axis.columns.len());
        let count = count.sum();
        let mut layout = Layout::default();
        let mut axes = Vec::with_capacity(self.axes.len());
        for axis in self.axes {
            let id = layout.add_axis();
            for labels in axis.labels {
                layout.add_series(id, labels);
            }
            axes.push((axis.times, axis.columns));
        }
        Some(Recording {
            samples: Samples::of(&layout, axes),
            layout,
            first,
            last,
            count,
            unordered,
            repeated,
        })
    }
}

/// Puts samples into the order of time; of equal times the last one written counts. Says how many were dropped.
pub(super) fn sort(times: &mut Vec<i64>, values: &mut Vec<f64>) -> usize {
    let mut samples: Vec<(i64, f64)> = times.drain(..).zip(values.drain(..)).collect();
    samples.sort_by_key(|&(time, _)| time);
    let before = samples.len();
    for (time, value) in samples {
        if times.last() == Some(&time) {
            values.pop();
        } else {
            times.push(time);
        }
        values.push(value);
    }
    before - times.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_share_an_axis_and_like_ones_do_not() {
        let mut columns = Columns::default();
        // The last one differs where length, first, last and digest are equal: 5·7 + 7·20 = 5·14 + 7·15.
        for (name, times) in [
            ("a", [0, 7, 20, 100]),
            ("b", [0, 7, 20, 100]),
            ("c", [0, 14, 15, 100]),
        ] {
            columns.add(Labels::new([("__name__", name)]), &times, vec![0.0; 4]);
        }
        assert_eq!(key(&[0, 7, 20, 100]), key(&[0, 14, 15, 100]));
        let recording = columns.build(0, 0).unwrap();
        assert_eq!((recording.layout.axes(), recording.count), (2, 12));
    }

    #[test]
    fn of_equal_times_the_last_counts() {
        let (mut times, mut values) = (vec![3, 1, 2, 3, 1], vec![0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(sort(&mut times, &mut values), 2);
        assert_eq!((times, values), (vec![1, 2, 3], vec![4.0, 2.0, 3.0]));
    }
}
