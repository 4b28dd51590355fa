use serde::Serialize;

use super::difference::{Difference, What};
use super::run::lay_run;
use super::status::{End, EndingStatus, RunStatus, Theirs};
use crate::controller::argo::Binding;
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{Analysis, Policy, Question};
use crate::promql::{self, Compat};
use crate::recording::Recording;
use crate::simulator::{Hindsight, Incident};
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

/// Theirs beside ours.
#[derive(Clone, Debug, Serialize)]
pub struct Laid {
    /// The policy's name.
    pub policy: String,
    /// Times so close are the same [ms].
    pub within: Duration,
    /// AnalysisRuns.
    pub runs: Vec<LaidRun>,
    /// Rollouts and Canaries.
    pub endings: Vec<LaidEnding>,
}

/// An AnalysisRun of theirs beside ours.
#[derive(Clone, Debug, Serialize)]
pub struct LaidRun {
    /// Its name.
    pub name: String,
    /// When it began.
    pub started: Timestamp,
    /// Measurements compared.
    pub compared: usize,
    /// … that agree in time, value and phase.
    pub agreeing: usize,
    /// … of them, with ours at another moment of the second that the status cuts off.
    pub within_second: usize,
    /// Measurements that the controller did not keep.
    pub dropped: usize,
    /// Metrics whose provider is not played.
    pub left_out: Vec<String>,
    /// By time.
    pub differences: Vec<Difference>,
}

impl LaidRun {
    pub(super) fn new(theirs: &RunStatus) -> Self {
        Self {
            name: theirs.name.clone(),
            started: theirs.started,
            compared: 0,
            agreeing: 0,
            within_second: 0,
            dropped: 0,
            left_out: Vec::new(),
            differences: Vec::new(),
        }
    }
}

/// A Rollout or a Canary of theirs beside ours.
#[derive(Clone, Debug, Serialize)]
pub struct LaidEnding {
    /// Its kind and name.
    pub name: String,
    /// When ours began.
    pub from: Timestamp,
    /// How theirs stands.
    pub theirs: String,
    /// How ours does.
    pub ours: String,
    /// By time.
    pub differences: Vec<Difference>,
}

impl Laid {
    /// All differences, by time.
    pub fn differences(&self) -> Vec<&Difference> {
        let of_runs = self.runs.iter().flat_map(|run| &run.differences);
        let of_endings = self.endings.iter().flat_map(|ending| &ending.differences);
        let mut all: Vec<&Difference> = of_runs.chain(of_endings).collect();
        all.sort_by_key(|difference| (difference.at, difference.what));
        all
    }

    /// Measurements compared, and how many of them agree.
    pub fn measurements(&self) -> (usize, usize) {
        let sum = |of: fn(&LaidRun) -> usize| self.runs.iter().map(of).sum();
        (sum(|run| run.compared), sum(|run| run.agreeing))
    }
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
    let mut findings = Vec::new();
    let mut laid = Laid {
        policy: policy.name.clone(),
        within: options.within,
        runs: Vec::new(),
        endings: Vec::new(),
    };
    for run in &theirs.runs {
        let policy = with_hash(policy, run.hash.as_deref());
        let Some(analysis) = analysis(&policy, run) else {
            findings.push(no_analysis(&policy, run));
            continue;
        };
        if run.last() < recording.first || run.started > recording.last {
            let message = format!("{}: the recording holds nothing of its time", run.name);
            findings.push(Finding::error(message).at(run.span, ""));
            continue;
        }
        findings.extend(other_queries(&policy, analysis, run));
        let both = incident(&policy, recording, &options.settings)
            .and_then(|one| Ok((one, incident(&policy, recording, &options.other())?)));
        match both {
            Ok((mut one, mut other)) => {
                let both = [&mut one, &mut other];
                laid.runs.push(lay_run(&policy, analysis, both, run, options));
            }
            Err(finding) => findings.push(finding),
        }
    }
    let first_run = theirs.runs.first();
    let policy = with_hash(policy, first_run.and_then(|run| run.hash.as_deref()));
    for ending in &theirs.endings {
        let over = match first_run {
            Some(run) => Some(Over {
                from: run.started,
                until: Timestamp::MAX,
            }),
            None => over(ending.at),
        };
        let Some(over) = over else {
            findings.push(
                Finding::error(format!(
                    "{} {}: it is not known when it began",
                    ending.kind, ending.name
                ))
                .at(ending.span, "")
                .help("put its AnalysisRuns into the same file, or name the deployment: --deployment NAME"),
            );
            continue;
        };
        match incident(&policy, recording, &options.settings) {
            Ok(mut incident) => {
                laid.endings
                    .push(lay_ending(&policy, &mut incident, ending, over, options));
            }
            Err(finding) => findings.push(finding),
        }
        if ending.kind == "Canary" {
            let note =
                "a Canary of Flagger keeps no measurements: its phase and the time of it are compared alone";
            findings.push(Finding::note(note).at(ending.span, ""));
        }
    }
    (laid, findings)
}

fn incident<'a>(
    policy: &'a Policy,
    recording: &'a Recording,
    settings: &promql::Settings,
) -> Result<Incident<'a>, Finding> {
    Incident::new(policy, &recording.layout, &recording.samples, settings).map_err(|refused| {
        let mut finding = Finding::error(format!("{} cannot be laid over this recording", policy.name));
        for error in refused {
            let check = &policy.checks[error.check.0];
            finding = finding.at(check.span, format!("{}: {error}", check.name));
        }
        finding
    })
}

