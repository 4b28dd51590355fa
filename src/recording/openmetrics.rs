//! OpenMetrics and Prometheus text, one sample a line: `name{label="value",…} value timestamp`.
//!
//! OpenMetrics gives timestamps in seconds, Prometheus' older text in milliseconds. A file that ends in `# EOF` is
//! OpenMetrics; another one is read by the size of its timestamps (beyond 10^11 they are milliseconds: as seconds
//! that would be the year 5138). Exemplars, comments and metadata are skipped.

use std::collections::BTreeMap;

use super::Builder;
use crate::series::Labels;

/// A line that cannot be read: its number from 1, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    pub line: usize,
    pub expected: String,
}

/// Reads all samples of `text` into `builder`.
///
/// # Errors
///
/// The first line that is not a sample with a timestamp.
pub(super) fn read(text: &str, builder: &mut Builder) -> Result<(), BadLine> {
    let seconds = text.trim_end().ends_with("# EOF");
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut last: Option<(&str, usize)> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let bad = |expected: String| BadLine {
            line: number + 1,
            expected,
        };
        let end = series_end(line).ok_or_else(|| bad("a closing '}'".into()))?;
        let (name, rest) = line.split_at(end);
        // A recording holds long stretches of one series: look its name up only when it changes.
        let series = match last {
            Some((same, series)) if same == name => series,
            _ => match known.get(name) {
                Some(&series) => series,
                None => {
                    let series = builder.series(labels(name).map_err(bad)?);
                    known.insert(name, series);
                    series
                }
            },
        };
        last = Some((name, series));

        let mut fields = rest.split_whitespace();
        let value = fields
            .next()
            .and_then(number_of)
            .ok_or_else(|| bad("a number after the series".into()))?;
        let time = fields
            .next()
            .and_then(|field| field.parse::<f64>().ok())
            .filter(|time| time.is_finite());
        let time =
            time.ok_or_else(|| bad("a timestamp after the value: without one there is no recording".into()))?;
        let time = if seconds || time.abs() < 1e11 {
            time * 1000.0
        } else {
            time
        };
        if time.abs() > 1e15 {
            return Err(bad("a timestamp within some ten thousand years of 1970".into()));
        }
        builder.push(series, time.round() as i64, value);
    }
    Ok(())
}

/// Bytes of the series at the start of a line; `None` when its braces never close.
fn series_end(line: &str) -> Option<usize> {
    let Some(open) = line.find(['{', ' ', '\t']) else {
        return Some(line.len());
    };
    if line.as_bytes()[open] != b'{' {
        return Some(open);
    }
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate().skip(open) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'}' if !quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The label set of `name{label="value",…}`.
///
/// # Errors
///
/// What was expected instead.
pub(super) fn labels(text: &str) -> Result<Labels, String> {
    let (name, inside) = match text.split_once('{') {
        Some((name, rest)) => (name.trim(), rest.strip_suffix('}').ok_or("a closing '}'")?),
        None => (text.trim(), ""),
    };
    if name.is_empty() && inside.is_empty() {
        return Err("the name of a series".into());
    }
    let mut pairs: Vec<(String, String)> = Vec::new();
    if !name.is_empty() {
        pairs.push((Labels::NAME.into(), name.into()));
    }
    let mut rest = inside.trim();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            // A quoted name: {"http.requests", …} or {"http.requests"="x"}.
            let (label, after) = unquote(quoted)?;
            match after.trim_start().strip_prefix('=') {
                Some(value) => {
                    let value = value
                        .trim_start()
                        .strip_prefix('"')
                        .ok_or("a label value in double quotes")?;
                    let (value, after) = unquote(value)?;
                    pairs.push((label, value));
                    rest = after;
                }
                None => {
                    pairs.push((Labels::NAME.into(), label));
                    rest = after;
                }
            }
        } else {
            let (label, value) = rest.split_once('=').ok_or("label=\"value\"")?;
            let value = value
                .trim_start()
                .strip_prefix('"')
                .ok_or("a label value in double quotes")?;
            let (value, after) = unquote(value)?;
            pairs.push((label.trim().into(), value));
            rest = after;
        }
        rest = rest.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if rest.is_empty() => rest,
            None => return Err("',' or '}' after a label".into()),
        };
    }
    Ok(Labels::new(pairs))
}

/// The text up to the closing quote, and what follows it.
fn unquote(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, other)) => value.push(other),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("a closing quote".into())
}

/// A sample's value as the exposition formats write it.
fn number_of(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "+Inf" | "Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::series::SeriesId;

    fn samples(text: &str) -> Vec<(String, i64, f64)> {
        let mut builder = Builder::default();
        read(text, &mut builder).unwrap();
        let recording = builder.build().unwrap();
        let series = 0..recording.layout.series().len() as u32;
        series
            .map(SeriesId)
            .flat_map(|id| {
                let name = recording.layout.labels(id).to_string();
                recording
                    .series(id)
                    .map(move |(time, value)| (name.clone(), time, value))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn reads_seconds_in_openmetrics_and_milliseconds_in_prometheus_text() {
        let open = "# TYPE a counter\na_total{b=\"x\"} 7 1758131137.383\n# EOF\n";
        assert_eq!(
            samples(open),
            [("a_total{b=\"x\"}".to_owned(), 1_758_131_137_383, 7.0)]
        );
        let prometheus = "a_total{b=\"x\"} 7 1758131137383\n";
        assert_eq!(
            samples(prometheus),
            [("a_total{b=\"x\"}".to_owned(), 1_758_131_137_383, 7.0)]
        );
    }

    #[test]
    fn reads_escapes_braces_in_values_exemplars_and_infinities() {
        let text = "a{b=\"}\\\"\\n,\"} +Inf 1 # {trace=\"x\"} 3 1.5\nup 1 2\n{\"http.requests\",c=\"d\",} 4 3\n# EOF";
        let read = samples(text);
        assert_eq!(read.len(), 3);
        assert!(read.contains(&("a{b=\"}\\\"\\n,\"}".to_owned(), 1000, f64::INFINITY)));
        assert!(read.contains(&("http.requests{c=\"d\"}".to_owned(), 3000, 4.0)));
    }

    #[test]
    fn says_which_line_and_what_was_expected() {
        for (text, line, expected) in [
            ("a 1 1\na{b=\"c\" 1 1", 2, "a closing '}'"),
            ("a 1", 1, "a timestamp"),
            ("a x 1", 1, "a number"),
            ("a{b} 1 1", 1, "label=\"value\""),
        ] {
            let bad = read(text, &mut Builder::default()).unwrap_err();
            assert_eq!(bad.line, line, "{text}");
            assert!(bad.expected.starts_with(expected), "{text}: {}", bad.expected);
        }
    }

    proptest! {
        #[test]
        fn nothing_in_a_file_panics(text in "(?s).{0,200}") {
            let _ = read(&text, &mut Builder::default());
        }

        #[test]
        fn nothing_in_a_damaged_line_panics(cut in 0usize..60, put in "[\"{}=,\\\\ 0-9a-z]{0,4}") {
            let line = "a_total{b=\"x\",c=\"y\\\"z\"} 7 1758131137.383\n# EOF";
            let cut = cut.min(line.len());
            let text = format!("{}{put}{}", &line[..cut], &line[cut..]);
            let _ = read(&text, &mut Builder::default());
        }
    }
}
