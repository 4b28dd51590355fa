//! Where a tally holds what a series shows.

use super::target::{Of, What};

/// Where the tally of a group holds a count: one place, the sum of two, or that less a third.
#[derive(Clone, Copy, Debug)]
pub(super) enum Places {
    Nowhere,
    One(usize),
    Two(usize, usize),
    Less(usize, usize, usize),
}

impl Places {
    /// Of `what`, of which requests, in a tally that begins at `at`; `half`: length of the tally of successes, behind which
    /// that of failures lies.
    pub fn new(what: What, of: Of, at: usize, half: usize) -> Self {
        let (place, requests) = (at + what.place(), at + What::Requests.place());
        match (what, of) {
            (What::Gauge(_), _) => Self::Nowhere,
            (What::Counted(_), _) => Self::One(place),
            (What::Others(_), _) => Self::Less(requests, half + requests, place),
            (_, Of::All) => Self::Two(place, half + place),
            (_, Of::Successes) => Self::One(place),
            (_, Of::Failures) => Self::One(half + place),
        }
    }

    /// The count of the group whose tally lies `at` behind that of the first.
    #[inline(always)]
    pub fn of(self, tally: &[i64], at: usize) -> i64 {
        match self {
            Self::Nowhere => 0,
            Self::One(place) => tally[at + place],
            Self::Two(one, other) => tally[at + one] + tally[at + other],
            Self::Less(one, other, less) => tally[at + one] + tally[at + other] - tally[at + less],
        }
    }
}
