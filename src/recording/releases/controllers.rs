//! What controllers tell Prometheus of their rollouts.

use std::collections::{BTreeMap, BTreeSet};

use super::Sign;
use super::sighting::{Sighting, Thing};
use crate::recording::Recording;
use crate::series::{Labels, SeriesId};
use crate::units::Timestamp;

/// The phase of a rollout, as Argo Rollouts tells it (`controller/metrics/rollouts.go`): a label of a series that is 1.
pub(super) const PHASES: [&str; 2] = ["rollout_info", "rollout_phase"];
/// The state of a canary, as Flagger tells it (`pkg/metrics/recorder.go`): 0 running, 1 successful, 2 failed.
pub(super) const STATUS: &str = "flagger_canary_status";
/// How often the Deployment's spec has changed, as kube-state-metrics tells it; more replicas are a change, too.
pub(super) const GENERATION: &str = "kube_deployment_status_observed_generation";

/// Changes of the objects named `rollouts`; where there is none of these names and one object alone, of that.
pub(super) fn controllers(recording: &Recording, rollouts: &[String]) -> Vec<Sighting> {
    let mut found = Vec::new();
    for metric in PHASES {
        for (object, series) in objects(recording, metric, "name", rollouts) {
            found.extend(phases(recording, metric, &object, &series));
        }
    }
    for (object, series) in objects(recording, STATUS, "name", rollouts) {
        let steps = steps(recording, &series);
        let begun = steps
            .iter()
            .filter(|(_, before, now)| *now == 0.0 && *before != 0.0);
        found.extend(begun.map(|&(at, before, _)| {
            let change = if before == 2.0 {
                "failed → running"
            } else {
                "successful → running"
            };
            sighting(STATUS, &object, at, change.to_owned())
        }));
    }
    for (object, series) in objects(recording, GENERATION, "deployment", rollouts) {
        let steps = steps(recording, &series);
        let risen = steps.iter().filter(|(_, before, now)| now > before);
        found.extend(
            risen.map(|&(at, before, now)| sighting(GENERATION, &object, at, format!("{before} → {now}"))),
        );
    }
    found
}

fn sighting(metric: &'static str, object: &[String; 2], at: Timestamp, change: String) -> Sighting {
    Sighting {
        at,
        thing: Thing::Named(format!("{metric} {object:?}")),
        sign: Sign::Controller(metric, change),
    }
}

/// Series of `metric` by namespace and name of their object, of those named `rollouts`.
fn objects(
    recording: &Recording,
    metric: &str,
    label: &str,
    rollouts: &[String],
) -> BTreeMap<[String; 2], Vec<SeriesId>> {
    let mut objects: BTreeMap<[String; 2], Vec<SeriesId>> = BTreeMap::new();
    for (id, labels) in recording
        .layout
        .series()
        .filter(|(_, labels)| labels.name() == Some(metric))
    {
        // Where honor_labels is off, Prometheus moves the exporter's own namespace aside.
        let namespace = labels.get("exported_namespace").or(labels.get("namespace"));
        let object = [namespace, labels.get(label)].map(|text| text.unwrap_or_default().to_owned());
        objects.entry(object).or_default().push(id);
    }
    if objects.keys().any(|[_, name]| rollouts.contains(name)) {
        objects.retain(|[_, name], _| rollouts.contains(name));
    } else if objects.len() > 1 {
        objects.clear();
    }
    objects
}

/// A rollout begins where its phase leaves Healthy or Degraded for Progressing or Paused.
fn phases(
    recording: &Recording,
    metric: &'static str,
    object: &[String; 2],
    series: &[SeriesId],
) -> Vec<Sighting> {
    let mut at: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
    for &id in series {
        let phase = recording.layout.labels(id).get("phase").unwrap_or_default();
        for (time, _) in recording.series(id).filter(|(_, value)| *value > 0.0) {
            at.entry(time).or_default().insert(phase);
        }
    }
    let mut settled = None;
    let mut found = Vec::new();
    for (time, phases) in at {
        if let Some(moving) = ["Progressing", "Paused"]
            .into_iter()
            .find(|phase| phases.contains(phase))
        {
            if let Some(settled) = settled.take() {
                let change = format!("{settled} → {moving}");
                found.push(sighting(metric, object, Timestamp::from_millis(time), change));
            }
        } else if let Some(phase) = ["Healthy", "Degraded"]
            .into_iter()
            .find(|phase| phases.contains(phase))
        {
            settled = Some(phase);
        }
    }
    found
}

/// Where the value of an object's series changes: when, from what, to what.
fn steps(recording: &Recording, series: &[SeriesId]) -> Vec<(Timestamp, f64, f64)> {
    let mut values: Vec<(i64, f64)> = series
        .iter()
        .flat_map(|&id| recording.series(id).filter(|(_, value)| value.is_finite()))
        .collect();
    values.sort_by_key(|(time, _)| *time);
    let changes = values.windows(2).filter(|pair| pair[0].1 != pair[1].1);
    changes
        .map(|pair| (Timestamp::from_millis(pair[1].0), pair[0].1, pair[1].1))
        .collect()
}

/// Whether `labels` belong to a metric that is looked at here.
pub(super) fn reads(labels: &Labels) -> bool {
    labels
        .name()
        .is_some_and(|name| PHASES.contains(&name) || name == STATUS || name == GENERATION)
}
