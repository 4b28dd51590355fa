//! Rules that leave metrics out of a run's phase.

use regex::Regex;

/// Numbers of the metrics in `names` that a rule matches: regular expressions, found anywhere in the name
/// (argo-rollouts `GetDryRunMetrics`).
///
/// # Errors
///
/// The controller's words, if a rule matches nothing or is no regular expression (a bare `*`).
pub fn matched(rules: &[String], names: &[&str]) -> Result<Vec<usize>, String> {
    let mut matched = Vec::new();
    for (n, rule) in rules.iter().enumerate() {
        let expression = Regex::new(rule).ok();
        let hits = names.iter().enumerate().filter(|(_, name)| {
            let expression = expression.as_ref();
            expression.is_some_and(|expression| expression.is_match(name))
        });
        let before = matched.len();
        matched.extend(hits.map(|(metric, _)| metric));
        if matched.len() == before {
            return Err(format!("dryRun[{n}]: Rule didn't match any metric name(s)"));
        }
    }
    matched.sort_unstable();
    matched.dedup();
    Ok(matched)
}
