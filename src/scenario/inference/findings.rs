//! What is to be said about queries that do not do what they seem to.

use super::families::{Asked, Found, reaches};
use super::identity::is_host;
use super::infer::{Match, Query};
use super::shape::Core;
use super::uses::{Use, Width, unwrapped, width};
use super::{Bound, CheckReading, Quantity, Reads, ToldBy};
use crate::diagnostic::{Finding, Span};
use crate::policy::argo::spec::{Check, Policy};
use crate::policy::condition::Subject as Compared;
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::parse::ParseError;
use crate::scenario::document;
use crate::scenario::exposition::Family;
use crate::series::Matcher;
use crate::units::Duration;

/// Scrape interval where none is stated.
const SCRAPE: Duration = Duration::from_secs(15);

/// One check and all that is known of it.
pub(super) struct Subject<'s> {
    pub policy: &'s Policy,
    pub query: &'s Query<'s>,
    pub asked: &'s [Asked],
    pub matches: &'s [Match<'s>],
    pub reading: &'s CheckReading,
}

/// A query that Prometheus refuses.
pub(super) fn unreadable(check: &Check, error: &ParseError) -> Finding {
    Finding::warning(format!(
        "Prometheus refuses the query of check {}: every look is an error",
        check.name
    ))
    .at(check.span, error.to_string())
}

/// A series that nothing says how to make.
///
/// `families` are those it would be if requests counted it up: the lines that state them are said.
pub(super) fn unplaced(name: &str, checks: &[(&str, Span)], why: &str, families: &[Found]) -> Finding {
    let families: Vec<Family> = families.iter().map(|found| found.family.clone()).collect();
    let said = match checks {
        [(only, _)] => format!("check {only}"),
        _ => {
            let names: Vec<&str> = checks.iter().map(|&(name, _)| name).collect();
            format!("checks {}", names.join(", "))
        }
    };
    let finding = Finding::error(format!(
        "nothing says what {name} of {said} is on each version: {why}"
    ));
    let finding = checks
        .iter()
        .fold(finding, |finding, check| finding.at(check.1, "asked here"));
    finding.help(format!(
        "if requests count it up, say so in a file beside the manifests (counts: requests, failures or successes):\n{}",
        document::write(&families)
    ))
}

/// Two families of one name that would show each request twice to the checks `readers`.
pub(super) fn contradiction<'c>(
    one: &Family,
    other: &Family,
    readers: impl Iterator<Item = &'c Check>,
) -> Finding {
    let differing = one.labels.iter().find_map(|rule| {
        let other = other.labels.iter().find(|other| other.name == rule.name)?;
        (other != rule).then_some((rule, other))
    });
    let readers: Vec<&Check> = readers.collect();
    let mut names: Vec<&str> = readers.iter().map(|check| check.name.as_str()).collect();
    names.dedup();
    let why = match differing {
        Some((one, other)) => format!(
            "{} is {:?} and {:?} on the canary, {:?} and {:?} on the stable version",
            one.name, one.canary, other.canary, one.stable, other.stable
        ),
        None => "they count different things".to_owned(),
    };
    let finding = Finding::error(format!(
        "checks {} contradict each other about {}: {why}",
        names.join(", "),
        one.name
    ));
    readers
        .iter()
        .fold(finding, |finding, check| finding.at(check.span, "asked here"))
        .help("play their policies in calls of their own, or state the family in a Scenario document")
}

/// What the reading means, in words.
pub(super) fn conclusions(reading: &CheckReading) -> Vec<String> {
    let whose = match reading.reads {
        Reads::CanaryOnly => "reads the canary alone",
        Reads::StableOnly => "reads the stable version alone",
        Reads::Both => "compares the canary with more than itself",
        Reads::Diluted => "reads both versions in one",
        Reads::Nothing => "can never match a series",
        Reads::Unknown => "reads something that was not understood",
    };
    let by = match &reading.told_by {
        Some(ToldBy::Hash(label)) => format!(", told by the pod-template-hash in {label}"),
        Some(ToldBy::Service(label)) => format!(", told by the Service in {label}"),
        Some(ToldBy::Metadata(label)) => format!(", told by the pod label {label}"),
        Some(ToldBy::Version(label)) => format!(", told by the version in {label}"),
        Some(ToldBy::Ingress(label)) => format!(", told by the ingress in {label}"),
        Some(ToldBy::Word(label)) => format!(", told by the word in {label}"),
        Some(ToldBy::Stated(label)) => format!(", told by {label} as stated"),
        None => String::new(),
    };
    let mut said = vec![format!("{whose}{by}")];
    said.extend(
        reading
            .stated
            .iter()
            .map(|family| format!("takes {family} as stated")),
    );
    said.extend(reading.limits.iter().map(|limit| {
        let of = match limit.quantity {
            Quantity::ErrorRatio => "failed requests".to_owned(),
            Quantity::SuccessRatio => "successful requests".to_owned(),
            Quantity::Latency { quantile } => format!("latency of the quickest {} %", quantile * 100.0),
            Quantity::MeanLatency => "mean latency".to_owned(),
            Quantity::WithinSeconds { seconds } => format!("requests within {seconds} s"),
        };
        let side = if limit.bound == Bound::AtMost {
            "at most"
        } else {
            "at least"
        };
        let verb = if limit.passes {
            "passes with"
        } else {
            "fails beyond"
        };
        format!("{verb} {of}: {side} {}", limit.value)
    }));
    said
}

