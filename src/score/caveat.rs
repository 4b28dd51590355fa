use std::fmt;

use serde::Serialize;

use super::endings::Parts;
use super::figure::{FigureName, Unit};
use crate::simulator::Outcome;
use crate::stats::{self, Estimate};

/// What to keep in mind about a figure or a row. `Display` states it, [`Caveat::advice`] says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Caveat {
    /// The interval is too wide to act on.
    IntervalTooWide {
        /// Trials that would make it narrow enough.
        trials: u64,
    },
    /// The figure rests on few detections.
    TooFewDetected {
        /// How many.
        detected: u64,
    },
    /// The mean rests on few trials that differ from the rest; the interval holds the truth less often than it says.
    RareValues {
        /// How many.
        rare: u64,
    },
    /// All trials gave one value; the interval says what the trials not played might still do.
    NoSpread,
    /// The values are so skewed for this number of trials that the interval holds the truth less often than it says.
    Skewed,
    /// More than half the trials end as "never", so the mean says more about the horizon than about the policy.
    MostlyHorizon,
    /// More than one in twenty of the rollbacks of a harmful release came by errors: it was taken back, but nothing had
    /// judged it.
    DetectedByErrors {
        /// How many.
        errors: u64,
        /// Of how many rollbacks after onset.
        detected: u64,
    },
    /// Some rollbacks of a harmful release came when its harm had ended by itself.
    AfterHealing {
        /// How many.
        late: u64,
        /// Of how many rollbacks after onset.
        detected: u64,
    },
    /// More than one trial in a hundred still ran at the horizon.
    StillRunning {
        /// How many.
        running: u64,
    },
    /// The trials come from a recording that holds so little time.
    FewRollouts {
        /// Rollouts of this horizon that fit into it.
        rollouts: f64,
    },
    /// Recorded traffic does not react to what the canary does, and nothing is known above the load recorded.
    NoFeedback,
    /// Warm traffic was split: no cold start is in it.
    WarmTraffic,
    /// One instance was recorded: whether requests stick to a version cannot be seen.
    UnknownStickiness,
    /// Requests of instances vary more than chance gives: they stick together.
    Sticky {
        /// So many times as much.
        ratio: f64,
    },
    /// Requests of instances vary less than chance gives: they are dealt in turn.
    Even {
        /// So many times as much.
        ratio: f64,
    },
    /// Failures were injected.
    InjectedErrors,
    /// Requests were slowed down, by buckets.
    InterpolatedLatency,
    /// Requests were slowed down where only sums of latency were recorded.
    LatencyBySums,
    /// The canary was recorded with a smaller share than it gets here: its counts are extrapolated.
    UpWeighted {
        /// Largest share recorded.
        recorded: f64,
    },
}

impl Caveat {
    /// What to do about it, one sentence without a full stop.
    pub fn advice(&self) -> String {
        match self {
            Self::IntervalTooWide { trials } => format!("play about {trials} trials (--trials {trials})"),
            Self::TooFewDetected { .. } => "read it beside the missed harm, and play more trials".into(),
            Self::RareValues { .. } => {
                "play more trials until the rare case has come at least ten times".into()
            }
            Self::NoSpread => "play more trials to narrow the bound".into(),
            Self::Skewed => "play more trials, or read the median instead".into(),
            Self::MostlyHorizon => "read the missed harm instead".into(),
            Self::DetectedByErrors { .. } => "read the missed harm without them".into(),
            Self::AfterHealing { .. } => "read the blast radius: they spared nobody".into(),
            Self::StillRunning { .. } => "set a longer --horizon".into(),
            Self::FewRollouts { .. } => "record longer, on more days: more trials do not help".into(),
            Self::NoFeedback => {
                "claim nothing about retries, clients that give up, autoscaling, shared databases or loads never recorded"
                    .into()
            }
            Self::WarmTraffic => "read the world with a cold start beside it".into(),
            Self::UnknownStickiness => {
                "expect more false rollbacks than these if routing is by user, tenant or connection".into()
            }
            Self::Sticky { .. } => "they are split in clumps as large, in runs of neighbours; real users mix otherwise".into(),
            Self::Even { .. } => "expect fewer false rollbacks than these where canaries are dealt requests in turn".into(),
            Self::InjectedErrors => {
                "real harm may come together with failures recorded, with slowness or with load".into()
            }
            Self::InterpolatedLatency => "trust limits that lie on a bucket's bound most".into(),
            Self::LatencyBySums => "record a histogram: of sums only the mean can be slowed".into(),
            Self::UpWeighted { .. } => "record a canary with the weights that the policy sets".into(),
        }
    }

