//! `input_series` of promtool's rule tests: YAML around the notation of [`super::notation`].

use super::bad::BadLine;
use super::intake::Intake;
use super::notation::{self, Moments};
use crate::diagnostic::Documents;
use crate::yaml::{self, Content, Node};

/// Step where the file says none, as promtool takes it [ms].
const STEP: i64 = 60_000;

/// Reads the one `input_series` of a file into `intake`.
///
/// # Errors
///
/// The first line that is not as it should be.
pub(super) fn read(text: &str, intake: &mut Intake<'_>) -> Result<(), BadLine> {
    let mut documents = Documents::default();
    let id = documents.add("", text);
    let mut groups = Vec::new();
    for part in yaml::read(&documents, id) {
        let line = |node: &Node| documents.line(node.span);
        let tree = match &part.content {
            Content::Empty => continue,
            Content::Tree(tree) => tree,
            Content::Broken => {
                let error = part.findings.first();
                let span = error
                    .and_then(|error| error.labels.first())
                    .map_or(part.span, |label| label.span);
                return Err(BadLine {
                    line: documents.line(span),
                    expected: error.map_or("YAML".into(), |error| format!("YAML ({})", error.message)),
                });
            }
        };
        let step = step(tree, "evaluation_interval", STEP, &line)?;
        let tests = tree.get("tests").map_or(&[][..], Node::items);
        for group in tests.iter().chain([tree]) {
            if let Some(series) = group.get("input_series") {
                groups.push((self::step(group, "interval", step, &line)?, series.clone()));
            }
        }
    }
    let [(step, series)] = groups.as_slice() else {
        return Err(BadLine {
            line: groups.get(1).map_or(1, |(_, series)| documents.line(series.span)),
            expected: format!("one input_series in a file, found {}", groups.len()),
        });
    };
    let mut moments = Moments::of(text);
    for entry in series.items() {
        let bad = |expected: String| BadLine {
            line: documents.line(entry.span),
            expected,
        };
        let text = |key: &str| entry.get(key).and_then(Node::text);
        let (Some(series), Some(values)) = (text("series"), text("values")) else {
            return Err(bad("a series and its values".into()));
        };
        notation::take(series, values, *step, &mut moments, intake).map_err(bad)?;
    }
    Ok(())
}

/// A duration under `key`, or what holds without it.
fn step(node: &Node, key: &str, otherwise: i64, line: &impl Fn(&Node) -> usize) -> Result<i64, BadLine> {
    let Some(written) = node.get(key) else {
        return Ok(otherwise);
    };
    notation::duration(written.text().unwrap_or("")).map_err(|expected| BadLine {
        line: line(written),
        expected,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::recording::Keep;

    const TEXT: &str = "rule_files: [a.yml]\nevaluation_interval: 30s\ntests:\n- interval: 15s\n  input_series:\n  \
                        - series: 'up{job=\"a\"}'\n    values: '1+1x10 _ stale'\n  - series: b\n    values: 7\n  \
                        promql_expr_test: []\n";

    fn taken(text: &str) -> Result<(usize, usize), BadLine> {
        let keep = Keep::default();
        let mut intake = Intake::new(&keep);
        read(text, &mut intake)?;
        let found = intake.finish();
        Ok(found.map_or((0, 0), |found| (found.layout.series().len(), found.count)))
    }

    #[test]
    fn reads_the_series_of_a_test() {
        assert_eq!(taken(TEXT), Ok((2, 13)));
        assert_eq!(taken("input_series:\n- {series: up, values: 1x4}"), Ok((1, 5)));
    }

    #[test]
    fn says_which_line_and_what_was_expected() {
        let twice = format!("{TEXT}- input_series: []\n");
        for (text, line, expected) in [
            (twice.as_str(), 11, "one input_series in a file, found 2"),
            ("tests: []", 1, "one input_series in a file, found 0"),
            ("input_series:\n- series: up", 2, "a series and its values"),
            ("input_series:\n- {series: up, values: 1y4}", 2, "a value such as"),
            ("interval: soon\ninput_series: []", 1, "a duration"),
            ("a: [\n", 1, "YAML"),
        ] {
            let bad = taken(text).unwrap_err();
            assert!(bad.expected.starts_with(expected), "{text}: {}", bad.expected);
            assert!(bad.line >= line && bad.line <= line + 1, "{text}: {}", bad.line);
        }
    }

    proptest! {
        #[test]
        fn damaged_yaml_never_panics(at in 0usize..230, put in "[\"'{}:x_+0-9 \\n-]{0,4}", gone in 0usize..4) {
            let at = at.min(TEXT.len());
            let text = format!("{}{put}{}", &TEXT[..at], &TEXT[(at + gone).min(TEXT.len())..]);
            let _ = taken(&text);
        }
    }
}
