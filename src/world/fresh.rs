/// Part of the canary that is new from a change on, 0 to 1: what came with it, by traffic or by pods, and what is `left`
/// of being new from before. `share` and `pods` are the canary's before the change and after it.
pub(super) fn fresh(share: [f64; 2], pods: [u32; 2], left: f64) -> f64 {
    let by_share = if share[1] > share[0] {
        (share[1] - share[0]) / share[1]
    } else {
        0.0
    };
    let more = pods[1].saturating_sub(pods[0]);
    let by_pods = if more > 0 {
        f64::from(more) / f64::from(pods[1])
    } else {
        0.0
    };
    let new = by_share.max(by_pods);
    left * (1.0 - new) + new
}

#[cfg(test)]
mod tests {
    use super::fresh;

    #[test]
    fn is_what_came_and_what_is_left() {
        assert_eq!(fresh([0.2, 0.4], [1, 1], 0.0), 0.5);
        assert_eq!(fresh([0.2, 0.2], [1, 4], 0.0), 0.75);
        assert_eq!(fresh([0.4, 0.2], [2, 1], 0.25), 0.25);
        assert_eq!(fresh([0.2, 0.4], [1, 1], 0.5), 0.75);
    }
}