/// The policy as it asks for the version that was really there: its hash in the place of the made-up one.
fn with_hash(policy: &Policy, hash: Option<&str>) -> Policy {
    let mut policy = policy.clone();
    let made_up = policy.identity.canary_hash.clone();
    if let Some(hash) = hash.filter(|_| !made_up.is_empty()) {
        for check in &mut policy.checks {
            if let Question::Prometheus { query } = &mut check.question {
                *query = query.replace(&made_up, hash);
            }
        }
    }
    policy
}

/// The analysis that a run was made of: by its labels, else the first that has all of its metrics.
fn analysis<'a>(policy: &'a Policy, run: &RunStatus) -> Option<&'a Analysis> {
    let has_all = |analysis: &&Analysis| {
        let known = |name: &str| analysis.metrics.iter().any(|metric| metric.name == name);
        run.metrics.iter().all(|metric| known(&metric.name))
    };
    let binding = match run.step {
        Some(None) => Binding::Background,
        Some(Some(step)) => Binding::Step(step),
        None => return policy.strategy.analyses().find(has_all),
    };
    Some(binding.analysis(&policy.strategy)).filter(|analysis| !analysis.metrics.is_empty())
}

fn no_analysis(policy: &Policy, run: &RunStatus) -> Finding {
    let wanted = match run.step {
        Some(None) => "in the background".to_owned(),
        Some(Some(step)) => format!("at the step with index {step}"),
        None => "with all of its metrics".to_owned(),
    };
    let names = |analysis: &Analysis| {
        let names = analysis.metrics.iter().map(|metric| metric.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let there: Vec<String> = policy.strategy.analyses().map(names).collect();
    let help = match there.is_empty() {
        true => "it has none at all".to_owned(),
        false => format!("its analyses measure: {}", there.join("; ")),
    };
    Finding::error(format!(
        "{}: the policy {} has no analysis {wanted}",
        run.name, policy.name
    ))
    .at(run.span, "")
    .help(help)
}

/// Metrics that asked something else than the policy does, white space apart.
fn other_queries(policy: &Policy, analysis: &Analysis, run: &RunStatus) -> Vec<Finding> {
    let bare = |query: &str| -> String { query.chars().filter(|c| !c.is_whitespace()).collect() };
    let mut findings = Vec::new();
    for metric in &run.metrics {
        let Some(asked) = analysis.metrics.iter().find(|asked| asked.name == metric.name) else {
            continue;
        };
        let check = &policy.checks[asked.check.0];
        let (Question::Prometheus { query }, Some(theirs)) = (&check.question, &metric.query) else {
            continue;
        };
        if bare(query) != bare(theirs) {
            findings.push(
                Finding::warning(format!(
                    "{}: theirs asked another query than the policy",
                    metric.name
                ))
                .at(metric.span, "")
                .at(check.span, "the policy's")
                .help(format!(
                    "theirs: {}",
                    theirs.split_whitespace().collect::<Vec<_>>().join(" ")
                )),
            );
        }
    }
    findings
}

fn lay_ending(
    policy: &Policy,
    incident: &mut Incident<'_>,
    theirs: &EndingStatus,
    over: Over,
    options: &Options,
) -> LaidEnding {
    // What has not ended is compared at the last moment that it tells of.
    let until = match (theirs.end, theirs.at) {
        (End::Waiting | End::Running, Some(at)) => at.max(over.from),
        (_, Some(at)) => over.until.min(at.max(over.from) + Duration::from_secs(86_400)),
        (_, None) => over.until.min(over.from + Duration::from_secs(86_400)),
    };
    let seen = incident.play(over.from, until, &mut ());
    let (end, after) = standing(&seen);
    let at = theirs.at.unwrap_or(over.from);
    let mut differences = Vec::new();
    let mut differs = |what: What, ours: String, said: String, may_be: Vec<String>| {
        differences.push(Difference {
            of: theirs.name.clone(),
            check: None,
            measurement: None,
            at,
            what,
            ours,
            theirs: said,
            may_be,
            span: theirs.span,
        });
    };
    let decided = seen.decided_by.map(|check| policy.checks[check.0].name.as_str());
    if end != theirs.end {
        let may_be = vec!["its AnalysisRuns tell where the two part: put them into the same file".to_owned()];
        differs(
            What::Ending,
            words(end, after, decided),
            theirs.words.clone(),
            may_be,
        );
    } else {
        if let (Some(after), Some(at)) = (after, theirs.at) {
            let late = at - (over.from + after).whole_second();
            if late > options.within || -late > options.within {
                let said = format!("{} {} after its start", end.said(), at - over.from);
                differs(What::End, words(end, Some(after), decided), said, Vec::new());
            }
        }
        if let (Some(ours), Some(blamed)) = (decided, theirs.blamed.as_deref())
            && ours != blamed
        {
            differs(
                What::Ending,
                format!("decided by {ours}"),
                format!("decided by {blamed}"),
                Vec::new(),
            );
        }
    }
    LaidEnding {
        name: format!("{} {}", theirs.kind, theirs.name),
        from: over.from,
        theirs: theirs.words.clone(),
        ours: words(end, after, decided),
        differences,
    }
}

fn standing(seen: &Hindsight) -> (End, Option<Duration>) {
    match (seen.rolled_back_after, seen.promoted_after, seen.waiting) {
        (Some(after), _, _) => (End::RolledBack, Some(after)),
        (None, Some(after), _) => (End::Promoted, Some(after)),
        (None, None, true) => (End::Waiting, None),
        (None, None, false) => (End::Running, None),
    }
}

fn words(end: End, after: Option<Duration>, decided: Option<&str>) -> String {
    let mut words = end.said().to_owned();
    if let Some(after) = after {
        words += &format!(" {after} after its start");
    }
    if let Some(check) = decided {
        words += &format!(" by {check}");
    }
    words
}
