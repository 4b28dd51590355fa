use crate::report::charts::axis::Frame;
use crate::report::charts::canvas::{Anchor, Canvas, Point};
use crate::report::charts::theme::Ink;
use crate::score::words::grouped;

/// The curve, the area below it, and how much it was at the end.
pub(super) fn draw_growth(canvas: &mut Canvas, frame: &Frame, curve: &[(f64, f64)], end: f64) {
    let until = curve.iter().take_while(|(at, _)| *at <= end);
    let line: Vec<Point> = until.clone().map(|&(x, y)| frame.at(x, y)).collect();
    let (Some(&first), Some(&last)) = (line.first(), line.last()) else {
        return;
    };
    let mut area = line.clone();
    area.extend([(last.0, frame.to.1), (first.0, frame.to.1)]);
    canvas.shape(&area, Ink::Bad, 0.2);
    canvas.line(&line, Ink::Bad, 2.0);
    if let Some((_, most)) = until.last() {
        let words = grouped(&format!("{most:.0}"));
        canvas.text(
            &words,
            (last.0 - 4.0, (last.1 - 8.0).max(frame.from.1 + 2.0)),
            10.5,
            Ink::Text,
            Anchor::End,
        );
    }
}
