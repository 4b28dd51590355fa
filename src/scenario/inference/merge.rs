use crate::scenario::exposition::{Exposition, Family, LabelRule};

/// One exposition for all: families of one name whose labels do not contradict each other become one, with the labels
/// and bounds of all.
pub fn merge(expositions: impl IntoIterator<Item = Exposition>) -> Exposition {
    let mut families: Vec<Family> = Vec::new();
    for family in expositions.into_iter().flat_map(|exposition| exposition.families) {
        match families.iter_mut().find(|known| agree(known, &family)) {
            Some(known) => join(known, family),
            None => families.push(family),
        }
    }
    families.sort_by(|left, right| left.name.cmp(&right.name));
    Exposition {
        families,
        routes: Vec::new(),
    }
}

/// Pairs of families that would count one request twice: on some version no label tells their series apart.
pub(super) fn contradictions(families: &[Family]) -> Vec<(&Family, &Family)> {
    let mut found = Vec::new();
    for (n, one) in families.iter().enumerate() {
        let others = families[n + 1..].iter().filter(|other| other.name == one.name);
        found.extend(
            others
                .filter(|other| !told_apart(one, other))
                .map(|other| (one, other)),
        );
    }
    found
}

fn told_apart(one: &Family, other: &Family) -> bool {
    let differ = |value: fn(&LabelRule) -> &String| {
        one.labels.iter().any(|rule| {
            let same_name = other.labels.iter().find(|other| other.name == rule.name);
            same_name.is_some_and(|other| value(rule) != value(other))
        })
    };
    one.histogram.is_some() != other.histogram.is_some()
        || differ(|rule| &rule.canary) && differ(|rule| &rule.stable)
}

fn agree(known: &Family, other: &Family) -> bool {
    let same_labels = other.labels.iter().all(|rule| {
        let mut same_name = known.labels.iter().filter(|known| known.name == rule.name);
        same_name.all(|known| known == rule)
    });
    let outcomes = match (&known.outcome, &other.outcome) {
        (Some(one), Some(two)) => one == two,
        _ => true,
    };
    let units = match (&known.histogram, &other.histogram) {
        (Some(one), Some(two)) => one.per_second == two.per_second,
        (one, two) => one.is_some() == two.is_some(),
    };
    known.name == other.name
        && known.counts == other.counts
        && known.gauge == other.gauge
        && same_labels
        && outcomes
        && units
}

fn join(known: &mut Family, other: Family) {
    for rule in other.labels {
        if !known.labels.contains(&rule) {
            known.labels.push(rule);
        }
    }
    known.labels.sort_by(|left, right| left.name.cmp(&right.name));
    known.outcome = known.outcome.take().or(other.outcome);
    for arm in other.arms {
        if !known.arms.contains(&arm) {
            known.arms.push(arm);
        }
    }
    if let (Some(known), Some(other)) = (&mut known.histogram, other.histogram) {
        known.bounds.extend(other.bounds);
        known.bounds.sort_by(f64::total_cmp);
        known.bounds.dedup();
    }
}
