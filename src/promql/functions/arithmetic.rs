use crate::promql::ast::BinaryOp;

/// `left op right` for the arithmetic operators; NaN for the others, which a plan never asks for.
#[inline]
pub fn compute(op: BinaryOp, left: f64, right: f64) -> f64 {
    match op {
        BinaryOp::Add => left + right,
        BinaryOp::Subtract => left - right,
        BinaryOp::Multiply => left * right,
        BinaryOp::Divide => left / right,
        // Truncated, with the sign of the dividend, as C's fmod: exact on every platform.
        BinaryOp::Modulo => left % right,
        BinaryOp::Power => libm::pow(left, right),
        BinaryOp::Atan2 => libm::atan2(left, right),
        _ => f64::NAN,
    }
}

/// `left op right` for the comparison operators; false for the others. NaN is unequal to everything.
#[inline]
pub fn compare(op: BinaryOp, left: f64, right: f64) -> bool {
    match op {
        BinaryOp::Equal => left == right,
        BinaryOp::NotEqual => left != right,
        BinaryOp::Less => left < right,
        BinaryOp::LessEqual => left <= right,
        BinaryOp::Greater => left > right,
        BinaryOp::GreaterEqual => left >= right,
        _ => false,
    }
}
