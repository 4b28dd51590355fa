//! From a plan and its results to what a report says.

use std::fmt::Write as _;

use super::args::Simulate;
use super::notices;
use super::over;
use crate::diagnostic::Documents;
use crate::experiment::{Prepared, Results};
use crate::policy::condition::ArgoVersion;
use crate::report::{Assumptions, DetectionCurve, Digest, Page};
use crate::scenario::{Verdict, document};
use crate::score::{self, Days, Table};
use crate::units::Duration;

/// Everything that a report says.
pub(super) fn page(
    asked: &Simulate,
    documents: &Documents,
    prepared: &Prepared,
    results: &Results,
    table: Table,
) -> Page {
    let plan = &prepared.plan;
    let mut digests: Vec<Digest> = plan
        .policies
        .iter()
        .map(|planned| Digest {
            of: format!("policy {}", planned.policy.name),
            digest: planned.digest.to_string(),
        })
        .collect();
    digests.extend(plan.worlds.iter().map(|planned| Digest {
        of: format!("world {}", planned.scenario.name),
        digest: planned.digest.to_string(),
    }));
    let days = plan
        .recorded
        .as_ref()
        .map(|recorded| score::days_of(recorded, results));
    let days = Days::of(days.as_deref());
    let mut curves = Vec::new();
    for policy in 0..plan.policies.len() {
        for (world, planned) in plan.worlds.iter().enumerate() {
            if planned.scenario.truth == Verdict::Harmful {
                curves.push(DetectionCurve::of(
                    policy,
                    world,
                    results.cell(policy, world),
                    days,
                ));
            }
        }
    }
    Page {
        version: env!("CARGO_PKG_VERSION").into(),
        command: command(asked, results.seeds),
        seed: results.first_seed,
        trials_planned: asked.play.trials,
        digests,
        assumptions: assumptions(prepared, asked.play.argo_version),
        notices: notices::of(prepared, documents),
        table,
        curves,
        hardest: Vec::new(),
        chosen_by: String::new(),
        written: Vec::new(),
    }
}

/// The call again, as it would be typed to play the `trials` that were played.
fn command(asked: &Simulate, trials: u64) -> String {
    let mut words: Vec<String> = vec!["coalmine".into(), "simulate".into()];
    words.extend(asked.policies.iter().map(|path| path.display().to_string()));
    let mut option = |name: &str, value: String| words.extend([format!("--{name}"), quoted(&value)]);
    asked
        .scenario
        .iter()
        .for_each(|world| option("scenario", world.clone()));
    asked
        .vary
        .iter()
        .for_each(|variation| option("vary", variation.clone()));
    if let Some(recording) = &asked.recording {
        option("recording", recording.display().to_string());
    }
    asked.map.iter().for_each(|rule| option("map", rule.clone()));
    if let Some(operator) = &asked.operator {
        option("operator", operator.clone());
    }
    if let Some(horizon) = asked.horizon {
        option("horizon", horizon.to_string());
    }
    if asked.play.argo_version != ArgoVersion::default() {
        option("argo-version", asked.play.argo_version.to_string());
    }
    option("trials", trials.to_string());
    option("seed", asked.play.seed.to_string());
    words.join(" ")
}

pub(super) fn quoted(value: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_./:=,".contains(char);
    if value.chars().all(plain) {
        value.into()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

fn assumptions(prepared: &Prepared, release: ArgoVersion) -> Assumptions {
    let recorded = prepared.plan.recorded.as_ref();
    let mut lines = match recorded {
        None => prepared.service.assumed(),
        Some(recorded) => over::assumed(&prepared.service, recorded),
    };
    let mut horizons: Vec<Duration> = prepared.plan.worlds.iter().map(|world| world.horizon).collect();
    horizons.sort();
    horizons.dedup();
    let horizons: Vec<String> = horizons.iter().map(Duration::to_string).collect();
    lines.push(format!(
        "every trial ends at the horizon of {}",
        horizons.join(" or ")
    ));
    let mut checks = prepared
        .plan
        .policies
        .iter()
        .flat_map(|planned| &planned.policy.checks);
    if checks.next().is_some() {
        lines.push(format!(
            "conditions in the language of Argo Rollouts {release} ({}; --argo-version), everything else as the newest does it",
            release.language()
        ));
    }
    let limits = prepared.limits.to_string();
    if !limits.is_empty() {
        lines.push(format!("limits that the policies state: {limits}"));
    }
    Assumptions {
        limits,
        heading: match recorded {
            None => "An assumed world, not yours.".into(),
            Some(_) => "A recorded past, redrawn for the weights set.".into(),
        },
        lines,
    }
}

/// How the service is assumed to show itself, as a Scenario document that states it, and beside it how the checks of
/// each policy were read.
pub(super) fn exposition(prepared: &Prepared) -> String {
    if let Some(recorded) = &prepared.plan.recorded {
        return over::exposition(prepared, recorded);
    }
    let mut text = String::from(
        "# Series that the service is assumed to show, one target per pod. Beside the manifests, and changed to what\n\
         # yours shows, this file takes the place of what was concluded.\n",
    );
    text.push_str(&document::write(&prepared.plan.exposition.families));
    // Writing into a String cannot fail.
    for family in &prepared.plan.exposition.families {
        if let Some(gauge) = &family.gauge {
            let said = gauge.said(prepared.service.service.gauge_level);
            let _ = writeln!(text, "# {}: {said}", family.name);
        }
    }
    for (planned, readings) in prepared.plan.policies.iter().zip(&prepared.readings) {
        let _ = writeln!(text, "\n# {}:", planned.policy.name);
        for (check, reading) in planned.policy.checks.iter().zip(readings) {
            let _ = writeln!(text, "#   {}", check.name);
            for conclusion in &reading.conclusions {
                let _ = writeln!(text, "#     {conclusion}");
            }
        }
    }
    text
}
