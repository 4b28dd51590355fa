//! Whether a query tells requests that fail from the others.

use super::subject::{Subject, warn_of};
use crate::diagnostic::Finding;
use crate::series::Matcher;

pub(super) fn of(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    for (n, family, _) in subject.matches {
        let Some(outcome) = &family.family.outcome else {
            continue;
        };
        let one = &subject.asked[*n].one;
        let asks: Vec<&Matcher> = one.matchers_of(&outcome.label).collect();
        if asks.is_empty() {
            continue;
        }
        let accepts = |value: &str| asks.iter().all(|matcher| matcher.accepts(value));
        match (accepts(&outcome.success), accepts(&outcome.failure)) {
            (false, false) => {
                let values: Vec<&str> = asks.iter().map(|matcher| matcher.value.as_str()).collect();
                let message = format!(
                    "requests that fail show as {} {} here, others as {}: this check counts {}, which do not occur",
                    outcome.label,
                    outcome.failure,
                    outcome.success,
                    values.join(" and ")
                );
                let help = "a Scenario document can state another code";
                found.push(warn_of(subject, one, &message, "counts nothing").help(help));
            }
            (true, true) => {
                let written: Vec<String> = asks
                    .iter()
                    .map(|matcher| format!("{}{}{:?}", matcher.name, matcher.op.text(), matcher.value))
                    .collect();
                let message = format!(
                    "{} tells no failed request from others: requests end with {:?} or {:?}",
                    written.join(","),
                    outcome.success,
                    outcome.failure
                );
                found.push(warn_of(subject, one, &message, "another alphabet"));
            }
            _ => {}
        }
    }
}
