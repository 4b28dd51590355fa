//! What of a family a use of its series reads.

use super::identity::sample;
use super::uses::Use;
use crate::scenario::exposition::{Arm, Counts, Family};

/// What of a family a use reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Matched {
    pub canary: bool,
    pub stable: bool,
    pub successes: bool,
    pub failures: bool,
}

impl Matched {
    /// What one of the two matches.
    pub fn or(self, other: Self) -> Self {
        match (self.any(), other.any()) {
            (true, true) => Self {
                canary: self.canary || other.canary,
                stable: self.stable || other.stable,
                successes: self.successes || other.successes,
                failures: self.failures || other.failures,
            },
            (false, true) => other,
            _ => self,
        }
    }

    pub fn any(self) -> bool {
        (self.canary || self.stable) && (self.successes || self.failures)
    }
}

/// Whether the labels of `family` suffice a use on some version, however requests end.
pub(super) fn reaches(family: &Family, one: &Use) -> bool {
    family.arms.iter().any(|&arm| suffices(family, one, arm))
}

fn suffices(family: &Family, one: &Use, arm: Arm) -> bool {
    let ending = family.outcome.as_ref().map(|outcome| outcome.label.as_str());
    one.matchers
        .iter()
        .filter(|matcher| matcher.name != "le" && Some(matcher.name.as_str()) != ending)
        .all(|matcher| {
            let rule = family.labels.iter().find(|rule| rule.name == matcher.name);
            let value = rule.map_or("", |rule| match arm {
                Arm::Canary => &rule.canary,
                Arm::Stable => &rule.stable,
            });
            matcher.accepts(&sample(value))
        })
}

/// What of `family` a use matches.
pub(super) fn matched(family: &Family, one: &Use) -> Matched {
    let outcome = family.outcome.as_ref();
    let accepts = |arm: Arm, ending: Option<&str>| {
        let ends = outcome.zip(ending).is_none_or(|(outcome, ending)| {
            one.matchers_of(&outcome.label)
                .all(|matcher| matcher.accepts(ending))
        });
        ends && suffices(family, one, arm)
    };
    let success = outcome.map(|outcome| outcome.success.as_str());
    let failure = outcome.map(|outcome| outcome.failure.as_str());
    let of = |arm| {
        let there = family.arms.contains(&arm);
        (there && accepts(arm, success), there && accepts(arm, failure))
    };
    let (canary, stable) = (of(Arm::Canary), of(Arm::Stable));
    Matched {
        canary: canary.0 || canary.1,
        stable: stable.0 || stable.1,
        successes: (canary.0 || stable.0) && family.counts != Counts::Failures,
        failures: (canary.1 || stable.1) && family.counts != Counts::Successes,
    }
}
