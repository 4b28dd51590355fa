use super::window::{Window, seconds};
use crate::promql::Compat;
use crate::series::{STALE, is_stale};

/// How far beyond the outermost samples, in mean distances between samples, a window may reach and still be
/// taken as covered (`extrapolatedRate`).
const REACH: f64 = 1.1;

/// `rate`, `increase` and `delta`: the change over the samples, extrapolated to the borders of the window.
///
/// The order of the floating point operations is part of the contract. Prometheus 2.51 changed which comes first at
/// the left border, the look at zero or the limit.
#[inline]
pub fn extrapolated(window: Window<'_>, counter: bool, per_second: bool) -> f64 {
    let here = |&value: &f64| !is_stale(value);
    let (Some(begin), Some(end)) = (
        window.values.iter().position(here),
        window.values.iter().rposition(here),
    ) else {
        return STALE;
    };
    if begin == end {
        return STALE;
    }
    let first = window.values[begin];
    let mut change = window.values[end] - first;
    let mut gaps = 0u32;
    let mut before = first;
    for &value in &window.values[begin + 1..=end] {
        if is_stale(value) {
            continue;
        }
        gaps += 1;
        // NaN compares false: no reset.
        if counter && value < before {
            change += before;
        }
        before = value;
    }

    let (first_time, last_time) = (window.times[begin], window.times[end]);
    let mut to_start = seconds(window.start, first_time);
    let mut to_end = seconds(last_time, window.end);
    let sampled = seconds(first_time, last_time);
    let mean_gap = sampled / f64::from(gaps);
    let limit = mean_gap * REACH;
    let to_zero = (counter && change > 0.0 && first >= 0.0).then(|| sampled * (first / change));
    if window.compat == Compat::V2 {
        to_start = earlier(to_start, to_zero);
    }
    if to_start >= limit {
        to_start = mean_gap / 2.0;
    }
    if window.compat == Compat::V3 {
        to_start = earlier(to_start, to_zero);
    }
    if to_end >= limit {
        to_end = mean_gap / 2.0;
    }
    let mut factor = (sampled + to_start + to_end) / sampled;
    if per_second {
        factor /= seconds(window.start, window.end);
    }
    change * factor
}

/// `to_start`, or what is left until the counter was zero, if that is less.
fn earlier(to_start: f64, to_zero: Option<f64>) -> f64 {
    match to_zero {
        Some(to_zero) if to_zero < to_start => to_zero,
        _ => to_start,
    }
}

/// `irate` (a counter, per second) and `idelta`: the last two samples.
#[inline]
pub fn instant(window: Window<'_>, counter: bool) -> f64 {
    let mut samples = window.samples().rev();
    let (Some((last_time, last)), Some((time, before))) = (samples.next(), samples.next()) else {
        return STALE;
    };
    if last_time == time {
        return STALE;
    }
    let change = if counter && last < before {
        last
    } else {
        last - before
    };
    if counter {
        change / seconds(time, last_time)
    } else {
        change
    }
}

#[cfg(test)]
mod tests {
    use super::{extrapolated, instant};
    use crate::promql::Compat;
    use crate::promql::functions::Window;
    use crate::series::{STALE, is_stale};

    /// Samples every 15 s from second 15 on, in a window of a minute that ends at `end` s.
    fn window(values: &[f64], end: i64, compat: Compat) -> Window<'_> {
        const TIMES: [i64; 8] = [15_000, 30_000, 45_000, 60_000, 75_000, 90_000, 105_000, 120_000];
        let (end, start) = (end * 1000, (end - 60) * 1000);
        Window {
            times: &TIMES[..values.len()],
            values,
            start,
            end,
            at: end,
            compat,
        }
    }

    #[test]
    fn covers_the_window_when_samples_reach_near_its_borders() {
        // 4 samples, 30 in 45 s, 15 s to the start (below 1.1 gaps): 30 * 60/45 per minute.
        let w = window(&[100.0, 110.0, 120.0, 130.0], 60, Compat::V3);
        assert_eq!(extrapolated(w, true, false), 40.0);
        assert!((extrapolated(w, true, true) - 40.0 / 60.0).abs() < 1e-15);
    }

    #[test]
    fn a_reset_adds_what_was_lost() {
        let w = window(&[100.0, 110.0, 5.0, 15.0], 60, Compat::V3);
        // 15 - 100 + 110 = 25, extrapolated by 60/45.
        assert!((extrapolated(w, true, false) - 25.0 * 60.0 / 45.0).abs() < 1e-12);
        assert_eq!(extrapolated(w, false, false), -85.0 * (45.0 + 15.0) / 45.0);
    }

    #[test]
    fn never_reaches_back_before_zero_but_the_generations_differ_in_when() {
        // Born with the second half of the window: first sample 20 s after the start at 10 s, above 1.1 gaps of 15 s.
        let born = Window {
            times: &[30_000, 45_000, 60_000],
            values: &[2.0, 3.0, 4.0],
            start: 0,
            end: 60_000,
            at: 60_000,
            compat: Compat::V3,
        };
        // To zero: 30 s * 2/2 = 30 s; limit 16.5 s, so half a gap: 7.5 s, and zero does not bind.
        assert_eq!(extrapolated(born, true, false), 2.0 * 37.5 / 30.0);
        // Half a gap is replaced by zero's distance, when that is smaller, only since 2.51.
        let small = Window {
            values: &[0.1, 1.0, 2.1],
            ..born
        };
        let zero = 30.0 * (0.1 / 2.0);
        assert!((extrapolated(small, true, false) - 2.0 * (30.0 + zero) / 30.0).abs() < 1e-12);
        let v2 = Window {
            compat: Compat::V2,
            ..small
        };
        // Before, zero at 1.5 s is below the limit and therefore taken as it is: the same here.
        assert!((extrapolated(v2, true, false) - 2.0 * (30.0 + zero) / 30.0).abs() < 1e-12);
        // Zero farther than the limit but nearer than the start: 2.42 takes half a gap, 3.x too; a zero between half
        // a gap and the limit is where they part: 2.42 takes it, 3.x takes half a gap.
        let between = Window {
            values: &[0.8, 1.8, 2.8],
            ..born
        };
        let zero = 30.0 * (0.8 / 2.0);
        assert!(zero > 7.5 && zero < 16.5);
        assert!((extrapolated(between, true, false) - 2.0 * 37.5 / 30.0).abs() < 1e-12);
        let v2 = Window {
            compat: Compat::V2,
            ..between
        };
        assert!((extrapolated(v2, true, false) - 2.0 * (30.0 + zero) / 30.0).abs() < 1e-12);
    }

    #[test]
    fn stale_markers_are_no_samples() {
        let w = window(&[100.0, STALE, 120.0, STALE], 60, Compat::V3);
        // Two samples 30 s apart, each within 1.1 gaps of its border.
        assert_eq!(extrapolated(w, true, false), 20.0 * 60.0 / 30.0);
        assert!(is_stale(extrapolated(
            window(&[STALE, 1.0, STALE], 60, Compat::V3),
            true,
            true
        )));
        assert!(is_stale(extrapolated(window(&[], 60, Compat::V3), true, true)));
        assert!(is_stale(instant(window(&[1.0, STALE], 60, Compat::V3), true)));
    }

    #[test]
    fn the_last_two_samples_alone() {
        let w = window(&[100.0, 110.0, 5.0], 60, Compat::V3);
        assert_eq!(instant(w, true), 5.0 / 15.0);
        assert_eq!(instant(w, false), -105.0);
    }
}
