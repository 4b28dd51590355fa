use crate::series::SeriesId;
use crate::units::{Duration, Timestamp};

/// The moment a stretch of time is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anchor {
    /// The moment of evaluation.
    Evaluation,
    /// `@ start()`: the first moment of the query.
    Start,
    /// `@ end()`: its last.
    End,
    /// `@ 10`: a fixed moment.
    At(Timestamp),
}

/// A stretch of a series that an evaluation may look at: the samples in (anchor - from, anchor - to].
///
/// Lookback, offsets and the grids of subqueries are included. A negative `to` looks ahead (`offset -5m`). Where a
/// length depends on the query's own range or step, it is taken for an instant query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// The series.
    pub series: SeriesId,
    /// What the stretch is counted from.
    pub anchor: Anchor,
    /// How far before the anchor it begins (exclusive).
    pub from: Duration,
    /// How far before the anchor it ends (inclusive).
    pub to: Duration,
}
