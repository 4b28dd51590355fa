//! Whether a query reads the canary, and nothing but it.

use super::super::identity::is_host;
use super::super::matched::reaches;
use super::super::{Reads, ToldBy};
use super::subject::{Subject, warn, warn_of};
use crate::diagnostic::Finding;

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
            let finding = warn(subject, &message, "reads both versions in one, diluted by the weight")
                .help("select the canary: rollouts_pod_template_hash with podTemplateHashValue: Latest, or its Service");
            found.push(if bare {
                finding.help("it does not even select the service: other services answer too")
            } else {
                finding
            });
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
                        warn_of(subject, one, &message, "a short Service name")
                            .help(format!("write {name}, or add .* to the pattern"))
                    }
                    None => {
                        let message = format!(
                            "{} matches no series of the service: every look is empty",
                            one.name
                        );
                        warn_of(subject, one, &message, "matches nothing")
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
