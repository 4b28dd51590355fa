//! `weights.jsonl`: pods and router weight for one state of a canary.

use coalmine::controller::argo::weights::{Progress, current_set_weight};
use coalmine::controller::cluster::Pods;
use coalmine::policy::argo::spec::Canary;
use serde_json::{Value, json};

use crate::argo_spec::canary;
use crate::table::{Tally, rows};

#[test]
fn pods_and_weights_are_those_of_the_controller() {
    let Some(rows) = rows("argo/weights.jsonl") else {
        return;
    };
    let mut tally = Tally::new("weights");
    for row in &rows {
        let spec = canary(&row["rollout"], |_| unreachable!("no analyses here"));
        tally.row(&row["id"], &said(&spec, row), &row["expected"]);
    }
    tally.finish();
}

/// Pods of a version, all of those ordered created.
pub fn pods(row: &Value) -> Pods {
    let spec = row["spec"].as_u64().unwrap_or(0) as u32;
    let available = row["available"].as_u64().unwrap_or(0) as u32;
    Pods {
        spec,
        created: spec,
        ready: available,
        available,
    }
}

fn said(spec: &Canary, row: &Value) -> Value {
    let mut progress = Progress {
        step: row["stepIndex"].as_u64().expect("a step") as usize,
        aborted: row["aborted"] == true,
        promoted: false,
        promote_full: row["promoteFull"] == true,
        returning: false,
        told: row["routerCanaryWeight"].as_u64().map(|weight| weight as u32),
        canary: pods(&row["canary"]),
        stable: pods(&row["stable"]),
        others: pods(&row["other"]),
    };
    let desired = progress.desired(spec);
    let mut said = json!({
        "canary": desired.canary,
        "stable": desired.stable,
        "settled": progress.settled(spec),
        "setWeight": current_set_weight(spec, progress.step, progress.aborted),
    });
    if row["mode"] == "routed" {
        said["sentWeight"] = json!(progress.weight_to_send(spec));
    }
    if row["mode"] == "sequence" {
        said["sequence"] = json!(sequence(spec, &mut progress));
    }
    said
}

/// One scale operation a row, stable before canary, pods available at once.
pub fn sequence(spec: &Canary, progress: &mut Progress) -> Vec<[u32; 4]> {
    let row = |progress: &Progress| {
        let Progress { canary, stable, .. } = progress;
        [canary.spec, canary.available, stable.spec, stable.available]
    };
    let mut rows = vec![row(progress)];
    loop {
        let desired = progress.desired(spec);
        let (pods, to) = if desired.stable != progress.stable.spec {
            (&mut progress.stable, desired.stable)
        } else if desired.canary != progress.canary.spec {
            (&mut progress.canary, desired.canary)
        } else {
            return rows;
        };
        *pods = Pods {
            spec: to,
            created: to,
            ready: to,
            available: to,
        };
        rows.push(row(progress));
        assert!(rows.len() < 1000, "no end: {rows:?}");
    }
}
