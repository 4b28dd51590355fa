//! Where one document of a file ends and the next begins.

use std::ops::Range;

/// Byte ranges of the documents in `text`, each with its own `---` line; they cover the text after its byte-order mark.
///
/// A line that begins with `---` or `...` ends a document whatever stands around it, block scalars included, so lines are
/// all that needs to be looked at. Directives (`%YAML 1.2`) belong to the document that follows.
pub fn documents(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut at = start;
    let mut directives_only = false;
    for line in text[start..].split_inclusive('\n') {
        let end = at + line.len();
        if is_marker(line, "...") {
            found.push(start..end);
            (start, directives_only) = (end, false);
        } else if is_marker(line, "---") && !directives_only {
            if start < at {
                found.push(start..at);
            }
            start = at;
        } else if text[start..at].trim().is_empty() && line.starts_with('%') {
            directives_only = true;
        } else if !line.starts_with(['%', '#']) && !line.trim().is_empty() {
            directives_only = false;
        }
        at = end;
    }
    if start < text.len() {
        found.push(start..text.len());
    }
    found
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

#[cfg(test)]
mod tests {
    use super::documents;

    fn split(text: &str) -> Vec<&str> {
        documents(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn splits_at_markers_only() {
        assert_eq!(split(""), [""; 0]);
        assert_eq!(split("a: 1\n---\nb: 2"), ["a: 1\n", "---\nb: 2"]);
        assert_eq!(
            split("---\na: |\n  ---\n  x\n---x: 1\n"),
            ["---\na: |\n  ---\n  x\n---x: 1\n"]
        );
        assert_eq!(
            split("\u{feff}---\r\na: 1\r\n---\r\n"),
            ["---\r\na: 1\r\n", "---\r\n"]
        );
        assert_eq!(split("a: 1\n...\nb: 2\n"), ["a: 1\n...\n", "b: 2\n"]);
        assert_eq!(
            split("%YAML 1.2\n# x\n---\na: 1\n---\nb: 2\n"),
            ["%YAML 1.2\n# x\n---\na: 1\n", "---\nb: 2\n"]
        );
    }
}