/// All findings about one check.
pub(super) fn of(subject: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    width_of_result(subject, &mut found);
    identity(subject, &mut found);
    outcomes(subject, &mut found);
    limits(subject, &mut found);
    ranges(subject, &mut found);
    found
}

fn warn(subject: &Subject<'_>, message: &str, label: &str) -> Finding {
    let check = subject.query.check;
    Finding::warning(format!("check {}: {message}", check.name)).at(check.span, label)
}

/// As [`warn`], about one selector of the query.
fn warn_of(subject: &Subject<'_>, one: &Use, message: &str, label: &str) -> Finding {
    let check = subject.query.check;
    Finding::warning(format!("check {}: {message}", check.name)).at(check.place(&one.at), label)
}

fn width_of_result(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let query = subject.query;
    if loses_le(&query.expr) {
        let message = "histogram_quantile over a sum without `by (le)` is always empty".to_owned();
        found.push(warn(subject, &message, "the sum drops le").help("write sum by (le) (…)"));
        return;
    }
    let indexed = query
        .conditions
        .iter()
        .flat_map(|condition| condition.thresholds());
    if !indexed
        .clone()
        .any(|threshold| matches!(threshold.subject, Compared::Element(_)))
    {
        return;
    }
    match width(&query.expr) {
        Width::One => {}
        Width::Unaggregated => {
            let message =
                "result[0] of a query that gives one value for every series is an arbitrary one".to_owned();
            found.push(
                warn(subject, &message, "not aggregated").help("wrap it in sum(…), or judge all(result, …)"),
            );
        }
        Width::Grouped => {
            let message =
                "result[0] of a query that gives one value for every group is an arbitrary one".to_owned();
            found.push(
                warn(subject, &message, "several groups").help("judge all of them: all(result, # < …)"),
            );
        }
    }
}

/// Whether some `histogram_quantile` has an aggregation below it that drops `le`.
fn loses_le(expr: &Expr) -> bool {
    let inside = |aggregate: &crate::promql::ast::Aggregate| {
        let keeps = aggregate.labels.iter().any(|label| label == "le");
        keeps == aggregate.without
    };
    match &expr.kind {
        ExprKind::Call(call) if call.function == "histogram_quantile" => {
            match call.arguments.get(1).map(unwrapped) {
                Some(ExprKind::Aggregate(aggregate)) => inside(aggregate),
                _ => false,
            }
        }
        ExprKind::Call(call) => call.arguments.iter().any(loses_le),
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => loses_le(inner),
        ExprKind::Aggregate(aggregate) => loses_le(&aggregate.expr),
        ExprKind::Binary(binary) => loses_le(&binary.left) || loses_le(&binary.right),
        _ => false,
    }
}

fn identity(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    match subject.reading.reads {
        Reads::Diluted => {
            let bare = subject.matches.iter().all(|(n, found, _)| {
                let outcome = found.family.outcome.as_ref().map(|outcome| &outcome.label);
                subject.asked[*n]
                    .one
                    .matchers
                    .iter()
                    .all(|matcher| Some(&matcher.name) == outcome)
            });
            let message = "nothing in the query tells the canary from the stable version".to_owned();
            let finding = warn(subject, &message, "reads both versions in one, diluted by the weight")
                .help("select the canary: rollouts_pod_template_hash with podTemplateHashValue: Latest, or its Service");
            found.push(if bare {
                finding.help("it does not even select the service: other services answer too")
            } else {
                finding
            });
        }
        Reads::Nothing => {
            // Of what is reached and merely never ends so, `outcomes` tells.
            let lost = subject.matches.iter().find(|(n, found, matched)| {
                !matched.any() && !reaches(&found.family, &subject.asked[*n].one)
            });
            if let Some((n, ..)) = lost {
                let one = &subject.asked[*n].one;
                let host = one
                    .matchers
                    .iter()
                    .find(|matcher| is_host(&matcher.name) && !matcher.value.contains('.'));
                let finding = match host {
                    Some(matcher) => {
                        let message = format!(
                            "{} holds full DNS names and matchers are anchored, so {:?} never matches: every look is empty",
                            matcher.name, matcher.value
                        );
                        let name = format!("{0}.NAMESPACE.svc.cluster.local", matcher.value);
                        warn_of(subject, one, &message, "a short Service name")
                            .help(format!("write {name}, or add .* to the pattern"))
                    }
                    None => {
                        let message = format!(
                            "{} matches no series of the service: every look is empty",
                            one.name
                        );
                        warn_of(subject, one, &message, "matches nothing")
                    }
                };
                found.push(finding);
            }
        }
        _ => {}
    }
    if let Some(ToldBy::Word(label)) = &subject.reading.told_by
        && ["track", "role", "version", "variant", "slot"].contains(&label.as_str())
    {
        let message = format!("the Rollout gives no pod the label {label} that the query relies on");
        let help = "set it in canaryMetadata.labels and stableMetadata.labels, or use the pod-template-hash";
        found.push(warn(subject, &message, "told apart by a word alone").help(help));
    }
}

