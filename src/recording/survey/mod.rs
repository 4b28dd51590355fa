//! What is in a recording: families of series, their kinds, intervals, gaps and resets; targets; and what a policy usually
//! needs of it.

mod family;
mod needs;
mod rhythm;
mod target;

use serde::Serialize;

pub use family::{Family, Guess, Kind};
pub use needs::{ErrorFamily, Needs, VersionLabel};
pub use rhythm::Rhythm;
pub use target::Target;

use super::Recording;

/// What is in a recording. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Survey {
    /// Series.
    pub series: usize,
    /// Samples, without stale marks.
    pub samples: usize,
    /// Stale marks.
    pub stale_marks: usize,
    /// Time of the first sample.
    pub first_ms: i64,
    /// Time of the last sample.
    pub last_ms: i64,
    /// What was scraped together under one name, by name.
    pub families: Vec<Family>,
    /// What was scraped, by job and instance; series without these labels are no target's.
    pub targets: Vec<Target>,
    /// What a policy usually needs.
    pub needs: Needs,
}

impl Survey {
    /// Looks through all samples of a recording.
    pub fn of(recording: &Recording) -> Self {
        let families = family::all(recording);
        let stale_marks = families.iter().map(|family| family.rhythm.stale_marks).sum();
        Self {
            series: recording.layout.series().len(),
            samples: recording.count - stale_marks,
            stale_marks,
            first_ms: recording.first.as_millis(),
            last_ms: recording.last.as_millis(),
            targets: target::all(recording),
            needs: needs::of(recording, &families),
            families,
        }
    }
}
