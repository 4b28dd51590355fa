//! Whether a limit can decide what its condition means it to.

use super::super::shape::Core;
use super::super::{Bound, Quantity};
use super::subject::{Subject, warn, warn_of};
use crate::diagnostic::Finding;

pub(super) fn of(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let query = subject.query;
    if query.shape.filtered {
        let message = "a comparison inside the query removes every value that does not satisfy it".to_owned();
        found.push(
            warn(subject, &message, "empty while all is well")
                .help("compare in the condition, not in the query"),
        );
    }
    let of_gauges = subject
        .matches
        .iter()
        .any(|(_, found, _)| found.family.gauge.is_some());
    if matches!(query.shape.core, Core::Rate(_) | Core::Rest(..)) && !query.limits.is_empty() && !of_gauges {
        let message =
            "a rate without a denominator grows with traffic and with the canary's weight".to_owned();
        found.push(
            warn(subject, &message, "not a share of the requests").help("divide by the rate of all requests"),
        );
    }
    if !matches!(query.shape.core, Core::Ratio(..) | Core::Quantile(..)) {
        for (n, labels) in subject.several {
            let one = &subject.asked[*n].one;
            let message = format!(
                "{} is assumed once for each value of {} that queries ask for, each time with all requests: this check \
                 counts every request more than once",
                one.name,
                labels.join(" and ")
            );
            let help = "state the family in a Scenario document, or ask for one value";
            found.push(warn_of(subject, one, &message, "reads all of them").help(help));
        }
    }
    for (limit, core) in subject.reading.limits.iter().zip(&query.limits) {
        let said = core.written;
        match limit.quantity {
            Quantity::ErrorRatio | Quantity::SuccessRatio | Quantity::WithinSeconds { .. } => {
                let percent = query.shape.factor.abs() == 100.0 && said > 0.0 && said <= 1.0;
                if !(0.0..=1.0).contains(&limit.value) || percent {
                    let gives = if query.shape.factor.abs() == 100.0 {
                        "per cent"
                    } else {
                        "a ratio from 0 to 1"
                    };
                    let message = format!("the query gives {gives} and is compared with {said}");
                    found.push(warn(subject, &message, "units contradict each other"));
                } else if limit.quantity == Quantity::ErrorRatio
                    && limit.bound == Bound::AtMost
                    && limit.value > 0.5
                {
                    let message = format!("up to {} % of failed requests are let pass", limit.value * 100.0);
                    found.push(warn(
                        subject,
                        &message,
                        "this is the share of errors, not of successes",
                    ));
                }
            }
            Quantity::Latency { .. } | Quantity::Measure { .. } => {
                let histogram = subject
                    .matches
                    .iter()
                    .find_map(|(_, found, _)| found.family.histogram.as_ref());
                let Some(histogram) = histogram else { continue };
                let apart = matches!(limit.quantity, Quantity::Measure { .. });
                let per_second = if apart { 1.0 } else { histogram.per_second };
                let own = limit.value * per_second;
                let (first, last) = (histogram.bounds.first(), histogram.bounds.last());
                // A quantile that lies beyond the last bucket is shown as its bound: `<` tells it from those below.
                let beyond = |last: f64| if core.from_equal { own > last } else { own >= last };
                if let (Some(first), Some(last)) = (first, last)
                    && (beyond(*last) || own < *first)
                {
                    let unit = if apart { "" } else { " s" };
                    let message = format!(
                        "the limit of {}{unit} lies outside the histogram's buckets ({} to {}{unit}), beyond which a quantile cannot go",
                        limit.value,
                        first / per_second,
                        last / per_second
                    );
                    found.push(
                        warn(subject, &message, "cannot decide")
                            .help("check the unit, or state the buckets in a Scenario document"),
                    );
                }
            }
            Quantity::MeanLatency | Quantity::Gauge => {}
        }
    }
}
