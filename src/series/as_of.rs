use super::{AxisId, Samples, SeriesId};
use crate::units::Timestamp;

/// Samples of one series: times [ms] strictly ascending and, equally long, values; absent is [`super::STALE`].
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// Milliseconds, strictly ascending.
    pub times: &'a [i64],
    /// The value at each time.
    pub values: &'a [f64],
}

impl<'a> Column<'a> {
    /// The samples later than `after` and not later than `until` (both in ms).
    pub fn between(self, after: i64, until: i64) -> Column<'a> {
        let start = self.times.partition_point(|&time| time <= after);
        let end = start + self.times[start..].partition_point(|&time| time <= until);
        Column {
            times: &self.times[start..end],
            values: &self.values[start..end],
        }
    }
}

/// Samples of all series of one axis, cut at the same moment.
#[derive(Clone, Copy, Debug)]
pub struct AxisView<'a> {
    times: &'a [i64],
    columns: &'a [Vec<f64>],
}

impl<'a> AxisView<'a> {
    /// Milliseconds, strictly ascending.
    pub fn times(self) -> &'a [i64] {
        self.times
    }

    /// Values of the series in column `column` ([`super::Layout::place`]), as many as there are times.
    pub fn values(self, column: usize) -> &'a [f64] {
        &self.columns[column][..self.times.len()]
    }
}

/// The samples as seen from one moment. The only view there is: it has no method that sees past `visible_until`.
#[derive(Clone, Copy, Debug)]
pub struct AsOf<'a> {
    samples: &'a Samples,
    now: Timestamp,
    visible_until: Timestamp,
}

impl<'a> AsOf<'a> {
    /// The view at `now` of samples that have arrived by `visible_until` (now minus the ingestion delay).
    ///
    /// # Panics
    ///
    /// If `visible_until` lies after `now`.
    pub fn new(samples: &'a Samples, now: Timestamp, visible_until: Timestamp) -> Self {
        assert!(visible_until <= now, "nothing of the future is visible");
        Self {
            samples,
            now,
            visible_until,
        }
    }

    /// The moment of looking.
    pub fn now(self) -> Timestamp {
        self.now
    }

    /// What of a series is visible.
    pub fn column(self, series: SeriesId) -> Column<'a> {
        let (times, values) = self.samples.column(series);
        let times = self.cut(times);
        Column {
            times,
            values: &values[..times.len()],
        }
    }

    /// What of the series of an axis is visible.
    pub fn axis(self, axis: AxisId) -> AxisView<'a> {
        let (times, columns) = self.samples.axis(axis);
        AxisView {
            times: self.cut(times),
            columns,
        }
    }

    /// The visible ones of `times`.
    fn cut(self, times: &'a [i64]) -> &'a [i64] {
        let until = self.visible_until.as_millis();
        match times.last() {
            Some(&last) if last > until => &times[..times.partition_point(|&time| time <= until)],
            _ => times,
        }
    }
}
