use super::inline::inline;
use super::read::Rules;
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{Check, Policy, Question};
use crate::policy::load::Loaded;
use crate::policy::shelf::Shelf;
use crate::promql::ast::Expr;
use crate::promql::{self};
use crate::series::{Labels, MatchOp};

/// Reads the queries of all policies through the rules on the shelf. A policy that asks for what cannot be read through
/// its rule is refused; rules that nobody asks for are left alone without a word.
pub fn apply(shelf: &Shelf, loaded: &mut Loaded) {
    let rules = Rules::read(shelf);
    if rules.alerting > 0 {
        *loaded.ignored.entry("alerting rule".to_owned()).or_default() += rules.alerting;
    }
    if rules.recording.is_empty() && rules.broken.is_empty() {
        return;
    }
    let policies = std::mem::take(&mut loaded.policies);
    for mut policy in policies {
        let found = of_policy(&mut policy, &rules);
        match found {
            Ok(notes) => {
                loaded.findings.extend(notes);
                loaded.policies.push(policy);
            }
            Err(errors) => {
                loaded.findings.extend(errors);
                loaded.refused += 1;
            }
        }
    }
}

fn of_policy(policy: &mut Policy, rules: &Rules) -> Result<Vec<Finding>, Vec<Finding>> {
    let (mut notes, mut errors) = (Vec::new(), Vec::new());
    for check in &mut policy.checks {
        match of_check(check, rules) {
            Ok(found) => notes.extend(found),
            Err(finding) => errors.push(*finding),
        }
    }
    if errors.is_empty() { Ok(notes) } else { Err(errors) }
}

fn of_check(check: &mut Check, rules: &Rules) -> Result<Vec<Finding>, Box<Finding>> {
    let Question::Prometheus { query, .. } = &mut check.question else {
        return Ok(Vec::new());
    };
    let Ok(expr) = promql::parse(query) else {
        return Ok(Vec::new());
    };
    if let Some((_, finding)) = rules.broken.iter().find(|(record, _)| asks_for(&expr, record)) {
        return Err(Box::new(finding.clone().at(check.span, "asked for here")));
    }
    let inlined = match inline(&expr, rules) {
        Ok(Some(inlined)) => inlined,
        Ok(None) => return Ok(Vec::new()),
        Err(why) => {
            let message = format!("check {} cannot be read through its recording rule", check.name);
            return Err(Box::new(
                Finding::error(message)
                    .at(check.span, why)
                    .help("write the rule's expression into the query"),
            ));
        }
    };
    let through: Vec<_> = inlined
        .through
        .iter()
        .map(|&number| &rules.recording[number])
        .collect();
    let mut intervals: Vec<String> = through.iter().map(|rule| rule.interval.to_string()).collect();
    intervals.sort();
    intervals.dedup();
    let message = format!(
        "check {} sees what is recorded every {}, not what is there when it looks",
        check.name,
        intervals.join(" and ")
    );
    let note = Finding::note(message).at(check.span, "reads a recorded series");
    let note = through.iter().fold(note, |note, rule| {
        note.at(rule.span, format!("{} is recorded here", rule.record))
    });
    let mut found =
        vec![note.help("evaluations are taken to begin at multiples of the interval and to take no time")];
    for selector in &inlined.empty {
        let message = format!(
            "check {}: {selector} is never recorded, so it is always empty",
            check.name
        );
        found.push(
            Finding::warning(message)
                .at(check.span, "the rule's expression keeps no such label")
                .help("keep the label in the rule: sum by (…)"),
        );
    }
    *query = inlined.expr.to_string();
    // They were places in the text as it was written.
    check.selectors.clear();
    Ok(found)
}

fn asks_for(expr: &Expr, record: &str) -> bool {
    let mut asks = false;
    expr.selectors(&mut |selector, _| {
        let mut matchers = selector.matchers.iter();
        asks |= matchers.any(|matcher| {
            matcher.name == Labels::NAME && matcher.op == MatchOp::Equal && matcher.value == record
        });
    });
    asks
}
