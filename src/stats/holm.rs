/// P-values corrected for their number (Holm 1979), in the order given: called significant at a level, the chance
/// that any of them is so wrongly stays below it, whatever depends on whatever.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![1.0; p_values.len()];
    let mut so_far = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        let left = (p_values.len() - rank) as f64;
        so_far = so_far.max((p_values[index] * left).min(1.0));
        corrected[index] = so_far;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::holm;

    /// By hand: 0.01 × 4, then the larger of it and 0.02 × 3, and so on.
    #[test]
    fn steps_down() {
        let found = holm(&[0.04, 0.01, 0.03, 0.02]);
        for (found, expected) in found.iter().zip([0.06, 0.04, 0.06, 0.06]) {
            assert!((found - expected).abs() < 1e-15, "{found} is not {expected}");
        }
        assert!(holm(&[]).is_empty());
        assert_eq!(holm(&[0.7, 0.9]), [1.0, 1.0]);
    }
}
