//! The canonical print: one space around operators, matchers sorted, no needless parts; equal queries print equally.

use std::fmt;

use super::literal::{quote, write_duration, write_name, write_number};
use crate::promql::ast::{
    Aggregate, At, Binary, DurationExpr, DurationKind, Edges, Expr, ExprKind, Length, Matching, Number,
    Selector, Shift, Side, Sign, Subquery,
};
use crate::series::{Labels, MatchOp, Matcher};

impl Expr {
    /// The query as Prometheus prints it.
    pub fn canonical(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number(number) => number.fmt(f),
            ExprKind::Text(text) => f.write_str(&quote(text)),
            ExprKind::Selector(selector) => {
                write_selector(f, selector)?;
                write_at(f, &selector.shift)?;
                write_edges(f, selector.edges)?;
                write_offset(f, &selector.shift)
            }
            ExprKind::Range(range) => {
                write_selector(f, &range.selector)?;
                write!(f, "[{}]", range.range)?;
                write_edges(f, range.selector.edges)?;
                write_at(f, &range.selector.shift)?;
                write_offset(f, &range.selector.shift)
            }
            ExprKind::Subquery(subquery) => write_subquery(f, subquery),
            ExprKind::Unary(sign, inner) => write!(f, "{sign}{inner}"),
            ExprKind::Binary(binary) => write_binary(f, binary),
            ExprKind::Aggregate(aggregate) => write_aggregate(f, aggregate),
            ExprKind::Call(call) => {
                write!(f, "{}(", call.function)?;
                for (n, argument) in call.arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if n == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            ExprKind::Paren(inner) => write!(f, "({inner})"),
        }
    }
}

fn write_selector(f: &mut fmt::Formatter<'_>, selector: &Selector) -> fmt::Result {
    let own_name = |matcher: &&Matcher| {
        matcher.name == Labels::NAME
            && matcher.op == MatchOp::Equal
            && Some(&matcher.value) == selector.name.as_ref()
    };
    let mut matchers: Vec<String> = selector
        .matchers
        .iter()
        .filter(|matcher| !own_name(matcher))
        .map(|matcher| {
            format!(
                "{}{}{}",
                write_name(&matcher.name),
                matcher.op.text(),
                quote(&matcher.value)
            )
        })
        .collect();
    matchers.sort();
    f.write_str(selector.name.as_deref().unwrap_or_default())?;
    if matchers.is_empty() && selector.name.is_some() {
        return Ok(());
    }
    write!(f, "{{{}}}", matchers.join(","))
}

fn write_at(f: &mut fmt::Formatter<'_>, shift: &Shift) -> fmt::Result {
    match shift.at {
        None => Ok(()),
        Some(At::Millis(millis)) => write!(f, " @ {:.3}", millis as f64 / 1000.0),
        Some(At::Start) => f.write_str(" @ start()"),
        Some(At::End) => f.write_str(" @ end()"),
    }
}

fn write_offset(f: &mut fmt::Formatter<'_>, shift: &Shift) -> fmt::Result {
    match &shift.offset {
        None => Ok(()),
        Some(offset) => write!(f, " offset {offset}"),
    }
}

fn write_edges(f: &mut fmt::Formatter<'_>, edges: Edges) -> fmt::Result {
    f.write_str(match edges {
        Edges::Plain => "",
        Edges::Anchored => " anchored",
        Edges::Smoothed => " smoothed",
    })
}

fn write_subquery(f: &mut fmt::Formatter<'_>, subquery: &Subquery) -> fmt::Result {
    write!(f, "{}[{}:", subquery.expr, subquery.range)?;
    if let Some(step) = &subquery.step {
        write!(f, "{step}")?;
    }
    f.write_str("]")?;
    write_at(f, &subquery.shift)?;
    write_offset(f, &subquery.shift)
}

fn write_binary(f: &mut fmt::Formatter<'_>, binary: &Binary) -> fmt::Result {
    write!(f, "{} {}", binary.left, binary.op.text())?;
    if binary.bool_modifier {
        f.write_str(" bool")?;
    }
    if let Some(matching) = &binary.matching {
        write_matching(f, matching)?;
    }
    write!(f, " {}", binary.right)
}

fn write_matching(f: &mut fmt::Formatter<'_>, matching: &Matching) -> fmt::Result {
    if matching.on || !matching.labels.is_empty() || matching.group.is_some() {
        f.write_str(if matching.on { " on (" } else { " ignoring (" })?;
        write_labels(f, &matching.labels)?;
        f.write_str(")")?;
    }
    if let Some((side, labels)) = &matching.group {
        f.write_str(match side {
            Side::Left => " group_left (",
            Side::Right => " group_right (",
        })?;
        write_labels(f, labels)?;
        f.write_str(")")?;
    }
    match (matching.fill_left, matching.fill_right) {
        (Some(value), Some(_)) if matching.fill_once => write!(f, " fill ({})", write_fill(value)),
        (left, right) => {
            if let Some(value) = left {
                write!(f, " fill_left ({})", write_fill(value))?;
            }
            if let Some(value) = right {
                write!(f, " fill_right ({})", write_fill(value))?;
            }
            Ok(())
        }
    }
}

/// As Go's `%v` does: with an exponent below 1e-4 and from 1e21 on.
fn write_fill(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() || value == 0.0 || (1e-4..1e21).contains(&size) {
        return write_number(value);
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    format!("{digits}e{exponent:+03}")
}

fn write_labels(f: &mut fmt::Formatter<'_>, labels: &[String]) -> fmt::Result {
    for (n, label) in labels.iter().enumerate() {
        write!(f, "{}{}", if n == 0 { "" } else { ", " }, write_name(label))?;
    }
    Ok(())
}

fn write_aggregate(f: &mut fmt::Formatter<'_>, aggregate: &Aggregate) -> fmt::Result {
    f.write_str(&aggregate.op)?;
    if aggregate.without || !aggregate.labels.is_empty() {
        f.write_str(if aggregate.without { " without (" } else { " by (" })?;
        write_labels(f, &aggregate.labels)?;
        f.write_str(") ")?;
    }
    f.write_str("(")?;
    if let Some(parameter) = &aggregate.parameter {
        write!(f, "{parameter}, ")?;
    }
    write!(f, "{})", aggregate.expr)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.duration {
            return f.write_str(&write_number(self.value));
        }
        // Cut to nanoseconds, then to milliseconds, as Prometheus does.
        let millis = (self.value.abs() * 1e9) as i64 / 1_000_000;
        write!(
            f,
            "{}{}",
            if self.value < 0.0 { "-" } else { "" },
            write_duration(millis)
        )
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plus => "+",
            Self::Minus => "-",
        })
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Millis(millis) => f.write_str(&write_duration(*millis)),
            Self::Computed(expr) => expr.fmt(f),
        }
    }
}

impl fmt::Display for DurationExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            DurationKind::Number(number) => number.fmt(f),
            DurationKind::Step => f.write_str("step()"),
            DurationKind::Range => f.write_str("range()"),
            DurationKind::Unary(sign, inner) => write!(f, "{sign}{inner}"),
            DurationKind::Binary(op, left, right) => write!(f, "{left} {} {right}", op.text()),
            DurationKind::MinOf(left, right) => write!(f, "min_of({left}, {right})"),
            DurationKind::MaxOf(left, right) => write!(f, "max_of({left}, {right})"),
            DurationKind::Paren(inner) => write!(f, "({inner})"),
        }
    }
}