fn outcomes(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    for (n, family, _) in subject.matches {
        let Some(outcome) = &family.family.outcome else {
            continue;
        };
        let one = &subject.asked[*n].one;
        let asks: Vec<&Matcher> = one.matchers_of(&outcome.label).collect();
        if asks.is_empty() {
            continue;
        }
        let accepts = |value: &str| asks.iter().all(|matcher| matcher.accepts(value));
        match (accepts(&outcome.success), accepts(&outcome.failure)) {
            (false, false) => {
                let values: Vec<&str> = asks.iter().map(|matcher| matcher.value.as_str()).collect();
                let message = format!(
                    "requests that fail show as {} {} here, others as {}: this check counts {}, which do not occur",
                    outcome.label,
                    outcome.failure,
                    outcome.success,
                    values.join(" and ")
                );
                let help = "a Scenario document can state another code";
                found.push(warn_of(subject, one, &message, "counts nothing").help(help));
            }
            (true, true) => {
                let written: Vec<String> = asks
                    .iter()
                    .map(|matcher| format!("{}{}{:?}", matcher.name, matcher.op.text(), matcher.value))
                    .collect();
                let message = format!(
                    "{} tells no failed request from others: requests end with {:?} or {:?}",
                    written.join(","),
                    outcome.success,
                    outcome.failure
                );
                found.push(warn_of(subject, one, &message, "another alphabet"));
            }
            _ => {}
        }
    }
}

fn limits(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let query = subject.query;
    if query.shape.filtered {
        let message = "a comparison inside the query removes every value that does not satisfy it".to_owned();
        found.push(
            warn(subject, &message, "empty while all is well")
                .help("compare in the condition, not in the query"),
        );
    }
    if matches!(query.shape.core, Core::Rate(_) | Core::Rest(..)) && !query.limits.is_empty() {
        let message =
            "a rate without a denominator grows with traffic and with the canary's weight".to_owned();
        found.push(
            warn(subject, &message, "not a share of the requests").help("divide by the rate of all requests"),
        );
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
            Quantity::Latency { .. } => {
                let histogram = subject
                    .matches
                    .iter()
                    .find_map(|(_, found, _)| found.family.histogram.as_ref());
                let Some(histogram) = histogram else { continue };
                let own = limit.value * histogram.per_second;
                let (first, last) = (histogram.bounds.first(), histogram.bounds.last());
                if let (Some(first), Some(last)) = (first, last)
                    && (own >= *last || own < *first)
                {
                    let message = format!(
                        "the limit of {} s lies outside the histogram's buckets ({} to {} s), beyond which a quantile cannot go",
                        limit.value,
                        first / histogram.per_second,
                        last / histogram.per_second
                    );
                    found.push(
                        warn(subject, &message, "cannot decide")
                            .help("check the unit, or state the buckets in a Scenario document"),
                    );
                }
            }
            Quantity::MeanLatency => {}
        }
    }
}

fn ranges(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let interval = subject.policy.identity.scrape_interval.unwrap_or(SCRAPE);
    let shortest = subject
        .query
        .uses
        .clone()
        .filter_map(|n| Some((subject.asked[n].one.range?, n)))
        .min();
    if let Some((shortest, n)) = shortest.map(|(range, n)| (Duration::from_millis(range), n))
        && shortest < interval * 2
    {
        let one = &subject.asked[n].one;
        let message =
            format!("a range of {shortest} holds fewer than two samples at a scrape interval of {interval}");
        found.push(
            warn_of(subject, one, &message, "too short").help(format!("take at least {}", interval * 4)),
        );
    }
}
