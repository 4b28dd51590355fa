use super::words::words_wide;
use crate::report::charts::axis::Frame;
use crate::report::charts::canvas::{Anchor, Canvas, Point};
use crate::report::charts::theme::Ink;

/// Corners of what keeps its value until the next one.
fn stairs(points: &[(f64, f64)], end: f64) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for &(at, value) in points {
        if let Some(&(_, before)) = corners.last() {
            corners.push((at, before));
        }
        corners.push((at, value));
    }
    if let Some(&(_, last)) = corners.last() {
        corners.push((end, last));
    }
    corners
}

/// Steps, waiting, share, weight.
pub(super) fn draw_share(
    canvas: &mut Canvas,
    frame: &Frame,
    share: &[(f64, f64)],
    weight: &[(f64, f64)],
    steps: &[(f64, usize)],
    waits: &[(f64, f64)],
) {
    for &(from, to) in waits {
        canvas.rectangle(frame.at(from, 1.0), frame.at(to, 0.0), Ink::Open, 0.16);
    }
    let end = frame.x_end();
    let line: Vec<Point> = stairs(share, end).iter().map(|&(x, y)| frame.at(x, y)).collect();
    let mut area = line.clone();
    area.extend([frame.at(end, 0.0), frame.at(0.0, 0.0)]);
    canvas.shape(&area, Ink::Series(0), 0.2);
    canvas.line(&line, Ink::Series(0), 2.0);
    let set: Vec<Point> = stairs(weight, end).iter().map(|&(x, y)| frame.at(x, y)).collect();
    canvas.dashes(&set, Ink::Text, 1.3);
    // Numbers of steps, where two of them do not touch.
    let mut free = f64::NEG_INFINITY;
    for (at, number) in steps {
        let (x, y) = frame.at(*at, 0.0);
        canvas.line(&[(x, y), (x, y - 5.0)], Ink::Faint, 1.2);
        let words = number.to_string();
        if x >= free {
            canvas.text(&words, (x + 2.0, y - 8.0), 9.5, Ink::Faint, Anchor::Start);
            free = x + 6.0 + words_wide(&words, 9.5);
        }
    }
}
