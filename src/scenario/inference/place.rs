//! Every use in its place: which family it reads.

use std::collections::BTreeMap;

use super::bare::bare;
use super::families::{Found, families};
use super::kind::{Kind, kinds};
use super::matched::{Matched, matched, reaches};
use super::query::Asked;
use super::uses::Use;
use crate::policy::argo::spec::Policy;
use crate::scenario::exposition::{Family, LabelRule};

/// What all queries of a call say about the names they ask for: one name is one family, whoever reads it.
pub(super) struct Names {
    /// The kind of each use.
    pub kinds: Vec<Kind>,
    /// The family of each kind, without labels.
    pub bare: BTreeMap<Kind, Family>,
}

impl Names {
    pub fn new(asked: &[Asked], stated: &[Family]) -> Self {
        let kinds = kinds(asked, stated);
        let mut by_kind: BTreeMap<&Kind, Vec<&Asked>> = BTreeMap::new();
        for (asked, kind) in asked.iter().zip(&kinds) {
            by_kind.entry(kind).or_default().push(asked);
        }
        let bare = by_kind
            .into_iter()
            .map(|(kind, asked)| (kind.clone(), bare(kind, &asked)))
            .collect();
        Self { kinds, bare }
    }
}

/// A use by its number, the family it reads and what it matches of it.
pub(super) type Match<'f> = (usize, &'f Found, Matched);

pub(super) fn all_families(
    policy: &Policy,
    uses: &[usize],
    asked: &[Asked],
    names: &Names,
    stated: &[Family],
) -> BTreeMap<Kind, Vec<Found>> {
    let mut by_kind: BTreeMap<&Kind, Vec<&Asked>> = BTreeMap::new();
    for &n in uses {
        let kind = &names.kinds[n];
        if !matches!(kind, Kind::Unplaced(_)) {
            by_kind.entry(kind).or_default().push(&asked[n]);
        }
    }
    let of_kind = |(kind, asked): (&Kind, Vec<&Asked>)| {
        let stated = stated.iter().filter(|family| Kind::of(family) == *kind);
        let mut found: Vec<Found> = stated.map(Found::stated).collect();
        if found.is_empty() {
            found = families(&policy.identity, &names.bare[kind], &asked);
        }
        (kind.clone(), found)
    };
    by_kind.into_iter().map(of_kind).collect()
}

/// The family that a use reads, the first of several, and what it matches of all of them; if it reads none, one whose
/// requests merely never end as it asks, or the first.
pub(super) fn best<'f>(
    found: &'f BTreeMap<Kind, Vec<Found>>,
    kind: &Kind,
    asked: &Asked,
) -> Option<(&'f Found, Matched)> {
    let of_kind = found.get(kind)?;
    let with = |found: &'f Found| (found, matched(&found.family, &asked.one));
    let every = of_kind.iter().map(with).reduce(|one, other| {
        let family = if one.1.any() { one.0 } else { other.0 };
        (family, one.1.or(other.1))
    })?;
    let near = of_kind.iter().find(|found| reaches(&found.family, &asked.one));
    let near = near.or(of_kind.first())?;
    Some(if every.1.any() { every } else { (near, every.1) })
}

/// The labels that tell the families apart which `uses` read; empty where they read one, or where a document states
/// them.
pub(super) fn told_apart_by(of_kind: &[Found], uses: &[&Use]) -> Vec<String> {
    let read: Vec<&Found> = of_kind
        .iter()
        .filter(|found| !found.stated && uses.iter().any(|one| matched(&found.family, one).any()))
        .collect();
    let Some((first, others)) = read.split_first() else {
        return Vec::new();
    };
    let differs = |rule: &&LabelRule| others.iter().any(|other| !other.family.labels.contains(rule));
    let labels = first.family.labels.iter().filter(differs);
    labels.map(|rule| rule.name.clone()).collect()
}
