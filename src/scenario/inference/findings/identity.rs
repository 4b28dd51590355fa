//! Whether a query reads the canary, and nothing but it.

use super::super::identity::is_host;
use super::super::matched::reaches;
use super::super::place::Match;
use super::super::{Reads, ToldBy};
use super::subject::{Subject, warn, warn_of_value};
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{Analysis, Background, StepKind};
use crate::series::{MatchOp, Matcher};

pub(super) fn of(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    match subject.reading.reads {
        Reads::Diluted => {
            let bare = subject.matches.iter().all(|(n, found, _)| {
                let outcome = found.family.outcome.as_ref().map(|outcome| &outcome.label);
                subject.asked[*n]
                    .one
                    .matchers
                    .iter()
                    .all(|matcher| Some(&matcher.name) == outcome)
            });
            let message = "nothing in the query tells the canary from the stable version".to_owned();
            let label = "reads both versions in one, diluted by the weight";
            let shared = subject.matches.iter().find_map(|(n, ..)| {
                let one = &subject.asked[*n].one;
                let values = one.matchers.iter().map(|matcher| matcher.value.as_str());
                let passed = values.filter(|value| subject.query.check.passes(value).is_some());
                Some((one, passed.max_by_key(|value| value.len())?))
            });
            let finding = match shared {
                Some((one, value)) => warn_of_value(subject, one, value, &message, label),
                None => warn(subject, &message, label),
            };
            let finding = finding.help("select the canary: rollouts_pod_template_hash with podTemplateHashValue: Latest, or its Service");
            found.push(if bare {
                finding.help("it does not even select the service: other services answer too")
            } else {
                finding
            });
        }
        Reads::Nothing if subject.matches.is_empty() => {
            let message = "the query reads no series: its answer is the same whatever the release does";
            found.push(warn(subject, message, "a constant").help("ask for a series of the canary"));
        }
        Reads::Unknown => {
            let message = "a selector names no metric, so no series is played for it: every look is empty";
            found.push(warn(subject, message, "no name").help("write the metric's name before the braces"));
        }
        Reads::Both => {
            strange_service(subject, found);
            alone_at_full_weight(subject, found);
        }
        Reads::Nothing => {
            // Of what is reached and merely never ends so, `outcomes` tells.
            let lost = subject.matches.iter().find(|(n, found, matched)| {
                !matched.any() && !reaches(&found.family, &subject.asked[*n].one)
            });
            if let Some((n, ..)) = lost {
                let one = &subject.asked[*n].one;
                let host = one
                    .matchers
                    .iter()
                    .find(|matcher| is_host(&matcher.name) && !matcher.value.contains('.'));
                let finding = match host {
                    Some(matcher) => {
                        let message = format!(
                            "{} holds full DNS names and matchers are anchored, so {:?} never matches: every look is empty",
                            matcher.name, matcher.value
                        );
                        let name = format!("{0}.NAMESPACE.svc.cluster.local", matcher.value);
                        warn_of_value(subject, one, &matcher.value, &message, "a short Service name")
                            .help(format!("write {name}, or add .* to the pattern"))
                    }
                    None => {
                        let message = format!(
                            "{} matches no series of the service: every look is empty",
                            one.name
                        );
                        let value = one
                            .matchers
                            .iter()
                            .find(|matcher| subject.query.check.passes(&matcher.value).is_some());
                        let value = value.map_or("", |matcher| matcher.value.as_str());
                        warn_of_value(subject, one, value, &message, "matches nothing")
                    }
                };
                found.push(finding);
            }
        }
        _ => {}
    }
    if let Some(ToldBy::Word(label)) = &subject.reading.told_by
        && ["track", "role", "version", "variant", "slot"].contains(&label.as_str())
    {
        let message = format!("the Rollout gives no pod the label {label} that the query relies on");
        let help = "set it in canaryMetadata.labels and stableMetadata.labels, or use the pod-template-hash";
        found.push(warn(subject, &message, "told apart by a word alone").help(help));
    }
}

/// A comparison with the stable version that goes on while the canary has all the traffic.
fn alone_at_full_weight(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let stable_alone = |&(_, _, matched): &Match<'_>| matched.any() && matched.stable && !matched.canary;
    if !subject.matches.iter().any(stable_alone) {
        return;
    }
    let Some(canary) = subject.policy.strategy.canary() else {
        return;
    };
    let asks = |analysis: &Analysis| {
        analysis
            .metrics
            .iter()
            .any(|metric| metric.check == subject.query.id)
    };
    let background = canary.background.as_ref();
    let beside = background.filter(|background| asks(&background.analysis));
    let mut full = None;
    for (number, step) in canary.steps.iter().enumerate() {
        let goes_on = |background: &Background| number >= background.starting_step;
        let looks = match &step.kind {
            StepKind::SetWeight(weight) => {
                full = (*weight >= canary.max_weight).then_some(step.span);
                false
            }
            StepKind::Pause(_) => beside.is_some_and(goes_on),
            StepKind::Other => false,
            StepKind::Analysis(_) | StepKind::Experiment(_) => {
                step.kind.analyses().any(asks) || beside.is_some_and(goes_on)
            }
        };
        if let Some(step) = full.filter(|_| looks) {
            let message =
                "it compares with the stable version, which serves nothing while the canary has all traffic";
            let finding = warn(
                subject,
                message,
                "a division by nothing is NaN, and no comparison with NaN holds",
            );
            found.push(finding.at(step, "all traffic from here on").help(
                "end the comparison before the last step, or leave some traffic to the stable version",
            ));
            return;
        }
    }
}

/// A value beside the canary's Service, in the same label, that is no Service of the Rollout: whoever wrote it meant the
/// stable version, and a cluster shows nothing under that name.
fn strange_service(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let identity = &subject.policy.identity;
    let Some(ToldBy::Service(label)) = &subject.reading.told_by else {
        return;
    };
    let own = [&identity.canary_service, &identity.stable_service];
    let known = |value: &str| {
        let names = own.into_iter().flatten().chain(&identity.shared_services);
        let mut names = names.chain([&identity.rollout]);
        names.any(|name| value.split('.').next() == Some(name.as_str()))
    };
    for (n, one, matched) in subject.matches {
        let asked = &subject.asked[*n].one;
        let diluted = matched.any() && matched.canary && matched.stable && !one.stated;
        let strange = |matcher: &&Matcher| matcher.op == MatchOp::Equal && !known(&matcher.value);
        let Some(matcher) = asked.matchers_of(label).find(strange).filter(|_| diluted) else {
            continue;
        };
        let message = format!(
            "{:?} is no Service of this Rollout: it is played as a name that both versions share, and in a cluster \
             without it every look is empty",
            matcher.value
        );
        let label = "neither canaryService nor stableService";
        let finding = warn_of_value(subject, asked, &matcher.value, &message, label);
        found.push(match &identity.stable_service {
            Some(stable) => finding.help(format!("the stable version's is {stable}")),
            None => finding.help("name the stable version's Service as stableService"),
        });
        return;
    }
}
