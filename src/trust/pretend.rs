//! Recordings of a service that never was.

use crate::experiment::Plan;
use crate::recording::{Builder, Recording};
use crate::scenario::inference::selected;
use crate::seed::Seed;
use crate::series::{AsOf, Samples, is_stale};
use crate::units::{Duration, Share, Timestamp};
use crate::world::{Pods, Traffic, World, WorldState};

/// What a Prometheus would have recorded in `length` of the first world of `plan`, of the series that its policies read:
/// `instances` pods of one version that have all the traffic, and no label that tells versions apart. `None` if nothing was
/// scraped, or the plan's worlds are recorded ones.
pub fn pretended(plan: &Plan, instances: usize, length: Duration, seed: Seed) -> Option<Recording> {
    if plan.recorded.is_some() {
        return None;
    }
    let pods = Pods::numbered(0, instances);
    let world = World::new(&plan.worlds.first()?.scenario, &plan.exposition, &pods);
    let telling: Vec<String> = plan
        .policies
        .iter()
        .flat_map(|planned| selected(&planned.policy))
        .flat_map(|selected| selected.telling)
        .map(|rule| rule.name)
        .collect();
    let mut state = WorldState::default();
    let mut samples = Samples::new(world.layout());
    let traffic = Traffic {
        share: Share::NONE,
        canary_pods: 0,
        stable_pods: u32::try_from(instances).unwrap_or(u32::MAX),
    };
    let until = Timestamp::ZERO + length;
    world.begin(&mut state, seed, traffic);
    world.advance(&mut state, until, Timestamp::ZERO, &mut samples);
    let seen = AsOf::new(&samples, until, until);
    let mut builder = Builder::default();
    for (id, labels) in world.layout().series() {
        let mut labels = telling
            .iter()
            .fold(labels.clone(), |labels, name| labels.with(name, ""));
        if labels.get("instance").is_none() {
            let (axis, _) = world.layout().place(id);
            labels = labels.with("instance", &format!("{axis:?}"));
        }
        let series = builder.series(labels);
        let column = seen.column(id);
        let there = column.times.iter().zip(column.values);
        for (&time, &value) in there.filter(|(_, value)| !is_stale(**value)) {
            builder.push(series, time, value);
        }
    }
    builder.build()
}
