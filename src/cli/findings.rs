//! Findings, drawn with the lines they speak of.

use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    Annotation, AnnotationKind, Element, Level, Origin, Renderer, Snippet, normalize_untrusted_str,
};

use crate::diagnostic::{DocumentId, Documents, Finding, Label, Severity, Span};
use crate::report::Look;

/// All findings by document and line, each with its source lines, then one line that counts them.
///
/// Findings that name a document without a place stand before the others of that document, or last when the name
/// is none of `documents`. Empty when there are no findings.
pub fn draw(documents: &Documents, findings: &[Finding], look: Look) -> String {
    let renderer = if look.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer
        .term_width(look.width.max(20))
        .decor_style(DecorStyle::Ascii);
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| place(documents, finding));
    let mut text = String::new();
    for finding in sorted {
        text.push_str(&renderer.render(&[group(documents, finding)]));
        text.push_str("\n\n");
    }
    if !findings.is_empty() {
        text.push_str(&count(findings));
        text.push('\n');
    }
    text
}

/// `2 errors, 1 warning`; kinds without a finding are left out.
pub fn count(findings: &[Finding]) -> String {
    let kinds = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "note"),
    ];
    let mut text = String::new();
    for (severity, name) in kinds {
        let n = findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count();
        if n > 0 {
            let comma = if text.is_empty() { "" } else { ", " };
            let plural = if n == 1 { "" } else { "s" };
            // Writing to a String cannot fail.
            let _ = write!(text, "{comma}{n} {name}{plural}");
        }
    }
    if text.is_empty() {
        text.push_str("no findings");
    }
    text
}

/// Order of drawing: document, then byte; documents nobody loaded come last, by name.
fn place<'a>(documents: &Documents, finding: &'a Finding) -> (DocumentId, u32, Option<&'a str>) {
    if let Some(label) = finding.labels.first() {
        return (label.span.document, label.span.start, None);
    }
    let about = finding.about.as_deref();
    let known = documents
        .iter()
        .find(|(_, document)| Some(document.name.as_str()) == about);
    let document = known.map_or(DocumentId(u32::MAX), |(id, _)| id);
    (document, 0, about)
}

fn group<'a>(documents: &'a Documents, finding: &'a Finding) -> annotate_snippets::Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = level
        .primary_title(finding.message.as_str())
        .elements(snippets(documents, &finding.labels));
    if let (Some(about), true) = (&finding.about, finding.labels.is_empty()) {
        group = group.element(Origin::path(normalize_untrusted_str(about)));
    }
    for help in &finding.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    group
}

/// One excerpt a document, the principal label's document first.
fn snippets<'a>(documents: &'a Documents, labels: &'a [Label]) -> Vec<Element<'a>> {
    let mut ids: Vec<DocumentId> = Vec::new();
    for label in labels {
        if !ids.contains(&label.span.document) {
            ids.push(label.span.document);
        }
    }
    ids.into_iter()
        .map(|id| {
            let document = documents.get(id);
            let spans = labels
                .iter()
                .enumerate()
                .filter(|(_, label)| label.span.document == id);
            let spans: Vec<_> = spans
                .map(|(n, label)| {
                    let text = Some(normalize_untrusted_str(&label.text));
                    let text = text.filter(|text| !text.is_empty());
                    (n == 0, held(&document.text, label.span), text)
                })
                .collect();
            let excerpt = lines_around(&document.text, spans.iter().map(|(_, range, _)| range.clone()));
            let annotations: Vec<Annotation<'a>> = spans
                .into_iter()
                .map(|(principal, range, text)| {
                    let kind = if principal {
                        AnnotationKind::Primary
                    } else {
                        AnnotationKind::Context
                    };
                    kind.span(range.start - excerpt.start..range.end - excerpt.start)
                        .label(text)
                })
                .collect();
            let first = documents.line(Span::new(id, excerpt.start..excerpt.start));
            Snippet::source(&document.text[excerpt])
                .line_start(first)
                .path(normalize_untrusted_str(&document.name))
                .annotations(annotations)
                .into()
        })
        .collect()
}

/// The bytes of `span`, held inside the text, on character boundaries, and not past the visible end of the last line.
fn held(text: &str, span: Span) -> Range<usize> {
    let last = text.trim_end_matches(['\n', '\r']).len();
    let boundary = |byte: u32| text.floor_char_boundary((byte as usize).min(last));
    let start = boundary(span.start);
    start..boundary(span.end).max(start)
}

