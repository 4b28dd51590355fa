use crate::promql::Compat;
use crate::series::is_stale;

/// The samples of one series in one window.
#[derive(Clone, Copy)]
pub struct Window<'a> {
    /// Milliseconds, ascending.
    pub times: &'a [i64],
    /// As many values; stale ones are no samples.
    pub values: &'a [f64],
    /// Where the window begins [ms].
    pub start: i64,
    /// Where the window ends [ms].
    pub end: i64,
    /// The moment of evaluation [ms]: the end, but for `offset` and `@`.
    pub at: i64,
    /// Whose rules hold.
    pub compat: Compat,
}

impl<'a> Window<'a> {
    /// Times [ms] and values, stale markers left out.
    pub fn samples(self) -> impl DoubleEndedIterator<Item = (i64, f64)> + Clone + 'a {
        let pairs = self.times.iter().copied().zip(self.values.iter().copied());
        pairs.filter(|&(_, value)| !is_stale(value))
    }

    /// Values, stale markers left out.
    pub fn present(self) -> impl DoubleEndedIterator<Item = f64> + Clone + 'a {
        self.values.iter().copied().filter(|&value| !is_stale(value))
    }

    /// How many samples there are.
    pub fn count(self) -> usize {
        self.present().count()
    }
}

/// From `earlier` to `later`, both in ms, in seconds.
pub fn seconds(earlier: i64, later: i64) -> f64 {
    later.saturating_sub(earlier) as f64 / 1000.0
}
