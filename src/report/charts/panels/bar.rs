use super::words::fitting;
use crate::report::charts::axis::Frame;
use crate::report::charts::canvas::{Anchor, Canvas};
use crate::report::charts::theme::Ink;

/// One policy from the beginning to its decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Index of the policy: its colour and marker.
    pub index: usize,
    /// What it did: `strict: rolled back after 1m30s`.
    pub words: String,
    /// Until when it watched, in seconds.
    pub until: f64,
    /// Whether it had decided by then.
    pub decided: bool,
}

/// Its words, and below them how long it watched.
pub(super) fn draw_bar(canvas: &mut Canvas, frame: &Frame, bar: &Bar) {
    let y = frame.to.1 - 7.0;
    let from = (frame.at(0.0, 0.0).0, y);
    let to = (frame.at(bar.until, 0.0).0, y);
    let words = fitting(&bar.words, 11.0, frame.to.0 - 2.0);
    canvas.text(&words, (2.0, frame.from.1 + 8.0), 11.0, Ink::Text, Anchor::Start);
    if bar.decided {
        canvas.line(&[from, to], Ink::Series(bar.index), 3.0);
        canvas.marker(bar.index, to);
    } else {
        canvas.dashes(&[from, to], Ink::Series(bar.index), 2.4);
    }
}
