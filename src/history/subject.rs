use crate::policy::argo::arguments::SECRET;
use crate::policy::argo::spec::{Identity, Policy};
use crate::promql::{self, Plan};
use crate::recording::releases::Subject;
use crate::series::{Layout, Matcher};

/// Whose releases the policies are about: the series that their queries read, of whichever release, and the names of
/// their Rollouts. A query that cannot be asked reads nothing.
pub fn subject(policies: &[Policy], settings: &promql::Settings) -> Subject {
    let mut subject = Subject::default();
    for policy in policies {
        for check in &policy.checks {
            let Some(query) = check.question.query() else {
                continue;
            };
            let plan = promql::parse(query)
                .ok()
                .map(|expr| Plan::new(&expr, &Layout::default(), settings));
            let Some(Ok(plan)) = plan else { continue };
            for ask in plan.asks() {
                let any = |matcher: &&Matcher| !names_one_release(&matcher.value, &policy.identity);
                let matchers: Vec<Matcher> = ask.matchers.iter().filter(any).cloned().collect();
                if !matchers.is_empty() && !subject.selectors.contains(&matchers) {
                    subject.selectors.push(matchers);
                }
            }
        }
        subject.rollouts.push(policy.identity.rollout.clone());
    }
    subject
}

/// Whether a matcher's value is that of one release, or known in the cluster alone.
fn names_one_release(value: &str, identity: &Identity) -> bool {
    let has = |text: &str| !text.is_empty() && value.contains(text);
    has(&identity.canary_hash)
        || has(&identity.stable_hash)
        || has(SECRET)
        || identity.canary_versions.iter().any(|version| version == value)
}
