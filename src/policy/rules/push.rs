//! Matchers of a recorded series, asked of what it is made of.

use crate::promql::ast::{Aggregate, Binary, BinaryOp, Call, Expr, ExprKind, Matching, Side, ValueType};
use crate::series::Matcher;

/// Why a matcher cannot be asked of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cannot {
    /// What the expression gives has no such label, and the matcher wants it: there is never an answer.
    Never,
    /// It would be another question.
    Refused(String),
}

type Pushed = Result<Expr, Cannot>;

/// `expr`, of which only what passes `matcher` is left.
pub(super) fn push(expr: &Expr, matcher: &Matcher) -> Pushed {
    let with = |kind: ExprKind| Expr {
        at: expr.at.clone(),
        kind,
    };
    if expr.value_type() == ValueType::Scalar {
        return without_label(expr, matcher);
    }
    Ok(with(match &expr.kind {
        ExprKind::Number(_) | ExprKind::Text(_) => return without_label(expr, matcher),
        ExprKind::Selector(selector) => {
            let mut selector = selector.clone();
            selector.matchers.push(matcher.clone());
            ExprKind::Selector(selector)
        }
        ExprKind::Range(range) => {
            let mut range = range.clone();
            range.selector.matchers.push(matcher.clone());
            ExprKind::Range(range)
        }
        ExprKind::Subquery(subquery) => {
            let mut subquery = subquery.clone();
            *subquery.expr = push(&subquery.expr, matcher)?;
            ExprKind::Subquery(subquery)
        }
        ExprKind::Unary(sign, inner) => ExprKind::Unary(*sign, Box::new(push(inner, matcher)?)),
        ExprKind::Paren(inner) => ExprKind::Paren(Box::new(push(inner, matcher)?)),
        ExprKind::Aggregate(aggregate) => return aggregated(expr, aggregate, matcher),
        ExprKind::Call(call) => return called(expr, call, matcher),
        ExprKind::Binary(binary) => return combined(expr, binary, matcher),
    }))
}

/// What has no label of that name passes, or never does.
fn without_label(expr: &Expr, matcher: &Matcher) -> Pushed {
    if matcher.accepts("") {
        Ok(expr.clone())
    } else {
        Err(Cannot::Never)
    }
}

fn refused(matcher: &Matcher, why: &str) -> Pushed {
    Err(Cannot::Refused(format!("{} {why}", matcher.name)))
}

fn aggregated(expr: &Expr, aggregate: &Aggregate, matcher: &Matcher) -> Pushed {
    let listed = aggregate.labels.contains(&matcher.name);
    let selects = matches!(
        aggregate.op.as_str(),
        "topk" | "bottomk" | "limitk" | "limit_ratio"
    );
    if aggregate.op == "count_values" {
        return refused(matcher, "stands outside count_values");
    }
    if listed == aggregate.without {
        // The label does not tell groups apart; these operators keep it all the same.
        return if selects {
            refused(
                matcher,
                &format!("would be asked before {} chooses", aggregate.op),
            )
        } else {
            without_label(expr, matcher)
        };
    }
    let inner = push(&aggregate.expr, matcher)?;
    let aggregate = Aggregate {
        expr: Box::new(inner),
        ..aggregate.clone()
    };
    Ok(Expr {
        at: expr.at.clone(),
        kind: ExprKind::Aggregate(aggregate),
    })
}

fn called(expr: &Expr, call: &Call, matcher: &Matcher) -> Pushed {
    match call.function.as_str() {
        "vector" => return without_label(expr, matcher),
        "absent" | "absent_over_time" | "label_replace" | "label_join" | "info" => {
            return refused(matcher, &format!("stands outside {}", call.function));
        }
        "histogram_quantile" | "histogram_fraction" if matcher.name == "le" => {
            return without_label(expr, matcher);
        }
        _ => {}
    }
    let mut call = call.clone();
    let mut asked = false;
    for argument in &mut call.arguments {
        if matches!(argument.value_type(), ValueType::Vector | ValueType::Matrix) {
            *argument = push(argument, matcher)?;
            asked = true;
        }
    }
    if !asked {
        return without_label(expr, matcher);
    }
    Ok(Expr {
        at: expr.at.clone(),
        kind: ExprKind::Call(call),
    })
}

fn combined(expr: &Expr, binary: &Binary, matcher: &Matcher) -> Pushed {
    let with = |left: Expr, right: Expr| Expr {
        at: expr.at.clone(),
        kind: ExprKind::Binary(Binary {
            left: Box::new(left),
            right: Box::new(right),
            ..binary.clone()
        }),
    };
    let (left, right) = (&*binary.left, &*binary.right);
    if left.value_type() == ValueType::Scalar {
        return Ok(with(left.clone(), push(right, matcher)?));
    }
    if right.value_type() == ValueType::Scalar {
        return Ok(with(push(left, matcher)?, right.clone()));
    }
    let usual = Matching::default();
    let matching = binary.matching.as_ref().unwrap_or(&usual);
    let matches_by = matching.labels.contains(&matcher.name) == matching.on;
    match binary.op {
        BinaryOp::And | BinaryOp::Unless => return Ok(with(push(left, matcher)?, right.clone())),
        BinaryOp::Or if matches_by => {
            return match (push(left, matcher), push(right, matcher)) {
                (Ok(left), Ok(right)) => Ok(with(left, right)),
                (Ok(only), Err(Cannot::Never)) | (Err(Cannot::Never), Ok(only)) => Ok(only),
                (Err(why), _) | (_, Err(why)) => Err(why),
            };
        }
        BinaryOp::Or => {
            return match push(right, matcher) {
                // Nothing of the right side passes, so nothing of it is missed.
                Err(Cannot::Never) => push(left, matcher),
                _ => refused(matcher, "does not tell apart what `or` puts together"),
            };
        }
        _ => {}
    }
    if matching.fill_left.is_some() || matching.fill_right.is_some() {
        return refused(matcher, "stands outside a match that is filled");
    }
    match &matching.group {
        Some((_, copied)) if copied.contains(&matcher.name) => refused(matcher, "is copied by a group"),
        Some((side, _)) if !matches_by => Ok(match side {
            Side::Left => with(push(left, matcher)?, right.clone()),
            Side::Right => with(left.clone(), push(right, matcher)?),
        }),
        _ if matches_by => Ok(with(push(left, matcher)?, push(right, matcher)?)),
        // What is not matched by is left out of the answer.
        _ => without_label(expr, matcher),
    }
}
