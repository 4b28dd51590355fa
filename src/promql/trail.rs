use super::QueryRange;
use crate::units::{Duration, Timestamp};

/// The moments of a range query, counted back from the moment at which it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trail {
    /// How long ago the first one is.
    pub start: Duration,
    /// How long ago it ends.
    pub end: Duration,
    /// From moment to moment.
    pub step: Duration,
}

impl Trail {
    /// How many moments it has; one of a range that is refused.
    pub fn points(self) -> i64 {
        let range = self.seen_from(Timestamp::ZERO);
        range.map_or(1, |_| {
            1 + (self.start - self.end).as_millis() / self.step.as_millis()
        })
    }

    /// The moments seen from `now`, both ends included.
    ///
    /// # Errors
    ///
    /// What Prometheus' API answers to a range that it refuses (`web/api/v1`, `queryRange`).
    pub fn seen_from(self, now: Timestamp) -> Result<QueryRange, &'static str> {
        const MOST: i64 = 11_000;
        if self.start < self.end {
            return Err("invalid parameter \"end\": end timestamp must not be before start time");
        }
        if self.step <= Duration::ZERO {
            return Err(
                "zero or negative query resolution step widths are not accepted. Try a positive integer",
            );
        }
        if (self.start - self.end).as_millis() / self.step.as_millis() > MOST {
            return Err("exceeded maximum resolution of 11,000 points per timeseries");
        }
        Ok(QueryRange {
            start: now - self.start,
            end: now - self.end,
            step: self.step,
        })
    }
}
