use std::cmp::Ordering;

/// Numbers ascending, NaN before all of them.
pub fn ascending(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (a, b) => b.cmp(&a),
    }
}

/// The quantile `q` of `values`, linear between neighbours. Sorts `values`.
pub fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_unstable_by(|&a, &b| ascending(a, b));
    let last = (values.len() - 1) as f64;
    let rank = q * last;
    let below = rank.floor().max(0.0);
    let above = (below + 1.0).min(last);
    let weight = rank - rank.floor();
    values[below as usize] * (1.0 - weight) + values[above as usize] * weight
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn interpolates_between_neighbours() {
        assert_eq!(quantile(0.5, &mut [4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(quantile(1.0, &mut [4.0, 1.0]), 4.0);
        assert_eq!(quantile(0.0, &mut [4.0, 1.0]), 1.0);
        assert!(quantile(0.0, &mut [4.0, f64::NAN, 1.0]).is_nan());
    }

    #[test]
    fn answers_outside_zero_to_one_and_for_nothing() {
        assert_eq!(quantile(-0.1, &mut [1.0]), f64::NEG_INFINITY);
        assert_eq!(quantile(1.1, &mut [1.0]), f64::INFINITY);
        assert!(quantile(f64::NAN, &mut [1.0]).is_nan());
        assert!(quantile(0.5, &mut []).is_nan());
    }
}
