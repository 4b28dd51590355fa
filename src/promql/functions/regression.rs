use super::summation::Sum;
use super::window::{Window, seconds};

/// Slope [1/s] and value at `origin` [ms] of the straight line with the least squared distance; `None` with fewer than
/// two samples.
fn line(window: Window<'_>, origin: Option<i64>) -> Option<(f64, f64)> {
    let mut samples = window.samples();
    let (first_time, first) = samples.next()?;
    samples.next()?;
    let origin = origin.unwrap_or(first_time);
    let mut count = 0.0;
    let mut constant = true;
    let [mut x, mut y, mut xy, mut xx] = [Sum::of(0.0); 4];
    for (time, value) in window.samples() {
        constant &= count == 0.0 || value == first;
        count += 1.0;
        let distance = seconds(origin, time);
        x.add(distance);
        y.add(value);
        xy.add(distance * value);
        xx.add(distance * distance);
    }
    if constant {
        return Some(if first.is_infinite() {
            (f64::NAN, f64::NAN)
        } else {
            (0.0, first)
        });
    }
    let (x, y) = (x.total(), y.total());
    let covariance = xy.total() - x * y / count;
    let variance = xx.total() - x * x / count;
    let slope = covariance / variance;
    Some((slope, y / count - slope * x / count))
}

/// `deriv`.
pub fn slope(window: Window<'_>) -> Option<f64> {
    line(window, None).map(|(slope, _)| slope)
}

/// `predict_linear`: the line's value `ahead` seconds after the moment of evaluation.
pub fn predict(window: Window<'_>, ahead: f64) -> Option<f64> {
    line(window, Some(window.at)).map(|(slope, now)| slope * ahead + now)
}
