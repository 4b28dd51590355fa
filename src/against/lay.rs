use super::laid::{Laid, LaidRun};
use super::matching::{analysis, belonging, first_of, no_analysis, other_queries, with_hash};
use super::run::lay_run;
use super::standing::lay_ending;
use super::status::{EndingStatus, RunStatus, Theirs};
use crate::diagnostic::Finding;
use crate::policy::argo::spec::Policy;
use crate::promql::{self, Compat};
use crate::recording::Recording;
use crate::simulator::Incident;
use crate::units::{Duration, Timestamp};

/// How statuses are compared.
#[derive(Clone, Debug)]
pub struct Options {
    /// Times so close are the same.
    pub within: Duration,
    /// How the server that the recording came from answered queries.
    pub settings: promql::Settings,
}

impl Options {
    /// The same with the semantics of the other generation of Prometheus.
    fn other(&self) -> promql::Settings {
        let compat = match self.settings.compat {
            Compat::V2 => Compat::V3,
            Compat::V3 => Compat::V2,
        };
        promql::Settings {
            compat,
            ..self.settings
        }
    }

    /// Its name, and how to ask for it.
    pub(super) fn other_generation(&self) -> &'static str {
        match self.settings.compat {
            Compat::V2 => "Prometheus 3 (--promql-compat 3)",
            Compat::V3 => "Prometheus 2 (--promql-compat 2)",
        }
    }
}

/// The deployment that a Rollout without AnalysisRuns beside it is laid over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// When it came.
    pub from: Timestamp,
    /// When it was over.
    pub until: Timestamp,
}

/// Lays what `theirs` tells over what `policy` does on `recording`. `over` is where a rollout began, given the last moment
/// that its status tells of, where no AnalysisRun beside it says so.
///
/// What cannot be compared is a finding.
pub fn lay(
    policy: &Policy,
    recording: &Recording,
    theirs: &Theirs,
    options: &Options,
    over: &dyn Fn(Option<Timestamp>) -> Option<Over>,
) -> (Laid, Vec<Finding>) {
    let (runs, endings, mut findings) = belonging(policy, recording, theirs);
    let mut laid = Laid {
        policy: policy.name.clone(),
        within: options.within,
        runs: Vec::new(),
        endings: Vec::new(),
    };
    for run in &runs {
        match one_run(policy, recording, run, options, &mut findings) {
            Ok(run) => laid.runs.push(run),
            Err(finding) => findings.push(*finding),
        }
    }
    for ending in endings {
        let first = first_of(policy, ending, &runs);
        let over = match first {
            Some(run) => Some(Over {
                from: run.started,
                until: Timestamp::MAX,
            }),
            None => over(ending.at),
        };
        let Some(over) = over else {
            findings.push(unknown_beginning(ending));
            continue;
        };
        let hash = ending
            .hash
            .as_deref()
            .or(first.and_then(|run| run.hash.as_deref()));
        let policy = with_hash(policy, hash);
        match incident(&policy, recording, &options.settings) {
            Ok(mut incident) => {
                laid.endings
                    .push(lay_ending(&policy, &mut incident, ending, over, options));
            }
            Err(finding) => findings.push(*finding),
        }
        if ending.kind == "Canary" {
            let note =
                "a Canary of Flagger keeps no measurements: its phase and the time of it are compared alone";
            findings.push(Finding::note(note).at(ending.span, ""));
        }
    }
    (laid, findings)
}

fn one_run(
    policy: &Policy,
    recording: &Recording,
    run: &RunStatus,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Result<LaidRun, Box<Finding>> {
    let policy = with_hash(policy, run.hash.as_deref());
    let analysis = analysis(&policy, run).ok_or_else(|| Box::new(no_analysis(&policy, run)))?;
    findings.extend(other_queries(&policy, analysis, run));
    let mut one = incident(&policy, recording, &options.settings)?;
    let mut other = incident(&policy, recording, &options.other())?;
    Ok(lay_run(&policy, analysis, [&mut one, &mut other], run, options))
}

fn unknown_beginning(ending: &EndingStatus) -> Finding {
    Finding::error(format!(
        "{} {}: it is not known when it began",
        ending.kind, ending.name
    ))
    .at(ending.span, "")
    .help("put its AnalysisRuns into the same file, or name the deployment: --deployment NAME")
}

fn incident<'a>(
    policy: &'a Policy,
    recording: &'a Recording,
    settings: &promql::Settings,
) -> Result<Incident<'a>, Box<Finding>> {
    Incident::new(policy, &recording.layout, &recording.samples, settings).map_err(|refused| {
        let mut finding = Finding::error(format!("{} cannot be laid over this recording", policy.name));
        for error in refused {
            let check = &policy.checks[error.check.0];
            finding = finding.at(check.span, format!("{}: {error}", check.name));
        }
        Box::new(finding)
    })
}
