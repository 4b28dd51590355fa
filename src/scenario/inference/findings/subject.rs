use super::super::place::Match;
use super::super::query::{Asked, Query};
use super::super::uses::Use;
use super::{identity, limits, outcomes, preview, ranges, width};
use crate::diagnostic::Finding;
use crate::policy::argo::spec::Policy;
use crate::scenario::inference::CheckReading;

/// One check and all that is known of it.
pub(in crate::scenario::inference) struct Subject<'s> {
    pub policy: &'s Policy,
    pub query: &'s Query<'s>,
    pub asked: &'s [Asked],
    pub matches: &'s [Match<'s>],
    pub reading: &'s CheckReading,
    /// Uses that match several families of one name, each of which shows all requests; and the labels that tell these
    /// families apart.
    pub several: &'s [(usize, Vec<String>)],
}

/// All findings about one check.
pub(in crate::scenario::inference) fn of(subject: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    width::of(subject, &mut found);
    identity::of(subject, &mut found);
    outcomes::of(subject, &mut found);
    limits::of(subject, &mut found);
    ranges::of(subject, &mut found);
    preview::of(subject, &mut found);
    found
}

pub(super) fn warn(subject: &Subject<'_>, message: &str, label: &str) -> Finding {
    let check = subject.query.check;
    Finding::warning(format!("check {}: {message}", check.name)).at(check.span, label)
}

/// As [`warn_of`], about the value of a matcher, which the Rollout may pass.
pub(super) fn warn_of_value(
    subject: &Subject<'_>,
    one: &Use,
    value: &str,
    message: &str,
    label: &str,
) -> Finding {
    let check = subject.query.check;
    match check.passes(value) {
        Some(passed) => Finding::warning(format!("check {}: {message}", check.name))
            .at(passed, label)
            .at(check.place(&one.at), "asked here"),
        None => warn_of(subject, one, message, label),
    }
}

/// As [`warn`], about one selector of the query.
pub(super) fn warn_of(subject: &Subject<'_>, one: &Use, message: &str, label: &str) -> Finding {
    let check = subject.query.check;
    Finding::warning(format!("check {}: {message}", check.name)).at(check.place(&one.at), label)
}
