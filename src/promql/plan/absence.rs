use super::expression::unwrapped;
use crate::promql::ast::{Expr, ExprKind};
use crate::series::{Labels, MatchOp, Matcher};

/// The labels of what is absent, as far as a selector names them by `=`, and never the series' name.
///
/// A label that was named before, or that another operator names later, is left out. 'Before' and 'later' are in the
/// order in which Prometheus' index leaves the matchers: those first that take series rather than drop them
/// (`PostingsForMatchers` sorts in place).
pub fn labels(argument: &Expr) -> Labels {
    let matchers: &[Matcher] = match &unwrapped(argument).kind {
        ExprKind::Selector(selector) => &selector.matchers,
        ExprKind::Range(range) => &range.selector.matchers,
        _ => &[],
    };
    let (drops, takes): (Vec<_>, Vec<_>) = matchers.iter().partition(|matcher| subtracts(matcher, matchers));
    let mut labels = Labels::default();
    let mut named = Vec::new();
    for matcher in takes.into_iter().chain(drops) {
        if matcher.name == Labels::NAME {
            continue;
        }
        if matcher.op == MatchOp::Equal && !named.contains(&&matcher.name) {
            labels = labels.with(&matcher.name, &matcher.value);
            named.push(&matcher.name);
        } else {
            labels = labels.with(&matcher.name, "");
        }
    }
    labels
}

/// Whether the index applies a matcher by dropping series from what the others took.
fn subtracts(matcher: &Matcher, all: &[Matcher]) -> bool {
    let must_be_set = all
        .iter()
        .any(|other| other.name == matcher.name && !other.accepts(""));
    !must_be_set || (matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex) && matcher.accepts(""))
}

#[cfg(test)]
mod tests {
    use super::labels;
    use crate::promql::parse;

    #[track_caller]
    fn absent(query: &str, expected: &str) {
        assert_eq!(labels(&parse(query).unwrap()).to_string(), expected, "{query}");
    }

    #[test]
    fn takes_labels_from_equality_alone() {
        absent(r#"x{a="1", b=~"2", c!="3"}"#, r#"{a="1"}"#);
        absent(r#"(x{a="1"}[5m])"#, r#"{a="1"}"#);
        absent("sum(x)", "{}");
    }

    #[test]
    fn a_label_named_twice_is_left_out_unless_the_other_came_first() {
        absent(r#"x{a="1", a="2", b="3"}"#, r#"{b="3"}"#);
        absent(r#"x{s!~"[1234].*", s="599"}"#, "{}");
        absent(r#"x{s=~"5..", s="599"}"#, r#"{s="599"}"#);
    }
}
