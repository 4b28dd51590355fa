//! The families that a service must show for the uses of one name: their labels, and what tells the versions apart.

use std::collections::BTreeMap;

use super::ToldBy;
use super::identity::{Known, known};
use super::matched::reaches;
use super::outcome::{Asks, is_usual, outcome};
use super::query::Asked;
use crate::policy::argo::spec::Identity;
use crate::scenario::exposition::Family;
use crate::series::Matcher;

/// A family and what tells the versions apart in it, by label.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub family: Family,
    pub told_by: BTreeMap<String, ToldBy>,
    /// A document states it.
    pub stated: bool,
}

impl Found {
    /// A family as a document states it.
    pub fn stated(family: &Family) -> Self {
        let differing = family.labels.iter().filter(|rule| rule.canary != rule.stable);
        let told = differing.map(|rule| (rule.name.clone(), ToldBy::Stated(rule.name.clone())));
        Self {
            family: family.clone(),
            told_by: told.collect(),
            stated: true,
        }
    }
}

/// The families for uses of one name (of one histogram's stem), `bare` with labels. More than one where uses ask for
/// different values of one label.
pub(super) fn families(identity: &Identity, bare: &Family, asked: &[&Asked]) -> Vec<Found> {
    let fits = |group: &[&Asked]| {
        let found = family(identity, bare, group);
        group.iter().all(|asked| reaches(&found.family, &asked.one))
    };
    let mut groups: Vec<Vec<&Asked>> = Vec::new();
    // What no family can satisfy changes none.
    for &one in asked.iter().filter(|one| fits(&[one])) {
        let with = |group: &Vec<&'_ Asked>| {
            let mut larger = group.clone();
            larger.push(one);
            fits(&larger)
        };
        match groups.iter().position(with) {
            Some(place) => groups[place].push(one),
            None => groups.push(vec![one]),
        }
    }
    if groups.is_empty() {
        groups.extend(asked.first().map(|&one| vec![one]));
    }
    groups.iter().map(|group| family(identity, bare, group)).collect()
}

fn family(identity: &Identity, bare: &Family, asked: &[&Asked]) -> Found {
    let mut by_label: BTreeMap<&str, Vec<&Matcher>> = BTreeMap::new();
    for asked in asked {
        for matcher in asked.one.matchers.iter().filter(|matcher| matcher.name != "le") {
            by_label.entry(&matcher.name).or_default().push(matcher);
        }
    }
    let mut labels = Vec::new();
    let mut told_by = BTreeMap::new();
    let kept = asked.iter().flat_map(|asked| &asked.one.kept);
    for label in kept.filter(|label| ["pod", "rollouts_pod_template_hash"].contains(&label.as_str())) {
        by_label.entry(label).or_default();
    }
    let ending = bare.outcome.as_ref().map(|outcome| outcome.label.as_str());
    for (label, matchers) in &by_label {
        if Some(*label) == ending || ending.is_some_and(|ending| rivals(label, ending, asked)) {
            continue;
        }
        if let Some(Known { rule, told_by: told }) = known(identity, label, matchers) {
            labels.push(rule);
            if let Some(told) = told {
                told_by.insert((*label).to_owned(), told);
            }
        }
    }
    Found {
        family: Family {
            labels,
            ..bare.clone()
        },
        told_by,
        stated: false,
    }
}

/// Whether a use tells by `label` how requests end, which the family tells by `ending` alone. One value for all would
/// make every request a failure, or none.
fn rivals(label: &str, ending: &str, asked: &[&Asked]) -> bool {
    let asks = |label: &str, asked: &Asked| asked.one.matchers_of(label).next().is_some();
    let alone = |asked: &&&Asked| asks(label, asked) && !asks(ending, asked);
    is_usual(label)
        && asked.iter().filter(alone).any(|asked| {
            let asks: Asks<'_> = asked.one.matchers.iter().filter(|m| m.name == label).collect();
            outcome(label, &[asks], None).is_some()
        })
}
