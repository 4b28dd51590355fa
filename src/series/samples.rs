use super::{AxisId, Layout, SeriesId};

/// The value that says 'no sample': Prometheus' stale marker, by its bits.
pub const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// Whether `value` is the stale marker. Looks at the bits: an ordinary NaN is an answer.
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE.to_bits()
}

#[derive(Clone, Debug, Default)]
struct Axis {
    /// Milliseconds, strictly ascending.
    times: Vec<i64>,
    /// One column per series, each as long as `times`.
    columns: Vec<Vec<f64>>,
}

/// Samples of all series of a [`Layout`]. Cleared, not freed, between trials.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    axes: Vec<Axis>,
    places: Vec<(u32, u32)>,
}

impl Samples {
    /// Room for the series of `layout`, without any sample.
    pub fn new(layout: &Layout) -> Self {
        let axes = (0..layout.axes())
            .map(|n| Axis {
                times: Vec::new(),
                columns: vec![Vec::new(); layout.columns(AxisId(n as u32))],
            })
            .collect();
        let places = layout
            .series()
            .map(|(id, _)| layout.place(id))
            .map(|(axis, column)| (axis.0, column as u32));
        Self {
            axes,
            places: places.collect(),
        }
    }

    /// Samples of `layout` that are all there already: per axis its times [ms] and per series a column of values.
    ///
    /// # Panics
    ///
    /// If times do not strictly ascend or shapes are not those of the layout.
    pub fn of(layout: &Layout, axes: impl IntoIterator<Item = (Vec<i64>, Vec<Vec<f64>>)>) -> Self {
        let mut samples = Self::new(layout);
        let mut given = axes.into_iter();
        for axis in &mut samples.axes {
            let (times, columns) = given.next().expect("times and columns for each axis");
            assert!(
                times.is_sorted_by(|one, next| one < next),
                "samples of one axis ascend in time"
            );
            assert_eq!(columns.len(), axis.columns.len(), "one column for each series");
            assert!(
                columns.iter().all(|column| column.len() == times.len()),
                "one value for each time"
            );
            *axis = Axis { times, columns };
        }
        samples
    }

    /// Forgets all samples and keeps the memory.
    pub fn clear(&mut self) {
        for axis in &mut self.axes {
            axis.times.clear();
            axis.columns.iter_mut().for_each(Vec::clear);
        }
    }

    /// Appends one scrape: a time [ms] later than all before, and a value for every column (absent: [`STALE`]).
    ///
    /// # Panics
    ///
    /// If time does not ascend or the number of values is not the axis' number of columns.
    #[inline]
    pub fn push(&mut self, axis: AxisId, time: i64, values: impl ExactSizeIterator<Item = f64>) {
        let axis = &mut self.axes[axis.0 as usize];
        assert!(
            axis.times.last().is_none_or(|&last| last < time),
            "samples of one axis ascend in time"
        );
        assert_eq!(values.len(), axis.columns.len(), "one value for each column");
        axis.times.push(time);
        for (column, value) in axis.columns.iter_mut().zip(values) {
            column.push(value);
        }
    }

    /// All times [ms] of an axis and the values of its series, the stale ones too.
    pub(super) fn axis(&self, axis: AxisId) -> (&[i64], &[Vec<f64>]) {
        let axis = &self.axes[axis.0 as usize];
        (&axis.times, &axis.columns)
    }

    /// Number of scrapes on all axes.
    pub fn len(&self) -> usize {
        self.axes.iter().map(|axis| axis.times.len()).sum()
    }

    /// Whether there is no scrape.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of scrapes on an axis.
    pub fn rows(&self, axis: AxisId) -> usize {
        self.axes[axis.0 as usize].times.len()
    }

    /// Adds `by` to every value of one column from row `from` on; what is absent stays so. For a counter whose earlier
    /// increments became known late.
    pub fn raise(&mut self, axis: AxisId, column: usize, from: usize, by: f64) {
        let values = &mut self.axes[axis.0 as usize].columns[column][from..];
        values
            .iter_mut()
            .filter(|value| !is_stale(**value))
            .for_each(|value| *value += by);
    }

    /// Number of scrapes on an axis up to and at `until` [ms].
    pub fn rows_until(&self, axis: AxisId, until: i64) -> usize {
        let times = &self.axes[axis.0 as usize].times;
        times.partition_point(|&time| time <= until)
    }

    /// Values of a column, the stale ones too.
    pub fn values(&self, axis: AxisId, column: usize) -> &[f64] {
        &self.axes[axis.0 as usize].columns[column]
    }

    /// All times [ms] and values of a series, the stale ones too.
    pub(super) fn column(&self, series: SeriesId) -> (&[i64], &[f64]) {
        let (axis, column) = self.places[series.0 as usize];
        let axis = &self.axes[axis as usize];
        (&axis.times, &axis.columns[column as usize])
    }
}
