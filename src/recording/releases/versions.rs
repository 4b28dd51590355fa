//! Labels that hold a version, and the ReplicaSets that names of pods tell of.

use std::collections::BTreeMap;

use super::sighting::{BEGINNING, CLOSE, Sighting, Thing};
use super::{Change, Sign};
use crate::recording::Recording;
use crate::series::{Labels, SeriesId, is_stale};
use crate::units::{Duration, Timestamp};

/// Labels whose value changes with a release and with nothing else.
const LABELS: [&str; 15] = [
    "rollouts_pod_template_hash",
    "label_rollouts_pod_template_hash",
    "pod_template_hash",
    "label_pod_template_hash",
    "version",
    "app_version",
    "service_version",
    "app_kubernetes_io_version",
    "label_app_kubernetes_io_version",
    "image_tag",
    "revision",
    "destination_version",
    "destination_canonical_revision",
    "git_sha",
    "commit",
];

/// Labels that name a pod.
const PODS: [&str; 3] = ["pod", "pod_name", "kubernetes_pod_name"];

/// Labels that tell one service's versions from another's.
const SCOPE: [&str; 3] = ["namespace", "app", "app_kubernetes_io_name"];

/// Letters of the names that Kubernetes makes up (`k8s.io/apimachinery/pkg/util/rand`): no vowels, nor what looks alike.
const ALPHABET: &str = "bcdfghjklmnpqrstvwxz2456789";

/// The parts NAME and HASH of `NAME-HASH-SUFFIX`, as a ReplicaSet names its pods.
fn replica_set(pod: &str) -> Option<(&str, &str)> {
    let (rest, suffix) = pod.rsplit_once('-')?;
    let (name, hash) = rest.rsplit_once('-')?;
    let made_up = |text: &str| text.chars().all(|letter| ALPHABET.contains(letter));
    let fits = suffix.len() == 5 && (6..=10).contains(&hash.len()) && made_up(suffix) && made_up(hash);
    (fits && !name.is_empty()).then_some((name, hash))
}

/// Whether values of this label are pod-template-hashes.
pub(super) fn holds_hash(label: &str) -> bool {
    label.ends_with("pod_template_hash") || PODS.contains(&label)
}

/// One service's values of one label: which label, and what tells the service from others.
type Scope = (String, Vec<String>);

/// What is known of a value.
#[derive(Default)]
struct Seen {
    series: Vec<SeriesId>,
    first: Option<i64>,
    last: Option<i64>,
}

/// New values of labels on `series` that began while others were known.
pub(super) fn versions(recording: &Recording, series: &[SeriesId]) -> Vec<Sighting> {
    let mut scopes: BTreeMap<Scope, BTreeMap<String, Seen>> = BTreeMap::new();
    for &id in series {
        let mut times = recording
            .series(id)
            .filter(|(_, value)| !is_stale(*value))
            .map(|(time, _)| time);
        let Some(first) = times.next() else { continue };
        let last = times.last().unwrap_or(first);
        for (scope, value) in values(recording.layout.labels(id)) {
            let seen = scopes.entry(scope).or_default().entry(value).or_default();
            seen.series.push(id);
            seen.first = Some(seen.first.map_or(first, |known| known.min(first)));
            seen.last = seen.last.max(Some(last));
        }
    }
    let scopes = scopes.iter();
    scopes
        .flat_map(|(scope, values)| changes(recording, scope, values))
        .collect()
}

/// The versions that a label set tells of.
fn values(labels: &Labels) -> Vec<(Scope, String)> {
    let of = |name: &str| labels.get(name).unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for label in LABELS {
        if let Some(value) = labels.get(label) {
            let scope = SCOPE.iter().map(|name| of(name)).collect();
            found.push(((label.to_owned(), scope), value.to_owned()));
        }
    }
    for label in PODS {
        if let Some((name, hash)) = labels.get(label).and_then(replica_set) {
            let scope = vec![of("namespace"), name.to_owned()];
            found.push(((label.to_owned(), scope), hash.to_owned()));
        }
    }
    found
}

fn changes(recording: &Recording, scope: &Scope, values: &BTreeMap<String, Seen>) -> Vec<Sighting> {
    let began = values
        .values()
        .filter_map(|seen| seen.first)
        .min()
        .unwrap_or_default();
    let new = values.iter().filter_map(|(value, seen)| {
        let at = Timestamp::from_millis(seen.first?);
        (at - Timestamp::from_millis(began) > BEGINNING).then_some((value, at))
    });
    new.map(|(value, at)| {
        let before = before(recording, values, value, at);
        let gone = before
            .as_ref()
            .and_then(|before| gone(&values[value], &values[before]));
        let new = value.clone();
        Sighting {
            at,
            thing: Thing::Named(format!("{scope:?}")),
            sign: Sign::Version {
                label: scope.0.clone(),
                change: Change { new, before },
                gone,
            },
        }
    })
    .collect()
}

/// For how long a value was seen, if it went and the one before it went on.
fn gone(new: &Seen, before: &Seen) -> Option<Duration> {
    let [first, last, end] = [new.first?, new.last?, before.last?].map(Timestamp::from_millis);
    (end - last > CLOSE).then(|| last - first)
}

/// The version that served when another began: the one with the most samples in the minutes before, and where none has
/// any, the one that came last.
fn before(
    recording: &Recording,
    values: &BTreeMap<String, Seen>,
    new: &str,
    at: Timestamp,
) -> Option<String> {
    let others = values.iter().filter(|(value, seen)| {
        value.as_str() != new && seen.first.is_some_and(|first| first < at.as_millis())
    });
    let weighed = others.map(|(value, seen)| {
        let samples: usize = seen
            .series
            .iter()
            .map(|&id| within(recording, id, at, CLOSE))
            .sum();
        (samples, seen.first, value)
    });
    weighed.max().map(|(_, _, value)| value.clone())
}

/// How many samples a series has in (`at` - `length`, `at`].
pub(super) fn within(recording: &Recording, series: SeriesId, at: Timestamp, length: Duration) -> usize {
    let view = crate::series::AsOf::new(&recording.samples, at, at);
    let column = view
        .column(series)
        .between((at - length).as_millis(), at.as_millis());
    column.values.iter().filter(|value| !is_stale(**value)).count()
}
