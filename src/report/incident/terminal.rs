use super::{Answer, one, several};

/// The answer for a terminal of `width` columns: one policy with its reasons, or several side by side.
pub fn draw(answer: &Answer, width: usize) -> String {
    match answer.laid.as_slice() {
        [only] => one::draw(&answer.truth, only, width),
        _ => several::draw(answer, width),
    }
}
