use super::planner::{Elements, Planned, Planner, Refused};
use super::program::{Op, Slots, Taken};
use super::{aggregate, call, labels, matching, selector};
use crate::promql::ast::{Binary, BinaryOp, Bytes, Expr, ExprKind, Sign};
use crate::promql::functions::{self, Elementwise};

/// Plans an expression.
pub fn plan(planner: &mut Planner<'_>, expr: &Expr) -> Result<Planned, Refused> {
    match &expr.kind {
        ExprKind::Number(number) => Ok(Planned::Scalar(planner.constant(number.value))),
        ExprKind::Text(text) => Ok(Planned::Text(text.clone())),
        ExprKind::Paren(inner) => plan(planner, inner),
        ExprKind::Selector(selector) => {
            selector::instant(planner, &expr.at, selector, Taken::Value).map(Planned::Vector)
        }
        ExprKind::Range(range) => selector::range(planner, range).map(Planned::Matrix),
        ExprKind::Subquery(subquery) => selector::subquery(planner, subquery).map(Planned::Matrix),
        ExprKind::Unary(sign, operand) => unary(planner, *sign, operand),
        ExprKind::Binary(operation) => binary(planner, &expr.at, operation),
        ExprKind::Aggregate(aggregation) => aggregate::plan(planner, &expr.at, aggregation),
        ExprKind::Call(call) => call::plan(planner, &expr.at, call),
    }
}

/// Plans an expression that must be a number.
pub fn scalar(planner: &mut Planner<'_>, expr: &Expr) -> Result<usize, Refused> {
    match plan(planner, expr)? {
        Planned::Scalar(slot) => Ok(slot),
        _ => Err(planner.invalid(&expr.at, "expected a number (a scalar) here")),
    }
}

/// Plans an expression that must be an instant vector.
pub fn vector(planner: &mut Planner<'_>, expr: &Expr) -> Result<Elements, Refused> {
    match plan(planner, expr)? {
        Planned::Vector(elements) => Ok(elements),
        Planned::Scalar(_) => Err(planner.invalid(&expr.at, "expected an instant vector here, not a number")),
        Planned::Matrix(_) => {
            Err(planner.invalid(&expr.at, "expected an instant vector here, not a range vector"))
        }
        Planned::Text(_) => Err(planner.invalid(&expr.at, "expected an instant vector here, not a text")),
    }
}

/// An expression without the parentheses around it.
pub fn unwrapped(mut expr: &Expr) -> &Expr {
    while let ExprKind::Paren(inner) = &expr.kind {
        expr = inner;
    }
    expr
}

/// Applies a function to each element, whose names are dropped.
pub fn each(
    planner: &mut Planner<'_>,
    function: Elementwise,
    input: &Elements,
    parameters: [usize; 2],
) -> Elements {
    let op = Op::Each {
        function,
        input: input.slots,
        parameters,
    };
    let slots = planner.step(op, input.labels.len());
    nameless(planner, slots, input)
}

fn nameless(planner: &mut Planner<'_>, slots: Slots, input: &Elements) -> Elements {
    let labels = input.labels.iter().map(labels::without_name).collect();
    planner.elements(slots, labels)
}

fn unary(planner: &mut Planner<'_>, sign: Sign, operand: &Expr) -> Result<Planned, Refused> {
    match (plan(planner, operand)?, sign) {
        (planned @ (Planned::Scalar(_) | Planned::Vector(_)), Sign::Plus) => Ok(planned),
        (Planned::Scalar(slot), Sign::Minus) => Ok(Planned::Scalar(match planner.known(slot) {
            Some(value) => planner.constant(-value),
            None => {
                let input = Slots { start: slot, len: 1 };
                let op = Op::Each {
                    function: Elementwise::Negate,
                    input,
                    parameters: [slot; 2],
                };
                planner.step(op, 1).start
            }
        })),
        (Planned::Vector(elements), Sign::Minus) => {
            let unused = planner.constant(0.0);
            Ok(Planned::Vector(each(
                planner,
                Elementwise::Negate,
                &elements,
                [unused; 2],
            )))
        }
        (Planned::Matrix(_) | Planned::Text(_), _) => {
            Err(planner.invalid(&operand.at, "a sign needs a number or an instant vector"))
        }
    }
}

fn binary(planner: &mut Planner<'_>, at: &Bytes, operation: &Binary) -> Result<Planned, Refused> {
    let op = operation.op;
    if matches!(op, BinaryOp::TrimLower | BinaryOp::TrimUpper) {
        let help = "classic histograms, the `_bucket` series, are";
        return Err(planner.unsupported(at, "native histograms (`</`, `>/`) are not supported", Some(help)));
    }
    let fills = operation
        .matching
        .as_ref()
        .is_some_and(|m| m.fill_left.is_some() || m.fill_right.is_some());
    if fills {
        let help = "add the missing elements with `or`";
        return Err(planner.unsupported(
            at,
            "`fill` modifiers are experimental and not supported",
            Some(help),
        ));
    }
    // Both sides first: what is wrong on the right is worth saying too.
    let (left, right) = (plan(planner, &operation.left), plan(planner, &operation.right));
    let truth = operation.bool_modifier;
    match (left?, right?) {
        (Planned::Scalar(_), Planned::Scalar(_)) if op.is_set() => {
            Err(planner.invalid(at, "set operators need instant vectors on both sides"))
        }
        (Planned::Scalar(left), Planned::Scalar(right)) => {
            if op.is_comparison() && !truth {
                return Err(planner.invalid(at, "comparisons between numbers need `bool`"));
            }
            let known = planner.known(left).zip(planner.known(right));
            Ok(Planned::Scalar(match known {
                Some((left, right)) if op.is_comparison() => {
                    let holds = functions::compare(op, left, right);
                    planner.constant(f64::from(u8::from(holds)))
                }
                Some((left, right)) => planner.constant(functions::compute(op, left, right)),
                None => planner.step(Op::Numbers { op, left, right }, 1).start,
            }))
        }
        (Planned::Vector(left), Planned::Vector(right)) => {
            matching::plan(planner, at, operation, &left, &right).map(Planned::Vector)
        }
        (Planned::Vector(vector), Planned::Scalar(number)) if !op.is_set() => Ok(Planned::Vector(broadcast(
            planner, op, truth, &vector, number, false,
        ))),
        (Planned::Scalar(number), Planned::Vector(vector)) if !op.is_set() => Ok(Planned::Vector(broadcast(
            planner, op, truth, &vector, number, true,
        ))),
        _ => Err(planner.invalid(
            at,
            "binary operators need numbers or instant vectors, set operators vectors",
        )),
    }
}

fn broadcast(
    planner: &mut Planner<'_>,
    op: BinaryOp,
    truth: bool,
    vector: &Elements,
    number: usize,
    number_left: bool,
) -> Elements {
    let step = Op::Broadcast {
        op,
        truth,
        vector: vector.slots,
        number,
        number_left,
    };
    let slots = planner.step(step, vector.labels.len());
    if op.is_comparison() && !truth {
        return planner.elements(slots, vector.labels.clone());
    }
    nameless(planner, slots, vector)
}
