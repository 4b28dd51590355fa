use super::{Duration, Timestamp};

/// A moment as a person states it, before anybody knows what time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A date and time.
    At(Timestamp),
    /// So long before the present.
    BeforeNow(Duration),
}

impl Moment {
    /// The moment, where the present is `now`.
    pub fn seen_from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::BeforeNow(length) => now - length,
        }
    }
}
