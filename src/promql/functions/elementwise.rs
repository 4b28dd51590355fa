use super::calendar;
use crate::series::STALE;

/// A function of one value and up to two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elementwise {
    Negate,
    Abs,
    Ceil,
    Floor,
    Round,
    Sqrt,
    Sgn,
    Exp,
    Ln,
    Log2,
    Log10,
    Clamp,
    ClampMin,
    ClampMax,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Deg,
    Rad,
    Calendar(calendar::Field),
}

impl Elementwise {
    /// The function of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "abs" => Self::Abs,
            "ceil" => Self::Ceil,
            "floor" => Self::Floor,
            "round" => Self::Round,
            "sqrt" => Self::Sqrt,
            "sgn" => Self::Sgn,
            "exp" => Self::Exp,
            "ln" => Self::Ln,
            "log2" => Self::Log2,
            "log10" => Self::Log10,
            "clamp" => Self::Clamp,
            "clamp_min" => Self::ClampMin,
            "clamp_max" => Self::ClampMax,
            "sin" => Self::Sin,
            "cos" => Self::Cos,
            "tan" => Self::Tan,
            "asin" => Self::Asin,
            "acos" => Self::Acos,
            "atan" => Self::Atan,
            "sinh" => Self::Sinh,
            "cosh" => Self::Cosh,
            "tanh" => Self::Tanh,
            "asinh" => Self::Asinh,
            "acosh" => Self::Acosh,
            "atanh" => Self::Atanh,
            "deg" => Self::Deg,
            "rad" => Self::Rad,
            _ => Self::Calendar(calendar::Field::named(name)?),
        })
    }

    /// The least and the largest number of parameters after the value.
    pub fn parameters(self) -> (usize, usize) {
        match self {
            Self::Clamp => (2, 2),
            Self::ClampMin | Self::ClampMax => (1, 1),
            Self::Round => (0, 1),
            _ => (0, 0),
        }
    }

    /// The answer, or [`STALE`] (`clamp` with bounds that cross).
    #[inline]
    pub fn of(self, value: f64, [first, second]: [f64; 2]) -> f64 {
        match self {
            Self::Negate => -value,
            Self::Abs => value.abs(),
            Self::Ceil => value.ceil(),
            Self::Floor => value.floor(),
            // Ties go up; the inverse first, as in Prometheus, or the last digit differs.
            Self::Round => {
                let inverse = 1.0 / first;
                (value * inverse + 0.5).floor() / inverse
            }
            Self::Sqrt => value.sqrt(),
            Self::Sgn if value < 0.0 => -1.0,
            Self::Sgn if value > 0.0 => 1.0,
            Self::Sgn => value,
            Self::Exp => libm::exp(value),
            Self::Ln => libm::log(value),
            Self::Log2 => libm::log2(value),
            Self::Log10 => libm::log10(value),
            Self::Clamp if second < first => STALE,
            Self::Clamp => larger(first, smaller(second, value)),
            Self::ClampMin => larger(first, value),
            Self::ClampMax => smaller(first, value),
            Self::Sin => libm::sin(value),
            Self::Cos => libm::cos(value),
            Self::Tan => libm::tan(value),
            Self::Asin => libm::asin(value),
            Self::Acos => libm::acos(value),
            Self::Atan => libm::atan(value),
            Self::Sinh => libm::sinh(value),
            Self::Cosh => libm::cosh(value),
            Self::Tanh => libm::tanh(value),
            Self::Asinh => libm::asinh(value),
            Self::Acosh => libm::acosh(value),
            Self::Atanh => libm::atanh(value),
            Self::Deg => value * 180.0 / std::f64::consts::PI,
            Self::Rad => value * std::f64::consts::PI / 180.0,
            Self::Calendar(field) => field.of(value),
        }
    }
}

/// The larger one; NaN if one of them is NaN (unlike `f64::max`).
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.max(b)
    }
}

/// The smaller one; NaN if one of them is NaN (unlike `f64::min`).
fn smaller(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        a.min(b)
    }
}

#[cfg(test)]
mod tests {
    use super::Elementwise;
    use crate::series::is_stale;

    #[test]
    fn ties_round_up() {
        assert_eq!(Elementwise::Round.of(2.5, [1.0, 0.0]), 3.0);
        assert_eq!(Elementwise::Round.of(-2.5, [1.0, 0.0]), -2.0);
        assert_eq!(Elementwise::Round.of(0.55, [0.1, 0.0]), 0.6);
        assert!(Elementwise::Round.of(1.0, [0.0, 0.0]).is_nan());
    }

    #[test]
    fn a_nan_bound_is_contagious_and_crossed_bounds_answer_nothing() {
        assert!(Elementwise::ClampMin.of(1.0, [f64::NAN, 0.0]).is_nan());
        assert_eq!(Elementwise::Clamp.of(5.0, [1.0, 3.0]), 3.0);
        assert!(is_stale(Elementwise::Clamp.of(5.0, [3.0, 1.0])));
    }
}
