//! From a character of a decoded text back to the bytes that wrote it.

use std::ops::Range;

use super::{Kind, Node, Style};
use crate::diagnostic::{Documents, Span};

impl Node {
    /// Where bytes `range` of this scalar's text are written; the whole node if that cannot be told (lists, mappings).
    ///
    /// Works for block scalars, quoted texts with escapes and texts over several lines: an error of a query can
    /// point at its character inside the YAML.
    pub fn locate(&self, documents: &Documents, range: Range<usize>) -> Span {
        let Kind::Scalar { text, style } = &self.kind else {
            return self.span;
        };
        let Some(start) = text.get(..range.start).map(str::len) else {
            return self.span;
        };
        let source = documents.text(self.span);
        let (first, mut last) = (written(source, text, *style, start), None);
        if range.end > start && text.is_char_boundary(range.end) {
            // The end of the last character inside, not the start of the next: that may be lines below.
            let before = text[..range.end]
                .char_indices()
                .next_back()
                .map_or(0, |(at, _)| at);
            last = written(source, text, *style, before);
        }
        let Some(first) = first else { return self.span };
        let end = last.map_or(first.start, |last| last.end.max(first.start));
        let base = self.span.start as usize;
        Span::new(self.span.document, base + first.start..base + end)
    }
}

/// Bytes of `source` that write the character at `target` in `text`; its end for the end of the text.
///
/// Walks both at once. Folding and indentation change white space only, so every other character (or its escape) stands
/// in the source in the same order.
fn written(source: &str, text: &str, style: Style, target: usize) -> Option<Range<usize>> {
    let quoted = matches!(style, Style::Single | Style::Double);
    let mut at = match style {
        Style::Plain | Style::Block => 0,
        Style::Single | Style::Double => 1 + source.find(['"', '\''])?,
        Style::Tagged => source.find(char::is_whitespace)?,
    };
    let mut line_start = false;
    for (place, wanted) in text.char_indices() {
        let range = next(source, at, wanted, style, line_start)?;
        if place == target {
            return Some(range);
        }
        at = range.end;
        line_start = style == Style::Block && wanted == '\n';
    }
    let end = source.len() - usize::from(quoted && source.len() > at);
    (target >= text.len()).then_some(end..end)
}

/// Bytes that write `wanted`, looked for from `at` on.
fn next(source: &str, mut at: usize, wanted: char, style: Style, line_start: bool) -> Option<Range<usize>> {
    loop {
        let rest = &source[at..];
        let Some(found) = rest.chars().next() else {
            // Line breaks that a block scalar's span does not cover.
            return wanted.is_whitespace().then_some(at..at);
        };
        if style == Style::Double && found == '\\' {
            let length = escape(rest);
            if !rest[1..].starts_with(['\n', '\r']) {
                return Some(at..at + length);
            }
            at += length;
        } else if style == Style::Single && rest.starts_with("''") {
            return Some(at..at + 2);
        } else if found == wanted && !(line_start && wanted == ' ') {
            return Some(at..at + found.len_utf8());
        } else if wanted == ' ' && matches!(found, ' ' | '\n' | '\r') {
            return Some(at..at + 1);
        } else if found.is_whitespace() {
            at += found.len_utf8();
        } else {
            return wanted.is_whitespace().then_some(at..at);
        }
    }
}

/// Length of the escape that `text` begins with; of a line continuation with the white space after it.
fn escape(text: &str) -> usize {
    let wide = |digits: usize| {
        let hex = text[2..]
            .bytes()
            .take(digits)
            .take_while(u8::is_ascii_hexdigit)
            .count();
        2 + hex
    };
    match text[1..].chars().next() {
        Some('x') => wide(2),
        Some('u') => wide(4),
        Some('U') => wide(8),
        Some('\n' | '\r') => text.len() - text[1..].trim_start().len(),
        Some(other) => 1 + other.len_utf8(),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Documents;
    use crate::yaml::{Content, Node, read};

    fn value(documents: &mut Documents, yaml: &str) -> Node {
        let id = documents.add("a.yaml", yaml);
        match read(documents, id).remove(0).content {
            Content::Tree(root) => root.get("q").expect("a key q").clone(),
            other => panic!("{yaml}: {other:?}"),
        }
    }

    /// Every word of the decoded text lies where the source has it.
    #[test]
    fn finds_words_where_they_are_written() {
        let sources = [
            "q: sum(rate(x[5m]))  by (le)\nb: 1",
            "a: 1\nq: |\n  sum(\n    rate(x[5m])\n\n  )  by (le)\n",
            "q: |-\n\n\n  one\n  two",
            "q: >-\n  sum(rate(é[5m]))\n  by (le)\n\n  last\nb: 2\n",
            "q: \"sum(\\n x{a=\\\"b\\\"} \\\n    more\\u00e9 end)\"\n",
            "q: 'it''s\n   over  two'\n",
            "q: plain over\n   two\n\n   lines\n",
            "q: !!str tagged words\n",
            "q: |2\n   indented one\n  two\n",
            "q: |\r\n  one two\r\n    three\r\n",
        ];
        for yaml in sources {
            let mut documents = Documents::default();
            let node = value(&mut documents, yaml);
            let text = node.text().unwrap().to_owned();
            let mut from = 0;
            for word in text
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|word| !word.is_empty())
            {
                let start = from + text[from..].find(word).unwrap();
                from = start + word.len();
                let span = node.locate(&documents, start..from);
                assert_eq!(documents.text(span), word, "{yaml}");
            }
            let end = node.locate(&documents, text.len()..text.len());
            assert!(end.start >= node.span.start && end.end <= node.span.end, "{yaml}");
        }
    }

    #[test]
    fn an_escape_is_one_character() {
        let mut documents = Documents::default();
        let node = value(&mut documents, "q: \"a\\\"\\x41b\"");
        assert_eq!(node.text(), Some("a\"Ab"));
        assert_eq!(documents.text(node.locate(&documents, 1..2)), "\\\"");
        assert_eq!(documents.text(node.locate(&documents, 2..4)), "\\x41b");
    }

    proptest::proptest! {
        #[test]
        fn any_place_lies_inside(
            yaml in "([a-c:'\"\\\\#xué\t\r\n-]|\n  |  ){0,40}",
            open in "q: (\"|'|\\|\n  |>-\n  |)", close in "(\"|'|)", start in 0usize..50, length in 0usize..9,
        ) {
            let mut documents = Documents::default();
            let id = documents.add("a", format!("{open}{yaml}{close}"));
            for part in read(&documents, id) {
                if let Content::Tree(root) = part.content && let Some(node) = root.get("q") {
                    let span = node.locate(&documents, start..start + length);
                    assert!(span.start >= node.span.start && span.end <= node.span.end && span.start <= span.end);
                }
            }
        }
    }
}
