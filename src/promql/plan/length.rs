use crate::promql::ast::{BinaryOp, DurationExpr, DurationKind, Length, Sign};
use crate::promql::evaluate::QueryRange;

/// A length of time: known, or worked out for each query.
#[derive(Clone, Debug, PartialEq)]
pub enum ResolvedLength {
    /// Milliseconds.
    Fixed(i64),
    /// Arithmetic that needs the query's step or range, or fails.
    Computed { length: DurationExpr, positive: bool },
}

/// Why a length has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthError {
    /// `[1m - 2m]`
    NotPositive,
    /// Beyond 64 bits of nanoseconds.
    OutOfRange,
    /// `1m / 0`, `1m % 0`
    DivisionByZero,
}

impl ResolvedLength {
    /// No time at all.
    pub const ZERO: Self = Self::Fixed(0);

    /// `length` as far as it is known now. `positive`: a window or step, not an offset.
    pub fn new(length: &Length, positive: bool) -> Self {
        match length {
            Length::Millis(ms) if *ms > 0 || !positive => Self::Fixed(*ms),
            Length::Millis(ms) => Self::Computed {
                length: number(*ms as f64 / 1000.0),
                positive,
            },
            Length::Computed(length) => {
                let instant = evaluate(length, QueryRange::default(), positive);
                match instant {
                    Ok(ms) if !depends_on_query(length) => Self::Fixed(ms),
                    _ => Self::Computed {
                        length: (**length).clone(),
                        positive,
                    },
                }
            }
        }
    }

    /// Milliseconds.
    #[inline]
    pub fn resolve(&self, query: QueryRange) -> Result<i64, LengthError> {
        match self {
            Self::Fixed(ms) => Ok(*ms),
            Self::Computed { length, positive } => evaluate(length, query, *positive),
        }
    }
}

fn number(value: f64) -> DurationExpr {
    let number = crate::promql::ast::Number {
        value,
        duration: false,
    };
    DurationExpr {
        at: 0..0,
        kind: DurationKind::Number(number),
    }
}

fn evaluate(length: &DurationExpr, query: QueryRange, positive: bool) -> Result<i64, LengthError> {
    /// Seconds in 64 bits of nanoseconds.
    const LIMIT: f64 = 9_223_372_036.0;
    let seconds = value(length, query)?;
    if positive && (seconds <= 0.0 || seconds.is_nan()) {
        return Err(LengthError::NotPositive);
    }
    if seconds.is_nan() || seconds.abs() > LIMIT {
        return Err(LengthError::OutOfRange);
    }
    let ms = (seconds * 1000.0) as i64;
    if positive && ms <= 0 {
        return Err(LengthError::NotPositive);
    }
    Ok(ms)
}

/// Seconds.
fn value(length: &DurationExpr, query: QueryRange) -> Result<f64, LengthError> {
    Ok(match &length.kind {
        DurationKind::Number(number) => number.value,
        DurationKind::Step => query.step.as_secs_f64(),
        DurationKind::Range => (query.end - query.start).as_secs_f64(),
        DurationKind::Unary(Sign::Plus, inner) | DurationKind::Paren(inner) => value(inner, query)?,
        DurationKind::Unary(Sign::Minus, inner) => -value(inner, query)?,
        DurationKind::MinOf(left, right) => value(left, query)?.min(value(right, query)?),
        DurationKind::MaxOf(left, right) => value(left, query)?.max(value(right, query)?),
        DurationKind::Binary(op, left, right) => {
            let (left, right) = (value(left, query)?, value(right, query)?);
            if right == 0.0 && matches!(op, BinaryOp::Divide | BinaryOp::Modulo) {
                return Err(LengthError::DivisionByZero);
            }
            crate::promql::functions::compute(*op, left, right)
        }
    })
}

fn depends_on_query(length: &DurationExpr) -> bool {
    match &length.kind {
        DurationKind::Number(_) => false,
        DurationKind::Step | DurationKind::Range => true,
        DurationKind::Unary(_, inner) | DurationKind::Paren(inner) => depends_on_query(inner),
        DurationKind::Binary(_, left, right)
        | DurationKind::MinOf(left, right)
        | DurationKind::MaxOf(left, right) => depends_on_query(left) || depends_on_query(right),
    }
}