    /// What it is and what to do about it, for a line that has little room.
    pub fn short(&self) -> String {
        match self {
            Self::IntervalTooWide { trials } => format!("interval too wide to act on; --trials {trials}"),
            Self::TooFewDetected { detected } => format!("few trials got there ({detected}); play more"),
            Self::RareValues { rare } => format!("only {rare} trials differ from the rest; play more"),
            Self::NoSpread => "all trials gave the same value; play more".into(),
            Self::Skewed => "a few trials carry most of the mean; read the median".into(),
            Self::MostlyHorizon => "the horizon makes the mean; read the missed harm".into(),
            Self::DetectedByErrors { errors, detected } => {
                format!("{errors} of {detected} detections were query errors, no judgement")
            }
            Self::AfterHealing { late, detected } => {
                format!("{late} of {detected} detections came when the harm had healed by itself")
            }
            Self::StillRunning { running } => format!("{running} trials still ran; set a longer --horizon"),
            Self::FewRollouts { rollouts } => {
                format!("the recording is {rollouts:.1} rollouts long; record longer")
            }
            Self::NoFeedback => "recorded traffic does not react: no retries, autoscaling, new loads".into(),
            Self::WarmTraffic => "warm traffic was split; read the cold start beside it".into(),
            Self::UnknownStickiness => {
                "one instance: requests are taken to reach a version one by one".into()
            }
            Self::Sticky { ratio } => {
                format!("requests stick together ({ratio:.1} times chance); split in clumps")
            }
            Self::Even { ratio } => format!("requests are dealt in turn ({ratio:.2} times chance)"),
            Self::InjectedErrors => "failures injected independently of those recorded".into(),
            Self::InterpolatedLatency => {
                "slowed inside buckets by interpolation; the tail is overstated".into()
            }
            Self::LatencyBySums => "sums of latency multiplied; no buckets were recorded".into(),
            Self::UpWeighted { recorded } => {
                format!(
                    "recorded with {} at most; more is extrapolated",
                    crate::units::Ratio(*recorded)
                )
            }
        }
    }
}

/// Detections below which a quantile of their times is told with a caveat.
const FEW_DETECTED: u64 = 20;
/// Trials that differ from the rest, below which a mean is told with a caveat.
const RARE: u64 = 10;

impl Caveat {
    /// What is to be said of a quantile whose time came in `reached` of `played` trials. Where that is few, it is why
    /// the interval is wide.
    pub(super) fn of_quantile(name: FigureName, reached: u64, estimate: &Estimate, played: u64) -> Vec<Self> {
        if (1..FEW_DETECTED).contains(&reached) {
            return vec![Self::TooFewDetected { detected: reached }];
        }
        Self::of_width(name, estimate, played).into_iter().collect()
    }

