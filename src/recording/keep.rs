use crate::series::{Labels, Matcher};
use crate::units::TimeRange;

/// Which samples of a file are wanted: only these are kept in memory.
#[derive(Clone, Debug, Default)]
pub struct Keep {
    /// A series is kept when all matchers of one of these lists accept it; absent: every series is kept.
    pub selectors: Option<Vec<Vec<Matcher>>>,
    /// A sample is kept when its time lies inside; absent: all times.
    pub range: Option<TimeRange>,
}

impl Keep {
    /// Whether a series is wanted.
    pub fn series(&self, labels: &Labels) -> bool {
        self.selectors.as_ref().is_none_or(|selectors| {
            selectors
                .iter()
                .any(|matchers| matchers.iter().all(|matcher| matcher.matches(labels)))
        })
    }

    /// Whether a sample of this time [ms] is wanted.
    pub fn time(&self, time: i64) -> bool {
        self.range
            .is_none_or(|range| range.contains(crate::units::Timestamp::from_millis(time)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::MatchOp;
    use crate::units::Timestamp;

    #[test]
    fn keeps_what_one_selector_names_inside_the_range() {
        let name = |name: &str| vec![Matcher::new("__name__", MatchOp::Equal, name).expect("plain")];
        let keep = Keep {
            selectors: Some(vec![name("up"), name("down")]),
            range: Some(TimeRange {
                start: Timestamp::from_millis(10),
                end: Timestamp::from_millis(20),
            }),
        };
        assert!(keep.series(&Labels::new([("__name__", "down"), ("job", "a")])));
        assert!(!keep.series(&Labels::new([("__name__", "left")])));
        assert!(keep.time(10) && !keep.time(20) && !keep.time(9));
        assert!(Keep::default().series(&Labels::new([("a", "b")])) && Keep::default().time(i64::MIN));
    }
}
