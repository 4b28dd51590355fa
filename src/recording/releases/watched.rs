//! When a recording has samples.

use std::collections::BTreeSet;

use super::sighting::CLOSE;
use crate::recording::Recording;
use crate::series::{AsOf, SeriesId};
use crate::units::{Duration, TimeRange, Timestamp};

/// The stretches in which some of `series` has a sample at least every five minutes (after that Prometheus answers no
/// instant query), ascending: each from its first sample to just after its last.
pub(super) fn watched(recording: &Recording, series: &[SeriesId]) -> Vec<TimeRange> {
    let view = AsOf::new(&recording.samples, recording.last, recording.last);
    let axes: BTreeSet<_> = series.iter().map(|&id| recording.layout.place(id).0).collect();
    let mut times: Vec<i64> = axes
        .into_iter()
        .flat_map(|axis| view.axis(axis).times())
        .copied()
        .collect();
    times.sort_unstable();
    let runs = times.chunk_by(|one, next| next.saturating_sub(*one) <= CLOSE.as_millis());
    runs.map(|run| TimeRange {
        start: Timestamp::from_millis(run[0]),
        end: Timestamp::from_millis(run[run.len() - 1]) + Duration::from_millis(1),
    })
    .collect()
}
