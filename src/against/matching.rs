//! Which of their objects belong to the policy, and to what of it.

use super::status::{EndingStatus, RunStatus, Theirs};
use crate::analysis::Phase;
use crate::controller::argo::Binding;
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{Analysis, Policy, Question};
use crate::recording::Recording;

/// The runs and rollouts of `theirs` that are the policy's and that the recording can tell of; what is left aside is a
/// finding. Where nothing is called as the policy, all of it is taken for the policy's.
pub(super) fn belonging<'a>(
    policy: &Policy,
    recording: &Recording,
    theirs: &'a Theirs,
) -> (Vec<&'a RunStatus>, Vec<&'a EndingStatus>, Vec<Finding>) {
    let own = |run: &RunStatus| run.owner.as_deref() == Some(&policy.name);
    let called = |ending: &EndingStatus| ending.name == policy.name;
    let named = theirs.runs.iter().any(own) || theirs.endings.iter().any(called);
    let mut findings = Vec::new();
    let mut aside: Vec<&str> = Vec::new();
    let mut runs = Vec::new();
    for run in &theirs.runs {
        if named && run.owner.is_some() && !own(run) {
            aside.push(run.owner.as_deref().unwrap_or(""));
        } else if run.last() < recording.first || run.started > recording.last {
            let message = format!("{}: the recording holds nothing of its time", run.name);
            findings.push(Finding::warning(message).at(run.span, ""));
        } else if run.phase == Phase::Pending && run.metrics.is_empty() {
            findings.push(Finding::note(format!("{} has not measured anything", run.name)).at(run.span, ""));
        } else {
            runs.push(run);
        }
    }
    let mut endings = Vec::new();
    for ending in &theirs.endings {
        if named && !called(ending) {
            aside.push(&ending.name);
        } else {
            endings.push(ending);
        }
    }
    aside.sort_unstable();
    aside.dedup();
    if !aside.is_empty() {
        let message = format!(
            "left aside, as of other rollouts than {}: {}",
            policy.name,
            aside.join(", ")
        );
        findings.push(Finding::note(message));
    }
    (runs, endings, findings)
}

/// The first background run of what `ending` tells of (its rollout, the version it is about), if the rollout began with
/// it.
pub(super) fn first_of<'a>(
    policy: &Policy,
    ending: &EndingStatus,
    runs: &[&'a RunStatus],
) -> Option<&'a RunStatus> {
    let background = policy
        .strategy
        .canary()
        .and_then(|canary| canary.background.as_ref());
    let at_once = background.is_some_and(|background| background.starting_step == 0);
    let own = |run: &&&RunStatus| {
        let version = run.hash.is_none() || ending.hash.is_none() || run.hash == ending.hash;
        let owner = run.owner.as_ref().is_none_or(|owner| *owner == ending.name);
        let begins = matches!(run.binding, None | Some(Binding::Background));
        version && owner && begins
    };
    runs.iter().find(own).filter(|_| at_once).copied()
}

/// The policy as it asks for the version that was really there: its hash in the place of the made-up one.
pub(super) fn with_hash(policy: &Policy, hash: Option<&str>) -> Policy {
    let mut policy = policy.clone();
    let made_up = policy.identity.canary_hash.clone();
    if let Some(hash) = hash.filter(|_| !made_up.is_empty()) {
        for check in &mut policy.checks {
            if let Some(query) = check.question.query_mut() {
                *query = query.replace(&made_up, hash);
            }
        }
    }
    policy
}

/// The analysis that a run was made of: by its labels, else the first that has all of its metrics.
pub(super) fn analysis<'a>(policy: &'a Policy, run: &RunStatus) -> Option<&'a Analysis> {
    let has_all = |analysis: &&Analysis| {
        let known = |name: &str| analysis.metrics.iter().any(|metric| metric.name == name);
        run.metrics.iter().all(|metric| known(&metric.name))
    };
    match run.binding {
        Some(binding) => {
            Some(binding.analysis(&policy.strategy)).filter(|analysis| !analysis.metrics.is_empty())
        }
        None => policy.strategy.analyses().find(has_all),
    }
}

pub(super) fn no_analysis(policy: &Policy, run: &RunStatus) -> Finding {
    let wanted = match run.binding {
        Some(Binding::Background) => "in the background".to_owned(),
        Some(Binding::Step(step)) => format!("at the step with index {step}"),
        Some(Binding::Experiment(step, _)) => format!("in the experiment at the step with index {step}"),
        Some(Binding::PrePromotion) => "before the promotion".to_owned(),
        Some(Binding::PostPromotion) => "after the promotion".to_owned(),
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
pub(super) fn other_queries(policy: &Policy, analysis: &Analysis, run: &RunStatus) -> Vec<Finding> {
    let bare = |query: &str| -> String { query.chars().filter(|c| !c.is_whitespace()).collect() };
    let mut findings = Vec::new();
    for metric in &run.metrics {
        let Some(asked) = analysis.metrics.iter().find(|asked| asked.name == metric.name) else {
            continue;
        };
        let check = &policy.checks[asked.check.0];
        let (Question::Prometheus { query, .. }, Some(theirs)) = (&check.question, &metric.query) else {
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
