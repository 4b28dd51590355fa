//! Colour that a layout cannot see: invisible marks go in, colours or nothing come out.

/// A style of terminal text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    Strong,
    Bad,
    Open,
    Good,
    Faint,
}

/// Characters of no width that no name keeps (see [`plain`]), and the escape sequence each stands for.
const MARKS: [(Paint, char, &str); 5] = [
    (Paint::Strong, '\u{2061}', "\u{1b}[1m"),
    (Paint::Bad, '\u{2062}', "\u{1b}[31m"),
    (Paint::Open, '\u{2063}', "\u{1b}[33m"),
    (Paint::Good, '\u{2064}', "\u{1b}[32m"),
    (Paint::Faint, '\u{206a}', "\u{1b}[2m"),
];
const END: (char, &str) = ('\u{206b}', "\u{1b}[0m");

/// A space at which no line breaks.
const GLUE: char = '\u{a0}';

impl Paint {
    /// `text` between this style's mark and the end mark.
    pub(super) fn on(self, text: &str) -> String {
        let (_, mark, _) = MARKS[self as usize];
        format!("{mark}{text}{}", END.0)
    }
}

/// Turns marks into colours, or takes them out, and glue into spaces.
pub(super) fn painted(text: &str, colour: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let mark = MARKS.iter().find(|(_, mark, _)| *mark == letter);
        match mark {
            Some((_, _, sequence)) if colour => out.push_str(sequence),
            None if letter == END.0 && colour => out.push_str(END.1),
            None if letter == GLUE => out.push(' '),
            None if letter != END.0 => out.push(letter),
            _ => {}
        }
    }
    out
}

/// A text of foreign origin without anything that moves the cursor, hides, or reads backwards.
pub(super) fn harmless(text: &str) -> String {
    let one = |letter: char| match letter {
        '\n' | '\t' => ' ',
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
            '\u{fffd}'
        }
        control if control.is_control() => '\u{fffd}',
        other => other,
    };
    text.chars().map(one).collect()
}

/// A [`harmless`] text whose numbers keep their per cent signs on their lines.
pub(super) fn plain(text: &str) -> String {
    harmless(text).replace(" %", &format!("{GLUE}%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_colours_or_nothing() {
        for (paint, _, sequence) in MARKS {
            let marked = paint.on("5 %");
            assert_eq!(painted(&marked, false), "5 %");
            assert_eq!(painted(&marked, true), format!("{sequence}5 %\u{1b}[0m"));
        }
        assert_eq!(
            plain("a\u{1b}[2J\u{202e}\u{2061}\nb"),
            "a\u{fffd}[2J\u{fffd}\u{fffd} b"
        );
    }
}
