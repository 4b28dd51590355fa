//! `--recording`: opening it, and what to say about a world that is made of it.

use std::fmt::Write as _;
use std::path::Path;

use crate::diagnostic::Finding;
use crate::experiment::{Prepared, Recorded, Source};
use crate::recording::{self, Keep, Recording};
use crate::scenario::Scenario;
use crate::units::{Ratio, Timestamp};

/// A recording, what it is, and what there was to say about reading it.
pub(super) struct Opened {
    pub(super) recording: Recording,
    pub(super) source: Source,
    pub(super) findings: Vec<Finding>,
}

/// Opens a recording.
pub(super) fn open(path: &Path) -> Result<Opened, Finding> {
    let (recording, findings) = recording::open(path, &Keep::default())?;
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    let digest = recording::digest(&recording);
    Ok(Opened {
        recording,
        source: Source { name, digest },
        findings,
    })
}

/// Opens the recording that `source` means.
pub(super) fn open_again(path: &Path, source: &Source) -> Result<Recording, Finding> {
    let opened = open(path)?;
    if opened.source.digest == source.digest {
        return Ok(opened.recording);
    }
    let message = format!(
        "this is not the recording that the trial was played over: its digest is {}, wanted is {}",
        short(&opened.source.digest),
        short(&source.digest)
    );
    Err(Finding::error(message)
        .about(path.display().to_string())
        .help(format!("it was called {}", source.name)))
}

/// Enough of a digest to be read.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// What a recorded world rests on, a short line each.
pub(super) fn assumed(service: &Scenario, recorded: &Recorded) -> Vec<String> {
    let past = &recorded.past;
    let plural = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    };
    let whole = |length: crate::units::Duration| crate::units::Duration::from_secs(length.as_millis() / 1000);
    let mut lines = vec![
        format!(
            "{} recorded on {}, {}",
            whole(past.length()),
            plural(past.days(), "day"),
            plural(past.instances(), "instance")
        ),
        format!(
            "{:.3} requests/s, {} of them failed",
            service.traffic.rate,
            Ratio(service.service.errors)
        ),
    ];
    if let Some(latency) = past.measured().latency {
        let seconds = |seconds: f64| Timestamp::from_millis((seconds * 1000.0).round() as i64).to_string();
        lines.push(match past.has_buckets() {
            true => format!("p50 {}, p95 {}", seconds(latency.quantile(0.5)), seconds(latency.quantile(0.95))),
            false => format!(
                "mean latency {} (sums alone were recorded: a lognormal of log-sd {} is assumed where harm is counted)",
                seconds(latency.median * libm::exp(latency.sigma * latency.sigma / 2.0)),
                latency.sigma
            ),
        });
    }
    lines.push(format!(
        "a trial begins anywhere in it and goes on in blocks of {} in the mean",
        whole(past.block())
    ));
    lines.push(match past.dispersion() {
        None => "each request goes to the canary by itself: with one instance nothing tells otherwise".into(),
        Some(found) if found.is_sticky() => format!(
            "requests stick together: those of instances vary {:.1} times as much as chance gives, so {} at a time go to one version",
            found.ratio,
            found.cluster()
        ),
        Some(found) => format!(
            "each request goes to the canary by itself: those of instances vary {:.2} times as much as chance gives",
            found.ratio
        ),
    });
    lines.extend(service.assumed_of_cluster());
    lines
}

/// The series that the policies read, on each version.
pub(super) fn exposition(prepared: &Prepared, recorded: &Recorded) -> String {
    let plan = &prepared.plan;
    let mut text = String::from("Series redrawn from the recording, one target per instance and version:\n");
    // Writing into a String cannot fail.
    for (index, planned) in plan.policies.iter().enumerate() {
        let _ = writeln!(text, "\n{}:", planned.policy.name);
        if let Some(Ok(stage)) = (!plan.worlds.is_empty()).then(|| plan.stage(index, 0)) {
            let mut names: Vec<String> = stage
                .world()
                .layout()
                .series()
                .map(|(_, labels)| labels.to_string())
                .collect();
            names.sort();
            for name in names {
                let _ = writeln!(text, "  {name}");
            }
        }
    }
    if !recorded.map.is_empty() {
        let _ = writeln!(text, "\nmapped: {}", recorded.map.join(", "));
    }
    text
}
