//! Moments of a trial, and times in the middle of many.

use coalmine::controller::argo::What;
use coalmine::simulator::Happening;
use coalmine::units::{Duration, Timestamp};

use crate::case::Case;
use crate::tallies::{median, until_restored};

/// When the controller first did something in the first trial of a world.
pub fn moment(case: &Case, world: &str, is: impl Fn(&What) -> bool) -> Option<Timestamp> {
    case.happenings(world, 1)
        .iter()
        .find_map(|happening| match happening {
            Happening::Controller(event) if is(&event.what) => Some(event.at),
            _ => None,
        })
}

/// The canary's shares of the requests in the first trial of a world, each with its moment, the first 0 left out.
pub fn shares(case: &Case, world: &str) -> Vec<(Timestamp, f64)> {
    let mut shares: Vec<(Timestamp, f64)> = Vec::new();
    for happening in case.happenings(world, 1) {
        if let Happening::ShareIs(at, share) = happening
            && shares.last().map_or(0.0, |&(_, last)| last) != share.get()
        {
            shares.push((at, share.get()));
        }
    }
    shares
}

/// `10 % from 21s, 25 % from 3m1s`.
pub fn told(shares: &[(Timestamp, f64)]) -> String {
    let told: Vec<String> = shares
        .iter()
        .map(|(at, share)| format!("{:.0} % from {}", 100.0 * share, since_start(*at)))
        .collect();
    told.join(", ")
}

pub fn since_start(at: Timestamp) -> Duration {
    at - Timestamp::ZERO
}

/// From the first moment of harm until the canary gets nothing: the time in the middle.
pub fn caught(case: &Case, world: &str) -> String {
    let mut times: Vec<f64> = case.outcomes(world).iter().map(until_restored).collect();
    median(&mut times)
}

/// From the decision to go back until the canary gets nothing: the time in the middle.
pub fn restored(case: &Case, world: &str) -> String {
    let outcomes = case.outcomes(world).iter();
    let mut times: Vec<f64> = outcomes
        .map(|outcome| {
            outcome
                .restore
                .map_or(f64::INFINITY, |restore| restore.as_secs_f64())
        })
        .collect();
    median(&mut times)
}
