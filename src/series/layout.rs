use super::Labels;

/// Names one series of a [`Layout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub u32);

/// Names one time axis of a [`Layout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AxisId(pub u32);

/// Where a series lies: its axis and its column on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub axis: u32,
    pub column: u32,
}

/// Which series there are, and which of them are always scraped together.
///
/// Made once, shared by all trials; plans resolve their selectors against it.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    labels: Vec<Labels>,
    places: Vec<Place>,
    columns: Vec<u32>,
}

impl Layout {
    /// Opens a new time axis: one target, or one group of series with equal times.
    pub fn add_axis(&mut self) -> AxisId {
        self.columns.push(0);
        AxisId(self.columns.len() as u32 - 1)
    }

    /// Adds a series to an axis.
    pub fn add_series(&mut self, axis: AxisId, labels: Labels) -> SeriesId {
        let columns = &mut self.columns[axis.0 as usize];
        self.places.push(Place {
            axis: axis.0,
            column: *columns,
        });
        *columns += 1;
        self.labels.push(labels);
        SeriesId(self.labels.len() as u32 - 1)
    }

    /// Labels of a series.
    pub fn labels(&self, series: SeriesId) -> &Labels {
        &self.labels[series.0 as usize]
    }

    /// All series in the order they were added.
    pub fn series(&self) -> impl ExactSizeIterator<Item = (SeriesId, &Labels)> {
        self.labels
            .iter()
            .enumerate()
            .map(|(n, labels)| (SeriesId(n as u32), labels))
    }

    /// Number of axes.
    pub fn axes(&self) -> usize {
        self.columns.len()
    }

    /// Number of series on an axis.
    pub fn columns(&self, axis: AxisId) -> usize {
        self.columns[axis.0 as usize] as usize
    }

    /// Axis of a series and its column there.
    pub fn place(&self, series: SeriesId) -> (AxisId, usize) {
        let place = self.places[series.0 as usize];
        (AxisId(place.axis), place.column as usize)
    }
}
