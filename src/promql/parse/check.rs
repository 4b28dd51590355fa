use super::error::ParseError;
use super::functions::function;
use crate::promql::ast::{Aggregate, Binary, Bytes, Call, Expr, ExprKind, Selector, ValueType};

type Check = Result<(), ParseError>;

/// Checks types, and forgets matching between sides that are not both vectors.
pub(super) fn check(expr: &mut Expr) -> Check {
    let at = expr.at.clone();
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::Text(_) => Ok(()),
        ExprKind::Selector(selector) => not_everything(selector, at),
        ExprKind::Range(range) => not_everything(&range.selector, range.selector_at.clone()),
        ExprKind::Paren(inner) => check(inner),
        ExprKind::Subquery(subquery) => {
            check(&mut subquery.expr)?;
            expect(&subquery.expr, ValueType::Vector, "a subquery")
        }
        ExprKind::Unary(_, inner) => {
            check(inner)?;
            number_or_vector(inner, "a sign")
        }
        ExprKind::Binary(binary) => {
            check(&mut binary.left)?;
            check(&mut binary.right)?;
            check_binary(binary, at)
        }
        ExprKind::Aggregate(aggregate) => check_aggregate(aggregate),
        ExprKind::Call(call) => check_call(call, at),
    }
}

/// At least one matcher must refuse an absent label, or the selector would read everything there is.
fn not_everything(selector: &Selector, at: Bytes) -> Check {
    if selector.name.is_some() || selector.matchers.iter().any(|matcher| !matcher.accepts("")) {
        return Ok(());
    }
    Err(ParseError::new(at, "this selector could select every series")
        .help("name the series, or give a label that must not be empty"))
}

fn check_binary(binary: &mut Binary, at: Bytes) -> Check {
    let (op, text) = (binary.op, binary.op.text());
    number_or_vector(&binary.left, text)?;
    number_or_vector(&binary.right, text)?;
    let between = binary.left.at.end..binary.right.at.start;
    let sides = [&binary.left, &binary.right].map(|side| side.value_type());
    if binary.bool_modifier && !op.is_comparison() {
        return Err(ParseError::new(
            between,
            format!("bool follows a comparison only, not {text}"),
        ));
    }
    if op.is_comparison() && !binary.bool_modifier && sides == [ValueType::Scalar; 2] {
        return Err(ParseError::new(between, "a comparison of two numbers needs bool")
            .help(format!("write {text} bool")));
    }
    if op.is_set() && sides != [ValueType::Vector; 2] {
        return Err(
            ParseError::new(at, format!("{text} joins vectors only, one side is a number"))
                .help("vector(…) makes a vector of a number"),
        );
    }
    let Some(matching) = &binary.matching else {
        return Ok(());
    };
    let filled = matching.fill_left.is_some() || matching.fill_right.is_some();
    let group = matching.group.as_ref();
    if matching.on
        && let Some((_, copied)) = group
        && let Some(label) = copied.iter().find(|label| matching.labels.contains(label))
    {
        return Err(ParseError::new(
            between,
            format!("the label {label} is both matched on and copied"),
        ));
    }
    if sides != [ValueType::Vector; 2] {
        if !matching.labels.is_empty() || filled {
            return Err(ParseError::new(
                between,
                "only vectors are matched, one side is a number",
            ));
        }
        binary.matching = None;
        return Ok(());
    }
    if op.is_set() && group.is_some() {
        return Err(ParseError::new(
            between,
            format!("{text} takes no group_left or group_right"),
        ));
    }
    if op.is_set() && filled {
        return Err(ParseError::new(between, format!("{text} takes no fill")));
    }
    Ok(())
}

fn check_aggregate(aggregate: &mut Aggregate) -> Check {
    check(&mut aggregate.expr)?;
    expect(&aggregate.expr, ValueType::Vector, &aggregate.op)?;
    let Some(parameter) = &mut aggregate.parameter else {
        return Ok(());
    };
    check(parameter)?;
    let wanted = if aggregate.op == "count_values" {
        ValueType::Text
    } else {
        ValueType::Scalar
    };
    expect(parameter, wanted, &format!("the parameter of {}", aggregate.op))
}

fn check_call(call: &mut Call, at: Bytes) -> Check {
    let Some(known) = function(&call.function) else {
        return Err(ParseError::new(
            call.name_at.clone(),
            format!("there is no function {:?}", call.function),
        ));
    };
    let count = call.arguments.len();
    let (least, most) = known.bounds();
    if count < least || most.is_some_and(|most| count > most) {
        let wanted = match most {
            Some(most) if most == least => format!("{least}"),
            Some(most) => format!("{least} to {most}"),
            None => format!("at least {least}"),
        };
        let message = format!("{} takes {wanted} argument(s), not {count}", known.name);
        return Err(ParseError::new(at, message));
    }
    for (n, argument) in call.arguments.iter_mut().enumerate() {
        // The second argument of info is a selector of labels alone, and may be empty.
        if (known.name, n) == ("info", 1) {
            match &argument.kind {
                ExprKind::Selector(selector) if selector.name.is_none() => continue,
                _ => {
                    let message = "the second argument of info is a selector without a name";
                    return Err(ParseError::new(argument.at.clone(), message));
                }
            }
        }
        check(argument)?;
        let wanted = known.arguments[n.min(known.arguments.len() - 1)];
        expect(argument, wanted, known.name)?;
    }
    Ok(())
}

fn number_or_vector(expr: &Expr, what: &str) -> Check {
    match expr.value_type() {
        ValueType::Scalar | ValueType::Vector => Ok(()),
        other => {
            let message = format!(
                "{what} takes numbers and instant vectors, this is {}",
                name(other)
            );
            Err(ParseError::new(expr.at.clone(), message))
        }
    }
}

fn expect(expr: &Expr, wanted: ValueType, what: &str) -> Check {
    let found = expr.value_type();
    if found == wanted {
        return Ok(());
    }
    let message = format!("{what} takes {}, this is {}", name(wanted), name(found));
    let error = ParseError::new(expr.at.clone(), message);
    Err(match (wanted, found, &expr.kind) {
        (ValueType::Matrix, ValueType::Vector, ExprKind::Selector(_)) => {
            error.help("give it a range such as [5m]")
        }
        (ValueType::Matrix, ValueType::Vector, _) => {
            error.help("a range over an expression is a subquery: [5m:]")
        }
        (ValueType::Vector, ValueType::Scalar, _) => error.help("vector(…) makes a vector of a number"),
        (ValueType::Scalar, ValueType::Vector, _) => {
            error.help("scalar(…) makes a number of a vector with one element")
        }
        _ => error,
    })
}

const fn name(value: ValueType) -> &'static str {
    match value {
        ValueType::Scalar => "a number",
        ValueType::Vector => "an instant vector",
        ValueType::Matrix => "a range vector",
        ValueType::Text => "a string",
    }
}
