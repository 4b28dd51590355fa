use crate::series::{Matcher, SeriesId};
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

/// What one selector asks for, whatever series there are: the samples in (anchor - from, anchor - to] of all series
/// that its matchers accept.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Its matchers, the one for `__name__` included.
    pub matchers: Vec<Matcher>,
    /// Whether it takes the newest sample, so that the end of a series (its stale mark) matters. Windows pass over
    /// stale marks.
    pub newest: bool,
    /// What the stretch is counted from.
    pub anchor: Anchor,
    /// How far before the anchor it begins (exclusive).
    pub from: Duration,
    /// How far before the anchor it ends (inclusive).
    pub to: Duration,
}
