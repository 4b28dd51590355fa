//! Values as the controller writes them into a measurement.

/// Relative difference up to which two numbers are the same: sums of floats depend on their order.
const SAME: f64 = 1e-9;

/// `[0.25,NaN]`, `0.25`: the numbers; `None` where the text is something else, or empty.
pub(super) fn numbers(text: &str) -> Option<Vec<f64>> {
    let text = text.trim();
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let list = inside.unwrap_or(text).trim();
    if list.is_empty() {
        return inside.map(|_| Vec::new());
    }
    list.split(',').map(|number| number.trim().parse().ok()).collect()
}

/// Whether two answers are the same. The order of their elements is the server's own business.
pub(super) fn same(ours: &[f64], theirs: &[f64]) -> bool {
    let sorted = |numbers: &[f64]| {
        let mut numbers = numbers.to_vec();
        numbers
            .iter_mut()
            .filter(|number| number.is_nan())
            .for_each(|nan| *nan = f64::NAN);
        numbers.sort_by(f64::total_cmp);
        numbers
    };
    let equal = |(a, b): (&f64, &f64)| {
        let close = a.is_finite() && b.is_finite() && (a - b).abs() <= SAME * a.abs().max(b.abs());
        a == b || a.is_nan() && b.is_nan() || close
    };
    ours.len() == theirs.len() && sorted(ours).iter().zip(&sorted(theirs)).all(equal)
}

/// Numbers as the controller writes them.
pub(super) fn written(numbers: &[f64]) -> String {
    let number = |number: &f64| match *number {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        number => number.to_string(),
    };
    let numbers: Vec<String> = numbers.iter().map(number).collect();
    format!("[{}]", numbers.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_controller_writes() {
        assert_eq!(numbers("[10,11]"), Some(vec![10.0, 11.0]));
        assert_eq!(numbers("0.25"), Some(vec![0.25]));
        assert_eq!(numbers("[]"), Some(Vec::new()));
        assert_eq!(numbers("-Inf"), Some(vec![f64::NEG_INFINITY]));
        assert!(numbers("[NaN]").unwrap()[0].is_nan());
        for other in ["", "{\"a\":1}", "true", "[1;2]"] {
            assert_eq!(numbers(other), None, "{other}");
        }
        assert_eq!(written(&[0.1, f64::INFINITY, f64::NAN]), "[0.1,+Inf,NaN]");
    }

    #[test]
    fn order_and_the_tenth_digit_do_not_matter() {
        assert!(same(&[1.0, f64::NAN], &[-f64::NAN, 1.0 + 1e-10]));
        assert!(same(&[f64::INFINITY], &[f64::INFINITY]));
        assert!(!same(&[1.0], &[1.0 + 1e-8]) && !same(&[], &[0.0]));
        assert!(!same(&[f64::INFINITY], &[1.0]));
    }
}
