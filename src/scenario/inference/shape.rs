//! What a query measures, and how what it gives is scaled.

use crate::promql::ast::{Binary, BinaryOp, Bytes, Call, Expr, ExprKind, Sign};

/// A query's value is `factor × core + offset`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    pub core: Core,
    pub factor: f64,
    pub offset: f64,
    /// A comparison stands inside the query: what does not satisfy it gives no value at all.
    pub filtered: bool,
}

/// What is measured. Selectors are named by where they stand.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Core {
    /// A number written in the query.
    Constant,
    /// Rates of these selectors, added.
    Rate(Vec<Bytes>),
    /// The first less the second.
    Rest(Vec<Bytes>, Vec<Bytes>),
    /// One over the other.
    Ratio(Vec<Bytes>, Vec<Bytes>),
    /// The quantile of a histogram.
    Quantile(f64, Bytes),
    /// The time since the moments that these selectors show.
    Age(Vec<Bytes>),
    /// Something else, or two things compared with each other.
    Other,
}

impl Shape {
    fn plain(core: Core) -> Self {
        Self {
            core,
            factor: 1.0,
            offset: 0.0,
            filtered: false,
        }
    }

    fn number(value: f64) -> Self {
        Self {
            offset: value,
            ..Self::plain(Core::Constant)
        }
    }

    fn scaled(mut self, factor: f64) -> Self {
        self.factor *= factor;
        self.offset *= factor;
        self
    }

    fn constant(&self) -> Option<f64> {
        (self.core == Core::Constant).then_some(self.offset)
    }

    /// What is measured, if nothing was done to it but scaling.
    fn rates(&self) -> Option<&[Bytes]> {
        match &self.core {
            Core::Rate(rates) if self.offset == 0.0 => Some(rates),
            _ => None,
        }
    }
}

/// The shape of a query.
pub(super) fn shape(expr: &Expr) -> Shape {
    match &expr.kind {
        ExprKind::Number(number) => Shape::number(number.value),
        ExprKind::Text(_) => Shape::plain(Core::Other),
        ExprKind::Selector(_) => Shape::plain(Core::Rate(vec![expr.at.clone()])),
        ExprKind::Range(range) => Shape::plain(Core::Rate(vec![range.selector_at.clone()])),
        ExprKind::Subquery(subquery) => shape(&subquery.expr),
        ExprKind::Paren(inside) => shape(inside),
        ExprKind::Unary(sign, inside) => shape(inside).scaled(if *sign == Sign::Minus { -1.0 } else { 1.0 }),
        ExprKind::Aggregate(aggregate) => match aggregate.op.as_str() {
            "sum" | "avg" | "max" | "min" | "topk" | "bottomk" | "quantile" => shape(&aggregate.expr),
            _ => Shape::plain(Core::Other),
        },
        ExprKind::Call(call) => called(call),
        ExprKind::Binary(binary) => combined(binary),
    }
}

fn called(call: &Call) -> Shape {
    let argument = |n: usize| {
        call.arguments
            .get(n)
            .map_or_else(|| Shape::plain(Core::Other), shape)
    };
    match call.function.as_str() {
        "rate" | "irate" | "increase" | "delta" | "idelta" | "deriv" | "scalar" | "vector" | "abs"
        | "ceil" | "floor" | "round" | "clamp" | "clamp_min" | "clamp_max" | "sort" | "sort_desc"
        | "label_replace" | "label_join" | "avg_over_time" | "max_over_time" | "min_over_time"
        | "last_over_time" => argument(0),
        "quantile_over_time" => argument(1),
        "histogram_quantile" => match (argument(0).constant(), argument(1).core) {
            (Some(quantile), Core::Rate(rates)) if rates.len() == 1 => {
                Shape::plain(Core::Quantile(quantile, rates[0].clone()))
            }
            _ => Shape::plain(Core::Other),
        },
        _ => Shape::plain(Core::Other),
    }
}

fn combined(binary: &Binary) -> Shape {
    let (left, right) = (shape(&binary.left), shape(&binary.right));
    let (left_number, right_number) = (left.constant(), right.constant());
    if binary.op.is_comparison() {
        let mut whole = if left_number.is_some() { right } else { left };
        if binary.bool_modifier {
            return Shape::plain(Core::Other);
        }
        whole.filtered = true;
        return whole;
    }
    match binary.op {
        // `x or vector(0)`: what is measured, where there is something to measure.
        BinaryOp::Or if left_number.is_some() => right,
        BinaryOp::Or | BinaryOp::And | BinaryOp::Unless => left,
        BinaryOp::Subtract if is_now(&binary.left) => match right.rates() {
            Some(stamps) if right.factor == 1.0 => Shape::plain(Core::Age(stamps.to_vec())),
            _ => Shape::plain(Core::Other),
        },
        BinaryOp::Add | BinaryOp::Subtract => {
            let sign = if binary.op == BinaryOp::Subtract {
                -1.0
            } else {
                1.0
            };
            let moved = |shape: Shape, by: f64| Shape {
                offset: shape.offset + by,
                ..shape
            };
            match (left_number, right_number) {
                (_, Some(by)) => moved(left, sign * by),
                (Some(by), None) => moved(right.scaled(sign), by),
                (None, None) => match (left.rates(), right.rates()) {
                    (Some(one), Some(other)) if left.factor == right.factor => Shape {
                        core: if sign > 0.0 {
                            Core::Rate([one, other].concat())
                        } else {
                            Core::Rest(one.to_vec(), other.to_vec())
                        },
                        ..left
                    },
                    _ => Shape::plain(Core::Other),
                },
            }
        }
        BinaryOp::Multiply => match (left_number, right_number) {
            (_, Some(by)) => left.scaled(by),
            (Some(by), None) => right.scaled(by),
            (None, None) => Shape::plain(Core::Other),
        },
        BinaryOp::Divide => divided(left, &right),
        _ => Shape::plain(Core::Other),
    }
}

/// Whether it is `time()`.
fn is_now(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call(call) => call.function == "time",
        ExprKind::Paren(inside) => is_now(inside),
        _ => false,
    }
}

fn divided(left: Shape, right: &Shape) -> Shape {
    if let Some(by) = right.constant() {
        return left.scaled(1.0 / by);
    }
    let Some(below) = right.rates() else {
        return Shape::plain(Core::Other);
    };
    let factor = left.factor / right.factor;
    let ratio = |above: &[Bytes], factor, offset| Shape {
        core: Core::Ratio(above.to_vec(), below.to_vec()),
        factor,
        offset,
        filtered: left.filtered || right.filtered,
    };
    match &left.core {
        Core::Rate(above) if left.offset == 0.0 => ratio(above, factor, 0.0),
        // (all - failed) / all = 1 - failed / all
        Core::Rest(_, less) if left.offset == 0.0 => ratio(less, -factor, factor),
        _ => Shape::plain(Core::Other),
    }
}