/// Whole lines from the first to the last of `ranges`.
fn lines_around(text: &str, ranges: impl Iterator<Item = Range<usize>> + Clone) -> Range<usize> {
    let start = ranges.clone().map(|range| range.start).min().unwrap_or(0);
    let end = ranges.map(|range| range.end).max().unwrap_or(0);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[end..]
        .find('\n')
        .map_or(text.len(), |newline| end + newline + 1);
    line_start..line_end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: Look = Look {
        colour: false,
        width: 80,
    };

    fn one(text: &str, range: Range<usize>) -> String {
        let mut documents = Documents::default();
        let id = documents.add("rollout.yaml", text);
        let finding =
            Finding::error("no step is called 'setWeigth'").at(Span::new(id, range), "unknown step");
        draw(&documents, &[finding.help("did you mean 'setWeight'?")], PLAIN)
    }

    #[test]
    fn points_at_the_line() {
        let drawn = one("steps:\n- setWeigth: 20\n- pause: {}\n", 9..18);
        assert_eq!(
            drawn,
            "error: no step is called 'setWeigth'
 --> rollout.yaml:2:3
  |
2 | - setWeigth: 20
  |   ^^^^^^^^^ unknown step
  |
  = help: did you mean 'setWeight'?

1 error
"
        );
    }

    #[test]
    fn line_ends_tabs_and_the_end_of_a_file_are_places() {
        let crlf = one("steps:\r\n- setWeigth: 20\r\n", 10..19);
        assert!(
            crlf.contains("2 | - setWeigth: 20\n  |   ^^^^^^^^^ unknown step"),
            "{crlf}"
        );
        assert!(!crlf.contains('\r'));
        let tab = one("\tsetWeigth: 20", 1..10);
        assert!(tab.contains("    setWeigth: 20\n  |     ^^^^^^^^^"), "{tab}");
        let end = one("steps:\n", 7..7);
        assert!(end.contains("1 | steps:\n  |       ^ unknown step"), "{end}");
        let empty = one("", 0..0);
        assert!(empty.contains("rollout.yaml:1:1"), "{empty}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!(
            "{{ {} setWeigth: 20, {} }}",
            "a: 1, ".repeat(200),
            "b: 2, ".repeat(200)
        );
        let start = line.find("setWeigth").expect("it is there");
        let drawn = one(&line, start..start + 9);
        assert!(drawn.contains("setWeigth: 20"), "{drawn}");
        assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
    }

    #[test]
    fn sorted_by_document_and_line_and_counted() {
        let mut documents = Documents::default();
        let first = documents.add("a.yaml", "one\ntwo\nthree\n");
        let second = documents.add("b.yaml", "one\n");
        let findings = [
            Finding::warning("about nothing loaded").about("missing.yaml"),
            Finding::error("second file").at(Span::new(second, 0..3), ""),
            Finding::error("third line").at(Span::new(first, 8..13), ""),
            Finding::note("first line").at(Span::new(first, 0..3), ""),
        ];
        let drawn = draw(&documents, &findings, PLAIN);
        let at = |text: &str| drawn.find(text).expect(text);
        assert!(at("first line") < at("third line"));
        assert!(at("third line") < at("second file"));
        assert!(at("second file") < at("about nothing loaded"));
        assert!(drawn.contains("--> missing.yaml"), "{drawn}");
        assert!(drawn.ends_with("\n2 errors, 1 warning, 1 note\n"), "{drawn}");
        assert_eq!(draw(&documents, &[], PLAIN), "");
        assert_eq!(count(&[]), "no findings");
    }

    #[test]
    fn colour_only_when_asked_and_never_from_a_document() {
        let mut documents = Documents::default();
        let id = documents.add("\u{1b}[31mred.yaml", "\u{1b}[31mred\n");
        let finding = Finding::error("\u{1b}[31m").at(Span::new(id, 0..3), "\u{1b}[31m");
        let findings = [finding.help("\u{1b}[31m")];
        assert!(!draw(&documents, &findings, PLAIN).contains('\u{1b}'));
        let colour = Look {
            colour: true,
            ..PLAIN
        };
        let drawn = draw(&documents, &findings, colour);
        assert!(
            drawn.contains("\u{1b}[") && !drawn.contains("\u{1b}[31mred"),
            "{drawn}"
        );
    }

    proptest! {
        #[test]
        fn nothing_panics(
            text in "(\\PC|[\\t\\r\\n\u{0}\u{301}\u{200d}\u{1b}äß漢🦀]){0,60}",
            other in "([a\\r\\n\\t漢]){0,200}",
            places in prop::collection::vec((any::<bool>(), 0u32..300, 0u32..300, "(\\PC|\\n|\\t){0,9}"), 0..5),
            width in 0usize..120,
            colour in any::<bool>(),
        ) {
            let mut documents = Documents::default();
            let ids = [documents.add("a.yaml", text.as_str()), documents.add("b.yaml", other.as_str())];
            let mut finding = Finding::warning(text.as_str()).help(other.as_str()).about("a.yaml");
            for (second, start, end, label) in places {
                finding = finding.at(Span { document: ids[usize::from(second)], start, end }, label);
            }
            draw(&documents, &[finding], Look { colour, width });
        }
    }
}