    /// What is to be said of the mean of `values`, of which those at `horizon` may mean "never".
    pub(super) fn of_mean(name: FigureName, values: &[f64], estimate: &Estimate, horizon: f64) -> Vec<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let longest = sorted
            .chunk_by(|a, b| a == b)
            .map(<[f64]>::len)
            .max()
            .unwrap_or(0);
        let rare = (values.len() - longest) as u64;
        let never = matches!(name, FigureName::TimeToDetectMean | FigureName::TimeToPromoteMean);
        let at_horizon = values.iter().filter(|&&value| value >= horizon).count();
        let mostly = (never && 2 * at_horizon > values.len()).then_some(Self::MostlyHorizon);
        let spread = match rare {
            0 => Some(Self::NoSpread),
            rare if rare < RARE && values.len() > 2 * RARE as usize => Some(Self::RareValues { rare }),
            _ => stats::is_skewed(values).then_some(Self::Skewed),
        };
        mostly
            .into_iter()
            .chain(spread)
            .chain(Self::of_width(name, estimate, estimate.n))
            .collect()
    }

    /// Whether the interval is too wide to act on: over five points to either side for a share; for the rest over a
    /// quarter of the number, and over half a minute, a request, or once. Of the `played` trials the estimate may rest on
    /// some only.
    pub(super) fn of_width(name: FigureName, estimate: &Estimate, played: u64) -> Option<Self> {
        let enough = match name.unit() {
            Unit::Share => 0.05,
            Unit::Seconds => (estimate.point / 4.0).max(30.0),
            Unit::Requests | Unit::Times => (estimate.point / 4.0).max(1.0),
        };
        let excess = estimate.half_width() / enough;
        if !estimate.is_finite() || excess <= 1.0 {
            return None;
        }
        // An interval that ends at "never" says nothing of how far it is from ending elsewhere: try four times.
        let factor = if excess.is_finite() { excess * excess } else { 4.0 };
        Some(Self::IntervalTooWide {
            trials: ((played as f64 * factor / 100.0).ceil() * 100.0) as u64,
        })
    }

    /// Whether rollbacks came too late for a harm that heals.
    pub(super) fn of_healing(outcomes: &[Outcome]) -> Option<Self> {
        let count = |of: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| of(outcome)).count() as u64;
        let late = count(Outcome::rolled_back_after_healing);
        let detected = count(|outcome| outcome.time_to_detect().is_some());
        (late > 0).then_some(Self::AfterHealing { late, detected })
    }

    /// Whether the horizon came too early for these trials, and whether harm was found by errors.
    pub(super) fn of_endings(endings: &Parts, harmful: bool) -> Vec<Self> {
        let running = endings.running;
        let running = (running.share.point() > 0.01).then_some(Self::StillRunning {
            running: running.count,
        });
        let errors = endings.rolled_back_by_errors.count;
        let detected = errors + endings.rolled_back_by_check.count + endings.rolled_back_by_person.count;
        let by_errors =
            (harmful && errors * 20 > detected).then_some(Self::DetectedByErrors { errors, detected });
        running.into_iter().chain(by_errors).collect()
    }
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IntervalTooWide { .. } => f.write_str("the interval is too wide to act on"),
            Self::TooFewDetected { detected } => write!(f, "so few trials got there ({detected})"),
            Self::RareValues { rare } => write!(f, "only {rare} trials differ from the rest"),
            Self::NoSpread => f.write_str("all trials gave the same value"),
            Self::Skewed => f.write_str("a few trials carry most of the mean"),
            Self::MostlyHorizon => f.write_str("most trials never got there, so the horizon makes the mean"),
            Self::DetectedByErrors { errors, detected } => {
                write!(
                    f,
                    "{errors} of {detected} detections were rollbacks by query errors, which judge nothing"
                )
            }
            Self::AfterHealing { late, detected } => {
                write!(
                    f,
                    "{late} of {detected} detections came when the harm had already healed by itself"
                )
            }
            Self::StillRunning { running } => write!(f, "{running} trials still ran at the horizon"),
            Self::FewRollouts { rollouts } => {
                write!(
                    f,
                    "all trials come from a recording that is {rollouts:.1} rollouts long"
                )
            }
            Self::NoFeedback => f.write_str("recorded traffic does not react to the canary"),
            Self::WarmTraffic => {
                f.write_str("warm traffic was split, so real canaries are rolled back more often")
            }
            Self::UnknownStickiness => f.write_str(
                "nothing recorded tells whether requests reach a version one by one, as is assumed",
            ),
            Self::Sticky { ratio } => {
                write!(
                    f,
                    "requests stick together (instances vary {ratio:.1} times as much as chance gives)"
                )
            }
            Self::Even { ratio } => {
                write!(
                    f,
                    "requests are dealt in turn (instances vary {ratio:.2} times as much as chance gives)"
                )
            }
            Self::InjectedErrors => {
                f.write_str("failures were injected independently of everything recorded")
            }
            Self::InterpolatedLatency => f.write_str(
                "slowed requests were moved by interpolation inside buckets, which overstates the tail",
            ),
            Self::LatencyBySums => f.write_str("sums of latency were multiplied"),
            Self::UpWeighted { recorded } => write!(
                f,
                "the canary was recorded with a share of {} at most; beyond it its counts are extrapolated",
                crate::units::Ratio(*recorded)
            ),
        }
    }
}
