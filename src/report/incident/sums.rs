use super::Laid;
use super::cells::{harm_seen, known, whole};
use crate::recording::{Deployment, GroundTruth, Known};
use crate::score::Unit;
use crate::score::words;
use crate::simulator::Hindsight;
use crate::stats::{self, Estimate};
use crate::units::Duration;

/// Classes of deployments, in the order in which they are told.
pub(in crate::report) const CLASSES: [Known; 4] =
    [Known::Unhealthy, Known::Healthy, Known::Grey, Known::Idle];

/// What a policy would have done with the deployments of one class.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sum {
    pub(super) class: Known,
    pub(super) of: u64,
    pub(super) rolled_back: u64,
    pub(super) share: Estimate,
    /// Deployments that were over before the policy was done.
    pub(super) unfinished: usize,
}

/// A sum for each class that has a deployment.
pub(super) fn sums(truth: &GroundTruth, laid: &Laid) -> Vec<Sum> {
    let sum = |class: Known| {
        let seen: Vec<&Hindsight> = of_class(truth, laid, class).map(|(_, seen)| seen).collect();
        let rolled_back = seen
            .iter()
            .filter(|seen| seen.rolled_back_after.is_some())
            .count() as u64;
        Some(Sum {
            class,
            of: seen.len() as u64,
            rolled_back,
            share: stats::rate(rolled_back, seen.len() as u64)?,
            unfinished: seen.iter().filter(|seen| seen.is_unfinished()).count(),
        })
    };
    CLASSES.into_iter().filter_map(sum).collect()
}

fn of_class<'a>(
    truth: &'a GroundTruth,
    laid: &'a Laid,
    class: Known,
) -> impl Iterator<Item = (&'a Deployment, &'a Hindsight)> {
    let all = truth.deployments.iter().zip(&laid.hindsight);
    all.filter(move |(deployment, _)| deployment.verdict == Some(class))
}

/// How many of those of which nothing is known would have been rolled back, and how many they are.
pub(super) fn unknown(truth: &GroundTruth, laid: &Laid) -> Option<(usize, usize)> {
    let all = truth.deployments.iter().zip(&laid.hindsight);
    let unknown = all.filter(|(deployment, _)| deployment.verdict.is_none());
    let (rolled_back, others): (Vec<_>, Vec<_>) =
        unknown.partition(|(_, seen)| seen.rolled_back_after.is_some());
    let of = rolled_back.len() + others.len();
    (of > 0).then_some((rolled_back.len(), of))
}

/// From the moment at which the harm of unhealthy deployments was plain to see to the rollback, of those rolled back:
/// the median with its interval, in seconds (negative: before that moment), and how many came before it.
pub(super) fn delay(truth: &GroundTruth, laid: &Laid) -> Option<(Estimate, usize)> {
    let delays = of_class(truth, laid, Known::Unhealthy)
        .filter_map(|(deployment, seen)| Some(seen.rolled_back_after? - harm_seen(deployment)?));
    let mut delays: Vec<f64> = delays.map(Duration::as_secs_f64).collect();
    delays.sort_by(f64::total_cmp);
    let before = delays.iter().filter(|delay| **delay < 0.0).count();
    // Quantiles are those of lengths of time: counted from a second before the least, so that nothing but an interval
    // without a lower end reaches zero.
    let zero = *delays.first()? - 1.0;
    delays.iter_mut().for_each(|delay| *delay -= zero);
    let median = stats::quantile(&delays, 50)?;
    let back = |value: f64| match value {
        0.0 => f64::NEG_INFINITY,
        value => value + zero,
    };
    let median = Estimate {
        point: back(median.point),
        low: back(median.low),
        high: back(median.high),
        ..median
    };
    Some((median, before))
}

/// A length of time with its sign, to the second.
fn signed(seconds: f64) -> String {
    if !seconds.is_finite() {
        return if seconds > 0.0 { "later" } else { "earlier" }.to_owned();
    }
    whole(Duration::from_secs(seconds.round() as i64)).to_string()
}

/// What is said of a delay: `1m29s (1m12s to 1m40s, n = 8)`.
pub(super) fn delay_words(median: &Estimate) -> String {
    let at = signed(median.point);
    if median.low.is_infinite() && median.high.is_infinite() {
        return format!("{at} (n = {}: too few for an interval)", median.n);
    }
    format!(
        "{at} ({} to {}, n = {})",
        signed(median.low),
        signed(median.high),
        median.n
    )
}

/// What a policy would have done with them all, in a sentence.
pub(in crate::report) fn sentence(truth: &GroundTruth, laid: &Laid) -> String {
    let mut parts: Vec<String> = Vec::new();
    for sum in sums(truth, laid) {
        if matches!(sum.class, Known::Unhealthy | Known::Healthy) {
            let share = words::estimate(Unit::Share, &sum.share).together();
            let (rolled_back, of, class) = (sum.rolled_back, sum.of, known(sum.class));
            let share = share.replace(" (", ", ").replace(')', "");
            parts.push(format!("{rolled_back} of {of} {class} deployments ({share})"));
        }
    }
    if let Some((rolled_back, of)) = unknown(truth, laid) {
        parts.push(format!(
            "{rolled_back} of {of} deployments of which nothing is known"
        ));
    }
    if parts.is_empty() {
        return "had nothing to judge.".to_owned();
    }
    format!("would have rolled back {}.", parts.join(" and "))
}

/// How a policy differs from the first on unhealthy deployments: which it alone rolls back, and who is earlier.
pub(super) fn beside(truth: &GroundTruth, first: &Laid, other: &Laid) -> Option<String> {
    let pairs = of_class(truth, first, Known::Unhealthy).zip(of_class(truth, other, Known::Unhealthy));
    let [mut of, mut more, mut less, mut earlier, mut later, mut both] = [0; 6];
    for ((_, first), (_, other)) in pairs {
        of += 1;
        match (first.rolled_back_after, other.rolled_back_after) {
            (None, Some(_)) => more += 1,
            (Some(_), None) => less += 1,
            (Some(first), Some(other)) => {
                both += 1;
                earlier += usize::from(other < first);
                later += usize::from(other > first);
            }
            (None, None) => {}
        }
    }
    if of == 0 {
        return None;
    }
    Some(format!(
        "Of {of} unhealthy deployments {} rolls back {more} that {} lets go, and lets {less} go that {} rolls back; \
         where both do ({both}), it is earlier in {earlier} and later in {later}.",
        other.policy, first.policy, first.policy
    ))
}
