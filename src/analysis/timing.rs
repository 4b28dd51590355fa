use super::{Phase, Tally};
use crate::policy::argo::spec::Metric;
use crate::units::{Duration, Timestamp};

/// An error is tried again after so long, whatever the interval (`DefaultErrorRetryInterval`).
const ERROR_RETRY: Duration = Duration::from_secs(10);
/// An interval that is shorter would never let time go on.
const SHORTEST: Duration = Duration::from_millis(1);

/// When a metric is to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At the next pass.
    Now,
    /// From this moment on.
    From(Timestamp),
    /// After this moment. A timer armed for it fires just after, so that for the machine both are the same.
    After(Timestamp),
    /// When something happens.
    OnEvent,
    /// Never again.
    Never,
}

impl Due {
    /// Whether a pass whose timer was armed for `now` takes the measurement.
    pub fn has_come(self, now: Timestamp) -> bool {
        match self {
            Self::Now | Self::OnEvent => true,
            Self::From(moment) | Self::After(moment) => moment <= now,
            Self::Never => false,
        }
    }

    /// The timer to arm.
    pub const fn timer(self) -> Option<Timestamp> {
        match self {
            Self::From(moment) | Self::After(moment) => Some(moment),
            Self::Now | Self::OnEvent | Self::Never => None,
        }
    }
}

/// The last measurement of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// When it began.
    pub started: Timestamp,
    /// When it finished; `None` while it is in flight.
    pub finished: Option<Timestamp>,
    /// Its phase.
    pub phase: Phase,
    /// In flight: when to ask again.
    pub again: Option<Timestamp>,
}

/// When an uncompleted metric is due (`generateMetricTasks`, `calculateNextReconcileTime`). `started` is the start of
/// its run, set at the end of the run's first pass.
pub fn due(
    metric: &Metric,
    tally: &Tally,
    last: Option<&Last>,
    started: Option<Timestamp>,
    terminating: bool,
) -> Due {
    match last {
        Some(Last {
            finished: None,
            again,
            ..
        }) => match again {
            Some(moment) if !terminating => Due::From(*moment),
            _ => Due::OnEvent,
        },
        _ if terminating => Due::Never,
        None => match (metric.initial_delay, started) {
            (None, _) => Due::Now,
            (Some(delay), Some(started)) => Due::From(started + delay),
            (Some(_), None) => Due::Never,
        },
        Some(_) if metric.effective_count().is_some_and(|count| tally.count >= count) => Due::Never,
        Some(Last {
            finished: Some(finished),
            phase,
            ..
        }) => {
            let gap = match (phase, metric.interval) {
                (Phase::Error, _) | (_, None) => ERROR_RETRY,
                (_, Some(interval)) => interval.max(SHORTEST),
            };
            Due::After(*finished + gap)
        }
    }
}
