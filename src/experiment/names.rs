use std::collections::BTreeSet;

use super::PlannedPolicy;
use crate::diagnostic::Documents;

/// Gives policies of equal name different ones, by what differs between the places they stand in:
/// `checkout (staging)` and `checkout (production)`, or `staging` and `production` where nothing else is played.
/// Digests stay what they are.
pub fn tell_apart(policies: &mut [PlannedPolicy], documents: &Documents) {
    let names: Vec<String> = policies
        .iter()
        .map(|planned| planned.policy.name.clone())
        .collect();
    for name in &names {
        let alike: Vec<usize> = (0..names.len()).filter(|&other| names[other] == *name).collect();
        if alike.len() < 2 {
            continue;
        }
        let places = alike.iter().map(|&index| place(&policies[index], documents));
        let places = without_lines(places.collect());
        for (&index, own) in alike.iter().zip(&places) {
            let told = difference(own, &places);
            // Where all of a call are alike, their common name tells nothing.
            let alone = alike.len() == names.len() && !told.starts_with("line ");
            policies[index].policy.name = if alone { told } else { format!("{name} ({told})") };
        }
    }
}

/// Folders, file and line of a policy.
fn place(planned: &PlannedPolicy, documents: &Documents) -> Vec<String> {
    let span = planned.policy.span;
    let name = &documents.get(span.document).name;
    let parts = name
        .split(['/', '\\'])
        .filter(|part| !part.is_empty() && *part != ".");
    let line = format!("line {}", documents.line(span));
    parts.map(str::to_owned).chain([line]).collect()
}

/// Where every one stands in a file of its own nobody asks for the line.
fn without_lines(mut places: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let files: BTreeSet<&[String]> = places.iter().map(|place| &place[..place.len() - 1]).collect();
    if files.len() == places.len() {
        for line in places.iter_mut().filter_map(|place| place.last_mut()) {
            line.clear();
        }
    }
    places
}

/// What of `own` is not the same, from the left or from the right, in all `places`.
fn difference(own: &[String], places: &[Vec<String>]) -> String {
    let all = |same: &dyn Fn(&[String]) -> bool| places.iter().all(|place| same(place));
    let left = (0..own.len())
        .take_while(|&at| all(&|place| place.get(at) == Some(&own[at])))
        .count();
    let right = (1..=own.len() - left)
        .take_while(|&back| {
            all(&|place| place.len() >= back + left && place[place.len() - back] == own[own.len() - back])
        })
        .count();
    let differs = &own[left..own.len() - right];
    if differs.is_empty() {
        // One lies above the other, or both are one: all there is to say is where.
        own[..own.len() - 1].join("/")
    } else {
        differs.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::{difference, without_lines};

    fn told(names: &[&str]) -> Vec<String> {
        let places: Vec<Vec<String>> = names
            .iter()
            .map(|name| name.split('/').map(str::to_owned).collect())
            .collect();
        let places = without_lines(places);
        places.iter().map(|own| difference(own, &places)).collect()
    }

    #[test]
    fn policies_are_told_apart_by_what_differs() {
        assert_eq!(
            told(&[
                "k8s/staging/rollout.yaml/line 1",
                "k8s/production/rollout.yaml/line 1"
            ]),
            ["staging", "production"]
        );
        assert_eq!(
            told(&["canary/rollout.yaml/line 6", "bypass/rollout.yaml/line 3"]),
            ["canary", "bypass"]
        );
        assert_eq!(told(&["a.yaml/line 1", "b.yaml/line 1"]), ["a.yaml", "b.yaml"]);
        assert_eq!(told(&["a.yaml/line 1", "a.yaml/line 40"]), ["line 1", "line 40"]);
        assert_eq!(
            told(&["k8s/rollout.yaml/line 1", "k8s/eu/rollout.yaml/line 1"]),
            ["k8s/rollout.yaml", "eu"]
        );
        assert_eq!(
            told(&["a/b.yaml/line 1", "a/b.yaml/line 1"]),
            ["a/b.yaml", "a/b.yaml"]
        );
    }
}
