//! Words in a panel: how wide they are, and as many as have room.

use crate::report::charts::canvas::{Anchor, Canvas};
use crate::report::charts::theme::Ink;

pub(super) fn title(canvas: &mut Canvas, words: &str, right: f64, top: f64) {
    canvas.text(
        &fitting(words, 11.5, right),
        (2.0, top + 9.0),
        11.5,
        Ink::Text,
        Anchor::Start,
    );
}

/// About how wide a text of `size` is.
pub(in crate::report::charts) fn words_wide(words: &str, size: f64) -> f64 {
    words.chars().count() as f64 * size * 0.54
}

/// As much of a text as has room.
pub(super) fn fitting(words: &str, size: f64, room: f64) -> String {
    let letters = (room / (size * 0.54)) as usize;
    if words.chars().count() <= letters {
        return words.to_owned();
    }
    let mut short: String = words.chars().take(letters.saturating_sub(1)).collect();
    short.push('…');
    short
}
